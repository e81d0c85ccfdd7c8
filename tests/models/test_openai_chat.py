"""The adapter for servers of the OpenAI protocol, against such a server on loopback."""

import asyncio
import gc
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.loopback.test_server import Echo, Thinker
from tests.models.listener import listening
from tests.models.samples import LABEL_SCHEMA, ask, conversation, image_ref, one, request

from mllmsent.foundation import InputError
from mllmsent.loopback import ConstantAnswerer, Faults, Reply, serve
from mllmsent.models import Model, Request, Response, Settings, get_model
from mllmsent.models.served.providers import get_provider

KEY = "sk-planted-0123456789abcdef"


def test_a_question_about_an_image_is_answered(tmp_path: Path) -> None:
    image = image_ref(tmp_path)
    with serve(ConstantAnswerer("positive")) as server:
        response = one(server, request("Which sentiment?", image))
        (entry,) = server.log.entries
    assert (response.status, response.text, response.stop_reason) == ("ok", "positive", "stop")
    assert response.reported_model == "tester"
    assert (response.attempts, response.error, response.is_json) == (1, "", None)
    assert response.image_sha256 == (image.sha256,) == entry.images
    assert response.image_note == ""
    assert response.input_tokens
    assert response.output_tokens == 2
    assert (response.cached_tokens, response.reasoning_tokens) == (0, 0)
    assert response.latency_s is not None
    assert 0 < response.latency_s < 30


def test_the_conversation_goes_out_as_it_was_written(tmp_path: Path) -> None:
    """Turns, texts and images keep their order; an example's image is another one's."""
    asked, heard = conversation(tmp_path)
    with serve(Echo()) as server:
        response = one(server, asked)
    assert heard.items() <= json.loads(response.text).items()
    assert list(response.image_sha256) == heard["images"]


def test_settings_go_out_and_what_is_unset_does_not() -> None:
    told = Settings(temperature=0.3, top_p=0.9, max_tokens=77, seed=5, reasoning_effort="low")
    extra = Settings(temperature=None, max_tokens=None, extra={"min_p": 0.1})
    with serve(ConstantAnswerer()) as server:
        ask(server, request("x", settings=told))
        ask(server, request("x", settings=extra))
        first, second = (entry.parameters for entry in server.log.entries)
    assert first == {
        "temperature": 0.3,
        "top_p": 0.9,
        "max_completion_tokens": 77,
        "seed": 5,
        "reasoning_effort": "low",
    }
    assert second == {"min_p": 0.1}


def test_each_server_is_told_the_longest_answer_in_its_own_words() -> None:
    async def go(url: str) -> None:
        model = get_model("ollama/gemma3", base_url=url)
        await model.answer([request("x", settings=Settings(max_tokens=9))])
        await model.aclose()

    with serve(ConstantAnswerer()) as server:
        asyncio.run(go(server.url))
        assert server.log.entries[0].parameters["max_tokens"] == 9
        assert server.log.entries[0].model == "gemma3"


def test_a_structured_answer_is_asked_for_with_its_schema() -> None:
    with serve(Echo()) as server:
        response = one(server, request("x", answer_schema=LABEL_SCHEMA))
        sent = server.log.entries[0].parameters["response_format"]
    assert json.loads(response.text)["schema"] == LABEL_SCHEMA
    assert response.is_json is True
    assert sent["json_schema"]["strict"] is True


def test_a_server_that_ignores_the_schema_is_noticed_and_its_answer_kept() -> None:
    with serve(ConstantAnswerer("neutral"), faults=Faults(ignored_schema=1.0)) as server:
        response = one(server, request("x", answer_schema=LABEL_SCHEMA))
    assert response.status == "ok"
    assert "neutral" in response.text
    assert response.is_json is False


def test_a_schema_can_be_kept_from_servers_that_reject_it() -> None:
    with serve(ConstantAnswerer()) as server:
        one(server, request("x", answer_schema=LABEL_SCHEMA), structured_answers=False)
        assert "response_format" not in server.log.entries[0].parameters


def test_reasoning_is_kept_apart_and_counted() -> None:
    with serve(Thinker()) as server:
        response = one(server, request("x"))
    assert response.text == "positive, I think"
    assert response.reasoning.startswith("The sun shines.")
    assert response.reasoning_tokens == 40


def test_detail_is_sent_where_it_is_asked_for(tmp_path: Path) -> None:
    """The server takes it; that it was sent shows in the request's key of the log."""
    with serve(ConstantAnswerer()) as server:
        for options in ({}, {"image_detail": "low"}):
            one(server, request("x", image_ref(tmp_path)), **options)
        plain, low = (entry.key for entry in server.log.entries)
    assert plain != low


# What passes: sent again until it does.


