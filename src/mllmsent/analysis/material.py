"""What an analysis reads: a finished run, and what is made of it, each when it is first asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from mllmsent.analysis.evidence import Evidence, evidence_of, study_resampling
from mllmsent.analysis.leaderboard import Leaderboard, leaderboard
from mllmsent.analysis.measured import Measured, measured_pictures
from mllmsent.data.conditions import plain_condition
from mllmsent.foundation.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from mllmsent.metrics import Resampling
    from mllmsent.runs.folder import RunFolder

__all__ = ["Material"]


@dataclass(frozen=True)
class Material:
    """A run as analyses read it.

    Attributes:
        run: The run's folder; an imported one is as good as any.
        ranking: Its leaderboard, where somebody has made it already.
    """

    run: RunFolder
    ranking: Leaderboard | None = None

    @cached_property
    def evidence(self) -> Evidence:
        """Its tables."""
        return evidence_of(self.run)

    @cached_property
    def resampling(self) -> Resampling:
        """How intervals are made, as its study says."""
        return study_resampling(self.run)

    @cached_property
    def measured(self) -> Measured:
        """What can be measured in its pictures, and why of some nothing can."""
        return measured_pictures(self.run)

    @property
    def features(self) -> pd.DataFrame:
        """The measures of its pictures, a row per item that has them; see `Measured.table`."""
        return self.measured.table

    def board(self, evidence: Evidence | None = None) -> Leaderboard:
        """Its leaderboard, ranked by what its study says; its own is made once.

        Args:
            evidence: Tables to rank instead of its own: those of some of the items, say.
        """
        return self._own_board if evidence is None else self._board(evidence)

    @cached_property
    def _own_board(self) -> Leaderboard:
        return self._board(self.evidence) if self.ranking is None else self.ranking

    def _board(self, evidence: Evidence) -> Leaderboard:
        return leaderboard(
            evidence,
            metrics=self.metrics,
            condition=self.condition,
            resampling=self.resampling,
        )

    @property
    def condition(self) -> str:
        """The condition that stands for the items as they are; see `plain_condition`."""
        return plain_condition(self.run.study.conditions)

    @property
    def metrics(self) -> dict[str, str]:
        """Scheme to the metric that its study asks to rank by; others are left to the default.

        Raises:
            InputError: If the study and the manifest are not of one run.
        """
        entries = self.run.study.schemes
        if len(entries) != len(self.run.schemes):
            raise InputError(
                f"The study asks in {len(entries)} schemes, and the manifest beside it has "
                f"{len(self.run.schemes)}.",
                file=self.run.path / "study.yaml",
                cure="Run the study again; answered requests are not sent again.",
            )
        return {
            name: entry.metric
            for name, entry in zip(self.run.schemes, entries, strict=True)
            if entry.metric is not None
        }
