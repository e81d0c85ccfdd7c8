"""What reading an answer gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Reading", "ReadingStatus"]

ReadingStatus = Literal["ok", "unparsed", "refused"]


@dataclass(frozen=True, slots=True)
class Reading:
    """One answer, read into a scheme or not.

    Attributes:
        status: "ok" (the answer says it), "unparsed" (it does not say it beyond doubt), "refused"
            (the model declines).
        labels: The labels: one, or several in the scheme's order where the scheme allows them;
            empty unless the status is "ok", and for dimensional schemes.
        values: Dimension to number within its scale; empty unless the status is "ok".
        scores: Label to the confidence that the answer itself gives it, where it gives one for
            every label; else None.
        reason: Why it is unparsed or refused, in a short phrase; empty when it is "ok".
        how: Which reader read it: "json", "bare", "verdict line", "sentence", "numbers".
    """

    status: ReadingStatus
    labels: tuple[str, ...] = ()
    values: Mapping[str, float] = field(default_factory=dict)
    scores: Mapping[str, float] | None = None
    reason: str = ""
    how: str = ""

    @property
    def label(self) -> str | None:
        """The label, where there is exactly one."""
        return self.labels[0] if len(self.labels) == 1 else None
