"""Simulated models answer in the form asked for, and err as their profile says."""

import json
from collections import Counter
from itertools import pairwise
from statistics import fmean, mean

import jsonschema
import pytest

from mllmsent.affect import answer_schema, get_scheme, read_answer
from mllmsent.dioramas import (
    Scene,
    SimulatedMLLM,
    describe,
    feeling,
    profile_names,
    sample_scene,
    score_reading,
)
from mllmsent.dioramas.simulated.perception import Sight, perceive
from mllmsent.dioramas.simulated.profiles import get_profile
from mllmsent.foundation import InputError
from mllmsent.prompts import get_strategy, render

SCENES = [sample_scene(21, index) for index in range(260)]
THREE = "Choose from these labels: negative, neutral, positive.\nAnswer with one label and nothing else."
FIVE = THREE.replace(
    "negative, neutral, positive",
    "negative, slightly negative, neutral, slightly positive, positive",
)
COT = (
    "The labels are: negative, neutral, positive.\nThink step by step.\n"
    "Then write a last line of the form\nAnswer: one label"
)


def polarity3(scene: Scene) -> str:
    return feeling(scene).polarity.removeprefix("slightly ")


def accuracy(name: str, text: str = THREE, scenes: list[Scene] = SCENES) -> float:
    scheme, model = get_scheme("polarity3"), SimulatedMLLM(name)
    read = [read_answer(model.answer(scene, text), scheme).labels for scene in scenes]
    return mean(labels == (polarity3(scene),) for labels, scene in zip(read, scenes, strict=True))


def test_the_keen_one_is_better_than_the_hasty_one_and_neither_is_perfect() -> None:
    keen, hasty = accuracy("keen"), accuracy("hasty")
    assert 0.75 < keen < 0.97
    assert 0.45 < hasty < keen - 0.08


def test_the_gloomy_one_says_negative_too_often() -> None:
    scheme = get_scheme("polarity3")
    said = {
        name: Counter(
            label
            for scene in SCENES
            for label in read_answer(SimulatedMLLM(name).answer(scene, THREE), scheme).labels
        )
        for name in ("keen", "gloomy")
    }
    truth = Counter(polarity3(scene) for scene in SCENES)
    assert said["gloomy"]["negative"] > truth["negative"] * 1.2
    assert abs(said["keen"]["negative"] - truth["negative"]) < truth["negative"] * 0.15


def test_the_night_blind_one_fails_at_night_and_only_then() -> None:
    night = [scene for scene in SCENES if scene.time == "night"]
    rest = [scene for scene in SCENES if scene.time != "night"]
    gap = accuracy("night-blind", scenes=rest) - accuracy("night-blind", scenes=night)
    assert gap > 0.12
    assert abs(accuracy("keen", scenes=rest) - accuracy("keen", scenes=night)) < gap - 0.05


def test_the_hasty_one_does_not_know_what_combinations_mean() -> None:
    assert not get_profile("hasty").knows_interactions
    assert get_profile("keen").knows_interactions


@pytest.mark.parametrize("name", profile_names())
def test_the_same_question_gets_the_same_answer_and_samples_differ_little(name: str) -> None:
    model = SimulatedMLLM(name)
    assert model.answer(SCENES[0], FIVE) == model.answer(SCENES[0], FIVE)
    scheme = get_scheme("polarity5")
    agree = []
    for scene in SCENES[:80]:
        first, second = (
            read_answer(model.answer(scene, FIVE, sample=sample), scheme).labels
            for sample in (0, 1)
        )
        agree.append(first == second)
    assert 0.6 < mean(agree) < 1.0


@pytest.mark.parametrize(
    "scheme", ["polarity2", "polarity3", "polarity5", "ekman", "ekman7", "mikels", "plutchik"]
)
def test_every_label_scheme_is_answered_in_its_own_labels(scheme: str) -> None:
    vocabulary = get_scheme(scheme)
    text = f"Choose from these labels: {', '.join(vocabulary.label_names)}.\nAnswer with one label."
    readings = [
        read_answer(SimulatedMLLM("keen").answer(s, text), vocabulary) for s in SCENES[:120]
    ]
    statuses = Counter(reading.status for reading in readings)
    assert statuses["ok"] > 110
    assert len({reading.labels for reading in readings}) >= min(4, len(vocabulary.labels))


def test_labels_are_answered_in_the_language_of_the_question() -> None:
    scheme = get_scheme("polarity3")
    text = "Wähle aus diesen Bezeichnungen: negativ, neutral, positiv.\nAntworte nur mit der Bezeichnung."
    answers = {
        SimulatedMLLM("keen").answer(scene, text).lower().strip(".") for scene in SCENES[:60]
    }
    assert {"negativ", "positiv"} <= answers
    assert read_answer("positiv", scheme).labels == ("positive",)


