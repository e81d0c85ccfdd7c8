"""Numbers on dimensions."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllmsent.affect import get_scheme, read_answer

halves = st.integers(2, 18).map(lambda number: number / 2)


def read(answer: str, scheme: str = "valence-arousal") -> dict[str, float]:
    return dict(read_answer(answer, get_scheme(scheme)).values)


@given(
    halves, halves,
    st.sampled_from(
        [
            "Valence: {v}, Arousal: {a}", "valence = {v}; arousal = {a}", "Arousal: {a}\nValence: {v}",
            "**Valence:** {v}\n**Arousal:** {a}", "V: {v}, A: {a}", "Valence: {v}/9, Arousal: {a}/9",
            "I would rate the valence as {v} and the arousal as {a}.", "Valence (1-9): {v}, Arousal (1-9): {a}",
            "{v} for valence and {a} for arousal", "Valence and arousal are {v} and {a}.",
            "On a scale from 1 to 9, valence is {v} and arousal is {a}.", "Valence: ~{v}\nArousal: ~{a}",
            "| Valence | {v} |\n|---|---|\n| Arousal | {a} |", "Valenz: {v}, Erregung: {a}",
            '{{"valence": {v}, "arousal": {a}}}', '{{"valence": "{v}", "arousal": "{a}/9"}}',
            "Valence: {v} (pleasant), arousal: {a} (calm), dominance: 5", "效价：{v}，唤醒度：{a}",
            "A crowd of 200 people at 7 o'clock. Valence: {v}. Arousal: {a}.",
        ]
    ),
)  # fmt: skip
def test_a_number_is_tied_to_the_name_beside_it(
    valence: float, arousal: float, manner: str
) -> None:
    expected = {"valence": valence, "arousal": arousal}
    assert read(manner.format(v=f"{valence:g}", a=f"{arousal:g}")) == expected


@given(halves, halves)
def test_a_decimal_comma_is_a_decimal_point(valence: float, arousal: float) -> None:
    answer = f"Valence: {valence:.1f}\nArousal: {arousal:.1f}".replace(".", ",")
    assert read(answer) == {"valence": valence, "arousal": arousal}


@pytest.mark.parametrize(
    "answer",
    [
        "Valence: 7", "7, 4", "Valence: high, arousal: low", "Valence: 7, arousal: moderate",
        "Valence: 6-7, arousal: 4", "Valence: 6 or 7, arousal: 4", "Valence between 6 and 7, arousal 4",
        "Valence: 10, arousal: 5", "Valence: 0, arousal: 0", "Valence: -3, arousal: 5",
        "Valence: 7/10, arousal: 4/10", "On a scale from 1 to 5, valence is 4 and arousal is 2.",
        "On a 5-point scale: valence 4, arousal 2", "Valence: +3 (from -4 to +4), arousal: 5",
        "Valence: 70%, arousal: 40%", "Valence: >7, arousal: 4", "Valence: not 7, arousal: 4",
        "Left: valence 3, arousal 6. Right: valence 7, arousal 2.", "Valence: 7, arousal: 4, valence: 5",
        "Rate valence from 1 to 9 and arousal from 1 to 9.", '{"valence": 7}', '{"valence": "high", "arousal": 4}',
        '{"valence": 7, "arousal": null}', '{"valence": 7, "arousal": 4.', '{"valence": 7, "arousal": 4, "scale": "1-10"}',
        'Valence: 3, arousal: 4. {"valence": 7, "arousal": 4}', "If I were happy, valence 8, arousal 5.",
    ],
)  # fmt: skip
def test_what_is_not_one_number_for_each_dimension_on_its_scale_is_none(answer: str) -> None:
    reading = read_answer(answer, get_scheme("valence-arousal"))
    assert (reading.status, dict(reading.values)) == ("unparsed", {})
    assert reading.reason


@pytest.mark.parametrize(
    "answer", ["6", "6.0", "**6**", "6/10", "~6", "6 out of 10", "I'd give it a 6.", "Score: 6"]
)
def test_a_lone_dimension_needs_no_name(answer: str) -> None:
    assert read(answer, "intensity") == {"intensity": 6}


@pytest.mark.parametrize(
    "answer", ["4/5", "11", "-1", "5-6", "60%", "6 people", "Image 7", "On a scale of 1 to 10: 6"]
)
def test_a_lone_number_of_something_else_is_none(answer: str) -> None:
    assert read(answer, "intensity") == {}


def test_the_last_word_beats_what_was_said_before() -> None:
    answer = "Valence: 4, arousal: 4. On reflection, finally: valence: 3, arousal: 4."
    assert read(answer) == {"valence": 3, "arousal": 4}


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(1, 9))
def test_a_number_off_the_scale_is_never_moved_onto_it(valence: float, arousal: float) -> None:
    values = read(json.dumps({"valence": valence, "arousal": arousal}))
    assert values == ({"valence": valence, "arousal": arousal} if 1 <= valence <= 9 else {})


def test_a_deep_or_listed_rating_is_found() -> None:
    assert read('{"ratings": {"valence": {"score": 7}, "arousal": {"score": 3}}}') == {
        "valence": 7, "arousal": 3,
    }  # fmt: skip
    listed = '[{"dimension": "valence", "value": 7}, {"dimension": "arousal", "value": 3}]'
    assert read(listed) == {"valence": 7, "arousal": 3}
