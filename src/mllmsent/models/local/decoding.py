"""Writing answers: the next token of every row, until each has come to its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mllmsent.models.local.forward import extend, take_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import torch

    from mllmsent.models.local.constraints import Grammar, Walk
    from mllmsent.models.local.forward import State
    from mllmsent.models.local.loading import Loaded
    from mllmsent.models.local.sampling import Sampling

__all__ = ["StoppedError", "Writing", "Written", "write"]


class StoppedError(Exception):
    """Whoever asked no longer waits for the answer."""


@dataclass(frozen=True)
class Writing:
    """How one row is to be written; it stays as it is, so that it can be written again.

    Attributes:
        prompt: Token ids of its prompt, for penalties on repetition.
        max_tokens: Most tokens of the answer.
        sampling: How the next token is chosen.
        grammar: What a structured answer allows; None for free text.
        min_tokens: The answer does not end before it has so many.
    """

    prompt: Sequence[int]
    max_tokens: int
    sampling: Sampling
    grammar: Grammar | None = None
    min_tokens: int = 0


@dataclass
class Written:
    """An answer.

    Attributes:
        ids: Its tokens, without the one that ended it.
        stop_reason: "stop" where the model ended it, "length" where it was cut.
    """

    ids: list[int] = field(default_factory=list)
    stop_reason: str = "length"


@dataclass
class _Pen:
    """Where the writing of one row stands: whatever changes with its tokens is here."""

    row: Writing
    answer: Written
    walk: Walk | None
    dice: torch.Generator | None


def write(
    loaded: Loaded,
    state: State,
    rows: Sequence[Writing],
    *,
    stopped: Callable[[], bool] = lambda: False,
) -> list[Written]:
    """Write the answers of all rows.

    Rows that have ended are taken out as soon as they are half of the batch, so that a batch of one
    long answer and many short ones costs little more than the long one.

    Args:
        loaded: The model.
        state: Where the rows stand, one per row; used up.
        rows: How each is written.
        stopped: Whether to break off.

    Raises:
        StoppedError: If `stopped` said so.
    """
    import torch  # noqa: PLC0415 - heavy

    pens = [_taken_up(row) for row in rows]
    alive = list(range(len(rows)))  # row of the state -> row of the batch
    ended = {number for number, row in enumerate(rows) if row.max_tokens < 1}
    logits = state.logits
    while len(ended) < len(rows):
        if stopped():
            raise StoppedError
        chosen = _choose(logits, [pens[number] for number in alive], loaded.eos_ids)
        for number, token in zip(alive, chosen, strict=True):
            if number not in ended and _takes(pens[number], token, loaded.eos_ids):
                ended.add(number)
        if len(ended) == len(rows):
            break
        staying = [place for place, number in enumerate(alive) if number not in ended]
        if len(staying) <= len(alive) // 2:
            state = take_rows(state, staying)
            alive = [alive[place] for place in staying]
            chosen = [chosen[place] for place in staying]
        ids = torch.tensor(chosen, device=loaded.device)[:, None]
        logits = extend(loaded, state, ids, torch.ones_like(ids))
    return [pen.answer for pen in pens]


def _taken_up(row: Writing) -> _Pen:
    walk = None
    if row.grammar is not None:
        from mllmsent.models.local.constraints import Walk  # noqa: PLC0415 - optional library

        walk = Walk(row.grammar)
    return _Pen(row, Written(), walk, row.sampling.dice())


def _takes(pen: _Pen, token: int, ends: Sequence[int]) -> bool:
    """Put the next token to an answer; whether that was its last."""
    answer = pen.answer
    if token in ends:
        answer.stop_reason = "stop"
        return True
    answer.ids.append(token)
    if pen.walk is not None:
        pen.walk.accept(token)
        if pen.walk.finished:  # nothing but the end may follow: it need not be waited for
            answer.stop_reason = "stop"
            return True
    return len(answer.ids) >= pen.row.max_tokens


def _choose(logits: torch.Tensor, pens: Sequence[_Pen], ends: Sequence[int]) -> list[int]:
    """The next token of each row."""
    for place, pen in enumerate(pens):
        # A structured answer is as long as it must be.
        if pen.walk is None and len(pen.answer.ids) < pen.row.min_tokens:
            logits[place, list(ends)] = float("-inf")
    walks = [pen.walk for pen in pens]
    if any(walk is not None for walk in walks):
        from mllmsent.models.local.constraints import mask_rows  # noqa: PLC0415 - optional library

        mask_rows(walks, logits)
    if all(pen.row.sampling.is_greedy for pen in pens):
        found: Any = logits.argmax(-1).tolist()
        return list(found)
    return [
        pen.row.sampling.choose(logits[place], pen.row.prompt, pen.answer.ids, pen.dice)
        for place, pen in enumerate(pens)
    ]
