"""Answers whose labels changed places, and answers further from the truth than chance.

For every other reading of a system's labels (each permutation) the rows are counted that would then
be right. The best one is believed where chance does not give as many by trying all permutations on
randomly paired labels (Monte Carlo, Holm over all systems and folds), where it is right more often
than the labels as they are among the rows where the two differ (exact sign test, times the number of
permutations), and where the classes truly cross: of each class that moves, most rows are answered
as the class it changes places with. A biased system, which answers one class for another and not
the other way round, does not cross.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.audit.finding import Finding
from mllmsent.audit.run_registry import RunAudit
from mllmsent.audit.runs import chance
from mllmsent.audit.runs.permutations import cycles
from mllmsent.audit.runs.permuted_label_sets import permuted_label_sets
from mllmsent.audit.runs.scores import change, kappa, scores_of
from mllmsent.audit.runs.sheets import UNREAD
from mllmsent.audit.wording import folds_in_words, p_in_words, reading_in_words
from mllmsent.metrics import holm

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from mllmsent.audit.runs.sheets import Codes, Sheet
    from mllmsent.audit.runs.tables import RunTables

__all__ = ["PERMUTED_LABELS"]

FEWEST = 20
"""Rows below which nothing is said."""

LEVEL = 0.01
"""Chance of a false alarm in a whole run, for each of the two codes."""

FAR_BELOW = -0.05
"""Kappa from which answers that are worse than chance are worth a word."""

REPAIRED, RAISED = 0.15, 0.05
"""Least kappa that a repair must reach, and by how much it must raise it."""


CLEAR = 0.001
"""How seldom the crossing answers would so outnumber the next most frequent ones by chance."""


@dataclass(frozen=True, eq=False)
class _Part:
    """A system's answers in a scheme, or one fold of them.

    Attributes:
        sheet: Its rows that have a target and could be read.
        fold: The fold; -1 for all.
        agreement: Kappa as the labels are.
        p_below: How often chance is as far from the truth, or further.
        p_best: How often chance gives as many right rows by the best permutation.
        read_as: The best permutation whose classes cross; the classes as they are where none do.
        p_better: That it is right no more often than the labels as they are.
    """

    sheet: Sheet
    fold: int
    agreement: float
    p_below: float
    p_best: float
    read_as: tuple[int, ...]
    p_better: float

    @property
    def crosses(self) -> bool:
        """Whether there is another reading to speak of."""
        return self.read_as != tuple(range(len(self.read_as)))


def check(run: RunTables) -> Iterator[Finding]:
    """Systems whose labels changed places, in all folds or in some; and systems below chance."""
    yield from permuted_label_sets([sheet for sheet in run.sheets if sheet.scheme.multi_label])
    parts = [part for sheet in run.label_sheets for part in _parts(sheet)]
    if not parts:
        return
    n_tests = len(parts)
    draws = max(9999, int(2 * n_tests / LEVEL))
    parts = [_tested(part, draws) for part in parts]
    p_best = holm([max(part.p_best, part.p_better) for part in parts])
    p_below = holm([part.p_below for part in parts])
    permuted = [part for part, p in zip(parts, p_best, strict=True) if part.crosses and p <= LEVEL]
    below = [
        part
        for part, p in zip(parts, p_below, strict=True)
        if p <= LEVEL and part.agreement <= FAR_BELOW
    ]
    for sheet in run.label_sheets:
        own = [part for part in permuted if _is_of(part, sheet)]
        yield from _permuted(sheet, own)
        told = {part.fold for part in own}
        if -1 in told:
            continue
        yield from _below(sheet, [p for p in below if _is_of(p, sheet) and p.fold not in told])


def _is_of(part: _Part, sheet: Sheet) -> bool:
    return part.sheet.system_id == sheet.system_id and part.sheet.scheme == sheet.scheme


def _parts(sheet: Sheet) -> Iterator[_Part]:
    known = sheet.take(sheet.scored & (sheet.answer != UNREAD))
    folds = known.folds
    several = np.unique(folds[folds >= 0])
    choices = [(-1, np.ones(len(folds), dtype=np.bool_))]
    if len(several) > 1:
        choices += [(int(fold), folds == fold) for fold in several]
    for fold, inside in choices:
        part = known.take(inside)
        # Where all answers are one label, or all truths, there is nothing to permute.
        if len(part.answer) >= FEWEST and len(set(part.answer)) > 1 and len(set(part.truth)) > 1:
            agreement = kappa(part.truth, part.answer)
            yield _Part(part, fold, agreement, 1.0, 1.0, (), 1.0)


def _tested(part: _Part, draws: int) -> _Part:
    sheet = part.sheet
    n_classes = len(sheet.scheme.labels)
    table = chance.pairs(sheet.truth, sheet.answer, n_classes)
    as_it_is = tuple(range(n_classes))
    _, read_as = chance.best_permutation(table[None])
    chosen = _crossing(table, tuple(read_as[0].tolist()))
    could_be_permuted = chosen != as_it_is
    if could_be_permuted and sheet.scheme.kind == "ordered":
        chosen = _reversed_or(chosen, table)
    part = replace(part, read_as=as_it_is)
    if could_be_permuted:
        repaired = kappa(sheet.truth, np.array(chosen, dtype=np.intp)[sheet.answer])
        p_better = _p_better(sheet, chosen)
        could_be_permuted = repaired >= max(REPAIRED, part.agreement + RAISED) and p_better <= LEVEL
    if not could_be_permuted and part.agreement > FAR_BELOW:
        return part
    drawn = chance.random_pairs(
        sheet.truth,
        sheet.answer,
        n_classes,
        draws=draws,
        seed=part.fold + 2,
        strata=sheet.folds,  # what is learned from other folds runs against the fold's own share
    )
    part = replace(part, p_below=chance.at_most(int(np.trace(table)), chance.right(drawn)))
    if not could_be_permuted:
        return part
    right = sum(int(table[to, own]) for own, to in enumerate(chosen))
    p_best = chance.at_least(right, chance.best_permutation(drawn)[0])
    return replace(part, p_best=p_best, read_as=chosen, p_better=p_better)


def _crossing(table: NDArray[np.int64], read_as: tuple[int, ...]) -> tuple[int, ...]:
    """Of a permutation, the cycles whose classes truly change places.

    Args:
        table: Truth by answer, (K, K).
        read_as: For each answered class the one it is to be read as.
    """
    chosen = list(range(len(read_as)))
    for cycle in cycles(read_as):
        crossed = sum(_is_crossed(table, own, read_as[own]) for own in cycle)
        # Of a longer cycle one class may be drowned by a bias.
        if crossed >= max(2, len(cycle) - 1):
            for own in cycle:
                chosen[own] = read_as[own]
    moved = [own for own, to in enumerate(chosen) if own != to]
    return tuple(chosen) if _is_clear(table, chosen, moved) else tuple(range(len(read_as)))


def _reversed_or(chosen: tuple[int, ...], table: NDArray[np.int64]) -> tuple[int, ...]:
    """The whole scale turned around, where that is what shows and its small classes do not object."""
    turned = tuple(reversed(range(len(chosen))))
    is_part = all(to in {own, turned[own]} for own, to in enumerate(chosen))
    right = [sum(int(table[to, own]) for own, to in enumerate(way)) for way in (chosen, turned)]
    return turned if is_part and right[1] >= right[0] else chosen


def _is_crossed(table: NDArray[np.int64], answered: int, meant: int) -> bool:
    """Whether rows that truly are `meant` are answered as `answered` more than as anything else."""
    return bool(table[meant, answered] > max(np.delete(table[meant], answered), default=0))


def _is_clear(table: NDArray[np.int64], read_as: Sequence[int], moved: Sequence[int]) -> bool:
    """Whether the answers that cross outnumber the next most frequent ones of the same classes.

    Answers that are wrong in every way alike fit some permutation better than the labels as they
    are, and none better than the next.
    """
    from scipy import stats  # noqa: PLC0415 - 200 ms that only audits need

    crossing = sum(int(table[read_as[own], own]) for own in moved)
    next_best = sum(int(np.delete(table[read_as[own]], own).max()) for own in moved)
    return bool(stats.binom.sf(crossing - 1, crossing + next_best, 0.5) <= CLEAR)


def _p_better(sheet: Sheet, read_as: Sequence[int]) -> float:
    """Exact sign test of a permutation against the labels as they are, times the permutations."""
    from scipy import stats  # noqa: PLC0415 - 200 ms that only audits need

    then = np.array(read_as, dtype=np.intp)[sheet.answer] == sheet.truth
    now = sheet.answer == sheet.truth
    gained, lost = int((then & ~now).sum()), int((now & ~then).sum())
    p_value = float(stats.binom.sf(gained - 1, gained + lost, 0.5)) if gained + lost else 1.0
    return min(1.0, p_value * chance.ways_of(len(read_as)))


def _permuted(sheet: Sheet, parts: Sequence[_Part]) -> Iterator[Finding]:
    """One finding for each reading: of all rows where the whole system is so, else of its folds."""
    whole = [part for part in parts if part.fold == -1]
    by_reading: dict[tuple[int, ...], list[_Part]] = {}
    for part in whole or parts:
        by_reading.setdefault(part.read_as, []).append(part)
    n_folds = len(np.unique(sheet.folds))
    names = sheet.scheme.label_names
    for read_as, found in by_reading.items():
        inside = np.isin(sheet.folds, [part.fold for part in found]) | bool(whole)
        to = np.array([*read_as, UNREAD], dtype=np.intp)  # the last is what UNREAD, -1, finds
        answer: Codes = np.where(inside, to[sheet.answer], sheet.answer)
        p_value = max(part.p_best for part in found)
        rows = np.flatnonzero(inside & (answer != sheet.answer))
        where = "" if whole else folds_in_words(found, n_folds)
        yield Finding(
            code="permuted-labels",
            severity="error",
            message=(
                f"Answers of {sheet.name} in {sheet.scheme.name}{where} have their labels in other "
                f"places: it says {reading_in_words(names, read_as)} (agreement beyond chance "
                f"{found[0].agreement:.2f}; so many right by the best of "
                f"{chance.ways_of(len(names)) + 1:,} readings of chance answers: p {p_in_words(p_value)})."
            ),
            cure="Look up in the program that wrote it which code is which label, state that mapping, "
            "and import or run again; do not permute labels on the strength of scores alone.",
            effect=f"Read so, {change(scores_of(sheet), scores_of(sheet.with_answers(answer)))}.",
            rows=tuple(
                sheet.affected(
                    int(at),
                    f"{sheet.label(int(sheet.answer[at]))} for {sheet.label(int(answer[at]))}",
                )
                for at in rows
            ),
            systems=(sheet.name,),
        )


def _below(sheet: Sheet, parts: Sequence[_Part]) -> Iterator[Finding]:
    whole = [part for part in parts if part.fold == -1]
    found = whole or list(parts)
    if not found:
        return
    n_folds = len(np.unique(sheet.folds))
    inside = np.isin(sheet.folds, [part.fold for part in found]) | bool(whole)
    rest = sheet.take(~inside)
    effect = f"Its score is {scores_of(sheet)}"
    if not whole and len(rest.answer):
        effect += f"; without {folds_in_words(found, -1).removeprefix(' in ')}, {scores_of(rest)}"
    lowest = min(part.agreement for part in found)
    yield Finding(
        code="below-chance",
        severity="warning",
        message=(
            f"{sheet.name} is further from the truth in {sheet.scheme.name}"
            f"{'' if whole else folds_in_words(found, n_folds)} than random answers with the same "
            f"frequencies (agreement beyond chance {lowest:.2f}, p "
            f"{p_in_words(max(part.p_below for part in found))}), and no change of labels repairs it."
        ),
        cure="Read some of its answers beside the truth: a wrong mapping of some codes, ids of other "
        "rows, or examples in its prompt with wrong labels do this.",
        effect=f"{effect}.",
        rows=tuple(
            sheet.affected(
                int(at),
                f"{sheet.label(int(sheet.answer[at]))}, truly {sheet.label(int(sheet.truth[at]))}",
            )
            for at in np.flatnonzero(inside & sheet.scored & (sheet.answer != sheet.truth))
        ),
        systems=(sheet.name,),
    )


PERMUTED_LABELS = RunAudit(
    "permuted-labels", "Labels that changed places, and answers below chance.", check
)
