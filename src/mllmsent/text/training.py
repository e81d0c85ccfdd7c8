"""Training a classifier on all rows there are, and knowing beforehand how well it will read."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.foundation.digest import json_digest
from mllmsent.foundation.errors import InputError
from mllmsent.metrics import (
    class_intervals,
    evaluate,
    get_metric,
    label_sample,
    label_set_sample,
    rating_sample,
)
from mllmsent.text.cross_validation import LeakageWarning, cross_validate
from mllmsent.text.linear_models import inner_folds
from mllmsent.text.registry import get_classifier
from mllmsent.text.targets import SEPARATOR, encode_targets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme
    from mllmsent.metrics import Score
    from mllmsent.text.cross_validation import OutOfFold
    from mllmsent.text.interface import TextClassifier

__all__ = ["Trained", "TrainingRows", "train"]

_LABEL_METRICS = ("macro_f1", "weighted_f1", "accuracy")
_SET_METRICS = ("macro_f1", "micro_f1", "jaccard")
_VALUE_METRICS = ("ccc", "pearson", "rmse")


@dataclass(frozen=True)
class TrainingRows:
    """What is learned from.

    Attributes:
        source: Where the rows are from, for people: "dataset bass".
        scheme: What the targets are in.
        ids: (n,) the item that each text is about.
        texts: (n,) the texts.
        targets: (n,) what `encode_targets` takes; none missing.
        groups: (n,) items of one group are in one fold.
        folds: (n,) the fold each row is tested in; None to divide them here.
        fold_rule: How they were divided, in words.
        describers: Who wrote the texts.
        neutral_as: The class that neutral was folded into, where it was.
        tested: (n,) booleans: which rows the scores are of; None for all. The others are only
            learned from, never where their own fold is tested.
        notes: What must be known of the rows, one sentence each.
    """

    source: str
    scheme: Scheme
    ids: Sequence[str]
    texts: Sequence[str]
    targets: Sequence[Any]
    groups: Sequence[str]
    folds: NDArray[np.int64] | None = None
    fold_rule: str = ""
    describers: Sequence[str] = ()
    neutral_as: str | None = None
    tested: NDArray[np.bool_] | None = None
    notes: Sequence[str] = ()

    def digest(self) -> str:
        """What tells these rows from others, whatever their file is called."""
        targets = [str(target) for target in self.targets]
        return json_digest([list(self.ids), list(self.texts), targets], length=16)


@dataclass(frozen=True)
class Trained:
    """A trained classifier.

    Attributes:
        classifier: It, trained on every row.
        name: What it was asked for by.
        rows: What it learned from; none of them blank.
        counts: Label to the number of rows that have it; empty for dimensions.
        scores: Metric (for dimensions "DIMENSION metric") to cross-validated score and interval.
        recalls: Label to cross-validated recall and interval; empty for dimensions.
        fold_rule: How the rows were divided.
        seed: Seed of the training.
        notes: What must be known beside the scores, one sentence each.
    """

    classifier: TextClassifier
    name: str
    rows: TrainingRows
    counts: Mapping[str, int]
    scores: Mapping[str, Score]
    recalls: Mapping[str, Score]
    fold_rule: str
    seed: int
    notes: Sequence[str] = field(default=())


def train(
    rows: TrainingRows,
    name: str,
    options: Mapping[str, Any] | None = None,
    *,
    n_folds: int = 5,
    seed: int = 42,
) -> Trained:
    """Cross-validate a classifier, and then train it on every row.

    Args:
        rows: What to learn from.
        name: The classifier, as `get_classifier` takes it.
        options: Its options.
        n_folds: Folds to divide rows into that are not divided yet: stratified by label, items and
            groups whole.
        seed: Seed of the folds and of whatever the classifier draws.

    Raises:
        InputError: If no text is left, all have one label, or the classifier cannot read the scheme.
    """
    rows, notes = _written(rows)
    targets, _ = encode_targets(rows.targets, rows.scheme)
    counts = _counts(rows)
    if counts and not rows.scheme.multi_label and len(counts) < 2:
        raise InputError(
            f"Every text is labelled {next(iter(counts))!r}: there is nothing to tell apart.",
            cure="Take rows of at least two labels.",
        )
    folds, fold_rule = rows.folds, rows.fold_rule
    if folds is None:
        folds, fold_rule = _divided(rows, targets, n_folds, seed)

    def fresh() -> TextClassifier:
        return get_classifier(name, rows.scheme, options, neutral_as=rows.neutral_as)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LeakageWarning)  # it is among the notes
        result = cross_validate(
            fresh,
            rows.texts,
            rows.targets,
            folds,
            scheme=rows.scheme,
            ids=rows.ids,
            groups=rows.groups,
            test_rows=rows.tested,
            seed=seed,
        )
    classifier = fresh()
    if classifier.trains:
        groups = np.array(list(rows.groups), dtype=object)
        classifier.fit(rows.texts, targets, seed=seed, groups=groups)
    scores, recalls = _scores(rows, result)
    return Trained(
        classifier=classifier,
        name=name,
        rows=rows,
        counts=counts,
        scores=scores,
        recalls=recalls,
        fold_rule=fold_rule if classifier.trains else "none: it does not learn",
        seed=seed,
        notes=(*rows.notes, *notes, *result.notes),
    )


def _written(rows: TrainingRows) -> tuple[TrainingRows, list[str]]:
    """The rows whose text is not blank."""
    kept = [place for place, text in enumerate(rows.texts) if text.strip()]
    if not kept:
        raise InputError(
            "There is no text to learn from.",
            item=rows.source,
            cure="Check which column holds the texts, and that rows with a target have one.",
        )
    if len(kept) == len(rows.texts):
        return rows, []
    left = TrainingRows(
        source=rows.source,
        scheme=rows.scheme,
        ids=[rows.ids[place] for place in kept],
        texts=[rows.texts[place] for place in kept],
        targets=[rows.targets[place] for place in kept],
        groups=[rows.groups[place] for place in kept],
        folds=None if rows.folds is None else rows.folds[kept],
        fold_rule=rows.fold_rule,
        describers=rows.describers,
        neutral_as=rows.neutral_as,
        tested=None if rows.tested is None else rows.tested[kept],
        notes=rows.notes,
    )
    return left, [f"{len(rows.texts) - len(kept)} texts are empty, and were left out."]


def _counts(rows: TrainingRows) -> dict[str, int]:
    if rows.scheme.kind == "dimensional":
        return {}
    held = [_names(target, rows.scheme) for target in rows.targets]
    counts = {name: sum(name in names for names in held) for name in rows.scheme.label_names}
    return {name: count for name, count in counts.items() if count}


def _names(target: Any, scheme: Scheme) -> set[str]:
    if not scheme.multi_label:
        return {str(target)}
    if isinstance(target, str):
        return {name for name in target.split(SEPARATOR) if name}
    return {str(name) for name in target}


def _divided(
    rows: TrainingRows, targets: NDArray[Any], n_folds: int, seed: int
) -> tuple[NDArray[np.int64], str]:
    folds = np.full(len(rows.texts), -1, dtype=np.int64)
    groups = np.array(list(rows.groups), dtype=object)
    tested = np.arange(len(folds)) if rows.tested is None else np.flatnonzero(rows.tested)
    divided = inner_folds(targets[tested], rows.scheme, n_folds, groups[tested], seed)
    for number, (_, test) in enumerate(divided):
        folds[tested[test]] = number
    if (folds < 0).all():
        raise InputError(
            "All rows are about one item or group: nothing is left to test on.",
            cure="Take rows of several items.",
        )
    stratified = "" if rows.scheme.kind == "dimensional" else "stratified by label, "
    n = len(np.unique(folds[folds >= 0]))
    return folds, f"{stratified}items and groups whole, {n} folds, seed {seed}"


def _scores(rows: TrainingRows, result: OutOfFold) -> tuple[dict[str, Score], dict[str, Score]]:
    scheme, read = rows.scheme, result.was_read
    groups = [str(group) for group, is_read in zip(rows.groups, read, strict=True) if is_read]
    truth = [target for target, is_read in zip(rows.targets, read, strict=True) if is_read]
    if scheme.kind == "dimensional":
        return _value_scores(rows, result, groups), {}
    said = [names for names, is_read in zip(result.labels(), read, strict=True) if is_read]
    if scheme.multi_label:
        sets = label_set_sample(
            [_names(target, scheme) for target in truth],
            [set(names) if names else None for names in said],
            scheme.label_names,
            groups,
        )
        classes = class_intervals(sets)
        scores = evaluate([get_metric(name) for name in _SET_METRICS], sets).scores
    else:
        sample = label_sample(
            [scheme.label(str(target)).name for target in truth],
            [names[0] if names else None for names in said],
            scheme.label_names,
            groups,
        )
        classes = class_intervals(sample)
        scores = evaluate([get_metric(name) for name in _LABEL_METRICS], sample).scores
    return dict(scores), {str(label): found["recall"] for label, found in classes.items()}


def _value_scores(rows: TrainingRows, result: OutOfFold, groups: Sequence[str]) -> dict[str, Score]:
    scores: dict[str, Score] = {}
    values, _ = encode_targets(rows.targets, rows.scheme)
    for place, scale in enumerate(rows.scheme.dimensions):
        sample = rating_sample(
            values[result.was_read, place].tolist(),
            result.scores[result.was_read, place].tolist(),
            low=scale.low,
            high=scale.high,
            groups=groups,
        )
        metrics = [get_metric(name) for name in _VALUE_METRICS]
        for name, score in evaluate(metrics, sample).scores.items():
            scores[f"{scale.name} {name}"] = score
    return scores
