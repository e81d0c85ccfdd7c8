"""How well people agree, which bounds how well a model can agree with them.

Votes and ratings come in long form: one row per annotation, with the item it is about. Missing
annotations are simply not there. Intervals come from drawing items again.

Krippendorff's alpha is our own here, since the well-kept package for it may not be combined with
our license; it is checked against his published example.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np

from mllmsent.foundation import InputError
from mllmsent.metrics.bootstrap import DEFAULT_RESAMPLING, Resampling, Score, draw
from mllmsent.metrics.coding import label_sample
from mllmsent.metrics.grouping import Grouping
from mllmsent.metrics.ratio import ratio

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from mllmsent.metrics.grouping import Column
    from mllmsent.metrics.metric import Floats

__all__ = [
    "alpha_of_coincidences",
    "alpha_of_scatter",
    "coincidences",
    "intraclass_correlation",
    "krippendorff_alpha",
    "pairwise_agreement",
    "rating_scatter",
    "soft_label_entropy",
    "split_half_reliability",
]


def pairwise_agreement(
    items: Column[Hashable],
    labels: Column[Hashable],
    resampling: Resampling = DEFAULT_RESAMPLING,
) -> Score:
    """Raw agreement: the chance that two votes on one item are the same, each item counting alike.

    Args:
        items: The item of each vote.
        labels: The label of each vote.
        resampling: How the interval is made.

    Returns:
        Agreement, 0 to 1; NaN where no item has two votes.
    """
    counts, _ = _votes(items, labels, tuple(dict.fromkeys(labels)))
    n_votes = counts.sum(axis=1)
    paired = n_votes >= 2
    pairs = np.where(paired, n_votes * (n_votes - 1), 1.0)
    shares = (counts * (counts - 1)).sum(axis=1) / pairs
    sums = np.column_stack([paired, shares * paired])
    return draw([lambda weights: weights @ sums], len(counts), resampling)[0].score(
        lambda totals: ratio(totals[:, 1], totals[:, 0])
    )


def krippendorff_alpha(
    items: Column[Hashable],
    values: Column[Hashable],
    level: Literal["nominal", "ordinal", "interval"] = "nominal",
    *,
    labels: Column[Hashable] | None = None,
    resampling: Resampling = DEFAULT_RESAMPLING,
) -> Score:
    """Krippendorff's alpha: 1 - observed / expected disagreement.

    Args:
        items: The item of each annotation.
        values: What was said: labels, or numbers if `level` is "interval".
        level: "nominal" (labels), "ordinal" (labels with an order), "interval" (numbers).
        labels: The scheme's labels, lowest first; required if `level` is "ordinal".
        resampling: How the interval is made.

    Returns:
        Alpha, at most 1, 0 for chance; NaN where no item has two annotations or all are alike.

    Raises:
        InputError: If an ordinal scale has no order, or a value is not of the scheme or no number.

    Source: Krippendorff (2011), Computing Krippendorff's alpha-reliability, University of
        Pennsylvania, https://repository.upenn.edu/handle/20.500.14332/2089.
    """
    if level == "interval":
        return _interval_alpha(items, values, resampling)
    if level == "ordinal" and labels is None:
        raise InputError("Ordinal agreement needs the order of the labels.", cure="Give `labels`.")
    names = tuple(dict.fromkeys(values)) if labels is None else labels
    counts, _ = _votes(items, values, names)
    cells = coincidences(counts)
    return draw([lambda weights: weights @ cells], len(counts), resampling)[0].score(
        lambda totals: alpha_of_coincidences(totals, level)
    )


def coincidences(counts: Floats) -> Floats:
    """How often two annotations of one item are each pair of labels, (N, K * K).

    Args:
        counts: Annotations of each item by label, (N, K); an item with fewer than two has none.
    """
    n_labels = counts.shape[1]
    n_votes = counts.sum(axis=1)
    share = np.where(n_votes >= 2, 1 / np.maximum(n_votes - 1, 1), 0.0)
    pairs = counts[:, :, None] * counts[:, None, :]
    same = np.arange(n_labels)
    pairs[:, same, same] -= counts
    return (pairs * share[:, None, None]).reshape(len(counts), n_labels**2)


def alpha_of_coincidences(totals: Floats, level: Literal["nominal", "ordinal"]) -> Floats:
    """Krippendorff's alpha, (B,), of summed `coincidences`, (B, K * K), lowest label first."""
    n_labels = math.isqrt(totals.shape[1])
    observed = totals.reshape(-1, n_labels, n_labels)
    margin = observed.sum(axis=2)
    total = margin.sum(axis=1)
    expected = margin[:, :, None] * margin[:, None, :]
    distance = _ordinal_distance(margin) if level == "ordinal" else 1 - np.eye(n_labels)
    # The diagonal of the expected coincidences needs no care: its distance is zero.
    found = (observed * distance).sum(axis=(1, 2)) * (total - 1)
    return 1 - ratio(found, (expected * distance).sum(axis=(1, 2)))


