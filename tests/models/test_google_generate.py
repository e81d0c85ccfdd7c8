"""The adapter for Google's Gemini protocol, against such a server on loopback."""

import asyncio
import functools
import gc
import json
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.loopback.test_server import Echo, Thinker
from tests.models.samples import LABEL_SCHEMA, ask, conversation, image_ref, request
from tests.models.samples import one as ask_one

from mllmsent.loopback import ConstantAnswerer, Faults, serve
from mllmsent.models import Settings, get_model

KEY = "AIzaPlanted0123456789abcdef"

one = functools.partial(ask_one, name="google/tester")


def sent(settings: Settings, *, name: str = "google/tester", **options: Any) -> dict[str, Any]:
    """What goes out beside the conversation."""
    with serve(ConstantAnswerer()) as server:
        response = ask_one(server, request("x", settings=settings), name=name, **options)
        (entry,) = server.log.entries
    assert response.status == "ok"
    return dict(entry.parameters)


def test_a_question_about_an_image_is_answered(tmp_path: Path) -> None:
    image = image_ref(tmp_path)
    with serve(ConstantAnswerer("positive"), cached_share=0.5) as server:
        response = one(server, request("Which sentiment?", image))
        (entry,) = server.log.entries
    assert (response.status, response.text, response.stop_reason) == ("ok", "positive", "STOP")
    assert (response.reported_model, entry.protocol) == ("tester", "google-generate")
    assert (response.attempts, response.error, response.is_json) == (1, "", None)
    assert response.image_sha256 == (image.sha256,) == entry.images
    assert response.input_tokens is not None
    assert response.cached_tokens == response.input_tokens // 2
    assert (response.output_tokens, response.reasoning_tokens) == (2, 0)
    assert response.latency_s is not None
    assert 0 < response.latency_s < 30


def test_the_conversation_goes_out_as_it_was_written(tmp_path: Path) -> None:
    asked, heard = conversation(tmp_path)
    with serve(Echo()) as server:
        response = one(server, asked)
    assert heard.items() <= json.loads(response.text).items()


def test_settings_go_out_and_what_is_unset_does_not() -> None:
    told = Settings(temperature=0.3, top_p=0.9, max_tokens=77, seed=5)
    assert sent(told) == {
        "generationConfig": {"temperature": 0.3, "topP": 0.9, "maxOutputTokens": 77, "seed": 5}
    }
    assert sent(Settings(temperature=None, max_tokens=None)) == {"generationConfig": {}}


def test_what_a_study_adds_stands_beside_the_other_settings() -> None:
    extra = {"generationConfig": {"topK": 3}, "labels": {"study": "one"}}
    assert sent(Settings(max_tokens=None, extra=extra)) == {
        "generationConfig": {"temperature": 0.0, "topK": 3},
        "labels": {"study": "one"},
    }


def test_resolution_and_filters_are_set_in_googles_words() -> None:
    options = {"media_resolution": "high", "safety_threshold": "BLOCK_NONE"}
    parameters = sent(Settings(), **options)
    assert parameters["generationConfig"]["mediaResolution"] == "MEDIA_RESOLUTION_HIGH"
    assert {
        "category": "HARM_CATEGORY_SEXUALLY_EXPLICIT",
        "threshold": "BLOCK_NONE",
    } in parameters["safetySettings"]
    assert len(parameters["safetySettings"]) == 4
    # An answer under other filters is another answer: it is not taken from the cache.
    assert get_model("google/m", **options).identity.items() >= options.items()


def test_a_structured_answer_is_asked_for_with_its_schema() -> None:
    with serve(Echo()) as server:
        response = one(server, request("x", answer_schema=LABEL_SCHEMA))
        plain = one(server, request("x", answer_schema=LABEL_SCHEMA), structured_answers=False)
    assert json.loads(response.text)["schema"] == LABEL_SCHEMA
    assert response.is_json is True
    assert json.loads(plain.text)["schema"] is None


def test_a_server_that_ignores_the_schema_is_noticed_and_its_answer_kept() -> None:
    with serve(ConstantAnswerer(), faults=Faults(ignored_schema=1.0)) as server:
        response = one(server, request("x", answer_schema=LABEL_SCHEMA))
    assert (response.status, response.is_json) == ("ok", False)


@pytest.mark.parametrize(
    ("name", "effort", "tokens", "thinking"),
    [
        ("gemini-3.8-flash", "low", None, {"thinkingLevel": "LOW", "includeThoughts": True}),
        ("gemini-2.5-pro", "medium", None, {"thinkingBudget": 8192, "includeThoughts": True}),
        ("gemini-2.5-pro", None, -1, {"thinkingBudget": -1, "includeThoughts": True}),
        ("gemini-2.5-flash", "high", 512, {"thinkingBudget": 512, "includeThoughts": True}),
        ("gemini-2.5-flash", "none", 512, {"thinkingBudget": 0}),
        ("gemini-2.5-flash", None, 0, {"thinkingBudget": 0}),
        ("gemini-2.5-flash", None, None, None),
    ],
)
def test_thinking_is_asked_for_as_each_generation_of_models_has_it(
    name: str, effort: str | None, tokens: int | None, thinking: dict[str, Any] | None
) -> None:
    settings = Settings(reasoning_effort=effort)
    parameters = sent(settings, name=f"google/{name}", thinking_tokens=tokens)
    assert parameters["generationConfig"].get("thinkingConfig") == thinking


