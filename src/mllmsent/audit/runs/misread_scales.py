"""Numbers that were read the wrong way: a scale from its other end, one dimension for another.

Answers in a dimension that run against the truth are turned around (low + high - answer). Answers of
two dimensions that changed places each go with the truth of the other dimension more than with that
of their own (Williams' test); a system that merely hears valence in everything does so in one of the
two only. Where something was trained, what the folds have in common is taken out first: a mean
learned from the other folds runs against the mean of the fold that is tested, and nothing is wrong
with it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.audit.finding import Finding
from mllmsent.audit.run_registry import RunAudit
from mllmsent.audit.runs.correlations import correlation, together, williams
from mllmsent.audit.runs.scores import change, scores_of
from mllmsent.audit.wording import folds_in_words, p_in_words
from mllmsent.metrics import holm

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from mllmsent.audit.runs.sheets import Sheet
    from mllmsent.audit.runs.tables import RunTables

    Numbers = NDArray[np.float64]

__all__ = ["MISREAD_SCALES"]

FEWEST = 20
"""Rows below which nothing is said."""

LEVEL = 0.01
"""Chance of a false alarm in a whole run, for each of the two codes."""

AGAINST = -0.1
"""Correlation from which answers that run against the truth are worth a word."""

CROSSED = 0.2
"""Correlation with the other dimension's truth that answers which changed places must reach."""

REPAIRED = 0.3
"""Concordance of turned answers from which it is hardly the system that is so bad."""


@dataclass(frozen=True, eq=False)
class _Part:
    """A system's numbers in a dimension, or one fold of them.

    Attributes:
        sheet: All its rows.
        fold: The fold; -1 for all.
        inside: The rows of the part that have a target and could be read.
        r: Their correlation with the truth.
        p: How often chance is as far below zero.
        p_above: How often chance is as far above it.
    """

    sheet: Sheet
    fold: int
    inside: NDArray[np.bool_]
    r: float
    p: float
    p_above: float


def check(run: RunTables) -> Iterator[Finding]:
    """Dimensions that run against the truth, and pairs of dimensions that changed places."""
    sheets = [sheet for sheet in run.sheets if sheet.dimension]
    swapped = _swapped(sheets)
    for one, other, p in swapped:
        yield _exchanged(one, other, p)
    # What is another dimension's need not be turned around too.
    told = [sheet for one, other, _ in swapped for sheet in (one, other)]
    yield from _inverted([sheet for sheet in sheets if not any(sheet is one for one in told)])


def _inverted(sheets: Sequence[Sheet]) -> Iterator[Finding]:
    parts = [part for sheet in sheets for part in _parts(sheet)]
    against = [
        part
        for part, p in zip(parts, holm([part.p for part in parts]), strict=True)
        if p <= LEVEL and part.r <= AGAINST
    ]
    for sheet in sheets:
        own = [part for part in against if part.sheet is sheet]
        whole = [part for part in own if part.fold == -1]
        # Where other folds plainly go with the truth, it is those folds and not the system.
        right = any(
            part.sheet is sheet and part.fold != -1 and part.p_above <= LEVEL for part in parts
        )
        folds = [part for part in own if part.fold != -1]
        found = folds if folds and (right or not whole) else whole
        if found:
            yield _turned(sheet, found)


def _parts(sheet: Sheet) -> Iterator[_Part]:
    from scipy import stats  # noqa: PLC0415 - 200 ms that only audits need

    usable = sheet.scored & sheet.read
    folds = sheet.folds
    several = np.unique(folds[folds >= 0])
    choices = [(-1, usable)]
    if len(several) > 1:
        choices += [(int(fold), usable & (folds == fold)) for fold in several]
    for fold, inside in choices:
        if inside.sum() < FEWEST:
            continue
        truth, answer = _within_folds(sheet, inside)
        r = correlation(truth, answer)
        freedom = len(truth) - 1 - (len(np.unique(folds[inside])) if sheet.trained else 1)
        if math.isnan(r) or freedom < 1:
            continue
        t = r * math.sqrt(freedom / max(1 - r * r, 1e-12))
        below, above = float(stats.t.cdf(t, freedom)), float(stats.t.sf(t, freedom))
        yield _Part(sheet, fold, inside, r, below, above)


def _within_folds(sheet: Sheet, inside: NDArray[np.bool_]) -> tuple[Numbers, Numbers]:
    """Truth and answers; of what was trained, without each fold's mean."""
    truth, answer = sheet.truth[inside].copy(), sheet.answer[inside].copy()
    if sheet.trained:
        folds = sheet.folds[inside]
        for fold in np.unique(folds):
            truth[folds == fold] -= truth[folds == fold].mean()
            answer[folds == fold] -= answer[folds == fold].mean()
    return truth, answer


