"""Which qualities of one describer's descriptions go with a right answer.

For each system that reads descriptions, a logistic regression of being right on the qualities, each in
its standard deviations, with the item's difficulty held fixed: the empirical logit of how many of the
systems that do not read this describer got the item right. For dimensions, least squares of the
distance from the people's mean on the qualities and the mean distance of the others. Intervals and p
values allow for rows of one group (sandwich estimate over groups; Cameron and Miller 2015, Journal of
Human Resources 50, 317-372).

These are associations. What makes an image good to describe may make it easy to judge in ways that the
other systems do not share.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.description_quality.measured import outcomes
from mllmsent.metrics import holm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.description_quality.measured import ReadDescriptions
    from mllmsent.analysis.evidence import Scored

__all__ = ["ASSOCIATION_COLUMNS", "quality_associations"]

ASSOCIATION_COLUMNS = (
    "system_id", "system", "quality", "n", "n_groups", "measure", "association", "low", "high", "p",
    "p_holm",
)  # fmt: skip

LEAST_PER_COEFFICIENT = 5
"""Fewest groups for each coefficient, and fewest right and wrong answers (Vittinghoff and McCulloch
2007, American Journal of Epidemiology 165, 710-718)."""

MOST_ALIKE = 0.98
"""Share of a quality's variance that is that of the others, from which on it is left out."""


def quality_associations(
    read: Sequence[ReadDescriptions],
    scored: Sequence[Scored],
    scheme: Scheme,
    qualities: Sequence[str],
    *,
    level: float = 0.95,
) -> tuple[list[dict[str, Any]], list[str]]:
    """The associations of each system that reads descriptions.

    Args:
        read: What classifiers made of descriptions.
        scored: All systems of the same scheme or dimension.
        scheme: The scheme.
        qualities: What is asked about, most important first: where there are too few answers for
            all, the last are left out.
        level: Level of the intervals.

    Returns:
        Rows of `ASSOCIATION_COLUMNS`, p values corrected by Holm's method over all of them; and what
        could not be computed, a sentence each.
    """
    rows: list[dict[str, Any]] = []
    lacking: list[str] = []
    turned_out = {
        each.system_id: outcomes(each, scheme).set_index(["item_id", "repeat", "moment"])["outcome"]
        for each in scored
    }
    for each in read:
        same = {other.system_id for other in read if other.describer == each.describer}
        others = {name: said for name, said in turned_out.items() if name not in same}
        found = _of_system(each, others, bool(scored[0].dimension), qualities, level)
        if isinstance(found, str):
            lacking.append(
                f"{each.name}: what goes with a right answer is not known, since {found}."
            )
        else:
            rows += found
    corrected = holm([row["p"] for row in rows])
    return [row | {"p_holm": p} for row, p in zip(rows, corrected, strict=True)], lacking


def _of_system(
    read: ReadDescriptions,
    others: Mapping[str, pd.Series],
    is_distance: bool,
    qualities: Sequence[str],
    level: float,
) -> list[dict[str, Any]] | str:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    if not others:
        return "no other system tells how hard the items are"
    table = pd.DataFrame(others).reindex(read.rows.index)
    answered = table.notna().sum(axis=1)
    rows = read.rows.assign(
        difficulty=table.mean(axis=1)
        if is_distance
        else np.log((table.sum(axis=1) + 0.5) / (answered - table.sum(axis=1) + 0.5))
    )[answered > 0]
    kept = [name for name in qualities if rows[name].isna().mean() <= 0.05]
    rows = rows.dropna(subset=kept)
    outcome = rows["outcome"].to_numpy(np.float64)
    n_groups = rows["group"].nunique()
    least = {"groups": n_groups}
    if not is_distance:
        least |= {"right answers": int(outcome.sum()), "wrong answers": int((1 - outcome).sum())}
    few = min(least, key=lambda what: least[what])
    most = least[few] // LEAST_PER_COEFFICIENT - 2
    if most < 1:
        return f"{least[few]} {few} are too few"
    kept = [name for name in kept if is_distance or _differs_on_both_sides(rows, name)]
    columns = _standardized(rows, kept, most)
    if not columns:
        return "no quality differs between items"
    difficulty = rows["difficulty"].to_numpy(np.float64)
    predictors = np.column_stack([np.ones(len(rows)), *columns.values(), difficulty])
    if not np.ptp(difficulty) > 0:
        predictors = predictors[:, :-1]
    groups = np.unique(rows["group"].to_numpy(str), return_inverse=True)[1]
    fitted = _fit(outcome, predictors, groups, is_distance=is_distance, level=level)
    if fitted is None:
        return "the regression has no solution"
    transform = float if is_distance else math.exp
    return [
        {
            "system_id": read.system_id,
            "system": read.name,
            "quality": name,
            "n": len(rows),
            "n_groups": n_groups,
            "measure": "distance" if is_distance else "odds ratio",
            "association": transform(estimate),
            "low": transform(low),
            "high": transform(high),
            "p": p,
        }
        for name, (estimate, low, high, p) in zip(columns, fitted[1:].tolist(), strict=False)
    ]


def _differs_on_both_sides(rows: pd.DataFrame, name: str) -> bool:
    """Whether a quality differs from its most usual value among the right and among the wrong answers.

    Where it does on one side only, its odds have no bound.
    """
    differs = rows[name] != rows[name].mode().iloc[0]
    return bool(differs.groupby(rows["outcome"]).sum().min() >= LEAST_PER_COEFFICIENT)


def _standardized(
    rows: pd.DataFrame, names: Sequence[str], most: int
) -> dict[str, NDArray[np.float64]]:
    """Qualities in standard deviations, those that differ and that no others tell."""
    found: dict[str, NDArray[np.float64]] = {}
    for name in names:
        values = rows[name].to_numpy(np.float64)
        if len(found) == most or not np.ptp(values) > 0:
            continue
        values = (values - values.mean()) / values.std()
        if found:
            others = np.column_stack(list(found.values()))
            told = others @ np.linalg.lstsq(others, values, rcond=None)[0]
            if np.mean(told**2) > MOST_ALIKE:
                continue
        found[name] = values
    return found


def _fit(
    outcome: NDArray[np.float64],
    predictors: NDArray[np.float64],
    groups: NDArray[np.intp],
    *,
    is_distance: bool,
    level: float,
) -> NDArray[np.float64] | None:
    """Estimate, interval and p of each coefficient, (K, 4); None where there are none."""
    import statsmodels.api as sm  # noqa: PLC0415 - statsmodels is slow to import

    robust = {"cov_type": "cluster", "cov_kwds": {"groups": groups}}
    with warnings.catch_warnings():
        # What separates perfectly, or does not converge, is told by what comes out.
        warnings.simplefilter("ignore")
        try:
            if is_distance:
                fit = sm.OLS(outcome, predictors).fit(**robust)
            else:
                fit = sm.Logit(outcome, predictors).fit(disp=0, **robust)
        except np.linalg.LinAlgError:
            return None
    found: NDArray[np.float64] = np.column_stack(
        [fit.params, fit.conf_int(alpha=1 - level), fit.pvalues]
    )
    converged = is_distance or bool(fit.mle_retvals["converged"])
    # Odds that grow without bound have standard errors without bound.
    return found if converged and np.isfinite(found).all() and fit.bse.max() < 10 else None
