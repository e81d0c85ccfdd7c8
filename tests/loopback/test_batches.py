"""Batches of each provider as its unmodified official SDK meets them, in simulated time."""

import io
import json
from pathlib import Path
from typing import Any

import anthropic
import httpx2
import openai
import pytest
from anthropic.types.messages import MessageBatch
from google.genai import types
from openai.types import Batch, FileObject
from openai.types.chat import ChatCompletion
from tests.loopback import test_anthropic_messages as claude
from tests.loopback import test_google_generate as gemini
from tests.loopback.samples import question
from tests.loopback.test_rates import NOON, Clock
from tests.loopback.test_server import client

from mllmsent.foundation import InputError
from mllmsent.loopback import BatchRules, ConstantAnswerer, Faults, LoopbackServer, serve, spawn

DAY = 24 * 3600


def chat_line(name: str, **more: Any) -> dict[str, Any]:
    body = {"model": "m", "messages": question(name)}
    line = {"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": body}
    return line | more


def hand_in(server: LoopbackServer, *lines: Any, endpoint: Any = "/v1/chat/completions") -> Batch:
    """Upload the lines and make a batch of them."""
    data = "\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines).encode()
    with client(server) as sdk:
        file = sdk.files.create(file=("requests.jsonl", io.BytesIO(data)), purpose="batch")
        FileObject.model_validate(file.to_dict(), strict=True)
        return sdk.batches.create(
            input_file_id=file.id,
            endpoint=endpoint,
            completion_window="24h",
            metadata={"study": "one"},
        )


def look(server: LoopbackServer, batch: Batch) -> Batch:
    with client(server) as sdk:
        found = sdk.batches.retrieve(batch.id)
    Batch.model_validate(found.to_dict(), strict=True)
    return found


def lines(server: LoopbackServer, file: str | None) -> list[dict[str, Any]]:
    if file is None:
        return []
    with client(server) as sdk:
        return [json.loads(line) for line in sdk.files.content(file).text.splitlines()]


NAMES = [f"q{number}" for number in range(4)]


def test_openai_answers_a_batch_in_a_file_of_its_own_order() -> None:
    clock = Clock()
    rules = BatchRules(takes_s=100)
    with serve(ConstantAnswerer("positive"), clock=clock, batches=rules) as server:
        batch = hand_in(server, *(chat_line(name) for name in NAMES))
        assert (batch.status, batch.output_file_id) == ("in_progress", None)
        clock.now += 50
        halfway = look(server, batch)
        assert halfway.status == "in_progress"
        assert halfway.request_counts is not None
        assert halfway.request_counts.completed == 2
        assert len(server.log) == 0
        clock.now += 50
        done = look(server, batch)
        output = lines(server, done.output_file_id)
        assert look(server, batch) == done
        with client(server) as sdk:
            assert [one.id for one in sdk.batches.list()] == [batch.id]
        entries = server.log.entries
    assert (done.status, done.error_file_id) == ("completed", None)
    assert done.completed_at == NOON + 100
    assert done.metadata == {"study": "one"}
    assert sorted(line["custom_id"] for line in output) == NAMES
    assert [line["custom_id"] for line in output] != NAMES
    for line in output:
        assert line["response"]["status_code"] == 200
        answer = ChatCompletion.model_validate(line["response"]["body"], strict=True)
        assert answer.choices[0].message.content == "positive"
    assert [(entry.batch, entry.status) for entry in entries] == [
        (batch.id.removeprefix("batch_"), 200)
    ] * 4


def test_openai_says_in_the_error_file_which_requests_failed() -> None:
    wrong = chat_line("wrong") | {"body": {"model": "m", "messages": []}}
    with serve(ConstantAnswerer(), faults=Faults(overloaded=1.0, only_first=0)) as server:
        batch = look(server, hand_in(server, chat_line("right"), wrong))
        (right,) = lines(server, batch.output_file_id)
        (error,) = lines(server, batch.error_file_id)
    assert batch.status == "completed"
    assert batch.request_counts is not None
    assert (batch.request_counts.completed, batch.request_counts.failed) == (1, 1)
    assert right["custom_id"] == "right"
    assert (error["custom_id"], error["response"]["status_code"]) == ("wrong", 400)
    assert error["response"]["body"]["error"]["param"] == "messages"


