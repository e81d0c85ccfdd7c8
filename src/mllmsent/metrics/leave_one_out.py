"""A person and a system held against the same references: each time all people but one.

What can be asked of a system is what a person reaches. So each person is held against the others:
the label that most of the others give, or their mean rating. A system answers to the very same
references. Whoever answered the item as one more person would is then, in the long run, as good as a
person, which neither is against all the votes: a person's own vote is among those.

Where the others are tied, each of the labels with most votes is right in so many parts: one of two
is half right. Every item counts alike, however many people judged it; one that a single person
judged has no others and counts nothing.

All sums come from the votes' counts, or from mean, SD and number of ratings, which say as much.

Sources: the leave-one-out reference is that of Snow et al. (2008), Cheap and fast - but is it good?
Evaluating non-expert annotations for natural language tasks, EMNLP, 254-263; Nangia and Bowman
(2019), Human vs. muppet: a conservative estimate of human performance on the GLUE benchmark, ACL,
4566-4575, hold people and systems against one reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mllmsent.metrics.moments import AD, DD, PP, TP, TT, D, N, P, T

if TYPE_CHECKING:
    from mllmsent.metrics.metric import Floats

__all__ = [
    "label_references",
    "person_class_counts",
    "person_moments",
    "system_class_counts",
    "system_moments",
]


def label_references(counts: Floats) -> tuple[Floats, Floats]:
    """What the others say, left out one vote at a time.

    Args:
        counts: Votes of each item for each label, (N, K).

    Returns:
        For each item the share of its references that each label has, (N, K), and for each label the
        part in which it is right where the person left out gave it, (N, K). Zeros for items with
        fewer than two votes.
    """
    n_labels = counts.shape[1]
    total = counts.sum(axis=1)
    share = np.divide(counts, total[:, None], out=np.zeros_like(counts), where=total[:, None] > 1)
    references, own = np.zeros_like(counts), np.zeros_like(counts)
    for label in range(n_labels):  # one at a time, since all at once is a table of N x K x K
        others = counts.copy()
        others[:, label] -= 1
        top = others == others.max(axis=1, keepdims=True)
        parts = top / top.sum(axis=1, keepdims=True)
        references += share[:, [label]] * parts
        own[:, label] = parts[:, label] * (share[:, label] > 0)
    return references, own


def person_class_counts(counts: Floats) -> Floats:
    """Right answers, true labels and answers of each label, a person against the others.

    Args:
        counts: Votes of each item for each label, (N, K).

    Returns:
        (N, 3, K), as `CLASS_COUNTS` sums them; each item with two votes or more counts 1.
    """
    references, own = label_references(counts)
    total = counts.sum(axis=1, keepdims=True)
    answered = np.divide(counts, total, out=np.zeros_like(counts), where=total > 1)
    return np.stack([answered * own, references, answered], axis=1)


def system_class_counts(counts: Floats, answers: Floats) -> Floats:
    """The same of a system against the same references.

    Args:
        counts: Votes of each item for each label, (N, K).
        answers: Share of the system's answers to each item that each label has, (N, K); rows sum to
            less than 1 where answers could not be read, which counts as wrong.

    Returns:
        (N, 3, K).
    """
    references, _ = label_references(counts)
    answered = answers * (references.sum(axis=1, keepdims=True) > 0)
    return np.stack([answered * references, references, answered], axis=1)


def person_moments(mean: Floats, sd: Floats, n: Floats, *, center: float) -> Floats:
    """Sums of people's ratings against the mean of the others, item by item.

    Args:
        mean: Mean rating of each of N items.
        sd: Sample standard deviation (over n - 1).
        n: How many ratings, 2 or more.
        center: Middle of the scale; see `group_moments`.

    Returns:
        (N, 9) as `group_moments` has them, each item counting 1; the mean absolute difference is not
        known from moments and is NaN.
    """
    truth, truth_square = _references(mean, sd, n, center)
    total, square = n * (mean - center), _square(mean, sd, n, center)
    product = (total**2 - square) / ((n - 1) * n)
    return _moments(truth, truth, truth_square, square / n, product)


def system_moments(
    mean: Floats, sd: Floats, n: Floats, answer: Floats, answer_square: Floats, *, center: float
) -> Floats:
    """The same of a system's answers against the same references.

    Args:
        mean: Mean rating of each of N items.
        sd: Sample standard deviation of the ratings.
        n: How many ratings, 2 or more.
        answer: Mean of the system's answers to the item.
        answer_square: Mean of the squares of (answer - center).
        center: Middle of the scale.

    Returns:
        (N, 9).
    """
    truth, truth_square = _references(mean, sd, n, center)
    own = answer - center
    return _moments(truth, own, truth_square, answer_square, truth * own)


def _references(mean: Floats, sd: Floats, n: Floats, center: float) -> tuple[Floats, Floats]:
    """Mean and mean square of the others' mean, over all who may be left out."""
    total, square = n * (mean - center), _square(mean, sd, n, center)
    return mean - center, ((n - 2) * total**2 + square) / ((n - 1) ** 2 * n)


def _square(mean: Floats, sd: Floats, n: Floats, center: float) -> Floats:
    return (n - 1) * sd**2 + n * (mean - center) ** 2


def _moments(t: Floats, p: Floats, tt: Floats, pp: Floats, tp: Floats) -> Floats:
    sums = np.full((len(t), 9), np.nan)
    sums[:, N] = 1.0
    sums[:, T], sums[:, P], sums[:, TT], sums[:, PP], sums[:, TP] = t, p, tt, pp, tp
    sums[:, D], sums[:, DD] = p - t, pp + tt - 2 * tp
    sums[:, AD] = np.nan
    return sums
