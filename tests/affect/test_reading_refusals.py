"""Refusals, and disclaimers that are none."""

import pytest

from mllmsent.affect import get_scheme, is_declined, read_answer, scheme_names

REFUSALS = [
    "I'm sorry, but I can't assist with that.",
    "I cannot determine the sentiment of this image.",
    "As an AI, I don't have feelings, so I am unable to classify this image.",
    "I won't label the emotions of real people.",
    "No image was provided.",
    "My guidelines don't allow me to judge how this person feels.",
    '{"error": "I cannot process this image."}',
    "Es tut mir leid, ich kann dieses Bild nicht beurteilen.",
    "Je ne peux pas analyser cette image.",
    "Lo siento, no puedo ayudar con eso.",
    "抱歉，我无法分析这张图片。",
    "申し訳ありませんが、判断できません。",
    "죄송합니다. 이 이미지를 분석할 수 없습니다.",
    "Извините, я не могу определить эмоцию.",
]


@pytest.mark.parametrize("name", scheme_names())
@pytest.mark.parametrize("answer", REFUSALS)
def test_a_refusal_is_known_whatever_was_asked(answer: str, name: str) -> None:
    reading = read_answer(answer, get_scheme(name))
    assert (reading.status, reading.labels, dict(reading.values)) == ("refused", (), {})
    assert is_declined(answer, get_scheme(name))


@pytest.mark.parametrize("label", ["negative", "neutral", "positive"])
def test_a_refusal_that_names_the_labels_is_a_refusal(label: str) -> None:
    answer = f"I cannot tell whether this image is {label} or something else."
    assert read_answer(answer, get_scheme("polarity3")).status == "refused"


@pytest.mark.parametrize(
    "answer",
    [
        "As an AI I have no feelings, but the sentiment of the image is negative.",
        "I can't identify the people. Sentiment: negative",
        "Sorry for the delay! Negative.",
        '{"sentiment": "negative", "note": "I cannot see all of it"}',
        "Negative. I cannot say more.",
    ],
)
def test_a_verdict_beside_a_disclaimer_is_a_verdict(answer: str) -> None:
    assert read_answer(answer, get_scheme("polarity3")).labels == ("negative",)
