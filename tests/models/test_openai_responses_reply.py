"""Reading whatever a server of the Responses API sends back."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mllmsent.models.served.openai.responses_reply import read_response


def message(*content: Any) -> Any:
    return {"type": "message", "role": "assistant", "content": list(content)}


def said(text: Any) -> Any:
    return {"type": "output_text", "text": text, "annotations": []}


def thought(*, summary: Any = (), content: Any = None) -> Any:
    return {
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": text} for text in summary],
        "content": content and [{"type": "reasoning_text", "text": text} for text in content],
    }


def reply(*output: Any, status: Any = "completed", wanted: bool = False, **others: Any) -> Any:
    payload = {"model": "m", "status": status, "output": list(output), "error": None, **others}
    return read_response(payload, schema_wanted=wanted)


def test_the_parts_of_all_messages_are_the_answer() -> None:
    assert reply(message(said("j"), said("o")), message(said("y"))).text == "joy"


def test_summaries_of_what_was_thought_stand_apart() -> None:
    response = reply(thought(summary=["They smile.", "So joy."]), message(said("joy")))
    assert (response.text, response.reasoning) == ("joy", "They smile.\n\nSo joy.")


def test_the_thoughts_themselves_go_before_their_summary() -> None:
    """Servers of open models give them whole."""
    response = reply(thought(summary=["Joy."], content=["They smile."]), message(said("joy")))
    assert response.reasoning == "They smile."


def test_thinking_in_front_of_the_answer_is_reasoning() -> None:
    response = reply(message(said("<think>They smile.</think>\n\njoy")))
    assert (response.text, response.reasoning) == ("joy", "They smile.")


def test_items_of_other_kinds_are_passed_over() -> None:
    assert reply({"type": "web_search_call"}, None, 3, message(said("joy"))).text == "joy"


def test_a_refusal_has_its_own_words() -> None:
    response = reply(message({"type": "refusal", "refusal": "No."}))
    assert (response.status, response.text, response.stop_reason) == ("refused", "No.", "refusal")


def test_what_a_filter_left_is_kept_with_the_refusal() -> None:
    response = reply(
        message(said("The pict")),
        status="incomplete",
        incomplete_details={"reason": "content_filter"},
    )
    assert (response.status, response.text) == ("refused", "The pict")


@pytest.mark.parametrize(
    ("output", "text"), [((), ""), ((thought(),), ""), ((message(said("The pict")),), "The pict")]
)
def test_an_answer_that_was_cut_is_an_answer(output: Any, text: str) -> None:
    """Cut before its first word it is empty: it is the model's answer, and no failure."""
    cut = {"reason": "max_output_tokens"}
    response = reply(*output, status="incomplete", incomplete_details=cut)
    assert (response.status, response.text) == ("ok", text)
    assert response.stop_reason == "max_output_tokens"


def test_an_empty_answer_is_an_answer_and_a_missing_one_is_none() -> None:
    assert reply(message(said(""))).status == "ok"
    missing = reply(thought(summary=["Hm."]))
    assert missing.error == "the server's answer has no content (status completed)"
    assert missing.reasoning == "Hm."


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        (
            {
                "status": "failed",
                "error": {"code": "server_error", "message": "Broke."},
                "output": [],
            },
            "server_error Broke.",
        ),
        ({"error": {"message": "Broke."}}, "Broke."),
        ({"error": {"code": "invalid_prompt", "message": "Too long."}}, "Too long."),
        ({"error": {}}, "does not say which"),
        ({"error": None}, "no response"),
        ({"status": "failed", "output": []}, "status failed"),
        ({"status": "in_progress", "output": [message(said("jo"))]}, "status in_progress"),
        ({"status": "completed", "output": {}}, "no response"),
        ({"choices": [{"message": {"content": "x"}}]}, "no response"),
        ([], "no response"),
        (None, "no response"),
    ],
)
def test_what_is_no_answer_is_a_failure(payload: Any, error: str) -> None:
    response = read_response(payload, schema_wanted=False)
    assert (response.status, response.text) == ("failed", "")
    assert error in response.error


@pytest.mark.parametrize("code", ["image_content_policy_violation", "bio_policy", "invalid_prompt"])
def test_what_a_safety_system_declines_later_is_refused_and_not_failed(code: str) -> None:
    response = reply(status="failed", error={"code": code, "message": "Your prompt was flagged."})
    assert (response.status, response.error) == ("refused", "")


def test_tokens_are_counted_as_the_server_says() -> None:
    usage = {
        "input_tokens": 100,
        "output_tokens": 20,
        "input_tokens_details": {"cached_tokens": 60},
        "output_tokens_details": {"reasoning_tokens": 15},
    }
    response = reply(message(said("joy")), usage=usage)
    assert (response.input_tokens, response.output_tokens) == (100, 20)
    assert (response.cached_tokens, response.reasoning_tokens) == (60, 15)


def test_tokens_that_are_no_numbers_are_unknown() -> None:
    usage = {"input_tokens": "many", "output_tokens": -1, "input_tokens_details": None}
    response = reply(message(said("joy")), usage=usage)
    assert response.status == "ok"
    assert (response.input_tokens, response.output_tokens) == (None, None)


@pytest.mark.parametrize(
    ("content", "is_json"), [('{"label": "joy"}', True), ("joy", False), ('{"label": "jo', False)]
)
def test_whether_a_wanted_schema_was_heeded_is_told(content: str, is_json: bool) -> None:
    assert reply(message(said(content)), wanted=True).is_json is is_json
    assert reply(message(said(content))).is_json is None


def test_half_a_character_is_replaced_and_whole_ones_are_kept() -> None:
    content = json.loads(r'"joy \ud83d\ude00 \ud83d end"')
    assert (
        reply(message(said(content))).text == "joy \N{GRINNING FACE} \N{REPLACEMENT CHARACTER} end"
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8)
    | st.sampled_from(["message", "reasoning", "output_text", "refusal", "failed", "incomplete"])
    | st.text(st.characters(categories=["Cs"]), max_size=2),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["output", "type", "content", "text", "summary", "status", "error", "code", "message",
             "refusal", "incomplete_details", "reason", "usage", "input_tokens_details", "model"]
        ),
        inner,
        max_size=6,
    ),
    max_leaves=20,
)  # fmt: skip


@given(payload=JSON, wanted=st.booleans())
@example(payload={"error": {"code": "\ud800"}}, wanted=False)
@example(payload={"error": {"code": []}, "output": []}, wanted=False)
def test_nothing_a_server_sends_raises(payload: Any, wanted: bool) -> None:
    """What comes out is a response that holds plain texts, and says why where it failed."""
    response = read_response(payload, schema_wanted=wanted)
    assert (response.status == "failed") == bool(response.error)
    for text in (response.text, response.reasoning, response.reported_model, response.error):
        assert text.encode().decode() == text
    assert response.status != "failed" or not response.text


@given(output=st.lists(JSON, max_size=3), status=JSON, details=JSON)
def test_no_output_raises_either(output: list[Any], status: Any, details: Any) -> None:
    response = reply(*output, status=status, incomplete_details=details)
    assert response.status in {"ok", "refused", "failed"}
    assert response.text.encode().decode() == response.text
