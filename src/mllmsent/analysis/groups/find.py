"""Whom do the systems side with, where groups of people feel differently?

A score against everybody hides whose feelings it is close to. Here every score stands for each group
of annotators that the targets know ("culture=us"), and for each pair of groups of one kind the
difference of the ranked metric, on the items that both have, with the same items drawn for both.

Where two groups agree, nobody can side with either. So siding looks at their disagreement
(`metrics.siding`). For labels these are the contested items, those that the two groups give
different labels: in what share of them does the system say what the first says, and what the
second? Their difference is the lean. Where votes are known, there stands beside it what share of
each group's *people* say what the system says, on all items: it is not moved by how many people a
group has, whereas the label of a small group is chance in part. For numbers the lean is the
difference of the correlations with the two groups' means, each corrected for how reliable those
means are where SDs and numbers of ratings are known.

p values come from swapping what the two groups said, item by item, with Holm's correction over the
systems and pairs of one scheme (and dimension). Beside the systems stand people: how far the two
groups differ, and how well the one predicts the other, by the very metric of the systems.

A lean says that a system's answers are closer to one group's, not why, and nothing of people who
were not asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from mllmsent.analysis.found import Analysis, Found
from mllmsent.analysis.groups.people import PEOPLE_COLUMNS, GroupPair, people_row
from mllmsent.analysis.groups.scores import (
    DIFFERENCE_COLUMNS,
    SCORE_COLUMNS,
    difference_rows,
    on_both,
    score_rows,
)
from mllmsent.analysis.groups.siding import SIDING_COLUMNS, TOGETHER_COLUMNS, siding_of
from mllmsent.analysis.groups.words import statements_of
from mllmsent.analysis.leaderboard import default_metric
from mllmsent.metrics import Resampling, get_metric, holm

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.evidence import Evidence
    from mllmsent.analysis.found import Statement
    from mllmsent.analysis.material import Material
    from mllmsent.metrics import Metric

__all__ = ["EVERYBODY", "GROUPS", "find_groups"]

EVERYBODY = "all"

MOST_NAMED = 3
"""Pairs that are named in a sentence on what cannot be computed."""

LEAST_ITEMS = 10
"""With fewer items that two groups have in common, nothing is said of them."""


def find_groups(
    evidence: Evidence,
    *,
    metrics: Mapping[str, str] | None = None,
    resampling: Resampling | None = None,
    condition: str = "none",
) -> Found:
    """How systems fare by groups of annotators, and with whom they side; see the module.

    Args:
        evidence: The run's tables.
        metrics: Scheme to the metric that systems are ranked by; `default_metric` where absent.
        resampling: How intervals are made.
        condition: The condition under which systems answered.

    Returns:
        Statements, the tables of `GROUPS`, and what could not be computed.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    resampling = resampling or Resampling()
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in GROUPS.tables}
    statements: list[Statement] = []
    lacking: list[str] = []
    for scheme in evidence.schemes.values():
        if scheme.open_vocabulary:
            lacking.append(f"{scheme.name}: labels that are no closed list have no scores.")
            continue
        ranked = (metrics or {}).get(scheme.name) or default_metric(scheme)
        for dimension in scheme.dimension_names or ("",):
            board = _Board(evidence, scheme, dimension, get_metric(ranked), resampling, condition)
            board.look(rows, lacking)
            statements += statements_of(
                scheme,
                dimension,
                *([row for row in rows[name] if board.owns(row)] for name in _TOLD),
                alpha=1 - resampling.level,
            )
    columns = {
        "scores": SCORE_COLUMNS, "differences": DIFFERENCE_COLUMNS, "siding": SIDING_COLUMNS,
        "together": TOGETHER_COLUMNS, "people": PEOPLE_COLUMNS,
    }  # fmt: skip
    return Found(
        statements=tuple(statements),
        tables={name: pd.DataFrame(rows[name], columns=list(columns[name])) for name in rows},
        lacking=tuple(lacking),
    )


