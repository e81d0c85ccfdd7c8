"""Annotators whose answers have nothing to do with the others', or are the opposite of them.

An annotator is held against the others on the items both judged. Who is flagged agrees less than the
median annotator by more than chance and the crowd's own diversity explain, at one false accusation
in a hundred crowds however large (Student's t, Bonferroni), so that an honest person with few items,
or with a taste of their own, is left alone. Those who never change their answer are another
fault.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mllmsent.audit.finding import AffectedRow, Finding, counted
from mllmsent.audit.item_labels import judgments
from mllmsent.audit.registry import Audit

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from mllmsent.data.dataset import Dataset

__all__ = ["UNRELATED_ANNOTATORS"]

_ENOUGH = 10  # items judged by others too, below which nothing is said of a person
_FALSE_ALARM = 0.01  # in a crowd without a fault
_AGREEING = 0.2  # median agreement above which there is something to agree on


class _Agreement(NamedTuple):
    """Agreement of one annotator with the others: 1 perfect, 0 chance."""

    annotator: str
    value: float
    error: float
    n: int


def check(dataset: Dataset) -> Iterator[Finding]:
    """Annotators whose answers are unrelated to the others', or reversed."""
    chance: list[AffectedRow] = []
    opposite: list[AffectedRow] = []
    for where, table in judgments(dataset):
        numbers = table["answer"].dtype.kind == "f" or str(table["answer"].dtype) == "Float64"
        found = _rating_agreements(table) if numbers else _label_agreements(table)
        if len(found) < 3:
            continue
        median = float(np.median([one.value for one in found]))
        if median < _AGREEING:
            continue
        spread = _spread(found)
        for one in found:
            high = one.value + _margin(one, spread, len(found))
            note = f"{where}: agreement {one.value:.2f} on {one.n} items, usually {median:.2f}"
            row = AffectedRow(annotator_id=one.annotator, note=note)
            if high < 0:
                opposite.append(row)
            elif high < median and one.value < min(2 * one.error, median / 2):
                chance.append(row)
    if opposite:
        yield Finding(
            code="reversed-annotator",
            severity="warning",
            message=f"{counted(len(opposite), 'annotator')} with the opposite of the others' answers.",
            cure="Ask whether their scale ran the other way, and turn or leave out their answers.",
            effect="Each cancels the answer of an annotator who is right.",
            rows=tuple(opposite),
        )
    if chance:
        yield Finding(
            code="chance-annotator",
            severity="warning",
            message=f"{counted(len(chance), 'annotator')} in agreement with the others only by chance.",
            cure="Leave their annotations out, and say so.",
            effect="Their noise lowers agreement, and with it the best score a model can reach.",
            rows=tuple(chance),
        )


def _spread(found: list[_Agreement]) -> float:
    """Standard deviation of honest people's true agreement: what chance leaves of the crowd's.

    From the median absolute deviation, which a few who are not honest hardly move.
    """
    values = np.array([one.value for one in found])
    seen = 1.4826 * float(np.median(np.abs(values - np.median(values))))
    chance = float(np.median([one.error for one in found]))
    return math.sqrt(max(seen**2 - chance**2, 0.0))


def _margin(one: _Agreement, spread: float, crowd: int) -> float:
    """How far above its estimate the agreement of one of a crowd may lie without being odd."""
    from scipy import stats  # noqa: PLC0415 - 200 ms that only audits need

    return float(stats.t.isf(_FALSE_ALARM / crowd, one.n - 1)) * math.hypot(one.error, spread)


def _label_agreements(votes: pd.DataFrame) -> list[_Agreement]:
    """Cohen's kappa of each annotator with the others' votes on the same items.

    On each item the share of the others who gave the same label; chance is that share over randomly
    paired items; the standard error is that of the mean over items.
    """
    counts = votes.assign(n=1).pivot_table(
        index="item_id", columns="answer", values="n", aggfunc="sum", fill_value=0
    )
    others_of = counts.to_numpy(dtype=float)
    item_at = {item: at for at, item in enumerate(counts.index)}
    label_at = {label: at for at, label in enumerate(counts.columns)}
    found = []
    for annotator, rows in votes.groupby("annotator_id", sort=False):
        rows = rows.drop_duplicates("item_id")  # noqa: PLW2901 - the same rows, once each
        at = rows["item_id"].map(item_at).to_numpy(dtype=int)
        label = rows["answer"].map(label_at).to_numpy(dtype=int)
        others = others_of[at]
        others[np.arange(len(at)), label] -= 1
        judged = others.sum(axis=1) > 0
        if judged.sum() < _ENOUGH:
            continue
        shares = others[judged] / others[judged].sum(axis=1, keepdims=True)
        same = shares[np.arange(len(shares)), label[judged]]
        own = np.bincount(label[judged], minlength=shares.shape[1]) / len(shares)
        chance = float(own @ shares.mean(axis=0))
        if chance > 0.999:
            continue
        value = (float(same.mean()) - chance) / (1 - chance)
        error = float(same.std(ddof=1)) / math.sqrt(len(same)) / (1 - chance)
        found.append(_Agreement(str(annotator), value, error, len(same)))
    # Who is wrong throughout by bad luck shows no scatter of their own: the crowd's counts as well.
    usual = [one.error * math.sqrt(one.n) for one in found]
    scatter = float(np.median(usual)) if found else 0.0
    return [one._replace(error=max(one.error, scatter / math.sqrt(one.n))) for one in found]


def _rating_agreements(ratings: pd.DataFrame) -> list[_Agreement]:
    """Correlation of each annotator's ratings with the mean of the others' on the same items."""
    per_item = ratings.groupby("item_id")["answer"].agg(["sum", "count"])
    found = []
    for annotator, rows in ratings.groupby("annotator_id", sort=False):
        own = rows.groupby("item_id")["answer"].agg(["sum", "count"])
        rest = per_item.loc[own.index] - own
        judged = (rest["count"] > 0).to_numpy()
        if judged.sum() < _ENOUGH:
            continue
        mine = (own["sum"] / own["count"]).to_numpy(dtype=float)[judged]
        theirs = (rest["sum"] / rest["count"].where(rest["count"] > 0)).to_numpy(dtype=float)[
            judged
        ]
        if mine.std() == 0 or theirs.std() == 0:
            continue
        found.append(_Agreement(str(annotator), *_correlation(mine, theirs), int(judged.sum())))
    return found


def _correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> tuple[float, float]:
    value = float(np.corrcoef(a, b)[0, 1])
    # The usual standard error of a correlation near zero; near one it is smaller, which only
    # makes the check more careful.
    return value, 1.0 / math.sqrt(len(a) - 3)


UNRELATED_ANNOTATORS = Audit(
    "unrelated-annotators", "Annotators who answer at random, or the opposite of the others.", check
)