@pytest.mark.parametrize(
    "kind",
    ["rate_limit", "server_error", "html_page", "dropped_before", "dropped_midway"],
)
def test_a_passing_fault_is_got_over_and_counted(kind: str) -> None:
    faults = Faults.from_mapping({kind: 1.0, "only_first": 1})
    with serve(ConstantAnswerer("fine"), faults=faults) as server:
        response = one(server, request("x"))
        retries = [entry.retry for entry in server.log.entries]
    assert (response.status, response.text, response.attempts) == ("ok", "fine", 2)
    assert retries == [0, 1]


@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        ({"code": 502, "message": "Provider returned error"}, 2),
        ({"code": 429, "message": "Rate limited upstream"}, 2),
        ({"code": 400, "message": "No such image"}, 1),
        ({"message": "Broke"}, 1),
    ],
)
def test_an_error_with_status_200_passes_as_its_code_says(error: Any, attempts: int) -> None:
    """OpenRouter passes on the errors of those behind it in this way."""
    answer = {"choices": [{"message": {"role": "assistant", "content": "fine"}}]}
    with listening({"error": error}, answer) as server:
        response = one(server.url, request("x"))
    assert (response.attempts, response.text) == (attempts, "fine" if attempts == 2 else "")


def test_a_server_that_falls_silent_is_asked_again() -> None:
    with serve(ConstantAnswerer(), faults=Faults(slow_body=1.0, slow_body_s=8, only_first=1)) as s:
        response = one(s, request("x"), timeout_s=0.4)
    assert (response.status, response.attempts) == ("ok", 2)


# What stays: a failure with its reason, never an exception, never a text.


@pytest.mark.parametrize(
    ("kind", "error", "attempts", "hopeless"),
    [
        ("server_error", "server error: ", 2, False),
        ("html_page", "502 server error: an HTML page instead of an answer", 2, False),
        ("dropped_before", "connection: it broke off", 2, False),
        ("dropped_midway", "connection: it broke off", 2, False),
        ("garbage", "the server's answer ", 1, False),
        ("no_choices", "the server's answer has no choices", 1, False),
        ("null_content", "the server's answer has no content (finish_reason stop)", 1, False),
        ("unauthorized", "401 not allowed: ", 1, True),
        ("unknown_model", "404 not found: ", 1, True),
        ("no_quota", "429 no credit: You exceeded your current quota", 1, True),
        ("image_too_large", "Set `max_image_bytes` or `max_image_side`", 1, False),
    ],
)
def test_a_lasting_fault_is_a_failure_with_its_reason(
    kind: str, error: str, attempts: int, hopeless: bool
) -> None:
    with serve(ConstantAnswerer(), faults=Faults.from_mapping({kind: 1.0})) as server:
        response = one(server, request("x"))
        assert len(server.log) == attempts
    assert response.status == "failed"
    assert response.text == ""
    assert error in response.error
    assert "\n" not in response.error
    assert (response.attempts, response.hopeless) == (attempts, hopeless)


@pytest.mark.parametrize("number", range(7))
def test_every_kind_of_garbage_is_a_failure(number: int) -> None:
    with serve(ConstantAnswerer(), faults=Faults(garbage=1.0, seed=number)) as server:
        responses = ask(server, *(request(f"{n}") for n in range(10)))
    assert {response.status for response in responses} == {"failed"}
    assert all(response.error.startswith("the server's answer ") for response in responses)


def test_what_a_model_declines_is_refused_with_its_words() -> None:
    with serve(ConstantAnswerer(), faults=Faults(refusal=1.0)) as server:
        response = one(server, request("x"))
    assert (response.status, response.error) == ("refused", "")
    assert "can't help" in response.text


def test_what_a_filter_takes_away_is_refused() -> None:
    with serve(ConstantAnswerer(), faults=Faults(content_filter=1.0)) as server:
        response = one(server, request("x"))
    assert (response.status, response.stop_reason) == ("refused", "content_filter")


def test_an_answer_that_breaks_off_keeps_its_reason() -> None:
    with serve(ConstantAnswerer("a long answer"), faults=Faults(truncated=1.0)) as server:
        response = one(server, request("x"))
    assert (response.status, response.text) == ("ok", "a long")
    assert response.stop_reason == "length"


def test_no_answer_takes_longer_than_the_deadline() -> None:
    """A body that trickles is never silent: only the deadline ends it."""
    with serve(ConstantAnswerer(), faults=Faults(slow_body=1.0, slow_body_s=20)) as server:
        response = one(server, request("x"), deadline_s=0.5)
    assert response.status == "failed"
    assert response.error.startswith("timeout: no complete answer within 0.5 s")
    assert response.attempts == 1


