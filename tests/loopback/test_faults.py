"""Every fault as the unmodified official SDK meets it, and how faults are drawn."""

import json
import time
from collections import Counter
from typing import Any

import httpx2
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion
from tests.loopback.samples import SCHEMA_FORMAT, jpeg, question

from mllmsent.foundation import InputError
from mllmsent.loopback import FAULT_KINDS, ConstantAnswerer, Faults, LoopbackServer, serve

ANSWER = '{"label": "positive", "because": "of the sun"}'


def ask(server: LoopbackServer, messages: Any, *, retries: int = 0, **more: Any) -> ChatCompletion:
    parameters: Any = {"response_format": SCHEMA_FORMAT} | more
    with openai.OpenAI(base_url=server.url, api_key="none", max_retries=retries) as sdk:
        completion: ChatCompletion = sdk.chat.completions.create(
            model="m", messages=messages, **parameters
        )
    return completion


def always(kind: str, **others: Any) -> Any:
    return serve(
        ConstantAnswerer("positive", ANSWER), faults=Faults.from_mapping({kind: 1.0, **others})
    )


ERRORS = {
    "rate_limit": (openai.RateLimitError, "rate_limit_exceeded"),
    "no_quota": (openai.RateLimitError, "insufficient_quota"),
    "unauthorized": (openai.AuthenticationError, "invalid_api_key"),
    "unknown_model": (openai.NotFoundError, "model_not_found"),
    "image_too_large": (openai.BadRequestError, "image_too_large"),
    "server_error": (openai.InternalServerError, None),
    "html_page": (openai.InternalServerError, None),
}


@pytest.mark.parametrize("kind", ERRORS)
def test_a_fault_with_a_status_is_the_sdks_own_error(kind: str) -> None:
    error, code = ERRORS[kind]
    with always(kind) as server, pytest.raises(error) as caught:
        ask(server, question())
    assert caught.value.code == code


@pytest.mark.parametrize("status", [500, 502, 503])
def test_server_errors_have_the_wanted_status(status: int) -> None:
    with (
        always("server_error", error_statuses=(status,)) as server,
        pytest.raises(openai.InternalServerError) as caught,
    ):
        ask(server, question())
    assert caught.value.status_code == status


def test_a_proxys_page_is_html() -> None:
    with always("html_page", html_status=504) as server:
        response = httpx2.post(
            f"{server.url}/chat/completions",
            json={"model": "m", "messages": question()},
        )
    assert response.status_code == 504
    assert response.headers["content-type"].startswith("text/html")
    assert response.text.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("kind", ["dropped_before", "dropped_midway"])
def test_a_dropped_connection_is_a_connection_error(kind: str) -> None:
    with always(kind) as server, pytest.raises(openai.APIConnectionError) as caught:
        ask(server, question())
    assert not isinstance(caught.value, openai.APITimeoutError)


def test_a_slow_body_comes_whole_to_who_waits() -> None:
    with always("slow_body", slow_body_s=0.4) as server:
        start = time.perf_counter()
        completion = ask(server, question())
        taken = time.perf_counter() - start
    assert completion.choices[0].message.content == ANSWER
    assert taken >= 0.4


def test_a_slow_body_is_a_timeout_to_who_does_not_wait() -> None:
    with always("slow_body", slow_body_s=8) as server, pytest.raises(openai.APITimeoutError):
        ask(server, question(), timeout=0.3)


def test_garbage_is_no_completion() -> None:
    """Whatever the garbage is this time, it does not satisfy the SDK's type."""
    with always("garbage") as server:
        for number in range(20):
            response = httpx2.post(
                f"{server.url}/chat/completions",
                json={"model": "m", "messages": question(f"{number}")},
            )
            assert response.status_code == 200
            with pytest.raises(ValueError):  # noqa: PT011 - JSON's, Unicode's and pydantic's errors
                ChatCompletion.model_validate(json.loads(response.content))


