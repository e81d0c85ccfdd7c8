"""One sentence: the verdict that its clauses add up to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mllmsent.affect.reading.clause import is_cue_phrase, read_clause
from mllmsent.affect.reading.clauses import clauses_of, without_preamble
from mllmsent.affect.reading.evidence import ASIDE, FINAL, LINE, REMARK, STATEMENT, Evidence
from mllmsent.affect.reading.mentions import with_degree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mllmsent.affect.reading.clause import ClauseReading
    from mllmsent.affect.reading.clauses import Clause
    from mllmsent.affect.reading.units import Unit
    from mllmsent.affect.reading.vocabulary import Vocabulary

__all__ = ["read_sentence"]

_SIGNS = frozenset({"colon", "dash", "arrow"})
_OF_DEGREE = (
    "slight", "partial", "filler", "pronoun", "intense", "copula", "reason", "rather",
)  # fmt: skip
_LONGEST_KEY = 4
_LONGEST_SENTENCE = 300


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
    if len(units) > _LONGEST_SENTENCE:
        return []
    if any(unit.is_a("question") for unit in units):
        # "Or is it neutral?" unsays what was said; other questions say nothing.
        return [Evidence(strength=STATEMENT, problem="asked again")] if units[0].is_a("or") else []
    clauses = clauses_of(units)
    found = [Evidence(is_correction=True)] if any(c.opener == "correction" for c in clauses) else []
    if vocabulary.multi_label and any(unit.is_a("secondary") for unit in units):
        labels = frozenset(name for unit in units for name in unit.labels)
        return (
            [*found, Evidence(labels, LINE, problem="a label in second place")] if labels else found
        )
    for index, clause in enumerate(clauses[:-1]):
        if clauses[index + 1].opener in _SIGNS and is_cue_phrase(clause.units):
            strength = FINAL if clause.has("final") else LINE
            value = without_preamble(clauses[index + 1 :])
            return [*found, *_lifted(_verdict(value, vocabulary, bare=strength), strength)]
    return [*found, *_verdict(clauses, vocabulary, bare=bare)]


def _lifted(found: Sequence[Evidence], strength: int) -> list[Evidence]:
    return [
        one
        if one.is_denial
        else replace(one, strength=max(one.strength, strength), how="verdict line")
        for one in found
    ]


def _verdict(clauses: Sequence[Clause], vocabulary: Vocabulary, *, bare: int) -> list[Evidence]:
    found: list[Evidence] = []
    verdict: Evidence | None = None
    in_reason = False
    for index, clause in enumerate(clauses):
        if clause.has("condition"):
            return found
        if verdict is not None and clause.has("secondary"):
            break
        in_reason = in_reason and clause.opener not in {"contrast", "semicolon", "colon"}
        if in_reason or (verdict is not None and _is_beside_the_point(clause)):
            continue
        reading = read_clause(clause.units, vocabulary)
        if clause.opener == "concession" or not reading.labels:
            verdict = _after_remark(verdict, reading, clause, vocabulary)
        if clause.opener == "concession":
            continue
        if reading.denied:
            found.append(Evidence(reading.denied, reading.strength or bare, is_denial=True))
        if reading.labels and not _is_echo(reading, vocabulary):
            in_reason = _gives_reason(clause)
            strength = _strength(reading, clauses, index, verdict, vocabulary, bare=bare)
            said = Evidence(reading.labels, strength, "sentence", reading.problem)
            verdict = _merged(verdict, said)
    return found if verdict is None else [*found, verdict]


def _merged(verdict: Evidence | None, said: Evidence) -> Evidence | None:
    """The verdict of a sentence after one more clause with labels."""
    if not said.strength:
        if verdict is None or verdict.labels == said.labels:
            return verdict
        return replace(verdict, problem="another label beside it")
    if verdict is None or said.strength > verdict.strength + 1:
        return said
    if said.labels != verdict.labels and verdict.strength <= said.strength + 1:
        return Evidence(said.labels | verdict.labels, said.strength, said.how, "several labels")
    return said if said.problem else verdict


def _is_echo(reading: ClauseReading, vocabulary: Vocabulary) -> bool:
    """Whether a clause only repeats the list of labels."""
    if len(reading.labels) < len(vocabulary.names) or len(vocabulary.names) == 1:
        return False
    return len(vocabulary.names) > 2 or reading.is_bare


def _gives_reason(clause: Clause) -> bool:
    return any(unit.is_a("reason") and not unit.is_a("and", "filler") for unit in clause.units)


def _is_beside_the_point(clause: Clause) -> bool:
    """Whether it changes nothing after a verdict: "..., with some sadness"."""
    if clause.has("notjust"):
        return True
    return clause.units[0].is_a("reason") and clause.has("partial", "slight", "minor")


def _after_remark(
    verdict: Evidence | None, reading: ClauseReading, clause: Clause, vocabulary: Vocabulary
) -> Evidence | None:
    """The verdict after a clause that gives none of its own.

    "Negative, but only mildly so" and "positive, though only slightly" change its degree; "he is
    angry while she is sad" leaves none; anything else changes nothing.
    """
    if verdict is None:
        return None
    if reading.labels:
        is_rival = reading.labels != verdict.labels and (
            reading.strength >= verdict.strength or verdict.strength == ASIDE
        )
        return replace(verdict, problem="several labels") if is_rival else verdict
    is_denial = clause.opener == "contrast" and clause.has("negator") and not reading.denied
    if is_denial and not clause.has("unknown"):
        return replace(verdict, problem="taken back")  # "..., but it is not"
    if vocabulary.graded and clause.has("negator") and clause.has("intense"):
        return replace(verdict, problem=verdict.problem or "graded")  # "..., not strongly so"
    if not reading.degree or not all(unit.is_a(*_OF_DEGREE) for unit in clause.units):
        return verdict
    labels, problem = with_degree(verdict.labels, reading.degree, vocabulary)
    return replace(verdict, labels=labels, problem=problem or verdict.problem)


def _strength(
    reading: ClauseReading,
    clauses: Sequence[Clause],
    index: int,
    verdict: Evidence | None,
    vocabulary: Vocabulary,
    *,
    bare: int,
) -> int:
    """How strongly a clause gives its labels, by its words or by standing where an answer does."""
    clause = clauses[index]
    if clause.has("notjust") and _is_mild(reading, clause, vocabulary):
        return 0  # what it is beyond "not just slightly" is not said
    if reading.strength or not (reading.is_bare or reading.is_among):
        return reading.strength
    if not reading.is_bare:
        return bare if index == 0 and bare >= LINE else 0
    if clause.has("notjust"):
        return ASIDE
    if index == 0:
        return bare if _explains(clauses[1:], vocabulary, bare=bare) else 0
    is_beside = verdict is not None and clause.opener in {"open", "contrast"}
    return 0 if is_beside else _late_strength(clauses, index, bare=bare)


def _is_mild(reading: ClauseReading, clause: Clause, vocabulary: Vocabulary) -> bool:
    mild = set(vocabulary.milder.values())
    return clause.has("slight", "partial") or not mild.isdisjoint(reading.labels)


def _late_strength(clauses: Sequence[Clause], index: int, *, bare: int) -> int:
    """How strongly a label counts that stands alone in a clause after others."""
    clause = clauses[index]
    is_last = index == len(clauses) - 1
    if clause.units[0].is_a("summary") and is_last:
        return REMARK  # "..., hence positive"
    if clause.opener in {"contrast", "comma"}:
        # "Not positive, negative"
        return bare if any(earlier.has("negator") for earlier in clauses[:index]) else 0
    if clause.opener in _SIGNS and is_last:
        return REMARK if _leads_to(clauses, index) else 0
    return 0


def _leads_to(clauses: Sequence[Clause], index: int) -> bool:
    """Whether what stands before a last colon is a sentence or a label, and not a key.

    "The burned forest says it all: negative" ends in a verdict, "background: neutral" does not.
    """
    before = clauses[index - 1]
    if any(unit.labels for unit in before.units):
        return True
    is_key = len(before.units) <= _LONGEST_KEY and not before.units[0].is_a("reason")
    is_key = is_key and not before.has("negator")
    return not is_key and not before.has("elsewhere", "person", "people", "secondary")


def _explains(rest: Sequence[Clause], vocabulary: Vocabulary, *, bare: int) -> bool:
    """Whether what follows a label at the start of a sentence only says why."""
    if not rest or rest[0].opener != "comma":
        return True
    is_list = all(len(clause.units) <= 2 for clause in rest)
    if is_list and (vocabulary.multi_label or (vocabulary.graded and bare >= LINE)):
        return True  # other words in the list: "awe, serenity", "tone: neutral, businesslike"
    after = rest[0].units
    if all(unit.is_a("intense", "filler", "number") for unit in after):
        return True
    return after[0].is_a(
        "reason", "pronoun", "filler", "negator", "image", "minor", "viewer", "person", "slight"
    )
