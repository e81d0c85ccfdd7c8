"""A number, or a yes, for every label in JSON."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from mllmsent.affect.reading.result import Reading
from mllmsent.affect.reading.units import units_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mllmsent.affect.reading.vocabulary import Vocabulary

__all__ = ["read_label_map"]

_AROUND_KEY = ("copula", "cue", "filler", "rating")
_NUMBER = re.compile(r"^\s*(\d{1,9}(?:[.,]\d{1,9})?)\s*%?\s*$")


def read_label_map(value: Any, vocabulary: Vocabulary) -> Reading | None:
    """Read what gives each label of the scheme a number or a yes.

    Args:
        value: An object of label to number or truth value, or a list of objects that each hold a
            label and a number.
        vocabulary: The scheme's words.

    Returns:
        The label with the one highest number, and the numbers as scores; the labels that are true;
        unparsed where that leaves none or too many. None where `value` is no such thing, or does
        not cover every label.
    """
    pairs = _pairs(value, vocabulary)
    if not pairs:
        return None
    is_all_true = all(one is True for one in pairs.values()) and vocabulary.multi_label
    if set(pairs) != set(vocabulary.names) and not is_all_true:
        return None
    if all(isinstance(one, bool) for one in pairs.values()):
        true = tuple(name for name in vocabulary.names if pairs.get(name))
        problem = "" if true else "no label is true"
        if len(true) > 1 and not vocabulary.multi_label:
            problem = "several labels"
        return Reading(
            "unparsed" if problem else "ok", () if problem else true, reason=problem, how="json"
        )
    scores = {name: one for name in vocabulary.names if (one := _number(pairs[name])) is not None}
    if len(scores) < len(pairs):
        return None
    best = [name for name, number in scores.items() if number == max(scores.values())]
    if len(best) > 1 or vocabulary.multi_label:
        reason = "scores, not labels" if vocabulary.multi_label else "scores tie"
        return Reading("unparsed", scores=scores, reason=reason, how="json")
    return Reading("ok", (best[0],), scores=scores, how="json")


def _pairs(value: Any, vocabulary: Vocabulary) -> Mapping[str, Any] | None:
    if isinstance(value, dict):
        named = [(_label(key, vocabulary), one) for key, one in value.items()]
        pairs = {name: one for name, one in named if name is not None}
        return pairs if len(pairs) == sum(name is not None for name, _ in named) else None
    if not isinstance(value, list):
        return None
    result: dict[str, Any] = {}
    for one in value:
        if not isinstance(one, dict):
            return None
        names = [name for part in one.values() if (name := _label(part, vocabulary)) is not None]
        numbers = [n for part in one.values() if (n := _number(part)) is not None]
        if len(names) != 1 or len(numbers) != 1 or names[0] in result:
            return None
        result[names[0]] = numbers[0]
    return result


def _label(text: Any, vocabulary: Vocabulary) -> str | None:
    if not isinstance(text, str) or len(text) > 60:
        return None
    units = units_of(text, vocabulary, tolerant=True)
    named = [unit.labels for unit in units if unit.labels]
    others = [unit for unit in units if not unit.labels]
    if len(named) != 1 or len(named[0]) != 1 or not all(u.is_a(*_AROUND_KEY) for u in others):
        return None
    (name,) = named[0]
    return name


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        # An integer of a thousand digits is no score, and no float either.
        number = float(value) if abs(value) < 1e9 else math.inf
    else:
        match = _NUMBER.match(value) if isinstance(value, str) else None
        number = float(match[1].replace(",", ".")) if match else math.nan
    return number if math.isfinite(number) and number >= 0 else None
