"""Batches over the real SDKs, in simulated time: everything is answered, and nothing is paid twice."""

import errno
import os
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.loopback import test_anthropic_messages as claude
from tests.loopback import test_google_generate as gemini
from tests.loopback.test_batches import requests
from tests.loopback.test_rates import Clock
from tests.loopback.test_server import client
from tests.models.samples import LABEL_SCHEMA
from tests.runs.batch_samples import PROVIDERS, Stopped, ask, clock_of, questions, stop_after

from mllmsent.foundation import InputError
from mllmsent.loopback import BatchRules, ConstantAnswerer, Faults, LoopbackServer, serve
from mllmsent.loopback.bodies import dumped
from mllmsent.models import OwnPrices, Pricing, Response, Settings, get_model
from mllmsent.models.batches import BatchState, BatchTroubleError, SentImages
from mllmsent.models.served.batches import ServedBatches
from mllmsent.runs.batch_lane import BatchLane
from mllmsent.runs.batch_ledger import BatchLedger, KeptBatch, KeptRequest, request_name
from mllmsent.runs.budget import Budget
from mllmsent.runs.cache import AnswerCache
from mllmsent.runs.locks import locked

HOUR = 3600.0
TEXTS = [f"question {number}" for number in range(20)]


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[AnswerCache]:
    cache = AnswerCache(tmp_path / "answers.sqlite")
    yield cache
    cache.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def executed(server: LoopbackServer) -> Counter[str]:
    """How often each question was worked on at the provider, and so paid."""
    return Counter(entry.text for entry in server.log.entries if entry.status == 200)


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
