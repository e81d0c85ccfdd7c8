"""What a model should say of a scene: shares of the simulated annotators' votes, scheme by scheme."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.affect import get_scheme
from mllmsent.dioramas.annotators import annotator_pool, judge
from mllmsent.dioramas.causes import features_of, feeling

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mllmsent.dioramas.annotators import Annotation, Annotator
    from mllmsent.dioramas.scene import Scene

__all__ = ["LABEL_SCHEMES", "Verdict", "no_verdict", "verdict_of"]

LABEL_SCHEMES = ("polarity2", "polarity3", "polarity5", "mikels", "ekman", "ekman7")

_POOLS = 8
_PER_COHORT = 8
_OUTER = {"slightly negative": "negative", "slightly positive": "positive"}
_PLEASANT = {"amusement", "awe", "contentment", "excitement"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of one picture.

    Attributes:
        shares: Scheme to label to the share of annotators who vote so, as far as it is not 0.
        valence: 1 to 9.
        arousal: 1 to 9.
    """

    shares: Mapping[str, Mapping[str, float]]
    valence: float
    arousal: float


def verdict_of(scene: Scene, item_id: str) -> Verdict:
    """What sixteen simulated annotators, eight of each cohort, say of a scene.

    They are of eight pools in turn, so that no pool's leanings are learned. Valence and arousal are
    the causal model's own: the mean to which the ratings of many annotators tend.
    """
    pool_seed = int(hashlib.sha256(item_id.encode()).hexdigest(), 16) % _POOLS
    votes = [judge(one, scene, item_id, pool_seed) for one in _annotators(pool_seed)]
    leading = features_of(scene)["expression"]
    felt = feeling(scene)
    shares: dict[str, Mapping[str, float]] = {
        "polarity5": _share([vote.polarity5 for vote in votes]),
        "polarity3": _share([_OUTER.get(vote.polarity5, vote.polarity5) for vote in votes]),
        "mikels": _share([vote.mikels for vote in votes]),
        "ekman": _share([_ekman(vote, leading) for vote in votes]),
        "ekman7": _share(
            [
                "neutral" if vote.polarity5 == "neutral" and vote.arousal <= 5 else own
                for vote in votes
                for own in [_ekman(vote, leading)]
            ]
        ),
    }
    unpleasant = (
        sum(vote.valence < 5 for vote in votes) + sum(vote.valence == 5 for vote in votes) / 2
    )
    negative = unpleasant / len(votes)
    shares["polarity2"] = {
        label: share
        for label, share in (("negative", negative), ("positive", 1 - negative))
        if share
    }
    return Verdict(shares, felt.valence, felt.arousal)


def no_verdict(item_id: str) -> Verdict:
    """What is said of a picture of nothing: any label, as likely as any other."""
    dice = int(hashlib.sha256(item_id.encode()).hexdigest(), 16)
    return Verdict(
        {
            name: dict.fromkeys(labels, 1 / len(labels))
            for name in LABEL_SCHEMES
            for labels in [get_scheme(name).label_names]
        },
        valence=4 + dice % 21 / 10,
        arousal=3 + dice // 21 % 31 / 10,
    )


def _annotators(pool_seed: int) -> tuple[Annotator, ...]:
    if pool_seed not in _CHOSEN:
        pool = annotator_pool(pool_seed)
        cohorts = sorted({one.cohort for one in pool})
        _CHOSEN[pool_seed] = tuple(
            one
            for cohort in cohorts
            for one in [other for other in pool if other.cohort == cohort][:_PER_COHORT]
        )
    return _CHOSEN[pool_seed]


_CHOSEN: dict[int, tuple[Annotator, ...]] = {}


def _ekman(vote: Annotation, leading: frozenset[str]) -> str:
    """A vote among Ekman's six: a rule of ours, since the annotators vote among Mikels' eight."""
    if "surprised" in leading and vote.arousal >= 5 and vote.mikels in _PLEASANT | {"fear"}:
        return "surprise"
    return "happiness" if vote.mikels in _PLEASANT else vote.mikels


def _share(votes: list[str]) -> dict[str, float]:
    return {label: count / len(votes) for label, count in Counter(votes).items()}
