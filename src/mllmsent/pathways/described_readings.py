"""What a text classifier makes of descriptions: one describer's, or several describers' together."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.foundation.digest import canonical_json
from mllmsent.foundation.errors import InputError
from mllmsent.pathways.system import System
from mllmsent.text import LeakageWarning, OutOfFold, cross_validate
from mllmsent.text.late_fusion import mean_scores

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from mllmsent.pathways.interface import ClassifierSpec, Task

__all__ = ["Describer", "Description", "Reading", "Readings", "learned_condition"]


@dataclass(frozen=True, slots=True)
class Description:
    """One description, or what came instead of one.

    Attributes:
        item_id: The item.
        condition: The planned change under which it was described, or of the description itself.
        repeat: Which repeat, from 0.
        text: The description; empty where none came.
        status: "ok", or why there is none: "failed", "refused", "unparsed".
        note: More about that.
        key: The request's key; None for descriptions that came with the dataset.
    """

    item_id: str
    condition: str
    repeat: int
    text: str
    status: str
    note: str = ""
    key: str | None = None

    @property
    def place(self) -> tuple[str, str, int]:
        """What it is a description of: item, condition and repeat."""
        return self.item_id, self.condition, self.repeat


@dataclass(frozen=True, slots=True)
class Describer:
    """A describer with the wording it was asked in: the first half of a system."""

    system: System
    descriptions: list[Description]

    @property
    def label(self) -> str:
        """What tells it from the other describers of a study: model and wording."""
        return " · ".join(filter(None, (self.system.model, self.system.strategy)))

    def plain_texts(self) -> dict[str, str]:
        """Item to its description, the image as it is and the first repeat: what is learned from.

        Where nothing was described under condition "none", the first other condition counts.
        """
        rows = [row for row in self.descriptions if row.status == "ok"]
        if not rows:
            return {}
        plain = learned_condition({row.condition for row in rows})
        return {row.item_id: row.text for row in rows if row.condition == plain and row.repeat == 0}


@dataclass(frozen=True, slots=True)
class Reading:
    """What one system reads in one scheme.

    Attributes:
        system: The system.
        predictions: Rows of table `predictions`.
        notes: What a reader of the report must know, one sentence each.
    """

    system: System
    predictions: list[dict[str, Any]]
    notes: list[str]


@dataclass(frozen=True, slots=True)
class _Read:
    """What a classifier makes of one describer's descriptions.

    Attributes:
        rows: The descriptions, those that are none included.
        readable: Those that are some.
        result: What is read of `readable`; None where there are none.
    """

    rows: list[Description]
    readable: list[Description]
    result: OutOfFold | None


class Readings:
    """Descriptions read by classifiers, each describer's once for each classifier and scheme.

    Args:
        seed: Seed of whatever classifiers draw.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._known: dict[tuple[int, str, str], _Read] = {}

    def of(
        self, describers: Sequence[Describer], spec: ClassifierSpec, task: Task
    ) -> Reading | str:
        """What a classifier makes of descriptions, as one system; or why it makes nothing of them.

        Args:
            describers: Whose descriptions it reads; of several, the mean of its scores counts.
            spec: The classifier.
            task: The scheme.
        """
        classifier = spec.make(task)
        supported = classifier.supports(task.scheme)
        if supported is not None:
            return f"{spec.name} does not read in {task.scheme.name}: {supported}"
        try:
            read = [self._read(describer, spec, task) for describer in describers]
        except InputError as error:
            # What the others make of descriptions that are paid for is not lost for that.
            told = " ".join(filter(None, (error.message, error.cure)))
            return f"{spec.name} was not trained in {task.scheme.name}: {told}"
        if classifier.trains and not any(each.rows for each in read):
            return f"{spec.name} was not trained in {task.scheme.name}: no item has a target."
        system = _joined([describer.system for describer in describers], together=spec.together)
        # What a classifier learned from is part of what it is; so are the folds that kept it honest.
        more = task.training
        besides = f"; also from items of min_agreement {more.min_agreement}" if more else ""
        rule = f"cross-validated, {task.fold_rule}{besides}; learning seed {self._seed}"
        system = replace(
            system,
            classifier=spec.name,
            classifier_identity=classifier.identity,
            training=rule if classifier.trains else "none",
        )
        predictions, notes = _mean_reading(read, task) if spec.together else _own_reading(read[0])
        constant = {"system_id": system.system_id, "scheme": task.scheme.name}
        return Reading(
            system=system,
            predictions=[
                constant | row | {"fold": task.folds.get(row["item_id"])} for row in predictions
            ],
            notes=[f"{system.name} in {task.scheme.name}: {note}" for note in notes],
        )

    def _read(self, describer: Describer, spec: ClassifierSpec, task: Task) -> _Read:
        classifier = canonical_json(dict(spec.make(task).identity))
        key = (id(describer), classifier, task.scheme.name)
        if key not in self._known:
            self._known[key] = _cross_validated(describer, spec, task, self._seed)
        return self._known[key]


def learned_condition(conditions: Collection[str]) -> str:
    """The one of the conditions from whose descriptions classifiers learn."""
    return "none" if "none" in conditions else min(conditions)


