"""What befalls requests alike in whatever protocol they come."""

import json
from collections.abc import Mapping
from typing import Any

import httpx2
import pytest
from tests.loopback import test_anthropic_messages as claude
from tests.loopback import test_openai_responses as responses
from tests.loopback.samples import SCHEMA_FORMAT, question
from tests.loopback.test_server import Broken, Thinker

from mllmsent.foundation import InputError
from mllmsent.loopback import ConstantAnswerer, Faults, LoopbackServer, serve

SCHEMA = SCHEMA_FORMAT["json_schema"]["schema"]
FORM = {"type": "json_schema", "schema": SCHEMA}
CONTENTS = [{"role": "user", "parts": [{"text": "Which sentiment?"}]}]
JSON_CONFIG = {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}

BODIES: Mapping[str, Mapping[str, Any]] = {
    "openai-chat": {"model": "m", "messages": question(), "response_format": SCHEMA_FORMAT},
    "openai-responses": {
        "model": "m",
        "input": responses.question(),
        "text": {"format": responses.FORMAT},
    },
    "anthropic-messages": {
        "model": "m",
        "max_tokens": 99,
        "messages": claude.question(),
        "output_config": {"format": FORM},
    },
    "google-generate": {"contents": CONTENTS, "generationConfig": JSON_CONFIG},
}
ANSWER = '{"label": "positive"}'


def post(server: LoopbackServer, protocol: str) -> httpx2.Response:
    url = {
        "openai-chat": f"{server.url}/chat/completions",
        "openai-responses": f"{server.url}/responses",
        "anthropic-messages": f"{server.anthropic_url}/v1/messages",
        "google-generate": f"{server.google_url}/v1beta/models/m:generateContent",
    }[protocol]
    headers = {"anthropic-version": "2023-06-01"}
    return httpx2.post(url, json=BODIES[protocol], headers=headers)


def text_and_end(protocol: str, payload: Any) -> tuple[str, str]:
    match protocol:
        case "openai-chat":
            choice = payload["choices"][0]
            return choice["message"]["content"], choice["finish_reason"]
        case "openai-responses":
            reason = (payload["incomplete_details"] or {}).get("reason", "")
            return payload["output"][-1]["content"][0]["text"], reason
        case "anthropic-messages":
            return payload["content"][-1]["text"], payload["stop_reason"]
        case _:
            candidate = payload["candidates"][0]
            return candidate["content"]["parts"][-1]["text"], candidate["finishReason"]


@pytest.mark.parametrize("kind", ["dropped_before", "dropped_midway"])
def test_a_connection_breaks_off(kind: str) -> None:
    with serve(ConstantAnswerer(), faults=Faults.from_mapping({kind: 1.0})) as server:
        for protocol in BODIES:
            with pytest.raises(httpx2.RemoteProtocolError):
                post(server, protocol)
        assert [entry.protocol for entry in server.log.entries] == list(BODIES)


def test_a_proxys_page_is_html() -> None:
    with serve(ConstantAnswerer(), faults=Faults(html_page=1.0, html_status=504)) as server:
        for protocol in BODIES:
            response = post(server, protocol)
            assert response.status_code == 504
            assert response.text.startswith("<!DOCTYPE html>")


def test_a_slow_body_comes_whole() -> None:
    with serve(
        ConstantAnswerer(structured=ANSWER), faults=Faults(slow_body=1.0, slow_body_s=0.1)
    ) as s:
        for protocol in BODIES:
            assert text_and_end(protocol, post(s, protocol).json())[0] == ANSWER


def test_garbage_has_no_answer() -> None:
    with serve(ConstantAnswerer(), faults=Faults(garbage=1.0)) as server:
        for protocol in BODIES:
            response = post(server, protocol)
            assert response.status_code == 200
            with pytest.raises((ValueError, KeyError, TypeError)):
                text_and_end(protocol, json.loads(response.content))


def test_an_answer_that_breaks_off_says_so() -> None:
    ends = ["length", "max_output_tokens", "max_tokens", "MAX_TOKENS"]
    with serve(ConstantAnswerer(structured=ANSWER), faults=Faults(truncated=1.0)) as server:
        for protocol, end in zip(BODIES, ends, strict=True):
            said = text_and_end(protocol, post(server, protocol).json())
            assert said == (ANSWER[: len(ANSWER) // 2], end)


def test_an_ignored_schema_is_answered_in_prose() -> None:
    with serve(ConstantAnswerer("positive"), faults=Faults(ignored_schema=1.0)) as server:
        for protocol in BODIES:
            text, _ = text_and_end(protocol, post(server, protocol).json())
            assert text.endswith("words: positive")


def test_every_protocol_says_how_many_tokens_were_spent_on_thinking() -> None:
    with serve(Thinker()) as server:
        usage = {protocol: post(server, protocol).json() for protocol in BODIES}
    details = usage["openai-chat"]["usage"]["completion_tokens_details"]
    assert details["reasoning_tokens"] == 40
    assert usage["openai-responses"]["usage"]["output_tokens_details"]["reasoning_tokens"] == 40
    assert usage["anthropic-messages"]["usage"]["output_tokens_details"]["thinking_tokens"] == 0
    assert usage["google-generate"]["usageMetadata"]["thoughtsTokenCount"] == 40


def test_an_answerer_that_fails_is_a_500_that_tells_nothing_and_is_logged() -> None:
    with serve(Broken()) as server:
        for protocol in BODIES:
            response = post(server, protocol)
            assert response.status_code == 500
            assert "ValueError" in response.text
            assert "secret" not in response.text
        assert {entry.status for entry in server.log.entries} == {500}


def test_the_same_question_meets_the_same_fault_in_every_run() -> None:
    def statuses() -> list[int]:
        faults = Faults.mixed(0.8, seed=4, slow_body_s=0.0)
        with serve(ConstantAnswerer(), faults=faults) as server:
            for _ in range(3):
                for protocol in BODIES:
                    try:
                        post(server, protocol)
                    except httpx2.HTTPError:
                        continue
            return [entry.status for entry in server.log.entries]

    first = statuses()
    assert first == statuses()
    assert len(set(first)) > 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"requests_per_minute": 0}, "'requests_per_minute' is 0, not more than 0"),
        ({"tokens_per_minute": -3}, "'tokens_per_minute' is -3"),
        ({"cached_share": 2}, "cached share of prompts is 2"),
    ],
)
def test_options_that_cannot_be_are_named(options: Any, message: str) -> None:
    with pytest.raises(InputError, match=message), serve(ConstantAnswerer(), **options):
        pass


def test_a_folder_for_batches_that_cannot_be_is_named(tmp_path: Any) -> None:
    (tmp_path / "file").write_text("x")
    with (
        pytest.raises(InputError, match="Batches cannot be kept in"),
        serve(ConstantAnswerer(), state_dir=tmp_path / "file"),
    ):
        pass
