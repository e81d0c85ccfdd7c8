"""What single places of an answer say, and what follows from all of them together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.affect.reading.result import Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "ASIDE",
    "FINAL",
    "LINE",
    "REMARK",
    "STATEMENT",
    "Evidence",
    "judge",
]

FINAL = 6
"""The last word: "final answer: X", a boxed or tagged answer."""
LINE = 4
"""A line that names what it gives: "Sentiment: X"."""
STATEMENT = 3
"""A sentence about the answer, the image or its sentiment; a label on a line of its own."""
REMARK = 2
"""A sentence about what the image does: "it evokes X"; a label as a sentence among others."""
ASIDE = 1
"""A sentence about something in the image; what is said only to go beyond it."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one place says.

    Attributes:
        labels: The labels said there; where `problem` is set, those it is about.
        strength: FINAL, LINE, STATEMENT, REMARK or ASIDE.
        how: The reader that found it.
        problem: Why no label follows from the place, though it is where one would be; empty where
            one does.
        is_denial: Whether the labels are denied.
        is_correction: Whether it only takes back all that was said before.
    """

    labels: frozenset[str] = frozenset()
    strength: int = 0
    how: str = ""
    problem: str = ""
    is_denial: bool = False
    is_correction: bool = False


def judge(found: Sequence[Evidence], names: Sequence[str]) -> Reading:
    """The reading that all places together allow: beyond doubt, or unparsed.

    What is said with more weight stands against what is said with much less; otherwise all that is
    said must agree, and an open question as strong as the answer leaves the answer open.

    Args:
        found: What was found, in the order of the answer.
        names: The labels' names, in the scheme's order.
    """
    said = _since_correction(found)
    clear = [one for one in said if not one.problem and not one.is_denial]
    open_ones = [one for one in said if one.problem]
    if not clear:
        problems = sorted(open_ones, key=lambda one: -one.strength)
        denied = any(one.is_denial for one in said)
        reason = problems[0].problem if problems else "only denials" if denied else "no verdict"
        return Reading("unparsed", reason=reason)
    weight = max(one.strength for one in clear)
    best = [one for one in clear if one.strength == weight]
    for one in open_ones:
        if one.strength >= weight and one.strength != FINAL > weight:
            return Reading("unparsed", reason=one.problem)
        if one.strength == FINAL:
            return Reading("unparsed", reason=one.problem)
    labels = best[-1].labels
    rivals = best if weight == FINAL else [one for one in clear if one.strength >= weight - 1]
    if any(one.labels != labels for one in rivals):
        return Reading("unparsed", reason="verdicts differ")
    denials = [one for one in said if one.is_denial and one.strength >= weight - 1]
    if weight != FINAL and any(one.labels & labels for one in denials):
        return Reading("unparsed", reason="said and denied")
    return Reading("ok", tuple(name for name in names if name in labels), how=best[-1].how)


def _since_correction(found: Sequence[Evidence]) -> list[Evidence]:
    start = max((index for index, one in enumerate(found) if one.is_correction), default=-1)
    return list(found[start + 1 :])
