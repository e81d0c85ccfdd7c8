"""Which words tell a class of texts from the others: class-based TF-IDF.

Grootendorst (2022), BERTopic: Neural topic modeling with a class-based TF-IDF procedure,
arXiv:2203.05794, equation 2: a term's share of the words of a class, times the logarithm of 1 + the
mean number of words per class / how often the term occurs in all. Words that every text may have
(English stop words, and in any language those of more than half of the texts) say nothing and are
left out, and so are those of few texts of the class, or of no more of them than elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.text.tfidf import Terms, count_terms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

__all__ = ["ClassTerm", "WordCounts", "class_terms", "count_words"]

LEAST_TEXTS = 3
"""Fewest texts that a word stands in."""

LEAST_SHARE = 0.1
"""Least share of a class's texts that a word of its name stands in."""

MOST_SHARE = 0.5
"""Words of a larger share of all texts are not counted."""


@dataclass(frozen=True, eq=False)
class WordCounts:
    """How often words that may tell texts apart stand in them.

    Attributes:
        counts: (N, words).
        words: The words.
    """

    counts: csr_array
    words: NDArray[np.str_]

    def rows(self, rows: NDArray[np.intp]) -> WordCounts:
        """Those of some of the texts."""
        return WordCounts(self.counts[rows], self.words)


@dataclass(frozen=True, slots=True)
class ClassTerm:
    """A word of a class.

    Attributes:
        term: The word.
        weight: Its class-based TF-IDF.
        inside: Share of the class's texts that it stands in.
        elsewhere: Share of the other texts.
    """

    term: str
    weight: float
    inside: float
    elsewhere: float


def count_words(texts: Sequence[str]) -> WordCounts:
    """Count the words that may tell texts apart."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS  # noqa: PLC0415 - heavy

    counts, terms = count_terms(texts, Terms("word", 1, 1))
    words = np.array(terms, dtype=np.str_)
    seen = np.asarray((counts > 0).sum(axis=0)).ravel()
    telling = (seen >= LEAST_TEXTS) & (seen <= MOST_SHARE * len(texts))
    telling &= ~np.isin(words, sorted(ENGLISH_STOP_WORDS))
    telling &= np.array([not word.isdecimal() for word in terms], dtype=bool)
    kept = np.flatnonzero(telling)
    return WordCounts(counts[:, kept], words[kept])


def class_terms(
    counted: WordCounts, classes: NDArray[np.intp], *, most: int = 10
) -> dict[int, list[ClassTerm]]:
    """The words that mark each class, the most telling first.

    Args:
        counted: The texts' words.
        classes: The class of each text; 0 is the rest, which is a class too and gets no words.
        most: Most words of a class.
    """
    from scipy.sparse import csr_array  # noqa: PLC0415 - heavy

    n_classes = int(classes.max(initial=0)) + 1
    places = (classes, np.arange(len(classes)))
    belongs = csr_array((np.ones(len(classes)), places), shape=(n_classes, len(classes)))
    words = np.asarray((belongs @ counted.counts).todense())
    texts = np.asarray((belongs @ (counted.counts > 0).astype(float)).todense())
    sizes = np.bincount(classes, minlength=n_classes)
    of_class, of_word = words.sum(axis=1, keepdims=True), words.sum(axis=0)
    mean = of_class.sum() / n_classes
    shares = words / np.maximum(of_class, 1)
    weights = shares * np.log(1 + mean / np.maximum(of_word, 1))
    found = {}
    for name in range(1, n_classes):
        if not sizes[name]:
            continue
        inside = texts[name] / sizes[name]
        elsewhere = (texts.sum(axis=0) - texts[name]) / max(1, len(classes) - sizes[name])
        telling = (inside >= LEAST_SHARE) & (inside > elsewhere) & (texts[name] >= LEAST_TEXTS)
        order = np.argsort(-np.where(telling, weights[name], -1.0), kind="stable")[:most]
        found[name] = [
            ClassTerm(
                str(counted.words[at]),
                float(weights[name][at]),
                float(inside[at]),
                float(elsewhere[at]),
            )
            for at in order
            if telling[at]
        ]
    return found
