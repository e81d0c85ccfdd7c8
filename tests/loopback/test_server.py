"""The loopback server as the official SDK meets it."""

import hashlib
import json
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from openai.types import Model
from openai.types.chat import ChatCompletion
from tests.loopback.samples import SCHEMA_FORMAT, jpeg, question

from mllmsent.foundation import InputError
from mllmsent.loopback import (
    Answerer,
    ConstantAnswerer,
    Faults,
    LoopbackServer,
    Reply,
    content_key,
    read_log,
    serve,
    spawn,
)


class Echo:
    """Says back what it was given."""

    def answer(
        self,
        images: Sequence[bytes],
        text: str,
        schema: Mapping[str, Any] | None,
        model: str,
        sample_seed: int,
    ) -> str:
        """All of it as JSON."""
        return json.dumps(
            {
                "images": [hashlib.sha256(image).hexdigest() for image in images],
                "text": text,
                "schema": schema,
                "model": model,
                "seed": sample_seed,
            }
        )


class Thinker:
    """Thinks before it answers, and is not quite sure."""

    def answer(self, images: Any, text: Any, schema: Any, model: Any, sample_seed: Any) -> Reply:
        """The same to everybody."""
        return Reply(
            "positive, I think",
            reasoning="The sun shines. " * 10,
            chances={"positive, I think": 0.75, "neutral": 0.25},
        )


class Broken:
    """Fails."""

    def answer(self, images: Any, text: Any, schema: Any, model: Any, sample_seed: Any) -> str:
        """Never comes back."""
        raise ValueError("a secret path")


def client(server: LoopbackServer, api_key: str = "none") -> openai.OpenAI:
    return openai.OpenAI(base_url=server.url, api_key=api_key, max_retries=0)


def ask(server: LoopbackServer, messages: Any, **parameters: Any) -> ChatCompletion:
    """Ask with the SDK; the payload must satisfy the SDK's own type, strictly."""
    with client(server) as sdk:
        raw = sdk.chat.completions.with_raw_response.create(
            **({"model": "m", "messages": messages} | parameters)
        )
    payload = json.loads(raw.text)
    completion = ChatCompletion.model_validate(payload, strict=True)
    assert completion.to_dict() == payload or "reasoning_content" in raw.text
    return completion


def post(server: LoopbackServer, body: Any) -> httpx2.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx2.post(f"{server.url}/chat/completions", content=content)


def test_an_answer_satisfies_the_sdks_own_type() -> None:
    with serve(ConstantAnswerer("positive")) as server:
        completion = ask(server, question())
    choice = completion.choices[0]
    assert (choice.message.content, choice.finish_reason) == ("positive", "stop")
    assert completion.model == "m"
    assert completion.usage is not None
    assert completion.usage.completion_tokens == 2
    # 255 for a small picture, and the words
    assert 255 < completion.usage.prompt_tokens < 300


def test_the_answerer_is_given_what_was_asked() -> None:
    with serve(Echo()) as server:
        completion = ask(server, question("Joy?"), response_format=SCHEMA_FORMAT, seed=7)
    given = json.loads(completion.choices[0].message.content or "")
    assert given == {
        "images": [hashlib.sha256(jpeg()).hexdigest()],
        "text": "You are a careful annotator.\n\nJoy?",
        "schema": SCHEMA_FORMAT["json_schema"]["schema"],
        "model": "m",
        "seed": 7,
    }


def test_asking_again_samples_anew_unless_the_temperature_is_zero() -> None:
    def seeds(server: LoopbackServer, temperature: float) -> list[int]:
        answers = [ask(server, question(), temperature=temperature) for _ in range(3)]
        return [json.loads(a.choices[0].message.content or "")["seed"] for a in answers]

    with serve(Echo()) as server:
        assert seeds(server, 0.7) == [0, 1, 2]
        assert seeds(server, 0) == [0, 0, 0]


def test_reasoning_and_log_probabilities_come_beside_the_answer() -> None:
    with serve(Thinker()) as server:
        completion = ask(server, question(), logprobs=True, top_logprobs=5)
    choice = completion.choices[0]
    assert choice.message.model_extra == {"reasoning_content": "The sun shines. " * 10}
    assert completion.usage is not None
    assert completion.usage.completion_tokens_details is not None
    assert completion.usage.completion_tokens_details.reasoning_tokens == 40
    assert choice.logprobs is not None
    assert choice.logprobs.content is not None
    first = choice.logprobs.content[0].top_logprobs
    assert [(token.token, round(token.logprob, 3)) for token in first] == [
        ("posi", -0.288),
        ("neut", -1.386),
    ]
    assert "".join(token.token for token in choice.logprobs.content) == "positive, I think"


def test_an_answer_longer_than_allowed_is_cut_and_says_so() -> None:
    with serve(ConstantAnswerer("word " * 50)) as server:
        completion = ask(server, question(), max_tokens=5)
    assert completion.choices[0].finish_reason == "length"
    assert completion.choices[0].message.content == "word " * 4


def test_models_are_listed_and_others_are_unknown() -> None:
    with serve(ConstantAnswerer(), models=["gemma3", "qwen"]) as server, client(server) as sdk:
        listed = sdk.models.list()
        assert [model.id for model in listed] == ["gemma3", "qwen"]
        for model in listed:
            Model.model_validate(model.to_dict(), strict=True)
        with pytest.raises(openai.NotFoundError) as caught:
            ask(server, question())
        assert caught.value.code == "model_not_found"
        assert ask(server, question(), model="qwen").model == "qwen"


