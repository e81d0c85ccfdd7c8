"""Batches over the real SDKs, in simulated time: everything is answered, and nothing is paid twice."""

import errno
import os
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.loopback import test_anthropic_messages as claude
from tests.loopback.test_batches import requests
from tests.loopback.test_rates import Clock
from tests.runs.batch_samples import (
    HOUR,
    PROVIDERS,
    TEXTS,
    Stopped,
    ask,
    clock_of,
    executed,
    questions,
    stop_after,
)

from mllmsent.foundation import InputError
from mllmsent.loopback import BatchRules, ConstantAnswerer, Faults, LoopbackServer, serve
from mllmsent.models import Response, get_model
from mllmsent.models.batches import BatchState, BatchTroubleError, SentImages
from mllmsent.models.served.batches import ServedBatches
from mllmsent.runs.batch_lane import BatchLane
from mllmsent.runs.batch_ledger import BatchLedger, KeptBatch, KeptRequest, request_name
from mllmsent.runs.cache import AnswerCache
from mllmsent.runs.locks import locked


@pytest.mark.parametrize("provider", PROVIDERS)
def test_everything_is_answered_by_one_batch_and_then_never_asked_again(
    provider: str, cache: AnswerCache, clock: Clock
) -> None:
    rules = BatchRules(takes_s=HOUR)
    with serve(ConstantAnswerer("positive"), clock=clock, batches=rules) as server:
        failed, watcher = ask(server, provider, TEXTS, cache, clock)
        _, again = ask(server, provider, TEXTS, cache, clock)
        assert executed(server) == Counter(TEXTS)
    assert not failed
    assert (watcher.begun, again.begun) == ([(20, 0)], [(0, 20)])
    assert len(watcher.batches) == 1
    assert not again.states
    assert [state.status for state in watcher.states[-2:]] == ["working", "ended"]
    for answer in cache.everything():
        assert answer.response.text == "positive"
        assert answer.response.batched
        assert answer.response.input_tokens


def test_the_provider_is_looked_at_less_and_less_often(cache: AnswerCache, clock: Clock) -> None:
    rules = BatchRules(takes_s=10 * HOUR)
    with serve(ConstantAnswerer(), clock=clock, batches=rules) as server:
        _, watcher = ask(server, "openai", TEXTS[:2], cache, clock)
    # Every 10 minutes at most, and a little more often in the beginning.
    assert 60 <= len(watcher.states) <= 75


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_run_that_is_stopped_goes_on_with_the_same_batch(
    provider: str, cache: AnswerCache, clock: Clock, tmp_path: Path
) -> None:
    rules = BatchRules(takes_s=HOUR)
    first: dict[str, Any] = {"batches": rules, "clock": clock, "state_dir": tmp_path / "kept"}
    with serve(ConstantAnswerer(), **first) as server, pytest.raises(Stopped):
        ask(server, provider, TEXTS, cache, clock, sleeping=stop_after(2))
    with serve(ConstantAnswerer(), **first) as server:  # another server, and what it kept
        failed, watcher = ask(server, provider, TEXTS, cache, clock)
        assert executed(server) == Counter(TEXTS)
    assert not failed
    assert len(watcher.batches) == 1


def test_a_run_of_fewer_questions_keeps_what_the_others_were_answered(
    cache: AnswerCache, clock: Clock
) -> None:
    with serve(ConstantAnswerer(), clock=clock, batches=BatchRules(takes_s=HOUR)) as server:
        with pytest.raises(Stopped):
            ask(server, "google", TEXTS, cache, clock, sleeping=stop_after(0))
        _, watcher = ask(server, "google", TEXTS[:3], cache, clock)
    assert len(watcher.answers) == 3
    assert cache.count() == 20


