"""Labels in JSON: which field is the answer, and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mllmsent.affect.reading.evidence import judge
from mllmsent.affect.reading.json_find import json_texts
from mllmsent.affect.reading.json_scores import read_label_map
from mllmsent.affect.reading.json_value import NOTHING, read_value
from mllmsent.affect.reading.prose import read_prose
from mllmsent.affect.reading.result import Reading
from mllmsent.affect.reading.units import units_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mllmsent.affect.reading.vocabulary import Vocabulary

__all__ = ["NO_VERDICT", "answer_fields", "read_json"]

NO_VERDICT = "no verdict in the JSON"

_LAST, _ANSWER, _GENERIC, _OTHER, _NEVER = 3, 2, 1, 0, -1


@dataclass(frozen=True, slots=True)
class _Field:
    rank: int
    value: Any
    place: tuple[int, ...] = ()


def read_json(values: Sequence[Any], vocabulary: Vocabulary, *, cut: str | None) -> Reading | None:
    """Read the label out of an answer's JSON.

    Args:
        values: The objects and lists found, in order.
        vocabulary: The scheme's words.
        cut: The text in which the answer breaks off, which is no value.

    Returns:
        The reading; None where there is no JSON.
    """
    if not values:
        return None
    readings = [_read_one(value, vocabulary, cut) for value in values]
    ok = [reading for reading in readings if reading.status == "ok"]
    if not ok:
        told = [one for one in readings if one.reason != NO_VERDICT]
        return (told or readings)[0]
    if any(reading.labels != ok[0].labels for reading in ok):
        return Reading("unparsed", reason="several answers that differ", how="json")
    return ok[0]


def answer_fields(value: Any, vocabulary: Vocabulary) -> list[Any]:
    """The values of those fields of some JSON that are called an answer."""
    fields = list(_fields(value, vocabulary, inside=_OTHER, place=()))
    best = max((field.rank for field in fields), default=_OTHER)
    return [field.value for field in fields if field.rank == best]


def _read_one(value: Any, vocabulary: Vocabulary, cut: str | None) -> Reading:
    fields = list(_fields(value, vocabulary, inside=_OTHER, place=()))
    maps = [found for part in _maps(value) if (found := read_label_map(part, vocabulary))]
    scores = next((one.scores for one in maps if one.scores), None)
    for rank in (_LAST, _ANSWER, _GENERIC):
        said = [
            reading
            for field in fields
            if field.rank == rank and (reading := read_value(field.value, vocabulary, cut))
        ]
        ok = [reading for reading in said if reading.status == "ok"]
        doubtful = [one for one in said if one.status != "ok" and one.reason != NOTHING]
        if ok or doubtful:
            places = [field.place for field in fields if field.rank == rank]
            is_list = vocabulary.multi_label and all(places) and len(set(places)) == len(places)
            agreed = _agreed(ok, doubtful, vocabulary, scores, is_list=is_list)
            return maps[0] if agreed.status != "ok" and len(ok) > 1 and maps else agreed
    if maps:
        return maps[0] if len({one.labels for one in maps}) == 1 else _unparsed("scores differ")
    return _read_odd(value, fields, vocabulary, cut)


def _agreed(
    ok: Sequence[Reading],
    doubtful: Sequence[Reading],
    vocabulary: Vocabulary,
    scores: Mapping[str, float] | None,
    *,
    is_list: bool,
) -> Reading:
    if doubtful:
        return _unparsed(doubtful[0].reason)
    labels = {name for reading in ok for name in reading.labels}
    if any(set(reading.labels) != labels for reading in ok) and not is_list:
        return _unparsed("fields differ")
    ordered = tuple(name for name in vocabulary.names if name in labels)
    return Reading("ok", ordered, scores=scores, how="json")


def _read_odd(
    value: Any, fields: Sequence[_Field], vocabulary: Vocabulary, cut: str | None
) -> Reading:
    """JSON without a field that is called an answer."""
    bare = [
        reading
        for field in fields
        if field.rank == _OTHER
        and (reading := read_value(field.value, vocabulary, cut))
        and reading.status == "ok"
        and reading.how == "bare"
    ]
    if len(bare) == 1:
        return Reading("ok", bare[0].labels, how="json")
    if len(bare) > 1:
        return _unparsed("several fields could be the answer")
    texts = [text for text in json_texts([value]) if text.strip() and text.strip() != cut]
    if len(texts) == 1 and isinstance(value, dict):
        sole = read_value(texts[0], vocabulary, cut)
        reading = judge(read_prose(texts[0], vocabulary), vocabulary.names)
        if reading.status == "ok" and sole is not None and sole.how != "bare":
            return Reading("ok", reading.labels, how="json")
    return _unparsed(NO_VERDICT)


def _unparsed(reason: str) -> Reading:
    return Reading("unparsed", reason=reason, how="json")


def _fields(
    value: Any, vocabulary: Vocabulary, *, inside: int, place: tuple[int, ...]
) -> Iterator[_Field]:
    if isinstance(value, list):
        if value and all(not isinstance(one, dict | list) for one in value):
            yield _Field(max(inside, _GENERIC) if not place else inside, value, place)
            return
        for index, one in enumerate(value):
            yield from _fields(one, vocabulary, inside=inside, place=(*place, index))
    elif isinstance(value, dict):
        for key, one in value.items():
            rank = _rank(str(key), vocabulary, inside)
            if rank == _NEVER:
                continue
            if isinstance(one, dict) or (
                isinstance(one, list) and any(isinstance(part, dict | list) for part in one)
            ):
                yield from _fields(one, vocabulary, inside=max(rank, inside), place=place)
            else:
                yield _Field(rank, one, place)


def _rank(key: str, vocabulary: Vocabulary, inside: int) -> int:
    units = units_of(key, vocabulary)
    if any(
        unit.is_a("secondary", "elsewhere", "explain", "negator", "person", "people", "early")
        for unit in units
    ):
        return _NEVER
    if any(unit.is_a("final", "summary") for unit in units):
        return _LAST
    if any(unit.is_a("answer", "cue") for unit in units):
        return _ANSWER
    return max(inside, _OTHER)


def _maps(value: Any) -> Iterator[Any]:
    """Every object and list in the JSON that could give a number per label."""
    if isinstance(value, dict):
        yield value
        for one in value.values():
            yield from _maps(one)
    elif isinstance(value, list):
        yield value
        for one in value:
            yield from _maps(one)
