"""A distribution over the labels from their likelihoods, and never a guess."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllmsent.affect import get_scheme
from mllmsent.affect.scheme import Label, Scheme
from mllmsent.foundation import InputError
from mllmsent.models.interface import Response
from mllmsent.pathways.likelihood import candidate_answers, read_likelihoods
from mllmsent.prompts import Strategy, get_strategy, render, with_readout

POLARITY = get_scheme("polarity3")
SUM = get_strategy("likelihood")
MEAN = with_readout(SUM, likelihood="mean")
GERMAN = with_readout(get_strategy("zero-shot-de"), readout="likelihood")


def said(
    *scores: float, tokens: tuple[int, ...] = (2, 2, 2), prior: tuple[float, ...] = ()
) -> Response:
    """What a model says of negative, neutral, positive."""
    names = POLARITY.label_names
    return Response(
        "ok",
        label_scores=dict(zip(names, scores, strict=True)),
        label_tokens=dict(zip(names, tokens, strict=True)),
        label_prior=dict(zip(names, prior, strict=True)) if prior else None,
    )


def test_summed_likelihoods_become_the_models_own_probabilities_of_the_labels() -> None:
    answer = read_likelihoods(SUM, POLARITY, said(math.log(0.1), math.log(0.2), math.log(0.5)))
    assert answer["status"] == "ok"
    assert answer["label"] == "positive"
    assert answer["score_kind"] == "likelihood-sum"
    assert answer["scores"] == pytest.approx(
        {"negative": 1 / 8, "neutral": 2 / 8, "positive": 5 / 8}
    )


def test_the_mean_over_tokens_is_another_answer_and_says_so() -> None:
    response = said(-3.0, -9.0, -4.0, tokens=(2, 2, 4))
    assert read_likelihoods(SUM, POLARITY, response)["label"] == "negative"
    answer = read_likelihoods(MEAN, POLARITY, response)
    assert answer["label"] == "positive"
    assert answer["score_kind"] == "likelihood-mean"
    odds = answer["scores"]["positive"] / answer["scores"]["negative"]
    assert odds == pytest.approx(math.exp(-1.0 + 1.5))


def test_calibrated_a_label_counts_for_what_the_image_adds_to_it() -> None:
    """Zhao et al. 2021: each probability over its content-free one, made to add up to one."""
    given_image, content_free = (0.6, 0.1, 0.3), (0.7, 0.2, 0.1)
    response = said(
        *(math.log(share) for share in given_image),
        prior=tuple(math.log(share) for share in content_free),
    )
    assert read_likelihoods(SUM, POLARITY, response)["label"] == "negative"
    answer = read_likelihoods(with_readout(SUM, calibrate=True), POLARITY, response)
    ratios = [image / free for image, free in zip(given_image, content_free, strict=True)]
    assert answer["label"] == "positive"
    assert answer["score_kind"] == "likelihood-sum-calibrated"
    assert list(answer["scores"].values()) == pytest.approx([r / sum(ratios) for r in ratios])


def test_labels_that_are_equally_likely_are_no_answer() -> None:
    answer = read_likelihoods(SUM, POLARITY, said(-1.0, -7.0, -1.0 + 1e-9))
    assert (answer["status"], answer["note"]) == ("unparsed", "a tie")
    assert "label" not in answer
    assert answer["scores"]["negative"] == pytest.approx(answer["scores"]["positive"])


def test_what_failed_or_was_refused_stays_so() -> None:
    assert read_likelihoods(SUM, POLARITY, None) == {"status": "failed", "note": "never answered"}
    failed = read_likelihoods(SUM, POLARITY, Response("failed", error="out of memory"))
    assert failed == {"status": "failed", "note": "out of memory"}
    assert read_likelihoods(SUM, POLARITY, Response("refused"))["status"] == "refused"
    assert read_likelihoods(SUM, POLARITY, Response("ok", text="positive"))["status"] == "failed"


def test_labels_are_asked_in_the_words_and_order_of_the_question_and_told_by_their_names() -> None:
    candidates = candidate_answers(GERMAN, POLARITY)
    (turn,) = render(GERMAN, POLARITY, "<x>", emotion_target="evoked")
    assert ", ".join(candidates) in str(turn.parts[1])
    assert candidates != POLARITY.label_names
    scores = dict(zip(candidates, (-3.0, -2.0, -1.0), strict=True))
    answer = read_likelihoods(
        GERMAN, POLARITY, Response("ok", label_scores=scores, label_tokens={})
    )
    assert answer["label"] == "positive"
    assert tuple(answer["scores"]) == POLARITY.label_names


def test_a_strategy_that_is_read_otherwise_has_no_candidates() -> None:
    assert candidate_answers(get_strategy("zero-shot"), POLARITY) == ()


def test_two_labels_in_one_word_cannot_be_told_apart() -> None:
    labels = (Label("joy", translations={"de": ("Freude",)}),
              Label("delight", translations={"de": ("Freude",)}))  # fmt: skip
    with pytest.raises(InputError, match="'Freude'"):
        candidate_answers(GERMAN, Scheme("mine", "categorical", labels))


@pytest.mark.parametrize("strategy", [SUM, MEAN], ids=lambda strategy: strategy.name)
@given(scores=st.tuples(*[st.floats(-2000, 0)] * 3), tokens=st.tuples(*[st.integers(1, 9)] * 3))
def test_shares_add_up_to_one_and_the_label_has_the_largest(
    strategy: Strategy, scores: tuple[float, ...], tokens: tuple[int, ...]
) -> None:
    answer = read_likelihoods(strategy, POLARITY, said(*scores, tokens=tokens))
    assert sum(answer["scores"].values()) == pytest.approx(1)
    assert all(0 <= share <= 1 for share in answer["scores"].values())
    if answer["status"] == "ok":
        assert answer["scores"][answer["label"]] == max(answer["scores"].values())
    else:
        assert answer["note"] == "a tie"
