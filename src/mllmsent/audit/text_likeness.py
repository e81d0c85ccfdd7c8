"""How much of one text's wording is another's.

A text is the set of its runs of three words, without those that one text in twenty has ("the image
shows"); likeness is the share of the smaller set that both have, so that a text cut short is still
found. Independent descriptions of different pictures hardly share a tenth, but a describer with few
phrases repeats itself without copying: how alike its texts usually are (of most texts the fifth
nearest, which copies in twos and threes do not reach) is added to what a pair must share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["similar_texts"]

_FEWEST = 8  # runs of three words, below which likeness says nothing
_COMMON_SHARE, _COMMON_TEXTS = 0.05, 20
_NEIGHBOR = 5  # which of a text's nearest says how alike texts usually are
_BLOCK = 256


def similar_texts(texts: Sequence[str], least: float) -> Iterator[tuple[int, int, float]]:
    """Pairs of texts of which at least the share `least` of the shorter one's wording is the other's.

    Args:
        texts: The texts, in any language that puts spaces between words.
        least: Smallest likeness beyond what is usual among these texts, above 0 to 1.

    Yields:
        First and second text (the first has the lower number) and their likeness.
    """
    from sklearn.feature_extraction.text import CountVectorizer  # noqa: PLC0415 - a second to import

    words = r"(?u)\w+"
    runs = CountVectorizer(ngram_range=(3, 3), binary=True, token_pattern=words, dtype=np.float32)
    try:
        sets = runs.fit_transform(texts)
    except ValueError:
        return  # no text has three words
    of_texts = np.asarray(sets.sum(axis=0)).ravel()
    sets = sets[:, of_texts <= max(_COMMON_SHARE * len(texts), _COMMON_TEXTS)]
    sizes = np.asarray(sets.sum(axis=1)).ravel()
    # What only one text has adds to its size and to no product.
    shared = sets[:, np.asarray(sets.sum(axis=0)).ravel() > 1]
    transposed = shared.T.tocsr()
    pairs: list[tuple[int, int, float]] = []
    near = np.zeros(len(texts))
    for start in range(0, len(texts), _BLOCK):
        common = (shared[start : start + _BLOCK] @ transposed).tocoo()
        first, second = common.row + start, common.col
        smaller = np.minimum(sizes[first], sizes[second])
        likeness = np.where(smaller >= _FEWEST, common.data / np.maximum(smaller, 1), 0.0)
        likeness[first == second] = 0.0
        near[start : start + _BLOCK] = _nearest(common.row, likeness, len(near[start:][:_BLOCK]))
        wanted = (first < second) & (likeness >= least)
        pairs += zip(
            first[wanted].tolist(), second[wanted].tolist(), likeness[wanted].tolist(), strict=True
        )
    usual = float(np.median(near))
    # Texts that are wholly the same stand out from any habit.
    enough = min(least + usual, 1.0)
    yield from (pair for pair in pairs if pair[2] >= enough - 1e-6)


def _nearest(
    rows: NDArray[np.int32], likeness: NDArray[np.float64], n_rows: int
) -> NDArray[np.float64]:
    """Of each of some rows the likeness of its fifth nearest; 0 where there are not so many."""
    order = np.lexsort((-likeness, rows))
    rows, likeness = rows[order], likeness[order]
    found = np.zeros(n_rows)
    place = np.searchsorted(rows, np.arange(n_rows)) + _NEIGHBOR - 1
    there = place < len(rows)
    there[there] &= rows[place[there]] == np.flatnonzero(there)
    found[there] = likeness[place[there]]
    return found
