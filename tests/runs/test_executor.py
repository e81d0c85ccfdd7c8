"""Every question ends answered or recorded, and none is sent twice."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mllmsent.data.images import ImageRef
from mllmsent.models import Pricing
from mllmsent.models.batches import BatchState
from mllmsent.models.interface import Capabilities, Request, Response
from mllmsent.pathways.interface import Question
from mllmsent.prompts import Message
from mllmsent.runs.cache import AnswerCache
from mllmsent.runs.executor import HOPELESS_AFTER, execute


class Scripted:
    """A model that answers by a function, and remembers what it was asked."""

    def __init__(
        self,
        script: Callable[[str], Response] = lambda text: Response("ok", text=text.upper()),
        *,
        batch: int = 1,
        in_flight: int = 4,
    ) -> None:
        self.name = "scripted"
        self.identity: Mapping[str, Any] = {"name": "scripted"}
        self.capabilities = Capabilities(max_batch_size=batch, max_in_flight=in_flight)
        self.script = script
        self.asked: list[str] = []
        self.batches: list[int] = []
        self.now = 0
        self.most = 0

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        self.now += 1
        self.most = max(self.most, self.now)
        self.batches.append(len(requests))
        await asyncio.sleep(0.001)
        texts = [str(request.messages[0].parts[0]) for request in requests]
        self.asked.extend(texts)
        self.now -= 1
        return [self.script(text) for text in texts]

    async def aclose(self) -> None:
        """Nothing is held."""


class Watcher:
    def __init__(self) -> None:
        self.begun: dict[str, tuple[int, int]] = {}
        self.seen: list[str] = []
        self.reasons: list[str] = []

    def expects(self, model: str, pricing: Pricing, cost_usd: float | None) -> None:
        """Nothing is shown."""

    def begins(self, model: str, *, asked: int, cached: int) -> None:
        self.begun[model] = (asked, cached)

    def answered(self, model: str, response: Response) -> None:
        self.seen.append(response.status)

    def stopped(self, model: str, reason: str) -> None:
        self.reasons.append(reason)

    def batch(self, model: str, state: BatchState) -> None:
        raise AssertionError("nothing is handed in here")

    def noticed(self, model: str, what: str) -> None:
        self.reasons.append(what)


def ask(model: Scripted, texts: Sequence[str], cache: AnswerCache) -> tuple[Any, Watcher, Any]:
    questions = [
        Question(
            key=request.key(model.identity), request=request, model="m", stage="direct",
            item_id=text, strategy="s", strategy_version="1", scheme=None, condition="none",
            repeat=0, sample=0,
        )
        for text in texts
        for request in [Request((Message("user", (text,)),))]
    ]  # fmt: skip
    watcher = Watcher()
    failed = asyncio.run(execute(questions, {"m": model}, cache, watcher))
    return failed, watcher, cache.get_many(question.key for question in questions)


@pytest.fixture
def cache(tmp_path: Path) -> Any:
    cache = AnswerCache(tmp_path / "a.sqlite")
    yield cache
    cache.close()


def test_everything_is_asked_once_and_then_never_again(cache: AnswerCache) -> None:
    model = Scripted()
    texts = [f"t{i % 30}" for i in range(60)]
    failed, watcher, answers = ask(model, texts, cache)
    assert not failed
    assert sorted(model.asked) == sorted(set(texts)), "equal questions are sent once"
    assert len(answers) == 30
    assert watcher.begun == {"m": (30, 0)}
    _, again, _ = ask(model, texts, cache)
    assert len(model.asked) == 30
    assert again.begun == {"m": (0, 30)}


def test_no_more_than_the_limit_is_in_flight(cache: AnswerCache) -> None:
    model = Scripted(in_flight=3)
    ask(model, [str(i) for i in range(40)], cache)
    assert model.most == 3


def test_a_model_that_takes_batches_gets_batches(cache: AnswerCache) -> None:
    model = Scripted(batch=8, in_flight=1)
    ask(model, [str(i) for i in range(20)], cache)
    assert model.batches == [8, 8, 4]


def test_what_failed_is_recorded_and_asked_again_next_time(cache: AnswerCache) -> None:
    def script(text: str) -> Response:
        return Response("failed", error="503") if text == "bad" else Response("ok", text="x")

    failed, watcher, answers = ask(Scripted(script), ["good", "bad"], cache)
    assert [response.error for response in failed.values()] == ["503"]
    assert sorted(watcher.seen) == ["failed", "ok"]
    assert len(answers) == 1
    later = Scripted()
    ask(later, ["good", "bad"], cache)
    assert later.asked == ["bad"]


def test_a_refusal_is_an_answer_and_is_kept(cache: AnswerCache) -> None:
    model = Scripted(lambda text: Response("refused", text="no"))
    ask(model, ["a"], cache)
    ask(model, ["a"], cache)
    assert model.asked == ["a"]


def test_a_model_that_raises_costs_its_own_items_only(cache: AnswerCache) -> None:
    def script(text: str) -> Response:
        if text == "3":
            raise RuntimeError("boom")
        return Response("ok", text="x")

    failed, _, answers = ask(Scripted(script), [str(i) for i in range(10)], cache)
    assert [response.error for response in failed.values()] == ["RuntimeError: boom"]
    assert len(answers) == 9


def test_a_model_that_never_answers_is_not_asked_to_the_end(cache: AnswerCache) -> None:
    model = Scripted(lambda text: Response("failed", error="401 wrong key"))
    failed, watcher, _ = ask(model, [str(i) for i in range(200)], cache)
    assert len(failed) == 200
    assert len(model.asked) <= HOPELESS_AFTER + 4
    assert "401 wrong key" in watcher.reasons[0]
    assert sum("not asked" in response.error for response in failed.values()) >= 170


def test_however_many_are_in_flight_twenty_failures_are_enough(cache: AnswerCache) -> None:
    """A failure may cost money: an answer without what was asked for."""
    model = Scripted(lambda text: Response("failed", error="no log probabilities"), in_flight=256)
    ask(model, [str(i) for i in range(1000)], cache)
    assert len(model.asked) <= 256 + HOPELESS_AFTER


def test_files_that_cannot_be_read_are_no_fault_of_the_model(cache: AnswerCache) -> None:
    def script(text: str) -> Response:
        broken = Response("failed", attempts=0, error="image: it cannot be read")
        return broken if int(text) < 100 else Response("ok", text="x")

    failed, watcher, answers = ask(Scripted(script), [str(i) for i in range(150)], cache)
    assert (len(failed), len(answers), watcher.reasons) == (100, 50, [])


def test_a_model_that_answered_before_is_asked_on(cache: AnswerCache) -> None:
    def script(text: str) -> Response:
        return Response("ok", text="x") if text == "0" else Response("failed", error="500")

    model = Scripted(script, in_flight=1)
    ask(model, [str(i) for i in range(60)], cache)
    assert len(model.asked) == 60


def test_stopping_loses_nothing_that_was_answered(cache: AnswerCache) -> None:
    model = Scripted()

    def script(text: str) -> Response:
        if len(model.asked) > 20:
            raise KeyboardInterrupt
        return Response("ok", text=text)

    model.script = script
    texts = [str(i) for i in range(100)]
    with pytest.raises((KeyboardInterrupt, BaseExceptionGroup)):
        ask(model, texts, cache)
    later = Scripted()
    _, watcher, answers = ask(later, texts, cache)
    assert len(answers) == 100
    assert watcher.begun["m"][1] >= 20


def pictures(*digests: str) -> list[Question]:
    """Questions about pictures, told apart by their number; "" stands for one without."""
    requests = [
        Request((Message("user", (*((picture(digest),) if digest else ()), str(number))),))
        for number, digest in enumerate(digests)
    ]
    return [
        Question(
            key=request.key({}), request=request, model="m", stage="direct", item_id="i",
            strategy="s", strategy_version="1", scheme=None, condition="none", repeat=0, sample=0,
        )
        for request in requests
    ]  # fmt: skip


def picture(digest: str) -> ImageRef:
    return ImageRef(Path("x.png"), digest, "image/png", 8, 8)


class Looking(Scripted):
    """A model that looks once for many questions, and remembers which it got together."""

    def __init__(self, *, batch: int, in_flight: int = 1, shares: bool = True) -> None:
        super().__init__()
        self.capabilities = Capabilities(
            max_batch_size=batch, max_in_flight=in_flight, shares_images=shares
        )
        self.together: list[str] = []

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        self.together.append(
            " ".join(
                f"{request.images[-1].digest if request.images else ''}{request.messages[0].parts[-1]}"
                for request in requests
            )
        )
        await asyncio.sleep(0.001)
        return [Response("ok", text="x") for _ in requests]


def look(model: Looking, questions: Sequence[Question], cache: AnswerCache) -> list[str]:
    asyncio.run(execute(questions, {"m": model}, cache, Watcher()))
    return model.together


def test_a_model_that_shares_images_gets_all_about_one_side_by_side(cache: AnswerCache) -> None:
    questions = pictures("a", "b", "c", "a", "b", "c", "a", "b", "c")
    together = look(Looking(batch=6), questions, cache)
    assert together == ["a0 a3 a6 b1 b4 b7", "c2 c5 c8"]


def test_another_model_is_asked_in_the_order_of_the_questions(cache: AnswerCache) -> None:
    questions = pictures("a", "b", "a", "b", "a")
    assert look(Looking(batch=3, shares=False), questions, cache) == ["a0 b1 a2", "b3 a4"]


def test_questions_about_an_image_are_parted_only_where_they_are_too_many(
    cache: AnswerCache,
) -> None:
    questions = pictures("a", "b", "b", "b", "c", "c", "c", "c", "c", "c", "d")
    together = look(Looking(batch=4), questions, cache)
    assert together == ["a0 b1 b2 b3", "c4 c5 c6 c7", "c8 c9 d10"]


def test_questions_without_an_image_share_nothing_and_fill_what_is_free(cache: AnswerCache) -> None:
    questions = pictures("", "a", "", "a", "")
    assert look(Looking(batch=3), questions, cache) == ["0 a1 a3", "2 4"]


def test_solved_examples_leave_a_question_with_the_image_it_is_about(cache: AnswerCache) -> None:
    shown = Message("user", (picture("z"), "example"))
    few = [replace(each, request=replace(each.request, messages=(shown, *each.request.messages)))
           for each in pictures("a", "b")]  # fmt: skip
    questions = [*pictures("a", "b"), *(replace(q, key=q.request.key({})) for q in few)]
    model = Looking(batch=2)
    asyncio.run(execute(questions, {"m": model}, cache, Watcher()))
    assert model.together == ["a0 aexample", "b1 bexample"]


def test_two_batches_in_flight_start_in_order(cache: AnswerCache) -> None:
    questions = pictures(*(letter for letter in "abcdefgh" for _ in range(2)))
    together = look(Looking(batch=2, in_flight=2), questions, cache)
    assert [batch[0] for batch in together] == list("abcdefgh")


@pytest.mark.parametrize(
    ("response", "missing"),
    [
        (Response("ok", text="yes"), "no likelihood of 'yes'"),
        (Response("ok", label_scores={"yes": -1.0}, label_tokens={"yes": 2}), "of 'no'"),
        (
            Response("ok", label_scores={"yes": -1.0, "no": float("nan")}),
            "no likelihood of 'no'",
        ),
        (Response("ok", label_scores={"yes": -1.0, "no": -2.0}), "no number of tokens of 'yes'"),
        (
            Response(
                "ok",
                label_scores={"yes": -1.0, "no": -2.0},
                label_tokens={"yes": 1, "no": 1},
            ),
            "no likelihood given content-free images of 'yes'",
        ),
    ],
)
def test_likelihoods_that_are_not_all_there_are_a_failure_and_are_not_kept(
    cache: AnswerCache, response: Response, missing: str
) -> None:
    (question,) = pictures("a")
    request = replace(question.request, candidates=("yes", "no"), calibrated=True)
    model = Scripted(lambda _: response)
    failed = asyncio.run(
        execute([replace(question, request=request)], {"m": model}, cache, Watcher())
    )
    (only,) = failed.values()
    assert missing in only.error
    assert cache.count() == 0
