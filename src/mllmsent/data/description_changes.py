"""Conditions that change a description before it is read: who described it is asked nothing again.

They take something away from a text and leave the rest as it is, so that what a reader makes of both
tells what that was worth. What they give depends on nothing but the text and the condition's numbers,
and what they have changed they change no more.
"""

from __future__ import annotations

import re
import string
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from mllmsent.affect.vader import vader
from mllmsent.data.conditions import Condition, ConditionSpec, Parameter, parse_condition

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "MASK",
    "MASK_AFFECT",
    "SHORTEN",
    "WORD",
    "change_description",
    "changes_descriptions",
    "mask_affect",
    "shorten",
]

MASK = "[...]"
"""Stands where a word was: no word of any lexicon, and no token of a bag of words."""

WORD = re.compile(r"[^\W_]+(?:['\N{RIGHT SINGLE QUOTATION MARK}][^\W_]+)*")
"""A word, with what an apostrophe ties to it."""

_TOKEN = re.compile(r"\S+")

EMOTICON = 2
"""VADER takes what has so few characters without its punctuation for an emoticon, and keeps it whole."""


def changes_descriptions(condition: str) -> bool:
    """Whether a condition changes descriptions, and not what a model is shown.

    Raises:
        InputError: If the condition cannot be read.
    """
    return parse_condition(condition).condition.changes == "description"


def change_description(text: str, condition: ConditionSpec | str) -> str:
    """A description as it is read under a condition; as it is where that changes no descriptions.

    Raises:
        InputError: If the condition cannot be read.
    """
    spec = parse_condition(condition) if isinstance(condition, str) else condition
    rewrite = spec.condition.rewrite
    return text if rewrite is None else rewrite(text, spec.values)


def mask_affect(text: str) -> str:
    """A text with `MASK` for every word, emoticon and emoji that VADER's lexicon has.

    Inflections are words of the lexicon; those that it does not list stay. Punctuation and the rest of
    a compound ("joy-filled") stay as well. VADER's compound score of what is left is 0.
    """
    felt = _emojis_of_feeling()
    if not felt.isdisjoint(text):
        text = "".join(MASK if sign in felt else sign for sign in text)
    return _between_emojis().sub(lambda token: _masked(token[0]), text)


def shorten(text: str, words: int) -> str:
    """The first so many words of a text, wherever that ends; what is shorter is left as it is.

    Args:
        text: The text.
        words: How many, parted by blanks.
    """
    tokens = list(_TOKEN.finditer(text))
    return text if len(tokens) <= words else text[: tokens[words - 1].end()]


@lru_cache(maxsize=65_536)  # descriptions are made of the same words
def _masked(token: str) -> str:
    """One token without what carries feeling: as VADER reads it, and each word within."""
    lexicon = vader().lexicon
    while True:
        core = token.strip(string.punctuation)
        if len(core) <= EMOTICON:
            core = token
        if core.lower() in lexicon:
            masked = token.replace(core, MASK, 1)
        else:
            masked = WORD.sub(lambda word: MASK if word[0].lower() in lexicon else word[0], token)
        # What is left can be read anew: "sad!8-d" ends in an emoticon.
        if masked == token:
            return token
        token = masked


@cache
def _between_emojis() -> re.Pattern[str]:
    """What VADER reads as one token, or the beginning of one: it sets a blank before every emoji."""
    emojis = "".join(sign for sign in vader().emojis if len(sign) == 1)
    return re.compile(rf"[^\s{re.escape(emojis)}]+")


@cache
def _emojis_of_feeling() -> frozenset[str]:
    """Emojis that VADER reads as words of which one is in its lexicon."""
    return frozenset(
        sign
        for sign, words in vader().emojis.items()
        if any(_masked(word) != word for word in words.split())
    )


def _first_words(text: str, values: Mapping[str, float]) -> str:
    return shorten(text, int(values["words"]))


MASK_AFFECT = Condition(
    "mask-affect",
    "1",
    f"The description with {MASK} for every word of feeling (VADER's lexicon, English).",
    changes="description",
    rewrite=lambda text, _values: mask_affect(text),
)
SHORTEN = Condition(
    "shorten",
    "1",
    "The description's first words, and no more.",
    (Parameter("words", 20, 1, 1000, "how many", whole=True),),
    changes="description",
    rewrite=_first_words,
)
