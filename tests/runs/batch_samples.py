"""Questions, providers and time that goes when it is slept, for tests of batches."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from tests.loopback.test_rates import Clock

from mllmsent.loopback import LoopbackServer
from mllmsent.models import Pricing, Request, Response, get_model
from mllmsent.models.batches import BatchState
from mllmsent.pathways.interface import Question
from mllmsent.prompts import Message
from mllmsent.runs.batches import ask_in_batches
from mllmsent.runs.budget import Budget
from mllmsent.runs.cache import AnswerCache

__all__ = [
    "HOUR",
    "PROVIDERS",
    "TEXTS",
    "Stopped",
    "Watcher",
    "address",
    "ask",
    "clock_of",
    "executed",
    "questions",
    "stop_after",
]

PROVIDERS = ("openai", "anthropic", "google")
HOUR = 3600.0
TEXTS = [f"question {number}" for number in range(20)]


class Stopped(BaseException):
    """Stands for whatever ends a process while it sleeps."""


class Watcher:
    """Remembers what an observer is told."""

    def __init__(self) -> None:
        self.begun: list[tuple[int, int]] = []
        self.answers: list[Response] = []
        self.reasons: list[str] = []
        self.states: list[BatchState] = []
        self.troubles: list[str] = []

    def expects(self, model: str, pricing: Pricing, cost_usd: float | None) -> None:
        """Nothing is remembered of that."""

    def begins(self, model: str, *, asked: int, cached: int) -> None:
        self.begun.append((asked, cached))

    def answered(self, model: str, response: Response) -> None:
        self.answers.append(response)

    def stopped(self, model: str, reason: str) -> None:
        self.reasons.append(reason)

    def batch(self, model: str, state: BatchState) -> None:
        self.states.append(state)

    def noticed(self, model: str, what: str) -> None:
        self.troubles.append(what)

    @property
    def batches(self) -> list[str]:
        """Ids of the batches, in the order in which they were first heard of."""
        return list(dict.fromkeys(state.id for state in self.states))


def address(server: LoopbackServer, provider: str) -> str:
    others = {"anthropic": server.anthropic_url, "google": server.google_url}
    return others.get(provider, server.url)


def questions(*texts: str, model: Any, **others: Any) -> list[Question]:
    requests = [Request((Message("user", (text,)),), **others) for text in texts]
    return [
        Question(
            key=request.key(model.identity), request=request, model="m", stage="direct",
            item_id="i", strategy="s", strategy_version="1", scheme=None, condition="none",
            repeat=0, sample=0,
        )
        for request in requests
    ]  # fmt: skip


def clock_of(clock: Clock) -> Callable[[], datetime]:
    return lambda: datetime.fromtimestamp(clock.now, UTC)


def stop_after(sleeps: int) -> Callable[[], None]:
    """Ends everything in so many sleeps."""
    count = iter(range(sleeps))

    def stop() -> None:
        if next(count, None) is None:
            raise Stopped

    return stop


def ask(
    server: LoopbackServer,
    provider: str,
    texts: Sequence[str],
    cache: AnswerCache,
    clock: Clock,
    *,
    sleeping: Callable[[], None] = lambda: None,
    request: dict[str, Any] | None = None,
    budget: Budget | None = None,
    **options: Any,
) -> tuple[dict[str, Response], Watcher]:
    """Ask in simulated time; gives what failed, by text, and what was heard meanwhile."""
    told = {"base_url": address(server, provider), "server_name": "test", "max_retries": 2}
    model = get_model(f"{provider}/tester", **(told | options))
    asked = questions(*texts, model=model, **(request or {}))
    watcher = Watcher()

    async def sleep(seconds: float) -> None:
        sleeping()
        clock.now += seconds

    async def go() -> dict[str, Response]:
        try:
            return await ask_in_batches(
                asked, {"m": model}, cache, watcher,
                budget=budget, clock=clock_of(clock), sleep=sleep,
            )  # fmt: skip
        finally:
            await model.aclose()

    failed: dict[str, Response] = {}
    try:
        failed = asyncio.run(go())
    except* Stopped:
        raise Stopped from None
    text_of = {question.key: text for question, text in zip(asked, texts, strict=True)}
    return {text_of[key]: response for key, response in failed.items()}, watcher


def executed(server: LoopbackServer) -> Counter[str]:
    """How often each question was worked on at the provider, and so paid."""
    return Counter(entry.text for entry in server.log.entries if entry.status == 200)
