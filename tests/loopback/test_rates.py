"""Limits per minute, in simulated time, as each provider's SDK meets them."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import anthropic
import openai
import pytest
from google.genai import errors
from hypothesis import given
from hypothesis import strategies as st
from tests.loopback import test_anthropic_messages as claude
from tests.loopback import test_google_generate as gemini
from tests.loopback.samples import question
from tests.loopback.test_server import client

from mllmsent.loopback import ConstantAnswerer, LoopbackServer, read_log, serve, spawn
from mllmsent.loopback.rates import RateLimits, Rates

NOON = 1_790_000_000.0


@dataclass
class Clock:
    """A clock that goes when it is told to."""

    now: float = NOON

    def __call__(self) -> float:
        """Seconds since the epoch."""
        return self.now


@contextmanager
def limited(clock: Clock, **limits: Any) -> Iterator[LoopbackServer]:
    with serve(ConstantAnswerer("positive"), clock=clock, **limits) as server:
        yield server


def headers(server: LoopbackServer, model: str = "m", **more: Any) -> dict[str, str]:
    told: Any = {"model": model, "messages": question()} | more
    with client(server) as sdk:
        raw = sdk.chat.completions.with_raw_response.create(**told)
    found = re.compile(r"x-ratelimit-(.+)")
    return {m[1]: value for name, value in raw.headers.items() if (m := found.fullmatch(name))}


def test_openai_tells_how_its_limits_stand_on_every_response() -> None:
    clock = Clock()
    with limited(clock, requests_per_minute=3, tokens_per_minute=60_000) as server:
        first = headers(server)
        clock.now += 10
        second = headers(server)
        assert headers(server, "another")["remaining-requests"] == "2"
    assert first["limit-requests"] == "3"
    assert (first["remaining-requests"], first["reset-requests"]) == ("2", "20s")
    assert (second["remaining-requests"], second["reset-requests"]) == ("1", "30s")
    assert first["limit-tokens"] == "60000"
    assert 59_600 < int(first["remaining-tokens"]) < 59_745
    assert re.fullmatch(r"\d+ms", first["reset-tokens"])


def test_openai_turns_away_what_comes_too_soon_and_says_when_to_come_back() -> None:
    clock = Clock()
    with limited(clock, requests_per_minute=2) as server:
        for _ in range(2):
            headers(server)
        with pytest.raises(openai.RateLimitError) as caught:
            headers(server)
        told = caught.value.response.headers
        assert (told["retry-after"], told["retry-after-ms"]) == ("30", "30000")
        assert told["x-ratelimit-remaining-requests"] == "0"
        assert (caught.value.code, caught.value.type) == ("rate_limit_exceeded", "requests")
        assert "Please try again in 30s." in caught.value.message
        clock.now += 30
        headers(server)
        faults = [(entry.fault, entry.status) for entry in server.log.entries]
    assert faults == [("", 200), ("", 200), ("over_limit", 429), ("", 200)]


def test_openai_counts_the_tokens_that_an_answer_may_have() -> None:
    with limited(Clock(), tokens_per_minute=1000) as server:
        headers(server, max_tokens=700)
        with pytest.raises(openai.RateLimitError, match=r"tokens per min \(TPM\): Limit 1000"):
            headers(server, max_tokens=700)


def test_anthropic_tells_limits_of_requests_and_of_tokens_each_way() -> None:
    clock = Clock()
    limits = {"requests_per_minute": 2, "tokens_per_minute": 10_000}
    with limited(clock, **limits) as server, claude.client(server) as sdk:
        raw = sdk.messages.with_raw_response.create(
            model="m", max_tokens=9, messages=claude.question()
        )
        prefix = "anthropic-ratelimit-"
        told = {
            name.removeprefix(prefix): value
            for name, value in raw.headers.items()
            if name.startswith(prefix)
        }
        claude.ask(server)
        with pytest.raises(anthropic.RateLimitError) as caught:
            claude.ask(server)
        clock.now += 30
        claude.ask(server)
    assert told["requests-limit"] == "2"
    assert told["requests-remaining"] == "1"
    assert datetime.fromisoformat(told["requests-reset"]).timestamp() == NOON + 30
    for name in ("tokens", "input-tokens", "output-tokens"):
        assert (told[f"{name}-limit"], told[f"{name}-remaining"]) == ("10000", "10000")
    assert caught.value.response.headers["retry-after"] == "30"
    assert "2 requests per minute" in str(caught.value)


def test_anthropic_limits_what_is_answered_apart_from_what_is_asked() -> None:
    clock = Clock()
    with serve(ConstantAnswerer("word " * 100), clock=clock, tokens_per_minute=100) as server:
        claude.ask(server, claude.question())
        with pytest.raises(anthropic.RateLimitError, match="100 output tokens per minute"):
            claude.ask(server, claude.question())
        clock.now += 60
        claude.ask(server, claude.question())


def test_google_says_only_in_the_error_which_limit_it_was_and_when_to_come_back() -> None:
    clock = Clock()
    with limited(clock, requests_per_minute=1) as server:
        gemini.ask(server)
        clock.now += 20
        with pytest.raises(errors.ClientError) as caught:
            gemini.ask(server)
        clock.now += 40
        gemini.ask(server)
    failure, _, retry = caught.value.details["error"]["details"]
    (violation,) = failure["violations"]
    assert violation["quotaId"] == "GenerateRequestsPerMinutePerProjectPerModel"
    assert violation["quotaValue"] == "1"
    assert retry["retryDelay"] == "40s"
    assert not [name for name in caught.value.response.headers if "ratelimit" in name.lower()]


@given(
    rpm=st.floats(1, 6000),
    gaps=st.lists(st.floats(0, 5), min_size=1, max_size=60),
    burst_s=st.floats(1, 60),
)
def test_never_more_passes_than_the_burst_and_what_has_refilled(
    rpm: float, gaps: list[float], burst_s: float
) -> None:
    clock = Clock()
    rates = Rates(RateLimits(rpm, None, burst_s), clock)
    passed = 0
    for gap in gaps:
        clock.now += gap
        turned_away = rates.take("p", "m", 1, output_apart=False)
        if turned_away is None:
            passed += 1
        else:
            _, wait = turned_away
            clock.now += wait + 1e-6  # who waits as long as told may pass
            assert rates.take("p", "m", 1, output_apart=False) is None
            passed += 1
        most = max(rpm * burst_s / 60, 1.0) + rpm * (clock.now - NOON) / 60
        assert passed <= most + 1e-3


def test_a_request_larger_than_its_bucket_passes_when_the_bucket_is_full() -> None:
    rates = Rates(RateLimits(None, 100), Clock())
    assert rates.take("p", "m", 1000, output_apart=False) is None
    assert rates.take("p", "m", 1000, output_apart=False) is not None


def test_a_server_of_its_own_process_has_limits_too(tmp_path: Any) -> None:
    log = tmp_path / "log.jsonl"
    with spawn(requests_per_minute=1, burst_s=1, cached_share=0.5, log_file=log) as server:
        assert json.loads(json.dumps(headers(server)))["limit-requests"] == "1"
        with pytest.raises(openai.RateLimitError):
            headers(server)
    assert [entry.status for entry in read_log(log)] == [200, 429]