def _cross_validated(describer: Describer, spec: ClassifierSpec, task: Task, seed: int) -> _Read:
    asked = set(task.items)
    rows = [each for each in describer.descriptions if each.item_id in asked]
    targets: dict[str, Any] = dict(
        task.values() if task.scheme.kind == "dimensional" else task.labels()
    )
    folds = dict(task.folds)
    learned: list[Description] = []
    if spec.make(task).trains:
        rows = [row for row in rows if row.item_id in targets and row.item_id in folds]
        if task.training is not None:
            more = task.training.labels
            learned = [
                row for row in describer.descriptions if row.item_id in more and row.status == "ok"
            ]
            targets |= more
            folds |= task.training.folds
    readable = [row for row in rows if row.status == "ok"]
    if not readable:
        return _Read(rows, readable, None)
    given = readable + learned
    learn_from = learned_condition({row.condition for row in readable})
    with warnings.catch_warnings():
        # The same sentence stands in the result's notes, and so in the run's.
        warnings.simplefilter("ignore", LeakageWarning)
        result = cross_validate(
            lambda: spec.make(task),
            [row.text for row in given],
            [targets.get(row.item_id) for row in given],
            np.array([folds.get(row.item_id, -1) for row in given]),
            scheme=task.scheme,
            ids=[row.item_id for row in given],
            groups=[task.groups.get(row.item_id, row.item_id) for row in given],
            train_rows=np.array([row.condition == learn_from and row.repeat == 0 for row in given]),
            test_rows=np.arange(len(given)) < len(readable),
            seed=seed,
        )
    return _Read(rows, readable, result.only(range(len(readable))))


def _own_reading(read: _Read) -> tuple[list[dict[str, Any]], list[str]]:
    """Predictions of one describer's descriptions, in their order."""
    columns: dict[int, dict[str, Any]] = {}
    if read.result is not None:
        columns = {
            id(row): found for row, found in zip(read.readable, read.result.columns(), strict=True)
        }
    predictions = [
        _row(row, [row.key]) | (columns.get(id(row)) or {"status": row.status, "note": row.note})
        for row in read.rows
    ]
    return predictions, [] if read.result is None else list(read.result.notes)


def _mean_reading(read: Sequence[_Read], task: Task) -> tuple[list[dict[str, Any]], list[str]]:
    """Predictions by the mean of what is said of each describer's descriptions of an item."""
    results = [(each, each.result) for each in read if each.result is not None]
    rows: dict[tuple[str, str, int], list[Description]] = {}
    for each in read:
        for row in each.rows:
            rows.setdefault(row.place, []).append(row)
    order = {item: number for number, item in enumerate(task.items)}
    places = sorted(rows, key=lambda place: (place[1], place[2], order[place[0]]))
    columns: dict[tuple[str, str, int], dict[str, Any]] = {}
    if results:
        number_of = {place: number for number, place in enumerate(places)}
        width = results[0][1].scores.shape[1]
        aligned, was_read = [], np.zeros(len(places), dtype=bool)
        for each, result in results:
            here = [number_of[row.place] for row in each.readable]
            scores = np.full((len(places), width), np.nan)
            scores[here] = result.scores
            was_read[here] |= result.was_read
            aligned.append(scores)
        mean = replace(
            results[0][1],
            scores=mean_scores(aligned, [1.0] * len(aligned)),
            folds=np.array([task.folds.get(place[0], -1) for place in places]),
            was_read=was_read,
        )
        described = {row.place for each in read for row in each.readable}
        columns = {
            place: found
            for place, found in zip(places, mean.columns(), strict=True)
            if place in described
        }
    predictions = []
    for place in places:
        own = rows[place]
        # Where nobody described it, what came instead is told: a refusal rather than a failure.
        instead = min(own, key=lambda row: row.status == "failed")
        told = columns.get(place) or {"status": instead.status, "note": instead.note}
        predictions.append(_row(instead, [row.key for row in own]) | told)
    notes = [note for _, result in results for note in result.notes]
    fewer = sum(sum(row.status == "ok" for row in rows[place]) < len(read) for place in places)
    if fewer:
        notes.append(
            f"{fewer} of {len(places)} descriptions are missing from some describer; the mean is of "
            "the others."
        )
    return predictions, list(dict.fromkeys(notes))


def _row(row: Description, keys: Iterable[str | None]) -> dict[str, Any]:
    return {
        "item_id": row.item_id,
        "condition": row.condition,
        "repeat": row.repeat,
        "request_keys": [key for key in keys if key is not None] or None,
    }


def _joined(systems: Sequence[System], *, together: bool) -> System:
    """The describing half of a system that several describers are part of."""
    if not together:
        return systems[0]
    parts = [_identity(system) for system in systems]
    return System(
        pathway="described",
        model=_all(system.model for system in systems),
        # Whoever is named first, it is the same system.
        identity={"describers": sorted(parts, key=canonical_json), "fused": "mean of scores"},
        strategy=_all(system.strategy for system in systems),
        strategy_version=_all(system.strategy_version for system in systems),
        language=_all(system.language for system in systems),
        note=_all(system.note for system in systems),
    )


def _identity(system: System) -> Mapping[str, Any]:
    return {
        "model": dict(system.identity) or system.model,
        "settings": dict(system.settings),
        "strategy": system.strategy,
        "strategy_version": system.strategy_version,
        "language": system.language,
        "readout": system.readout,
    }


def _all(words: Iterable[str]) -> str:
    """The words that are there, each once."""
    return " + ".join(word for word in dict.fromkeys(words) if word)