def test_a_silent_server_is_a_timeout() -> None:
    with serve(ConstantAnswerer(), faults=Faults(latency_s=9)) as server:
        response = one(server, request("x"), timeout_s=0.3, max_retries=0)
    assert response.error.startswith("timeout: the server stopped answering")


def test_an_absent_server_is_named_with_its_address() -> None:
    with serve(ConstantAnswerer()) as server:
        gone = server.url
    response = one(gone, request("x"), max_retries=0)
    assert response.error == (
        f"connection: no server answers. Is a server running at {gone}? Else set `base_url`"
    )
    assert response.hopeless


def test_a_rate_limit_is_waited_for_until_the_deadline() -> None:
    """However few retries there are: a limit of so many a minute passes."""
    with serve(ConstantAnswerer(), faults=Faults(rate_limit=1.0, retry_after_s=0.05)) as server:
        response = one(server, request("x"), deadline_s=1.5)
    assert response.status == "failed"
    # Said as it is, or, where the deadline came while it was asked once more, as what was before.
    assert "429 rate limit: Rate limit reached for tester" in response.error
    assert response.attempts > 3


def test_whoever_wants_no_retries_is_told_of_a_rate_limit_at_once() -> None:
    with serve(ConstantAnswerer(), faults=Faults(rate_limit=1.0, retry_after_s=0.05)) as server:
        response = one(server, request("x"), max_retries=0)
    assert (response.status, response.attempts) == ("failed", 1)


def test_a_wait_beyond_the_deadline_is_told() -> None:
    with serve(ConstantAnswerer(), faults=Faults(rate_limit=1.0, retry_after_s=7200)) as server:
        response = one(server, request("x"))
    assert response.error.endswith("It asks to wait 7200 s")
    assert response.attempts == 1


def test_a_misspelled_model_is_answered_with_the_nearest_one() -> None:
    with serve(ConstantAnswerer(), models=["testers", "gemma3"]) as server:
        responses = ask(server, *(request(f"{number}") for number in range(5)))
    assert all("Did you mean 'testers'?" in response.error for response in responses)
    assert all(response.attempts == 1 for response in responses)


# Keys.


def test_the_key_comes_from_the_environment_and_is_shown_to_the_server_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    with serve(ConstantAnswerer("in"), api_key=KEY) as server:
        response = one(server, request("x"), api_key_env="MY_KEY")
    assert response.text == "in"
    assert KEY not in repr(response)


def test_no_part_of_a_key_is_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server says back the key's first seven and last four characters, as the real one does."""
    monkeypatch.setenv("MY_KEY", KEY)
    with serve(ConstantAnswerer(), api_key="another") as server:
        response = one(server, request("x"), api_key_env="MY_KEY")
    assert response.error == (
        "401 not allowed: Incorrect API key provided: [key]. Check the key in MY_KEY"
    )
    assert response.hopeless


def test_a_missing_key_is_told_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MY_KEY", raising=False)
    with serve(ConstantAnswerer()) as server:
        response = one(server, request("x"), api_key_env="MY_KEY")
        assert len(server.log) == 0
    assert response.error == "no key: the environment variable MY_KEY is not set"
    assert (response.hopeless, response.attempts) == (True, 0)


def test_a_providers_key_is_not_sent_to_an_address_that_a_study_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Studies are passed on: `base_url` must not be a way to have somebody's key sent to oneself."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_ADMIN_KEY", KEY)
    with serve(ConstantAnswerer(), api_key=KEY) as server:
        response = one(server, request("x"))
    assert response.error.startswith("401 not allowed")
    assert "No key was sent" in response.error


def test_the_users_own_environment_may_name_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with serve(ConstantAnswerer("in"), api_key=KEY) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        response = one(server, request("x"), base_url=None)
    assert response.text == "in"


def test_a_proxy_does_not_stand_before_ones_own_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with serve(ConstantAnswerer("in")) as server:
        assert one(server, request("x")).text == "in"


# The model as others see it.


def test_it_is_a_model_with_a_name_and_an_identity() -> None:
    model = get_model(
        "vllm/Qwen/Qwen3-VL-8B", base_url="http://me:secret@gpu:8000/v1/", revision="abc"
    )
    assert isinstance(model, Model)
    assert model.name == "vllm/Qwen/Qwen3-VL-8B"
    assert model.identity == {
        "provider": "vllm",
        "model": "Qwen/Qwen3-VL-8B",
        "address": "http://gpu:8000/v1",
        "revision": "abc",
    }
    assert model.capabilities.max_batch_size == 1
    assert model.capabilities.structured_answers


