"""VADER, read from disk once: its rule, and the words that it knows carry feeling.

Hutto and Gilbert, "VADER: A parsimonious rule-based model for sentiment analysis of social media
text", ICWSM 2014.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Vader", "vader"]


class Vader(Protocol):
    """What is used of VADER's analyzer.

    Attributes:
        lexicon: Word or emoticon, in lower case, to its valence; inflections are words of their own.
        emojis: Emoji to what is read in its place.
    """

    lexicon: Mapping[str, float]
    emojis: Mapping[str, str]

    def polarity_scores(self, text: str) -> dict[str, float]:
        """The compound score of a text, -1 to 1, and its shares `pos`, `neu` and `neg`."""
        ...


@cache
def vader() -> Vader:
    """VADER's analyzer, with the lexicon that its package brings."""
    from vaderSentiment.vaderSentiment import (  # noqa: PLC0415 - it reads its lexicon from disk
        SentimentIntensityAnalyzer,
    )

    analyzer: Vader = SentimentIntensityAnalyzer()
    return analyzer
