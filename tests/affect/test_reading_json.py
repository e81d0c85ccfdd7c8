"""Labels in JSON: whole, broken, nested, scored."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllmsent.affect import get_scheme, read_answer

KEYS = [
    "sentiment", "label", "emotion", "answer", "class", "prediction", "verdict", "mood",
    "predicted_sentiment", "Sentiment Label", "evokedEmotion", "Stimmung", "sentimiento",
    "émotion", "情感", "感情", "감정", "настроение",
]  # fmt: skip
labels = st.sampled_from(get_scheme("polarity3").label_names)
words = st.text(st.characters(codec="ascii", categories=["L", "Zs"]), max_size=20)


def read(answer: str, scheme: str = "polarity3") -> tuple[str, ...]:
    return read_answer(answer, get_scheme(scheme)).labels


@given(labels, st.sampled_from(KEYS), words)
def test_the_field_that_is_called_an_answer_is_read_in_any_language(
    label: str, key: str, reason: str
) -> None:
    answer = json.dumps({"reason": reason, key: label, "confidence": 0.7}, ensure_ascii=False)
    for text in (answer, f"```json\n{answer}\n```", f"Here it is: {answer} Anything else?"):
        assert read(text) == (label,)


@given(labels, labels)
def test_explanations_and_second_bests_do_not_compete(label: str, other: str) -> None:
    fields = {"second_best": other, "alternatives": [other], "reasoning": f"It is not {other}.",
              "caption": f"A {other} sign", "emotion": label}  # fmt: skip
    assert read(json.dumps(fields)) == (label,)


@pytest.mark.parametrize(
    "answer",
    [
        "{'sentiment': 'negative'}",
        '{"sentiment": "negative",}',
        '{sentiment: "negative"}',
        '{"sentiment": "negative", "reason": "a broken',
        '{"sentiment": "negative"',
        '{"sentiment": "negative" "reason": "x"}',
        '{"sentiment": "negative", "text": "the word "help" on a wall"}',
        '```json\n{"sentiment": "negative"}',
        '{\\"sentiment\\": \\"negative\\"}',
        '{"sentiment": "negative"} // dark sky',
    ],
)
def test_json_is_read_however_broken_while_the_label_is_whole(answer: str) -> None:
    assert read(answer) == ("negative",)


@pytest.mark.parametrize(
    "answer", ['{"sentiment": "negative', '{"sentiment": "slightly', '{"sentiment": neg']
)
def test_a_value_that_is_cut_off_is_no_value(answer: str) -> None:
    assert read(answer, "polarity5") == ()


@pytest.mark.parametrize(
    "answer",
    [
        "{}", "[]", '{"sentiment": null}', '{"sentiment": ""}', '{"sentiment": 1}', '{"label": "string"}',
        '{"sentiment": "positive"} {"sentiment": "negative"}', '{"sentiment": ["positive", "neutral"]}',
        '[{"id": 1, "sentiment": "positive"}, {"id": 2, "sentiment": "neutral"}]',
        '{"sentiment": "positive", "label": "negative"}', '{"sentiment": "positive or neutral"}',
        '{"properties": {"label": {"enum": ["negative", "neutral", "positive"]}}}',
        '{"person_1": "positive", "person_2": "negative"}', '{"lighting": "neutral"}',
    ],
)  # fmt: skip
def test_json_without_one_answer_is_unparsed(answer: str) -> None:
    assert read_answer(answer, get_scheme("polarity3")).status == "unparsed"


def test_json_against_the_words_beside_it_is_unparsed() -> None:
    assert read('The sentiment is negative. {"sentiment": "positive"}') == ()


@given(st.lists(st.integers(0, 100), min_size=3, max_size=3))
def test_scores_for_every_label_give_the_highest_and_a_tie_gives_none(numbers: list[int]) -> None:
    names = get_scheme("polarity3").label_names
    scores = dict(zip(names, numbers, strict=True))
    best = [name for name in names if scores[name] == max(numbers)]
    for answer in (
        json.dumps(scores),
        json.dumps({"scores": scores}),
        json.dumps({name: f"{number}%" for name, number in scores.items()}),
        json.dumps([{"label": name, "score": number} for name, number in scores.items()]),
    ):
        reading = read_answer(answer, get_scheme("polarity3"))
        assert reading.labels == (tuple(best) if len(best) == 1 else ())
        if reading.status == "ok":
            assert reading.scores == scores


def test_a_label_beside_scores_is_the_label_and_the_scores_are_kept() -> None:
    scores = {"negative": 0.5, "neutral": 0.4, "positive": 0.1}
    reading = read_answer(
        json.dumps({"sentiment": "neutral", "scores": scores}), get_scheme("polarity3")
    )
    assert reading.labels == ("neutral",)
    assert reading.scores == scores


def test_scores_that_do_not_cover_every_label_give_none() -> None:
    assert read('{"positive": 0.9, "neutral": 0.1}') == ()


def test_scores_are_no_set_of_labels() -> None:
    scores = dict.fromkeys(get_scheme("mikels-multi").label_names, 0.1) | {"awe": 0.9}
    assert read(json.dumps(scores), "mikels-multi") == ()


def test_a_yes_for_each_label_is_a_set_where_several_are_allowed() -> None:
    names = get_scheme("mikels-multi").label_names
    flags = {name: name in {"awe", "fear"} for name in names}
    assert read(json.dumps(flags), "mikels-multi") == ("awe", "fear")
    assert read(json.dumps(flags), "mikels") == ()
    assert read(json.dumps(flags | {"fear": False}), "mikels") == ("awe",)


def test_an_answer_within_many_brackets_is_found_or_left_but_never_hangs() -> None:
    assert read('{"a": ' * 30 + '{"sentiment": "positive"}' + "}" * 30) in {("positive",), ()}
    assert read('{"a": ' * 5000) == ()
