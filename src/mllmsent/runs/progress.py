"""The live display of a run: per model what is done, cached and failed, how fast, and when it ends."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mllmsent.foundation.errors import printable
from mllmsent.models import dollars

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from rich.console import Console, RenderableType
    from rich.live import Live

    from mllmsent.models import Pricing
    from mllmsent.models.batches import BatchState
    from mllmsent.models.interface import Response

__all__ = ["Display", "Silent"]

LINE_EVERY_S = 10.0
"""Without a terminal, a line is printed this often instead of a moving picture."""


class Silent:
    """An observer that shows nothing."""

    def expects(self, model: str, pricing: Pricing, cost_usd: float | None) -> None:
        """See `Observer`."""

    def begins(self, model: str, *, asked: int, cached: int) -> None:
        """See `Observer`."""

    def answered(self, model: str, response: Response) -> None:
        """See `Observer`."""

    def stopped(self, model: str, reason: str) -> None:
        """See `Observer`."""

    def batch(self, model: str, state: BatchState) -> None:
        """See `Observer`."""

    def noticed(self, model: str, what: str) -> None:
        """See `Observer`."""


@dataclass
class _Count:
    asked: int
    cached: int
    done: int = 0
    refused: int = 0
    failed: int = 0
    cost: float | None = None
    batches: dict[str, BatchState] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)
    ended: float | None = None

    @property
    def in_batches(self) -> str:
        """How far the batches are that are under way; empty without any."""
        under_way = [state for state in self.batches.values() if state.status == "working"]
        total = sum(state.total for state in under_way)
        done = sum(state.done or 0 for state in under_way)
        return f"{done:,}/{total:,}" if total else ""

    @property
    def rate(self) -> float:
        elapsed = (self.ended or time.monotonic()) - self.began
        return self.done / elapsed if elapsed > 0 else 0.0

    @property
    def left_s(self) -> float | None:
        # Batches arrive whole: told after the first answer of the first, it would be far too long.
        # And when a provider will be done with its batches, nobody knows.
        if self.done * 100 < self.asked or self.batches:
            return None
        return (self.asked - self.done) / self.rate if self.rate else None


class Display:
    """An observer that shows a live table, or a line now and then where there is no terminal.

    Args:
        console: Where to show it.
        below: What is shown below the table: what this machine computes itself.
    """

    def __init__(self, console: Console, below: RenderableType = "") -> None:
        self._console = console
        self._below = below
        self._counts: dict[str, _Count] = {}
        self._pricing: dict[str, Pricing] = {}
        self._expected: dict[str, float | None] = {}
        self._live: Live | None = None
        self._last_line = time.monotonic()

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            from rich.live import Live  # noqa: PLC0415 - only where something is shown

            self._live = Live(
                get_renderable=self._shown, console=self._console, refresh_per_second=4
            )
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()
        elif self._counts:
            self._print_lines()

    def expects(self, model: str, pricing: Pricing, cost_usd: float | None) -> None:
        """See `Observer`."""
        self._pricing[model] = pricing
        before = self._expected.get(model, 0.0)
        self._expected[model] = None if before is None or cost_usd is None else before + cost_usd

    def begins(self, model: str, *, asked: int, cached: int) -> None:
        """See `Observer`."""
        count = self._counts.get(model)
        if count is None:
            self._counts[model] = _Count(asked, cached)
        else:  # a second round, about the answers of the first
            count.asked, count.cached, count.ended = (
                count.asked + asked,
                count.cached + cached,
                None,
            )
        self._last_line = time.monotonic()

    def answered(self, model: str, response: Response) -> None:
        """See `Observer`."""
        count = self._counts[model]
        count.done += 1
        count.refused += response.status == "refused"
        count.failed += response.status == "failed"
        cost = self._pricing[model].cost_of(response) if model in self._pricing else None
        if cost is not None:
            count.cost = (count.cost or 0.0) + cost
        if count.done == count.asked:
            count.ended = time.monotonic()
        if self._live is None and time.monotonic() - self._last_line > LINE_EVERY_S:
            self._print_lines()

    def stopped(self, model: str, reason: str) -> None:
        """See `Observer`."""
        self._console.print(
            printable(f"{model}: {reason}"), style="red", markup=False, highlight=False
        )

    def batch(self, model: str, state: BatchState) -> None:
        """See `Observer`."""
        batches = self._counts[model].batches
        before = batches.get(state.id)
        batches[state.id] = state
        if before is not None and before.status == state.status:
            return
        what = {"working": "is under way", "ended": "has ended", "refused": "was refused"}
        line = f"{model}: batch {state.id}, {state.total:,} requests, {what[state.status]}"
        if state.status == "working" and state.expires_at is not None:
            line += f", until {state.expires_at:%Y-%m-%d %H:%M} UTC at the latest"
        if state.error:
            line += f": {state.error}"
        self._console.print(printable(line), markup=False, highlight=False)

    def noticed(self, model: str, what: str) -> None:
        """See `Observer`."""
        self._console.print(
            printable(f"{model} {what}"), style="yellow", markup=False, highlight=False
        )

    def _print_lines(self) -> None:
        self._last_line = time.monotonic()
        for model, count in self._counts.items():
            left = count.left_s if count.done < count.asked else None
            parts = [
                f"{count.done}/{count.asked} done",
                f"{count.in_batches} worked on in batches" if count.in_batches else "",
                f"{count.cached} cached",
                f"{count.refused} refused" if count.refused else "",
                f"{count.failed} failed" if count.failed else "",
                f"{count.rate:.1f}/s" if count.done else "",
                f"{_duration(left)} left" if left is not None else "",
                self._cost(model, count),
            ]
            line = f"{model}: " + ", ".join(part for part in parts if part)
            self._console.print(printable(line), markup=False, highlight=False)

    def _cost(self, model: str, count: _Count) -> str:
        """What was spent, and what was expected: "$0.12 of ~$0.50"; empty where nothing is known."""
        if count.cost is None:
            return ""
        expected = self._expected.get(model)
        return dollars(count.cost) + (f" of ~{dollars(expected)}" if expected else "")

    def _shown(self) -> RenderableType:
        from rich.console import Group  # noqa: PLC0415 - rich is slow to import

        # Nobody is asked where descriptions come with the dataset.
        return Group(self._table(), self._below) if self._counts else self._below

    def _table(self) -> RenderableType:
        from rich.progress_bar import ProgressBar  # noqa: PLC0415 - rich is slow to import
        from rich.table import Table  # noqa: PLC0415 - likewise
        from rich.text import Text  # noqa: PLC0415 - likewise

        table = Table(box=None, pad_edge=False)
        titles = ["model", "", "done", "cached", "refused", "failed", "per s", "left", "cost"]
        in_batches = any(count.in_batches for count in self._counts.values())
        for title in titles + ["in batches"] * in_batches:
            table.add_column(title, justify="left" if title in {"model", ""} else "right")
        for model, count in self._counts.items():
            left = count.left_s if count.done < count.asked else 0.0
            table.add_row(
                Text(printable(model)),
                ProgressBar(
                    total=max(count.asked, 1), completed=count.done or (not count.asked), width=24
                ),
                f"{count.done}/{count.asked}",
                str(count.cached),
                str(count.refused),
                Text(str(count.failed), style="red" if count.failed else ""),
                f"{count.rate:.1f}",
                "" if left is None else _duration(left),
                self._cost(model, count),
                *([count.in_batches] if in_batches else []),
            )
        return table


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
