"""Late fusion: scores of several readers of one thing, made comparable, weighed and averaged."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mllmsent.text.linear_models import Choice, LinearModel, fit_model, goodness

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme
    from mllmsent.text.interface import Floats

__all__ = ["as_probabilities", "best_weights", "fit_calibration", "mean_scores"]

# A dozen numbers learn from hundreds of texts: what little penalty there is keeps them finite.
_CALIBRATION = Choice(c=100.0, class_weight="none")
_PARTS = {2: 10, 3: 6}
"""Into how many parts the weight is divided, by number of readers; 4 where there are more."""


def mean_scores(scores: Sequence[Floats], weights: Sequence[float]) -> Floats:
    """The weighted mean of several readers' scores, in each row of those who decide it.

    Args:
        scores: For each reader (n, labels or dimensions); a row with NaN is not decided.
        weights: A weight for each, 0 or more.

    Returns:
        (n, labels or dimensions); NaN in rows that nobody decides whose weight is not 0.
    """
    stacked: Floats = np.stack(scores)
    read = np.asarray(np.isfinite(stacked).all(axis=2))
    share: Floats = np.array(weights)[:, None] * read
    total: Floats = share.sum(axis=0)
    summed: Floats = (share[:, :, None] * np.where(read[:, :, None], stacked, 0.0)).sum(axis=0)
    mean: Floats = np.full_like(summed, np.nan)
    some = np.flatnonzero(total > 0)
    mean[some] = summed[some] / total[some, None]
    return mean


def best_weights(
    scores: Sequence[Floats],
    targets: NDArray[Any],
    scheme: Scheme,
    choose_by: Literal["weighted_f1", "macro_f1"],
) -> list[float] | None:
    """The weights whose mean does best.

    Args:
        scores: For each reader (n, labels or dimensions), of texts it had not learned from.
        targets: As `TextClassifier.fit` takes them.
        scheme: What both are in.
        choose_by: For labels, the F1 that counts.

    Returns:
        Weights in tenths (of three readers sixths, of more quarters), which sum to 1; of equally
        good ones those nearest to equal. None where no row is decided by all.
    """
    read = np.isfinite(np.stack(scores)).all(axis=(0, 2))
    if not read.any():
        return None
    n = len(scores)
    best: tuple[float, float] | None = None
    found: list[float] | None = None
    for weights in _weights(n, _PARTS.get(n, 4)):
        mean = mean_scores([each[read] for each in scores], weights)
        good = goodness(mean, targets[read], scheme, choose_by)
        rank = (good, -sum((weight - 1 / n) ** 2 for weight in weights))
        if best is None or rank > best:
            best, found = rank, weights
    return found


def fit_calibration(margins: Floats, targets: NDArray[Any], scheme: Scheme) -> LinearModel | None:
    """A logistic regression from margins to probabilities.

    Platt, "Probabilistic outputs for support vector machines", 1999, for any number of labels.

    Args:
        margins: (n, labels), of texts that whoever gave them had not learned from.
        targets: As `TextClassifier.fit` takes them.
        scheme: What both are in.

    Returns:
        The regression; None where no text was decided.
    """
    read = np.isfinite(margins).all(axis=1)
    if not read.any():
        return None
    return fit_model(margins[read], targets[read], scheme, _CALIBRATION)


def as_probabilities(margins: Floats, calibration: LinearModel, scheme: Scheme) -> Floats:
    """(n, labels) probabilities for margins; NaN in rows that have none."""
    scores = np.full_like(margins, np.nan)
    read = np.isfinite(margins).all(axis=1)
    scores[read] = calibration.scores(margins[read], scheme)
    return scores


def _weights(n: int, parts: int) -> Iterator[list[float]]:
    """Every way to deal equal parts of the weight to `n` readers."""
    for bars in combinations(range(parts + n - 1), n - 1):
        ends = (-1, *bars, parts + n - 1)
        yield [(after - before - 1) / parts for before, after in pairwise(ends)]
