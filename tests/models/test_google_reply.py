"""Reading whatever a server of Google's Gemini protocol sends back."""

import json
from typing import Any

import pytest
from google.genai import types
from hypothesis import example, given
from hypothesis import strategies as st

from mllmsent.models.served.google.reply import read_generated


def reply(*parts: Any, finish: Any = "STOP", wanted: bool = False, **others: Any) -> Any:
    content = {"role": "model", "parts": list(parts)}
    candidate = {"index": 0, "finishReason": finish, "content": content}
    payload = {"modelVersion": "m-001", "candidates": [candidate], **others}
    types.GenerateContentResponse.model_validate(payload)
    return read_generated(payload, schema_wanted=wanted)


def test_an_answer_in_parts_is_joined_and_thoughts_are_apart() -> None:
    response = reply({"text": "They smile.", "thought": True}, {"text": "j"}, {"text": "oy"})
    assert (response.status, response.text, response.reasoning) == ("ok", "joy", "They smile.")
    assert response.reported_model == "m-001"


def test_half_a_character_is_replaced() -> None:
    half = json.loads(r'"joy \ud83d"')
    candidate = {"finishReason": "STOP", "content": {"parts": [{"text": half}]}}
    response = read_generated({"candidates": [candidate]}, schema_wanted=False)
    assert response.text == "joy \N{REPLACEMENT CHARACTER}"


def test_a_model_that_thought_until_its_tokens_were_used_up_answered_nothing() -> None:
    """It is the model's answer that is empty, not the transport that failed."""
    response = reply({"text": "Hm.", "thought": True}, finish="MAX_TOKENS")
    assert (response.status, response.text, response.stop_reason) == ("ok", "", "MAX_TOKENS")


@pytest.mark.parametrize(
    "finish",
    ["SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY"],
)
def test_an_answer_that_was_taken_away_is_refused_with_what_is_left_of_it(finish: str) -> None:
    response = reply({"text": "The pict"}, finish=finish)
    assert (response.status, response.text, response.stop_reason) == ("refused", "The pict", finish)


def test_the_words_of_a_refusal_are_kept() -> None:
    candidate = {"finishReason": "SAFETY", "finishMessage": "Against the policy."}
    response = read_generated({"candidates": [candidate]}, schema_wanted=False)
    assert (response.status, response.text) == ("refused", "Against the policy.")


@pytest.mark.parametrize("finish", ["OTHER", "LANGUAGE", "MALFORMED_RESPONSE", "STOP", None])
def test_an_end_that_nobody_willed_is_a_failure_with_its_reason(finish: str | None) -> None:
    response = reply(finish=finish)
    assert (response.status, response.error) == (
        "failed",
        f"the server's answer has no content (finishReason {finish or 'missing'})",
    )


@pytest.mark.parametrize("reason", ["SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT"])
def test_a_question_that_was_stopped_is_refused(reason: str) -> None:
    feedback = {"blockReason": reason, "blockReasonMessage": "No."}
    response = read_generated({"promptFeedback": feedback}, schema_wanted=False)
    assert (response.status, response.text, response.stop_reason) == ("refused", "No.", reason)


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        (
            {
                "promptTokenCount": 300,
                "candidatesTokenCount": 5,
                "thoughtsTokenCount": 40,
                "cachedContentTokenCount": 100,
            },
            (300, 45, 100, 40),
        ),
        ({"promptTokenCount": 300, "thoughtsTokenCount": 40}, (300, 40, 0, 40)),
        ({"promptTokenCount": 300, "candidatesTokenCount": "5"}, (300, None, 0, 0)),
        ({"candidatesTokenCount": 5}, (None, None, None, None)),
        (None, (None, None, None, None)),
    ],
)
def test_thoughts_count_as_output_and_what_is_left_out_is_zero(
    usage: Any, counts: tuple[int | None, ...]
) -> None:
    candidate = {"finishReason": "STOP", "content": {"parts": [{"text": "joy"}]}}
    payload = {"candidates": [candidate], "usageMetadata": usage}
    response = read_generated(payload, schema_wanted=False)
    assert counts == (
        response.input_tokens,
        response.output_tokens,
        response.cached_tokens,
        response.reasoning_tokens,
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "candidates",
                    "content",
                    "parts",
                    "text",
                    "thought",
                    "finishReason",
                    "promptFeedback",
                    "blockReason",
                    "usageMetadata",
                    "promptTokenCount",
                    "candidatesTokenCount",
                    "modelVersion",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(payload=JSON, wanted=st.booleans())
@example(payload={"candidates": [{"content": {"parts": "text"}}]}, wanted=True)
@example(payload={"candidates": [{"content": {"parts": [{"text": []}, None]}}]}, wanted=True)
def test_whatever_comes_is_a_response(payload: Any, wanted: bool) -> None:
    response = read_generated(payload, schema_wanted=wanted)
    assert response.status in {"ok", "refused", "failed"}
    assert bool(response.error) is (response.status == "failed")
    response.text.encode()
    response.reasoning.encode()
