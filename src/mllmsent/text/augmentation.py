"""Augmentation of training texts: small random changes that leave what a text says alone.

Wei and Zou, "EDA: Easy data augmentation techniques for boosting performance on text classification
tasks", EMNLP 2019, without their insertions: words are replaced by synonyms, exchanged with a
neighbor, and left out. For training only: an augmented test text is another text than the one that
people's judgments go with, and its score means nothing.

The synonyms are English, and few on purpose (`synonyms.yaml`): a thesaurus of everything also knows
what else a word can mean. In another language words are only exchanged and left out.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.foundation.config import read_document

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SYNONYMS", "TextChanges", "augment_text"]

SYNONYMS = Path(__file__).with_name("synonyms.yaml")
"""Words that stand for each other."""

# What a word is dressed in stays where it is: (before, word, after).
_WORD = re.compile(r"^(\W*)(.*?)(\W*)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class TextChanges:
    """How much a training text may change. Zero turns a change off.

    Attributes:
        synonym: Probability with which a word that has synonyms is replaced by one, 0 to 1.
        swap: Probability with which a word changes places with the next one, 0 to 1.
        deletion: Probability with which a word is left out, 0 to below 1; one always stays.
    """

    synonym: float = 0.1
    swap: float = 0.05
    deletion: float = 0.1


def augment_text(text: str, changes: TextChanges, *, seed: int, copy: int) -> str:
    """A text, changed.

    Args:
        text: The text; not blank.
        changes: How much.
        seed: Seed of the training.
        copy: Which copy of the text, from 0. The draw follows from text, seed and copy: whatever
            other texts there are, it is the same.
    """
    key = hashlib.sha256(f"{seed}:{copy}:".encode() + text.encode("utf-8", "replace")).digest()
    random = np.random.default_rng(np.frombuffer(key, dtype=np.uint32))
    words = text.split()
    # One draw for each word and change, so that turning one off leaves the others as they are.
    replaced, swapped, dropped, which = random.random((4, len(words)))
    words = [
        _replaced(word, which[place]) if replaced[place] < changes.synonym else word
        for place, word in enumerate(words)
    ]
    for place in range(len(words) - 1):
        if swapped[place] < changes.swap:
            words[place], words[place + 1] = words[place + 1], words[place]
    kept = [word for word, draw in zip(words, dropped, strict=True) if draw >= changes.deletion]
    return " ".join(kept or [words[int(dropped.argmax())]])


def _replaced(word: str, draw: float) -> str:
    found = _WORD.match(word)
    assert found is not None  # it matches everything
    before, bare, after = found.groups()
    others = _synonyms().get(bare.casefold())
    if not others:
        return word
    other = others[int(draw * len(others))]
    return before + (other.capitalize() if bare[:1].isupper() else other) + after


@cache
def _synonyms() -> Mapping[str, tuple[str, ...]]:
    """Word to the others that stand for it."""
    sets: Any = read_document(SYNONYMS).value
    return {
        word: tuple(other for other in words if other != word) for words in sets for word in words
    }
