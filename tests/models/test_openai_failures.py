"""Errors in words, and keys kept out of them."""

from typing import Any

import httpx2
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllmsent.models import Response
from mllmsent.models.served.failures import redact
from mllmsent.models.served.openai.failures import failure
from mllmsent.models.served.options import OpenAIOptions, ServedProvider
from mllmsent.models.served.wire import Endpoint

ENDPOINT = Endpoint(
    url="http://host/v1",
    address="http://host/v1",
    model="m",
    key="secret-key-of-mine",
    key_env="MY_KEY",
    is_near=False,
    most_at_once=1,
    provider=ServedProvider(title="A host", base_url="http://host/v1"),
    options=OpenAIOptions(),
)


def told(status: int, body: Any, headers: dict[str, str] | None = None) -> Response:
    """The failure for a status and the error in the body, as the SDK raises it."""
    request = httpx2.Request("POST", "http://host/v1/chat/completions")
    response = httpx2.Response(status, request=request, json={"error": body}, headers=headers)
    client = openai.OpenAI(api_key="none", base_url="http://host/v1")
    error = client._make_status_error_from_response(response)
    client.close()
    return failure(error, ENDPOINT).response


@pytest.mark.parametrize("name", ["temperature", "top_p", "max_tokens", "seed", "reasoning_effort"])
def test_a_setting_that_a_model_does_not_take_is_named_with_its_cure(name: str) -> None:
    """Reasoning models reject temperatures; the study, not the adapter, must say what is sent."""
    response = told(
        400,
        {"message": f"Unsupported value: '{name}'.", "param": name, "code": "unsupported_value"},
    )
    assert response.error == (
        f"400 bad request: Unsupported value: '{name}'. "
        f"This model takes no such `{name}`: set it to null in `settings`"
    )
    assert not response.hopeless


@pytest.mark.parametrize(
    ("param", "code", "cure"),
    [
        ("max_output_tokens", "integer_below_min_value", "Raise `max_tokens` in `settings`"),
        (
            "max_completion_tokens",
            "unsupported_parameter",
            "This model takes no such `max_tokens`: set it to null in `settings`",
        ),
        (
            "reasoning.effort",
            "unsupported_parameter",
            "This model takes no such `reasoning_effort`: set it to null in `settings`",
        ),
        ("reasoning.summary", "unsupported_value", "Set `reasoning_summary: none`"),
        ("text.format", "invalid_value", "set `structured_answers: false`"),
    ],
)
def test_what_goes_by_another_name_on_the_wire_is_named_as_a_study_has_it(
    param: str, code: str, cure: str
) -> None:
    response = told(400, {"message": "It is not supported.", "param": param, "code": code})
    assert response.error.endswith(cure)


def test_what_is_to_be_more_is_not_to_be_nothing() -> None:
    """So says Anthropic's server of a budget for thinking that leaves no room for an answer."""
    message = "`max_tokens` must be greater than `thinking.budget_tokens`."
    assert told(400, {"message": message}).error.endswith("Raise `max_tokens` in `settings`")


def test_a_model_that_only_responses_have_is_told_of() -> None:
    message = "This model is only supported in v1/responses and not in v1/chat/completions."
    assert told(404, {"message": message, "param": "model"}).error.endswith("Set `api: responses`")


@pytest.mark.parametrize(
    "complaint",
    [
        "'response_format' of type 'json_schema' is not supported",
        "The provided JSON schema contains features not supported by xgrammar.",  # vLLM
        "Grammar error: Unknown format: uri",  # likewise
        "response_format is not supported by bytedance/seed-1.6",
    ],
)
def test_a_schema_that_a_model_does_not_take_is_named_with_its_cure(complaint: str) -> None:
    response = told(400, {"message": complaint})
    assert response.error.endswith("set `structured_answers: false`")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"code": "content_filter", "message": "filtered"}),
        (400, {"code": "content_policy_violation", "message": "Your request was rejected"}),
        (
            400,  # Azure's, of a question
            {
                "message": "The response was filtered due to the prompt triggering Azure OpenAI's "
                "content management policy.",
                "type": None,
                "param": "prompt",
                "code": "content_filter",
                "status": 400,
                "innererror": {
                    "code": "ResponsibleAIPolicyViolation",
                    "content_filter_result": {"violence": {"filtered": True, "severity": "medium"}},
                },
            },
        ),
        (
            400,
            {
                "code": "bad_request",
                "message": "x",
                "innererror": {"code": "ResponsibleAIPolicyViolation"},
            },
        ),
        (
            400,
            {
                "code": "invalid_prompt",
                "message": "Invalid prompt: your prompt was flagged as potentially violating our "
                "usage policy.",
            },
        ),
        (403, {"message": "Your input was flagged", "metadata": {"reasons": ["violence"]}}),
    ],
)
def test_what_a_safety_system_declines_is_refused_and_not_failed(status: int, body: Any) -> None:
    response = told(status, body)
    assert (response.status, response.error) == ("refused", "")


@pytest.mark.parametrize(
    ("status", "start", "hopeless"),
    [
        (402, "402 no credit: Pay. Add credit", True),
        (403, "403 not allowed: Pay. Check the key in MY_KEY", True),
        (404, "404 not found: Pay. Is 'm' the model's name there", True),
        (413, "413 too large: Pay. Set `max_image_bytes`", False),
        (418, "418 error: Pay", False),
        (429, "429 rate limit: Pay. Lower in-flight", False),
        (529, "529 server error: Pay", False),
    ],
)
def test_a_status_is_told_in_words(status: int, start: str, hopeless: bool) -> None:
    response = told(status, {"message": "Pay."})
    assert response.error.startswith(start)
    assert response.hopeless == hopeless


@pytest.mark.parametrize(
    "text",
    [
        "Incorrect API key provided: sk-proj-abcDEF123456.",
        "Incorrect API key provided: sk-proj***************3456.",
        "header was Authorization: Bearer abc.def.ghi",
        "token hf_abcdefghijklm expired",
        "gsk_abcdefgh1234 is invalid",
        "Incorrect API key provided: abcdefgh***3456.",
    ],
)
def test_what_looks_like_a_key_is_taken_out(text: str) -> None:
    said = redact(text)
    assert "[key]" in said
    for part in ("3456", "abc.def", "abcdefgh"):
        assert part not in said


@given(before=st.text(), key=st.text(min_size=8), after=st.text())
def test_the_key_itself_is_taken_out_wherever_it_stands(before: str, key: str, after: str) -> None:
    assert key not in redact(before + key + after, key).replace("[key]", "")


@given(text=st.text(max_size=2000))
def test_a_foreign_text_becomes_one_short_printable_line(text: str) -> None:
    line = redact(text)
    assert len(line) <= 400
    assert line.isprintable()
