"""What is known of a server while it is asked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mllmsent.models.served.schema_fallback import SchemaFallback

if TYPE_CHECKING:
    from mllmsent.models.served.pace import Pace
    from mllmsent.models.served.wire import Link, Outcome

__all__ = ["Session"]


@dataclass(eq=False, slots=True)
class Session:
    """What a model has in an event loop: connections and pace belong to one.

    Attributes:
        link: Its client.
        pace: How fast it is asked.
        schemas: Which schemas its server rejected.
        has_answered: Whether there ever was an answer.
    """

    link: Link
    pace: Pace
    schemas: SchemaFallback = field(default_factory=SchemaFallback)
    has_answered: bool = False

    def known(self, outcome: Outcome) -> Outcome:
        """An outcome by what is known of the server: an address that has answered is the right one.

        What is wrong there passes: a server is started anew, a network was away for a while.

        Args:
            outcome: What came of a request.
        """
        fault = outcome.fault
        self.has_answered = self.has_answered or fault is None
        if not self.has_answered or fault is None or fault.passes or fault.blames != "address":
            return outcome
        response = replace(outcome.response, hopeless=False)
        return replace(outcome, response=response, fault=replace(fault, kind="connection"))
