"""How long a model behind a server is asked on, against scripted servers in virtual time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.models.samples import LABEL_SCHEMA, image_ref, request
from tests.models.virtual_time import run

from mllmsent.models import Request, Response
from mllmsent.models.served import pace
from mllmsent.models.served.encoded_images import EncodedImage
from mllmsent.models.served.failures import failed
from mllmsent.models.served.model import ServedModel
from mllmsent.models.served.options import ServedOptions
from mllmsent.models.served.providers import get_provider
from mllmsent.models.served.wire import Allowance, Fault, Outcome

FINE = Outcome(Response("ok", "fine", input_tokens=100, output_tokens=10))
COME_TOMORROW = failed("429 rate limit", Fault("rate_limit", 86_400.0))
NOBODY = failed(
    "connection: no server answers",
    Fault("lasting", blames="address"),
    cure="Is a server running?",
    hopeless=True,
)


@dataclass
class Script:
    """A link that answers as it is told to; a `Link`.

    Attributes:
        behave: The number of a request, from 1, to what comes of it.
    """

    behave: Callable[[int, Request], Awaitable[Outcome]]
    sent_at: list[float] = field(default_factory=list)
    batches: None = None

    async def send(
        self, asked: Request, images: Sequence[EncodedImage], *, attempt: int
    ) -> Outcome:
        self.sent_at.append(asyncio.get_running_loop().time())
        return await self.behave(len(self.sent_at), asked)

    async def served(self) -> tuple[str, ...]:
        return ()

    async def aclose(self) -> None:
        pass


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")


def scripted(script: Script, provider: str = "vllm", **options: float) -> ServedModel:
    told = ServedOptions.model_validate(options)
    return ServedModel(provider, "tester", get_provider(provider), told, lambda _: script)


def ask_all(
    script: Script, *requests: Request, provider: str = "vllm", **options: float
) -> tuple[list[Response], float]:
    """What is answered, and after how long."""
    model = scripted(script, provider, **options)

    async def go() -> tuple[list[Response], float]:
        return list(await model.answer(requests)), asyncio.get_running_loop().time()

    return run(go())


def questions(n: int) -> list[Request]:
    return [request(f"question {number}") for number in range(n)]


def test_a_limit_that_outlasts_every_deadline_is_not_waited_for() -> None:
    async def behave(number: int, _: Request) -> Outcome:
        await asyncio.sleep(5 if number <= 5 else 0.1)
        return FINE if number <= 5 else COME_TOMORROW

    responses, took_s = ask_all(Script(behave), *questions(100))
    unanswered = [response for response in responses if response.status == "failed"]
    assert len(unanswered) == 95
    assert all(response.hopeless == (response.status == "failed") for response in responses)
    assert {response.error for response in unanswered} == {"429 rate limit"}
    assert took_s < 60


def test_who_comes_back_after_such_a_limit_is_heard_at_once() -> None:
    async def behave(number: int, _: Request) -> Outcome:
        return COME_TOMORROW if number == 1 else FINE

    model = scripted(Script(behave))

    async def go() -> tuple[list[str], float]:
        said = [(await model.answer([request("x")]))[0].status for _ in range(2)]
        return list(said), asyncio.get_running_loop().time()

    assert run(go()) == (["failed", "ok"], 0.0)


def test_a_limit_per_minute_is_waited_for_however_short_the_deadline() -> None:
    async def behave(number: int, _: Request) -> Outcome:
        return failed("429 rate limit", Fault("rate_limit", 60.0)) if number == 1 else FINE

    responses, _ = ask_all(Script(behave), *questions(30), deadline_s=20)
    assert [response.status for response in responses].count("ok") >= 10
    assert not any(response.hopeless for response in responses)


def test_a_server_that_hangs_is_given_up_though_nobody_waits_for_its_silence_to_end() -> None:
    async def behave(_: int, __: Request) -> Outcome:
        await asyncio.sleep(1e6)
        return FINE

    script = Script(behave)
    responses, took_s = ask_all(script, *questions(300), deadline_s=60)
    assert any(response.hopeless for response in responses)
    assert all("no complete answer within 60 s" in response.error for response in responses)
    # Twenty, those that set out when the first came back, and then one at a time for a minute.
    assert len(script.sent_at) <= 40
    assert took_s <= 300


def test_an_address_that_has_answered_is_right_and_is_waited_for() -> None:
    """A server that starts anew, or a network that goes away for a while, ends no study."""

    async def behave(_: int, __: Request) -> Outcome:
        await asyncio.sleep(0.5)
        return NOBODY if 1 < asyncio.get_running_loop().time() < 120 else FINE

    responses, _ = ask_all(Script(behave), *questions(1000))
    assert not any(response.hopeless for response in responses)
    assert len([response for response in responses if response.status == "failed"]) < 5


def test_an_address_that_never_answered_is_given_up_at_once() -> None:
    async def behave(_: int, __: Request) -> Outcome:
        await asyncio.sleep(0.1)
        return NOBODY

    script = Script(behave)
    responses, _ = ask_all(script, *questions(100))
    assert all(response.hopeless for response in responses)
    assert len(script.sent_at) <= 20


def test_a_server_that_goes_away_for_good_ends_the_study_by_and_by() -> None:
    async def behave(number: int, _: Request) -> Outcome:
        return FINE if number <= 10 else NOBODY

    responses, took_s = ask_all(Script(behave), *questions(200), deadline_s=600)
    assert any(response.hopeless for response in responses)
    assert all("Is a server running?" in response.error for response in responses[50:])
    assert took_s < 2 * 600


def test_a_question_asked_again_without_its_schema_waits_for_its_turn() -> None:
    async def behave(_: int, asked: Request) -> Outcome:
        allowed = (Allowance("requests", 60.0, 0.0),)
        if asked.answer_schema is None:
            return Outcome(FINE.response, allowances=allowed)
        return Outcome(Response("failed", error="400"), Fault("schema"), allowances=allowed)

    script = Script(behave)
    (response,), _ = ask_all(script, request("x", answer_schema=LABEL_SCHEMA))
    assert (response.status, response.schema_rejected, response.attempts) == ("ok", True, 2)
    first, second = script.sent_at
    assert second - first == pytest.approx(1.0, rel=0.05)


def test_a_question_for_likelihoods_counts_as_the_few_tokens_that_it_asks_for() -> None:
    """Against a limit on tokens that counts the longest answer: it asks for 16, and not for 512."""

    async def behave(_: int, __: Request) -> Outcome:
        return Outcome(FINE.response, allowances=(Allowance("tokens", 110.0 * 60, None),))

    asked = [request(f"question {number}", candidates=("a", "b")) for number in range(60)]
    _, took_s = ask_all(Script(behave), *asked, provider="openai")
    assert took_s == pytest.approx(60, rel=0.35)


def test_who_asks_about_large_images_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once: list[int] = []

    async def behave(_: int, __: Request) -> Outcome:
        at_once.append(1)
        most.append(len(at_once))
        await asyncio.sleep(0.001)
        at_once.pop()
        return FINE

    picture = image_ref(tmp_path)
    most: list[int] = []
    monkeypatch.setattr(pace, "_MOST_BYTES", 3 * picture.path.stat().st_size)
    model = scripted(Script(behave))
    asked = [request(picture, f"question {number}") for number in range(30)]
    responses = asyncio.run(model.answer(asked))  # files are read in threads, in real time
    assert {response.status for response in responses} == {"ok"}
    assert max(most) <= 3


def test_a_cure_is_told_however_much_the_server_says() -> None:
    async def behave(_: int, __: Request) -> Outcome:
        complaint = "400 bad request: " + "word " * 75
        return failed(complaint, Fault("lasting"), cure="Set `structured_answers: false`")

    (response,), _ = ask_all(Script(behave), request("x"))
    assert response.error.endswith("Set `structured_answers: false`")
