"""OpenAI's responses as the unmodified official SDK meets them."""

import base64
import hashlib
import json
from typing import Any

import httpx2
import openai
import pytest
from openai.types.responses import Response
from tests.loopback.samples import SCHEMA_FORMAT, jpeg
from tests.loopback.test_server import Echo, Thinker, client

from mllmsent.loopback import ConstantAnswerer, Faults, LoopbackServer, serve

SCHEMA = SCHEMA_FORMAT["json_schema"]["schema"]
FORMAT = {"type": "json_schema", **SCHEMA_FORMAT["json_schema"]}


def picture(data: bytes = jpeg(), **more: Any) -> dict[str, Any]:
    url = "data:image/jpeg;base64," + base64.b64encode(data).decode()
    return {"type": "input_image", "image_url": url, "detail": "auto"} | more


def question(*parts: Any, text: str = "Which sentiment?") -> Any:
    content = [*parts, {"type": "input_text", "text": text}]
    return [{"role": "user", "content": content}]


def ask(server: LoopbackServer, given: Any = None, **parameters: Any) -> Response:
    """Ask with the SDK; the payload must satisfy the SDK's own type, strictly, and no more."""
    with client(server) as sdk:
        raw = sdk.responses.with_raw_response.create(
            model="m", input=given or question(picture()), **parameters
        )
    payload = json.loads(raw.text)
    response = Response.model_validate(payload, strict=True)
    assert response.to_dict() == payload
    return response


def test_an_answer_satisfies_the_sdks_own_type() -> None:
    with serve(ConstantAnswerer("positive")) as server:
        response = ask(server, instructions="You judge.", temperature=0)
        (entry,) = server.log.entries
    assert (response.output_text, response.status, response.model) == ("positive", "completed", "m")
    assert response.instructions == "You judge."
    assert entry.protocol == "openai-responses"
    assert entry.text == "You judge.\n\nWhich sentiment?"
    assert entry.parameters == {"temperature": 0}


def test_the_answerer_is_given_what_was_asked() -> None:
    said = {"type": "output_text", "text": "negative", "annotations": []}
    given = [
        *question(picture(jpeg((9, 9, 9))), text="This?"),
        {"type": "message", "role": "assistant", "content": [said]},
        *question(picture(), text="And this?"),
    ]
    with serve(Echo()) as server:
        response = ask(server, given, text={"format": FORMAT})
    heard = json.loads(response.output_text)
    assert heard["text"] == "This?\n\nnegative\n\nAnd this?"
    assert heard["images"] == [
        hashlib.sha256(data).hexdigest() for data in (jpeg((9, 9, 9)), jpeg())
    ]
    assert heard["schema"] == SCHEMA


def test_reasoning_is_an_item_of_its_own_and_summed_up_where_asked() -> None:
    with serve(Thinker()) as server:
        told = ask(server, reasoning={"effort": "low", "summary": "auto"})
        silent = ask(server)
    for response, texts in ((told, ["The sun shines. " * 10]), (silent, [])):
        item = response.output[0]
        assert item.type == "reasoning"
        assert [part.text for part in item.summary] == texts
        assert response.usage is not None
        assert response.usage.output_tokens_details.reasoning_tokens == 40
        assert response.usage.output_tokens == 45


def test_log_probabilities_come_where_they_are_included() -> None:
    with serve(Thinker()) as server:
        response = ask(server, include=["message.output_text.logprobs"], top_logprobs=2)
        assert not text_of(ask(server, top_logprobs=2)).logprobs
    tokens = text_of(response).logprobs
    assert [(one.token, round(one.logprob, 3)) for one in tokens[0].top_logprobs] == [
        ("posi", -0.288),
        ("neut", -1.386),
    ]


def text_of(response: Response) -> Any:
    message = response.output[-1]
    assert message.type == "message"
    return message.content[0]


