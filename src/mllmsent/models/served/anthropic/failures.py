"""What went wrong with a server of Anthropic's protocol.

Kinds of errors: <https://platform.claude.com/docs/en/api/errors>
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.models.served.connections import broken_connection
from mllmsent.models.served.failures import failure_of_status, refused, said_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import anthropic

    from mllmsent.models.served.wire import Endpoint, Outcome

__all__ = ["failure"]

_NO_CREDIT = ("credit balance is too low", "specified api usage limits")
_DECLINED = "content filtering policy"


def failure(
    error: anthropic.APIError, endpoint: Endpoint, *, served: Sequence[str] = ()
) -> Outcome:
    """The outcome for an error of the SDK.

    Args:
        error: What the SDK raised.
        endpoint: Whom was asked.
        served: Names of the models the server has, where it told them.

    Returns:
        "refused" where the provider's filter took the answer away, else "failed".
    """
    import anthropic  # noqa: PLC0415 - an optional part

    if not isinstance(error, anthropic.APIStatusError):
        return broken_connection(error, endpoint)
    said, status = _said(error), error.status_code
    if status == 400 and _DECLINED in said.lower():
        return refused()
    return failure_of_status(
        status,
        said,
        error.response.headers,
        endpoint,
        served=served,
        no_credit=any(words in said.lower() for words in _NO_CREDIT),
    )


def _said(error: anthropic.APIStatusError) -> str:
    body: Any = error.body
    inner = body.get("error") if isinstance(body, dict) else None
    return said_of(inner.get("message") if isinstance(inner, dict) else body or error.message)