def _ordinal_distance(margin: Floats) -> Floats:
    """Squared number of annotations between two ranks, counting half of those at either end."""
    middle = np.cumsum(margin, axis=1) - margin / 2
    gap: Floats = middle[:, :, None] - middle[:, None, :]
    return gap**2


def _interval_alpha(
    items: Column[Hashable],
    values: Column[Hashable],
    resampling: Resampling,
) -> Score:
    numbers = _numbers(values)
    grouping = Grouping.of(items, len(numbers))
    centered = numbers - (numbers.mean() if numbers.size else 0.0)
    moments = grouping.sums(np.column_stack([np.ones_like(centered), centered, centered**2]))
    sums = rating_scatter(moments)
    return draw([lambda weights: weights @ sums], len(grouping), resampling)[0].score(
        alpha_of_scatter
    )


def rating_scatter(moments: Floats) -> Floats:
    """What alpha at the interval level sums over items, (N, 4).

    Args:
        moments: Of each item the number of its ratings, their sum and their sum of squares, (N, 3),
            about a middle that is the same for all.

    Returns:
        The same, 0 for items with fewer than two ratings, and the item's scatter: its number of
        ratings times their sample variance.
    """
    one, x, xx = moments.T
    paired = one >= 2
    within = np.where(paired, (one * xx - x**2) / np.maximum(one - 1, 1), 0.0)
    return np.column_stack([one * paired, x * paired, xx * paired, within])


def alpha_of_scatter(totals: Floats) -> Floats:
    """Krippendorff's alpha at the interval level, (B,), of summed `rating_scatter`, (B, 4)."""
    n, total, square, disagreement = totals.T
    spread = n * square - total**2
    # Equal ratings leave rounding noise, which is not disagreement.
    spread = np.where(spread > 1e-12 * n * square, spread, 0.0)
    return 1 - ratio(disagreement * (n - 1), spread)


def soft_label_entropy(distributions: Sequence[Sequence[float]] | Floats) -> Floats:
    """How undecided people are about each item: entropy of the soft label over that of even votes.

    Args:
        distributions: Shares or counts of votes, (items, K), K at least 2.

    Returns:
        For each item 0 (all agree) to 1 (all labels equally often); NaN where it has no votes.

    Raises:
        InputError: If a share is negative or missing, or there are fewer than two labels.
    """
    from scipy.special import entr  # noqa: PLC0415 - scipy is slow to import.

    shares = np.asarray(distributions, dtype=float)
    if shares.ndim != 2 or shares.shape[1] < 2:
        raise InputError("Soft labels are a table of items by two or more labels.")
    if not (shares >= 0).all():
        raise InputError("A soft label has a negative or a missing share.")
    total = shares.sum(axis=1, keepdims=True)
    shares = np.divide(shares, total, out=np.full_like(shares, np.nan), where=total > 0)
    entropy: Floats = entr(shares).sum(axis=1) / math.log(shares.shape[1])
    return entropy


