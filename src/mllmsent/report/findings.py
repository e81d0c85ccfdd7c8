"""Everything a report is made from: a run, its leaderboard, and what the analyses find in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mllmsent.affect import get_scheme, scheme_names
from mllmsent.analysis import (
    described_factors,
    known_scenes,
    score_scene_fields,
)
from mllmsent.analysis.baseline import baseline
from mllmsent.analysis.gallery import cases
from mllmsent.analysis.material import Material
from mllmsent.analysis.overview import people_agreement, status_counts
from mllmsent.analysis.pathways import compare_pathways
from mllmsent.analysis.registry import analyze, asked_analyses
from mllmsent.metrics import get_metric
from mllmsent.report.describer_names import describer_names
from mllmsent.report.naming import SystemName, anchor, system_names

if TYPE_CHECKING:
    import pandas as pd

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis import DescribedFactors, Evidence, Leaderboard, Scored
    from mllmsent.analysis.baseline import Baseline
    from mllmsent.analysis.found import Found
    from mllmsent.dioramas import Scene
    from mllmsent.metrics import Resampling
    from mllmsent.metrics.metric import Metric
    from mllmsent.runs.folder import RunFolder

__all__ = ["Board", "Findings"]


@dataclass(frozen=True, eq=False)
class Board:
    """The leaderboard of one scheme, or of one dimension of it.

    Attributes:
        scheme: The scheme.
        dimension: The dimension; empty for labels.
        metric: What it is ranked by.
        rows: Its rows of the leaderboard, best first.
        scored: System to its scored answers.
        baseline: What a system that looks at nothing would score.
        anchor: Its name in the page: "polarity3", "valence-arousal-arousal".
    """

    scheme: Scheme
    dimension: str
    metric: Metric[Any]
    rows: pd.DataFrame
    scored: dict[str, Scored]
    baseline: Baseline | None
    anchor: str

    @property
    def key(self) -> str:
        """Its key in `Leaderboard.differences`."""
        return f"{self.scheme.name}/{self.dimension}" if self.dimension else self.scheme.name

    @property
    def is_labels(self) -> bool:
        """Whether each item has one label, so that there are confusions."""
        return not self.dimension and not self.scheme.multi_label

    @property
    def title(self) -> str:
        """Name for people: "Polarity, three classes", "Arousal, 1 to 9"."""
        if self.dimension:
            scale = self.scheme.dimension(self.dimension)
            return f"{scale.name.capitalize()}, {scale.low:g} to {scale.high:g}"
        return self.scheme.title or self.scheme.name


@dataclass(frozen=True)
class Findings:
    """A run and what is found in it; each finding is made when it is first asked for.

    Attributes:
        run: The run.
        leaderboard: Its leaderboard.
    """

    run: RunFolder
    leaderboard: Leaderboard

    @cached_property
    def material(self) -> Material:
        """The run, as analyses read it."""
        return Material(self.run, self.leaderboard)

    @property
    def evidence(self) -> Evidence:
        """The run's tables, as analyses read them."""
        return self.material.evidence

    @property
    def condition(self) -> str:
        """The condition under which systems are ranked and judged: images as they are, where asked."""
        return self.material.condition

    @property
    def resampling(self) -> Resampling:
        """How intervals are made, as the study says."""
        return self.material.resampling

    @property
    def analyses(self) -> dict[str, Found]:
        """What the analyses that the study asks for find, by name."""
        asked = asked_analyses(self.run.study)
        self._found.update(
            analyze(self.material, [name for name in asked if name not in self._found])
        )
        return {name: self._found[name] for name in asked}

    def analysis(self, name: str) -> Found | None:
        """What one of them finds; None where the study does not ask for it."""
        if name not in asked_analyses(self.run.study):
            return None
        if name not in self._found:
            self._found.update(analyze(self.material, [name]))
        return self._found[name]

    @cached_property
    def _found(self) -> dict[str, Found]:
        """What was found so far."""
        return {}

    @cached_property
    def names(self) -> dict[str, SystemName]:
        """System to its short name."""
        return system_names(self.evidence.systems)

    @cached_property
    def only_learned(self) -> frozenset[str]:
        """Items that classifiers learned from, and that nobody was asked about."""
        learned = self.run.table("training_targets")["item_id"]
        return frozenset(learned) - frozenset(self.evidence.predictions["item_id"])

    @cached_property
    def n_asked(self) -> int:
        """How many items the run asks about."""
        return len(self.evidence.items) - len(self.only_learned)

    @cached_property
    def scenes(self) -> dict[str, Scene]:
        """Item to what was drawn; empty where that is not known."""
        return known_scenes(self.run.dataset_root())

    @cached_property
    def scene_fields(self) -> pd.DataFrame:
        """What the scene pathway saw against what was drawn; empty where that is not known."""
        return score_scene_fields(
            self.run.table("readings"),
            self.evidence.systems,
            self.scenes,
            resampling=self.resampling,
            condition=self.condition,
        )

    @cached_property
    def described_factors(self) -> DescribedFactors:
        """What descriptions name of what was drawn; without rows where that is not known."""
        return described_factors(
            self.run.table("descriptions"),
            self.scenes,
            self.evidence.groups,
            condition=self.condition,
            resampling=self.resampling,
        )

    @cached_property
    def describer_names(self) -> dict[str, SystemName]:
        """Describer to its short name."""
        return describer_names(self.described_factors.describers, self.evidence.systems, self.names)

    @cached_property
    def boards(self) -> list[Board]:
        """One for each scheme or dimension that has scores, in the study's order."""
        rows = self.leaderboard.rows
        boards: list[Board] = []
        for name, scheme in self.evidence.schemes.items():
            scored = self.evidence.scored(name, condition=self.condition) if len(rows) else []
            for dimension in scheme.dimension_names or ("",):
                part = _part(rows, name, dimension)
                if not len(part):
                    continue
                boards.append(
                    Board(
                        scheme=scheme,
                        dimension=dimension,
                        metric=get_metric(self.leaderboard.metrics[name]),
                        rows=part.reset_index(drop=True),
                        scored={
                            entry.system_id: entry
                            for entry in scored
                            if entry.dimension == dimension
                        },
                        baseline=baseline(
                            self.evidence,
                            name,
                            dimension,
                            resampling=self.resampling,
                            condition=self.condition,
                        ),
                        anchor=anchor(f"{name} {dimension}", [board.anchor for board in boards]),
                    )
                )
        return boards

    @cached_property
    def statuses(self) -> pd.DataFrame:
        """What became of the questions, per system and scheme."""
        return status_counts(self.evidence, condition=self.condition)

    @cached_property
    def pathway_pairs(self) -> pd.DataFrame:
        """Direct against described against scene, per model."""
        return compare_pathways(
            self.evidence,
            metrics=self.leaderboard.metrics,
            resampling=self.resampling,
            condition=self.condition,
        )

    @cached_property
    def agreement(self) -> pd.DataFrame:
        """How well people agree."""
        annotations = self.run.table("annotations")
        return people_agreement(annotations, self.annotated_schemes, self.resampling)

    @cached_property
    def annotated_schemes(self) -> dict[str, Scheme]:
        """Schemes that were asked in, and those in which people were: votes may be folded."""
        found = dict(self.evidence.schemes)
        for name in self.run.table("annotations")["scheme"].unique():
            if name not in found and name in scheme_names():
                found[str(name)] = get_scheme(str(name))
        return found

    @cached_property
    def cases(self) -> pd.DataFrame:
        """Every answer beside what people said."""
        return cases(self.evidence, condition=self.condition)

    @cached_property
    def manifest(self) -> Loose:
        """The run's manifest; what it does not say is None."""
        manifest = Loose.of(self.run.manifest)
        assert isinstance(manifest, Loose)
        return manifest

    @cached_property
    def dataset(self) -> Loose:
        """The manifest's word on the dataset."""
        found = self.manifest["dataset"]
        return found if isinstance(found, Loose) else Loose()

    @cached_property
    def synthetic_dataset(self) -> bool:
        """Whether the dataset is drawn or simulated."""
        return bool(self.dataset.get("synthetic"))

    @cached_property
    def simulated_models(self) -> list[str]:
        """Models that are none: their notes say so."""
        models = self.manifest.get("models") or {}
        return [
            str(name)
            for name, model in models.items()
            if any(word in str(model.get("note", "")).lower() for word in ("simulat", "synthetic"))
        ]


class Loose(dict[str, Any]):
    """A mapping from a file, in which what is absent is None, all the way down."""

    def __missing__(self, key: str) -> None:
        return None

    @classmethod
    def of(cls, value: Any) -> Any:
        """The same value with every mapping in it made loose."""
        if isinstance(value, Mapping):
            return cls({str(key): cls.of(part) for key, part in value.items()})
        return [cls.of(part) for part in value] if isinstance(value, list) else value


def _part(rows: pd.DataFrame, scheme: str, dimension: str) -> pd.DataFrame:
    if not len(rows):
        return rows
    rows = rows[rows["scheme"] == scheme]
    return rows[rows["dimension"] == dimension] if dimension else rows
