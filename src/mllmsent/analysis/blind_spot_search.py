"""The search behind `blind_spots`: found on one half of the items, confirmed on the other.

A blind spot of a system has to stand out twice: the system loses more there than its losses
elsewhere and the people's disagreement predict, and it does so by more than the other models. What
is hard for all of them cancels out of the second, and a system that merely loses its lead somewhere
fails the first. Both have to be significant (an intersection-union test, Berger 1982, Technometrics
24, 295-300), so a blind spot's p value is the greater of the two. A gap between weaker and stronger
systems also widens, as a share, wherever things are harder; a gap that is not there in odds (Loftus
1978, Memory & Cognition 6, 312-319, on interactions that a change of scale removes) is not told.

A blind spot that all share is one where every model loses more than people's disagreement predicts;
its p value is the greatest of theirs.

Groups are dealt into two halves. What the search (`metrics.subgroup_search`) comes upon in the one
is tested in the other, and so in both directions; each direction has half of the level, corrected by
Holm for what it tests. Sizes and intervals come from the half that was not searched alone, so that
none is large because the largest was looked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.item_subgroups import LEAST_SUPPORT
from mllmsent.metrics import holm
from mllmsent.metrics.bootstrap import draw
from mllmsent.metrics.membership import Blocks, excess_test
from mllmsent.metrics.subgroup_search import members, search_subgroups

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from mllmsent.metrics import Resampling
    from mllmsent.metrics.bootstrap import Draws
    from mllmsent.metrics.metric import Floats

__all__ = ["SHARED", "Candidate", "Question", "questions_of", "search_blind_spots"]

SHARED = ""
"""Stands for all systems, where a system's id is expected."""

LEAST_SHARE = 0.02
"""A subgroup has at least this share of the searched items, and `LEAST_SUPPORT` groups."""

MOST_CANDIDATES = 3
"""Of one system and half so many are tested: each costs all the others some of the level."""

LEAST_TESTED = 5
"""With fewer groups inside or outside, the other half can confirm nothing."""


@dataclass(frozen=True, eq=False)
class Question:
    """Where is one system blind, or where are all?

    Attributes:
        system_id: The system, or `SHARED`.
        contrasts: (N, C): what has to be higher inside than outside, each of them; NaN for items
            that tell nothing.
        told: (N,): the one of them (or for `SHARED` their mean) whose size is told.
        loss: (N,): what is lost.
        rivals: What the others lose and how much of it is unexpected, (N, 2), where there are any.
        own: The same of the system itself.
    """

    system_id: str
    contrasts: Floats
    told: Floats
    loss: Floats
    rivals: Floats | None = None
    own: Floats | None = None


@dataclass(frozen=True, eq=False)
class Candidate:
    """A subgroup that was found on one half and tested on the other.

    Attributes:
        system_id: The system, or `SHARED`.
        terms: The conditions, as columns of the table of conditions.
        also: Single conditions that hold of nearly the same items.
        half: Which half was searched, 0 or 1.
        quality: By how many standard errors it stood out there.
        n_searched: Items inside, there.
        n_items: Items inside, in the other half; all that follows is of that half.
        n_groups: Their groups.
        loss: What is lost inside, with the ends of its interval.
        excess: How much more that is than expected, with the ends of its interval.
        p: One-sided p value.
        p_holm: Corrected for all that was tested.
        in_odds: Whether the gap is there in odds too.
    """

    system_id: str
    terms: tuple[int, ...]
    also: tuple[int, ...]
    half: int
    quality: float
    n_searched: int
    n_items: int
    n_groups: int
    loss: tuple[float, float, float]
    excess: tuple[float, float, float]
    p: float
    p_holm: float
    in_odds: bool

    def confirmed(self, alpha: float = 0.05) -> bool:
        """Whether it is a finding."""
        return self.p_holm <= alpha and self.in_odds


def questions_of(systems: Mapping[str, str], losses: Floats, excess: Floats) -> list[Question]:
    """A question for each system, and one for all where there are several.

    A system is held against the systems of other models: another pathway of the same model shares
    its eyes. Where there is one model only, each system counts as one.

    Args:
        systems: Each of S systems to its model.
        losses: (N, S).
        excess: (N, S), beyond what the people's answers predict.
    """
    alone = len(set(systems.values())) == 1
    unit_of = [system if alone else model for system, model in systems.items()]
    units = list(dict.fromkeys(unit_of))
    parts = [[place for place, unit in enumerate(unit_of) if unit == own] for own in units]
    by_unit = np.stack([_mean(excess[:, places]) for places in parts], axis=1)
    loss_by_unit = np.stack([_mean(losses[:, places]) for places in parts], axis=1)
    found = []
    for place, system in enumerate(systems):
        own = excess[:, place]
        if len(units) < 2:
            found.append(Question(system, own[:, None], own, losses[:, place]))
            continue
        others = [number for number, unit in enumerate(units) if unit != unit_of[place]]
        rivals = _mean(by_unit[:, others])
        found.append(
            Question(
                system,
                np.column_stack([own, own - rivals]),
                own - rivals,
                losses[:, place],
                rivals=np.column_stack([_mean(loss_by_unit[:, others]), rivals]),
                own=np.column_stack([losses[:, place], own]),
            )
        )
    if len(units) > 1:
        everyone = by_unit.mean(axis=1)  # of items that all were asked about
        found.append(Question(SHARED, by_unit, everyone, loss_by_unit.mean(axis=1)))
    return found


