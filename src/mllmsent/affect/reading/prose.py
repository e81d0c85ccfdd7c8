"""Labels in words: lines and sentences of an answer that is not JSON."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mllmsent.affect.reading.clause import is_cue_phrase
from mllmsent.affect.reading.dress import BARE
from mllmsent.affect.reading.evidence import FINAL, REMARK, STATEMENT, Evidence
from mllmsent.affect.reading.listing import read_listing, read_scores
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
_STRUCK = re.compile(r"~~[^~\n]{0,200}~~")
_EMPHASIS = re.compile(r"(\*{1,3}|_{2,3}|`{1,3}|~~)")
_SENTENCE_END = re.compile(r"(?<=[.!?。！？])(?:\s+|(?<=[。！？]))")
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
    text = _LATEX.sub(r"\1", text)
    found = _enclosed(text, vocabulary)
    unboxed = _BOXED.sub(r"\1", text)
    lines = [_TITLE.sub(r"\g<title>:", line) for line in unboxed.split("\n") if line.strip()]
    listed, rest = read_listing(_clean("\n".join(lines)).split("\n"), vocabulary)
    return [*found, *listed, *_read_lines(rest, vocabulary)]


def _enclosed(text: str, vocabulary: Vocabulary) -> list[Evidence]:
    """What stands in a box or in tags that are called an answer: it is meant as the last word."""
    contents = [match[1] for match in _BOXED.finditer(text)]
    contents += [
        match[2]
        for match in _TAGGED.finditer(text)
        if is_cue_phrase(units_of(match[1], vocabulary))
    ]
    return [
        replace(one, strength=FINAL, how="verdict line")
        for content in contents
        for one in read_phrase(content, vocabulary)
        if not one.is_denial
    ]


def _read_lines(lines: Sequence[str], vocabulary: Vocabulary) -> list[Evidence]:
    found: list[Evidence] = []
    title = ""
    for number, line in enumerate(lines):
        if _RULE.match(line):
            continue
        words = line.lstrip(" >#*+-=|").rstrip(" |")
        sentences = [part for part in _SENTENCE_END.split(words) if part.strip()]
        is_alone = len(sentences) == 1
        is_titled = is_alone and bool(title) and not _names_answer(title, vocabulary)
        for place, sentence in enumerate(sentences):
            units = units_of(sentence, vocabulary, tolerant=is_alone)
            bare = STATEMENT if is_alone or (number == 0 and place == 0) else REMARK
            scores = read_scores(units, vocabulary)
            if scores is not None:
                found += scores
                continue
            evidence = read_sentence(units, vocabulary, bare=0 if is_titled else bare)
            if is_alone and len(lines) == 1 and all(u.is_a("label", *BARE) for u in units):
                evidence = [replace(one, how="bare") for one in evidence]
            found += evidence
        is_title = line.lstrip().startswith("#") or words.endswith(":")
        title = words if is_title and len(lines) > 1 else ""
    return found


def _names_answer(title: str, vocabulary: Vocabulary) -> bool:
    units = units_of(title, vocabulary)
    return any(unit.is_a("cue", "answer", "final") for unit in units) and not any(
        unit.is_a("elsewhere", "person", "people", "secondary") for unit in units
    )


def _clean(text: str) -> str:
    text = _FORMAT_TAG.sub(" ", _STRUCK.sub(" ", _LATEX.sub(r"\1", text)))
    return _EMPHASIS.sub("", text)
