"""One field of an answer's JSON: a text, or a list of texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.affect.reading.evidence import judge
from mllmsent.affect.reading.prose import read_phrase
from mllmsent.affect.reading.result import Reading
from mllmsent.affect.reading.units import units_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mllmsent.affect.reading.vocabulary import Vocabulary

__all__ = ["NOTHING", "read_value"]

NOTHING = "no verdict"
"""The reason of a reading of something that is not about labels at all."""
_FEW_LABELS = 3


def read_value(value: Any, vocabulary: Vocabulary, cut: str | None) -> Reading | None:
    """Read one field's value.

    Args:
        value: What JSON has there.
        vocabulary: The scheme's words.
        cut: The text in which the answer breaks off, which is no value.

    Returns:
        The reading, with `how` "bare" where the value is labels and nothing else; None where the
        field is empty or holds an object.
    """
    if isinstance(value, str):
        text = value.strip()
        return _read_text(text, vocabulary) if text and text != cut else None
    if isinstance(value, bool | int | float):
        return Reading("unparsed", reason=NOTHING)
    if isinstance(value, list):
        parts = [part for one in value if (part := read_value(one, vocabulary, cut))]
        return _together(parts, vocabulary)
    return None


def _read_text(text: str, vocabulary: Vocabulary) -> Reading:
    units = units_of(" ".join(text.split()), vocabulary, tolerant=True)
    dress = ("label", "intense", "slight", "cue", "comma", "and", "symbol", "stop")
    reading = judge(read_phrase(text, vocabulary), vocabulary.names)
    how = "bare" if all(unit.is_a(*dress) for unit in units) else ""
    return Reading(reading.status, reading.labels, reason=reading.reason, how=how)


def _together(parts: Sequence[Reading], vocabulary: Vocabulary) -> Reading:
    """What the entries of a list say together."""
    ok = [part for part in parts if part.status == "ok"]
    labels = {name for part in ok for name in part.labels}
    problem = next((p.reason for p in parts if p.status != "ok" and p.reason != NOTHING), "")
    if not problem and not ok:
        problem = NOTHING
    if not problem and not vocabulary.multi_label and (len(labels) > 1 or len(parts) > len(ok)):
        problem = "several labels"
    if not problem and len(labels) == len(vocabulary.names) > _FEW_LABELS:
        problem = "the list of labels, repeated"
    if problem:
        return Reading("unparsed", reason=problem)
    return Reading("ok", tuple(name for name in vocabulary.names if name in labels), how="bare")
