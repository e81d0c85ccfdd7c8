"""A search for gaps: in which subgroups is a system worse than elsewhere, or further behind?

Two things are asked of each subgroup of the items and each system:

- Is the system worse inside than outside? Perhaps, but so may be every other; what is asked there
  may be hard.
- Is it further behind the leader inside than outside? What is hard for both cancels out.

This is a search. P values come from dealing out who belongs to a subgroup (`metrics.membership`)
and are corrected by Holm for every question asked, over all subgroups, systems and fields. Two
values that divide the items alike, such as day and night, are one question. Subgroups overlap: what
is found for one may be due to another.

What is searched is said by `described_factors` (descriptions, by what was drawn).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.metrics import holm
from mllmsent.metrics.bootstrap import draw
from mllmsent.metrics.membership import membership_test

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from mllmsent.analysis.item_subgroups import ItemSubgroups, Subgroup
    from mllmsent.analysis.merits import Merits
    from mllmsent.metrics import Resampling
    from mllmsent.metrics.bootstrap import Draws
    from mllmsent.metrics.metric import Floats

__all__ = ["GAP_COLUMNS", "GapSearch", "search_gaps"]

LEAST_PERMUTATIONS = 10_000
"""How often membership is dealt out at least, where a gap is not ruled out early."""

MOST_PERMUTATIONS = 50_000
"""How often at most, unless the number of tests needs more."""

GAP_COLUMNS = (
    "scheme", "dimension", "metric", "column", "value", "also", "border", "system_id", "system",
    "n_items", "n_groups", "score", "low", "high", "elsewhere", "worse", "worse_low", "worse_high",
    "p_worse", "p_worse_holm", "leader_id", "leader", "leader_score", "leader_elsewhere",
    "further", "further_low", "further_high", "p_further", "p_further_holm",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class GapSearch:
    """What a search of subgroups found, and how wide it was.

    Attributes:
        scheme: The scheme; empty where what is searched is no answer in a scheme.
        rows: A row per dimension, subgroup and system: `GAP_COLUMNS`. `score` (with `low` and
            `high`) is the system's inside the subgroup and `elsewhere` that outside, by `metric`:
            "accuracy", "exact_match", "mae" or "named_right". `worse` is how much worse it is
            inside, `further` how much further it is behind the leader inside than outside; both are
            positive where things are worse, whatever the metric. The leader, which is its own
            measure, has no `further`. Rows with one `border` divide the items alike and were tested
            once.
        n_subgroups: Subgroups that differ in what they divide.
        n_tests: Questions asked, for which p values are corrected.
        least: Fewest groups of items inside a subgroup and outside.
        left_out: Column to why it makes no subgroups.
    """

    scheme: str
    rows: pd.DataFrame
    n_subgroups: int
    n_tests: int
    least: int
    left_out: Mapping[str, str]

    def clear(self, gap: str = "further", alpha: float = 0.05) -> pd.DataFrame:
        """The findings: rows whose gap is significant, without their echoes.

        A system that is lost in rain is, just so, better than elsewhere wherever there is no rain.
        Of what is found of a system in one column only gaps of one direction are told, that of the
        clearest; of two values that divide the items alike, the one in which the system is worse.

        Args:
            gap: "further" or "worse".
            alpha: Greatest corrected p value.

        Returns:
            Rows of `rows`, the least p value first, of equal ones the largest gap.
        """
        corrected = f"p_{gap}_holm"
        rows = self.rows[self.rows[corrected].notna() & (self.rows[corrected] <= alpha)]
        gaps = rows[gap].astype(float)
        order = rows.assign(_size=-gaps.abs().round(9), _good=gaps < 0)
        order = order.sort_values([corrected, "_size", "_good"], kind="stable")
        clearest = order.groupby(["dimension", "column", "system_id"], dropna=False)["_good"]
        order = order[order["_good"] == clearest.transform("first")]
        return order.drop_duplicates(["border", "system_id"]).drop(columns=["_size", "_good"])


def search_gaps(
    fields: Sequence[tuple[Merits, ItemSubgroups]],
    *,
    scheme: str = "",
    least: int,
    resampling: Resampling,
) -> GapSearch:
    """Search each field's subgroups, with one correction for all that is asked.

    Args:
        fields: Answers of several systems side by side, and the subgroups of their items.
        scheme: The scheme in which was answered; empty where there is none.
        least: Fewest groups of items inside and outside that the subgroups were made with.
        resampling: How intervals are made, and the seed of the deals.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    borders = [list(dict.fromkeys(each.border for each in found.subgroups)) for _, found in fields]
    n_tests = sum(
        len(part) * field.merits.shape[1] for part, (field, _) in zip(borders, fields, strict=True)
    )
    # As for the leaderboard: the least p value, times the number of tests, must be able to fall
    # below alpha. Far below, as long as that is cheap, so that the luck of the deals decides nothing.
    needed = math.ceil(2 * n_tests / (1 - resampling.level))
    deals = max(LEAST_PERMUTATIONS, min(5 * needed, MOST_PERMUTATIONS), needed)
    rows: list[dict[str, Any]] = []
    p_values: list[Floats] = []
    for (field, found), own in zip(fields, borders, strict=True):
        first = {each.border: each for each in reversed(found.subgroups)}
        start = len(p_values)
        p_values += [
            membership_test(field.blocks(first[border]), n_permutations=deals, seed=resampling.seed)
            for border in own
        ]
        totals = [field.totals(each) for each in found.subgroups]
        for each, drawn in zip(
            found.subgroups, draw(totals, field.n_groups, resampling) if totals else (), strict=True
        ):
            rows += _rows(field, each, drawn, start + own.index(each.border))
    corrected = holm(np.concatenate(p_values)) if p_values else np.zeros(0)
    bounds = np.cumsum([0, *map(len, p_values)])
    for row in rows:
        alone, against = row.pop("_tests")
        own_p, start = p_values[row["border"]], bounds[row["border"]]
        row["p_worse"], row["p_worse_holm"] = own_p[alone], corrected[start + alone]
        if against is not None:
            row["p_further"], row["p_further_holm"] = own_p[against], corrected[start + against]
    return GapSearch(
        scheme=scheme,
        rows=pd.DataFrame([{"scheme": scheme} | row for row in rows], columns=list(GAP_COLUMNS)),
        n_subgroups=len(set().union(*map(set, borders))),
        n_tests=int(np.count_nonzero(~np.isnan(corrected))),
        least=least,
        left_out=_left_out([found for _, found in fields]),
    )


