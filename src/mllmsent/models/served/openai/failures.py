"""What went wrong with a server of OpenAI's protocols."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.models.served.connections import broken_connection
from mllmsent.models.served.failures import failure_of_status, refused, said_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import openai

    from mllmsent.models.served.wire import Endpoint, Outcome

__all__ = ["declines", "failure"]

_DECLINES = {
    "bio_policy",
    "content_filter",
    "content_policy_violation",
    "image_content_policy_violation",
    "misalignment_policy_violation",
    "ResponsibleAIPolicyViolation",  # Azure's
}
_NO_CREDIT = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}


def failure(error: openai.APIError, endpoint: Endpoint, *, served: Sequence[str] = ()) -> Outcome:
    """The outcome for an error of the SDK.

    Args:
        error: What the SDK raised.
        endpoint: Whom was asked.
        served: Names of the models the server has, where it told them.

    Returns:
        "refused" where the provider's safety system declined, else "failed".
    """
    import openai  # noqa: PLC0415 - an optional part

    if not isinstance(error, openai.APIStatusError):
        return broken_connection(error, endpoint)
    said, code, status = _said(error), str(error.code or ""), error.status_code
    flagged = status == 403 and ("flagged" in said or "moderation" in said)
    if flagged or declines(code, said) or declines(_inner_code(error), said):
        return refused()
    return failure_of_status(
        status,
        said,
        error.response.headers,
        endpoint,
        served=served,
        complaint=f"{error.param or ''} {code} {said}",
        no_credit=code in _NO_CREDIT,
    )


def declines(code: str, said: str) -> bool:
    """Whether an error is a safety system's, which declines, and no fault of anything.

    Args:
        code: Of the error.
        said: Its message.
    """
    return code in _DECLINES or (code == "invalid_prompt" and "flagged" in said)


def _said(error: openai.APIError) -> str:
    """What the server says, without what we say anyway."""
    body: Any = error.body
    if isinstance(body, dict):
        message = body.get("message") or body.get("detail") or body.get("error")
        return str(message or "no reason given").strip().rstrip(".")
    return said_of(body or error.message)


def _inner_code(error: openai.APIError) -> str:
    body: Any = error.body
    inner = body.get("innererror") if isinstance(body, dict) else None
    return str(inner.get("code")) if isinstance(inner, dict) else ""
