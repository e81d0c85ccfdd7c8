"""With which of two groups of annotators each system sides, and all of them together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.leaderboard import LEAST_PERMUTATIONS
from mllmsent.analysis.numbers import score_columns
from mllmsent.metrics import LabelSample, RatingSample
from mllmsent.metrics.shared_draws import draw_together
from mllmsent.metrics.siding import RatedRows, label_siding, rating_siding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mllmsent.analysis.groups.people import GroupPair
    from mllmsent.analysis.groups.scores import BothGroups
    from mllmsent.metrics import Resampling
    from mllmsent.metrics.metric import Floats
    from mllmsent.metrics.siding import Siding

__all__ = ["SIDING_COLUMNS", "TOGETHER_COLUMNS", "PairSiding", "siding_of"]

OF_PAIR = ("scheme", "dimension", "first", "second")
LEAN = ("measure", "lean", "low", "high", "p")
SIDING_COLUMNS = (
    *OF_PAIR, "system_id", "system", "n", "n_items", "n_contested", "with_first",
    "with_first_low", "with_first_high", "with_second", "with_second_low", "with_second_high",
    "with_neither", *LEAN, "p_holm", "people_first", "people_second", "people_lean", "people_low",
    "people_high",
)  # fmt: skip
TOGETHER_COLUMNS = (*OF_PAIR, "systems", "n_items", "n_contested", *LEAN)

LEAST_CONTESTED = 10
"""With fewer contested items nothing is said of siding."""


@dataclass(frozen=True)
class PairSiding:
    """The siding of systems between two groups.

    Attributes:
        systems: A row for each system, without p_holm.
        together: A row for all of them.
        lacking: What cannot be relied on, and why.
    """

    systems: list[dict[str, Any]]
    together: dict[str, Any]
    lacking: list[str]


def siding_of(
    pair: GroupPair, both: Sequence[BothGroups], resampling: Resampling
) -> PairSiding | str:
    """With which of two groups systems side.

    Args:
        pair: The two groups, in a scheme of one label or number per item.
        both: The systems; see `on_both`.
        resampling: How intervals are made.

    Returns:
        The rows, or why there are none.
    """
    if not both:
        return "no system answered items that both judged."
    contested = _contested(both)
    if contested < LEAST_CONTESTED:
        return (
            f"they say different things of fewer than {LEAST_CONTESTED} of the answered items, too "
            "few to side by."
        )
    place: dict[Any, int] = {}
    codes = [
        np.array([place.setdefault(name, len(place)) for name in each.first.grouping.names])[
            each.first.grouping.index
        ]
        for each in both
    ]
    lacking: list[str] = []
    if pair.dimension:
        rows_of, corrected = _rated_rows(pair, both, codes)
        siding = rating_siding(rows_of, len(place), resampling)
        measure = "correlation, corrected for noise" if corrected else "correlation"
        lacking += [] if corrected else [_UNCORRECTED]
    else:
        siding = label_siding(
            [each.first.predicted for each in both if isinstance(each.first, LabelSample)],
            [each.first.truth for each in both if isinstance(each.first, LabelSample)],
            [each.second.truth for each in both if isinstance(each.second, LabelSample)],
            groups=codes,
            n_groups=len(place),
            resampling=resampling,
        )
        measure = "share of contested answers"
    own, together = siding.p_values(LEAST_PERMUTATIONS)
    constant = pair.columns | {"measure": measure}
    people = {} if pair.dimension else _people(both, pair, resampling)
    rows = [
        constant | _row(siding, number, each) | {"p": own[number]} | people.get(number, {})
        for number, each in enumerate(both)
    ]
    lacking += [
        f"{row['system']} gives one and the same answer, or too few, and sides with nobody."
        for row in rows
        if np.isnan(row["lean"])
    ]
    items = set().union(*(each.items for each in both))
    all_rows = constant | {
        "systems": sum(not np.isnan(row["lean"]) for row in rows),
        "n_items": len(items),
        "n_contested": None if pair.dimension else contested,
        **score_columns("lean", siding.score()),
        "p": together,
    }
    return PairSiding(rows, all_rows, lacking)


def _contested(both: Sequence[BothGroups]) -> int:
    """Items of which the two groups say different things, among those that a system answered."""
    items: set[str] = set()
    for each in both:
        assert isinstance(each.first, LabelSample | RatingSample)
        assert isinstance(each.second, LabelSample | RatingSample)
        apart = each.first.truth != each.second.truth
        items |= set(each.items[apart])
    return len(items)


def _rated_rows(
    pair: GroupPair, both: Sequence[BothGroups], codes: Sequence[NDArray[np.intp]]
) -> tuple[list[RatedRows], bool]:
    """The systems' numbers beside both groups' means, and whether the means' errors are known."""
    known = {group: _squared_errors(pair, group) for group in pair.names}
    errors = [
        [np.array([known[group].get(item, np.nan) for item in each.items]) for group in pair.names]
        for each in both
    ]
    corrected = not any(np.isnan(error).any() for own in errors for error in own)
    rows = []
    for each, group, own in zip(both, codes, errors, strict=True):
        assert isinstance(each.first, RatingSample)
        assert isinstance(each.second, RatingSample)
        first, second = own if corrected else [np.zeros_like(error) for error in own]
        rows.append(
            RatedRows(
                each.first.predicted, each.first.truth, each.second.truth, first, second, group
            )
        )
    return rows, corrected


