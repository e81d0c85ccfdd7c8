"""The search behind `blind_spots`: found on one half of the items, confirmed on the other.

Groups are dealt into two halves. What the search (`metrics.subgroup_search`) comes upon in the one
is tested in the other, and so in both directions; each direction has half of the level, corrected by
Holm for what it tests. All that a question holds against each other has to be significant (an
intersection-union test, Berger 1982, Technometrics 24, 295-300), so its p value is the greatest of
theirs. Sizes and intervals come from the half that was not searched alone, so that none is large
because the largest was looked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.analysis.blind_spots.questions import SHARED
from mllmsent.analysis.item_subgroups import LEAST_SUPPORT
from mllmsent.metrics import holm
from mllmsent.metrics.bootstrap import draw
from mllmsent.metrics.membership import Blocks, excess_test
from mllmsent.metrics.subgroup_search import members, search_subgroups

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from mllmsent.analysis.blind_spots.questions import Question
    from mllmsent.metrics import Resampling
    from mllmsent.metrics.bootstrap import Draws
    from mllmsent.metrics.metric import Floats

__all__ = ["Candidate", "Halves", "search_blind_spots", "systems_in_place"]

LEAST_SHARE = 0.02
"""A subgroup has at least this share of the searched items, and `LEAST_SUPPORT` groups."""

MOST_CANDIDATES = 3
"""Of one system and half so many are tested: each costs all the others some of the level."""

LEAST_TESTED = 5
"""With fewer groups inside or outside, the other half can confirm nothing."""


@dataclass(frozen=True, eq=False)
class Halves:
    """Items in two halves, and what can be said of each.

    Attributes:
        conditions: Which of K conditions each of N items meets, (N, K).
        group: The group of each item, as a number.
        half: For each item the half that it is in, 0 or 1; a group is in one.
    """

    conditions: NDArray[np.bool_]
    group: NDArray[np.intp]
    half: NDArray[np.intp]

    @classmethod
    def dealt(cls, conditions: NDArray[np.bool_], group: NDArray[np.intp], seed: int) -> Halves:
        """Whole groups, dealt by a seed."""
        names, code = np.unique(group, return_inverse=True)
        order = np.random.default_rng([seed, len(names)]).permutation(len(names))
        return cls(conditions, group, (order % 2)[code])


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


def search_blind_spots(
    questions: Sequence[Question],
    items: Halves,
    *,
    resampling: Resampling,
    depth: int = 2,
) -> list[Candidate]:
    """Search each half and test on the other.

    Args:
        questions: What is asked; all about the same N items.
        items: The items.
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
            for proposal in _proposals(question, items, half, depth)
        ]
        found += _tested(proposals, items, half, resampling)
    return found


def systems_in_place(
    place: Candidate,
    questions: Sequence[Question],
    items: Halves,
    *,
    resampling: Resampling,
) -> list[Candidate]:
    """How every system does in the subgroup of a candidate, on the items that confirm it or not.

    Where the candidate is of all systems, each is held against the people's disagreement alone.
    Nothing is corrected here, and p values are for no test of their own.
    """
    asked = [question for question in questions if question.system_id != SHARED]
    if place.system_id == SHARED:
        asked = [question.by_people() for question in asked]
    proposals = [
        _Proposal(each, place.terms, place.also, place.quality, place.n_searched) for each in asked
    ]
    return _tested(proposals, items, place.half, resampling)


@dataclass(frozen=True, eq=False)
class _Proposal:
    question: Question
    terms: tuple[int, ...]
    also: tuple[int, ...]
    quality: float
    n_items: int


def _proposals(question: Question, items: Halves, half: int, depth: int) -> list[_Proposal]:
    """What stands out in the half that is searched."""
    rows = (items.half == half) & ~np.isnan(question.contrasts).any(axis=1)
    own, groups = items.conditions[rows], items.group[rows]
    least = max(LEAST_SUPPORT, int(np.ceil(LEAST_SHARE * len(own))))
    found = []
    for each in search_subgroups(
        own, question.contrasts[rows], least=least, depth=depth, most=MOST_CANDIDATES
    ):
        inside = members(own, each.terms)
        if min(len(np.unique(groups[side])) for side in (inside, ~inside)) >= LEAST_SUPPORT:
            found.append(
                _Proposal(question, each.terms, each.also, each.quality, int(inside.sum()))
            )
    return found


def _tested(
    proposals: Sequence[_Proposal], items: Halves, half: int, resampling: Resampling
) -> list[Candidate]:
    """Test on the other half than was searched, with one correction for all."""
    if not proposals:
        return []
    tested = items.half != half
    names = np.unique(items.group[tested])
    code = np.searchsorted(names, items.group)  # of groups that are tested
    p_values, sums, sizes, odds = [], [], [], []
    for each in proposals:
        question = each.question
        known = tested & ~np.isnan(question.contrasts).any(axis=1)
        inside = known & members(items.conditions, each.terms)
        outside = known & ~inside
        n_groups = [len(np.unique(items.group[side])) for side in (inside, outside)]
        p_values.append(1.0)
        if min(n_groups) >= LEAST_TESTED:
            blocks = Blocks.of(question.contrasts[known], items.group[known], inside[known])
            p_values[-1] = float(excess_test(blocks).max())
        sizes.append((int(inside.sum()), n_groups[0]))
        odds.append(question.in_odds(inside, outside))
        sums.append(
            np.stack(
                [
                    np.bincount(code[rows], weights[rows], minlength=len(names))
                    for rows, weights in (
                        (inside, np.ones(len(code))),
                        (outside, np.ones(len(code))),
                        (inside, question.told),
                        (outside, question.told),
                        (inside, question.loss),
                    )
                ],
                axis=1,
            )
        )
    corrected = np.minimum(1, 2 * holm(np.array(p_values)))
    parts = np.stack(sums, axis=1)
    flat = parts.reshape(len(names), -1)
    (draws,) = draw(
        [lambda weights: (weights @ flat).reshape(len(weights), *parts.shape[1:])],
        len(names),
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
            n_items=sizes[place][0],
            n_groups=sizes[place][1],
            loss=_scored(draws, _ratio(place, 4, 0), n_units=max(1, sizes[place][1])),
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
