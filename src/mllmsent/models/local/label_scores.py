"""The likelihood of each answer that is possible: the prompt read once, the answers in one pass.

An answer is scored token by token, the token that ends it included, so that the scores of "joy" and
"joyful" are of different events. Tokens of an answer are put behind the prompt's own, which stay as
they are: another cut would be another sequence than the one the model would write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.models.local.forward import extend, take_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mllmsent.models.local.forward import State
    from mllmsent.models.local.loading import Loaded

__all__ = ["answer_ids", "score_answers"]

_LOGITS_AT_ONCE = 64 * 1024 * 1024
"""How many numbers one pass may give: a large vocabulary times many answers fills a memory."""


def score_answers(
    loaded: Loaded, state: State, answers: Sequence[Sequence[Sequence[int]]], at_once: int
) -> list[list[float]]:
    """Summed log-likelihoods, in nats.

    Args:
        loaded: The model.
        state: Where each row stands after its prompt; stays as it is.
        answers: For each row, the token ids of every answer, its end included.
        at_once: Most answers in one pass; each has a copy of its row's keys and values.

    Returns:
        For each row, the log-likelihood of each answer.
    """
    import torch  # noqa: PLC0415 - heavy

    first = torch.log_softmax(state.logits, -1)
    pairs = [(row, tuple(ids)) for row, each in enumerate(answers) for ids in each]
    scores: list[float] = first[[row for row, _ in pairs], [ids[0] for _, ids in pairs]].tolist()
    # Answers of like length go together: what pads the shorter ones is computed for nothing.
    longer = sorted(
        (n for n, (_, ids) in enumerate(pairs) if len(ids) > 1), key=lambda n: len(pairs[n][1])
    )
    while longer:
        width = len(pairs[longer[-1]][1]) - 1
        size = max(1, min(at_once, _LOGITS_AT_ONCE // (width * state.logits.shape[-1])))
        part, longer = longer[-size:], longer[:-size]
        for number, score in zip(part, _rest(loaded, state, [pairs[n] for n in part]), strict=True):
            scores[number] += score
    found = iter(scores)
    return [[next(found) for _ in each] for each in answers]


def _rest(
    loaded: Loaded, state: State, pairs: Sequence[tuple[int, tuple[int, ...]]]
) -> list[float]:
    """Log-likelihood of all tokens but the first, given those before."""
    import torch  # noqa: PLC0415

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
