"""TF-IDF: how often each word, word pair or run of characters stands in a text, against how common.

The weights are those of scikit-learn's `TfidfVectorizer(sublinear_tf=True)`: 1 + ln(count), times
1 + ln((1 + n) / (1 + texts with the term)), each text scaled to length 1. Counting is apart from
weighing, since texts need be counted once however many subsets of them are learned from; which
terms are kept and what they weigh is learned anew from each subset.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mllmsent.text.interface import Floats

__all__ = ["Terms", "Vocabulary", "count_terms", "learn_terms", "weigh"]


@dataclass(frozen=True, slots=True)
class Terms:
    """A kind of term.

    Attributes:
        unit: "word" (of two characters or more), or "char_wb" (characters, within words).
        shortest: Fewest units in a term, at least 1.
        longest: Most units in a term.
    """

    unit: Literal["word", "char_wb"]
    shortest: int
    longest: int


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The terms of one kind that a set of texts taught.

    Attributes:
        kind: The kind of term.
        terms: The terms, one for each column.
        idf: (terms,) what an occurrence of each weighs; 1 or more, rarer terms more.
    """

    kind: Terms
    terms: tuple[str, ...]
    idf: Floats


def count_terms(
    texts: Sequence[str], kind: Terms, terms: Sequence[str] | None = None
) -> tuple[csr_array, tuple[str, ...]]:
    """How often each term stands in each text.

    Args:
        texts: The texts; case is ignored.
        kind: What to count.
        terms: Count these, in this order; by default every term there is.

    Returns:
        (n, terms) counts, and the terms. No column where no text holds a term.
    """
    from scipy.sparse import csr_array  # noqa: PLC0415 - heavy
    from sklearn.feature_extraction.text import CountVectorizer  # noqa: PLC0415 - heavy

    nothing = csr_array((len(texts), 0), dtype=np.float64), ()
    if terms is not None and not terms:
        return nothing
    counter = CountVectorizer(
        analyzer=kind.unit,
        ngram_range=(kind.shortest, kind.longest),
        vocabulary=None if terms is None else {term: place for place, term in enumerate(terms)},
        dtype=np.float64,
    )
    if terms is not None:
        return csr_array(counter.transform(texts)), tuple(terms)
    try:
        counts = counter.fit_transform(texts)
    except ValueError:
        # scikit-learn's way of saying that the texts hold no term at all.
        return nothing
    return csr_array(counts), tuple(counter.get_feature_names_out().tolist())


def learn_terms(counts: csr_array, min_texts: int) -> tuple[NDArray[np.intp], Floats]:
    """Which terms to keep, and what they weigh.

    Args:
        counts: (n, terms) counts in the texts to learn from, and in no others.
        min_texts: Keep terms that stand in at least so many texts; where none does, in one.

    Returns:
        (kept,) their columns and (kept,) their weights.
    """
    seen = np.asarray((counts > 0).sum(axis=0)).ravel()
    kept = np.flatnonzero(seen >= min_texts)
    if not len(kept):
        kept = np.flatnonzero(seen)
    return kept, 1 + np.log((1 + counts.shape[0]) / (1 + seen[kept]))


def weigh(counts: csr_array, idf: Floats) -> csr_array:
    """The TF-IDF weights of counted texts.

    Args:
        counts: (n, terms) counts of the kept terms.
        idf: (terms,) what an occurrence of each weighs.

    Returns:
        (n, terms); each row has length 1, or 0 where it holds none of the terms.
    """
    from scipy.sparse import csr_array  # noqa: PLC0415 - heavy
    from sklearn.preprocessing import normalize  # noqa: PLC0415 - heavy

    weights = csr_array(counts, copy=True)
    if 0 in weights.shape:
        return weights
    weights.data = (1 + np.log(weights.data)) * idf[weights.indices]
    return csr_array(normalize(weights, copy=False))
