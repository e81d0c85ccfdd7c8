"""How well somebody who knows the causes could do: the ceiling that annotators leave.

The oracle answers with the causal model's own label. People (here: simulated annotators) disagree,
so no system can be expected to agree with their majority more than that, except by learning their
biases.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.dioramas.annotators import annotate, label_in, majority
from mllmsent.dioramas.causes import feeling

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.dioramas.annotators import Annotation
    from mllmsent.dioramas.causes import Feeling
    from mllmsent.dioramas.sampling import Diorama

__all__ = ["OracleScore", "oracle_scores"]


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
        for scheme in ("polarity5", "polarity3", "mikels")
        for min_agreement in (3, 4, 5)
    )


def _score(
    scheme: str,
    min_agreement: int,
    votes: Mapping[str, Sequence[Annotation]],
    truths: Mapping[str, Feeling],
) -> OracleScore:
    right = total = 0
    for item_id, given in votes.items():
        label = majority(given, scheme, min_agreement)
        if label is not None:
            truth = truths[item_id]
            total += 1
            right += label == label_in(scheme, truth.polarity, truth.emotion)
    return OracleScore(scheme, min_agreement, right / total if total else float("nan"), total)