@pytest.mark.parametrize("provider", ["openai", "azure"])
@given(across=st.integers(32, 12_000), down=st.integers(32, 12_000))
def test_no_image_goes_out_that_has_more_patches_than_openai_takes(
    provider: str, across: int, down: int
) -> None:
    """30,000 of 32 pixels, from GPT-5.6 on."""
    most = get_provider(provider).max_image_pixels
    assert most is not None
    if across * down <= most:
        assert math.ceil(across / 32) * math.ceil(down / 32) <= 30_000


def test_what_changes_the_images_sent_changes_the_identity() -> None:
    plain, small = get_model("openai/m"), get_model("openai/m", max_image_side=512)
    assert plain.identity != small.identity
    assert get_model("openai/m", max_retries=1, timeout_s=3).identity == plain.identity


def test_a_named_server_keeps_its_identity_when_it_moves() -> None:
    here = get_model("vllm/m", base_url="http://localhost:8000/v1", server_name="lab")
    there = get_model("vllm/m", base_url="http://localhost:8001/v1", server_name="lab")
    assert here.identity == there.identity


@pytest.mark.parametrize("url", ["localhost:8000/v1", "ftp://host/v1", "http://", "http://h:port/"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="no address of a server"):
        get_model("vllm/m", base_url=url)


def test_one_model_serves_one_event_loop_after_another(caplog: pytest.LogCaptureFixture) -> None:
    """A notebook asks in one loop, then in another; the first one's connections are let go."""
    with serve(ConstantAnswerer("fine")) as server:
        model = get_model("openai/tester", base_url=server.url, max_retries=0)
        for _ in range(3):
            (response,) = asyncio.run(_answer(model))
            assert response.text == "fine"
        asyncio.run(model.aclose())
        del model
        gc.collect()
    assert "Unclosed" not in caplog.text


async def _answer(model: Model) -> Any:
    return await model.answer([request("x")])


def test_a_batch_is_answered_in_order() -> None:
    with serve(Echo(), faults=Faults(jitter_s=0.1)) as server:
        responses = ask(server, *(request(f"question {number}") for number in range(20)))
    heard = [json.loads(response.text)["text"] for response in responses]
    assert heard == [f"question {number}" for number in range(20)]


def test_too_many_images_are_not_sent(tmp_path: Path) -> None:
    image = image_ref(tmp_path)
    with serve(ConstantAnswerer()) as server:
        response = one(server, request("x", image, image), images_per_request=1)
        assert len(server.log) == 0
    assert "2 images in one request" in response.error


class Shouter:
    """Answers with a key and control characters: what a model says is nobody's secret or markup."""

    def answer(self, images: Any, text: Any, schema: Any, model: Any, sample_seed: Any) -> Reply:
        """The same to everybody."""
        return Reply("<script>\u202e</script> \x00 ok")


def test_an_answer_is_kept_to_the_character() -> None:
    with serve(Shouter()) as server:
        assert one(server, request("x")).text == "<script>\u202e</script> \x00 ok"


@pytest.mark.slow
def test_a_thousand_requests_with_a_fifth_of_faults_all_end_with_a_reason(tmp_path: Path) -> None:
    """Nothing raises, nothing is lost, and most of what passes is got over."""
    image = image_ref(tmp_path)
    faults = Faults.mixed(0.2, seed=11, slow_body_s=0.2, retry_after_s=0.05)
    requests = [
        request(f"Question {number}?", image, answer_schema=LABEL_SCHEMA) for number in range(1000)
    ]

    async def go(url: str) -> list[Response]:
        model = get_model("openai/tester", base_url=url, max_in_flight=50)
        at_once = asyncio.Semaphore(50)

        async def ask_one(asked: Request) -> Response:
            async with at_once:
                (response,) = await model.answer([asked])
                return response

        try:
            return await asyncio.gather(*map(ask_one, requests))
        finally:
            await model.aclose()

    with serve(ConstantAnswerer(), faults=faults) as server:
        responses = asyncio.run(go(server.url))
        entries = server.log.entries
    by_status = {
        status: [response for response in responses if response.status == status]
        for status in ("ok", "refused", "failed")
    }
    assert len(responses) == 1000
    assert sum(map(len, by_status.values())) == 1000
    assert all(response.error and not response.text for response in by_status["failed"])
    assert all(response.text and not response.error for response in by_status["ok"])
    # Attempts as the adapter counts them are the requests that arrived.
    assert sum(response.attempts for response in responses) == len(entries) > 1000
    # What does not pass (garbage, no choices, null content, an image complained of) was met in its
    # share, and everything else was got over.
    lasting = [
        entry
        for entry in entries
        if entry.fault in {"garbage", "no_choices", "null_content", "image_too_large"}
    ]
    assert len(by_status["failed"]) == len(lasting)
    refused = [entry for entry in entries if entry.fault in {"refusal", "content_filter"}]
    assert len(by_status["refused"]) == len(refused) > 0
