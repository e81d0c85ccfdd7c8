"""What goes wrong with any server, in words a person can act on, and never a key."""

from __future__ import annotations

import math
import re
import socket
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from mllmsent.foundation.errors import nearest
from mllmsent.models.interface import Response
from mllmsent.models.served.wire import Fault, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mllmsent.models.served.wire import Endpoint, FaultKind

__all__ = [
    "NO_LOGPROBS",
    "broken_connection",
    "failed",
    "failure_of_status",
    "fault_of_answer",
    "redact",
    "refused",
    "retry_after",
    "said_of",
]

_SMALLER = "Set `max_image_bytes` or `max_image_side`"
NO_LOGPROBS = (
    "This model tells no log probabilities: set `logprobs: false`, and have it asked several times "
    "instead: {strategy: zero-shot, samples: 10, temperature: 1}"
)
"""What to do where label likelihoods are wanted and cannot be had."""
_NO_SCHEMA = "This model takes no schema: set `structured_answers: false`"
_LONGEST = 400
_KEYS = re.compile(
    r"\b(?:sk|pk|rk|key|hf|gsk|xai|or)[-_][A-Za-z0-9_*.-]{5,}[A-Za-z0-9_*-]"  # keys by their look
    r"|\bAIza[A-Za-z0-9_-]{10,}"  # Google's
    r"|[A-Za-z0-9_-]*\*{3,}[A-Za-z0-9_*-]*"  # keys that were masked, but not wholly
    r"|(?i:bearer\s+)[^\s\"']+",
    re.ASCII,
)
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
_STATUS = re.compile("[45][0-9]{2}")
_CODES: dict[str, FaultKind] = {"rate_limit_exceeded": "rate_limit", "server_error": "server_error"}
_PASSING_STATUSES = frozenset({408, 409})
_SETTINGS = {
    "temperature": ("temperature",),
    "top_p": ("top_p",),
    "max_tokens": ("max_tokens", "max_completion_tokens", "max_output_tokens"),
    "seed": ("seed",),
    "reasoning_effort": ("reasoning_effort", "reasoning.effort"),
}
"""What a study calls a setting, and what it is called on the wire."""
_TOO_SMALL = ("below_min", "below minimum", "at least", "greater than or equal")
_SCHEMAS = ("response_format", "json_schema", "output_config", "text.format")


def redact(text: str, key: str = "") -> str:
    """One short line of a foreign text, without `key` and without anything that looks like one."""
    if len(key) >= 4:
        text = text.replace(key, "[key]")
    text = _KEYS.sub("[key]", text)
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 3] + "..."


def refused(text: str = "", stop_reason: str = "content_filter") -> Outcome:
    """The outcome where a provider's safety system declined."""
    return Outcome(Response("refused", text=text, stop_reason=stop_reason))


def failed(error: str, fault: Fault, *, cure: str = "", hopeless: bool = False) -> Outcome:
    """The outcome where there is no answer.

    Args:
        error: What went wrong.
        fault: Of what kind it is.
        cure: What to do about it.
        hopeless: Whether every other request to the model would fail alike.
    """
    whole = f"{error}. {cure}" if cure else error
    return Outcome(Response("failed", error=whole, hopeless=hopeless), fault)


def failure_of_status(
    status: int,
    said: str,
    headers: Mapping[str, str],
    endpoint: Endpoint,
    *,
    served: Sequence[str] = (),
    complaint: str = "",
    no_credit: bool = False,
    wrong_key: bool = False,
) -> Outcome:
    """The outcome for an error that has a status.

    Args:
        status: Of the response.
        said: What the server says.
        headers: Of the response.
        endpoint: Whom was asked.
        served: Names of the models that the server has, where it told them.
        complaint: In a bad request, where settings are looked for; by default what it says.
        no_credit: Whether the account is empty, whatever the status.
        wrong_key: Whether the key is none, whatever the status.
    """
    label, hopeless, fault = _labelled(status)
    if no_credit or wrong_key:
        label, hopeless, fault = "no credit", True, Fault("lasting")
    if wrong_key:
        label = "not allowed"
    wait = retry_after(headers) if fault.passes else None
    if status == 403 and "logprobs" in said.lower():  # so does OpenAI say it of models that reason
        label, hopeless = "bad request", False
    if label == "bad request":
        cure = _cure_of_setting(complaint or said)
        if cure == _NO_SCHEMA:
            fault = Fault("schema")
    elif label == "rate limit" and wait is not None:
        cure = f"It asks to wait {wait:g} s"
    else:
        cure = _cure_of_label(label, said, endpoint, served)
    what = redact(f"{status} {label}: {said}", endpoint.key)
    return failed(what, Fault(fault.kind, wait), cure=cure, hopeless=hopeless)


