"""Simulated annotators disagree as people do: not at random, and not never."""

from collections import Counter
from statistics import mean
from typing import Any, Literal

import pytest

from mllmsent.dioramas import (
    Scene,
    Subject,
    annotate,
    annotator_pool,
    feeling,
    oracle_scores,
    sample_diorama,
)
from mllmsent.dioramas.annotators import Annotation, judge
from mllmsent.dioramas.sampling import Diorama
from mllmsent.metrics.agreement import krippendorff_alpha
from mllmsent.metrics.bootstrap import Resampling


@pytest.fixture(scope="module")
def dioramas() -> list[Diorama]:
    return [sample_diorama(7, index) for index in range(300)]


@pytest.fixture(scope="module")
def votes(dioramas: list[Diorama]) -> list[Annotation]:
    return [vote for diorama in dioramas for vote in annotate(diorama, 7)]


def alpha(
    votes: list[Annotation],
    values: list[Any],
    level: Literal["nominal", "ordinal", "interval"],
) -> float:
    items = [vote.item_id for vote in votes]
    return krippendorff_alpha(
        items, values, level, resampling=Resampling(n_resamples=100, method="percentile")
    ).value


def test_five_people_of_both_cohorts_say_something_of_each(dioramas: list[Diorama]) -> None:
    majorities: Counter[str] = Counter()
    for diorama in dioramas[:40]:
        given = annotate(diorama, 7)
        assert len({vote.annotator.annotator_id for vote in given}) == 5
        cohorts = Counter(vote.annotator.cohort for vote in given)
        assert sorted(cohorts.values()) == [2, 3]
        majorities[cohorts.most_common(1)[0][0]] += 1
    assert majorities == {"a": 20, "b": 20}


def test_agreement_is_far_from_chance_and_far_from_perfect(votes: list[Annotation]) -> None:
    assert 0.6 < alpha(votes, [vote.valence for vote in votes], "interval") < 0.85
    assert 0.35 < alpha(votes, [vote.arousal for vote in votes], "interval") < 0.75
    assert 0.35 < alpha(votes, [vote.mikels for vote in votes], "nominal") < 0.7


def test_ratings_are_whole_numbers_of_the_scale(votes: list[Annotation]) -> None:
    assert {vote.valence for vote in votes} <= set(range(1, 10))
    assert {vote.arousal for vote in votes} <= set(range(1, 10))


def test_ratings_follow_the_truth(dioramas: list[Diorama], votes: list[Annotation]) -> None:
    truth = {diorama.item_id: feeling(diorama.scene).valence for diorama in dioramas}
    errors = [vote.valence - truth[vote.item_id] for vote in votes]
    assert abs(mean(errors)) < 0.25
    assert 0.7 < mean(abs(error) for error in errors) < 1.4


def test_cohort_a_follows_faces_and_cohort_b_the_atmosphere() -> None:
    """A smile in bad weather is pleasant to one cohort and unpleasant to the other."""
    scene = Scene(
        setting="ruin",
        weather="storm",
        light="cold",
        time="night",
        subjects=(Subject(expression="happy", posture="open"),),
    )
    pool = annotator_pool(7)
    rated = {
        cohort: mean(
            judge(annotator, scene, f"x{number}", 7).valence
            for annotator in pool
            if annotator.cohort == cohort
            for number in range(20)
        )
        for cohort in ("a", "b")
    }
    assert rated["a"] > rated["b"] + 1


def test_annotators_answer_the_same_again(dioramas: list[Diorama]) -> None:
    assert annotate(dioramas[5], 7) == annotate(dioramas[5], 7)
    assert annotate(dioramas[5], 7) != annotate(dioramas[5], 8)


def test_the_oracle_is_good_and_not_perfect(dioramas: list[Diorama]) -> None:
    """People's bias and noise leave a ceiling; the more agree, the higher it is."""
    scores = {(s.scheme, s.min_agreement): s for s in oracle_scores(dioramas, 7)}
    for scheme in ("polarity5", "polarity3", "mikels"):
        assert 0.7 < scores[scheme, 3].accuracy < 1.0
        assert scores[scheme, 3].accuracy < scores[scheme, 5].accuracy
        assert scores[scheme, 3].n > scores[scheme, 4].n > scores[scheme, 5].n > 20
