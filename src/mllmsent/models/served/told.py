"""What a server told in answer to a request, whichever protocol it speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from mllmsent.models.served.first_tokens import with_first_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mllmsent.models.interface import Request, Response
    from mllmsent.models.served.first_tokens import TokenStep
    from mllmsent.models.served.options import ServedOptions

__all__ = ["Read", "read_told"]


class Read(Protocol):
    """Reads a decoded answer of a protocol; raises nothing."""

    def __call__(self, payload: object, /, *, schema_wanted: bool) -> Response:
        """The response in it."""
        ...


def read_told(
    payload: object,
    request: Request,
    options: ServedOptions,
    read: Read,
    steps: Callable[[object], Sequence[TokenStep]] | None = None,
) -> Response:
    """The response in a decoded answer, with what the request wanted beside the text.

    Args:
        payload: The decoded body.
        request: What was asked.
        options: What the study says.
        read: Reads the text.
        steps: Reads the likeliest tokens, in protocols that tell them.
    """
    wanted = request.answer_schema is not None and options.structured_answers
    response = read(payload, schema_wanted=wanted)
    if not request.candidates or response.status != "ok":
        return response
    return with_first_tokens(request, response, steps(payload) if steps is not None else ())
