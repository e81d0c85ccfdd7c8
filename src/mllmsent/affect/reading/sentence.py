"""One sentence: its clauses, and the verdict they add up to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.affect.reading.clause import ClauseReading, is_cue_phrase, read_clause
from mllmsent.affect.reading.evidence import ASIDE, FINAL, LINE, Evidence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mllmsent.affect.reading.units import Unit
    from mllmsent.affect.reading.vocabulary import Vocabulary

__all__ = ["read_sentence"]

_OPENERS = (
    "comma",
    "semicolon",
    "colon",
    "dash",
    "arrow",
    "open",
    "contrast",
    "concession",
    "correction",
    "idiom",
)
_KEPT = frozenset({"concession", "contrast", "correction"})
_LONGEST_KEY = 4
_DRESS = frozenset(
    {"filler", "intense", "slight", "partial", "emphasis", "symbol", "and", "or", "notjust"}
)


@dataclass(frozen=True, slots=True)
class _Clause:
    opener: str
    units: tuple[Unit, ...]


def read_sentence(units: Sequence[Unit], vocabulary: Vocabulary, *, bare: int) -> list[Evidence]:
    """What one sentence says.

    Args:
        units: Its units, without line breaks.
        vocabulary: The scheme's words.
        bare: How strongly a label counts that stands alone at the sentence's start; 0 for not at
            all.

    Returns:
        Evidence in order; nothing where the sentence gives none.
    """
    if any(unit.is_a("question") for unit in units):
        return []
    clauses = _clauses(_without_remarks(_without_enumerator(units)))
    found: list[Evidence] = []
    for index, clause in enumerate(clauses):
        if clause.opener == "correction":
            found.append(Evidence(is_correction=True))
        value = clauses[index + 1 :]
        if value and value[0].opener in {"colon", "dash", "arrow"} and is_cue_phrase(clause.units):
            is_final = any(unit.is_a("final") for unit in clause.units)
            inner = _verdict(
                value, vocabulary, bare=FINAL if is_final else LINE, how="verdict line"
            )
            return [*found, *_lifted(inner, FINAL if is_final else LINE)]
    return [*found, *_verdict(clauses, vocabulary, bare=bare, how="sentence")]


def _lifted(found: Sequence[Evidence], strength: int) -> list[Evidence]:
    return [
        one
        if one.is_denial or one.is_correction
        else Evidence(one.labels, max(one.strength, strength), "verdict line", one.problem)
        for one in found
    ]


def _verdict(
    clauses: Sequence[_Clause], vocabulary: Vocabulary, *, bare: int, how: str
) -> list[Evidence]:
    found: list[Evidence] = []
    verdict: Evidence | None = None
    in_reason = False
    for index, clause in enumerate(clauses):
        if clause.opener in {"contrast", "semicolon", "colon"}:
            in_reason = False
        if any(unit.is_a("condition") for unit in clause.units):
            return [one for one in found if one.is_denial]
        if any(unit.is_a("secondary") for unit in clause.units) and verdict is not None:
            break  # what comes second is no verdict
        if in_reason:
            continue
        reading = read_clause(clause.units, vocabulary)
        if clause.opener == "concession":
            verdict = _after_concession(verdict, reading, clause, vocabulary)
            continue
        if verdict is not None and any(unit.is_a("notjust") for unit in clause.units):
            continue
        if reading.denied:
            found.append(Evidence(reading.denied, _denial_strength(reading, bare), is_denial=True))
        strength = _strength(reading, clauses, index, verdict, vocabulary, bare=bare)
        in_reason = bool(reading.labels) and any(
            unit.is_a("reason") and not unit.is_a("and", "filler") for unit in clause.units
        )
        if not reading.labels:
            verdict = _graded_after(verdict, reading, clause, vocabulary)
            continue
        if len(reading.labels) == len(vocabulary.names) > 1 and len(vocabulary.names) != 2:
            continue  # the list of labels, repeated
        said = Evidence(reading.labels, strength, how, reading.problem)
        if strength == 0:
            if verdict is not None and reading.labels != verdict.labels:
                verdict = Evidence(verdict.labels, verdict.strength, how, "another label beside it")
        elif verdict is None or said.strength > verdict.strength + 1:
            verdict = said
        elif said.labels != verdict.labels and verdict.strength <= said.strength + 1:
            verdict = Evidence(said.labels | verdict.labels, said.strength, how, "several labels")
        elif said.problem:
            verdict = said
    return found if verdict is None else [*found, verdict]


def _after_concession(
    verdict: Evidence | None, reading: ClauseReading, clause: _Clause, vocabulary: Vocabulary
) -> Evidence | None:
    """ "Positive, though only slightly"; "he is angry while she is sad". Else it changes nothing."""
    if verdict is None or reading.strength < verdict.strength or reading.labels == verdict.labels:
        return _graded_after(verdict, reading, clause, vocabulary)
    return Evidence(verdict.labels, verdict.strength, verdict.how, "several labels")


def _denial_strength(reading: ClauseReading, bare: int) -> int:
    return reading.strength or bare


def _strength(
    reading: ClauseReading,
    clauses: Sequence[_Clause],
    index: int,
    verdict: Evidence | None,
    vocabulary: Vocabulary,
    *,
    bare: int,
) -> int:
    clause = clauses[index]
    if reading.strength or not reading.is_bare:
        return reading.strength
    if any(unit.is_a("notjust") for unit in clause.units):
        return ASIDE
    if index == 0:
        return bare if _explains(clauses[index + 1 :], vocabulary) else 0
    if verdict is not None and clause.opener in {"open", "contrast"}:
        return 1
    if clause.opener in {"colon", "dash", "arrow"} and index == len(clauses) - 1:
        key = clauses[index - 1]
        is_key = index == 1 and len(key.units) <= _LONGEST_KEY
        elsewhere = any(
            unit.is_a("elsewhere", "person", "people", "secondary") for unit in key.units
        )
        has_label = any(unit.labels for unit in key.units)
        return 2 if has_label or not (is_key or elsewhere) else 0
    if clause.opener == "open" and index == 1 and is_cue_phrase(clauses[0].units):
        return bare
    if clause.opener in {"contrast", "comma"} and any(
        unit.is_a("negator") for c in clauses[:index] for unit in c.units
    ):
        return bare
    return 0


def _explains(rest: Sequence[_Clause], vocabulary: Vocabulary) -> bool:
    """Whether what follows a label at the start of a sentence only says why."""
    if not rest:
        return True
    after = rest[0]
    if after.opener in {"dash", "colon", "open", "semicolon", "contrast", "concession", "arrow"}:
        return True
    if vocabulary.multi_label and all(len(clause.units) <= 2 for clause in rest):
        return True  # words of another vocabulary in the list
    if all(unit.is_a("intense", "filler") for unit in after.units):
        return True
    return bool(after.units) and after.units[0].is_a(
        "reason", "pronoun", "filler", "negator", "image", "minor", "viewer", "person", "slight"
    )


def _graded_after(
    verdict: Evidence | None, reading: ClauseReading, clause: _Clause, vocabulary: Vocabulary
) -> Evidence | None:
    """ "Negative, but only mildly so": the degree comes a clause later."""
    if verdict is None or not reading.degree or not vocabulary.graded:
        return verdict
    if not all(
        unit.is_a("slight", "partial", "filler", "pronoun", "intense", "copula", "reason")
        for unit in clause.units
    ):
        return verdict
    (name, *others) = sorted(verdict.labels)
    milder = vocabulary.milder.get(name)
    if reading.degree == "slight" and milder and not others:
        return Evidence(frozenset({milder}), verdict.strength, verdict.how, verdict.problem)
    return Evidence(verdict.labels, verdict.strength, verdict.how, "graded")


def _without_enumerator(units: Sequence[Unit]) -> list[Unit]:
    """A list's "1.", "(b)" or "2 -" before the words, and emphasis and symbols, go."""
    kept = [unit for unit in units if not unit.is_a("emphasis", "symbol")]
    start = 0
    while start < len(kept) and kept[start].is_a("dash", "arrow", "stop", "comma"):
        start += 1
    index = start
    if index < len(kept) and kept[index].is_a("open"):
        index += 1
    if index + 1 < len(kept) and kept[index].is_a("number", "letter"):
        if kept[index + 1].is_a("stop", "close", "colon", "dash"):
            return kept[index + 2 :]
    return kept[start:]


