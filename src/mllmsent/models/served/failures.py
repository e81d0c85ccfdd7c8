"""What goes wrong with any server, in words a person can act on, and never a key."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from mllmsent.models.interface import Response
from mllmsent.models.served.cures import (
    BLIND,
    Cure,
    cure_of_complaint,
    cure_of_status,
    other_address,
)
from mllmsent.models.served.payloads import number_in
from mllmsent.models.served.secrets import REDACTED, without_secrets
from mllmsent.models.served.wire import Fault, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.models.served.wire import Endpoint, FaultKind

__all__ = [
    "failed",
    "failure_of_status",
    "fault_of_answer",
    "redact",
    "refused",
    "retry_after",
    "said_of",
    "web_page",
]

_LONGEST = 400
"""Characters of what a server says; the cure stands behind them."""

_KEYS = re.compile(
    r"\b(?:sk|pk|rk|key|hf|gsk|xai|or)[-_][A-Za-z0-9_*.-]{5,}[A-Za-z0-9_*-]"  # keys by their look
    r"|\bAIza[A-Za-z0-9_-]{10,}"  # Google's
    r"|[A-Za-z0-9_-]*\*{3,}[A-Za-z0-9_*-]*"  # keys that were masked, but not wholly
    r"|(?i:bearer\s+)[^\s\"']+"
    r"|(?<=://)[^\s/@\"']+(?=@)",  # user and password of an address
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
    405: ("wrong address", True),
    407: ("proxy", True),
    413: ("too large", False),
    422: ("bad request", False),
    429: ("rate limit", False),
}
_STATUS = re.compile("[45][0-9]{2}")
_CODES: dict[str, FaultKind] = {"rate_limit_exceeded": "rate_limit", "server_error": "server_error"}
_PASSING_STATUSES = frozenset({408, 409})


def redact(text: str, key: str = "", *, longest: int = _LONGEST) -> str:
    """One line of a foreign text, without `key` and without anything that looks like one.

    Args:
        text: The text.
        key: A key that must not be said.
        longest: Characters that it may have.
    """
    if len(key) >= 4:
        text = text.replace(key, REDACTED)
    text = _KEYS.sub(REDACTED, without_secrets(text, [key]))
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= longest else line[: longest - 3] + "..."


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
    return Outcome(Response("failed", error=whole, hopeless=hopeless), replace(fault, cure=cure))


def web_page(endpoint: Endpoint) -> Outcome:
    """The outcome where a page for people came with a status of success."""
    cure = f"Is {endpoint.address} the address? {other_address(endpoint)}"
    fault = Fault("lasting", blames="address")
    return failed("the server's answer is a web page, and not JSON", fault, cure=cure)


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
    elif fault.kind == "server_error" and BLIND.search(said):
        label, fault = "bad request", Fault("lasting")  # llama.cpp's server says it with a 500
    if wrong_key:
        label = "not allowed"
    wait = retry_after(headers) if fault.passes else None
    if status == 403 and "logprobs" in said.lower():  # so does OpenAI say it of models that reason
        label, hopeless = "bad request", False
    if label == "bad request":
        cure = cure_of_complaint(complaint or said)
        if cure.blames == "schema":
            fault = Fault("schema")
    elif label == "rate limit" and wait is not None:
        cure = Cure(f"It asks to wait {wait:g} s")
    else:
        cure = cure_of_status(label, status, said, endpoint, served)
    what = redact(f"{status} {label}: {said}", endpoint.key)
    fault = Fault(fault.kind, wait, cure.blames)
    hopeless = hopeless or cure.blames == "address"
    return failed(what, fault, cure=cure.words, hopeless=hopeless)


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


def said_of(message: object) -> str:
    """What a server says, without markup and without what the SDK adds."""
    text = str(message or "").strip()
    if _HTML.search(text[:1000]):
        return "an HTML page instead of an answer"
    return _STATUS_SAID.sub("", text).strip().rstrip(".") or "no reason given"


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds that a server asks to wait: `Retry-After-Ms`, or `Retry-After` (RFC 9110, 10.2.3).

    Args:
        headers: Of the response, names in any case (as httpx has them).
        now: The time, for dates; by default the present.
    """
    value = headers.get("retry-after-ms")
    if value is not None and (seconds := number_in(value)) is not None:
        return seconds / 1000
    value = headers.get("retry-after")
    if value is None:
        return None
    if (seconds := number_in(value)) is not None:
        return seconds
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - (now or datetime.now(UTC))).total_seconds())