def _squared_errors(pair: GroupPair, group: str) -> dict[str, float]:
    """Item to the squared standard error of a group's mean; NaN where it is not known."""
    rows = _targets(pair, group)
    rows = rows[rows["dimension"] == pair.dimension]
    sd, n = (rows[name].to_numpy(float, na_value=np.nan) for name in ("sd", "n"))
    error = np.divide(sd**2, n, out=np.full(len(rows), np.nan), where=n > 0)
    return dict(zip(rows["item_id"], error.tolist(), strict=True))


def _targets(pair: GroupPair, group: str) -> pd.DataFrame:
    targets = pair.evidence.targets
    return targets[(targets["scheme"] == pair.scheme.name) & (targets["annotator_group"] == group)]


def _row(siding: Siding, number: int, each: BothGroups) -> dict[str, Any]:
    first, second = siding.first(number), siding.second(number)
    row = {
        "system_id": each.entry.system_id,
        "system": each.entry.name,
        "n": len(each.items),
        "n_items": each.n_items,
        **score_columns("with_first", first, "with_first_"),
        **score_columns("with_second", second, "with_second_"),
        **score_columns("lean", siding.score(number)),
    }
    if siding.proportion:
        row |= {
            "n_contested": int(siding.sums[:, number, 0].sum()),
            "with_neither": 1 - first.value - second.value,
        }
    return row


def _people(
    both: Sequence[BothGroups], pair: GroupPair, resampling: Resampling
) -> dict[int, dict[str, float]]:
    """Number of a system to what share of each group's people say what it says, if votes are known."""
    items = dict.fromkeys(item for each in both for item in each.items)
    place = {item: number for number, item in enumerate(items)}
    votes = [_votes(pair, group, place) for group in pair.names]
    shares: dict[int, Floats] = {}
    asked: dict[int, tuple[Any, Any]] = {}
    for number, each in enumerate(both):
        assert isinstance(each.first, LabelSample)
        rows = np.array([place[item] for item in each.items])
        # What could not be read is a last label, for which nobody votes.
        said = np.where(each.first.read, each.first.predicted, len(each.first.labels))
        own = np.stack([of_group[rows, said] for of_group in votes], axis=1)
        known = ~np.isnan(own).any(axis=1)
        if known.any():
            shares[number] = own[known]
            columns = np.column_stack([known, np.where(known[:, None], own, 0.0)])
            grouping = each.first.grouping
            asked[number] = grouping.sums(columns.astype(float)), grouping.names
    drawn = draw_together(asked, resampling)
    return {
        number: {
            "people_first": float(own[:, 0].mean()),
            "people_second": float(own[:, 1].mean()),
            **score_columns("people_lean", drawn[number].score(_people_lean), "people_"),
        }
        for number, own in shares.items()
    }


def _people_lean(totals: Floats) -> Floats:
    rows = np.where(totals[:, 0] > 0, totals[:, 0], np.nan)
    return (totals[:, 1] - totals[:, 2]) / rows


def _votes(pair: GroupPair, group: str, place: Mapping[str, int]) -> Floats:
    """Each label's share of a group's votes, and 0 for none, (items, K + 1); NaN where unknown."""
    labels = pair.scheme.label_names
    votes = np.full((len(place), len(labels) + 1), np.nan)
    targets = _targets(pair, group)
    for item, shares in zip(
        targets["item_id"].tolist(), targets["distribution"].tolist(), strict=True
    ):
        if item in place and isinstance(shares, dict) and shares:
            votes[place[item]] = [*(shares.get(label) or 0.0 for label in labels), 0.0]
    return votes


_UNCORRECTED = (
    "SDs or numbers of ratings are not known of all items, so that correlations are not corrected "
    "for noise: a system may seem to side with the group of more people."
)
