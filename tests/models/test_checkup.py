"""What works with a model is told from a few small questions, whoever's model it is."""

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest

from mllmsent.loopback import ConstantAnswerer, Faults, serve
from mllmsent.models import Capabilities, Model, Request, Response, get_model
from mllmsent.models.checkup import CheckStep, check_model, questions_asked
from mllmsent.models.checkup_pictures import two_pictures

ALL = Capabilities(
    max_batch_size=8, images_per_request=4, structured_answers=True, label_scores=True
)
Answer = Callable[[Request, int], Response]


def honest(request: Request, _: int = 1) -> Response:
    """What a model that does all it claims says of a question."""
    seen = request.images[-1].sha256[:4] if request.images else "nothing"
    if request.candidates:
        shift = int(seen, 16) / 2**18 if request.images else 0.0
        scores = {name: -1.5 - shift - 0.1 * len(name) for name in request.candidates}
        return Response("ok", label_scores=scores)
    if request.answer_schema is not None:
        return Response("ok", text='{"label": "neutral"}')
    return Response("ok", text=f"I see {seen}.")


@dataclass
class Player:
    """A model that answers as it is told, each question by itself."""

    answers: Answer = honest
    capabilities: Capabilities = ALL
    asked: list[Request] = field(default_factory=list)
    name: str = "player/one"
    identity: dict[str, str] = field(default_factory=dict)

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        assert 1 <= len(requests) <= self.capabilities.max_batch_size
        self.asked += requests
        return [self.answers(request, len(requests)) for request in requests]

    async def aclose(self) -> None:
        pass


def look(player: Model) -> dict[str, CheckStep]:
    return {step.name: step for step in asyncio.run(check_model(player))}


def statuses(player: Player) -> list[str]:
    return [step.status for step in look(player).values()]


def test_a_model_that_does_what_it_claims_passes_every_step() -> None:
    player = Player()
    seen: list[CheckStep] = []
    steps = asyncio.run(check_model(player, seen.append))
    assert [step.status for step in steps] == ["ok"] * 5
    assert seen == steps
    assert all(step.detail and not step.cure and step.seconds >= 0 for step in steps)


@pytest.mark.parametrize(
    "can",
    [
        ALL,
        Capabilities(),
        Capabilities(max_batch_size=3),
        Capabilities(images_per_request=0),
        Capabilities(label_scores=True),
        replace(ALL, images_per_request=0),
    ],
)
def test_what_is_not_claimed_is_no_fault_and_no_question_is_asked_in_vain(
    can: Capabilities,
) -> None:
    player = Player(capabilities=can)
    steps = look(player)
    assert "failed" not in {step.status for step in steps.values()}
    offered = {
        "sees images": can.images_per_request > 0,
        "same in a batch": can.max_batch_size > 1,
        "label likelihoods": can.label_scores,
        "structured answers": can.structured_answers,
    }
    for name, claimed in offered.items():
        assert (steps[name].status == "ok") == claimed
    assert len(player.asked) <= questions_asked(player)
    if not can.images_per_request:
        assert not any(request.images for request in player.asked)


def test_every_question_is_one_that_leaves_nothing_to_chance() -> None:
    player = Player()
    look(player)
    assert {request.settings.temperature for request in player.asked} == {0.0}
    assert max(request.settings.max_tokens or 0 for request in player.asked) <= 64


def test_a_model_that_does_not_answer_is_asked_once() -> None:
    player = Player(lambda *_: Response("failed", error="no key: TOKEN is not set", hopeless=True))
    steps = look(player)
    assert [step.status for step in steps.values()] == ["failed"] + ["not tried"] * 4
    assert steps["answers text"].detail == "no key: TOKEN is not set"
    assert len(player.asked) == 1


@pytest.mark.parametrize(
    ("response", "detail"),
    [
        (Response("refused", text="I cannot help with that."), "declined"),
        (Response("ok", text="  \n"), "answered with nothing"),
        (Response("failed"), "no answer and no reason"),
    ],
)
def test_what_is_no_answer_is_called_by_its_name(response: Response, detail: str) -> None:
    assert detail in look(Player(lambda *_: response))["answers text"].detail


def test_a_model_that_raises_has_failed_and_the_check_goes_on() -> None:
    def sometimes(request: Request, _: int) -> Response:
        if request.candidates:
            raise RuntimeError("CUDA error: device-side assert")
        return honest(request)

    steps = look(Player(sometimes))
    assert steps["label likelihoods"].status == "failed"
    assert "RuntimeError: CUDA error" in steps["label likelihoods"].detail
    assert steps["structured answers"].status == "ok"


def blind(request: Request, _: int) -> Response:
    return honest(replace(request, messages=()))


def test_a_model_that_never_gets_the_images_is_found_out() -> None:
    step = look(Player(blind))["sees images"]
    assert step.status == "failed"
    assert "chat template" in step.cure
    assert look(Player(blind, replace(ALL, label_scores=False)))["sees images"].status == "failed"


