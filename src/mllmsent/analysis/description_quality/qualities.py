"""What can be measured in a description: texts in, numbers out.

- **words**: how many there are.
- **richness**: the moving-average type-token ratio, the share of different words in a window of
  25 words, averaged over all windows; unlike the ratio of a whole text it does not fall with
  length. Missing for shorter texts. Source: Covington and McFall (2010), Journal of Quantitative
  Linguistics 17, 94-100.
- **affect**: the share of words that carry feeling, which are those in the lexicon of VADER (Hutto
  and Gilbert 2014, ICWSM).
- **specificity**: how rare its content words are among the descriptions it is measured with, the mean
  of log(N / n) over words that n of N texts have (Sparck Jones 1972, Journal of Documentation 28,
  11-21). A proxy: rare words are mostly particular ones ("lantern", not "object"), but unusual ones
  too. All texts of a comparison must be measured together.
- **details**: the share of words that are numbers or names of colors.
- **hedges**: the share of words that take back what is said ("perhaps", "appears"), after the list of
  Hyland (2005), Metadiscourse.
- **cut off**: 1 where the text was not ended by its author: the server says so, or, where nobody says,
  the last sentence has no end.

A masked word ("[...]") is a word of which nothing is known: it makes a text no shorter.

The lists are English.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.affect.vader import vader
from mllmsent.data.description_changes import MASK, WORD
from mllmsent.foundation.config import read_document
from mllmsent.models.stop_reasons import is_cut_off

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["TEXT_QUALITIES", "WINDOW", "measure_descriptions"]

TEXT_QUALITIES = ("words", "richness", "affect", "specificity", "details", "hedges", "cut off")
"""What is measured in every text, in this order."""

WINDOW = 25
"""Words in which richness counts different ones."""

_WORD = re.compile(f"{WORD.pattern}|{re.escape(MASK)}")
_ENDED = re.compile(r"[.!?\u2026\u3002]['\")\]*_\u201d\u2019\s]*$")


def measure_descriptions(
    texts: Sequence[str], *, stop_reasons: Sequence[str | None] | None = None
) -> pd.DataFrame:
    """Measure texts; see the module.

    Args:
        texts: N descriptions, all that will be compared.
        stop_reasons: For each the server's word on why it ended; None where there is none.

    Returns:
        N rows, columns `TEXT_QUALITIES`; a text without words has only `words` and `cut off`.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    # A word that is not there yet gets the next number.
    vocabulary: defaultdict[str, int] = defaultdict(lambda: len(vocabulary))
    coded = [
        np.fromiter(map(vocabulary.__getitem__, _WORD.findall(text.lower())), dtype=np.intp)
        for text in texts
    ]
    lengths = np.array([len(words) for words in coded], dtype=np.intp)
    words = np.concatenate(coded or [_NONE])
    text = np.repeat(np.arange(len(texts)), lengths)
    first, previous = _first_and_previous(text, words, len(vocabulary))
    known = list(vocabulary)
    counted = _counted_words()

    def share(quality: str) -> NDArray[np.float64]:
        meant = np.array([word in counted[quality] for word in known], dtype=bool)
        if quality == "details":
            meant |= np.array([word[0].isdigit() for word in known], dtype=bool)
        return _mean(meant, words, text, lengths)

    found = {
        "words": lengths.astype(np.float64),
        "richness": _richness(text, previous, lengths),
        "affect": share("affect"),
        "specificity": _specificity(known, words, text, lengths, first),
        "details": share("details"),
        "hedges": share("hedges"),
        "cut off": np.array(_cut_off(texts, stop_reasons), dtype=np.float64),
    }
    return pd.DataFrame(found, columns=list(TEXT_QUALITIES))


_NONE = np.zeros(0, dtype=np.intp)


def _first_and_previous(
    text: NDArray[np.intp], words: NDArray[np.intp], n_words: int
) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """For each word whether its text has it for the first time, and where it last stood, or -1."""
    key = text * max(1, n_words) + words
    order = np.argsort(key, kind="stable")
    is_again = np.zeros(len(key), dtype=bool)
    is_again[1:] = key[order][1:] == key[order][:-1]
    previous = np.full(len(key), -1, dtype=np.intp)
    again = np.flatnonzero(is_again)
    previous[order[again]] = order[again - 1]
    return previous < 0, previous


def _richness(
    text: NDArray[np.intp], previous: NDArray[np.intp], lengths: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Share of different words, mean over windows.

    A word is counted in the windows that hold it and not its predecessor: how many these are follows
    from where they may start.
    """
    ends = np.cumsum(lengths)
    place = np.arange(len(text))
    earliest = np.maximum(np.maximum(ends[text] - lengths[text], place - WINDOW + 1), previous + 1)
    latest = np.minimum(place, ends[text] - WINDOW)
    counted = np.maximum(0, latest - earliest + 1)
    different = np.bincount(text, weights=counted, minlength=len(lengths))
    windows = lengths - WINDOW + 1
    richness: NDArray[np.float64] = np.where(
        windows > 0, different / (np.maximum(1, windows) * WINDOW), np.nan
    )
    return richness


def _specificity(
    known: Sequence[str],
    words: NDArray[np.intp],
    text: NDArray[np.intp],
    lengths: NDArray[np.intp],
    first: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Mean rarity of the content words of each text."""
    from sklearn.feature_extraction.text import (  # noqa: PLC0415 - scikit-learn is slow to import
        ENGLISH_STOP_WORDS,
    )

    n_texts = np.bincount(words[first], minlength=len(known))
    rarity = np.log(len(lengths) / np.maximum(1, n_texts))
    has_content = np.array(
        [
            word not in ENGLISH_STOP_WORDS and word != MASK and not word[0].isdigit()
            for word in known
        ],
        dtype=bool,
    )
    kept = has_content[words] if len(words) else np.zeros(0, dtype=bool)
    counts = np.bincount(text[kept], minlength=len(lengths))
    return _mean(rarity, words[kept], text[kept], counts)


def _mean(
    value: NDArray[np.float64] | NDArray[np.bool_],
    words: NDArray[np.intp],
    text: NDArray[np.intp],
    lengths: NDArray[np.intp],
) -> NDArray[np.float64]:
    """The mean over the words of each text of a value that words have; NaN without words."""
    sums = np.bincount(text, weights=value[words], minlength=len(lengths))
    means: NDArray[np.float64] = np.where(lengths > 0, sums / np.maximum(1, lengths), math.nan)
    return means


def _cut_off(texts: Sequence[str], stop_reasons: Sequence[str | None] | None) -> list[bool]:
    reasons = stop_reasons or [None] * len(texts)
    return [
        is_cut_off(reason) if reason else _ENDED.search(text[-40:]) is None
        for text, reason in zip(texts, reasons, strict=True)
    ]


@cache
def _counted_words() -> dict[str, frozenset[str]]:
    """Quality to the words whose share it is."""
    listed = read_document(Path(__file__).with_name("word_lists.yaml")).value
    return {
        "affect": frozenset(vader().lexicon),
        "details": frozenset(listed["numbers"]) | frozenset(listed["colors"]),
        "hedges": frozenset(listed["hedges"]),
    }
