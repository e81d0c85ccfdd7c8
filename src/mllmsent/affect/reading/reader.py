"""From a model's words to a reading in a scheme: never a guess."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.affect.reading.dimensions import read_dimensions
from mllmsent.affect.reading.evidence import LINE, STATEMENT, judge
from mllmsent.affect.reading.free import read_free
from mllmsent.affect.reading.json_answer import NO_VERDICT, read_json
from mllmsent.affect.reading.json_find import find_json, json_texts
from mllmsent.affect.reading.prose import read_prose
from mllmsent.affect.reading.refusal import is_refusal
from mllmsent.affect.reading.result import Reading
from mllmsent.affect.reading.text import MAX_CHARACTERS, plain, without_reasoning
from mllmsent.affect.reading.vocabulary import vocabulary_of

if TYPE_CHECKING:
    from mllmsent.affect.scheme import Scheme

__all__ = ["is_declined", "read_answer"]


def read_answer(text: str, scheme: Scheme) -> Reading:
    """Read what a model answered into a scheme.

    It is "ok" only where the answer commits itself beyond doubt: as JSON, as a bare label, on a line
    that names it, or in a sentence about the image, its sentiment or its viewer, in any language
    that the scheme's words come in. What two careful people could read differently is "unparsed".

    Args:
        text: The answer as it came; it may hold reasoning blocks, which are no answer.
        scheme: The scheme that was asked for.

    Returns:
        The reading; this never raises, whatever the text.
    """
    answer, is_cut = without_reasoning(text)
    # Some single characters stand for many, so that the length is looked at twice.
    if len(answer) <= MAX_CHARACTERS:
        answer = plain(answer).strip()
    if len(answer) > MAX_CHARACTERS:
        return Reading("unparsed", reason="longer than any answer")
    if not any(char.isalnum() for char in answer):
        return Reading("unparsed", reason="cut off in the reasoning" if is_cut else "empty")
    if scheme.kind == "dimensional":
        reading = read_dimensions(answer, scheme)
    elif scheme.open_vocabulary:
        reading = read_free(answer, scheme)
    else:
        reading = _read_labels(answer, scheme)
    # Any words could be labels of an open vocabulary, those of a refusal too.
    is_doubtful = scheme.open_vocabulary and reading.how != "json"
    if (reading.status == "unparsed" or is_doubtful) and is_refusal(_all_words(answer)):
        return Reading("refused", reason="the answer declines")
    return reading


def is_declined(text: str, scheme: Scheme) -> bool:
    """Whether `read_answer` calls a text refused; where it does not, that takes a tenth of the time."""
    answer = plain(without_reasoning(text)[0][: MAX_CHARACTERS + 1]).strip()
    return is_refusal(_all_words(answer)) and read_answer(text, scheme).status == "refused"


def _read_labels(answer: str, scheme: Scheme) -> Reading:
    vocabulary = vocabulary_of(scheme)
    found = find_json(answer)
    structured = read_json(found.values, vocabulary, cut=found.cut)
    evidence = read_prose(found.around, vocabulary)
    if structured is None:
        return judge(evidence, vocabulary.names)
    if structured.status == "ok":
        rivals = [one for one in evidence if one.strength >= STATEMENT]
        said = judge(rivals, vocabulary.names)
        if said.status == "ok" and set(said.labels) != set(structured.labels):
            return Reading("unparsed", reason="JSON and words differ")
        return structured
    beside = judge([one for one in evidence if one.strength >= LINE], vocabulary.names)
    return beside if beside.status == "ok" and structured.reason == NO_VERDICT else structured


def _all_words(answer: str) -> str:
    found = find_json(answer)
    return "\n".join([found.around, *json_texts(found.values)])
