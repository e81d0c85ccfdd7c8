"""Questions to tensors: those about one picture share its tokens, and see nothing of each other.

Vision tokens are most of a short question's length. Most conversations begin alike: the user's turn
opens with the picture. That beginning is computed once for each picture, and whatever is asked
continues from its keys and values, so that what is computed is the same as in a conversation of its
own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import torch

from mllmsent.prompts import Message
from training.language import CHAT_TEMPLATE, END_OF_TURN
from training.questions import IMAGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.questions import Answer, Asked

__all__ = ["Batch", "Packer", "Segment", "batches_of", "chat_messages"]

_CHOICES = 10
_STEP = 16


@dataclass(frozen=True, slots=True)
class Segment:
    """A question about a picture and its answer, as tokens.

    Attributes:
        picture: Number of the picture in its step.
        is_shared: Whether the conversation begins with the picture, as most do; what comes before
            and the picture are left out then.
        question: Token ids before the answer.
        answer: Token ids of one right answer, its end included.
        wanted: For every token of the answer, the tokens that may stand there with their shares.
    """

    picture: int
    is_shared: bool
    question: tuple[int, ...]
    answer: tuple[int, ...]
    wanted: tuple[tuple[tuple[int, float], ...], ...]

    def __len__(self) -> int:
        return len(self.question) + len(self.answer)


@dataclass(frozen=True)
class Batch:
    """Segments of about equal length as tensors.

    Attributes:
        is_shared: Whether the segments continue from the shared beginning.
        ids: Token ids, padded on the right, shape (segments, length).
        pictures: Number of each segment's picture, shape (segments,).
        places: Flat index (segment x length + column) of each token that predicts, shape (answers,).
        wanted: Tokens that may follow it, shape (answers, 10).
        shares: Their shares, 0 where there are fewer, shape (answers, 10).
        weights: How much each prediction counts, shape (answers,); those of an answer of n tokens
            count 1/sqrt(n) each, so that descriptions do not drown one-word labels.
    """

    is_shared: bool
    ids: torch.Tensor
    pictures: torch.Tensor
    places: torch.Tensor
    wanted: torch.Tensor
    shares: torch.Tensor
    weights: torch.Tensor


class Packer:
    """Turns questions into rows with a tokenizer.

    Args:
        tokenizer: The tokenizer.
        image_tokens: How many tokens stand for a picture.
    """

    def __init__(self, tokenizer: Any, image_tokens: int) -> None:
        self.tokenizer = tokenizer
        self.image_tokens = image_tokens
        self._encode = lru_cache(maxsize=50_000)(self._encoded)
        self._prompt = lru_cache(maxsize=50_000)(self._prompted)
        self.beginning, _ = self._prompted((Message("user", (IMAGE,)),))

    def segment(self, picture: int, asked: Asked, chance: float) -> Segment:
        """A question and its answer as tokens.

        Args:
            picture: Number of its picture in the step.
            asked: The question.
            chance: In [0, 1): chooses which right answer is gone through.
        """
        before, after = self._prompt(asked.messages)
        is_shared = before == self.beginning
        answer, wanted = self._answer(asked.answer, chance)
        return Segment(picture, is_shared, after if is_shared else before + after, answer, wanted)

    def prompt(self, messages: tuple[Message, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Token ids of a conversation up to the picture's end, and from there to the answer."""
        return self._prompt(messages)

    def _prompted(self, messages: tuple[Message, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        text = self.tokenizer.apply_chat_template(
            chat_messages(messages),
            chat_template=CHAT_TEMPLATE,
            tokenize=False,
            add_generation_prompt=True,
        )
        before, after = text.split(IMAGE)
        picture = (self.tokenizer.convert_tokens_to_ids(IMAGE),) * self.image_tokens
        return self._encode(before) + picture, self._encode(after)

    def _answer(
        self, answer: Answer, chance: float
    ) -> tuple[tuple[int, ...], tuple[tuple[tuple[int, float], ...], ...]]:
        head, lead = answer.head.rstrip(" "), answer.head[len(answer.head.rstrip(" ")) :]
        # a space belongs to the word after it
        ids = self._encode(head)
        end = (*self._encode(answer.tail), self.tokenizer.convert_tokens_to_ids(END_OF_TURN))
        ways = [(self._encode(lead + text) + end, share) for text, share in answer.choices.items()]
        chosen = _drawn(ways, chance)
        wanted: list[tuple[tuple[int, float], ...]] = [((token, 1.0),) for token in ids]
        for place in range(len(chosen)):
            ways = [way for way in ways if way[0][:place] == chosen[:place]]
            following: dict[int, float] = {}
            for way, share in ways:
                following[way[place]] = following.get(way[place], 0.0) + share
            total = sum(following.values())
            wanted.append(tuple((key, share / total) for key, share in following.items()))
        return ids + chosen, tuple(wanted)

    def _encoded(self, text: str) -> tuple[int, ...]:
        return tuple(self.tokenizer.encode(text, add_special_tokens=False))


def chat_messages(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """A rendered question in the form that chat templates take."""
    return [
        {
            "role": message.role,
            "content": [
                {"type": "image"} if part == IMAGE else {"type": "text", "text": part}
                for part in message.parts
            ],
        }
        for message in messages
    ]


def batches_of(segments: Sequence[Segment], pad: int, most: int = 4) -> list[Batch]:
    """Segments as a few batches, cut by length where that pads least.

    Args:
        segments: The segments.
        pad: Token id for padding.
        most: Largest number of batches among those that share their beginning.
    """
    batches = []
    for is_shared in (True, False):
        ordered = sorted((s for s in segments if s.is_shared is is_shared), key=len)
        if ordered:
            cuts = _cheapest([_rounded(len(segment)) for segment in ordered], most)
            batches += [_batch(ordered[start:end], pad) for start, end in pairwise(cuts)]
    return batches


def _batch(segments: Sequence[Segment], pad: int) -> Batch:
    length = _rounded(max(map(len, segments)))
    ids = torch.full((len(segments), length), pad)
    places: list[int] = []
    wanted: list[list[int]] = []
    shares: list[list[float]] = []
    weights: list[float] = []
    for number, segment in enumerate(segments):
        ids[number, : len(segment)] = torch.tensor(segment.question + segment.answer)
        first = number * length + len(segment.question) - 1
        places.extend(range(first, first + len(segment.answer)))
        for ways in segment.wanted:
            spare = _CHOICES - len(ways)
            wanted.append([token for token, _ in ways] + [0] * spare)
            shares.append([share for _, share in ways] + [0.0] * spare)
        weights.extend([len(segment.answer) ** -0.5] * len(segment.answer))
    return Batch(
        is_shared=segments[0].is_shared,
        ids=ids,
        pictures=torch.tensor([segment.picture for segment in segments]),
        places=torch.tensor(places),
        wanted=torch.tensor(wanted),
        shares=torch.tensor(shares),
        weights=torch.tensor(weights),
    )


def _drawn(ways: Sequence[tuple[tuple[int, ...], float]], chance: float) -> tuple[int, ...]:
    *others, last = ways
    for way, share in others:
        chance -= share
        if chance < 0:
            return way
    return last[0]


def _rounded(length: int) -> int:
    return -(-length // _STEP) * _STEP


def _cheapest(lengths: Sequence[int], most: int) -> list[int]:
    """Where to cut ascending lengths into at most `most` batches of the least padded area."""
    count = len(lengths)
    best = [(0, [0]), *((end * lengths[end - 1], [0, end]) for end in range(1, count + 1))]
    for _ in range(most - 1):
        best = [
            min(
                [
                    best[end],
                    *(
                        (best[cut][0] + (end - cut) * lengths[end - 1], [*best[cut][1], end])
                        for cut in range(1, end)
                    ),
                ]
            )
            for end in range(count + 1)
        ]
    return best[count][1]