def test_a_model_of_few_words_is_seen_to_see_by_its_likelihoods() -> None:
    def terse(request: Request, _: int) -> Response:
        return honest(request) if request.candidates else Response("ok", text="A picture.")

    assert look(Player(terse))["sees images"].status == "ok"
    assert look(Player(terse, replace(ALL, label_scores=False)))["sees images"].status == "failed"


def test_answers_that_hang_on_their_neighbors_are_found() -> None:
    def leaky(request: Request, together: int) -> Response:
        response = honest(request)
        return replace(response, text=response.text + "!" * (together > 1))

    step = look(Player(leaky))["same in a batch"]
    assert (step.status, "batch_size: 1" in step.cure) == ("failed", True)
    assert "4 of 4 answers differ" in step.detail


def test_likelihoods_that_hang_on_their_neighbors_are_found_beyond_rounding() -> None:
    def shifted(by: float) -> Answer:
        def answer(request: Request, together: int) -> Response:
            response = honest(request)
            if response.label_scores is None or together == 1:
                return response
            scores = {name: score - by for name, score in response.label_scores.items()}
            return replace(response, label_scores=scores)

        return answer

    assert look(Player(shifted(0.05)))["same in a batch"].status == "ok"
    assert look(Player(shifted(2.0)))["same in a batch"].status == "failed"


def test_a_batch_that_loses_an_answer_is_found() -> None:
    class Forgetful(Player):
        async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
            return list(await super().answer(requests))[: max(1, len(requests) - 1)]

    step = look(Forgetful())["same in a batch"]
    assert (step.status, step.detail) == ("failed", "4 questions were given 3 answers")


@pytest.mark.parametrize(
    ("scores", "detail"),
    [
        ({"negative": -1.0, "neutral": -1.0}, "instead of"),
        ({"negative": -1.0, "neutral": math.nan, "positive": -1.0}, "no log-likelihoods"),
        ({"negative": 0.7, "neutral": -1.0, "positive": -1.0}, "no log-likelihoods"),
        ({"negative": -0.1, "neutral": -0.1, "positive": -0.1}, "sum to 2.71"),
        (None, "in place of likelihoods"),
    ],
)
def test_likelihoods_that_cannot_be_are_found(scores: dict[str, float] | None, detail: str) -> None:
    def wrong(request: Request, _: int) -> Response:
        response = honest(request)
        return replace(response, label_scores=scores) if request.candidates else response

    step = look(Player(wrong))["label likelihoods"]
    assert step.status == "failed"
    assert detail in step.detail


def test_likelihoods_are_shown_as_shares() -> None:
    scores = {"negative": math.log(0.1), "neutral": math.log(0.1), "positive": math.log(0.6)}
    player = Player(
        lambda request, _: (
            Response("ok", label_scores=scores) if request.candidates else honest(request)
        )
    )
    detail = look(player)["label likelihoods"].detail
    assert "positive 75%" in detail
    assert "0.8" in detail


@pytest.mark.parametrize(
    "text",
    ["It is neutral.", '{"label": "gloomy"}', '{"mood": "neutral"}', "[1]", "", "[" * 100_000],
)
def test_a_schema_that_is_ignored_is_found(text: str) -> None:
    def free(request: Request, _: int) -> Response:
        return honest(request) if request.answer_schema is None else Response("ok", text=text)

    step = look(Player(free))["structured answers"]
    assert step.status == "failed"
    assert "structured_answers: false" in step.cure


def test_a_server_that_rejects_schemas_is_told_even_where_its_answer_would_fit() -> None:
    fitting = '{"label": "neutral"}'
    with serve(ConstantAnswerer(fitting), faults=Faults(rejected_schema=1.0)) as server:
        step = look(get_model("vllm/m", base_url=server.url))["structured answers"]
    assert step.detail == "it rejects the schema, and is asked without"
    assert "structured_answers: false" in step.cure


def test_the_two_pictures_are_as_different_as_can_be_and_leave_nothing_behind() -> None:
    with two_pictures() as (sunny, stormy):
        assert sunny.sha256 != stormy.sha256
        assert sunny.read_bytes()[:4] == stormy.read_bytes()[:4] == b"\x89PNG"
        assert (sunny.width, sunny.height) == (224, 224)
    assert not sunny.path.exists()
    assert not sunny.path.parent.exists()


def test_a_served_model_is_looked_at_by_the_same_steps() -> None:
    with serve(ConstantAnswerer("neutral", '{"label": "neutral"}')) as server:
        model = get_model("vllm/m", base_url=server.url)

        async def go() -> list[CheckStep]:
            try:
                return await check_model(model)
            finally:
                await model.aclose()

        steps = {step.name: step for step in asyncio.run(go())}
        assert len(server.log) == questions_asked(model) == 7
    assert steps["answers text"].status == "ok"
    assert steps["sees images"].status == "failed"
    assert steps["same in a batch"].status == "not offered"
    assert steps["label likelihoods"].detail.startswith("negative 0%, neutral 100%, positive 0%")
    assert steps["structured answers"].status == "ok"
