"""Anthropic's protocol as its unmodified official SDK meets it."""

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anthropic
import httpx2
import pytest
from anthropic.types import Message, MessageTokensCount, ModelInfo
from anthropic.types.shared import ErrorResponse
from tests.loopback.samples import jpeg
from tests.loopback.test_server import Echo, Thinker

from mllmsent.loopback import ConstantAnswerer, Faults, LoopbackServer, serve

SCHEMA = {
    "type": "object",
    "properties": {"label": {"type": "string", "enum": ["negative", "positive"]}},
    "required": ["label"],
    "additionalProperties": False,
}
ANSWER = '{"label": "positive"}'


@contextmanager
def client(server: LoopbackServer, **options: Any) -> Iterator[anthropic.Anthropic]:
    settings: Any = {"api_key": "none", "max_retries": 0} | options
    with anthropic.Anthropic(base_url=server.anthropic_url, **settings) as sdk:
        yield sdk


def picture(data: bytes = jpeg(), media_type: str = "image/jpeg") -> dict[str, Any]:
    encoded = base64.b64encode(data).decode()
    return {
        "type": "image",
        "source": {"type": "base64", "media_type": media_type, "data": encoded},
    }


def question(*parts: Any, text: str = "Which sentiment?") -> Any:
    return [{"role": "user", "content": [*parts, {"type": "text", "text": text}]}]


def ask(server: LoopbackServer, messages: Any = None, **parameters: Any) -> Message:
    """Ask with the SDK; the payload must satisfy the SDK's own type, strictly, and no more."""
    told: Any = {"model": "m", "max_tokens": 2000} | parameters
    told["messages"] = messages or question(picture())
    with client(server) as sdk:
        raw = sdk.messages.with_raw_response.create(**told)
    payload = json.loads(raw.text())
    message = Message.model_validate(payload, strict=True)
    assert message.to_dict() == payload
    assert raw.headers["request-id"].startswith("req_")
    return message


def test_an_answer_satisfies_the_sdks_own_type() -> None:
    with serve(ConstantAnswerer("positive")) as server:
        message = ask(server, system="You judge.")
        (entry,) = server.log.entries
    (block,) = message.content
    assert block.type == "text"
    assert (block.text, message.stop_reason, message.model) == ("positive", "end_turn", "m")
    assert entry.protocol == "anthropic-messages"
    assert entry.text == "You judge.\n\nWhich sentiment?"
    assert entry.parameters == {"max_tokens": 2000}


def test_the_answerer_is_given_what_was_asked() -> None:
    messages = [
        *question(picture(jpeg((9, 9, 9))), text="This?"),
        {"role": "assistant", "content": "negative"},
        *question(picture(), text="And this?"),
    ]
    form = {"format": {"type": "json_schema", "schema": SCHEMA}}
    with serve(Echo()) as server:
        message = ask(server, messages, system="Judge.", output_config=form)
    heard = json.loads(message.content[0].text)  # type: ignore[union-attr]
    assert heard["text"] == "Judge.\n\nThis?\n\nnegative\n\nAnd this?"
    assert heard["images"] == [
        hashlib.sha256(data).hexdigest() for data in (jpeg((9, 9, 9)), jpeg())
    ]
    assert heard["schema"] == SCHEMA


@pytest.mark.parametrize(
    ("thinking", "shown"),
    [
        ({"type": "enabled", "budget_tokens": 1024}, "The sun shines. " * 10),
        ({"type": "adaptive"}, "The sun shines. " * 10),
        ({"type": "adaptive", "display": "omitted"}, ""),
    ],
)
def test_thinking_is_a_signed_block_of_its_own(thinking: Any, shown: str) -> None:
    with serve(Thinker()) as server:
        message = ask(server, thinking=thinking)
    thought, said = message.content
    assert thought.type == "thinking"
    assert thought.thinking == shown
    assert thought.signature
    assert said.type == "text"
    assert message.usage.output_tokens_details is not None
    assert message.usage.output_tokens_details.thinking_tokens == 40
    assert message.usage.output_tokens == 45


def test_who_does_not_ask_for_thinking_gets_and_pays_none() -> None:
    with serve(Thinker()) as server:
        for more in ({}, {"thinking": {"type": "disabled"}}):
            message = ask(server, **more)
            assert [block.type for block in message.content] == ["text"]
            assert message.usage.output_tokens == 5