def test_health_tells_the_requests_so_far() -> None:
    with serve(ConstantAnswerer()) as server:
        ask(server, question())
        health = httpx2.get(f"http://127.0.0.1:{server.port}/health").json()
    assert health["status"] == "ok"
    assert health["requests"] == 1
    assert health["cpu_s"] > 0


def test_a_caller_without_the_key_is_turned_away() -> None:
    with serve(ConstantAnswerer(), api_key="sk-right") as server:
        with client(server, api_key="sk-wrong") as sdk, pytest.raises(openai.AuthenticationError):
            sdk.models.list()
        with client(server, api_key="sk-right") as sdk:
            assert sdk.models.list().data


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b"{not json", None),
        (b"[1]", None),
        (b'{"model": "m", "messages": [{"role": "user", "content": "x"}], "a": NaN}', None),
        ({"messages": [{"role": "user", "content": "x"}]}, "model"),
        ({"model": "m"}, "messages"),
        ({"model": "m", "messages": []}, "messages"),
        ({"model": "m", "messages": ["hello"]}, "messages[0]"),
        ({"model": "m", "messages": [{"role": "king", "content": "x"}]}, "messages[0].role"),
        ({"model": "m", "messages": [{"role": "user"}]}, "messages[0].content"),
        ({"model": "m", "messages": [{"role": "user", "content": []}]}, "messages[0].content"),
        (
            {"model": "m", "messages": [{"role": "user", "content": [{"type": "smell"}]}]},
            "messages[0].content[0].type",
        ),
        ({"model": "m", "messages": [{"role": "user", "content": "x"}], "stream": True}, "stream"),
        ({"model": "m", "messages": [{"role": "user", "content": "x"}], "n": [2]}, "n"),
        (
            {"model": "m", "messages": [{"role": "user", "content": "x"}], "temperature": 3},
            "temperature",
        ),
        (
            {"model": "m", "messages": [{"role": "user", "content": "x"}], "max_tokens": "9"},
            "max_tokens",
        ),
        (
            {
                "model": "m",
                "messages": [{"role": "user", "content": "x"}],
                "response_format": {"type": "json_schema", "json_schema": {"name": "no good"}},
            },
            "response_format.json_schema",
        ),
    ],
)
def test_a_bad_request_is_answered_in_openais_error_format(body: Any, param: str | None) -> None:
    with serve(ConstantAnswerer()) as server:
        response = post(server, body)
        assert len(server.log) == 0
    assert response.status_code == 400
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert (error["type"], error["param"]) == ("invalid_request_error", param)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/cat.jpg",
        "data:image/jpeg;base64,***",
        "data:image/jpeg;base64,aGVsbG8=",
        "data:text/html;base64,aGVsbG8=",
    ],
)
def test_what_is_not_an_image_in_a_data_uri_is_refused(url: str) -> None:
    part = {"type": "image_url", "image_url": {"url": url}}
    with serve(ConstantAnswerer()) as server:
        response = post(server, {"model": "m", "messages": [{"role": "user", "content": [part]}]})
    assert response.status_code == 400


def test_images_belong_to_the_user() -> None:
    messages = question()
    messages[1]["role"] = "assistant"
    with serve(ConstantAnswerer()) as server, pytest.raises(openai.BadRequestError):
        ask(server, messages)


def test_an_answerer_that_fails_is_a_500_that_tells_nothing() -> None:
    with serve(Broken()) as server, pytest.raises(openai.InternalServerError) as caught:
        ask(server, question())
    assert "secret" not in str(caught.value)


def test_the_log_counts_who_asked_what_twice() -> None:
    with serve(ConstantAnswerer()) as server:
        for text in ("one", "two", "one"):
            ask(server, question(text), temperature=0)
        once = content_key({"model": "m", "messages": question("two"), "temperature": 0})
        twice = content_key({"model": "m", "messages": question("one"), "temperature": 0})
        assert server.log.asked == {once: 1, twice: 2}
        entry = server.log.entries[2]
    assert (entry.number, entry.key, entry.asked_before, entry.retry) == (2, twice, 1, 0)
    assert entry.images == (hashlib.sha256(jpeg()).hexdigest(),)
    assert entry.parameters == {"temperature": 0}
    assert entry.text.endswith("one")


def test_a_server_of_its_own_process_answers_and_writes_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    with spawn(log_file=log, faults=Faults(null_content=1.0, only_first=1)) as server:
        first = ask(server, question())
        second = ask(server, question())
    assert first.choices[0].message.content is None
    assert second.choices[0].message.content == "neutral"
    entries = read_log(log)
    assert [entry.fault for entry in entries] == ["null_content", ""]
    assert entries[0].key == entries[1].key
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"http://127.0.0.1:{server.port}/health")


def test_a_server_that_cannot_start_says_why() -> None:
    with pytest.raises(InputError, match="no answerer 'nowhere:Nobody'"), spawn("nowhere:Nobody"):
        pass


def test_a_taken_port_is_named() -> None:
    with (
        serve(ConstantAnswerer()) as server,
        pytest.raises(InputError, match=f"Port {server.port} cannot be used"),
        serve(ConstantAnswerer(), port=server.port),
    ):
        pass


def test_only_this_machine_can_reach_it() -> None:
    """A connection to another address of this machine is refused: it listens at 127.0.0.1 alone."""
    with serve(ConstantAnswerer()) as server, pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.2", server.port), timeout=2)


def test_answerers_are_known_by_their_method() -> None:
    assert isinstance(ConstantAnswerer(), Answerer)
    assert not isinstance("text", Answerer)
