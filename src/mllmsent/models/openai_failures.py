"""What went wrong with a chat server, in words a person can act on, and never a key."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.errors import nearest
from mllmsent.models.interface import Response

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import openai

__all__ = ["Place", "failure", "redact"]

_LONGEST = 400
_KEYS = re.compile(
    r"\b(?:sk|pk|rk|key|hf|gsk|xai|or)[-_][A-Za-z0-9_*.-]{5,}[A-Za-z0-9_*-]"  # keys by their look
    r"|[A-Za-z0-9_-]*\*{3,}[A-Za-z0-9_*-]*"  # keys that were masked, but not wholly
    r"|(?i:bearer\s+)[^\s\"']+",
    re.ASCII,
)
_DECLINES = {"content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"}
_HTML = re.compile(r"<(?:!doctype|html)", re.IGNORECASE)
_STATUS_SAID = re.compile(r"^Error code: \d+(?: - )?|^\d{3}, message:", re.ASCII)
_LABELS = {
    400: ("bad request", False),
    401: ("not allowed", True),
    402: ("no credit", True),
    403: ("not allowed", True),
    404: ("not found", True),
    413: ("too large", False),
    422: ("bad request", False),
    429: ("rate limit", False),
}
_SMALLER = "Set `max_image_bytes` or `max_image_side`"
_NO_CREDIT = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}


@dataclass(frozen=True, slots=True)
class Place:
    """Whom was asked, for messages.

    Attributes:
        address: The server's address, without credentials.
        model: The model's name there.
        key_env: Environment variable of the key; empty where there is none.
        key: The key that was sent; it is taken out of every message.
    """

    address: str
    model: str
    key_env: str
    key: str


def failure(error: openai.APIError, place: Place, *, served: Iterable[str] = ()) -> Response:
    """The response for an error of the SDK.

    Args:
        error: What the SDK raised after its last attempt.
        place: Whom was asked.
        served: Names of the models the server has, where it told them.

    Returns:
        "refused" where the provider's safety system declined, else "failed".
    """
    import openai  # noqa: PLC0415 - an optional part

    said = _said(error)
    code = str(error.code or "")
    status = error.status_code if isinstance(error, openai.APIStatusError) else None
    flagged = status == 403 and ("flagged" in said or "moderation" in said)
    if flagged or code in _DECLINES or _inner_code(error) in _DECLINES:
        return Response("refused", text="", stop_reason="content_filter")
    if status is None:
        text, cure, hopeless = _transport(error, place)
    else:
        label, hopeless = _label(status, code)
        text = f"{status} {label}: {said}"
        cure = _cure(error, label, said, place, tuple(served))
    whole = redact(f"{text}. {cure}" if cure else text, place.key)
    return Response("failed", error=whole, hopeless=hopeless)


def redact(text: str, key: str = "") -> str:
    """One short line of a foreign text, without `key` and without anything that looks like one."""
    if len(key) >= 4:
        text = text.replace(key, "[key]")
    text = _KEYS.sub("[key]", text)
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 3] + "..."


def _label(status: int, code: str) -> tuple[str, bool]:
    """What a status is called, and whether every other request would fail alike."""
    if code in _NO_CREDIT:
        return "no credit", True
    if status >= 500:
        return "server error", False
    return _LABELS.get(status, ("error", False))


def _cure(
    error: openai.APIError, label: str, said: str, place: Place, served: tuple[str, ...]
) -> str:
    match label:
        case "not allowed" if place.key:
            cure = f"Check the key in {place.key_env}"
        case "not allowed":
            cure = "No key was sent: name its environment variable in `api_key_env`"
        case "no credit":
            cure = "Add credit at the provider"
        case "not found":
            cure = _cure_of_404(place, served)
        case "rate limit":
            wait = _wait(error)
            cure = f"It asks to wait {wait}" if wait else "Lower in-flight or raise `max_retries`"
        case "too large":
            cure = _SMALLER
        case "bad request":
            cure = _cure_of_400(error, said)
        case _:
            cure = ""
    return cure


def _transport(error: openai.APIError, place: Place) -> tuple[str, str, bool]:
    causes = list(_causes(error))
    if any(isinstance(cause, ConnectionRefusedError | socket.gaierror) for cause in causes):
        cure = f"Is a server running at {place.address}? Else set `base_url`"
        return "connection: no server answers", cure, True
    # The aiohttp transport calls every broken connection a timeout; what lies under it knows better.
    last = causes[-1] if causes else None
    if isinstance(last, TimeoutError) or type(last).__name__.endswith("Timeout"):
        return (
            "timeout: the server stopped answering",
            "Raise `timeout_s` or lower in-flight",
            False,
        )
    reason = _STATUS_SAID.sub("", str(last)).strip() or type(last).__name__
    what = "" if last is None else f" ({reason})"
    return f"connection: it broke off{what}", "", False


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause = error.__cause__
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _cure_of_404(place: Place, served: tuple[str, ...]) -> str:
    if served:
        return f"{place.address} serves other models. {nearest(place.model, served)}"
    return (
        f"Is {place.model!r} the model's name there, and {place.address} the address? "
        "Most end in /v1"
    )


def _cure_of_400(error: openai.APIError, said: str) -> str:
    where = f"{error.param or ''} {error.code or ''} {said}".lower()
    if "image" in where and any(word in where for word in ("size", "large", "exceed", "dimension")):
        return _SMALLER
    for name in ("temperature", "top_p", "max_tokens", "seed", "reasoning_effort"):
        if name in where:
            return f"This model takes no such `{name}`: set it to null in `settings`"
    if "response_format" in where or "json_schema" in where:
        return "This model takes no schema: set `structured_answers: false`"
    return ""


def _said(error: openai.APIError) -> str:
    """What the server says, without what we say anyway."""
    body: Any = error.body
    if isinstance(body, dict):
        message = body.get("message") or body.get("detail") or body.get("error")
        return str(message or "no reason given").strip().rstrip(".")
    text = str(body or error.message).strip()
    if _HTML.search(text[:1000]):
        return "an HTML page instead of an answer"
    # The SDK's own message repeats the status.
    return _STATUS_SAID.sub("", text).strip().rstrip(".") or "no reason given"


def _inner_code(error: openai.APIError) -> str:
    body: Any = error.body
    inner = body.get("innererror") if isinstance(body, dict) else None
    return str(inner.get("code")) if isinstance(inner, dict) else ""


def _wait(error: openai.APIError) -> str:
    import openai  # noqa: PLC0415 - an optional part

    if not isinstance(error, openai.APIStatusError):
        return ""
    value = error.response.headers.get("retry-after", "")
    return f"{value} s" if value.replace(".", "", 1).isdecimal() else value
