"""Gates: what a new version may not do, in a line that a continuous integration can test.

    macro_f1 < -0.01           certainly worse: the upper bound of the difference lies below -0.01
    low(macro_f1) < -0.01      not shown to be no worse: its lower bound lies below -0.01
    negative_flips > 0.02      certainly more: the lower bound of the rate lies above 0.02
    high(negative_flips) > 0.02

A gate says when a version *fails*. What stands on the left is a quantity of `version_changes`: a
difference NEW - BASE in the metric's own units, or a rate. By default it is held against the bound
of its interval that makes a failure certain, so that a version is not sent back for the luck of a
draw: of versions that are equal in truth, a gate at 0 stops at most half of (1 - level), 2.5 %. The
strict form names the other bound, and fails whatever has not been shown: with few items it fails
versions that are as good. `value(macro_f1) < -0.01` is about the number alone.

Several systems are several chances of a false alarm. The default form divides what the interval may
err by (1 - level) by the number of systems that the gate is tested on (Bonferroni). The strict form
does not: each system must show it, which is no chance more.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mllmsent.analysis.versions.changes import quantities
from mllmsent.foundation.errors import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.versions.changes import Change, Quantity

__all__ = ["Gate", "GateResult", "check_gate", "parse_gate", "untested"]

BOUNDS = ("low", "high", "value")

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\Z")


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition on which a new version fails.

    Attributes:
        text: As it was written.
        quantity: What it is about: "macro_f1", "recall[negative]".
        sign: "<" or ">".
        limit: The number.
        bound: "low", "high" or "value" of the interval; by default the one that lies on the safe
            side: "high" for "<", "low" for ">".
        by_default: Whether the bound was left to the default.
    """

    text: str
    quantity: str
    sign: Literal["<", ">"]
    limit: float
    bound: Literal["low", "high", "value"]
    by_default: bool

    def fails(self, value: float) -> bool:
        """Whether a version with this value of the bound fails."""
        return value < self.limit if self.sign == "<" else value > self.limit


@dataclass(frozen=True, slots=True)
class GateResult:
    """A gate, tested on one system in one scheme (and dimension) of one run.

    Attributes:
        gate: As it was written.
        run: The newer run.
        system: The system; empty where there was none to test.
        scheme: The scheme; empty where there was none.
        dimension: The dimension; empty for labels.
        value: The quantity; NaN where it is not known.
        low: Lower bound of its interval at `level`.
        high: Upper bound.
        level: Nominal coverage of that interval.
        tested: The number that was held against the gate.
        failed: Whether the version fails; what could not be tested fails too.
        why: Why it could not be tested; else empty.
    """

    gate: str
    run: str
    system: str
    scheme: str
    dimension: str
    value: float
    low: float
    high: float
    level: float
    tested: float
    failed: bool
    why: str = ""


def parse_gate(text: str, schemes: Iterable[Scheme]) -> Gate:
    """Read a gate.

    Args:
        text: As in the module's examples.
        schemes: The schemes that are compared: what can be named comes from them.

    Raises:
        InputError: Naming the position at which it cannot be read, and what could stand there; or
            that the gate would fail what is better.
    """
    known: dict[str, Quantity] = {}
    for scheme in schemes:
        known |= quantities(scheme)
    signs = [place for place, letter in enumerate(text) if letter in "<>"]
    if not signs:
        raise _misread(text, len(text), "a `<` or `>` is missing", "Write METRIC < NUMBER.")
    # A label in brackets may hold a sign of its own.
    place = signs[-1]
    quantity, bound, start = _left(text, place, known)
    number, at = text[place + 1 :].strip(), place + 1
    at += len(text[at:]) - len(text[at:].lstrip())
    if not _NUMBER.match(number) or not math.isfinite(float(number)):
        raise _misread(text, at, "a number is due here", "As in `macro_f1 < -0.01`.")
    sign: Literal["<", ">"] = "<" if text[place] == "<" else ">"
    better = known[quantity].better
    if (better > 0 and sign == ">") or (better < 0 and sign == "<"):
        other = "<" if sign == ">" else ">"
        less = "more" if better > 0 else "less"
        raise _misread(
            text,
            start,
            f"a gate says when a version fails, and {less} {quantity} is better",
            f"Write `{quantity} {other} ...`.",
        )
    return Gate(
        text=text,
        quantity=quantity,
        sign=sign,
        limit=float(number),
        bound=bound or ("high" if sign == "<" else "low"),
        by_default=bound is None,
    )


