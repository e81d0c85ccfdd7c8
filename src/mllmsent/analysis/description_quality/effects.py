"""What another description does to the answer, and through which of its qualities.

Two treatments of the same items are paired: two describers read by the same classifier, or one
describer under two conditions. `metrics/paired_mediation.py` has the model.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.numbers import score_columns
from mllmsent.metrics import holm
from mllmsent.metrics.grouping import Grouping
from mllmsent.metrics.paired_mediation import paired_mediation, slope_under

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from mllmsent.analysis.description_quality.measured import ReadDescriptions
    from mllmsent.metrics import Resampling
    from mllmsent.metrics.paired_mediation import PairedMediation

__all__ = ["EFFECT_COLUMNS", "MOST_PAIRS", "PATH_COLUMNS", "description_effects", "pairs_of"]

_PAIR = (
    "treatment", "reader", "first_id", "first", "first_condition", "second_id", "second",
    "second_condition",
)  # fmt: skip

EFFECT_COLUMNS = (
    *_PAIR, "n", "n_groups", "outcome", "first_mean", "second_mean", "total", "low", "high",
    "p", "p_holm", "indirect", "indirect_low", "indirect_high", "direct", "direct_low",
    "direct_high", "share", "share_low", "share_high", "left_out",
)  # fmt: skip

PATH_COLUMNS = (
    *_PAIR, "quality", "change", "change_low", "change_high", "slope", "slope_low", "slope_high",
    "indirect", "low", "high", "p", "p_holm", "rho", "rho_low", "rho_high", "indirect_at_rho_01",
)  # fmt: skip

MOST_PAIRS = 24
"""Pairs of treatments in one scheme or dimension."""

MOST_MISSING = 0.05
"""With a larger share of pairs that lack it, a quality is left out, and otherwise these pairs are."""


def pairs_of(
    read: Sequence[ReadDescriptions], others: Sequence[ReadDescriptions]
) -> list[tuple[str, ReadDescriptions, ReadDescriptions]]:
    """What can be compared: the treatment ("describer" or "condition"), first and second.

    Args:
        read: What classifiers made of descriptions of the images as they are, in the run's order.
        others: The same under other conditions.
    """
    describers = [
        ("describer", one, other)
        for one, other in combinations(read, 2)
        if one.reader == other.reader and one.describer != other.describer
    ]
    plain = {each.system_id: each for each in read}
    conditions = [
        ("condition", plain[each.system_id], each) for each in others if each.system_id in plain
    ]
    return describers + conditions


def description_effects(
    pairs: Sequence[tuple[str, ReadDescriptions, ReadDescriptions]],
    qualities: Sequence[str],
    *,
    outcome: str,
    resampling: Resampling,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The effects of each pair, and the paths through each quality.

    Args:
        pairs: What is compared, all in one scheme or dimension.
        qualities: What may carry an effect.
        outcome: "right" or "error".
        resampling: How intervals are made.

    Returns:
        Rows of `EFFECT_COLUMNS` and of `PATH_COLUMNS`. p values are corrected by Holm's method over
        all effects, and over all paths; pairs that share no item have no row.
    """
    effects: list[dict[str, Any]] = []
    paths: list[dict[str, Any]] = []
    for treatment, first, second in pairs:
        both = first.rows.merge(
            second.rows, left_index=True, right_index=True, suffixes=("_1", "_2")
        )
        if not len(both):
            continue
        place = {
            "treatment": treatment,
            "reader": first.reader[0],
            "first_id": first.system_id,
            "first": first.describer,
            "first_condition": first.condition,
            "second_id": second.system_id,
            "second": second.describer,
            "second_condition": second.condition,
        }
        missing = _missing(both, qualities)
        kept = [name for name in qualities if name not in missing]
        rows = both.dropna(subset=[f"{name}_{side}" for name in kept for side in (1, 2)])
        values = {name: _sides(rows, name) for name in ("outcome", *kept)}
        # What is the same in all texts is no quality of theirs.
        kept = [name for name in kept if len(rows) and np.ptp(values[name]) > 0]
        found = paired_mediation(
            values["outcome"],
            {name: values[name] for name in kept},
            Grouping.of(rows["group_1"].tolist(), len(rows)),
            resampling,
        )
        effects.append(
            place
            | {"outcome": outcome, "left_out": _said(missing | dict(found.left_out))}
            | dict(zip(("first_mean", "second_mean"), values["outcome"].mean(axis=0), strict=True))
            | _effect(found)
        )
        paths += [place | path for path in _paths(found)]
    return _corrected(effects), _corrected(paths)


def _corrected(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    p_values = holm([row["p"] for row in rows])
    return [row | {"p_holm": float(p)} for row, p in zip(rows, p_values, strict=True)]


def _missing(both: pd.DataFrame, qualities: Sequence[str]) -> dict[str, str]:
    """Qualities that too many pairs lack, and how many these are."""
    gone = {name: int(np.isnan(_sides(both, name)).any(axis=1).sum()) for name in qualities}
    return {
        name: f"{count} of {len(both)} pairs lack it"
        for name, count in gone.items()
        if count > MOST_MISSING * len(both)
    }


def _sides(rows: pd.DataFrame, name: str) -> Any:
    return rows[[f"{name}_1", f"{name}_2"]].to_numpy(dtype=np.float64)


def _said(left_out: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {why}" for name, why in left_out.items())


def _effect(found: PairedMediation) -> dict[str, Any]:
    return {
        "n": found.n,
        "n_groups": found.n_groups,
        **score_columns("total", found.total),
        "p": found.p,
        **score_columns("indirect", found.indirect, "indirect_"),
        **score_columns("direct", found.direct, "direct_"),
        **score_columns("share", found.share, "share_"),
    }


def _paths(found: PairedMediation) -> list[dict[str, Any]]:
    return [
        {
            "quality": path.mediator,
            **score_columns("change", path.change, "change_"),
            **score_columns("slope", path.slope, "slope_"),
            **score_columns("indirect", path.indirect),
            "p": path.p,
            **score_columns("rho", path.rho, "rho_"),
            "indirect_at_rho_01": path.change.value
            * float(
                slope_under(np.copysign(0.1, path.rho.value), path.slope.value, path.rho.value)
            ),
        }
        for path in found.paths
    ]