def test_a_run_that_ends_while_answers_are_fetched_fetches_the_others_next_time(
    cache: AnswerCache, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = AnswerCache.put

    async def put_and_stop(self: AnswerCache, responses: Mapping[str, Response]) -> None:
        await put(self, responses)
        raise Stopped

    monkeypatch.setattr("mllmsent.runs.batch_results._SOME", 8)
    with serve(ConstantAnswerer(), clock=clock, batches=BatchRules(takes_s=HOUR)) as server:
        with monkeypatch.context() as patch:
            patch.setattr(AnswerCache, "put", put_and_stop)
            with pytest.raises(Stopped):
                ask(server, "openai", TEXTS, cache, clock)
        assert cache.count() == 8
        failed, watcher = ask(server, "openai", TEXTS, cache, clock)
        assert executed(server) == Counter(TEXTS)
    assert not failed
    assert watcher.begun == [(12, 8)]
    assert cache.count() == 20


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("seed", [0, 2])
def test_no_batch_is_handed_in_twice_where_answers_are_lost_on_the_way(
    provider: str, seed: int, cache: AnswerCache, clock: Clock
) -> None:
    rules = BatchRules(takes_s=HOUR, lost_share=0.35, busy_share=0.25)
    faults = Faults(seed=seed)
    with serve(ConstantAnswerer(), clock=clock, batches=rules, faults=faults) as server:
        failed, watcher = ask(server, provider, TEXTS, cache, clock)
        assert executed(server) == Counter(TEXTS)
    assert not failed
    assert cache.count() == 20
    assert watcher.troubles


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_batch_whose_id_was_lost_on_the_way_is_found(
    provider: str, cache: AnswerCache, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit, lost = ServedBatches.submit, iter([True])

    async def lose(self: ServedBatches, token: str, file: Path, *, size: int) -> BatchState:
        state = await submit(self, token, file, size=size)
        if next(lost, False):
            raise BatchTroubleError("connection: it broke off", passes=True)
        return state

    monkeypatch.setattr(ServedBatches, "submit", lose)
    with serve(ConstantAnswerer(), clock=clock, batches=BatchRules(takes_s=HOUR)) as server:
        failed, watcher = ask(server, provider, TEXTS, cache, clock)
        assert executed(server) == Counter(TEXTS)
    assert not failed
    assert len(watcher.batches) == 1
    assert watcher.troubles[0].endswith(": connection: it broke off")


@pytest.mark.parametrize(
    ("provider", "hours"), [("openai", 12), ("google", 12), ("anthropic", 12), ("anthropic", -12)]
)
def test_a_batch_whose_id_was_not_heard_is_found_by_a_machine_whose_clock_is_wrong(
    provider: str, hours: int, cache: AnswerCache, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise Stopped

    here = Clock(clock.now + hours * HOUR)
    rules = BatchRules(takes_s=HOUR, expires_s=48 * HOUR)
    with serve(ConstantAnswerer(), clock=clock, batches=rules) as server:
        with monkeypatch.context() as patch:
            patch.setattr(BatchLane, "taken", stop)  # just before the id is written
            with pytest.raises(Stopped):
                ask(server, provider, TEXTS, cache, here)
        clock.now += HOUR
        failed, _ = ask(server, provider, TEXTS, cache, here, sleeping=stop_after(9))
        assert executed(server) == Counter(TEXTS)
    assert not failed


def test_a_batch_of_somebody_else_that_looks_alike_is_not_taken_for_ours(
    cache: AnswerCache, clock: Clock
) -> None:
    """Anthropic tells only at the end whose requests a batch has."""
    with serve(ConstantAnswerer(), clock=clock, batches=BatchRules(takes_s=HOUR)) as server:
        with claude.client(server) as sdk:
            other = sdk.messages.batches.create(requests=requests(*(f"x{n}" for n in range(20))))
        intend_only(cache, TEXTS, clock, server)
        failed, watcher = ask(server, "anthropic", TEXTS, cache, clock)
        assert executed(server) == Counter([*TEXTS, *(f"x{n}" for n in range(20))])
    assert not failed
    assert any(f"waits until batch {other.id} ends" in told for told in watcher.troubles)
    assert other.id not in watcher.batches
    assert len(watcher.batches) == 1
    assert cache.count() == 20


@pytest.mark.parametrize("handed_in", [0, 1])
def test_of_two_batches_of_one_size_whose_ids_were_not_heard_each_is_known_by_its_answers(
    handed_in: int, cache: AnswerCache, clock: Clock
) -> None:
    with serve(ConstantAnswerer(), clock=clock, batches=BatchRules(takes_s=HOUR)) as server:
        halves = [TEXTS[:10], TEXTS[10:]]
        tokens = ["0" * 16, "1" * 16]
        for token, texts in zip(tokens, halves, strict=True):
            intend_only(cache, texts, clock, server, token)
        with claude.client(server) as sdk:
            token = tokens[handed_in]
            model = get_model("anthropic/tester", base_url=server.anthropic_url, server_name="test")
            sdk.messages.batches.create(
                requests=[
                    {"custom_id": request_name(token, question.key), "params": line["params"]}
                    for question, line in zip(
                        questions(*halves[handed_in], model=model),
                        requests(*halves[handed_in]),
                        strict=True,
                    )
                ]
            )
        failed, _ = ask(server, "anthropic", TEXTS, cache, clock)
        assert executed(server) == Counter(TEXTS)
    assert not failed
    assert cache.count() == 20


@pytest.mark.parametrize("moment", range(1, 5))
def test_what_another_run_fetches_while_this_one_looks_is_not_handed_in_again(
    moment: int, cache: AnswerCache, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    holding, looks = BatchLedger.holding, iter(range(1, 100))
    with serve(ConstantAnswerer(), clock=clock, batches=BatchRules(takes_s=HOUR)) as server:
        with pytest.raises(Stopped):
            ask(server, "openai", TEXTS, cache, clock, sleeping=stop_after(0))
        clock.now += HOUR

        def fetch_all() -> None:
            with closing(AnswerCache(cache.path)) as another:
                ask(server, "openai", TEXTS, another, clock)

        def hold(self: BatchLedger, keys: Iterable[str]) -> dict[str, KeptBatch]:
            keys = list(keys)
            if next(looks) == moment:
                other_run = threading.Thread(target=fetch_all)
                other_run.start()
                other_run.join()
            return holding(self, keys)

        monkeypatch.setattr(BatchLedger, "holding", hold)
        failed, _ = ask(server, "openai", [*TEXTS, "new"], cache, clock)
        assert executed(server) == Counter([*TEXTS, "new"])
    assert not failed


def intend_only(
    cache: AnswerCache,
    texts: list[str],
    clock: Clock,
    server: LoopbackServer,
    token: str = "0123456789abcdef",
) -> None:
    """What a process leaves behind that is killed just before it hands in a batch."""
    model = get_model("anthropic/tester", base_url=server.anthropic_url, server_name="test")
    asked = questions(*texts, model=model)
    batch = KeptBatch(
        token=token, model="m", identity="", stage="intended", id="",
        size=len(texts), created_at=clock_of(clock)(),
    )  # fmt: skip
    with closing(BatchLedger(cache.path)) as ledger:
        ledger.intend(
            batch, [KeptRequest(one.key, schema="none", images=SentImages()) for one in asked]
        )


def test_nobody_hands_in_while_another_process_does(cache: AnswerCache, clock: Clock) -> None:
    lock = cache.path.with_name("answers.sqlite.batches.lock")
    with serve(ConstantAnswerer(), clock=clock) as server:
        with locked(lock), pytest.raises(Stopped):
            ask(server, "anthropic", TEXTS, cache, clock, sleeping=stop_after(5))
        assert not server.log.entries
        failed, _ = ask(server, "anthropic", TEXTS, cache, clock)
    assert not failed


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_wrong_key_stops_the_model_with_its_cure(
    provider: str, cache: AnswerCache, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANTED", "sk-planted-0123456789abcdef")
    with serve(ConstantAnswerer(), api_key="another") as server:
        failed, watcher = ask(server, provider, TEXTS, cache, clock, api_key_env="PLANTED")
    assert len(failed) == 20
    assert len(watcher.reasons) == 1
    assert "Check the key in PLANTED" in watcher.reasons[0]
    assert "planted-0123" not in repr((failed, watcher.__dict__))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_batch_that_the_provider_does_not_know_is_not_paid_again(
    provider: str, cache: AnswerCache, clock: Clock
) -> None:
    with (
        serve(ConstantAnswerer(), clock=clock, batches=BatchRules(takes_s=HOUR)) as server,
        pytest.raises(Stopped),
    ):
        ask(server, provider, TEXTS, cache, clock, sleeping=stop_after(0))
    with serve(ConstantAnswerer(), clock=clock) as another:
        failed, _ = ask(another, provider, TEXTS, cache, clock)
        assert not another.log.entries
    assert len(failed) == 20
    assert all("batch out of reach" in response.error for response in failed.values())


def test_what_is_too_much_at_once_is_handed_in_by_and_by(cache: AnswerCache, clock: Clock) -> None:
    rules = BatchRules(takes_s=HOUR, most_waiting=6)
    with serve(ConstantAnswerer(), clock=clock, batches=rules) as server:
        failed, watcher = ask(server, "openai", TEXTS, cache, clock)
        assert executed(server) == Counter(TEXTS)
    assert not failed
    taken = [state.total for state in watcher.states if state.status == "ended"]
    assert taken == [5, 5, 5, 5]


def test_what_is_always_too_much_fails_with_the_providers_words(
    cache: AnswerCache, clock: Clock
) -> None:
    with serve(ConstantAnswerer(), clock=clock, batches=BatchRules(most_waiting=0)) as server:
        failed, watcher = ask(server, "openai", TEXTS[:4], cache, clock)
    assert len(failed) == 4
    # In halves, and then one by one for as often as anything is tried again.
    assert len(watcher.batches) == 5
    assert all("Enqueued token limit reached" in one.error for one in failed.values())


def test_a_full_disk_is_told_before_anything_is_handed_in(
    cache: AnswerCache, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mllmsent.models.served.batches.sent_images", _raise_full)
    with (
        serve(ConstantAnswerer(), clock=clock) as server,
        pytest.raises(InputError, match="A batch cannot be written: No space left on device"),
    ):
        ask(server, "openai", TEXTS, cache, clock)
    with closing(BatchLedger(cache.path)) as ledger:
        assert ledger.batches() == []


def _raise_full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_cache_without_batches_keeps_its_format(cache: AnswerCache) -> None:
    with closing(BatchLedger(cache.path)) as ledger:
        assert ledger.batches() == []
        assert ledger.holding(["x"]) == {}
    with closing(sqlite3.connect(cache.path)) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (1,)
