"""Model output is hostile input: whatever comes, a legal reading follows, and soon."""

import string

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mllmsent.affect import Reading, Scheme, get_scheme, is_declined, read_answer, scheme_names

SCHEMES = [get_scheme(name) for name in scheme_names()]
FRAGMENTS = [
    "positive", "negative", "neutral", "slightly", "not", "no", "isn't", "sadness", "awe", "the image is",
    "sentiment", "Sentiment:", "Final answer:", "{", "}", "[", "]", '"', ":", ",", '{"sentiment": "', "```json",
    "```", "**", "*", "- ", "1. ", "\n", "<think>", "</think>", "<answer>", "</answer>", "valence", "arousal",
    "7", "3.5", "1-9", "6/9", "(", ")", "or", "and", "but", "|", "|---|", "I cannot", "determine", "积极", "、",
    "ではありません", "긍정적", "सकारात्मक", "سلبي", "😀", "\\boxed{", "%", "0.7", "if", "?", "=>", "~~", "#",
]  # fmt: skip
answers = st.one_of(
    st.text(max_size=300),
    st.lists(st.sampled_from(FRAGMENTS), max_size=60).map(" ".join),
    st.lists(st.sampled_from(FRAGMENTS), max_size=60).map("".join),
    st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=8)), max_size=40).map(" ".join),
)


def check_legal(reading: Reading, scheme: Scheme) -> None:
    """Assert what every reading promises."""
    assert reading.status in {"ok", "unparsed", "refused"}
    if reading.status != "ok":
        assert not reading.labels
        assert not reading.values
        assert reading.reason
        return
    assert reading.how
    if scheme.kind == "dimensional":
        assert tuple(reading.values) == scheme.dimension_names
        for name, value in reading.values.items():
            assert scheme.dimension(name).low <= value <= scheme.dimension(name).high
        return
    assert reading.labels
    assert len(set(reading.labels)) == len(reading.labels)
    if not scheme.multi_label:
        assert len(reading.labels) == 1
    if not scheme.open_vocabulary:
        places = [scheme.label_names.index(label) for label in reading.labels]
        assert places == sorted(places)
    if reading.scores is not None:
        assert set(reading.scores) == set(scheme.label_names)


@settings(max_examples=200)
@given(answers, st.sampled_from(SCHEMES))
@example("{" * 500, SCHEMES[0])
@example("\ud800\udfff", SCHEMES[0])
@example('{"valence": 1e999, "arousal": -0.0}', get_scheme("valence-arousal"))
@example('{"valence": ' + "9" * 5000 + "}", get_scheme("valence-arousal"))
@example("9" * 5000, get_scheme("intensity"))
@example('{"sentiment": {"positive": NaN, "neutral": 1, "negative": 1}}', get_scheme("polarity3"))
def test_whatever_comes_a_legal_reading_follows(answer: str, scheme: Scheme) -> None:
    reading = read_answer(answer, scheme)
    check_legal(reading, scheme)
    assert is_declined(answer, scheme) == (reading.status == "refused")


@given(answers, st.sampled_from(SCHEMES))
def test_the_same_answer_is_read_the_same_way_again(answer: str, scheme: Scheme) -> None:
    assert read_answer(answer, scheme) == read_answer(answer, scheme)


@given(answers.filter(lambda text: "think" not in text), st.sampled_from(SCHEMES))
def test_what_stands_in_a_reasoning_block_is_never_the_answer(thought: str, scheme: Scheme) -> None:
    assert read_answer(f"<think>{thought}</think>", scheme).status == "unparsed"
    assert read_answer(f"<think>{thought}", scheme).status == "unparsed"


LONG = [
    "{", "[", '{"a":', '{"a":[', '"', "`", "```", "*", "| ", "1", "1/", "1-", "<think>", "</think>", "<a>",
    "positive ", "not ", "((=", "positive, ", "valence ", "valence 1 ", '{"sentiment": "positive"}',
    '{"sentiment": positive ', "积极", "~~", "\\boxed{", " ", "\n", "**a**\n", "positive: 1\n", '" positive ',
    "1 to 9 ", '\\"', "|", "- ", "\u0301", "\u200d", ":", "sentiment: ", "ﷺ", "\x00", "a ", "0." , "e\u0301",
]  # fmt: skip


@pytest.mark.timeout(120)
@pytest.mark.parametrize("piece", LONG)
def test_a_hundred_thousand_characters_of_anything_are_done_with(piece: str) -> None:
    """Too long an answer is not read at all; the longest that is read takes a second or so."""
    for name, size in (
        ("polarity3", 100_000),
        ("polarity3", 8_000),
        ("vad", 4_000),
        ("free", 4_000),
    ):
        scheme, answer = get_scheme(name), (piece * size)[:size]
        check_legal(read_answer(f"x{answer} positive", scheme), scheme)


@given(st.text(string.ascii_letters + " ", min_size=1, max_size=30))
def test_words_that_are_no_labels_give_none(words: str) -> None:
    known = {"negative", "neutral", "positive", "negativ", "neutre", "neutra", "neutro", "pozitif"}
    if not any(part.lower()[:4] in {name[:4] for name in known} for part in words.split()):
        assert read_answer(words, get_scheme("polarity3")).labels == ()
