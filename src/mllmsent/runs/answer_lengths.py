"""How long an answer will be, from the question alone, before there is any.

An answer in a scheme is as long as its labels or numbers are, one in JSON as long as an example that
keeps to the schema, and a description as many sentences as its wording asks for. How long a sentence
is, and a description of which no length is said, was measured on published answers of models. How much
is written by who thinks aloud is not known beforehand.
"""

from __future__ import annotations

import json
import re
from statistics import fmean
from typing import TYPE_CHECKING, Any

from mllmsent.models import text_tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mllmsent.affect import Scheme
    from mllmsent.models.interface import Request
    from mllmsent.pathways.interface import Question

__all__ = ["SENTENCE_TOKENS", "answer_tokens"]

SENTENCE_TOKENS = 20
"""Length of a sentence: 21 in descriptions by GPT-4o mini (arXiv 2508.16873), 20 in captions and 19 in
justifications by Qwen3-VL (arXiv 2604.28048)."""

DESCRIPTION_TOKENS = 170
"""Length of a description where none is said: "Describe this image in details" had 173 tokens on average
from GPT-4o mini, nine of ten between 130 and 215, and 89 from MiniGPT-4 (arXiv 2508.16873)."""

ALOUD_TOKENS = 250
"""Presumed length of thinking aloud, for want of anything published."""

ITEMS = 3
"""Presumed length of a list."""

WORDS_PER_TOKEN = 0.75
"""English words; OpenAI's rule of thumb."""

SHORT_ANSWER = "two words"
"""A label where nothing is known of the labels, or a phrase in a list."""

_NUMBERS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
_NUMBER = rf"(?:{'|'.join(_NUMBERS)}|an?|\d{{1,4}})"
_SAID = re.compile(
    rf"\b(?:({_NUMBER})\s*(?:to|or|-|–)\s*)?({_NUMBER})\s+(sentence|word)s?\b",
    re.IGNORECASE,
)


def answer_tokens(question: Question, scheme: Scheme | None = None) -> int:
    """Presumed length of an answer in tokens, what is only thought not counted.

    Args:
        question: What is asked.
        scheme: The scheme asked in; None for none, or one that is not known.
    """
    request = question.request
    if request.candidates:
        expected = fmean(text_tokens(candidate) for candidate in request.candidates)
    elif request.answer_schema is not None:
        expected = text_tokens(json.dumps(_example(request.answer_schema, SENTENCE_TOKENS)))
    elif question.stage == "description":
        expected = _said_length(request) or DESCRIPTION_TOKENS
    else:
        expected = _label_tokens(scheme) + (ALOUD_TOKENS if question.thinks_aloud else 0)
    return max(round(expected), 1)


def _label_tokens(scheme: Scheme | None) -> float:
    """An answer in a scheme as a wording asks for it, and nothing else."""
    if scheme is None or scheme.open_vocabulary:
        return text_tokens(SHORT_ANSWER)
    if scheme.kind == "dimensional":
        return text_tokens(", ".join(f"{name}: 0.5" for name in scheme.dimension_names))
    one = fmean(text_tokens(name) for name in scheme.label_names)
    return 2 * one + 1 if scheme.multi_label else one


def _said_length(request: Request) -> float | None:
    """The length that a wording asks for, in tokens; None where it says none."""
    asked = " ".join(part for part in request.messages[-1].parts if isinstance(part, str))
    said = _SAID.search(asked)
    if said is None:
        return None
    bounds = [_number(each) for each in said.groups()[:2] if each]
    middle = sum(bounds) / len(bounds)
    return middle * SENTENCE_TOKENS if said[3].lower() == "sentence" else middle / WORDS_PER_TOKEN


def _number(word: str) -> int:
    word = word.lower()
    if word in _NUMBERS:
        return _NUMBERS.index(word) + 1
    return int(word) if word.isdigit() else 1  # "a sentence"


def _example(schema: Mapping[str, Any], length: int) -> object:
    """An answer that keeps to a schema; a text in it has so many tokens, and a phrase within a list."""
    if "enum" in schema:
        values = sorted(schema["enum"], key=lambda value: text_tokens(str(value)))
        return values[len(values) // 2]
    match schema.get("type"):
        case "object":
            members = schema.get("properties", {})
            return {name: _example(member, length) for name, member in members.items()}
        case "array":
            phrase = round(text_tokens(SHORT_ANSWER)) * 2
            return [_example(schema.get("items", {}), phrase)] * ITEMS
        case "integer":
            return 1
        case "number":
            return 0.5
        case _:
            return " ".join(["word"] * length)
