"""What a system that looks at nothing would score: always the commonest label, always the mean.

It is told the answers of the very items it is scored on. A system
that does not beat it has learned nothing from the pictures; it is shown beside a leaderboard and
never ranked.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.metrics import (
    Resampling,
    label_sample,
    label_set_sample,
    metrics_for,
    rating_sample,
    sample_kind,
    score_sample,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mllmsent.analysis.evidence import Evidence
    from mllmsent.metrics import Sample, Score

__all__ = ["Baseline", "baseline"]


@dataclass(frozen=True, eq=False)
class Baseline:
    """A system that gives every item the same answer.

    Attributes:
        scheme: The scheme.
        dimension: The dimension; empty for labels.
        answer: What it always says: a label, or a number.
        sample: Truth and its answers, one row for each item with a target.
        scores: Metric name to score and interval.
    """

    scheme: str
    dimension: str
    answer: str | float
    sample: Sample
    scores: Mapping[str, Score]

    @property
    def said(self) -> str:
        """What it always says, as people read it: "“positive”", "5.20, the mean,"."""
        if isinstance(self.answer, float):
            return f"{self.answer:.2f}, the mean,"
        return f"“{self.answer}”"

    @property
    def name(self) -> str:
        """Its name: "always “positive”", "always 5.20, the mean"."""
        return f"always {self.said}".rstrip(",")


def baseline(
    evidence: Evidence,
    scheme: str,
    dimension: str = "",
    *,
    resampling: Resampling | None = None,
    condition: str = "none",
    annotators: str = "all",
) -> Baseline | None:
    """The baseline of a scheme (and dimension), on the items that systems were asked about.

    Args:
        evidence: The run's tables.
        scheme: Name of the scheme.
        dimension: The dimension, for dimensional schemes.
        resampling: How intervals are made.
        condition: The condition under which systems answered.
        annotators: The annotator group.

    Returns:
        The baseline; None where nothing can be scored.
    """
    definition = evidence.schemes[scheme]
    rows = evidence.predictions
    rows = rows[(rows["scheme"] == scheme) & (rows["condition"] == condition)]
    asked = set(rows["item_id"])
    truth = {
        item: said
        for item, said in evidence.truth(scheme, dimension, annotators).items()
        if item in asked
    }
    if not truth or not (dimension or definition.labels):
        return None
    said = list(truth.values())
    groups = [evidence.groups[item] for item in truth]
    answer: str | float
    sample: Sample
    if dimension:
        scale = definition.dimension(dimension)
        mean = sum(said) / len(said)
        answer = mean
        sample = rating_sample(
            said, [mean] * len(said), low=scale.low, high=scale.high, groups=groups
        )
    elif definition.multi_label:
        names = Counter(label for labels in said for label in labels)
        # The commonest set would often be rarer than its parts: one label, the commonest of all.
        answer = max(definition.label_names, key=lambda label: names[label])
        sets = [frozenset({answer})] * len(said)
        sample = label_set_sample(said, sets, definition.label_names, groups)
    else:
        counts = Counter(said)
        answer = max(definition.label_names, key=lambda label: counts[label])
        sample = label_sample(said, [answer] * len(said), definition.label_names, groups)
    metrics = metrics_for(sample_kind(definition), n_labels=len(definition.labels) or None)
    scores = score_sample(metrics, sample, resampling or Resampling())
    return Baseline(scheme, dimension, answer, sample, scores)