def _without_remarks(units: Sequence[Unit]) -> list[Unit]:
    """Parentheses that hold neither a label nor a degree go."""
    kept: list[Unit] = []
    opened: int | None = None
    for unit in units:
        if unit.is_a("open"):
            opened = len(kept)
        elif unit.is_a("close") and opened is not None:
            inside = kept[opened + 1 :]
            if not any(part.labels or part.is_a("slight", "partial", "hedge") for part in inside):
                del kept[opened:]
                opened = None
                continue
            opened = None
        kept.append(unit)
    return kept


def _clauses(units: Sequence[Unit]) -> list[_Clause]:
    clauses: list[_Clause] = []
    opener = "start"
    current: list[Unit] = []

    def close(next_opener: str) -> None:
        nonlocal opener, current
        if current:
            clauses.append(_Clause(opener, tuple(current)))
        elif opener in _KEPT and next_opener not in _KEPT:
            next_opener = opener
        opener, current = next_opener, []

    for index, unit in enumerate(units):
        if unit.is_a("stop"):
            continue
        if unit.is_a("comma", "semicolon") and _joins_labels(units, index):
            current.append(unit)
            continue
        if unit.is_a("open"):
            close("open")
            continue
        if unit.is_a("letter", "number") and _is_enumerator(units, index):
            continue
        if unit.is_a("close"):
            close("close")
            continue
        sign = next((kind for kind in _OPENERS if unit.is_a(kind)), None)
        if sign in {"contrast", "concession", "correction"} and unit.is_a("filler", "reason"):
            sign = None
        if sign is not None:
            close(sign)
            continue
        current.append(unit)
    close("end")
    return clauses


def _is_enumerator(units: Sequence[Unit], index: int) -> bool:
    """Whether a letter or number only counts the label behind it: "B, neutral", "class 2: sad"."""
    after = units[index + 1 : index + 3]
    return (
        len(after) == 2
        and after[0].is_a("comma", "colon", "dash", "close")
        and bool(after[1].labels)
    )


def _joins_labels(units: Sequence[Unit], index: int) -> bool:
    """Whether a comma stands between two labels of a list."""
    before = units[index - 1] if index else None
    rest = list(units[index + 1 : index + 6])
    if before is None:
        return False
    if not before.labels:
        # "warm, cheerful, and positive"
        shape = "".join(
            "l"
            if u.labels
            else "a"
            if u.is_a("and")
            else "c"
            if u.is_a("comma")
            else "u"
            if u.is_a("unknown")
            else "x"
            for u in rest
        )
        return before.is_a("unknown") and re.match(r"u?c?al", shape) is not None
    if rest and rest[0].is_a("rather", "negator"):
        return False
    after = next((unit for unit in units[index + 1 :] if not unit.kinds <= _DRESS), None)
    if after is None or not after.labels:
        return False
    # "not positive, negative" states the second; "not happy, sad or angry" denies all.
    denied = any(unit.is_a("negator") for unit in units[:index])
    return not denied or any(unit.is_a("or", "and", "negator") for unit in units[index:])
