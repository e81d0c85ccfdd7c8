"""Asking on without a schema where a server does not take it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mllmsent.foundation.digest import json_digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mllmsent.models.interface import Request
    from mllmsent.models.served.encoded_images import EncodedImage
    from mllmsent.models.served.wire import Link, Outcome

__all__ = ["SchemaFallback"]


@dataclass(eq=False)
class SchemaFallback:
    """Sends a question again without its schema where a server rejects that.

    A schema that was rejected once is not sent again by the same one; another is, since a server may
    take some and not others. What was asked without its schema says so (`Response.schema_rejected`): the
    request's key says what was wanted, and the answer how it was had.
    """

    _rejected: set[str] = field(default_factory=set, init=False)

    async def send(
        self, link: Link, request: Request, images: Sequence[EncodedImage], *, attempt: int
    ) -> Outcome:
        """Send a request once, or twice where its schema is rejected.

        Args:
            link: By which link.
            request: What to ask.
            images: Its images, in order.
            attempt: Which try it is, from 0.
        """
        if request.answer_schema is None:
            return await link.send(request, images, attempt=attempt)
        schema = json_digest(dict(request.answer_schema))
        if schema not in self._rejected:
            outcome = await link.send(request, images, attempt=attempt)
            if outcome.fault is None or outcome.fault.kind != "schema":
                return outcome
            self._rejected.add(schema)
        without = replace(request, answer_schema=None)
        outcome = await link.send(without, images, attempt=attempt)
        return replace(outcome, response=replace(outcome.response, schema_rejected=True))