def test_openai_gives_what_was_answered_of_a_batch_that_expires() -> None:
    clock = Clock()
    rules = BatchRules(takes_s=2 * DAY)
    with serve(ConstantAnswerer(), clock=clock, batches=rules) as server:
        batch = hand_in(server, *(chat_line(name) for name in NAMES))
        clock.now += DAY
        ended = look(server, batch)
        answered = lines(server, ended.output_file_id)
        late = lines(server, ended.error_file_id)
    assert ended.status == "expired"
    assert ended.expired_at == ended.expires_at == NOON + DAY
    assert sorted(line["custom_id"] for line in answered) == NAMES[:2]
    assert {line["error"]["code"] for line in late} == {"batch_expired"}


def test_openai_gives_what_was_answered_of_a_batch_that_is_cancelled() -> None:
    clock = Clock()
    with serve(ConstantAnswerer(), clock=clock, batches=BatchRules(takes_s=100)) as server:
        batch = hand_in(server, *(chat_line(name) for name in NAMES))
        clock.now += 25
        with client(server) as sdk:
            assert sdk.batches.cancel(batch.id).status == "cancelling"
            ended = look(server, batch)
            with pytest.raises(openai.ConflictError):
                sdk.batches.cancel(batch.id)
        answered = lines(server, ended.output_file_id)
    assert ended.status == "cancelled"
    assert [line["custom_id"] for line in answered] == ["q0"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{broken", "invalid_json_line"),
        (chat_line("q0"), "duplicate_custom_id"),
        (chat_line("q1", url="/v1/responses"), "invalid_url"),
        (chat_line("q1", method="GET"), "invalid_method"),
        (chat_line("q1", custom_id=None), "missing_required_parameter"),
        (chat_line("q1", body="x"), "missing_required_parameter"),
    ],
)
def test_openai_fails_a_batch_whose_file_is_wrong_and_names_the_line(line: Any, code: str) -> None:
    with serve(ConstantAnswerer()) as server:
        batch = look(server, hand_in(server, chat_line("q0"), line))
    assert batch.status == "failed"
    assert batch.errors is not None
    assert [(one.code, one.line) for one in batch.errors.data or []] == [(code, 2)]


def test_openai_takes_batches_of_responses_too() -> None:
    body = {"model": "m", "input": "Which sentiment?"}
    line = chat_line("one", url="/v1/responses", body=body)
    with serve(ConstantAnswerer("positive")) as server:
        batch = look(server, hand_in(server, line, endpoint="/v1/responses"))
        (answer,) = lines(server, batch.output_file_id)
        with pytest.raises(openai.BadRequestError):
            hand_in(server, line, endpoint="/v1/embeddings")
        with pytest.raises(openai.NotFoundError), client(server) as sdk:
            sdk.batches.retrieve("batch_none")
    assert answer["response"]["body"]["output"][0]["content"][0]["text"] == "positive"


def params(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "m", "max_tokens": 99, "messages": claude.question(text=text)} | more


def requests(*names: str) -> Any:
    return [{"custom_id": name, "params": params(name)} for name in names]


def test_anthropic_tells_what_came_of_each_request() -> None:
    clock = Clock()
    wrong: Any = {"custom_id": "wrong", "params": params("x", temperature=9)}
    with (
        serve(ConstantAnswerer("positive"), clock=clock, batches=BatchRules(takes_s=60)) as server,
        claude.client(server) as sdk,
    ):
        batch = sdk.messages.batches.create(requests=[*requests("a", "b"), wrong])
        assert (batch.processing_status, batch.request_counts.processing) == ("in_progress", 3)
        with pytest.raises(anthropic.AnthropicError, match="results"):
            sdk.messages.batches.results(batch.id)
        clock.now += 60
        ended = sdk.messages.batches.retrieve(batch.id)
        results = {one.custom_id: one.result for one in sdk.messages.batches.results(batch.id)}
        assert [one.id for one in sdk.messages.batches.list()] == [batch.id]
        sdk.messages.batches.delete(batch.id)
        with pytest.raises(anthropic.NotFoundError):
            sdk.messages.batches.retrieve(batch.id)
    MessageBatch.model_validate_json(ended.to_json(), strict=True)
    assert ended.processing_status == "ended"
    assert (ended.request_counts.succeeded, ended.request_counts.errored) == (2, 1)
    assert results["a"].type == "succeeded"
    assert results["a"].message.usage.service_tier == "batch"
    assert results["wrong"].type == "errored"
    assert results["wrong"].error.error.type == "invalid_request_error"