@dataclass(frozen=True)
class _Board:
    """One scheme, or one dimension of it, and its groups of annotators."""

    evidence: Evidence
    scheme: Scheme
    dimension: str
    metric: Metric[Any]
    resampling: Resampling
    condition: str

    @property
    def title(self) -> str:
        """The scheme, and its dimension where it has them."""
        name = self.scheme.name
        return f"{name}, {self.dimension}" if self.dimension else name

    def owns(self, row: Mapping[str, Any]) -> bool:
        """Whether a row is about this board."""
        about = row["scheme"], row["dimension"]
        return about == (self.scheme.name, self.dimension or None)

    def look(self, rows: dict[str, list[dict[str, Any]]], lacking: list[str]) -> None:
        """Add what is found to `rows`, and what cannot be computed to `lacking`."""
        truths = self._truths()
        if not truths:
            lacking.append(f"{self.title}: the targets know no groups of annotators.")
            return
        scored = {
            group: [
                entry
                for entry in self.evidence.scored(
                    self.scheme.name, condition=self.condition, annotators=group
                )
                if entry.dimension == self.dimension and entry.sample is not None
            ]
            for group in (EVERYBODY, *truths)
        }
        rows["scores"] += score_rows(self.scheme, scored, self.metric, self.resampling)
        pairs = [pair for pair in combinations(truths, 2) if _kind(pair[0]) == _kind(pair[1])]
        alone = [each for each in truths if all(each not in pair for pair in pairs)]
        lacking += [f"{self.title}: {each} is the only group of its kind." for each in alone]
        found: list[dict[str, Any]] = []
        reasons: dict[str, list[str]] = {}
        for first, second in pairs:
            shared = truths[first].keys() & truths[second].keys()
            named = f"{first} and {second}"
            if len(shared) < LEAST_ITEMS:
                reasons.setdefault(_FEW, []).append(named)
                continue
            pair = GroupPair(self.evidence, self.scheme, self.dimension, first, second)
            rows["people"].append(people_row(pair, self.metric, self.resampling))
            both = on_both(pair, scored)
            rows["differences"] += difference_rows(pair, both, self.metric, self.resampling)
            if self.scheme.multi_label:
                reasons.setdefault("siding is of one label or number per item.", []).append(named)
                continue
            siding = siding_of(pair, both, self.resampling)
            if isinstance(siding, str):
                reasons.setdefault(siding, []).append(named)
                continue
            found += siding.systems
            rows["together"].append(siding.together)
            for sentence in siding.lacking:
                reasons.setdefault(sentence, []).append(named)
        lacking += [f"{self.title}: {_listed(of)}: {why}" for why, of in reasons.items()]
        for row, corrected in zip(found, holm([row["p"] for row in found]), strict=True):
            row["p_holm"] = float(corrected)
        rows["siding"] += found

    def _truths(self) -> dict[str, dict[str, Any]]:
        """Group of annotators to what they say of each item, in the order of the targets."""
        targets = self.evidence.targets
        own = targets[targets["scheme"] == self.scheme.name]
        groups = [str(group) for group in own["annotator_group"].unique() if group != EVERYBODY]
        truths = {
            group: self.evidence.truth(self.scheme.name, self.dimension, group) for group in groups
        }
        return {group: truth for group, truth in truths.items() if truth}


_TOLD = ("people", "siding", "together")

_FEW = f"they have fewer than {LEAST_ITEMS} items in common, which is too few."


def _listed(pairs: list[str]) -> str:
    """The first pairs of groups, and how many more there are."""
    more = f" and {len(pairs) - MOST_NAMED} more pairs" if len(pairs) > MOST_NAMED else ""
    return "; ".join(pairs[:MOST_NAMED]) + more


def _kind(group: str) -> str:
    return group.partition("=")[0] if "=" in group else ""


def _of_run(material: Material) -> Found:
    return find_groups(
        material.evidence,
        metrics=material.metrics,
        resampling=material.resampling,
        condition=material.condition,
    )


GROUPS = Analysis(
    name="groups",
    title="Whom the systems side with",
    question="How does each system score by groups of annotators, and with whom does it side?",
    find=_of_run,
    tables={
        "siding": "a system and two groups of annotators",
        "together": "two groups of annotators, and all systems together",
        "scores": "a system, a group of annotators and a metric",
        "differences": "a system and two groups of annotators: the ranked metric by each",
        "people": "two groups of annotators, and how far they differ",
    },
)
