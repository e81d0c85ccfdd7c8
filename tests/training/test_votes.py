import pytest

from mllmsent.affect import get_scheme
from mllmsent.dioramas import Scene, Subject, feeling
from training.votes import LABEL_SCHEMES, no_verdict, verdict_of

JOY = Scene(setting="meadow", subjects=(Subject(expression="happy"),), objects=("balloons",))
FEAR = Scene(
    setting="ruin", time="night", weather="storm", light="cold",
    subjects=(Subject(expression="afraid", posture="huddled"),),
)  # fmt: skip
SURPRISE = Scene(subjects=(Subject(expression="surprised", posture="open"),), objects=("gift",))


@pytest.mark.parametrize("scene", [JOY, FEAR, SURPRISE])
def test_the_shares_of_every_scheme_are_of_its_labels_and_sum_to_one(scene: Scene) -> None:
    shares = verdict_of(scene, "item").shares
    assert set(shares) == set(LABEL_SCHEMES)
    for name, votes in shares.items():
        assert set(votes) <= set(get_scheme(name).label_names)
        assert sum(votes.values()) == pytest.approx(1)


def test_a_happy_meadow_is_voted_positive_and_a_night_of_fear_negative() -> None:
    assert verdict_of(JOY, "a").shares["polarity3"]["positive"] > 0.9
    assert verdict_of(FEAR, "b").shares["polarity3"]["negative"] > 0.9
    assert verdict_of(FEAR, "b").shares["ekman"]["fear"] > 0.5


def test_five_classes_fold_into_three() -> None:
    for number in range(20):
        shares = verdict_of(SURPRISE, f"item-{number}").shares
        mild = shares["polarity5"].get("slightly positive", 0)
        clear = shares["polarity5"].get("positive", 0)
        assert mild + clear == pytest.approx(shares["polarity3"].get("positive", 0))


def test_a_surprised_face_may_be_voted_surprise_where_the_scheme_has_it() -> None:
    assert verdict_of(SURPRISE, "c").shares["ekman"]["surprise"] > 0.3
    assert "surprise" not in verdict_of(JOY, "c").shares["ekman"]


def test_ratings_are_those_of_the_causal_model() -> None:
    verdict = verdict_of(JOY, "d")
    assert (verdict.valence, verdict.arousal) == (feeling(JOY).valence, feeling(JOY).arousal)


def test_of_nothing_every_label_is_as_likely_as_any_other() -> None:
    shares = no_verdict("e").shares
    assert {name: set(votes.values()) for name, votes in shares.items()} == {
        name: {1 / len(get_scheme(name).labels)} for name in LABEL_SCHEMES
    }
