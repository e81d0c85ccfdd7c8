"""Reading whatever a chat server sends back."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mllmsent.models.served.openai.reply import read_reply


def reply(message: Any, *, finish: Any = "stop", wanted: bool = False, **others: Any) -> Any:
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return read_reply({"model": "m", "choices": [choice], **others}, schema_wanted=wanted)


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_reasoning_apart_from_the_answer_is_kept_apart(name: str) -> None:
    """VLLM and llama.cpp call it one thing, Ollama and OpenRouter another."""
    response = reply({"content": "joy", name: "They smile."})
    assert (response.text, response.reasoning) == ("joy", "They smile.")


@pytest.mark.parametrize(
    ("content", "text", "reasoning"),
    [
        ("<think>They smile.</think>\n\njoy", "joy", "They smile."),
        ("They smile.\n</think>\njoy", "joy", "They smile."),
        ("<think>\n\n</think>\n\njoy", "joy", ""),
        ("<think>They smile and", "", "They smile and"),
        ("joy", "joy", ""),
        (" joy\n", " joy\n", ""),
    ],
)
def test_thinking_in_front_of_the_answer_is_reasoning(
    content: str, text: str, reasoning: str
) -> None:
    response = reply({"content": content})
    assert (response.status, response.text, response.reasoning) == ("ok", text, reasoning)


def test_content_in_parts_is_joined() -> None:
    parts = [{"type": "text", "text": "j"}, {"type": "text", "text": "oy"}, {"type": "image"}]
    assert reply({"content": parts}).text == "joy"


def test_half_a_character_is_replaced_and_whole_ones_are_kept() -> None:
    """JSON can escape half of a surrogate pair; no file takes it."""
    content = json.loads(r'"joy \ud83d\ude00 \ud83d end"')
    assert reply({"content": content}).text == "joy \N{GRINNING FACE} \N{REPLACEMENT CHARACTER} end"


def test_an_empty_answer_is_an_answer_and_a_missing_one_is_none() -> None:
    assert reply({"content": ""}).status == "ok"
    missing = reply({"content": None})
    assert (missing.status, missing.error) == (
        "failed",
        "the server's answer has no content (finish_reason stop)",
    )


def test_a_model_that_thought_until_its_tokens_were_used_up_answered_nothing() -> None:
    """It is the model's answer that is empty, not the transport that failed."""
    response = reply({"content": None, "reasoning": "Hm."}, finish="length")
    assert (response.status, response.text, response.stop_reason) == ("ok", "", "length")


def test_a_refusal_has_its_own_words() -> None:
    response = reply({"content": None, "refusal": "No."})
    assert (response.status, response.text) == ("refused", "No.")


def test_what_a_filter_left_is_kept_with_the_refusal() -> None:
    response = reply({"content": "The pict"}, finish="content_filter")
    assert (response.status, response.text) == ("refused", "The pict")


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ({"error": {"code": 502, "message": "Provider returned error"}}, "502 Provider returned"),
        ({"error": "model is loading"}, "model is loading"),
        ({"error": {}}, "does not say which"),
        ({"choices": [{"error": {"message": "overloaded"}}]}, "overloaded"),
        ({"choices": [{"message": {"content": "x"}, "error": {"message": "cut"}}]}, "cut"),
        ({"choices": []}, "no choices"),
        ({"choices": {}}, "no choices"),
        ({"choices": [{"text": "x"}]}, "no message"),
        ([], "no chat completion"),
        (None, "no chat completion"),
    ],
)
def test_an_error_with_status_200_is_a_failure(payload: Any, error: str) -> None:
    response = read_reply(payload, schema_wanted=False)
    assert response.status == "failed"
    assert error in response.error


def test_tokens_are_counted_as_the_server_says() -> None:
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "prompt_tokens_details": {"cached_tokens": 60},
        "completion_tokens_details": {"reasoning_tokens": 15},
    }
    response = reply({"content": "joy"}, usage=usage)
    assert (response.input_tokens, response.output_tokens) == (100, 20)
    assert (response.cached_tokens, response.reasoning_tokens) == (60, 15)


def test_tokens_that_are_no_numbers_are_unknown() -> None:
    usage = {"prompt_tokens": "many", "completion_tokens": -1, "prompt_tokens_details": None}
    response = reply({"content": "joy"}, usage=usage)
    assert response.status == "ok"
    assert (response.input_tokens, response.output_tokens) == (None, None)


@pytest.mark.parametrize(
    ("content", "is_json"), [('{"label": "joy"}', True), ("joy", False), ('{"label": "jo', False)]
)
def test_whether_a_wanted_schema_was_heeded_is_told(content: str, is_json: bool) -> None:
    assert reply({"content": content}, wanted=True).is_json is is_json
    assert reply({"content": content}).is_json is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
    | st.text(st.characters(categories=["Cs"]), max_size=2),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["choices", "message", "content", "error", "usage", "refusal", "finish_reason",
             "prompt_tokens_details", "reasoning", "text", "model", "code"]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=20,
)  # fmt: skip


@given(payload=JSON, wanted=st.booleans())
@example(payload={"error": {"code": "\ud800"}}, wanted=False)
def test_nothing_a_server_sends_raises(payload: Any, wanted: bool) -> None:
    """What comes out is a response that holds plain texts, and says why where it failed."""
    response = read_reply(payload, schema_wanted=wanted)
    assert (response.status == "failed") == bool(response.error)
    for text in (response.text, response.reasoning, response.reported_model, response.error):
        assert text.encode().decode() == text
    assert response.status != "failed" or not response.text


@given(message=JSON, finish=JSON)
def test_no_message_raises_either(message: Any, finish: Any) -> None:
    response = reply(message, finish=finish)
    assert response.status in {"ok", "refused", "failed"}
    assert response.text.encode().decode() == response.text