def _left_out(found: Sequence[ItemSubgroups]) -> dict[str, str]:
    """Columns that make no subgroup in any field, each with its first reason."""
    used = {each.column for part in found for each in part.subgroups}
    return {
        column: why
        for part in reversed(found)
        for column, why in part.left_out.items()
        if column not in used
    }


def _rows(field: Merits, subgroup: Subgroup, draws: Draws, border: int) -> list[dict[str, Any]]:
    """A row for each system, with the places of its tests instead of p values."""
    inside, _ = field.sides(subgroup)
    means = _mean(draws.whole, 0)[0] * field.sign, _mean(draws.whole, 1)[0] * field.sign
    leader = next(iter(field.systems))
    rows = []
    for place, (system, name) in enumerate(field.systems.items()):
        asked = inside & ~np.isnan(field.merits[:, place])
        n_groups = len(set(field.group[asked]))
        score = draws.score(
            _scores(place, field.sign), proportion=field.metric != "mae", n_units=max(1, n_groups)
        )
        worse = draws.score(_gaps(place, outside_less_inside=True))
        against = len(field.systems) + place - 1 if place else None
        row = {
            "dimension": field.dimension or None,
            "metric": field.metric,
            "column": subgroup.column,
            "value": subgroup.value,
            "also": ", ".join(subgroup.also),
            "border": border,
            "system_id": system,
            "system": name,
            "n_items": len(set(field.items[asked])),
            "n_groups": n_groups,
            "score": score.value,
            "low": score.interval.low,
            "high": score.interval.high,
            "elsewhere": means[1][place],
            "worse": worse.value,
            "worse_low": worse.interval.low,
            "worse_high": worse.interval.high,
            "_tests": (place, against),
        }
        if against is not None:
            further = draws.score(_gaps(against, outside_less_inside=False))
            row |= {
                "leader_id": leader,
                "leader": field.systems[leader],
                "leader_score": means[0][0],
                "leader_elsewhere": means[1][0],
                "further": further.value,
                "further_low": further.interval.low,
                "further_high": further.interval.high,
            }
        rows.append(row)
    return rows


def _mean(totals: Floats, side: int) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        mean: Floats = totals[:, side, 0] / totals[:, side, 1]
    return mean


def _scores(quantity: int, sign: int) -> Callable[[Floats], Floats]:
    """The mean inside, in the metric's own units."""
    return lambda totals: sign * _mean(totals[..., quantity : quantity + 1], 0)[:, 0]


def _gaps(quantity: int, *, outside_less_inside: bool) -> Callable[[Floats], Floats]:
    """How the means differ between inside and outside."""
    sign = -1 if outside_less_inside else 1

    def gap(totals: Floats) -> Floats:
        own = totals[..., quantity : quantity + 1]
        return sign * (_mean(own, 0) - _mean(own, 1))[:, 0]

    return gap
