"""A label from the first tokens of an answer only where it is beyond doubt."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllmsent.affect import get_scheme
from mllmsent.models.interface import Response
from mllmsent.pathways.likelihood import read_likelihoods
from mllmsent.prompts import get_strategy

POLARITY = get_scheme("polarity3")
LIKELIHOOD = get_strategy("likelihood")


def said(*seen: float, unknown: tuple[float, float, float] = (1e-6, 1e-6, 1e-6)) -> Response:
    """What a server tells of negative, neutral, positive; of a label with 0 it tells nothing."""
    limits = [math.log(chance + more) for chance, more in zip(seen, unknown, strict=True)]
    scores = [
        math.log(chance) if chance else limit for chance, limit in zip(seen, limits, strict=True)
    ]
    names = POLARITY.label_names
    return Response(
        "ok",
        text="Positive",
        label_scores=dict(zip(names, scores, strict=True)),
        label_tokens=dict.fromkeys(names, 1),
        label_limits=dict(zip(names, limits, strict=True)),
    )


def test_the_shares_of_what_was_seen_are_the_distribution_and_called_what_they_are() -> None:
    answer = read_likelihoods(LIKELIHOOD, POLARITY, said(0.1, 0.2, 0.5))
    assert (answer["status"], answer["label"], answer["note"]) == ("ok", "positive", "")
    assert answer["score_kind"] == "first-tokens"
    assert answer["scores"] == pytest.approx(
        {"negative": 1 / 8, "neutral": 2 / 8, "positive": 5 / 8}
    )


def test_a_label_of_which_nothing_was_told_has_no_share_and_is_named() -> None:
    answer = read_likelihoods(LIKELIHOOD, POLARITY, said(0.0, 0.2, 0.8))
    assert answer["label"] == "positive"
    assert answer["scores"] == pytest.approx({"negative": 0.0, "neutral": 0.2, "positive": 0.8})
    assert answer["note"] == "not among the likeliest tokens: negative"


def test_a_distribution_is_not_given_where_too_much_of_it_is_unknown() -> None:
    answer = read_likelihoods(LIKELIHOOD, POLARITY, said(0.1, 0.2, 0.6, unknown=(0.1, 0.1, 1e-6)))
    assert (answer["status"], answer["label"]) == ("ok", "positive")
    assert "scores" not in answer
    assert answer["note"] == "no distribution: 0.10 of the probability may be of another label"


def test_a_label_that_another_may_outdo_is_not_the_answer() -> None:
    answer = read_likelihoods(LIKELIHOOD, POLARITY, said(0.05, 0.1, 0.55, unknown=(0.5, 0.5, 1e-6)))
    assert answer["status"] == "unparsed"
    assert "label" not in answer
    assert answer["note"].startswith("it is not known which label is likeliest")
    tie = read_likelihoods(LIKELIHOOD, POLARITY, said(0.5, 0.0, 0.5))
    assert tie["status"] == "unparsed"


def test_an_answer_that_mostly_begins_otherwise_is_none() -> None:
    answer = read_likelihoods(LIKELIHOOD, POLARITY, said(0.1, 0.1, 0.2))
    assert answer == {
        "status": "unparsed",
        "note": "only 0.40 of the probability is of answers that begin as one label",
    }


@given(
    st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(sum),
    st.floats(1e-6, 0.5),
    st.lists(st.floats(0, 1), min_size=3, max_size=3),
)
def test_the_label_read_is_the_likeliest_whatever_is_unknown(
    weights: list[float], unknown: float, split: list[float]
) -> None:
    """However the unknown part is divided, the label stays the likeliest, and shares stay near."""
    seen = [weight / sum(weights) * (1 - unknown) for weight in weights]
    answer = read_likelihoods(LIKELIHOOD, POLARITY, said(*seen, unknown=(unknown,) * 3))
    parts = [part / sum(split) * unknown if sum(split) else 0.0 for part in split]
    truth = dict(zip(POLARITY.label_names, map(sum, zip(seen, parts, strict=True)), strict=True))
    if answer["status"] == "ok":
        assert truth[answer["label"]] == max(truth.values())
    for name, share in answer.get("scores", {}).items():
        assert share == pytest.approx(truth[name] / sum(truth.values()), abs=0.011)
