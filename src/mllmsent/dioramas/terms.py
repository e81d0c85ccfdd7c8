"""Finding a scene's terms in free text, by a list of words for each (`lexicon.yaml`)."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from mllmsent.foundation.config import read_document

__all__ = ["find_terms", "term_of"]

_WINDOW = 3
"""How many words before a term a negation takes it back."""


def find_terms(text: str, kind: str) -> tuple[str, ...]:
    """The terms of a kind that a text names, in the order in which it names them, each once.

    Longer words win over shorter ones inside them ("broken window" over "window"), and a term after
    "no", "not" or "without" is not named.

    Args:
        text: English, any case.
        kind: "setting", "time", "weather", "light", "palette", "who", "expression", "posture" or
            "object".
    """
    lowered = text.lower()
    pattern, meaning = _pattern(kind)
    found: dict[str, None] = {}
    for match in pattern.finditer(lowered):
        before = re.findall(r"[a-z']+", lowered[: match.start()])[-_WINDOW:]
        clause = re.split(r"[.;:!?]", lowered[: match.start()])[-1]
        near = [word for word in before if word in clause]
        if not any(word in _negations() for word in near):
            found[meaning[match.group()]] = None
    return tuple(found)


def term_of(text: str, kind: str) -> str | None:
    """The one term of a kind that a short answer means; None where it names none."""
    found = find_terms(text, kind)
    return found[0] if found else None


@lru_cache(maxsize=16)
def _pattern(kind: str) -> tuple[re.Pattern[str], dict[str, str]]:
    meaning: dict[str, str] = {}
    for term, words in _lexicon()[kind].items():
        for word in (term, *words):
            meaning.setdefault(word.lower(), term)
    longest_first = sorted(meaning, key=len, reverse=True)
    choices = "|".join(re.escape(word) for word in longest_first)
    return re.compile(rf"(?<![a-z])(?:{choices})(?![a-z])"), meaning


@lru_cache(maxsize=1)
def _negations() -> frozenset[str]:
    return frozenset(_lexicon()["negations"])


@lru_cache(maxsize=1)
def _lexicon() -> dict[str, Any]:
    lexicon: dict[str, Any] = read_document(Path(__file__).with_name("lexicon.yaml")).value
    return lexicon
