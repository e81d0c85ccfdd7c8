"""How many rows are computed at once: found from memory, halved where it does not suffice."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mllmsent.models.local.loading import Loaded

__all__ = [
    "RowLimit",
    "alike_in_length",
    "bytes_per_token",
    "is_out_of_memory",
    "packed",
    "starting_limit",
]

_MOST_ON_CPU = 128
_MOST_ON_GPU = 512
_MOST_ANSWERS = 4096
_SHARE = 0.5
"""Part of the free memory that keys and values may fill; the rest is for a pass itself."""

_LEAST_FILLED = 0.8
"""Rows that fill less of the longest are read apart from it."""

_OUT_OF_MEMORY = (
    "out of memory",
    "can't allocate memory",
    "cannot allocate memory",
    "alloc_failed",  # CUBLAS_STATUS_ALLOC_FAILED and its like
)

Item = TypeVar("Item")


@dataclass
class RowLimit:
    """How much is computed at once; only ever lowered.

    Memory is counted in tokens: one long question that it did not suffice for says nothing against
    many short ones.

    Attributes:
        rows: Most rows, however short they are.
        tokens: Most tokens of all rows, answers and padding included; infinite where nobody knows.
        beside: What a row takes besides its tokens, in tokens.
        answers: Most candidates scored at once.
        halved: How often memory did not suffice.
    """

    rows: int
    tokens: float = math.inf
    beside: float = 0.0
    answers: int = _MOST_ANSWERS
    halved: int = 0

    def rows_of(self, longest: int) -> int:
        """Most rows of which the longest has so many tokens."""
        return max(1, int(min(self.rows, self.tokens / (longest + self.beside))))

    def answers_to(self, longest: int) -> int:
        """Most candidates at once: each has a copy of what was read, beside the rows themselves."""
        return max(1, int(min(self.answers, self.tokens / 2 / (longest + self.beside))))

    def halve(self, tried: int, longest: int, candidates: int) -> bool:
        """Lower the limit below what was tried.

        Args:
            tried: How many rows there were.
            longest: Tokens of the longest.
            candidates: How many candidates it has.

        Returns:
            False where nothing is left to lower.
        """
        if tried > 1:
            self.tokens = min(self.tokens, tried * (longest + self.beside) / 2)
        elif min(candidates, self.answers_to(longest)) > 1:
            self.answers = min(candidates, self.answers_to(longest)) // 2
        else:
            return False
        self.halved += 1
        return True


def starting_limit(loaded: Loaded, free_bytes: int | None) -> RowLimit:
    """How much should fit.

    Args:
        loaded: The model.
        free_bytes: Free memory of the device; None where it is not known.
    """
    most = _MOST_ON_CPU if loaded.device.type == "cpu" else _MOST_ON_GPU
    if free_bytes is None:
        return RowLimit(most)
    token = max(1, bytes_per_token(loaded))
    vocabulary = getattr(loaded.model.config.get_text_config(), "vocab_size", 0)
    # Logits are held three times in 32 bit: as they come, as probabilities, and while one becomes
    # the other.
    return RowLimit(most, _SHARE * free_bytes / token, 12 * vocabulary / token)


def bytes_per_token(loaded: Loaded) -> int:
    """Memory of one token's keys and values over all layers."""
    text = loaded.model.config.get_text_config()
    heads = getattr(text, "num_key_value_heads", None) or text.num_attention_heads
    width = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    return int(2 * text.num_hidden_layers * heads * width * loaded.dtype.itemsize)


def packed(
    items: Sequence[Item], rows: Sequence[int], lengths: Sequence[int], limit: RowLimit
) -> Iterator[list[Item]]:
    """Neighbors together, up to the limit; an item with more rows than that stands alone.

    Args:
        items: In an order in which neighbors are alike in length.
        rows: How many rows each needs.
        lengths: Tokens of the longest row of each.
        limit: What fits.
    """
    batch: list[Item] = []
    filled = longest = 0
    for item, needed, length in zip(items, rows, lengths, strict=True):
        if batch and filled + needed > limit.rows_of(max(longest, length)):
            yield batch
            batch, filled, longest = [], 0, 0
        batch.append(item)
        filled += needed
        longest = max(longest, length)
    if batch:
        yield batch


def alike_in_length(lengths: Sequence[int], *, exactly: bool = False) -> list[list[int]]:
    """Positions of lengths in groups that waste little when each is padded to its longest.

    Args:
        lengths: How many tokens each row has.
        exactly: Whether a group may hold one length only.

    Returns:
        Groups, longest first; within a group at most a fifth of the longest is padding.
    """
    groups: list[list[int]] = []
    for place in sorted(range(len(lengths)), key=lambda place: -lengths[place]):
        longest = lengths[groups[-1][0]] if groups else 0
        near = lengths[place] == longest if exactly else lengths[place] >= _LEAST_FILLED * longest
        if groups and near:
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory did not suffice, on any device."""
    import torch  # noqa: PLC0415 - heavy

    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    words = str(error).lower()
    return isinstance(error, RuntimeError) and any(sign in words for sign in _OUT_OF_MEMORY)
