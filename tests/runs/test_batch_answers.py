"""What becomes of the requests of a batch: answers, failures, and what they cost."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.loopback import test_anthropic_messages as claude
from tests.loopback import test_google_generate as gemini
from tests.loopback.test_rates import Clock
from tests.loopback.test_server import client
from tests.models.samples import LABEL_SCHEMA
from tests.runs.batch_samples import HOUR, PROVIDERS, TEXTS, Stopped, ask, executed, stop_after

from mllmsent.loopback import BatchRules, ConstantAnswerer, Faults, LoopbackServer, serve
from mllmsent.loopback.bodies import dumped
from mllmsent.models import OwnPrices, Pricing, Settings
from mllmsent.runs.budget import Budget
from mllmsent.runs.cache import AnswerCache


@pytest.mark.parametrize(
    ("provider", "damaged"),
    [
        ("openai", b"{"),
        ("google", b"[1]"),
        ("anthropic", b'{"custom_id": [], "result": {"type": "succeeded"}}'),
        ("anthropic", b'{"custom_id": "x", "result": [7]}'),
    ],
)
def test_an_answer_that_cannot_be_read_costs_no_other_and_is_not_paid_again(
    provider: str,
    damaged: bytes,
    cache: AnswerCache,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def damage(*lines: Any) -> bytes:
        return dumped(*lines[:4]) + b"\n" + damaged + b"\n" + dumped(*lines[5:])

    monkeypatch.setattr(f"mllmsent.loopback.batches.{provider}.dumped", damage)
    with serve(ConstantAnswerer(), clock=clock, batches=BatchRules(takes_s=HOUR)) as server:
        failed, watcher = ask(server, provider, TEXTS, cache, clock, poll_s=3000)
        assert executed(server) == Counter(TEXTS)
    assert cache.count() == 19
    assert "1 of the answers of" in watcher.troubles[0]
    (why,) = [response.error for response in failed.values()]
    assert "To ask anew what is in it: `mllmsent batches forget" in why


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_a_provider_fails_at_is_handed_in_again_and_nothing_else(
    provider: str, cache: AnswerCache, clock: Clock
) -> None:
    rules = BatchRules(takes_s=HOUR, failed_share=0.3)
    with serve(ConstantAnswerer(), clock=clock, batches=rules) as server:
        failed, watcher = ask(server, provider, TEXTS, cache, clock)
        assert executed(server) == Counter([text for text in TEXTS if text not in failed])
    # The server fails at the same requests each time.
    assert 2 <= len(failed) <= 10
    assert len(watcher.batches) == 3
    assert {response.attempts for response in failed.values()} == {3}
    assert all("500 server error" in response.error for response in failed.values())
    assert cache.count() == 20 - len(failed)


@pytest.mark.parametrize(
    ("provider", "again"),
    # Google gives nothing of a batch that expired.
    [("openai", 10), ("anthropic", 10), ("google", 20)],
)
def test_what_expires_is_handed_in_again_beside_what_was_answered(
    provider: str, again: int, cache: AnswerCache, clock: Clock, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    slow = BatchRules(takes_s=48 * HOUR)
    with (
        serve(ConstantAnswerer(), clock=clock, batches=slow, state_dir=kept) as server,
        pytest.raises(Stopped),
    ):
        ask(server, provider, TEXTS, cache, clock, sleeping=stop_after(0))
    clock.now += 24 * HOUR
    with serve(ConstantAnswerer(), clock=clock, state_dir=kept) as server:
        failed, watcher = ask(server, provider, TEXTS, cache, clock)
        assert sum(executed(server).values()) == 10 + again
    assert not failed
    assert [state.total for state in watcher.states if state.status == "ended"] == [20, again]
    assert cache.count() == 20


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_somebody_canceled_is_not_handed_in_behind_their_back(
    provider: str, cache: AnswerCache, clock: Clock
) -> None:
    with serve(ConstantAnswerer(), clock=clock, batches=BatchRules(takes_s=HOUR)) as server:
        canceled = iter([True])

        def cancel() -> None:
            if next(canceled, False):
                cancel_all(server, provider)

        failed, watcher = ask(server, provider, TEXTS, cache, clock, sleeping=cancel)
        assert not executed(server)
    assert len(failed) == 20
    assert {response.error.partition(":")[0] for response in failed.values()} == {"canceled"}
    assert len(watcher.batches) == 1


def cancel_all(server: LoopbackServer, provider: str) -> None:
    """As on the provider's own page."""
    if provider == "anthropic":
        with claude.client(server) as sdk:
            for batch in sdk.messages.batches.list():
                sdk.messages.batches.cancel(batch.id)
        return
    if provider == "google":
        with gemini.client(server) as genai:
            for job in genai.batches.list():
                genai.batches.cancel(name=job.name or "")
        return
    with client(server) as openai:
        for one in openai.batches.list():
            openai.batches.cancel(one.id)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_one_bad_request_costs_no_other(provider: str, cache: AnswerCache, clock: Clock) -> None:
    told = {"settings": Settings(temperature=9)}
    with serve(ConstantAnswerer(), clock=clock) as server:
        failed, watcher = ask(server, provider, ["bad"], cache, clock, request=told)
    assert len(watcher.batches) == 1, "what lasts is not handed in again"
    assert "set it to null in `settings`" in failed["bad"].error


