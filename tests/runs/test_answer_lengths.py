"""How long answers are presumed to be, from the question alone."""

import json

import pytest

from mllmsent.affect import answer_schema, get_scheme
from mllmsent.models import text_tokens
from mllmsent.models.interface import Request, Settings
from mllmsent.pathways.interface import Question
from mllmsent.pathways.scene import scene_schema
from mllmsent.prompts import Message, get_strategy
from mllmsent.runs.answer_lengths import DESCRIPTION_TOKENS, SENTENCE_TOKENS, answer_tokens


def asked(
    text: str = "Which?", *, stage: str = "direct", aloud: bool = False, **request: object
) -> Question:
    return Question(
        key="k", request=Request((Message("user", (text,)),), **request), model="m",  # type: ignore[arg-type] # any member
        stage=stage, item_id="i", strategy="s", strategy_version="1", scheme=None,
        condition="none", repeat=0, sample=0, thinks_aloud=aloud,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("scheme", "answer"),
    [("polarity3", "positive"), ("polarity5", "slightly negative"), ("ekman", "anger"),
     ("valence-arousal", "valence: 0.6, arousal: 0.2"), ("mikels-multi", "awe, contentment")],
)  # fmt: skip
def test_an_answer_in_a_scheme_is_as_long_as_one_of_its_answers(scheme: str, answer: str) -> None:
    assert answer_tokens(asked(), get_scheme(scheme)) == pytest.approx(text_tokens(answer), abs=1)


@pytest.mark.parametrize("limit", [64, 4000, None])
def test_a_label_is_no_longer_for_being_allowed_to_be(limit: int | None) -> None:
    short = asked(settings=Settings(max_tokens=limit))
    assert answer_tokens(short, get_scheme("polarity3")) == 1
    assert answer_tokens(asked(aloud=True), get_scheme("polarity3")) > 100


@pytest.mark.parametrize(
    ("scheme", "answer"),
    [("polarity3", {"label": "neutral"}), ("valence-arousal", {"valence": 0.2, "arousal": 0.9})],
)
def test_json_is_as_long_as_an_answer_in_its_schema(scheme: str, answer: object) -> None:
    schema = answer_schema(get_scheme(scheme))
    assert answer_tokens(asked(answer_schema=schema)) == round(text_tokens(json.dumps(answer)))


def test_a_reading_of_a_scene_has_sentences_and_lists() -> None:
    schema = scene_schema(get_scheme("polarity3"))
    names = text_tokens(" ".join(schema["properties"]))
    assert answer_tokens(asked(stage="scene", answer_schema=schema)) > 2 * SENTENCE_TOKENS + names


@pytest.mark.parametrize(
    ("wording", "tokens"),
    [
        (get_strategy("describe").messages[0].text, 4 * SENTENCE_TOKENS),
        (get_strategy("published-describe").messages[0].text, DESCRIPTION_TOKENS),
        ("Describe it in a sentence.", SENTENCE_TOKENS),
        ("Describe it in 2-4 sentences.", 3 * SENTENCE_TOKENS),
        ("Describe it in at most 60 words.", 80),
        ("Describe each sentence that is written there, in other words.", DESCRIPTION_TOKENS),
    ],
)
def test_a_description_is_as_long_as_its_wording_asks_for(wording: str, tokens: int) -> None:
    assert answer_tokens(asked(wording, stage="description")) == tokens


def test_a_letter_is_shorter_than_a_label() -> None:
    letters, labels = (
        answer_tokens(asked(candidates=each))
        for each in (("A", "B"), ("slightly negative", "slightly positive"))
    )
    assert (letters, labels) == (1, 2)
