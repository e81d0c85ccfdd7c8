"""How much of one text's wording is another's.

A text is the set of its runs of three words, without those that one text in twenty has ("the image
shows"); likeness is the share of the smaller set that both have, so that a text cut short is still
found. Independent descriptions of different pictures hardly share a tenth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["similar_texts"]

_FEWEST = 8  # runs of three words, below which likeness says nothing
_COMMON_SHARE, _COMMON_TEXTS = 0.05, 20
_BLOCK = 256


def similar_texts(texts: Sequence[str], least: float) -> Iterator[tuple[int, int, float]]:
    """Pairs of texts of which at least the share `least` of the shorter one's wording is the other's.

    Args:
        texts: The texts, in any language that puts spaces between words.
        least: Smallest likeness, above 0 to 1.

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
    for start in range(0, len(texts), _BLOCK):
        common = (shared[start : start + _BLOCK] @ transposed).tocoo()
        first, second = common.row + start, common.col
        smaller = np.minimum(sizes[first], sizes[second])
        likeness = common.data / np.maximum(smaller, 1)
        wanted = (first < second) & (smaller >= _FEWEST) & (likeness >= least)
        yield from zip(
            first[wanted].tolist(), second[wanted].tolist(), likeness[wanted].tolist(), strict=True
        )
