"""What is usually done: every text is filled up to the most tokens that the model reads."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import torch
from benchmarks.text_stage.checkpoint import CONTEXT

from mllmsent.text.transformer.tokens import Encoded, Tokens, read_tokenizer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Padded(Tokens):
    """A tokenizer that fills every text up to 512 tokens, and lets nobody see how long it was."""

    def encode(
        self, texts: Sequence[str], max_length: int, pairs: Sequence[str] | None = None
    ) -> Encoded:
        """Texts as tokens, all of one length to whoever asks."""
        found = Tokens.encode(self, texts, max_length, pairs)
        return AllAlike(found.ids, found.cut)

    def padded(
        self, ids: Sequence[Sequence[int]], device: torch.device
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(texts, 512) tokens and mask."""
        words, mask = Tokens.padded(self, ids, device)
        wide = (0, CONTEXT - words.shape[1])
        filled = torch.nn.functional.pad(words, wide, value=self.pad_id)
        return filled, torch.nn.functional.pad(mask, wide)


class AllAlike(Encoded):
    """Texts that are batched as if they were of one length."""

    @property
    def lengths(self) -> list[int]:
        """512 tokens each."""
        return [CONTEXT] * len(self.ids)


@contextmanager
def fixed_padding() -> Iterator[None]:
    """Inside, classifiers pad every text to 512 tokens."""

    def padded(checkpoint: Any) -> Tokens:
        found = read_tokenizer(checkpoint)
        return Padded(found.tokenizer, found.pad_id, found.longest)

    with patch("mllmsent.text.transformer.backbone.read_tokenizer", padded):
        yield
