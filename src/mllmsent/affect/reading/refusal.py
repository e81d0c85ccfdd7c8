"""Whether an answer declines: policy, no feelings, no image, cannot tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.affect.reading.lexicon import active_languages, lexicon
from mllmsent.affect.reading.text import tokenize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mllmsent.affect.reading.text import Token

__all__ = ["is_refusal"]

_REACH = 8
"""How many tokens a refused task may stand from the words that refuse it."""


def is_refusal(text: str) -> bool:
    """Whether the text says that it will not or cannot answer.

    It is asked only of answers that give no verdict: a disclaimer before a verdict is no refusal.
    """
    return any(_declines(tokenize(line)) for line in text.split("\n"))


def _declines(tokens: Sequence[Token]) -> bool:
    languages = active_languages(tokens)
    known = lexicon()
    position, reach, is_sorry = 0, -1, False
    task = -_REACH - 1
    while position < len(tokens):
        length, kinds = known.at(tokens, position, languages)
        if kinds & {"sorry", "missing"}:
            is_sorry = True
            if "missing" in kinds:
                return True
        if "cannot" in kinds:
            # The task comes first in some languages.
            if is_sorry or position - task <= _REACH:
                return True
            reach = position + max(length, 1) + _REACH
        elif "task" in kinds:
            if position < reach:
                return True
            task = position
        position += max(length, 1)
    return False
