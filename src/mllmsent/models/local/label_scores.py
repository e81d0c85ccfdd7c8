"""The likelihood of each answer that is possible: the prompt read once, the answers in one pass.

An answer is scored token by token, the token that ends it included, so that the scores of "joy" and
"joyful" are of different events. Tokens of an answer are put behind the prompt's own, which stay as
they are: another cut would be another sequence than the one the model would write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.models.local.forward import branch, can_branch, extend, take_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mllmsent.models.local.forward import State
    from mllmsent.models.local.loading import Loaded

__all__ = ["answer_ids", "score_answers"]

_LOGITS_AT_ONCE = 64 * 1024 * 1024
"""How many numbers one pass may give: a large vocabulary times many answers fills a memory."""

_Pair = tuple[int, tuple[int, ...]]
"""A row and the token ids of an answer in it."""


def score_answers(
    loaded: Loaded, state: State, answers: Sequence[Sequence[Sequence[int]]], at_once: int
) -> list[list[float]]:
    """Summed log-likelihoods, in nats.

    Args:
        loaded: The model.
        state: Where each row stands after its prompt; stays as it is.
        answers: For each row, the token ids of every answer, its end included.
        at_once: Most answers in one pass where each has a copy of its row's keys and values. Where
            attention takes any mask, the answers of a row share one copy: it then is the most rows,
            and the most answers of a row.

    Returns:
        For each row, the log-likelihood of each answer.
    """
    import torch  # noqa: PLC0415 - heavy

    first = torch.log_softmax(state.logits, -1)
    pairs = [(row, tuple(ids)) for row, each in enumerate(answers) for ids in each]
    scores: list[float] = first[[row for row, _ in pairs], [ids[0] for _, ids in pairs]].tolist()
    longer = [number for number, (_, ids) in enumerate(pairs) if len(ids) > 1]
    rest = _side_by_side if can_branch(loaded, state) else _one_by_one
    for number, score in rest(loaded, state, pairs, longer, at_once):
        scores[number] += score
    found = iter(scores)
    return [[next(found) for _ in each] for each in answers]


def _side_by_side(
    loaded: Loaded, state: State, pairs: Sequence[_Pair], longer: Sequence[int], at_once: int
) -> Iterator[tuple[int, float]]:
    """Log-likelihood of all tokens but the first; all answers to a prompt in its own row."""
    import torch  # noqa: PLC0415 - torch takes seconds to import

    of_row: dict[int, list[int]] = {}
    for number in longer:
        of_row.setdefault(pairs[number][0], []).append(number)
    bundles = [
        (row, numbers[start : start + at_once])
        for row, numbers in of_row.items()
        for start in range(0, len(numbers), at_once)
    ]
    # Bundles of like length go together: what pads the shorter ones is computed for nothing.
    bundles.sort(key=lambda bundle: _fed(pairs, bundle[1]))
    while bundles:
        width = _fed(pairs, bundles[-1][1])
        size = max(1, min(at_once, _LOGITS_AT_ONCE // (width * state.logits.shape[-1])))
        part, bundles = sorted(bundles[-size:]), bundles[:-size]
        rows = [row for row, _ in part]
        logits = branch(
            loaded,
            state if rows == list(range(len(state.mask))) else take_rows(state, rows),
            [[pairs[number][1][:-1] for number in numbers] for _, numbers in part],
        )
        following = [[token for n in numbers for token in pairs[n][1][1:]] for _, numbers in part]
        wanted = torch.tensor(
            [tokens + [0] * (width - len(tokens)) for tokens in following], device=loaded.device
        )
        steps = torch.log_softmax(logits, -1).gather(-1, wanted[..., None])[..., 0].tolist()
        for (_, numbers), found in zip(part, steps, strict=True):
            values = iter(found)
            for number in numbers:
                yield number, sum(next(values) for _ in pairs[number][1][1:])


def _fed(pairs: Sequence[_Pair], numbers: Sequence[int]) -> int:
    """How many tokens of some answers are read: no last one is."""
    return sum(len(pairs[number][1]) - 1 for number in numbers)


def _one_by_one(
    loaded: Loaded, state: State, pairs: Sequence[_Pair], longer: Sequence[int], at_once: int
) -> Iterator[tuple[int, float]]:
    """The same with a row for each answer, where no mask can keep answers apart."""
    # Answers of like length go together: what pads the shorter ones is computed for nothing.
    left = sorted(longer, key=lambda number: len(pairs[number][1]))
    while left:
        width = len(pairs[left[-1]][1]) - 1
        size = max(1, min(at_once, _LOGITS_AT_ONCE // (width * state.logits.shape[-1])))
        part, left = left[-size:], left[:-size]
        yield from zip(part, _in_rows(loaded, state, [pairs[n] for n in part]), strict=True)


def _in_rows(loaded: Loaded, state: State, pairs: Sequence[_Pair]) -> list[float]:
    """Log-likelihood of all tokens but the first, given those before; a row each."""
    import torch  # noqa: PLC0415 - torch takes seconds to import

    width = max(len(ids) for _, ids in pairs)
    padded = torch.tensor(
        [list(ids) + [loaded.pad_id] * (width - len(ids)) for _, ids in pairs],
        device=loaded.device,
    )
    mask = torch.tensor(
        [[1] * len(ids) + [0] * (width - len(ids)) for _, ids in pairs], device=loaded.device
    )
    rows = take_rows(state, [row for row, _ in pairs])
    logits = extend(loaded, rows, padded[:, :-1], mask[:, :-1], every=True)
    steps = torch.log_softmax(logits, -1).gather(-1, padded[:, 1:, None])[..., 0]
    total: list[float] = (steps * mask[:, 1:]).sum(1).tolist()
    return total


def answer_ids(loaded: Loaded, prompt: str, text: str) -> tuple[int, ...]:
    """Token ids of an answer up to and with the token that ends it.

    Args:
        loaded: The model.
        prompt: What stands before it.
        text: The answer as the chat template writes it, its end included or not.
    """
    ids = _cut(loaded, prompt, text)
    for place, token in enumerate(ids):
        if token in loaded.eos_ids:
            return tuple(ids[: place + 1])
    # A template that writes no end may write a blank in its place, which no model says.
    return (*_cut(loaded, prompt, text.rstrip()), *loaded.eos_ids[:1])


def _cut(loaded: Loaded, prompt: str, text: str) -> list[int]:
    """Tokens of a text behind a prompt, whose own stay as they are."""
    before, whole, alone = loaded.tokenizer(
        [prompt, prompt + text, text], add_special_tokens=False
    )["input_ids"]
    # Some tokenizers (SentencePiece) begin whatever stands alone with a blank of their own.
    ids: list[int] = whole[len(before) :] if whole[: len(before)] == before else alone
    return ids