@pytest.mark.parametrize("provider", PROVIDERS)
def test_structured_answers_are_read_as_such(
    provider: str, cache: AnswerCache, clock: Clock
) -> None:
    told = {"answer_schema": LABEL_SCHEMA}
    with serve(ConstantAnswerer(), clock=clock) as server:
        ask(server, provider, ["one"], cache, clock, request=told)
        ask(server, provider, ["two"], cache, clock)
    assert sorted((a.response.text, a.response.is_json) for a in cache.everything()) == [
        ("neutral", None),
        ('{"label": "neutral"}', True),
    ]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_rejected_schema_is_left_out_as_in_live_asking(
    provider: str, cache: AnswerCache, clock: Clock
) -> None:
    told = {"answer_schema": LABEL_SCHEMA}
    faults = Faults(rejected_schema=1)
    with serve(ConstantAnswerer("x"), clock=clock, faults=faults) as server:
        failed, watcher = ask(server, provider, TEXTS, cache, clock, request=told, max_retries=0)
        assert executed(server) == Counter(TEXTS)
    assert not failed
    assert len(watcher.batches) == 2
    assert [trouble.partition(",")[0] for trouble in watcher.troubles] == ["takes no schema"]
    responses = [answer.response for answer in cache.everything()]
    assert {(one.text, one.is_json, one.schema_rejected) for one in responses} == {
        ("x", None, True)
    }


def test_an_answer_to_a_question_whose_schema_was_not_sent_ignores_none(
    cache: AnswerCache, clock: Clock
) -> None:
    told = {"answer_schema": LABEL_SCHEMA}
    with serve(ConstantAnswerer(), clock=clock) as server:
        ask(
            server, "openai", ["one"], cache, clock, request=told, structured_answers=False
        )  # fmt: skip
    (answer,) = cache.everything()
    assert (answer.response.text, answer.response.is_json) == ("neutral", None)


def test_the_responses_api_has_batches_too(cache: AnswerCache, clock: Clock) -> None:
    with serve(ConstantAnswerer("positive"), clock=clock) as server:
        failed, _ = ask(server, "openai", TEXTS, cache, clock, api="responses")
        assert {entry.protocol for entry in server.log.entries} == {"openai-responses"}
        assert executed(server) == Counter(TEXTS)
    assert not failed
    assert {answer.response.text for answer in cache.everything()} == {"positive"}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_key_that_is_said_back_is_not_kept(
    provider: str, cache: AnswerCache, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "sk-planted-0123456789abcdef"
    monkeypatch.setenv("PLANTED", key)
    with serve(ConstantAnswerer(f"it is {key}"), clock=clock, api_key=key) as server:
        failed, watcher = ask(server, provider, TEXTS[:2], cache, clock, api_key_env="PLANTED")
    assert not failed
    assert cache.count() == 2
    assert key not in repr((watcher.__dict__, list(cache.everything())))


def dollars(limit: float, of_input: float = 0.0) -> Budget:
    """A limit, where a request costs 100 millionths of a dollar at most: 100 tokens are written."""
    own = OwnPrices(input=of_input, output=2.0, batch=0.5)
    pricing = Pricing("openai/tester", own=own, batched=True)
    return Budget(limit, {"m": pricing})


SHORT = {"settings": Settings(max_tokens=100)}


def test_no_more_is_handed_in_than_a_budget_has_room_for(cache: AnswerCache, clock: Clock) -> None:
    budget = dollars(0.0008)  # for 8 requests at most
    with serve(ConstantAnswerer("x"), clock=clock, batches=BatchRules(takes_s=HOUR)) as server:
        failed, watcher = ask(server, "openai", TEXTS, cache, clock, request=SHORT, budget=budget)
        assert sum(executed(server).values()) == 20 - len(failed)
    first = [state.total for state in watcher.states if state.status == "ended"]
    # Answers of one token leave room for more, which are handed in when those have come.
    assert first[0] == 8
    assert len(first) > 1
    assert 0 < budget.spent <= budget.limit
    assert budget.set_aside == 0
    assert all("budget of" in response.error for response in failed.values())


def test_what_was_billed_and_brought_no_answer_is_spent(cache: AnswerCache, clock: Clock) -> None:
    budget = dollars(1, of_input=2.0)
    empty = Faults(null_content=1)
    with serve(ConstantAnswerer("x"), clock=clock, faults=empty) as server:
        failed, _ = ask(server, "openai", TEXTS, cache, clock, request=SHORT, budget=budget)
    assert len(failed) == 20
    read = sum(response.input_tokens or 0 for response in failed.values())
    assert read > 0
    assert budget.spent == pytest.approx(read * 1e-6)


def test_what_an_earlier_run_handed_in_is_counted_against_the_budget(
    cache: AnswerCache, clock: Clock
) -> None:
    with serve(ConstantAnswerer("x"), clock=clock, batches=BatchRules(takes_s=HOUR)) as server:
        with pytest.raises(Stopped):
            ask(server, "openai", TEXTS[:9], cache, clock, request=SHORT, sleeping=stop_after(0))
        budget = dollars(0.0001)
        failed, _ = ask(server, "openai", TEXTS, cache, clock, request=SHORT, budget=budget)
    assert cache.count() >= 9
    assert len(failed) == 20 - cache.count()
    assert budget.set_aside == 0
