"""A limit in US dollars that a run does not pass.

Before a request is sent, the most that its answer can cost is set aside; when the answer is there,
what it did cost takes that place. What was spent and what is set aside are never more than the limit
together, in whatever order answers arrive. Who finds no room waits while others are under way, since
they will cost less than was set aside for them, and stops when nobody is.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mllmsent.foundation.errors import InputError
from mllmsent.models import dollars

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mllmsent.models import Pricing
    from mllmsent.models.interface import Request, Response
    from mllmsent.pathways.interface import Question

__all__ = ["Budget", "check_budget"]

_PER_DOLLAR = 10**12
"""Money is counted in whole millionths of a millionth of a dollar: sums of those are exact."""


class Budget:
    """What a run may spend, and how much of that is left.

    Args:
        limit: US dollars.
        pricing: Model to how it is charged. One without a price has no room: see `check_budget`.
    """

    def __init__(self, limit: float, pricing: Mapping[str, Pricing]) -> None:
        self.limit = limit
        self._pricing = pricing
        self._spent = self._set_aside = self._under_way = 0
        self._began = datetime.now(UTC)
        self._was_short = False
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def spent(self) -> float:
        """US dollars that answers cost so far."""
        return self._spent / _PER_DOLLAR

    @property
    def set_aside(self) -> float:
        """US dollars that answers under way may still cost."""
        return self._set_aside / _PER_DOLLAR

    @property
    def reason(self) -> str:
        """Why no more is asked."""
        # The same for every model, however much was spent when it was stopped.
        return (
            f"what is left of the budget of {dollars(self.limit)} may not be enough for the next "
            "answer"
        )

    @property
    def advice(self) -> str:
        """What a reader of the run must know; empty where the budget was enough."""
        if not self._was_short:
            return ""
        return (
            f"The budget of {dollars(self.limit)} was held: {dollars(self.spent)} was spent. Run "
            "the study again to ask the rest, with as much anew or with another `--budget`."
        )

    def reserve(self, model: str, *requests: Request) -> bool:
        """Set aside the most that requests can cost, all or none of them.

        Args:
            model: Who is asked.
            requests: What is about to be sent.

        Returns:
            Whether there was room. Then each has to be settled.
        """
        most = [self._most(model, request) for request in requests]
        wanted = sum(each for each in most if each is not None)
        limit = math.floor(self.limit * _PER_DOLLAR)
        if None in most or self._spent + self._set_aside + wanted > limit:
            return False
        self.take_up(model, *requests)
        self._wake_next()  # there may be room for more
        return True

    def take_up(self, model: str, *requests: Request) -> None:
        """Count as under way what an earlier run has sent, whether there is room for it or not.

        Args:
            model: Who was asked.
            requests: What was sent. Each has to be settled.
        """
        for request in requests:
            most = self._most(model, request) or 0
            self._set_aside += most
            self._under_way += most > 0

    def settle(self, model: str, request: Request, response: Response | None) -> None:
        """Put what an answer cost in the place of what was set aside for it.

        Args:
            model: Who was asked.
            request: What was sent.
            response: What came back; None if it was not sent after all. An answer whose cost is not
                known, and a failure of which it is not known that nothing was answered, count as
                the most that they can have cost.
        """
        most = self._most(model, request) or 0
        self._set_aside -= most
        self._under_way -= most > 0
        if response is not None:
            self._spent += self._cost(model, response, most)
        self._wake_next()
        while not self._under_way and self._waiting:
            self._wake_next()  # nothing will wake them any more

    async def room(self) -> bool:
        """Wait until there may be room, since something under way was settled.

        Returns:
            Whether anything was under way: if not, there will be no more room.
        """
        if not self._under_way:
            self._was_short = True
            return False
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        await turn
        return True

    def _wake_next(self) -> None:
        """Let the one who has waited longest look again: a thousand may wait, and one fits."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # who was canceled waits no more
                turn.set_result(None)
                return

    def _most(self, model: str, request: Request) -> int | None:
        # By the prices of one moment: what is set aside is what is taken back.
        most = self._pricing[model].most(request, at=self._began)
        return None if most is None else _counted(most)

    def _cost(self, model: str, response: Response, most: int) -> int:
        cost = self._pricing[model].cost_of(response)
        if cost is not None:
            return _counted(cost)
        unsent = response.status == "failed" and (response.hopeless or not response.attempts)
        return 0 if unsent else most


def _counted(amount: float) -> int:
    return math.ceil(amount * _PER_DOLLAR)


def check_budget(pricing: Mapping[str, Pricing], questions: Iterable[Question]) -> None:
    """Refuse what no budget can be held with, before anything is asked.

    Args:
        pricing: Model to how it is charged.
        questions: What is to be asked.

    Raises:
        InputError: If a model's price is unknown, or nothing limits the length of its answers.
    """
    checked: set[str] = set()
    for question in questions:
        name, charged = question.model, pricing[question.model]
        if charged.free:
            continue
        if name not in checked and not charged.is_known:
            raise InputError(
                "The price of this model is not known, so no budget can be held.",
                item=f"models: {name}",
                cure="Give its `prices`, `{input: 0.5, output: 2}` in US dollars per million tokens "
                "or the model whose prices it has, or leave the budget out.",
            )
        checked.add(name)
        if charged.most(question.request) is None:
            raise InputError(
                "Nothing limits the length of its answers, so no budget can be held.",
                item=f"models: {name}",
                cure="Set `max_tokens` in its settings, or leave the budget out.",
            )