def test_a_forced_tool_is_called_with_the_answer() -> None:
    tool = {"name": "judge", "description": "Judges.", "input_schema": SCHEMA}
    told = {"tools": [tool], "tool_choice": {"type": "tool", "name": "judge"}}
    with serve(ConstantAnswerer(structured=ANSWER)) as server:
        message = ask(server, **told)
    (block,) = message.content
    assert block.type == "tool_use"
    assert (block.name, block.input) == ("judge", {"label": "positive"})
    assert message.stop_reason == "tool_use"
    with serve(ConstantAnswerer("positive"), faults=Faults(ignored_schema=1.0)) as server:
        message = ask(server, **told)
    assert (message.content[0].type, message.stop_reason) == ("text", "end_turn")


def test_an_answer_longer_than_allowed_says_so() -> None:
    with serve(ConstantAnswerer("word " * 50)) as server:
        message = ask(server, max_tokens=5)
    assert message.stop_reason == "max_tokens"
    assert message.content[0].text == "word " * 4  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("size", "tokens"),
    # Worked sizes of the documentation: what is larger is made smaller first.
    [((200, 200), 64), ((1000, 1000), 1296), ((1092, 1092), 1521), ((4000, 4000), 1521)],
)
def test_images_cost_a_token_for_each_patch(size: tuple[int, int], tokens: int) -> None:
    with serve(ConstantAnswerer()) as server, client(server) as sdk:
        counts = [
            sdk.messages.count_tokens(model="m", messages=question(*parts)).input_tokens
            for parts in ((), (picture(jpeg(size=size)),))
        ]
        assert len(server.log) == 0
    assert counts[1] - counts[0] == tokens
    MessageTokensCount.model_validate({"input_tokens": counts[0]}, strict=True)


def test_tokens_from_the_cache_are_counted_apart() -> None:
    with serve(ConstantAnswerer()) as server:
        whole = ask(server).usage
    with serve(ConstantAnswerer(), cached_share=0.5) as server:
        usage = ask(server).usage
    assert usage.cache_read_input_tokens == whole.input_tokens // 2
    assert usage.input_tokens + usage.cache_read_input_tokens == whole.input_tokens


def test_models_are_listed_and_described() -> None:
    with serve(ConstantAnswerer(), models=["claude-a", "claude-b"]) as server:
        with client(server) as sdk:
            listed = list(sdk.models.list())
            assert [model.id for model in listed] == ["claude-a", "claude-b"]
            raw = json.loads(sdk.models.with_raw_response.retrieve("claude-b").text())
            with pytest.raises(anthropic.NotFoundError):
                sdk.models.retrieve("claude-c")
        with pytest.raises(anthropic.NotFoundError):
            ask(server)
    ModelInfo.model_validate_json(json.dumps(raw), strict=True)


def test_a_caller_without_the_key_is_turned_away() -> None:
    with serve(ConstantAnswerer(), api_key="sk-ant-right") as server:
        with pytest.raises(anthropic.AuthenticationError), client(server, api_key="wrong") as sdk:
            sdk.models.list()
        with client(server, api_key="sk-ant-right") as sdk:
            assert sdk.models.list().data


ERRORS = {
    "rate_limit": (429, "rate_limit_error", "rate limit"),
    "overloaded": (529, "overloaded_error", "Overloaded"),
    "server_error": (500, "api_error", "Internal server error"),
    "unauthorized": (401, "authentication_error", "x-api-key"),
    "forbidden": (403, "permission_error", "permission"),
    "unknown_model": (404, "not_found_error", "model: m"),
    "no_quota": (400, "invalid_request_error", "credit balance is too low"),
    "daily_limit": (400, "invalid_request_error", "usage limits"),
    "image_too_large": (400, "invalid_request_error", "5 MB maximum"),
    "content_filter": (400, "invalid_request_error", "content filtering policy"),
}


@pytest.mark.parametrize("kind", ERRORS)
def test_a_fault_with_a_status_is_worded_as_anthropic_words_it(kind: str) -> None:
    status, name, words = ERRORS[kind]
    faults = Faults.from_mapping({kind: 1.0, "error_statuses": (500,), "retry_after_s": 7})
    with (
        serve(ConstantAnswerer(), faults=faults) as server,
        pytest.raises(anthropic.APIStatusError) as caught,
    ):
        ask(server)
    response = caught.value.response
    payload = ErrorResponse.model_validate(response.json(), strict=True)
    assert (response.status_code, payload.error.type) == (status, name)
    assert words in payload.error.message
    assert payload.request_id == response.headers["request-id"]
    waits = response.headers.get("retry-after")
    assert waits == ("7" if kind in {"rate_limit", "overloaded"} else None)


