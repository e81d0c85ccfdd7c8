"""What to put right where a server gives no answer, and what of it all is at fault."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from mllmsent.foundation.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mllmsent.models.served.wire import Blamed, Endpoint

__all__ = [
    "BLIND",
    "NO_LOGPROBS",
    "PROXY_LOGIN",
    "SMALLER_IMAGES",
    "Cure",
    "cure_of_complaint",
    "cure_of_status",
    "other_address",
]

SMALLER_IMAGES = "Set `max_image_bytes` or `max_image_side`"
_PAGE = "an HTML page"
"""What stands in place of such a page's own words."""
_KEY_LOOKS = {
    "sk-ant-": "Anthropic",
    "sk-or-": "OpenRouter",
    "sk-proj-": "OpenAI",
    "sk-svcacct-": "OpenAI",
    "AIza": "Google",
    "gsk_": "Groq",
    "hf_": "Hugging Face",
    "xai-": "xAI",
}
"""What the keys of providers begin with."""
_REGION = re.compile(
    r"unsupported_country|(?:country|region|location)\b.*\bnot (?:supported|available|allowed)"
    r"|not (?:supported|available) in your (?:country|region)"
    r"|^request not allowed",
    re.IGNORECASE,
)
BLIND = re.compile(
    r"image\w* (?:input )?(?:is|are) (?:not|only) supported|not (?:a multimodal|support\w* image)"
    r"|no endpoints found that support image|(?:doesn't|cannot|can't|does not) \w+ images?"
    r"|data required for image input|image_url is only supported|mmproj"
    r"|does not (?:support|accept) (?:image|vision|multimodal)|text[- ]only",
    re.IGNORECASE,
)
"""A model that reads text only, in the words of many servers."""
_TOO_LARGE = re.compile(
    r"image.*(?:size|large|exceed|dimension|too big)|(?:size|large|exceed|dimension).*image",
    re.IGNORECASE | re.DOTALL,
)
_SCHEMA = re.compile(
    r"response_?format|json_schema|output_config|output_format|response_?schema|text\.format"
    r"|structured output|json schema|grammar error|failed to parse grammar",
    re.IGNORECASE,
)
_NO_MODEL = re.compile(
    r"not a valid model|invalid model\b|model\b.* (?:does not exist|not found|not exist)",
    re.IGNORECASE,
)
_SETTINGS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "max_tokens": "max_(?:completion_|output_)?tokens",
    "seed": r"(?<![\w/-])seed(?![\w/-])",  # and not a model of that name
    "reasoning_effort": "effort",
}
"""What a study calls a setting, and what it is called on the wire."""
_TOO_SMALL = "(?:below_min|below minimum|at least|greater than)"
NO_LOGPROBS = (
    "This model tells no log probabilities: set `logprobs: false`, and have it asked several times "
    "instead: {strategy: zero-shot, samples: 10, temperature: 1}"
)
"""What to do where label likelihoods are wanted and cannot be had."""
PROXY_LOGIN = (
    "It wants a user and a password: write them before its host, as user:password@host:port, where "
    "the proxy is named"
)
"""What to do where a proxy lets nobody in."""


class Cure(NamedTuple):
    """What to do about a failure, in words, and what is at fault."""

    words: str = ""
    blames: Blamed = ""


_ABROAD = Cure(
    "The provider does not serve the country that you, or your proxy, ask from: see its list of "
    "countries",
    "address",
)
_BY_LABEL = {
    "no credit": Cure("Add credit at the provider", "key"),
    "rate limit": Cure("Lower in-flight or raise `deadline_s`"),
    "too large": Cure(SMALLER_IMAGES, "image"),
    "proxy": Cure(PROXY_LOGIN, "address"),
}
_COMPLAINTS = (
    (_TOO_LARGE, Cure(SMALLER_IMAGES, "image")),
    (BLIND, Cure("This model reads no images: ask one that does", "image")),
    (
        re.compile("reasoning[. ]summar", re.IGNORECASE),
        Cure("Set `reasoning_summary: none`", "setting"),
    ),
    *(
        (
            re.compile(f"{theirs}.*{_TOO_SMALL}|{_TOO_SMALL}.*{theirs}", re.IGNORECASE | re.DOTALL),
            Cure(f"Raise `{ours}` in `settings`", "setting"),
        )
        for ours, theirs in _SETTINGS.items()
    ),
    *(
        (
            re.compile(theirs, re.IGNORECASE),
            Cure(f"This model takes no such `{ours}`: set it to null in `settings`", "setting"),
        )
        for ours, theirs in _SETTINGS.items()
    ),
    (re.compile("logprobs", re.IGNORECASE), Cure(NO_LOGPROBS)),
    (_REGION, _ABROAD),
    (_NO_MODEL, Cure("Check the model's name", "model")),
    (_SCHEMA, Cure("This model takes no schema: set `structured_answers: false`", "schema")),
    (re.compile("image", re.IGNORECASE), Cure("", "image")),
)
"""Complaints of a request; the first that fits counts."""


