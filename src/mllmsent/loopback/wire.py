"""What goes wrong between a caller and the loopback server, in no provider's words yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ErrorBody", "ErrorKind", "WireError", "integer", "number", "record"]

ErrorKind = Literal[
    "invalid",
    "no_key",
    "unauthorized",
    "forbidden",
    "not_found",
    "unknown_model",
    "too_large",
    "image_too_large",
    "filtered",
    "rate_limit",
    "daily_limit",
    "no_quota",
    "overloaded",
    "server_error",
]
"""What a response that is an error says; each provider has its own words and status for it."""


class WireError(Exception):
    """A response that is an error, before a provider words it.

    Args:
        kind: What it says.
        message: What is wrong, for people; empty for the provider's usual words.
        status: HTTP status; 0 for the provider's usual one.
        param: The parameter at fault.
        code: What OpenAI calls the error's `code`.
        model: The model asked for.
        shown: The key that the caller showed, or what the error is about.
        retry_s: Seconds until the caller may come back, where that is said.
        headers: Headers that come with it.
        details: Members of the error that only one provider has.
    """

    def __init__(
        self,
        kind: ErrorKind,
        message: str = "",
        *,
        status: int = 0,
        param: str | None = None,
        code: str | None = None,
        model: str = "",
        shown: str = "",
        retry_s: float | None = None,
        headers: Mapping[str, str] | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.status = status
        self.param = param
        self.code = code
        self.model = model
        self.shown = shown
        self.retry_s = retry_s
        self.headers = dict(headers or {})
        self.details = details


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """An error as one provider says it.

    Attributes:
        status: HTTP status.
        payload: The JSON body.
    """

    status: int
    payload: Mapping[str, Any]


def record(value: object, at: str = "") -> dict[str, Any]:
    """What must be a JSON object.

    Raises:
        WireError: If it is none, naming where it stands.
    """
    if not isinstance(value, dict):
        what = f"'{at}' must be an object." if at else "The body must be a JSON object."
        raise WireError("invalid", what, param=at or None)
    return value


def number(payload: Mapping[str, Any], name: str, low: float, high: float) -> float | None:
    """A member that must be a number within bounds; None where it is not given.

    Raises:
        WireError: If it is something else.
    """
    value = payload.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise WireError("invalid", f"'{name}' must be from {low:g} to {high:g}.", param=name)
    return float(value)


def integer(payload: Mapping[str, Any], name: str, low: int, high: int = 2**63) -> int | None:
    """A member that must be a whole number within bounds; None where it is not given.

    Raises:
        WireError: If it is something else.
    """
    value = payload.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise WireError("invalid", f"'{name}' must be an integer, at least {low}.", param=name)
    return value