def test_anthropic_cancels_and_expires_what_was_not_come_to() -> None:
    clock = Clock()
    rules = BatchRules(takes_s=2 * DAY)
    with (
        serve(ConstantAnswerer(), clock=clock, batches=rules) as server,
        claude.client(server) as sdk,
    ):
        stopped = sdk.messages.batches.create(requests=requests("a", "b"))
        late = sdk.messages.batches.create(requests=requests("a", "b"))
        assert sdk.messages.batches.cancel(stopped.id).processing_status == "canceling"
        clock.now += DAY
        kinds = [
            sorted(one.result.type for one in sdk.messages.batches.results(batch.id))
            for batch in (stopped, late)
        ]
    assert kinds == [["canceled", "canceled"], ["expired", "succeeded"]]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "at least 1 item"),
        (requests("a", "a"), "duplicate"),
        (requests("a b"), "match pattern"),
        ([{"custom_id": "a"}], "params"),
    ],
)
def test_anthropic_refuses_a_batch_that_is_not_one(given: Any, words: str) -> None:
    with (
        serve(ConstantAnswerer()) as server,
        claude.client(server) as sdk,
        pytest.raises(anthropic.BadRequestError, match=words),
    ):
        sdk.messages.batches.create(requests=given)


def inlined(*names: str) -> Any:
    return [
        types.InlinedRequest(
            contents=types.Content(role="user", parts=[types.Part(text=name)]),
            metadata={"name": name},
            config=types.GenerateContentConfig(temperature=0, system_instruction="Judge."),
        )
        for name in names
    ]


def test_google_answers_inlined_requests_in_their_order() -> None:
    clock = Clock()
    with (
        serve(ConstantAnswerer("positive"), clock=clock, batches=BatchRules(takes_s=60)) as server,
        gemini.client(server) as sdk,
    ):
        batch = sdk.batches.create(
            model="m", src=inlined("a", "b"), config={"display_name": "study"}
        )
        assert batch.state == types.JobState.JOB_STATE_PENDING
        clock.now += 30
        running = sdk.batches.get(name=batch.name or "")
        assert running.state == types.JobState.JOB_STATE_RUNNING
        clock.now += 30
        done = sdk.batches.get(name=batch.name or "")
        assert [one.name for one in sdk.batches.list()] == [batch.name]
        assert [entry.text for entry in server.log.entries] == ["Judge.\n\na", "Judge.\n\nb"]
    assert done.state == types.JobState.JOB_STATE_SUCCEEDED
    assert done.display_name == "study"
    assert done.dest is not None
    responses = done.dest.inlined_responses or []
    assert [one.metadata for one in responses] == [{"name": "a"}, {"name": "b"}]
    assert [one.response.text for one in responses if one.response] == ["positive"] * 2


def test_google_answers_a_file_with_a_file(tmp_path: Path) -> None:
    given = tmp_path / "requests.jsonl"
    contents = [{"role": "user", "parts": [{"text": "x"}]}]
    right = {"key": "right", "request": {"contents": contents}}
    wrong = {"key": "wrong", "request": {"contents": []}}
    given.write_text(f"{json.dumps(right)}\n{json.dumps(wrong)}\n", encoding="utf-8")
    with (
        serve(ConstantAnswerer("positive"), api_key="none") as server,
        gemini.client(server) as sdk,
    ):
        file = sdk.files.upload(
            file=given, config=types.UploadFileConfig(mime_type="jsonl", display_name="requests")
        )
        assert sdk.files.get(name=file.name or "").size_bytes == given.stat().st_size
        batch = sdk.batches.create(model="m", src=file.name or "")
        done = sdk.batches.get(name=batch.name or "")
        assert done.dest is not None
        data = sdk.files.download(file=done.dest.file_name or "")
    found = {line["key"]: line for line in map(json.loads, data.decode().splitlines())}
    answer = types.GenerateContentResponse.model_validate(found["right"]["response"])
    assert answer.text == "positive"
    assert found["wrong"]["error"]["code"] == 3


