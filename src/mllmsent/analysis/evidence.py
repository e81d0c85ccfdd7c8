"""What an analysis reads: the tables of a run, and its systems as samples that can be scored."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.errors import InputError
from mllmsent.metrics import Resampling, label_sample, label_set_sample, rating_sample

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from mllmsent.affect.scheme import Scheme
    from mllmsent.metrics import Sample
    from mllmsent.runs.folder import RunFolder

__all__ = ["Evidence", "Scored", "evidence_of", "study_resampling"]


@dataclass(frozen=True)
class Scored:
    """One system's answers in one scheme (and dimension), beside what people said.

    Attributes:
        system_id: The system.
        name: Its name for people.
        scheme: The scheme.
        dimension: The dimension, for dimensional schemes; else empty.
        rows: Rows of `predictions` that are scored, joined with `truth` and `group`.
        sample: The same, as metrics take it; None where nothing can be scored.
        n_failed: Rows without an answer, which are not scored.
    """

    system_id: str
    name: str
    scheme: str
    dimension: str
    rows: pd.DataFrame
    sample: Sample | None
    n_failed: int

    @property
    def n(self) -> int:
        """Scored rows."""
        return len(self.rows)

    @property
    def n_items(self) -> int:
        """Scored items."""
        return int(self.rows["item_id"].nunique())

    @property
    def coverage(self) -> float:
        """Share of the scored rows that could be read; NaN without rows."""
        return float((self.rows["status"] == "ok").mean()) if len(self.rows) else float("nan")

    def share(self, status: str) -> float:
        """Share of the scored rows with a status; NaN without rows."""
        return float((self.rows["status"] == status).mean()) if len(self.rows) else float("nan")

    @property
    def failed_share(self) -> float:
        """Share of the planned rows that had no answer."""
        planned = self.n + self.n_failed
        return self.n_failed / planned if planned else 0.0


@dataclass(frozen=True)
class Evidence:
    """Tables of a run.

    Attributes:
        items: Table `items`.
        targets: Table `targets`.
        predictions: Table `predictions`.
        systems: Table `systems`.
        schemes: Name to scheme.
    """

    items: pd.DataFrame
    targets: pd.DataFrame
    predictions: pd.DataFrame
    systems: pd.DataFrame
    schemes: Mapping[str, Scheme]

    @cached_property
    def names(self) -> dict[str, str]:
        """System to its name for people."""
        return dict(zip(self.systems["system_id"], self.systems["name"], strict=True))

    @cached_property
    def groups(self) -> dict[str, str]:
        """Item to what it moves with when items are drawn again: its group, or itself."""
        group = self.items["group"].fillna(self.items["item_id"])
        return dict(zip(self.items["item_id"], group, strict=True))

    def truth(self, scheme: str, dimension: str = "", annotators: str = "all") -> dict[str, Any]:
        """Item to what people said: a label, a set of labels, or a mean rating.

        Args:
            scheme: Name of the scheme.
            dimension: The dimension, for dimensional schemes.
            annotators: The annotator group, such as "culture=us".
        """
        rows = self.targets[
            (self.targets["scheme"] == scheme) & (self.targets["annotator_group"] == annotators)
        ]
        if dimension:
            rows = rows[(rows["dimension"] == dimension) & rows["mean"].notna()]
            return {
                str(item): float(mean)
                for item, mean in zip(rows["item_id"], rows["mean"], strict=True)
            }
        rows = rows[rows["label"].notna()]
        pairs = zip(rows["item_id"], rows["label"], strict=True)
        if self.schemes[scheme].multi_label:
            return {str(item): frozenset(str(label).split("|")) for item, label in pairs}
        return {str(item): str(label) for item, label in pairs}

    def scored(
        self, scheme: str, *, condition: str = "none", annotators: str = "all"
    ) -> list[Scored]:
        """Every system that answered in a scheme, beside what people said.

        Args:
            scheme: Name of the scheme.
            condition: The condition under which it answered.
            annotators: The annotator group to hold it against.

        Returns:
            One for each system, or for each system and dimension; in the order of `systems`.
        """
        asked = (scheme, condition, annotators)
        if asked not in self._known:
            self._known[asked] = self._scored(scheme, condition, annotators)
        return list(self._known[asked])

    @cached_property
    def _known(self) -> dict[tuple[str, str, str], list[Scored]]:
        """What was scored: every section of a report asks for it again."""
        return {}

    def _scored(self, scheme: str, condition: str, annotators: str) -> list[Scored]:
        definition = self.schemes[scheme]
        found: list[Scored] = []
        asked = self.predictions[
            (self.predictions["scheme"] == scheme) & (self.predictions["condition"] == condition)
        ]
        for dimension in definition.dimension_names or ("",):
            truth = self.truth(scheme, dimension, annotators)
            known = asked[asked["item_id"].isin(list(truth))]
            for system in self.systems["system_id"]:
                rows = known[known["system_id"] == system]
                if len(rows):
                    found.append(self._one(definition, dimension, str(system), rows, truth))
        return found

    def _one(
        self,
        scheme: Scheme,
        dimension: str,
        system: str,
        rows: pd.DataFrame,
        truth: Mapping[str, Any],
    ) -> Scored:
        failed = rows["status"] == "failed"
        rows = rows[~failed].copy()
        rows["truth"] = [truth[item] for item in rows["item_id"]]
        rows["group"] = [self.groups[item] for item in rows["item_id"]]
        return Scored(
            system_id=system,
            name=self.names[system],
            scheme=scheme.name,
            dimension=dimension,
            rows=rows,
            # Free words are neither right nor wrong.
            sample=_sample(scheme, dimension, rows)
            if len(rows) and not scheme.open_vocabulary
            else None,
            n_failed=int(failed.sum()),
        )


def evidence_of(run: RunFolder) -> Evidence:
    """The tables of a run that analyses read.

    Raises:
        InputError: If a table cannot be read, or has no row of what was predicted.
    """
    items, systems, predictions = (run.table(name) for name in ("items", "systems", "predictions"))
    for name, table, key in (("items", items, "item_id"), ("systems", systems, "system_id")):
        unknown = predictions[~predictions[key].isin(table[key])]
        if len(unknown):
            raise InputError(
                f"There are predictions of {unknown[key].iloc[0]!r}, which this table does not have.",
                file=run.path / f"{name}.parquet",
                cure="Run the study again; answered requests are not sent again.",
            )
    return Evidence(
        items=items,
        targets=run.table("targets"),
        predictions=predictions,
        systems=systems,
        schemes=run.schemes,
    )


def study_resampling(run: RunFolder) -> Resampling:
    """How intervals are made, as a run's study says."""
    asked = run.study.intervals
    return Resampling(n_resamples=asked.resamples, level=asked.level, seed=run.study.seed)


def _sample(scheme: Scheme, dimension: str, rows: pd.DataFrame) -> Sample:
    groups = rows["group"].tolist()
    read = (rows["status"] == "ok").tolist()
    truth = rows["truth"].tolist()
    if dimension:
        scale = scheme.dimension(dimension)
        answers = [
            values.get(dimension) if ok and values else None
            for ok, values in zip(read, rows["values"], strict=True)
        ]
        return rating_sample(truth, answers, low=scale.low, high=scale.high, groups=groups)
    labels = [str(label) if ok else None for ok, label in zip(read, rows["label"], strict=True)]
    if scheme.multi_label:
        sets = [None if label is None else frozenset(label.split("|")) for label in labels]
        return label_set_sample(truth, sets, scheme.label_names, groups)
    return label_sample(truth, labels, scheme.label_names, groups)