def split_half_reliability(
    items: Column[Hashable],
    raters: Column[Hashable],
    ratings: Column[float],
    *,
    n_splits: int = 200,
    seed: int = 0,
) -> float:
    """Reliability of the items' mean ratings: how well the means of two halves of people correlate.

    People are split at random, many times; each correlation is stepped up to the full number of
    people by Spearman and Brown's formula, and the mean is returned. Items that one of the halves
    did not rate are left out of that split.

    Args:
        items: The item of each rating.
        raters: Who gave it.
        ratings: The ratings.
        n_splits: Number of random splits.
        seed: Of the splits.

    Returns:
        Reliability, at most 1; NaN where no split leaves three items with different means.
    """
    numbers = _numbers(ratings)
    of_item, of_rater = Grouping.of(items, len(numbers)), Grouping.of(raters, len(numbers))
    rng = np.random.default_rng(seed)
    reliabilities = []
    for _ in range(n_splits):
        half = rng.permutation(len(of_rater)) < len(of_rater) // 2
        chosen = half[of_rater.index].astype(float)
        columns = np.column_stack([chosen, chosen * numbers, 1 - chosen, (1 - chosen) * numbers])
        sums = of_item.sums(columns)
        rated = (sums[:, 0] > 0) & (sums[:, 2] > 0)
        means = sums[rated, 1] / sums[rated, 0], sums[rated, 3] / sums[rated, 2]
        if np.count_nonzero(rated) < 3 or min(np.ptp(mean) for mean in means) == 0:
            continue
        correlation = float(np.corrcoef(*means)[0, 1])
        if correlation > -1:
            reliabilities.append(2 * correlation / (1 + correlation))
    return float(np.mean(reliabilities)) if reliabilities else math.nan


def intraclass_correlation(ratings: Sequence[Sequence[float]] | Floats) -> tuple[float, float]:
    """ICC(2,1) and ICC(2,k): absolute agreement of one rater, and of the mean of all k of them.

    Args:
        ratings: A complete table, (items, raters), at least two of each.

    Returns:
        Reliability of a single rating, and of the mean rating; NaN where nothing varies.

    Raises:
        InputError: If the table is not complete.

    Source: Shrout and Fleiss (1979), Intraclass correlations: uses in assessing rater reliability,
        Psychological Bulletin 86, 420-428.
    """
    table = np.asarray(ratings, dtype=float)
    if table.ndim != 2 or min(table.shape) < 2 or not np.isfinite(table).all():
        raise InputError(
            "An intraclass correlation needs a complete table of two or more items and raters.",
            cure="Keep the items that all raters rated.",
        )
    n, k = table.shape
    grand = table.mean()
    between_items = k * ((table.mean(axis=1) - grand) ** 2).sum() / (n - 1)
    between_raters = n * ((table.mean(axis=0) - grand) ** 2).sum() / (k - 1)
    residual = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0) + grand
    error = (residual**2).sum() / ((n - 1) * (k - 1))
    signal, raters = between_items - error, k * (between_raters - error) / n
    single, mean = between_items + (k - 1) * error + raters, between_items + raters / k
    return (
        float(signal / single) if single > 0 else math.nan,
        float(signal / mean) if mean > 0 else math.nan,
    )


def _votes(
    items: Column[Hashable],
    labels: Column[Hashable],
    names: Column[Hashable],
) -> tuple[Floats, int]:
    """Votes of each item for each label, (items, K), and K."""
    if not len(labels):
        return np.zeros((0, 1)), 1
    sample = label_sample(labels, labels, names, items)
    votes = np.eye(len(sample.labels))[sample.truth]
    return sample.grouping.sums(votes), len(sample.labels)


def _numbers(values: Column[Hashable]) -> Floats:
    try:
        numbers = np.array(list(values), dtype=float)
    except (TypeError, ValueError):
        raise InputError("Agreement of ratings needs numbers.") from None
    if not np.isfinite(numbers).all():
        raise InputError(
            "A rating is missing or infinite.", cure="Leave out annotations without a rating."
        )
    return numbers