def test_google_cancels_and_expires_batches_whole() -> None:
    clock = Clock()
    rules = BatchRules(takes_s=2 * DAY)
    with (
        serve(ConstantAnswerer(), clock=clock, batches=rules) as server,
        gemini.client(server) as sdk,
    ):
        stopped, late = (
            sdk.batches.create(model="m", src=inlined("a")).name or "" for _ in range(2)
        )
        sdk.batches.cancel(name=stopped)
        clock.now += DAY
        states = [sdk.batches.get(name=name).state for name in (stopped, late)]
    assert states == [types.JobState.JOB_STATE_CANCELLED, types.JobState.JOB_STATE_EXPIRED]


def test_shares_of_a_batch_fail_and_expire_where_they_are_told_to() -> None:
    rules = BatchRules(failed_share=0.3, expired_share=0.2)
    names = [f"q{number}" for number in range(300)]
    with serve(ConstantAnswerer(), batches=rules) as server, claude.client(server) as sdk:
        batch = sdk.messages.batches.create(requests=requests(*names))
        counts = sdk.messages.batches.retrieve(batch.id).request_counts
    # within four standard errors of 300 draws
    assert abs(counts.errored - 90) < 32
    assert abs(counts.expired - 60) < 28
    assert counts.succeeded + counts.errored + counts.expired == 300


def test_a_server_that_is_started_again_knows_its_batches(tmp_path: Path) -> None:
    told: Any = {"state_dir": tmp_path / "state"}
    with spawn(batches=BatchRules(takes_s=0.0), **told) as first:
        batch = hand_in(first, chat_line("one"))
    clock = Clock(now=2 * NOON)
    with serve(ConstantAnswerer("later"), clock=clock, **told) as second:
        ended = look(second, batch)
        (answer,) = lines(second, ended.output_file_id)
        assert look(second, batch) == ended
    assert answer["response"]["body"]["choices"][0]["message"]["content"] == "later"


def test_the_keys_of_callers_are_asked_for_everywhere() -> None:
    with serve(ConstantAnswerer(), api_key="right") as server:
        openai_url, google_url = f"{server.url}/batches", f"{server.google_url}/v1/batches"
        headers = {"anthropic-version": "2023-06-01"}
        for url, status in (
            (openai_url, 401),
            (f"{server.url}/files/x", 401),
            (google_url, 403),
            (f"{google_url}?key=wrong", 400),
            (f"{server.anthropic_url}/v1/messages/batches", 401),
        ):
            assert httpx2.get(url, headers=headers).status_code == status
        assert httpx2.get(f"{google_url}?key=right").status_code == 200


def test_a_batch_may_be_taken_that_its_caller_never_hears_of(tmp_path: Path) -> None:
    with (
        serve(ConstantAnswerer(), batches=BatchRules(lost_share=1.0), state_dir=tmp_path) as server,
        claude.client(server) as sdk,
        pytest.raises(anthropic.APIConnectionError),
    ):
        sdk.messages.batches.create(requests=requests("a"))
    with (
        serve(ConstantAnswerer(), state_dir=tmp_path) as server,
        claude.client(server) as sdk,
    ):
        (taken,) = sdk.messages.batches.list()
    assert taken.request_counts.succeeded == 1


def test_the_addresses_of_batches_are_busy_as_often_as_they_are_told_to() -> None:
    with (
        serve(ConstantAnswerer(), batches=BatchRules(busy_share=0.5)) as server,
        claude.client(server, max_retries=20) as sdk,
    ):
        batch = sdk.messages.batches.create(requests=requests("a"))
        assert sdk.messages.batches.retrieve(batch.id).processing_status == "ended"
        with claude.client(server) as hasty:
            statuses = set()
            for _ in range(20):
                try:
                    hasty.messages.batches.retrieve(batch.id)
                except anthropic.APIStatusError as error:
                    statuses.add(error.status_code)
                else:
                    statuses.add(200)
    assert statuses == {200, 529}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"takes": 3}, "Did you mean 'takes_s'"),
        ({"takes_s": -1}, "less than no time"),
        ({"failed_share": 0.6, "expired_share": 0.6}, "'failed_share' and 'expired_share'"),
        ({"lost_share": -0.1}, "'lost_share' of batches are 0.0 and -0.1"),
    ],
)
def test_rules_that_cannot_be_are_named(values: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        BatchRules.from_mapping(values)