def search_blind_spots(
    questions: Sequence[Question],
    conditions: NDArray[np.bool_],
    group: NDArray[np.intp],
    halves: NDArray[np.intp],
    *,
    resampling: Resampling,
    depth: int = 2,
) -> list[Candidate]:
    """Search each half and test on the other.

    Args:
        questions: What is asked; all about the same N items.
        conditions: (N, K).
        group: The group of each item.
        halves: For each item the half that it is in, 0 or 1; groups are in one.
        resampling: How intervals are made.
        depth: Most conditions of a subgroup.

    Returns:
        All that was tested, by half, then in the order of the questions.
    """
    found = []
    for half in (0, 1):
        proposals = [
            proposal
            for question in questions
            for proposal in _proposals(question, conditions, group, halves == half, depth)
        ]
        found += _tested(proposals, conditions, group, halves != half, half, resampling)
    return found


@dataclass(frozen=True, eq=False)
class _Proposal:
    question: Question
    terms: tuple[int, ...]
    also: tuple[int, ...]
    quality: float
    n_items: int


def _mean(table: Floats) -> Floats:
    """Mean of each row over what is known; NaN where nothing is."""
    known = ~np.isnan(table)
    with np.errstate(invalid="ignore"):
        mean: Floats = np.nansum(table, axis=1) / known.sum(axis=1)
    return mean


def _proposals(
    question: Question,
    conditions: NDArray[np.bool_],
    group: NDArray[np.intp],
    searched: NDArray[np.bool_],
    depth: int,
) -> list[_Proposal]:
    """What stands out in the half that is searched."""
    rows = searched & ~np.isnan(question.contrasts).any(axis=1)
    own, groups = conditions[rows], group[rows]
    least = max(LEAST_SUPPORT, int(np.ceil(LEAST_SHARE * len(own))))
    found = []
    for each in search_subgroups(
        own, question.contrasts[rows], least=least, depth=depth, most=MOST_CANDIDATES
    ):
        inside = members(own, each.terms)
        sides = (groups[inside], groups[~inside])
        if min(len(np.unique(side)) for side in sides) >= LEAST_SUPPORT:
            found.append(_Proposal(question, each.terms, each.also, each.quality, int(inside.sum())))
    return found


def _tested(
    proposals: Sequence[_Proposal],
    conditions: NDArray[np.bool_],
    group: NDArray[np.intp],
    tested: NDArray[np.bool_],
    half: int,
    resampling: Resampling,
) -> list[Candidate]:
    if not proposals:
        return []
    own, codes = np.unique(group[tested], return_inverse=True)
    held = conditions[tested]
    p_values, sums, sides, odds = [], [], [], []
    for each in proposals:
        question = each.question
        inside = members(held, each.terms)
        contrasts, told = question.contrasts[tested], question.told[tested]
        known = ~np.isnan(contrasts).any(axis=1)
        within = inside & known
        n_groups = [len(np.unique(codes[side])) for side in (within, known & ~inside)]
        enough = min(n_groups) >= LEAST_TESTED
        blocks = Blocks.of(contrasts[known], codes[known], inside[known]) if enough else None
        p_values.append(1.0 if blocks is None else float(excess_test(blocks).max()))
        sides.append((int(within.sum()), n_groups[0]))
        odds.append(_in_odds(question, tested, inside, known))
        quantities = np.column_stack(
            [within, known & ~inside, np.where(within, told, 0), np.where(known & ~inside, told, 0),
             np.where(within, question.loss[tested], 0)]
        ).astype(float)  # fmt: skip
        table = np.zeros((len(own), quantities.shape[1]))
        np.add.at(table, codes, quantities)
        sums.append(table)
    corrected = np.minimum(1, 2 * holm(np.array(p_values)))
    parts = np.stack(sums, axis=1)
    flat = parts.reshape(len(own), -1)
    (draws,) = draw(
        [lambda weights: (weights @ flat).reshape(len(weights), *parts.shape[1:])],
        len(own),
        resampling,
    )
    return [
        Candidate(
            system_id=each.question.system_id,
            terms=each.terms,
            also=each.also,
            half=half,
            quality=each.quality,
            n_searched=each.n_items,
            n_items=sides[place][0],
            n_groups=sides[place][1],
            loss=_scored(draws, _ratio(place, 4, 0), n_units=max(1, sides[place][1])),
            excess=_scored(draws, _difference(place)),
            p=p_values[place],
            p_holm=float(corrected[place]),
            in_odds=odds[place],
        )
        for place, each in enumerate(proposals)
    ]


def _scored(
    draws: Draws, value: Callable[[Floats], Floats], n_units: int | None = None
) -> tuple[float, float, float]:
    score = draws.score(value, proportion=n_units is not None, n_units=n_units)
    return score.value, score.interval.low, score.interval.high


def _ratio(place: int, sums: int, counts: int) -> Callable[[Floats], Floats]:
    def ratio(totals: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Floats = totals[:, place, sums] / totals[:, place, counts]
        return found

    return ratio


def _difference(place: int) -> Callable[[Floats], Floats]:
    """How much more of what is told is lost inside than outside."""
    inside, outside = _ratio(place, 2, 0), _ratio(place, 3, 1)
    return lambda totals: inside(totals) - outside(totals)


def _in_odds(question: Question, tested: Any, inside: Any, known: Any) -> bool:
    """Whether the odds of a loss, too, rise more than those of the others."""
    if question.own is None or question.rivals is None:
        return True
    rises = []
    for table in (question.own[tested], question.rivals[tested]):
        within, without = table[inside & known], table[~inside & known]
        if not len(within) or not len(without):
            return False
        lost, unexpected = within.mean(axis=0)
        expected = lost - (unexpected - without[:, 1].mean())
        half = 0.5 / len(within)  # as if half an item more were lost, and half an item not
        shares = np.clip([lost, expected], half, 1 - half)
        rises.append(np.subtract(*np.log(shares / (1 - shares))))
    return bool(rises[0] > rises[1])