def test_thoughts_are_kept_apart_and_part_of_the_output() -> None:
    with serve(Thinker()) as server:
        response = one(server, request("x", settings=Settings(reasoning_effort="high")))
    assert response.text == "positive, I think"
    assert response.reasoning.startswith("The sun shines.")
    assert response.reasoning_tokens == 40
    assert response.output_tokens == 45


@pytest.mark.parametrize(
    "kind",
    ["rate_limit", "overloaded", "server_error", "html_page", "dropped_before", "dropped_midway"],
)
def test_a_passing_fault_is_got_over_and_counted(kind: str) -> None:
    faults = Faults.from_mapping({kind: 1.0, "only_first": 1})
    with serve(ConstantAnswerer("fine"), faults=faults) as server:
        response = one(server, request("x"))
        asked = len(server.log.entries)
    assert (response.status, response.text, response.attempts) == ("ok", "fine", 2)
    assert asked == 2  # the SDK does not try again by itself


@pytest.mark.parametrize(
    ("kind", "error", "attempts", "hopeless"),
    [
        ("overloaded", "503 server error: The model is overloaded", 2, False),
        ("server_error", "server error: ", 2, False),
        ("garbage", "the server's answer ", 1, False),
        ("no_choices", "the server's answer has no candidates", 1, False),
        ("null_content", "has no content (finishReason STOP)", 1, False),
        ("unauthorized", "400 not allowed: API key not valid", 1, True),
        ("forbidden", "403 not allowed: The caller", 1, True),
        ("unknown_model", "404 not found: models/tester is not found", 1, True),
        ("no_quota", "429 no credit: You exceeded your current quota", 1, True),
        ("daily_limit", "429 daily limit: 250 (GenerateRequestsPerDay", 1, True),
        ("image_too_large", "Set `max_image_bytes` or `max_image_side`", 1, False),
    ],
)
def test_a_lasting_fault_is_a_failure_with_its_reason(
    kind: str, error: str, attempts: int, hopeless: bool
) -> None:
    with serve(ConstantAnswerer(), faults=Faults.from_mapping({kind: 1.0})) as server:
        response = one(server, request("x"))
    assert (response.status, response.text) == ("failed", "")
    assert error in response.error
    assert (response.attempts, response.hopeless) == (attempts, hopeless)


def test_an_unknown_model_is_answered_with_the_nearest() -> None:
    with serve(ConstantAnswerer(), models=["gemini-2.5-pro", "gemini-2.5-flash"]) as server:
        response = ask_one(server, request("x"), name="google/gemini-2.5-por")
    assert response.hopeless
    assert "Did you mean 'gemini-2.5-pro'" in response.error


@pytest.mark.parametrize(("kind", "reason"), [("refusal", "SAFETY"), ("content_filter", "PROHIB")])
def test_what_a_filter_takes_away_is_refused_and_no_error(kind: str, reason: str) -> None:
    with serve(ConstantAnswerer(), faults=Faults.from_mapping({kind: 1.0})) as server:
        response = one(server, request("x"))
    assert (response.status, response.error) == ("refused", "")
    assert response.stop_reason.startswith(reason)


def test_an_answer_that_breaks_off_keeps_its_reason() -> None:
    with serve(ConstantAnswerer("a long answer"), faults=Faults(truncated=1.0)) as server:
        response = one(server, request("x"))
    assert (response.status, response.text, response.stop_reason) == ("ok", "a long", "MAX_TOKENS")


def test_the_longest_silence_ends_a_try() -> None:
    with serve(ConstantAnswerer(), faults=Faults(latency_s=5.0)) as server:
        response = one(server, request("x"), timeout_s=0.2, max_retries=0)
    assert response.error.startswith("timeout: the server stopped answering")


def test_no_server_is_said_at_once() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    response = one(f"http://127.0.0.1:{port}", request("x"))
    assert response.error.startswith("connection: no server answers")
    assert (response.hopeless, response.attempts) == (True, 1)


def test_no_part_of_a_key_is_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    with serve(ConstantAnswerer(), api_key="another") as server:
        response = one(server, request("x"), api_key_env="MY_KEY")
    assert response.error.startswith("400 not allowed")
    assert response.error.endswith("Check the key in MY_KEY")
    assert KEY not in repr(response)


@pytest.mark.parametrize("name", ["GOOGLE_API_KEY", "GEMINI_API_KEY"])
def test_no_credential_is_sent_to_an_address_that_a_study_names(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, KEY)
    with serve(ConstantAnswerer(), api_key=KEY) as server:
        response = one(server, request("x"))
    assert response.error.startswith("400 not allowed")
    assert "No key was sent" in response.error