def cure_of_status(
    label: str, status: int, said: str, endpoint: Endpoint, served: Sequence[str]
) -> Cure:
    """What to do where a status says enough.

    Args:
        label: What the status is called.
        status: Of the response.
        said: What the server says.
        endpoint: Whom was asked.
        served: Names of the models that the server has, where it told them.
    """
    if label == "not allowed":
        return _cure_of_permission(said, endpoint) if status == 403 else _cure_of_key(endpoint)
    if label == "not found":
        return _cure_of_name(said, endpoint, served)
    if label == "wrong address":
        return Cure(f"Is {endpoint.address} the address? {other_address(endpoint)}", "address")
    return _BY_LABEL.get(label, Cure())


def cure_of_complaint(said: str) -> Cure:
    """What to do where a server complains of a request; nothing where it says too little.

    Args:
        said: What it says, the name of the parameter included.
    """
    return next((cure for pattern, cure in _COMPLAINTS if pattern.search(said)), Cure())


def _cure_of_key(endpoint: Endpoint) -> Cure:
    if not endpoint.key:
        words = "No key was sent: name its environment variable in `api_key_env`"
        return Cure(words, "key")
    whose = _whose(endpoint.key)
    if whose and not endpoint.provider.local and whose not in endpoint.provider.title:
        words = f"What {endpoint.key_env} holds looks like a key of {whose}: set the right one"
        return Cure(words, "key")
    return Cure(f"Check the key in {endpoint.key_env}", "key")


def _cure_of_permission(said: str, endpoint: Endpoint) -> Cure:
    """A key that is known, and may not do this; or nobody may from here."""
    if _REGION.search(said):
        return _ABROAD
    if said.startswith(_PAGE):
        words = f"A proxy, a firewall or a sign-in page answers in place of {endpoint.address}"
        return Cure(words, "address")
    if not endpoint.key:
        return _cure_of_key(endpoint)
    return Cure(
        f"Check the key in {endpoint.key_env}, and whether it may use {endpoint.model} at the "
        "provider",
        "key",
    )


def _cure_of_name(said: str, endpoint: Endpoint, served: Sequence[str]) -> Cure:
    if BLIND.search(said):
        return Cure("This model reads no images: ask one that does", "image")
    api = getattr(endpoint.options, "api", "chat")
    if "v1/responses" in said and api == "chat":
        return Cure("Set `api: responses`", "model")
    if served and endpoint.model not in served and not said.startswith(_PAGE):
        words = f"{endpoint.address} serves other models. {nearest(endpoint.model, served)}"
        return Cure(words, "model")
    # A server that knows the name of what was asked for is the right one.
    blames: Blamed = "model" if endpoint.model and endpoint.model in said else "address"
    named = f"Is {endpoint.model!r} the model's name there"
    if api == "responses":
        words = f"{named}, and does {endpoint.address} speak responses? Else set `api: chat`"
        return Cure(words, blames)
    words = f"{named}, and {endpoint.address} the address? {other_address(endpoint)}"
    return Cure(words, blames)


def other_address(endpoint: Endpoint) -> str:
    """What an address that does not answer may lack, or have too much."""
    if endpoint.provider.protocol == "openai":
        return "Most end in /v1"
    return "Its address is without /v1" if endpoint.url.endswith("/v1") else "Set `base_url`"


def _whose(key: str) -> str:
    """The provider whose keys look like this one; empty where it is nobody's in particular."""
    return next((name for start, name in _KEY_LOOKS.items() if key.startswith(start)), "")
