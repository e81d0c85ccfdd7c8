"""What the likeliest tokens of an answer tell of labels, and what they leave open."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllmsent.loopback import Reply
from mllmsent.loopback.logprobs import logprobs
from mllmsent.models.served.first_tokens import LabelScores, TokenStep, score_first_tokens
from mllmsent.models.served.google.logprobs import read_google_steps
from mllmsent.models.served.openai.logprobs import (
    read_response_steps,
    read_steps,
    steps_in,
)

POLARITY = ("negative", "neutral", "positive")
EKMAN = ("anger", "disgust", "fear", "joy", "sadness", "surprise")
POLARITY5 = ("negative", "slightly negative", "neutral", "slightly positive", "positive")


def of(*pairs: tuple[str, float]) -> TokenStep:
    """The likeliest tokens, the written one first."""
    return TokenStep(pairs[0][0].encode(), {token.encode(): chance for token, chance in pairs})


def seen(found: LabelScores) -> dict[str, float]:
    """Label to the probability that was seen; 0 where only a limit is known."""
    return {
        label: math.exp(score) if score < found.limits[label] else 0.0
        for label, score in found.scores.items()
    }


def most(found: LabelScores) -> dict[str, float]:
    return {label: math.exp(limit) for label, limit in found.limits.items()}


def test_a_label_has_the_probability_of_the_tokens_that_only_it_begins_with() -> None:
    found = score_first_tokens(POLARITY, [of(("pos", 0.7), ("neut", 0.2), ("neg", 0.1))])
    assert seen(found) == pytest.approx({"negative": 0.1, "neutral": 0.2, "positive": 0.7})
    assert most(found) == pytest.approx(seen(found), abs=2e-6)


def test_capitals_and_spaces_make_no_other_label() -> None:
    tokens = of(("Positive", 0.5), (" positive", 0.2), ("POS", 0.1), ("\npositive", 0.1))
    assert seen(score_first_tokens(POLARITY, [tokens]))["positive"] == pytest.approx(0.9)


def test_what_several_labels_begin_with_is_followed_where_it_was_written() -> None:
    found = score_first_tokens(
        POLARITY5,
        [of(("slightly", 0.6), ("positive", 0.4)), of((" positive", 0.75), (" negative", 0.25))],
    )
    assert seen(found) == pytest.approx(
        {
            "negative": 0.0,
            "slightly negative": 0.15,
            "neutral": 0.0,
            "slightly positive": 0.45,
            "positive": 0.4,
        }
    )
    assert found.tokens["slightly positive"] == 2


def test_what_several_labels_begin_with_and_was_not_followed_may_be_any_of_theirs() -> None:
    found = score_first_tokens(POLARITY5, [of(("positive", 0.6), ("slightly", 0.4))])
    assert seen(found)["positive"] == pytest.approx(0.6)
    assert seen(found)["slightly positive"] == 0
    assert most(found)["slightly positive"] == pytest.approx(0.4, abs=2e-6)
    assert most(found)["slightly negative"] == pytest.approx(0.4, abs=2e-6)
    assert most(found)["neutral"] == pytest.approx(0, abs=2e-6)


def test_what_is_not_among_the_likeliest_tokens_may_be_any_labels() -> None:
    found = score_first_tokens(EKMAN, [of(("joy", 0.90), ("sur", 0.06), ("sad", 0.01))])
    assert seen(found)["fear"] == 0
    assert found.scores["fear"] == found.limits["fear"]
    assert most(found)["fear"] == pytest.approx(0.03)
    assert most(found)["joy"] == pytest.approx(0.93)


@pytest.mark.parametrize("way", [["**", "Joy"], ['"', "j", "oy"], ["\n\n", "joy"], ["  Joy"]])
def test_dressing_before_a_label_is_read_over(way: list[str]) -> None:
    found = score_first_tokens(EKMAN, [of((token, 0.9), ("no", 0.1)) for token in way])
    expected = dict.fromkeys(EKMAN, 0.0) | {"joy": 0.9 ** len(way)}
    assert seen(found) == pytest.approx(expected)


def test_dressing_that_was_not_written_may_lead_to_any_label() -> None:
    """A quotation mark with 0.4: "negative" might have followed it each time."""
    found = score_first_tokens(POLARITY, [of(("positive", 0.5), ('"', 0.4), ("negative", 0.1))])
    assert seen(found) == pytest.approx({"negative": 0.1, "neutral": 0.0, "positive": 0.5})
    assert most(found) == pytest.approx(
        {"negative": 0.5, "neutral": 0.4, "positive": 0.9}, abs=2e-6
    )


def test_a_word_that_goes_on_is_not_the_label_it_begins_with() -> None:
    found = score_first_tokens(
        EKMAN, [of(("joy", 1.0)), of(("less", 0.8), (".", 0.15), ("\n", 0.05))]
    )
    assert seen(found)["joy"] == pytest.approx(0.2)


def test_a_sentence_is_no_label_whatever_word_it_begins_with() -> None:
    found = score_first_tokens(EKMAN, [of(("The", 0.6), ("An", 0.3), ("joy", 0.1))])
    assert seen(found) == pytest.approx(dict.fromkeys(EKMAN, 0.0) | {"joy": 0.1})
    assert most(found)["anger"] == pytest.approx(0.3, abs=2e-6), "it may be"


@pytest.mark.parametrize(
    ("way", "is_letter"),
    [(["A", " photo"], False), (["A", "."], True), (["A", ")", " joy"], True), (["A", "\n"], True),
     (["I", " see"], False), (["B", " joy"], True), (["A"], True)],
)  # fmt: skip
def test_a_word_of_one_letter_that_begins_a_sentence_is_no_letter(
    way: list[str], is_letter: bool
) -> None:
    letters = tuple("ABCDEFGHI")
    found = score_first_tokens(letters, [of((token, 1.0)) for token in way])
    assert (seen(found)[way[0]] > 0.9) == is_letter


def test_characters_that_two_tokens_share_are_put_together() -> None:
    whole = "überrascht".encode()
    first = TokenStep(whole[:1], {whole[:1]: 0.8, b"froh": 0.2})
    found = score_first_tokens(
        ("überrascht", "froh"), [first, TokenStep(whole[1:], {whole[1:]: 1.0})]
    )
    assert seen(found) == pytest.approx({"überrascht": 0.8, "froh": 0.2})


@st.composite
def distributions(draw: st.DrawFn) -> tuple[tuple[str, ...], dict[str, float]]:
    """Labels of a scheme, and how likely each is to be the answer."""
    labels = draw(st.sampled_from([POLARITY, EKMAN, POLARITY5]))
    weights = draw(st.lists(st.floats(1e-6, 1), min_size=len(labels), max_size=len(labels)))
    return labels, {
        label: weight / sum(weights) for label, weight in zip(labels, weights, strict=True)
    }


def told(chances: Mapping[str, float], wanted: int = 20) -> Sequence[TokenStep]:
    """The tokens of a server whose model answers so, at temperature 0."""
    likeliest, said = "", ""
    while not any(answer == said for answer in chances):
        # As a model writes: the likeliest token, and then the likeliest one after it.
        options: dict[str, float] = {}
        for answer, share in chances.items():
            if answer.startswith(said):
                options[answer[: len(said) + 4]] = options.get(answer[: len(said) + 4], 0.0) + share
        likeliest = max(options, key=lambda begun: options[begun])
        said = likeliest
    return steps_in(list(logprobs(said, Reply(said, chances=chances), wanted)))


@given(distributions(), st.integers(1, 20))
def test_every_probability_lies_between_what_was_seen_and_the_most_it_can_be(
    known: tuple[tuple[str, ...], dict[str, float]], wanted: int
) -> None:
    labels, truth = known
    found = score_first_tokens(labels, told(truth, wanted))
    for label in labels:
        assert seen(found)[label] <= truth[label] + 1e-6
        assert truth[label] <= most(found)[label] + 1e-6
    assert all(math.isfinite(score) for score in found.scores.values())
    assert sum(seen(found).values()) <= 1 + 1e-6


@given(distributions())
def test_where_every_beginning_is_one_labels_the_probabilities_are_had_exactly(
    known: tuple[tuple[str, ...], dict[str, float]],
) -> None:
    labels, truth = known
    if labels == POLARITY5:
        return  # "slightly" begins two
    assert seen(score_first_tokens(labels, told(truth))) == pytest.approx(truth, abs=1e-6)


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "logprobs", "content", "token", "logprob", "bytes", "top_logprobs"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON, JSON)
def test_whatever_a_server_sends_is_read_as_far_as_it_can_be(payload: Any, entry: Any) -> None:
    good = {"token": "joy", "logprob": -0.1, "bytes": None, "top_logprobs": [entry]}
    for content in (payload, [good, entry], [entry]):
        read_steps({"choices": [{"logprobs": {"content": content}}]})
        steps = steps_in(content)
        if steps:
            found = score_first_tokens(EKMAN, steps)
            assert all(math.isfinite(score) for score in found.scores.values())
    assert read_steps(payload) == ()
    google = {"chosenCandidates": payload, "topCandidates": [entry, {"candidates": payload}]}
    for result in (google, google | {"chosenCandidates": [{"token": "joy", "logProbability": -1}]}):
        read_google_steps({"candidates": [{"logprobsResult": result}]})
    assert read_google_steps(payload) == ()
    parts = [{"type": "output_text", "logprobs": payload}, entry]
    read_response_steps({"output": [{"type": "message", "content": parts}, entry]})
    assert read_response_steps(payload) == ()
