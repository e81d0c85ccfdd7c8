"""How well somebody who knows the causes could do: the ceiling that annotators leave.

The oracle answers with the causal model's own label. People (here: simulated annotators) disagree,
so no system can be expected to agree with their majority more than that, except by learning their
biases.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.dioramas.annotators import annotate
from mllmsent.dioramas.causes import feeling

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mllmsent.dioramas.annotators import Annotation
    from mllmsent.dioramas.causes import Feeling
    from mllmsent.dioramas.sampling import Diorama

__all__ = ["OracleScore", "oracle_scores"]

_FOLD3 = {"slightly negative": "negative", "slightly positive": "positive"}


@dataclass(frozen=True, slots=True)
class OracleScore:
    """How often the oracle agrees with the annotators' majority.

    Attributes:
        scheme: "polarity5", "polarity3" (its outer classes folded) or "mikels".
        min_agreement: How many annotators agree on each item that counts.
        accuracy: Share of those items whose majority is the oracle's label.
        n: How many items those are.
    """

    scheme: str
    min_agreement: int
    accuracy: float
    n: int


def oracle_scores(dioramas: Sequence[Diorama], seed: int) -> tuple[OracleScore, ...]:
    """The oracle's accuracy by scheme, for items on which 3, 4 and 5 of five agree.

    Args:
        dioramas: The items.
        seed: Seed of the dataset.
    """
    votes = {diorama.item_id: annotate(diorama, seed) for diorama in dioramas}
    truths = {diorama.item_id: feeling(diorama.scene) for diorama in dioramas}
    return tuple(
        _score(scheme, min_agreement, votes, truths)
        for scheme in _READ
        for min_agreement in (3, 4, 5)
    )


_READ: dict[str, tuple[Callable[[Annotation], str], Callable[[Feeling], str]]] = {
    "polarity5": (lambda vote: vote.polarity5, lambda truth: truth.polarity),
    "polarity3": (
        lambda vote: _FOLD3.get(vote.polarity5, vote.polarity5),
        lambda truth: _FOLD3.get(truth.polarity, truth.polarity),
    ),
    "mikels": (lambda vote: vote.mikels, lambda truth: truth.emotion),
}


def _score(
    scheme: str,
    min_agreement: int,
    votes: Mapping[str, Sequence[Annotation]],
    truths: Mapping[str, Feeling],
) -> OracleScore:
    read_vote, read_truth = _READ[scheme]
    right = total = 0
    for item_id, given in votes.items():
        label, count = Counter(read_vote(vote) for vote in given).most_common(1)[0]
        if count >= min_agreement:
            total += 1
            right += label == read_truth(truths[item_id])
    return OracleScore(scheme, min_agreement, right / total if total else float("nan"), total)
