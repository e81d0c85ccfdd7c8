"""When annotators agree: from counted votes to a label, or to none.

A tie is no majority, and nothing settles it: neither order, nor chance, nor the number of votes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mllmsent.foundation import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["agreed_label", "agreed_labels", "pooled_moments"]

_ROUNDING = 1e-9  # counts may come back from published shares


def agreed_label(counts: NDArray[np.float64], min_agreement: int | None) -> NDArray[np.intp]:
    """The label of each item on which enough annotators agree, where each gives one label.

    Args:
        counts: Votes per item and label, (N, L), folded into the classes asked for.
        min_agreement: How many must have voted for the label; None asks only for more votes than
            any other label has.

    Returns:
        For each item the label's position, or -1 where the most votes are too few or are shared.
    """
    if not counts.size:
        return np.full(len(counts), -1, dtype=np.intp)
    top = counts.max(axis=1)
    shared = (counts >= top[:, None] - _ROUNDING).sum(axis=1) > 1
    enough = top >= (min_agreement or _ROUNDING) - _ROUNDING
    return np.where(enough & ~shared, counts.argmax(axis=1), -1)


def agreed_labels(
    counts: NDArray[np.float64], n: NDArray[np.float64], min_agreement: int | None
) -> NDArray[np.bool_]:
    """The labels of each item on which enough annotators agree, where each may give several.

    Args:
        counts: For each item and label how many annotators gave it, (N, L).
        n: Annotators per item, (N,).
        min_agreement: How many must have given a label; None asks for more than half of them.

    Returns:
        Whether each item has each label, (N, L).
    """
    if min_agreement is None:
        return counts > n[:, None] / 2 + _ROUNDING
    return counts >= min_agreement - _ROUNDING


def pooled_moments(
    means: NDArray[np.float64], sds: NDArray[np.float64], counts: NDArray[np.float64]
) -> tuple[float, float, int]:
    """Mean, SD and number of all ratings, from those of groups that share no annotator.

    Args:
        means: Each group's mean, (G,).
        sds: Each group's sample standard deviation (n - 1), (G,); NaN where not known.
        counts: Each group's number of ratings, (G,), none below 1.

    Returns:
        What the mean, sample SD and number of all single ratings together would be, exactly; the
        SD is NaN where one of the groups' is not known.

    Raises:
        InputError: If a group has no ratings.
    """
    if (counts < 1).any():
        raise InputError("A group without ratings cannot be pooled.")
    total = counts.sum()
    mean = float((counts * means).sum() / total)
    # A single rating has no deviation of its own, whatever stands in its column.
    inner = np.where(counts > 1, (counts - 1) * sds**2, 0.0).sum()
    between = (counts * (means - mean) ** 2).sum()
    sd = float(np.sqrt((inner + between) / (total - 1))) if total > 1 else float("nan")
    return mean, sd, int(total)
