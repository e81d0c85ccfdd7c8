"""Labels in words: lines and sentences of an answer that is not JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mllmsent.affect.reading.clause import is_cue_phrase
from mllmsent.affect.reading.evidence import FINAL, REMARK, STATEMENT, Evidence
from mllmsent.affect.reading.listing import read_listing
from mllmsent.affect.reading.sentence import read_sentence
from mllmsent.affect.reading.units import units_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mllmsent.affect.reading.vocabulary import Vocabulary

__all__ = ["read_phrase", "read_prose"]

_LATEX = re.compile(r"\\(?:text|mathrm|textbf|mathbf)\{([^{}]{0,200})\}")
_TITLE = re.compile(r"^\s*\*\*(?P<title>[^*:]{1,60})\*\*\s*$")
_BOXED = re.compile(r"\\boxed\{([^{}]{1,200})\}")
_TAGGED = re.compile(r"<([a-z_ ]{1,30})>([^<>]{1,200})</\1>", re.IGNORECASE)
_FORMAT_TAG = re.compile(
    r"</?(?:b|i|u|em|strong|p|br|span|div|h[1-6]|code|li|ul|ol|mark)\s*/?>", re.IGNORECASE
)
_EMPHASIS = re.compile(r"(\*{1,3}|_{2,3}|`{1,3}|~~)")
_SENTENCE_END = re.compile(r"(?<=[.!?。！？])(?:\s+|(?<=[。！？]))")
_LINE_DRESS = re.compile(r"^[\s>#*+\-=|]+|[\s|]+$")
_RULE = re.compile(r"^[\s|:\-=*_]*$")


def read_phrase(text: str, vocabulary: Vocabulary) -> list[Evidence]:
    """What a short text says that is nothing but an answer: a JSON value, a tag's content."""
    found: list[Evidence] = []
    for sentence in _SENTENCE_END.split(" ".join(_clean(text).split())):
        units = units_of(sentence, vocabulary, tolerant=True)
        found += read_sentence(units, vocabulary, bare=REMARK if found else FINAL)
    return found


def read_prose(text: str, vocabulary: Vocabulary) -> list[Evidence]:
    """What an answer in words says, place by place.

    Args:
        text: Plain text (`text.plain`) without reasoning blocks; markup may be there.
        vocabulary: The scheme's words.
    """
    found: list[Evidence] = []
    text = _LATEX.sub(r"\1", text)
    for pattern in (_BOXED, _TAGGED):
        for match in pattern.finditer(text):
            if pattern is _BOXED or is_cue_phrase(units_of(match[1], vocabulary)):
                found += [
                    Evidence(one.labels, FINAL, "verdict line", one.problem)
                    for one in read_phrase(match[match.lastindex or 1], vocabulary)
                    if not one.is_denial
                ]
    unboxed = _BOXED.sub(r"\1", text)
    lines = [_TITLE.sub(r"\g<title>:", line) for line in unboxed.split("\n") if line.strip()]
    lines = _clean("\n".join(lines)).split("\n")
    listed, rest = read_listing(lines, vocabulary)
    found += listed
    found += _read_lines(rest, vocabulary)
    return found


def _read_lines(lines: Sequence[str], vocabulary: Vocabulary) -> list[Evidence]:
    found: list[Evidence] = []
    title = ""
    sole = len(lines) == 1
    for number, line in enumerate(lines):
        words = _LINE_DRESS.sub("", line)
        if _RULE.match(line):
            continue
        sentences = [part for part in _SENTENCE_END.split(words) if part.strip()]
        for place, sentence in enumerate(sentences):
            alone = len(sentences) == 1
            units = units_of(sentence, vocabulary, tolerant=alone)
            bare = STATEMENT if alone or (number == 0 and place == 0) else REMARK
            if alone and title and not _names_answer(title, vocabulary):
                bare = 0
            evidence = read_sentence(units, vocabulary, bare=bare)
            found += evidence
        is_title = line.lstrip().startswith("#") or words.endswith(":")
        title = words if is_title and not sole else ""
    return found


def _names_answer(title: str, vocabulary: Vocabulary) -> bool:
    units = units_of(title, vocabulary)
    return any(unit.is_a("cue", "answer", "final") for unit in units) and not any(
        unit.is_a("elsewhere", "person", "people", "secondary") for unit in units
    )


def _clean(text: str) -> str:
    text = _FORMAT_TAG.sub(" ", _LATEX.sub(r"\1", text))
    return _EMPHASIS.sub("", text)