def check_gate(gate: Gate, changes: Sequence[Change], level: float) -> list[GateResult]:
    """Test a gate on all systems, schemes and runs in which its quantity is known.

    Args:
        gate: The gate.
        changes: What changed.
        level: Nominal coverage of an interval on its own.
    """
    known = [change for change in changes if gate.quantity in quantities(change.pair.scheme)]
    if gate.by_default and known:
        level = 1 - (1 - level) / len(known)
    results = [_check(gate, change, level) for change in known]
    if not results:
        why = f"no version of a system could be compared by {gate.quantity}"
        results = [untested(gate, why, level)]
    return results


def untested(gate: Gate, why: str, level: float, *, run: str = "", scheme: str = "") -> GateResult:
    """The result of a gate that could not be tested, and so has not been passed.

    Args:
        gate: The gate.
        why: Why not, in a sentence.
        level: Nominal coverage of intervals.
        run: The newer run, where it is about one.
        scheme: The scheme, likewise.
    """
    return GateResult(
        gate=gate.text, run=run, system="", scheme=scheme, dimension="", value=math.nan,
        low=math.nan, high=math.nan, level=level, tested=math.nan, failed=True, why=why,
    )  # fmt: skip


def _check(gate: Gate, change: Change, level: float) -> GateResult:
    score = change.score(gate.quantity, level=level)
    low, high = score.interval.low, score.interval.high
    tested = {"low": low, "high": high, "value": score.value}[gate.bound]
    why = ""
    if math.isnan(tested):
        why = "it has no value here" if math.isnan(score.value) else "it has no interval here"
    return GateResult(
        gate=gate.text,
        run=change.pair.run,
        system=change.pair.match.name,
        scheme=change.pair.scheme.name,
        dimension=change.pair.dimension,
        value=score.value,
        low=low,
        high=high,
        level=level,
        tested=tested,
        failed=bool(why) or gate.fails(tested),
        why=why,
    )


def _left(
    text: str, end: int, known: dict[str, Quantity]
) -> tuple[str, Literal["low", "high", "value"] | None, int]:
    """The quantity and the bound on the left of the sign, and where the quantity begins."""
    left = text[:end]
    start = len(left) - len(left.lstrip())
    words = left.strip()
    if not words:
        raise _misread(text, start, "a metric is due here", _known(known))
    named = re.match(r"(\w+)\s*\(", words)
    bound: Literal["low", "high", "value"] | None = None
    if named:
        if named[1] not in BOUNDS:
            raise _misread(
                text, start, f"no bound is called {named[1]!r}", nearest(named[1], BOUNDS)
            )
        if not words.endswith(")"):
            raise _misread(text, start + len(words), "a `)` is missing", "")
        bound = {"low": "low", "high": "high", "value": "value"}[named[1]]  # type: ignore[assignment]  # the three words are the type's
        start += named.end() + len(words[named.end() :]) - len(words[named.end() :].lstrip())
        words = words[named.end() : -1].strip()
    if words not in known:
        raise _misread(text, start, f"{words!r} is not known", _known(known, words))
    return words, bound, start


def _known(known: Iterable[str], word: str = "") -> str:
    """The nearest name, and all of them."""
    names = list(known)
    listing = f"Known: {', '.join(names)}."
    near = nearest(word, names) if word else ""
    return f"{near} {listing}" if near.startswith("Did") else listing


def _misread(text: str, place: int, what: str, cure: str) -> InputError:
    return InputError(f"{text!r}, at position {place + 1}: {what}.", item="fail-if", cure=cure)
