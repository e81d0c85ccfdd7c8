"""Several samples of one question become one answer, or none."""

from hypothesis import given
from hypothesis import strategies as st

from mllmsent.affect import get_scheme
from mllmsent.models.interface import Response
from mllmsent.pathways.answers import put_together

POLARITY = get_scheme("polarity3")
SCALES = get_scheme("valence-arousal")


def ok(*texts: str) -> list[Response | None]:
    return [Response("ok", text=text) for text in texts]


def test_one_sample_is_read_as_it_is() -> None:
    assert put_together(POLARITY, ok("Positive."))["label"] == "positive"
    assert put_together(POLARITY, ok("a photo of a dog"))["status"] == "unparsed"


def test_the_label_most_samples_end_in_is_the_answer() -> None:
    answer = put_together(POLARITY, ok("positive", "positive", "negative", "positive", "hm"))
    assert answer["label"] == "positive"
    assert answer["scores"] == {"positive": 0.6, "negative": 0.2}, "shares of all samples"


def test_a_tie_is_no_answer() -> None:
    answer = put_together(POLARITY, ok("positive", "negative", "positive", "negative"))
    assert answer["status"] == "unparsed"
    assert "label" not in answer


def test_numbers_are_averaged_over_the_samples_that_could_be_read() -> None:
    answer = put_together(
        SCALES, ok("valence: 6, arousal: 2", "valence: 8, arousal: 4", "rather pleasant")
    )
    assert answer["values"] == {"valence": 7.0, "arousal": 3.0}


def test_most_refusals_are_a_refusal() -> None:
    refused: list[Response | None] = [Response("refused"), Response("refused")]
    assert put_together(POLARITY, [*refused, *ok("?")])["status"] == "refused"
    assert put_together(POLARITY, [*refused, *ok("positive")])["label"] == "positive"


def test_a_sample_without_an_answer_leaves_the_question_without_one() -> None:
    """The vote of four samples is another system's answer; run again, only the fifth is asked."""
    failed = Response("failed", error="503 server error")
    assert put_together(POLARITY, [failed, *ok("positive", "positive")]) == {
        "status": "failed",
        "note": "1 of 3 samples have no answer: 503 server error",
    }
    assert put_together(POLARITY, [failed])["note"] == "503 server error"
    assert put_together(POLARITY, [None]) == {"status": "failed", "note": "never answered"}


@given(st.lists(st.sampled_from(["positive", "negative", "neutral", "??"]), min_size=2, max_size=9))
def test_the_answer_does_not_depend_on_the_order_of_the_samples(texts: list[str]) -> None:
    one = put_together(POLARITY, ok(*texts))
    other = put_together(POLARITY, ok(*reversed(texts)))
    assert one["status"] == other["status"]
    assert one.get("label") == other.get("label")
