"""What descriptions get right where what was drawn is known, and where a describer is blind.

On dioramas every factor of a scene is known, so each description can be held against it:
`factor_namings` says when it names setting, hour, weather, light, palette and expression right.

A value that a describer names right less often than others of its factor may simply be hard to see.
So each is also held against the leading describer, the one that names most right over all: to fall
further behind there than at the factor's other values, mostly by what one does not name there
oneself, is to have a blind spot. `gap_search` says how that is tested; all values, factors and
describers are one search.

Descriptions that never came or were refused are not in the table, and so count neither way.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.factor_namings import DESCRIBED_FACTORS, name_factors
from mllmsent.analysis.gap_search import GapSearch, search_gaps
from mllmsent.analysis.item_subgroups import LEAST_SUPPORT, find_subgroups
from mllmsent.analysis.merits import Merits
from mllmsent.metrics import Resampling
from mllmsent.metrics.bootstrap import draw

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    import pandas as pd

    from mllmsent.dioramas import Scene
    from mllmsent.metrics.metric import Floats

__all__ = [
    "BLIND_SPOT_COLUMNS",
    "DESCRIBER_COLUMNS",
    "FACTOR_COLUMNS",
    "VALUE_COLUMNS",
    "DescribedFactors",
    "described_factors",
]

_DESCRIBER = ("describer_id", "describer", "strategy")
_COUNTS = ("n", "n_items", "n_groups", "n_right", "share", "low", "high")

DESCRIBER_COLUMNS = (*_DESCRIBER, *_COUNTS)
FACTOR_COLUMNS = (*_DESCRIBER, "factor", *_COUNTS, "other", "none")
VALUE_COLUMNS = (*_DESCRIBER, "factor", "value", *_COUNTS, "other", "none", "instead", "n_instead")
BLIND_SPOT_COLUMNS = (
    "factor", "value", *_DESCRIBER, "n", "n_right", "share", "low", "high", "elsewhere",
    "none", "instead", "n_instead", "rival_id", "rival", "rival_n", "rival_right", "rival_share",
    "rival_elsewhere", "gap", "gap_low", "gap_high", "p_holm",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class DescribedFactors:
    """What each describer names, and how that was searched for blind spots.

    A describer is who described, and by which strategy: `describer_id` is both in one. All shares
    are between 0 and 1; `low` and `high` bound the interval of `share`.

    Attributes:
        describers: A row per describer, best first: `DESCRIBER_COLUMNS`. `n` counts what could be
            named, each factor of each description once, and `share` is how much of it was named
            right.
        by_factor: A row per describer and factor: `FACTOR_COLUMNS`. Of `n` descriptions `n_right`
            name it right, which is `share`; `other` is the share that names another value, be it
            instead of the true one or beside it, and `none` the share that names no value at all.
        by_value: The same for each true value of each factor: `VALUE_COLUMNS`. `instead` is the value
            that is most often named where it is not the true one, by `n_instead` descriptions.
        search: Where a describer names less than elsewhere: its `column` is the factor, `value` the
            true value, `system_id` the describer's id, `score` the share named right.
        n_cut: Descriptions of which only the beginning was read.
    """

    describers: pd.DataFrame
    by_factor: pd.DataFrame
    by_value: pd.DataFrame
    search: GapSearch
    n_cut: int

    def blind_spots(self, alpha: float = 0.05) -> pd.DataFrame:
        """Values where one describer falls further behind another than at others of the factor.

        Args:
            alpha: Greatest corrected p value.

        Returns:
            A row for each, the clearest first: `BLIND_SPOT_COLUMNS`. `describer` is the one that is
            behind there, be it the leader or another, and `rival` the one it is compared with; `gap`
            is by how much more it is behind than elsewhere in the factor. At least half of the gap
            is that it names less there itself; the rest may be that the rival names more. One that
            merely loses a lead, since the rival is right there too, is blind to nothing.
        """
        # What is no blind spot must not hide one as its echo, and so is left out first.
        search = replace(self.search, rows=self.search.rows[_is_own_loss(self.search.rows)])
        rows = []
        for row in search.clear("further", alpha).to_dict(orient="records"):
            leads = row["further"] > 0
            ids = (row["system_id"], row["leader_id"])
            loser, rival = ids if leads else reversed(ids)
            elsewhere = (row["elsewhere"], row["leader_elsewhere"])
            ends = (row["further_low"], row["further_high"])
            low, high = ends if leads else (-end for end in reversed(ends))
            own, other = self._value(loser, row), self._value(rival, row)
            rows.append(
                own
                | {
                    "elsewhere": elsewhere[0 if leads else 1],
                    "rival_id": rival,
                    "rival": other["describer"],
                    "rival_n": other["n"],
                    "rival_right": other["n_right"],
                    "rival_share": other["share"],
                    "rival_elsewhere": elsewhere[1 if leads else 0],
                    "gap": abs(row["further"]),
                    "gap_low": low,
                    "gap_high": high,
                    "p_holm": row["p_further_holm"],
                }
            )
        return _table(rows, BLIND_SPOT_COLUMNS)

    def weak_spots(self, alpha: float = 0.05) -> pd.DataFrame:
        """Values that a describer names right less often than others of the factor, by itself.

        Args:
            alpha: Greatest corrected p value.

        Returns:
            A row for each, the clearest first: `BLIND_SPOT_COLUMNS` without a rival; `gap` is by
            how much the share is less than elsewhere in the factor.
        """
        found = self.search.rows
        search = replace(self.search, rows=found[found["worse"] > 0])
        rows = [
            self._value(row["system_id"], row)
            | {
                "elsewhere": row["elsewhere"],
                "gap": row["worse"],
                "gap_low": row["worse_low"],
                "gap_high": row["worse_high"],
                "p_holm": row["p_worse_holm"],
            }
            for row in search.clear("worse", alpha).to_dict(orient="records")
        ]
        return _table(rows, BLIND_SPOT_COLUMNS)

    def _value(self, describer: str, place: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """The row of `by_value` of a describer and a row of the search."""
        values = self.by_value
        found = values[
            (values["describer_id"] == describer)
            & (values["factor"] == place["column"])
            & (values["value"] == place["value"])
        ]
        return dict(found.iloc[0])


def described_factors(
    descriptions: pd.DataFrame,
    scenes: Mapping[str, Scene],
    groups: Mapping[str, str],
    *,
    condition: str = "none",
    resampling: Resampling | None = None,
    least: int = LEAST_SUPPORT,
) -> DescribedFactors:
    """Hold every description against what was drawn.

    Args:
        descriptions: Table `descriptions`.
        scenes: Item to what was drawn.
        groups: Item to what it moves with when items are drawn again. Items that are not in both are
            left out.
        condition: The condition under which the images were shown.
        resampling: How intervals are made.
        least: Fewest groups of items with a value, and with another of the factor, for a search.

    Returns:
        What was found; tables without rows where no description is of a known scene.
    """
    resampling = resampling or Resampling()
    named, n_cut = name_factors(descriptions, scenes, groups, condition=condition)
    parts = {str(key): part for key, part in named.groupby("describer_id", sort=False)}
    overall = [
        _who(part) | _summary(part, {"": np.ones(len(part), bool)}, resampling)[""]
        for part in parts.values()
    ]
    overall.sort(key=lambda row: -row["share"])
    factors: list[dict[str, Any]] = []
    values: list[dict[str, Any]] = []
    for row in overall:
        of_describer = parts[row["describer_id"]]
        for factor, known in DESCRIBED_FACTORS.items():
            part = of_describer[of_describer["factor"] == factor]
            if not len(part):
                continue
            place = {name: row[name] for name in _DESCRIBER} | {"factor": factor}
            cases = {"": np.ones(len(part), bool)}
            cases |= {value: (part["truth"] == value).to_numpy() for value in known}
            summaries = _summary(part, cases, resampling)
            factors.append(place | summaries.pop(""))
            values += [
                place | {"value": value} | summary | _instead(part[cases[value]])
                for value, summary in summaries.items()
            ]
    leading_first = [parts[row["describer_id"]] for row in overall]
    return DescribedFactors(
        describers=_table(overall, DESCRIBER_COLUMNS),
        by_factor=_table(factors, FACTOR_COLUMNS),
        by_value=_table(values, VALUE_COLUMNS),
        search=_search(leading_first, groups, resampling, least),
        n_cut=n_cut,
    )


def _is_own_loss(rows: pd.DataFrame) -> pd.Series:
    """Whether the gap of each row of a search is mostly a loss of the one that is behind."""
    further = rows["further"].astype(float)
    is_leader_ahead = further > 0
    own = rows["score"].where(is_leader_ahead, rows["leader_score"])
    own_elsewhere = rows["elsewhere"].where(is_leader_ahead, rows["leader_elsewhere"])
    rival = rows["leader_score"].where(is_leader_ahead, rows["score"])
    found: pd.Series = (own < rival) & (2 * (own_elsewhere - own) >= further.abs())
    return found


def _who(part: pd.DataFrame) -> dict[str, Any]:
    return {name: part[name].iloc[0] for name in _DESCRIBER}


def _summary(
    part: pd.DataFrame, cases: Mapping[str, Floats | Any], resampling: Resampling
) -> dict[str, dict[str, Any]]:
    """Shares of one describer's rows, for each case that has any.

    Args:
        part: Rows of `name_factors`.
        cases: Name to which of the rows are meant.
        resampling: How intervals are made.
    """
    present = {name: rows for name, rows in cases.items() if rows.any()}
    own, group = np.unique(part["group"].to_numpy(str), return_inverse=True)
    right = part["right"].to_numpy(bool)
    sums = np.zeros((len(own), len(present), 2))
    for place, rows in enumerate(present.values()):
        np.add.at(sums[:, place, 0], group[rows], right[rows])
        np.add.at(sums[:, place, 1], group[rows], 1)
    draws = draw([lambda weights: np.tensordot(weights, sums, axes=1)], len(own), resampling)[0]
    found: dict[str, dict[str, Any]] = {}
    for place, (name, rows) in enumerate(present.items()):
        n_groups = int(np.count_nonzero(sums[:, place, 1]))
        score = draws.score(_share(place), proportion=True, n_units=n_groups)
        mine = part[rows]
        found[name] = {
            "n": len(mine),
            "n_items": mine["item_id"].nunique(),
            "n_groups": n_groups,
            "n_right": int(mine["right"].sum()),
            "share": score.value,
            "low": score.interval.low,
            "high": score.interval.high,
            "other": float(mine["other"].mean()),
            "none": float(mine["none"].mean()),
        }
    return found


def _share(place: int) -> Callable[[Floats], Floats]:
    def share(totals: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Floats = totals[:, place, 0] / totals[:, place, 1]
        return found

    return share


def _instead(part: pd.DataFrame) -> dict[str, Any]:
    """What is most often named that is not there."""
    counts = Counter(term for named in part["instead"] for term in named)
    name, count = counts.most_common(1)[0] if counts else ("", 0)
    return {"instead": name, "n_instead": count}


def _search(
    parts: Sequence[pd.DataFrame],
    groups: Mapping[str, str],
    resampling: Resampling,
    least: int,
) -> GapSearch:
    """Hold every value against the others of its factor, for describers in the order given."""
    fields = []
    names = {part["describer_id"].iloc[0]: part["describer_id"].iloc[0] for part in parts}
    for factor in DESCRIBED_FACTORS:
        own = [part[part["factor"] == factor] for part in parts]
        own = [part for part in own if len(part)]
        if not own:
            continue
        merits = {
            part["describer_id"].iloc[0]: part.set_index(["item_id", "repeat", "nth"])[
                "right"
            ].astype(float)
            for part in own
        }
        field = Merits.lined_up(merits, names=names, groups=groups, metric="named_right")
        truth = {
            item: value
            for part in own
            for item, value in zip(part["item_id"], part["truth"], strict=True)
        }
        items = _table(
            [{"item_id": item, factor: value} for item, value in truth.items()], ("item_id", factor)
        )
        fields.append((field, find_subgroups(items, groups=groups, least=least)))
    return search_gaps(fields, least=least, resampling=resampling)


def _table(rows: Sequence[Mapping[Any, Any]], columns: Sequence[str]) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    return pd.DataFrame([dict(row) for row in rows], columns=list(columns))