def fault_of_answer(response: Response) -> Fault | None:
    """Why an answer with status 200 is none; None where it is one.

    Gateways pass on the errors of those behind them in this way, and responses may fail after they
    were begun: with a code in front, a status or a word, which tells whether asking again may help.

    Args:
        response: What was read.
    """
    if response.status != "failed":
        return None
    code = response.error.partition(" ")[0]
    if _STATUS.fullmatch(code):
        return _labelled(int(code))[2]
    return Fault(_CODES.get(code, "lasting"))


def _labelled(status: int) -> tuple[str, bool, Fault]:
    """What a status is called, whether all requests would fail alike, and its kind of fault."""
    if status in {503, 529}:
        return "server error", False, Fault("overloaded")
    if status >= 500:
        return "server error", False, Fault("server_error")
    label, hopeless = _LABELS.get(status, ("error", False))
    if status == 429:
        return label, hopeless, Fault("rate_limit")
    return label, hopeless, Fault("server_error" if status in _PASSING_STATUSES else "lasting")


def _cure_of_label(label: str, said: str, endpoint: Endpoint, served: Sequence[str]) -> str:
    cures = {
        "no credit": "Add credit at the provider",
        "rate limit": "Lower in-flight or raise `deadline_s`",
        "too large": _SMALLER,
    }
    if label == "not allowed" and endpoint.key:
        return f"Check the key in {endpoint.key_env}"
    if label == "not allowed":
        return "No key was sent: name its environment variable in `api_key_env`"
    if label == "not found":
        return _cure_of_name(said, endpoint, served)
    return cures.get(label, "")


def _cure_of_name(said: str, endpoint: Endpoint, served: Sequence[str]) -> str:
    """What to do where there is no such model, or no such address."""
    api = getattr(endpoint.options, "api", "chat")
    if "v1/responses" in said and api == "chat":
        return "Set `api: responses`"
    if served and endpoint.model not in served:
        return f"{endpoint.address} serves other models. {nearest(endpoint.model, served)}"
    if api == "responses":
        return (
            f"Is {endpoint.model!r} the model's name there, and does {endpoint.address} speak "
            "responses? Else set `api: chat`"
        )
    return (
        f"Is {endpoint.model!r} the model's name there, and {endpoint.address} the address? "
        "Most end in /v1"
    )


def _cure_of_setting(said: str) -> str:
    """What to do where a server complains of a setting; empty where it does not."""
    where = said.lower()
    if "image" in where and any(word in where for word in ("size", "large", "exceed", "dimension")):
        return _SMALLER
    if "reasoning.summary" in where or "reasoning summar" in where:
        return "Set `reasoning_summary: none`"
    for name, said_as in _SETTINGS.items():
        if any(word in where for word in said_as):
            too_small = any(word in where for word in _TOO_SMALL)
            none_such = f"This model takes no such `{name}`: set it to null in `settings`"
            return f"Raise `{name}` in `settings`" if too_small else none_such
    if "logprobs" in where:
        return NO_LOGPROBS
    if any(word in where for word in _SCHEMAS) and "effort" not in where:
        return _NO_SCHEMA
    return ""


def said_of(message: object) -> str:
    """What a server says, without markup and without what the SDK adds."""
    text = str(message or "").strip()
    if _HTML.search(text[:1000]):
        return "an HTML page instead of an answer"
    return _STATUS_SAID.sub("", text).strip().rstrip(".") or "no reason given"


def broken_connection(error: BaseException, endpoint: Endpoint) -> Outcome:
    """The outcome of an SDK's error that has no status: nobody answered, or not to the end.

    Args:
        error: The SDK's, or its transport's where that comes through as it is.
        endpoint: Whom was asked.
    """
    causes = list(_causes(error))
    if any(isinstance(cause, ConnectionRefusedError | socket.gaierror) for cause in causes):
        cure = f"Is a server running at {endpoint.address}? Else set `base_url`"
        return failed("connection: no server answers", Fault("lasting"), cure=cure, hopeless=True)
    # The aiohttp transport calls every broken connection a timeout; what lies under it knows better.
    last = causes[-1] if causes else None
    late = isinstance(error, TimeoutError) or isinstance(last, TimeoutError)
    if late or type(last).__name__.endswith("Timeout"):
        cure = "Raise `timeout_s` or lower in-flight"
        return failed("timeout: the server stopped answering", Fault("timeout"), cure=cure)
    reason = _STATUS_SAID.sub("", str(last)).strip() or type(last).__name__
    what = "" if last is None else f" ({redact(reason, endpoint.key)})"
    return failed(f"connection: it broke off{what}", Fault("connection"))


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds that a server asks to wait: `Retry-After-Ms`, or `Retry-After` (RFC 9110, 10.2.3).

    Args:
        headers: Of the response, names in any case (as httpx has them).
        now: The time, for dates; by default the present.
    """
    value = headers.get("retry-after-ms")
    if value is not None and (seconds := _number(value)) is not None:
        return seconds / 1000
    value = headers.get("retry-after")
    if value is None:
        return None
    if (seconds := _number(value)) is not None:
        return seconds
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - (now or datetime.now(UTC))).total_seconds())


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen = set()
    cause = error.__cause__ or error.__context__
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__
