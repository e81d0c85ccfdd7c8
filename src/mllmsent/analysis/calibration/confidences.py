"""How sure systems were of each label: their scores as probabilities, beside what is true."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.metrics import LabelSample
from mllmsent.metrics.grouping import Grouping

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.evidence import Evidence, Scored
    from mllmsent.metrics.metric import Floats

__all__ = ["Confidences", "confidences_of", "score_words"]

WORDS = {
    "likelihood-sum": "label likelihoods, summed over tokens",
    "likelihood-mean": "label likelihoods, mean per token",
    "first-tokens": "first tokens of the answer",
    "probability": "a classifier's probabilities",
    "votes": "shares of samples",
    "stated": "confidence stated in the answer",
}

CALIBRATED = "-calibrated"


@dataclass(frozen=True, eq=False)
class Confidences:
    """One system's answers with scores that can be probabilities.

    Attributes:
        entry: The system.
        score_kind: What the scores are, as table `predictions` has it.
        probabilities: Of each of K labels in each of N rows, adding up to 1, (N, K).
        truth: Code of each row's target, (N,).
        answered: Code of each row's answer, (N,).
        people: Share of each label in people's votes on each row, (N, K); NaN where not known.
        grouping: Which rows move together; its groups are those of all systems.
        n_items: Items of those rows.
        coverage: Share of the scored rows that are among them.
        n_rescaled: Rows whose scores did not add up to 1.
    """

    entry: Scored
    score_kind: str
    probabilities: Floats
    truth: NDArray[np.intp]
    answered: NDArray[np.intp]
    people: Floats
    grouping: Grouping
    n_items: int
    coverage: float
    n_rescaled: int


def score_words(kind: str) -> str:
    """What scores are, in words: "label likelihoods, summed over tokens"."""
    base = kind.removesuffix(CALIBRATED)
    over = ", over those of content-free images" if kind.endswith(CALIBRATED) else ""
    return WORDS.get(base, base) + over


def confidences_of(
    evidence: Evidence, scheme: Scheme, *, condition: str = "none"
) -> tuple[list[Confidences], list[str]]:
    """Every system whose scores can be probabilities, and why the others' cannot.

    Args:
        evidence: The run's tables.
        scheme: A scheme of one label per item from a closed list.
        condition: The condition under which systems answered.
    """
    entries = [
        entry
        for entry in evidence.scored(scheme.name, condition=condition)
        if isinstance(entry.sample, LabelSample)
    ]
    names = dict.fromkeys(
        name for entry in entries if entry.sample for name in entry.sample.grouping.names
    )
    place = {name: number for number, name in enumerate(names)}
    people = _people(evidence, scheme)
    found: list[Confidences] = []
    lacking: list[str] = []
    silent: list[str] = []
    for entry in entries:
        kinds = Counter(
            str(kind)
            for kind, scores in zip(entry.rows["score_kind"], entry.rows["scores"], strict=True)
            if scores
        )
        if not kinds:
            silent.append(entry.name)
        elif len(kinds) > 1:
            lacking.append(f"{entry.name} has scores of several kinds, {' and '.join(kinds)}.")
        elif (kind := next(iter(kinds))).removesuffix(CALIBRATED) not in WORDS:
            lacking.append(f"{entry.name}: its scores ({kind}) are no probabilities.")
        else:
            own = _confidences(entry, scheme, kind, people, place)
            if len(own.truth):
                found.append(own)
            else:
                lacking.append(f"{entry.name} has no answer with scores of the scheme's labels.")
    if silent:
        lacking.append(
            f"{len(silent)} of {len(entries)} systems gave no scores: {'; '.join(silent[:4])}"
            f"{' and others' if len(silent) > 4 else ''}."
        )
    return found, lacking


def _people(evidence: Evidence, scheme: Scheme) -> dict[str, list[float]]:
    targets = evidence.targets
    rows = targets[
        (targets["scheme"] == scheme.name)
        & (targets["annotator_group"] == "all")
        & targets["distribution"].notna()
    ]
    return {
        str(item): _in_order(dict(shares), scheme.label_names)
        for item, shares in zip(rows["item_id"], rows["distribution"], strict=True)
    }


def _confidences(
    entry: Scored,
    scheme: Scheme,
    kind: str,
    people: Mapping[str, list[float]],
    place: Mapping[Hashable, int],
) -> Confidences:
    sample = entry.sample
    assert isinstance(sample, LabelSample), "only those are asked for"
    labels = scheme.label_names
    table = np.array(
        [_in_order(dict(scores or {}), labels) for scores in entry.rows["scores"]]
    ).reshape(len(entry.rows), len(labels))
    total = table.sum(axis=1)
    # Not a number, below nothing, or nothing at all: no probability can be made of that.
    usable = sample.read & np.isfinite(total) & (total > 0) & (table >= 0).all(axis=1)
    rows = np.flatnonzero(usable)
    index = np.array([place[name] for name in sample.grouping.names], dtype=np.intp)
    items = entry.rows["item_id"].astype(str).to_numpy(dtype=object)[rows]
    nobody = [math.nan] * len(labels)
    soft = np.array([people.get(item, nobody) for item in items]).reshape(len(rows), len(labels))
    with np.errstate(invalid="ignore"):
        soft = soft / soft.sum(axis=1, keepdims=True)
    return Confidences(
        entry=entry,
        score_kind=kind,
        probabilities=table[rows] / total[rows, None],
        truth=sample.truth[rows],
        answered=sample.predicted[rows],
        people=soft,
        grouping=Grouping(tuple(place), index[sample.grouping.index[rows]]),
        n_items=len(set(items)),
        coverage=len(rows) / len(entry.rows),
        n_rescaled=int((np.abs(total[rows] - 1) > 1e-3).sum()),
    )


def _in_order(scores: Mapping[str, Any], labels: Sequence[str]) -> list[float]:
    """Scores of the labels in the scheme's order; a label that has none has 0."""
    return [float(scores.get(label) or 0.0) for label in labels]
