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
    """A link that sends a question again without its schema where the server rejects that; a `Link`.

    A schema that was rejected once is not sent again as long as the link lives; another one is, since
    a server may take some and not others. What was asked without its schema says so
    (`Response.schema_rejected`): the request's key says what was wanted, and the answer how it was had.

    Args:
        link: Sends the questions.
    """

    link: Link
    _rejected: set[str] = field(default_factory=set, init=False)

    async def send(
        self, request: Request, images: Sequence[EncodedImage], *, attempt: int
    ) -> Outcome:
        """See `Link`."""
        if request.answer_schema is None:
            return await self.link.send(request, images, attempt=attempt)
        schema = json_digest(dict(request.answer_schema))
        if schema not in self._rejected:
            outcome = await self.link.send(request, images, attempt=attempt)
            if outcome.fault is None or outcome.fault.kind != "schema":
                return outcome
            self._rejected.add(schema)
        without = replace(request, answer_schema=None)
        outcome = await self.link.send(without, images, attempt=attempt)
        return replace(outcome, response=replace(outcome.response, schema_rejected=True))

    async def served(self) -> tuple[str, ...]:
        """See `Link`."""
        return await self.link.served()

    async def aclose(self) -> None:
        """See `Link`."""
        await self.link.aclose()