@pytest.mark.parametrize("name", ["GOOGLE_API_KEY", "GEMINI_API_KEY"])
@pytest.mark.parametrize("ending", ["", "/", "/v1beta", "/v1/"])
def test_the_users_own_environment_may_name_the_address_and_either_key(
    name: str, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, KEY)
    with serve(ConstantAnswerer("in"), api_key=KEY) as server:
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", server.google_url + ending)
        assert one(server, request("x"), base_url=None).text == "in"


def test_of_two_keys_it_is_the_one_that_the_sdk_would_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "the-other-one")
    monkeypatch.setenv("GOOGLE_API_KEY", KEY)
    with serve(ConstantAnswerer("in"), api_key=KEY) as server:
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", server.google_url)
        assert one(server, request("x"), base_url=None).text == "in"


def test_nothing_else_of_the_environment_leads_astray(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "GOOGLE_GENAI_USE_VERTEXAI": "true",
        "GOOGLE_GENAI_USE_ENTERPRISE": "true",
        "GOOGLE_CLOUD_PROJECT": "elsewhere",
        "GOOGLE_CLOUD_LOCATION": "elsewhere",
        "GOOGLE_GENAI_API_VERSION": "v9",
        "GOOGLE_GENAI_CLIENT_MODE": "replay",
        "GOOGLE_GENAI_REPLAYS_DIRECTORY": str(tmp_path),
        "HTTP_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with serve(ConstantAnswerer("here")) as server:
        assert one(server, request("x")).text == "here"


def listen(answer: bytes) -> tuple[socket.socket, list[bytes]]:
    """A listener that says one thing to everybody, and what it heard."""
    listener = socket.create_server(("127.0.0.1", 0))
    heard: list[bytes] = []

    def run() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                heard.append(connection.recv(65536))
                connection.sendall(answer)

    threading.Thread(target=run, daemon=True).start()
    return listener, heard


def test_a_proxy_stands_before_what_is_far(monkeypatch: pytest.MonkeyPatch) -> None:
    listener, heard = listen(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
    with listener:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{listener.getsockname()[1]}")
        response = one("http://far.invalid/google", request("x"), max_retries=0)
    assert heard[0].startswith(b"POST http://far.invalid/google/v1beta/models/tester:generate")
    assert response.error.startswith("502 server error")


def test_a_redirect_does_not_take_the_key_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    with serve(ConstantAnswerer()) as server:
        to = f"{server.google_url}/v1beta/models/tester:generateContent"
        head = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n"
        listener, heard = listen(head.encode())
        with listener:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            response = one(url, request("x"), api_key_env="MY_KEY", max_retries=0)
        assert not server.log.entries
    assert KEY.encode() in heard[0]
    assert response.error.startswith("307 sent elsewhere")


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"200 OK\r\nContent-Type: application/json", b'{"candidates": ['),
        (b"200 OK\r\nContent-Type: application/json", b"\xff\xfe\x80"),
        (b"200 OK\r\nContent-Type: application/json; charset=klingon", b"{}"),
        (b"200 OK", b""),
        (b"503 No\r\nContent-Type: application/json", b"{"),
        (b"503 No\r\nContent-Type: application/json", b""),
        (b"503 No\r\nContent-Type: application/json", b'[{"error": ["?"]}, 1]'),
        (
            b"400 No\r\nContent-Type: application/json",
            b'{"error": {"details": [{"violations": 3}]}}',
        ),
        (b"400 No\r\nContent-Type: application/json", b'{"error": {"message": ["?"]}}'),
    ],
)
def test_broken_bodies_are_failures_and_never_raise(head: bytes, body: bytes) -> None:
    answer = b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (head, len(body), body)
    listener, _ = listen(answer)
    with listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        response = one(url, request("x"), max_retries=0)
    assert response.status == "failed"
    assert response.error


def test_a_short_timeout_is_our_own_affair() -> None:
    """Google takes no deadline under ten seconds, and its SDK sends it every timeout as one."""
    with serve(ConstantAnswerer("fine")) as server:
        assert one(server, request("x"), timeout_s=3).text == "fine"


def test_one_model_serves_one_event_loop_after_another(caplog: pytest.LogCaptureFixture) -> None:
    with serve(ConstantAnswerer("fine")) as server:
        model = get_model("google/m", base_url=server.google_url)

        async def go() -> str:
            (response,) = await model.answer([request("x")])
            return response.text

        assert [asyncio.run(go()) for _ in range(3)] == ["fine"] * 3
        asyncio.run(model.aclose())
        gc.collect()
    assert "Unclosed" not in caplog.text


def test_many_questions_at_once_share_one_client() -> None:
    with serve(ConstantAnswerer("fine")) as server:
        responses = ask(server, *(request(f"{i}") for i in range(30)), name="google/tester")
    assert [response.text for response in responses] == ["fine"] * 30


def test_no_key_is_said_with_both_names(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    response = ask_one("", request("x"), name="google/m", base_url=None)
    assert response.hopeless
    assert "GOOGLE_API_KEY (or GEMINI_API_KEY) is not set" in response.error