def _turned(sheet: Sheet, parts: Sequence[_Part]) -> Finding:
    inside = np.logical_or.reduce([part.inside for part in parts])
    scale = sheet.scale
    turned = np.where(inside, scale.low + scale.high - sheet.answer, sheet.answer)
    repaired = sheet.with_answers(turned)
    is_scale = scores_of(repaired.take(inside)).main >= REPAIRED
    whole = parts[0].fold == -1
    where = "" if whole else folds_in_words(parts, len(np.unique(sheet.folds)))
    worst = min(parts, key=lambda part: part.r)
    p = p_in_words(max(part.p for part in parts))
    return Finding(
        code="inverted-scale",
        severity="error" if is_scale else "warning",
        message=f"Answers of {sheet.name} in {sheet.subject}{where} run against the truth "
        f"(correlation {worst.r:.2f}, by chance: p {p})"
        + (": high stands where low should." if is_scale else "; turned around they hardly fit."),
        cure="Look up which end its prompt, or the program that wrote it, calls high; do not turn "
        "answers around on the strength of scores alone.",
        effect=f"Turned around ({scale.low:g} for {scale.high:g}), "
        f"{change(scores_of(sheet), scores_of(repaired))}.",
        rows=tuple(
            sheet.affected(
                int(at),
                f"{sheet.label(sheet.answer[at])}, people say {sheet.label(sheet.truth[at])}",
            )
            for at in np.flatnonzero(inside)
        ),
        systems=(sheet.name,),
    )


def _swapped(sheets: Sequence[Sheet]) -> list[tuple[Sheet, Sheet, float]]:
    """Pairs of dimensions of a system that changed places, with how often chance gives that."""
    by_system: dict[tuple[str, str], list[Sheet]] = {}
    for sheet in sheets:
        by_system.setdefault((sheet.system_id, sheet.scheme.name), []).append(sheet)
    pairs = [
        (one, other, p)
        for own in by_system.values()
        for one, other in combinations(own, 2)
        if (p := _p_swapped(one, other)) is not None
    ]
    adjusted = holm([p for _, _, p in pairs])
    return [pair for pair, p in zip(pairs, adjusted, strict=True) if p <= LEVEL]


def _p_swapped(one: Sheet, other: Sheet) -> float | None:
    """How often chance gives two dimensions of a system that each fit the other; None if too few."""
    inside = _shared(one, other)
    if inside.sum() < FEWEST:
        return None
    (truth, answer), (others, theirs) = (_within_folds(each, inside) for each in (one, other))
    if not min(correlation(answer, others), correlation(theirs, truth)) >= CROSSED:
        return 1.0
    return together([williams(answer, others, truth), williams(theirs, truth, others)])


def _shared(one: Sheet, other: Sheet) -> NDArray[np.bool_]:
    shared: NDArray[np.bool_] = one.scored & one.read & other.scored & other.read
    return shared


def _exchanged(one: Sheet, other: Sheet, p: float) -> Finding:
    repaired = [_with_numbers_of(one, other), _with_numbers_of(other, one)]
    told = [
        f"in {before.dimension} {change(scores_of(before), scores_of(after))}"
        for before, after in zip((one, other), repaired, strict=True)
    ]
    names = (one.dimension, other.dimension)
    inside = _shared(one, other)
    own = [correlation(each.truth[inside], each.answer[inside]) for each in (one, other)]
    return Finding(
        code="swapped-dimensions",
        severity="error",
        message=f"Answers of {one.name} in {names[0]} and {names[1]} have changed places: each goes "
        f"with what people say of the other (by chance: p {p_in_words(p)}), and with its own only "
        f"at {own[0]:.2f} and {own[1]:.2f}.",
        cure="Look up in the program that wrote them which column is which dimension, and run or "
        "import again.",
        effect=f"Exchanged, {' and '.join(told)}.",
        rows=tuple(
            one.affected(
                int(at),
                f"{names[0]} {one.label(one.answer[at])}, {names[1]} {other.label(other.answer[at])}",
            )
            for at in np.flatnonzero(inside)
        ),
        systems=(one.name,),
    )


def _with_numbers_of(sheet: Sheet, other: Sheet) -> Sheet:
    """A sheet with the answers of another dimension, moved to its own scale."""
    share = (other.answer - other.scale.low) / other.scale.span
    return sheet.with_answers(sheet.scale.low + share * sheet.scale.span)


MISREAD_SCALES = RunAudit(
    "misread-scales", "Scales read from their other end, and dimensions that changed places.", check
)