def test_an_answer_longer_than_allowed_is_incomplete() -> None:
    with serve(ConstantAnswerer("word " * 50)) as server:
        response = ask(server, max_output_tokens=16)
    assert response.status == "incomplete"
    assert response.incomplete_details is not None
    assert response.incomplete_details.reason == "max_output_tokens"
    assert len(response.output_text) == 64


def test_a_refusal_is_content_of_its_own() -> None:
    with serve(ConstantAnswerer(), faults=Faults(refusal=1.0)) as server:
        response = ask(server)
    part = text_of(response)
    assert (part.type, response.status, response.output_text) == ("refusal", "completed", "")
    assert "can't" in part.refusal


def test_a_filtered_answer_is_incomplete_and_says_why() -> None:
    with serve(ConstantAnswerer(), faults=Faults(content_filter=1.0)) as server:
        response = ask(server)
    assert (response.status, response.output_text) == ("incomplete", "")
    assert response.incomplete_details is not None
    assert response.incomplete_details.reason == "content_filter"


@pytest.mark.parametrize("kind", ["no_choices", "null_content"])
def test_content_can_be_missing(kind: str) -> None:
    with serve(ConstantAnswerer(), faults=Faults.from_mapping({kind: 1.0})) as server:
        response = ask(server)
    assert (response.output_text, response.status) == ("", "completed")
    assert len(response.output) == (kind == "null_content")


def test_an_image_of_low_detail_costs_less_and_tokens_can_be_counted() -> None:
    with serve(ConstantAnswerer(), cached_share=0.5) as server, client(server) as sdk:
        usage = ask(server, question(picture(jpeg(size=(1024, 1024))))).usage
        low = ask(server, question(picture(jpeg(size=(1024, 1024)), detail="low"))).usage
        counted = sdk.responses.input_tokens.count(
            model="m", input=question(picture(jpeg(size=(1024, 1024))))
        )
    assert usage is not None
    assert low is not None
    # 765 and 85: the documentation's worked examples for GPT-4o
    assert usage.input_tokens - low.input_tokens == 765 - 85
    assert counted.input_tokens == usage.input_tokens
    assert usage.input_tokens_details.cached_tokens == usage.input_tokens // 2


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"model": None}, "model"),
        ({"input": []}, "input"),
        ({"input": [{"role": "king", "content": "x"}]}, "input[0]"),
        (
            {"input": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]},
            "input[0].content[0].type",
        ),
        (
            {"input": question({"type": "input_image", "image_url": "https://example.org"})},
            "input[0].content[0]",
        ),
        ({"seed": 3}, "seed"),
        ({"max_output_tokens": 15}, "max_output_tokens"),
        ({"temperature": 3}, "temperature"),
        ({"reasoning": {"effort": "huge"}}, "reasoning.effort"),
        ({"text": {"format": {"type": "json_schema", "name": "no good"}}}, "text.format"),
        ({"text": {"format": FORMAT | {"schema": {"type": "object"}}}}, "text.format"),
        ({"text": {"format": FORMAT | {"schema": SCHEMA | {"required": []}}}}, "text.format"),
        ({"stream": True}, "stream"),
    ],
)
def test_a_bad_request_names_the_parameter_at_fault(change: Any, param: str) -> None:
    with serve(ConstantAnswerer()) as server:
        response = httpx2.post(
            f"{server.url}/responses", json={"model": "m", "input": question()} | change
        )
        assert len(server.log) == 0
    assert response.status_code == 400
    assert response.json()["error"]["param"] == param


@pytest.mark.parametrize(
    ("kind", "code"),
    [("overloaded", "slow_down"), ("daily_limit", "rate_limit_exceeded")],
)
def test_an_overload_and_a_days_limit_are_worded_as_openai_words_them(kind: str, code: str) -> None:
    with (
        serve(ConstantAnswerer(), faults=Faults.from_mapping({kind: 1.0})) as server,
        pytest.raises(openai.APIStatusError) as caught,
    ):
        ask(server)
    assert caught.value.code == code
    assert caught.value.status_code == (503 if kind == "overloaded" else 429)
