"""Asking a server in a check: once, or a little more often, and counting what it costs."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.errors import InputError, nearest
from mllmsent.models.checkup import CheckStep
from mllmsent.models.interface import Message, Request
from mllmsent.models.served.failures import failed, redact
from mllmsent.models.served.wire import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mllmsent.data.images import ImageRef
    from mllmsent.models.checkup import StepStatus
    from mllmsent.models.interface import Response, Settings
    from mllmsent.models.served.model import ServedModel
    from mllmsent.models.served.wire import Link, Outcome

__all__ = ["MOST_QUESTIONS", "Look", "Question"]

MOST_QUESTIONS = 8
"""More are never sent, whatever goes wrong."""
_TRIES, _LONGEST_WAIT_S, _DEADLINE_S = 3, 10.0, 120.0
"""What passes is waited for a little, not as long as a study waits."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: the whole, or what is left of it.

    Attributes:
        words: The question.
        picture: The picture it is about; None for none.
        schema: JSON Schema of the wanted answer; None for free text.
        settings: How to answer.
    """

    words: str
    picture: ImageRef | None
    schema: Mapping[str, Any] | None
    settings: Settings

    def request(self, **wanted: Any) -> Request:
        """The question as models are asked.

        Args:
            wanted: Other attributes of the request.
        """
        parts = (self.words,) if self.picture is None else (self.picture, self.words)
        message = Message("user", parts)
        return Request((message,), self.settings, answer_schema=self.schema, **wanted)


@dataclass
class Look:
    """What was asked of a server so far, and what was found.

    Attributes:
        model: The model that is asked.
        found: The steps that are decided.
        questions: How many questions were sent.
        input_tokens: Tokens read for them all; None where the server does not count.
        output_tokens: Tokens written, likewise.
    """

    model: ServedModel
    found: dict[str, CheckStep] = field(default_factory=dict)
    questions: int = 0
    input_tokens: int | None = 0
    output_tokens: int | None = 0
    _link: Link | None = None

    def say(
        self,
        name: str,
        status: StepStatus,
        detail: str,
        cure: str = "",
        *,
        seconds: float = 0.0,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        """Decide a step, unless it is."""
        self.found.setdefault(name, CheckStep(name, status, detail, cure, seconds, facts or {}))

    def fail(self, name: str, outcome: Outcome) -> None:
        """Decide that a step failed as the server says; a second complaint is joined to the first."""
        cure = "" if outcome.fault is None else outcome.fault.cure
        detail = outcome.response.error.removesuffix(cure).rstrip(". ")
        before = self.found.get(name)
        if before is not None:
            detail = f"{before.detail}; {detail}"
            cure = f"{before.cure}; {cure}" if before.cure and cure else before.cure or cure
        self.found[name] = CheckStep(name, "failed", detail, cure)

    async def ask(self, question: Question, **wanted: Any) -> Outcome:
        """Ask, and ask again where that may help soon. Raises nothing.

        Args:
            question: What to ask.
            wanted: Other attributes of the request.
        """
        request = question.request(**wanted)
        try:
            if self._link is None:
                self._link = self.model.connect(self.model.endpoint())
            images = await self.model.encode(request.images)
        except InputError as error:  # of a proxy or of certificates; the picture is ours
            lasting = Fault("lasting", blames="address")
            return failed(redact(error.message).rstrip("."), lasting, cure=error.cure)
        outcome = failed("more questions than a check may ask were needed", Fault("lasting"))
        for attempt in range(_TRIES):
            if self.questions >= MOST_QUESTIONS:
                break
            self.questions += 1
            began = time.perf_counter()
            longest = min(self.model.options.deadline_s, _DEADLINE_S)
            try:
                async with asyncio.timeout(longest):
                    outcome = await self._link.send(request, images, attempt=attempt)
            except TimeoutError:
                fault = Fault("timeout")
                outcome = failed(f"timeout: no complete answer within {longest:g} s", fault)
            took = time.perf_counter() - began
            response = replace(outcome.response, latency_s=took)
            outcome = replace(outcome, response=self.model.shown(response))
            self.count(outcome.response)
            wait = _wait(outcome.fault, attempt)
            if wait is None:
                break
            await asyncio.sleep(wait)
        return await self._with_nearest(outcome)

    async def _with_nearest(self, outcome: Outcome) -> Outcome:
        """Where a server complains of the model's name, the nearest of those that it has."""
        fault, link = outcome.fault, self._link
        if fault is None or fault.blames != "model" or link is None:
            return outcome
        names = await link.served()
        if not names or "serves other models" in fault.cure:
            return outcome
        error = outcome.response.error.removesuffix(fault.cure).rstrip(". ")
        cure = f"{fault.cure}. {nearest(self.model.model, names)}"
        response = replace(outcome.response, error=f"{error}. {cure}")
        return replace(outcome, response=response, fault=replace(fault, cure=cure))

    def count(self, response: Response) -> None:
        """Add what a response cost; a failure without a count cost nothing."""
        if response.status == "failed" and response.input_tokens is None:
            return
        for name in ("input_tokens", "output_tokens"):
            before, more = getattr(self, name), getattr(response, name)
            setattr(self, name, None if before is None or more is None else before + more)

    async def aclose(self) -> None:
        """Let go of connections."""
        if self._link is not None:
            await self._link.aclose()


def _wait(fault: Fault | None, attempt: int) -> float | None:
    """Seconds until the next try; None where there is to be none."""
    if fault is None or not fault.passes or fault.kind == "timeout" or attempt == _TRIES - 1:
        return None
    wait = 0.5 if fault.retry_after_s is None else fault.retry_after_s
    return wait if wait <= _LONGEST_WAIT_S else None
