"""Asking on without a schema where a server does not take it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mllmsent.foundation.digest import json_digest

if TYPE_CHECKING:
    from mllmsent.models.interface import Request
    from mllmsent.models.served.wire import Outcome

__all__ = ["SchemaFallback"]


@dataclass(eq=False)
class SchemaFallback:
    """Which schemas a server rejected: questions are asked again, and later ones asked, without them.

    A schema that was rejected once is not sent again; another is, since a server may take some and not
    others. What was asked without its schema says so (`Response.schema_rejected`): the request's key
    says what was wanted, and the answer how it was had.
    """

    _rejected: set[str] = field(default_factory=set, init=False)

    def asked(self, request: Request) -> Request:
        """A request as it is sent: without its schema, if that was rejected."""
        return (
            replace(request, answer_schema=None) if _schema(request) in self._rejected else request
        )

    def rejects(self, asked: Request, outcome: Outcome) -> bool:
        """Whether a request is to be sent again, since its schema was rejected just now.

        Args:
            asked: The request as it was sent.
            outcome: What came of it.
        """
        schema = _schema(asked)
        if schema is None or outcome.fault is None or outcome.fault.kind != "schema":
            return False
        self._rejected.add(schema)
        return True


def _schema(request: Request) -> str | None:
    return None if request.answer_schema is None else json_digest(dict(request.answer_schema))
