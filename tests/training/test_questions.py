import json

import pytest

from mllmsent.affect import get_scheme, read_answer
from mllmsent.dioramas import describe, sample_scene, score_reading
from mllmsent.dioramas.dice import Dice
from mllmsent.pathways.scene import read_scene
from mllmsent.prompts import get_strategy, render
from training.questions import (
    IMAGE,
    RATING,
    Asked,
    Form,
    describe_question,
    label_question,
    own_strategies,
    phrasings,
    rating_question,
    reasoned_question,
    scene_question,
    wordings,
)
from training.votes import LABEL_SCHEMES, no_verdict, verdict_of

SCENE = sample_scene(5, 2)
VERDICT = verdict_of(SCENE, "item")


def texts(asked: Asked) -> list[str]:
    answer = asked.answer
    return [answer.head + choice + answer.tail for choice in answer.choices]


@pytest.mark.parametrize("strategy", ["zero-shot", "definitions", "role", "structured"])
@pytest.mark.parametrize("scheme", LABEL_SCHEMES)
def test_a_question_is_worded_as_the_framework_words_it(strategy: str, scheme: str) -> None:
    asked = label_question(get_strategy(strategy), scheme, VERDICT)
    own = render(get_strategy(strategy), get_scheme(scheme), IMAGE, emotion_target="evoked")
    assert asked.messages == own


@pytest.mark.parametrize("strategy", ["zero-shot", "structured", "published-direct"])
@pytest.mark.parametrize("scheme", LABEL_SCHEMES)
def test_every_right_answer_is_read_as_the_label_it_stands_for(strategy: str, scheme: str) -> None:
    asked = label_question(get_strategy(strategy), scheme, VERDICT)
    labels = [read_answer(text, get_scheme(scheme)).label for text in texts(asked)]
    assert labels == list(VERDICT.shares[scheme])


def test_a_german_question_is_answered_in_german() -> None:
    asked = label_question(get_strategy("zero-shot-de"), "polarity3", no_verdict("x"))
    assert [text for text in texts(asked) if text != "neutral"] == ["negativ", "positiv"]
    assert "negativ, neutral, positiv" in str(asked.messages[0].parts[1])


@pytest.mark.parametrize("strategy", ["zero-shot", "structured"])
def test_ratings_are_answered_in_the_form_that_is_asked_for(strategy: str) -> None:
    (text,) = texts(rating_question(get_strategy(strategy), VERDICT))
    reading = read_answer(text, get_scheme(RATING))
    assert reading.values["valence"] == pytest.approx(VERDICT.valence, abs=0.051)
    assert text.startswith("{") is (strategy == "structured")


def test_a_description_is_in_the_words_that_dioramas_are_described_in() -> None:
    (text,) = texts(describe_question(get_strategy("describe"), SCENE, seed=4))
    assert text == describe(SCENE, 4)


@pytest.mark.parametrize("scheme", ["polarity3", "mikels", RATING])
def test_a_reading_is_true_has_the_keys_asked_for_and_a_verdict_in_the_scheme(scheme: str) -> None:
    asked = scene_question(get_strategy("scene"), scheme, SCENE, VERDICT, seed=1)
    for text in texts(asked):
        fields = json.loads(text)
        assert list(fields) == ["atmosphere", "subjects", "cues", "narrative", "verdict"]
        scores = score_reading(SCENE, fields)
        assert not any(score.inventions for score in scores.values())
        assert scores["cues"].recall == scores["subjects"].recall == 1
        reading = read_scene(text)
        assert reading is not None
        assert read_answer(reading.verdict, get_scheme(scheme)).status == "ok"


def test_thinking_aloud_ends_in_a_line_that_is_read() -> None:
    asked = reasoned_question(get_strategy("chain-of-thought"), "polarity3", SCENE, VERDICT, seed=1)
    labels = [read_answer(text, get_scheme("polarity3")).label for text in texts(asked)]
    assert labels == list(VERDICT.shares["polarity3"])


def test_nothing_is_claimed_of_a_picture_of_nothing() -> None:
    asked = scene_question(get_strategy("scene"), "polarity3", None, no_verdict("x"), seed=1)
    reading = json.loads(texts(asked)[0])
    assert (reading["subjects"], reading["cues"]) == ([], [])


def test_other_orders_of_the_labels_are_asked_in_too() -> None:
    orders = {
        str(label_question(get_strategy("zero-shot"), "mikels", VERDICT, Dice(n)).messages)
        for n in range(40)
    }
    assert len(orders) > 5


@pytest.mark.parametrize("form", ["direct", "rating", "describe"])
def test_held_out_wordings_are_not_among_the_trained_ones(form: Form) -> None:
    trained = {strategy.messages[0].text for strategy in wordings(form)}
    trained |= {s.messages[-1].text for s in own_strategies("zero-shot", "describe", "role")}
    held_out = {strategy.messages[0].text for strategy in wordings(form, held_out=True)}
    assert held_out
    assert not held_out & trained


@pytest.mark.parametrize("form", ["direct", "rating", "describe"])
def test_many_wordings_are_put_together_and_none_of_them_is_held_out(form: Form) -> None:
    texts = [strategy.messages[0].text for strategy in phrasings(form)]
    assert len(set(texts)) > 200
    assert not {"[", "LIST", "FORM"} & set(" ".join(texts).split())
    assert not {text.strip() for text in texts} & {
        strategy.messages[0].text.strip() for strategy in wordings(form, held_out=True)
    }


@pytest.mark.parametrize("form", ["direct", "rating"])
def test_a_wording_put_together_names_what_may_be_answered(form: Form) -> None:
    scheme = get_scheme("mikels" if form == "direct" else RATING)
    names = scheme.label_names or scheme.dimension_names
    for strategy in phrasings(form):
        (message,) = render(strategy, scheme, IMAGE, emotion_target="evoked")
        text = " ".join(str(part) for part in message.parts if part != IMAGE)
        assert all(name in text.lower() for name in names), text