def test_a_model_that_declines_says_so_in_its_stop_reason() -> None:
    with serve(ConstantAnswerer(), faults=Faults(refusal=1.0)) as server:
        message = ask(server)
    assert (message.stop_reason, message.content) == ("refusal", [])
    assert message.stop_details is not None
    assert "can't" in (message.stop_details.explanation or "")


@pytest.mark.parametrize("kind", ["no_choices", "null_content"])
def test_content_can_be_missing(kind: str) -> None:
    with serve(ConstantAnswerer(), faults=Faults.from_mapping({kind: 1.0})) as server:
        message = ask(server)
    assert (message.content, message.stop_reason) == ([], "end_turn")


OPEN_SCHEMA = {"type": "object", "properties": {}}
BOUNDED = SCHEMA | {"properties": {"v": {"type": "number", "minimum": 0}}}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"max_tokens": None}, "max_tokens: Field required"),
        ({"model": ""}, "model: Field required"),
        ({"messages": []}, "at least one message"),
        ({"messages": [{"role": "assistant", "content": "x"}]}, "must use the"),
        ({"messages": [{"role": "king", "content": "x"}]}, "messages.0.role"),
        ({"messages": question(text="")}, "must be non-empty"),
        ({"messages": question(picture(media_type="image/png"))}, "appears to be image/jpeg"),
        ({"messages": question(picture(b"no image"))}, "Could not process image"),
        (
            {"messages": question({"type": "image", "source": {"type": "url", "url": "x"}})},
            "only base64",
        ),
        ({"seed": 3}, "seed: Extra inputs are not permitted"),
        ({"stream": True}, "stream"),
        ({"temperature": 1.5}, "temperature"),
        ({"temperature": 0, "thinking": {"type": "adaptive"}}, "may only be set to 1"),
        ({"thinking": {"type": "enabled", "budget_tokens": 9}}, "1024"),
        ({"thinking": {"type": "enabled", "budget_tokens": 4000}}, "must be greater than"),
        ({"output_config": {"format": {"type": "json_schema"}}}, "output_config.format"),
        (
            {"output_config": {"format": {"type": "json_schema", "schema": OPEN_SCHEMA}}},
            "additionalProperties",
        ),
        (
            {"output_config": {"format": {"type": "json_schema", "schema": BOUNDED}}},
            "properties minimum are not supported",
        ),
        ({"tool_choice": {"type": "tool", "name": "judge"}}, "not found"),
    ],
)
def test_a_bad_request_is_told_what_is_wrong(change: Any, words: str) -> None:
    body = {"model": "m", "max_tokens": 2000, "messages": question(picture())} | change
    with serve(ConstantAnswerer()) as server:
        response = post(server, body)
        assert len(server.log) == 0
    error = ErrorResponse.model_validate(response.json(), strict=True).error
    assert (response.status_code, error.type) == (400, "invalid_request_error")
    assert words in error.message


def post(server: LoopbackServer, body: Any, version: str = "2023-06-01") -> httpx2.Response:
    headers = {"anthropic-version": version, "x-api-key": "none"}
    return httpx2.post(f"{server.anthropic_url}/v1/messages", json=body, headers=headers)


def test_the_version_of_the_protocol_must_be_named() -> None:
    with serve(ConstantAnswerer()) as server:
        response = post(server, {}, version="")
    assert response.json()["error"]["message"] == "anthropic-version: header is required"


def test_images_have_limits_in_bytes_and_pixels() -> None:
    heavy = picture(jpeg() + bytes(4 * 2**20))
    wide = [picture(jpeg(size=(2001, 10)))]
    with serve(ConstantAnswerer()) as server:
        with pytest.raises(anthropic.BadRequestError, match="exceeds 5 MB maximum"):
            ask(server, question(heavy))
        assert ask(server, question(*wide * 20)).content
        with pytest.raises(anthropic.BadRequestError, match="many-image requests") as caught:
            ask(server, question(*wide * 21))
        body: Any = caught.value.body
        assert body["error"]["details"]["max_side_length_pixels"] == 2000
        assert body["error"]["details"]["paths"][1] == "messages.0.content.1"
        with pytest.raises(anthropic.APIStatusError) as caught_large:
            ask(server, question(text="x" * (32 * 2**20)))
    assert caught_large.value.status_code == 413
    assert caught_large.value.body["error"]["type"] == "request_too_large"  # type: ignore[index]


def test_an_unknown_address_is_not_found_in_anthropics_words() -> None:
    with serve(ConstantAnswerer()) as server:
        response = httpx2.get(
            f"{server.anthropic_url}/v1/nothing", headers={"anthropic-version": "2023-06-01"}
        )
    assert response.status_code == 404
    assert ErrorResponse.model_validate(response.json()).error.type == "not_found_error"
