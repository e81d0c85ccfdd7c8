"""How many rows are computed at once: found from memory, halved where it does not suffice."""

from __future__ import annotations

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
    "starting_rows",
]

_MOST_ON_CPU = 128
_MOST_ON_GPU = 512
_SHARE = 0.5
"""Part of the free memory that keys and values may fill; the rest is for a pass itself."""

_LEAST_FILLED = 0.8
"""Rows that fill less of the longest are read apart from it."""

Item = TypeVar("Item")


@dataclass
class RowLimit:
    """The most rows at once; only ever lowered.

    Attributes:
        rows: The limit now.
        halved: How often memory did not suffice.
    """

    rows: int
    halved: int = 0

    def halve(self, tried: int) -> bool:
        """Lower the limit below what was tried; False where nothing is left to lower."""
        if tried <= 1:
            return False
        self.rows = max(1, min(self.rows, tried) // 2)
        self.halved += 1
        return True


def starting_rows(loaded: Loaded, tokens: int, free_bytes: int | None) -> int:
    """How many rows of a length should fit.

    Args:
        loaded: The model.
        tokens: Tokens of the longest row, its answer included.
        free_bytes: Free memory of the device; None where it is not known.
    """
    most = _MOST_ON_CPU if loaded.device.type == "cpu" else _MOST_ON_GPU
    if free_bytes is None:
        return most
    vocabulary = getattr(loaded.model.config.get_text_config(), "vocab_size", 0)
    # Logits are held three times in 32 bit: as they come, as probabilities, and while one becomes
    # the other.
    row = tokens * bytes_per_token(loaded) + 12 * vocabulary
    return max(1, min(most, int(_SHARE * free_bytes // max(1, row))))


def bytes_per_token(loaded: Loaded) -> int:
    """Memory of one token's keys and values over all layers."""
    text = loaded.model.config.get_text_config()
    heads = getattr(text, "num_key_value_heads", None) or text.num_attention_heads
    width = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    return int(2 * text.num_hidden_layers * heads * width * loaded.dtype.itemsize)


def packed(items: Sequence[Item], rows: Sequence[int], limit: RowLimit) -> Iterator[list[Item]]:
    """Neighbors together, up to the limit; an item with more rows than that stands alone.

    Args:
        items: In an order in which neighbors are alike in length.
        rows: How many rows each needs.
        limit: Read anew for every batch, since a batch may lower it.
    """
    batch: list[Item] = []
    filled = 0
    for item, needed in zip(items, rows, strict=True):
        if batch and filled + needed > limit.rows:
            yield batch
            batch, filled = [], 0
        batch.append(item)
        filled += needed
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
    return isinstance(error, RuntimeError) and any(
        sign in words
        for sign in ("out of memory", "can't allocate memory", "cannot allocate memory")
    )