def test_a_truncated_answer_says_that_it_is() -> None:
    with always("truncated") as server:
        choice = ask(server, question()).choices[0]
    assert choice.finish_reason == "length"
    assert choice.message.content == ANSWER[: len(ANSWER) // 2]


def test_an_ignored_schema_is_answered_in_prose() -> None:
    with always("ignored_schema") as server:
        content = ask(server, question()).choices[0].message.content or ""
    assert "positive" in content
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(content)


def test_a_refusal_is_said_apart_from_the_content() -> None:
    with always("refusal") as server:
        message = ask(server, question()).choices[0].message
    assert message.content is None
    assert message.refusal
    assert "can't" in message.refusal


def test_a_filtered_answer_says_so() -> None:
    with always("content_filter") as server:
        choice = ask(server, question()).choices[0]
    assert choice.finish_reason == "content_filter"
    assert choice.message.content is None


def test_choices_and_content_can_be_missing() -> None:
    with always("no_choices") as server:
        assert ask(server, question()).choices == []
    with always("null_content") as server:
        choice = ask(server, question()).choices[0]
    assert (choice.message.content, choice.message.refusal) == (None, None)
    assert choice.finish_reason == "stop"


def test_an_image_over_the_limit_is_refused_by_its_size() -> None:
    with serve(ConstantAnswerer(), max_image_bytes=len(jpeg()) - 1) as server:
        with pytest.raises(openai.BadRequestError, match="maximum allowed size"):
            ask(server, question())
        assert server.log.entries[0].fault == "image_too_large"
    with serve(ConstantAnswerer(), max_image_bytes=len(jpeg())) as server:
        assert ask(server, question()).choices


@pytest.mark.parametrize("form", ["seconds", "milliseconds", "date"])
def test_the_sdk_comes_back_when_it_is_told_to(form: Any) -> None:
    """It waits as long as the header says; without one, its own first wait is over 0.3 seconds."""
    wanted = 0.8 if form == "date" else 0.1
    with always("rate_limit", only_first=1, retry_after=form, retry_after_s=wanted) as server:
        completion = ask(server, question(), retries=1)
        entries = server.log.entries
    assert completion.choices[0].message.content == ANSWER
    assert [(entry.retry, entry.status) for entry in entries] == [(0, 429), (1, 200)]
    waited = entries[1].time - entries[0].time
    if form == "date":  # whole seconds: between none and one, counted from now
        assert waited > 0
    else:
        assert waited >= wanted


def test_latency_and_jitter_are_waited() -> None:
    with serve(ConstantAnswerer(), faults=Faults(latency_s=0.2, jitter_s=0.1)) as server:
        start = time.perf_counter()
        ask(server, question())
        taken = time.perf_counter() - start
    assert taken >= 0.2


@given(seed=st.integers(0, 10), key=st.text(max_size=9), attempt=st.integers(0, 5))
def test_the_same_asking_meets_the_same_fault(seed: int, key: str, attempt: int) -> None:
    faults, again = Faults.mixed(0.7, seed=seed), Faults.mixed(0.7, seed=seed)
    assert faults.draw(key, attempt) == again.draw(key, attempt)
    assert 0 <= Faults(jitter_s=1, seed=seed).delay(key, attempt) < 1


def test_faults_come_as_often_as_they_are_set() -> None:
    """Each of two kinds is drawn in its share of 20,000 askings, within four standard errors."""
    n = 20_000
    faults = Faults(refusal=0.1, garbage=0.05)
    drawn = Counter(faults.draw(f"question {number}", 0) for number in range(n))
    for kind, share in (("refusal", 0.1), ("garbage", 0.05), (None, 0.85)):
        assert abs(drawn[kind] - share * n) < 4 * (n * share * (1 - share)) ** 0.5  # type: ignore[index]


def test_what_is_declined_once_is_declined_again_and_other_faults_pass() -> None:
    faults = Faults(refusal=0.3, server_error=0.3)
    declined = [key for key in map(str, range(300)) if faults.draw(key, 0) == "refusal"]
    failed = [key for key in map(str, range(300)) if faults.draw(key, 0) == "server_error"]
    assert all(faults.draw(key, attempt) == "refusal" for key in declined for attempt in range(9))
    assert any(faults.draw(key, 1) is None for key in failed)


def test_mixed_faults_add_up_and_spare_the_key_the_model_and_the_quota() -> None:
    faults = Faults.mixed(0.2, seed=3)
    assert faults.seed == 3
    assert sum(map(faults.probability, FAULT_KINDS)) == pytest.approx(0.2)
    assert faults.unauthorized == faults.unknown_model == faults.no_quota == 0


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"refusal": 1.2}, "probability of the fault 'refusal' is 1.2"),
        ({"refusal": 0.6, "garbage": 0.6}, "add up to more than 1"),
        ({"latency_s": -1}, "'latency_s' of faults is -1"),
        ({"refusals": 0.1}, "Did you mean 'refusal'"),
    ],
)
def test_faults_that_cannot_be_are_named(values: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Faults.from_mapping(values)