def test_numbers_are_given_on_the_scales_asked_for() -> None:
    text = (
        "Rate it on valence from 1 (very unpleasant) to 7 (very pleasant).\n"
        "Answer with valence: <1 to 7>, arousal: <0 to 100> and nothing else."
    )
    answers = [SimulatedMLLM("keen").answer(scene, text) for scene in SCENES[:60]]
    pairs = [answer.lower().rstrip(".").split(", ") for answer in answers if ":" in answer]
    valences = [float(pair[0].removeprefix("valence: ")) for pair in pairs]
    arousals = [float(pair[1].removeprefix("arousal: ")) for pair in pairs]
    assert 1 <= min(valences) < 3
    assert 5 < max(valences) <= 7
    assert 0 <= min(arousals) < 40
    assert 60 < max(arousals) <= 100


@pytest.mark.parametrize(
    "scheme", ["polarity3", "mikels-multi", "valence-arousal", "vad", "intensity"]
)
def test_a_schema_is_answered_with_json_that_fits_it(scheme: str) -> None:
    schema = answer_schema(get_scheme(scheme))
    fitting = 0
    for scene in SCENES[:60]:
        text = SimulatedMLLM("keen").answer(scene, "Judge this. Answer with JSON only.", schema)
        try:
            jsonschema.validate(
                json.loads(text.removeprefix("```json\n").removesuffix("\n```")), schema
            )
        except ValueError:
            continue
        fitting += 1
    assert fitting >= 57


def test_a_reading_of_the_scene_is_mostly_true_and_has_a_verdict() -> None:
    text = (
        'Answer with one JSON object: "atmosphere", "subjects", "cues", "narrative", '
        '"verdict": one label of: negative, neutral, positive.'
    )
    right = claimed = verdicts = 0
    for scene in SCENES[:60]:
        try:
            answer = json.loads(
                SimulatedMLLM("keen")
                .answer(scene, text)
                .removeprefix("```json\n")
                .removesuffix("\n```")
            )
        except ValueError:
            continue
        verdicts += answer["verdict"] in {"negative", "neutral", "positive"}
        for score in score_reading(scene, answer).values():
            right, claimed = right + score.right, claimed + score.claimed
    assert verdicts > 55
    assert 0.85 < right / claimed < 1.0


def test_reasons_come_first_where_they_are_wanted() -> None:
    answer = SimulatedMLLM("keen").answer(SCENES[3], COT)
    assert "\nAnswer: " in answer
    assert answer.count("\n") >= 2


def test_a_description_is_given_where_it_is_asked_for() -> None:
    answer = SimulatedMLLM("keen").answer(SCENES[3], "Describe this image in details.")
    assert len(answer.split()) > 15
    assert read_answer(answer, get_scheme("polarity3")).status != "ok"


def test_labels_of_somebodys_own_scheme_are_answered_with_one_of_them() -> None:
    text = "Choose from these labels: cozy, eerie, festive.\nAnswer with one label."
    answers = {
        SimulatedMLLM("keen").answer(scene, text).lower().strip(".* ") for scene in SCENES[:30]
    }
    assert {"cozy", "eerie", "festive"} <= answers


def test_without_color_light_is_a_guess_and_in_a_blur_faces_are_lost() -> None:
    keen = get_profile("keen")

    def seen(scene: Scene, **sight: bool) -> Scene:
        return perceive(scene, keen, "keen", Sight(**sight))

    vivid = [scene for scene in SCENES if scene.palette == "vivid"]
    assert all(seen(scene, is_grey=True).palette == "muted" for scene in vivid)
    people = [scene for scene in SCENES if scene.subjects]

    def hits(**sight: bool) -> float:
        return fmean(
            a.expression == b.expression
            for scene in people
            for a, b in zip(scene.subjects, seen(scene, **sight).subjects, strict=True)
        )

    assert hits(is_blurred=True) < hits() - 0.15


def test_an_unknown_model_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(InputError, match="Did you mean 'keen'"):
        SimulatedMLLM("kean").answer(SCENES[0], THREE)


def marks(name: str, scene: Scene, description: str) -> dict[str, float]:
    """What a simulated judge says of a description, as it is read."""
    strategy = get_strategy("judge")
    assert strategy.marks is not None
    question = "\n\n".join(
        str(part)
        for turn in render(strategy, None, "", emotion_target="evoked", description=description)
        for part in turn.parts
    )
    answer = SimulatedMLLM(name).answer(scene, question, answer_schema(strategy.marks))
    return dict(read_answer(answer, strategy.marks).values)


def mean_marks(told: list[dict[str, float]]) -> dict[str, float]:
    """The mean of each mark over the descriptions that have any."""
    read = [each for each in told if each]
    return {name: fmean(each[name] for each in read) for name in read[0]}


def test_a_judge_marks_a_true_description_above_one_of_another_scene_and_whole_above_cut() -> None:
    pairs = list(pairwise(SCENES[:81]))
    true = mean_marks([marks("keen", scene, describe(scene)) for scene, _ in pairs])
    other = mean_marks([marks("keen", scene, describe(another)) for scene, another in pairs])
    cut = mean_marks(
        [marks("keen", scene, " ".join(describe(scene).split()[:8])) for scene, _ in pairs]
    )
    assert true["accuracy"] > other["accuracy"] + 1
    assert true["completeness"] > cut["completeness"] + 1
    assert true["affect"] > cut["affect"]
    whole = [marks("keen", scene, describe(scene)) for scene, _ in pairs]
    assert {value for told in whole for value in told.values()} <= {1, 2, 3, 4, 5}
