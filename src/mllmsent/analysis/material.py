"""What an analysis reads: a finished run, and what is made of it, each when it is first asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from mllmsent.analysis.evidence import Evidence, evidence_of, study_resampling
from mllmsent.data.conditions import plain_condition

if TYPE_CHECKING:
    from mllmsent.metrics import Resampling
    from mllmsent.runs.folder import RunFolder

__all__ = ["Material"]


@dataclass(frozen=True)
class Material:
    """A run as analyses read it.

    Attributes:
        run: The run's folder; an imported one is as good as any.
    """

    run: RunFolder

    @cached_property
    def evidence(self) -> Evidence:
        """Its tables."""
        return evidence_of(self.run)

    @cached_property
    def resampling(self) -> Resampling:
        """How intervals are made, as its study says."""
        return study_resampling(self.run)

    @property
    def condition(self) -> str:
        """The condition that stands for the pictures as they are; see `plain_condition`."""
        return plain_condition(self.run.study.conditions)
