"""Asking a checkpoint as a user would: through its processor, its template and `generate`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from mllmsent.affect import get_scheme
from training.packing import chat_messages
from training.questions import ask

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mllmsent.affect import Scheme
    from mllmsent.prompts import Strategy

__all__ = ["Examinee"]

_BATCH = 50


@dataclass(frozen=True)
class Examinee:
    """A checkpoint that can be asked.

    Attributes:
        model: The model, in full precision.
        processor: Its processor.
    """

    model: Any
    processor: Any

    @classmethod
    def load(cls, folder: Path) -> Examinee:
        """Load a checkpoint with the classes that any user of transformers takes."""
        from transformers import (  # noqa: PLC0415 - a heavy library
            AutoModelForImageTextToText,
            AutoProcessor,
        )

        model: Any = AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32)
        processor = AutoProcessor.from_pretrained(folder)  # type: ignore[no-untyped-call]  # transformers leaves it so
        return cls(model.eval(), processor)

    def answers(
        self,
        strategy: Strategy,
        scheme: Scheme | None,
        pictures: Sequence[NDArray[Any]],
        *,
        longest: int = 24,
    ) -> list[str]:
        """Greedy answers to a question about each of some pictures.

        Args:
            strategy: The wording.
            scheme: The scheme asked in; None for descriptions.
            pictures: RGB pixels, each of shape (size, size, 3).
            longest: Most tokens of an answer.
        """
        found: list[str] = []
        for start in range(0, len(pictures), _BATCH):
            inputs = self.inputs(strategy, scheme, pictures[start : start + _BATCH])
            with torch.inference_mode():
                tokens = self.model.generate(**inputs, max_new_tokens=longest, do_sample=False)
            new = tokens[:, inputs["input_ids"].shape[1] :]
            found.extend(self.processor.batch_decode(new, skip_special_tokens=True))
        return [text.strip() for text in found]

    def polarities(self, strategy: Strategy, pictures: Sequence[NDArray[Any]]) -> torch.Tensor:
        """Probability of each label of polarity3 among them, shape (pictures, 3).

        Each of the three is told by its first token.
        """
        scheme = get_scheme("polarity3")
        encode = self.processor.tokenizer.encode
        first = [encode(label, add_special_tokens=False)[0] for label in scheme.label_names]
        found = []
        for start in range(0, len(pictures), _BATCH):
            inputs = self.inputs(strategy, scheme, pictures[start : start + _BATCH])
            with torch.inference_mode():
                logits = self.model(**inputs, logits_to_keep=1).logits[:, -1]
            found.append(logits[:, first].softmax(-1))
        return torch.cat(found)

    def inputs(
        self, strategy: Strategy, scheme: Scheme | None, pictures: Sequence[NDArray[Any]]
    ) -> Any:
        """What the model is given for a question about each of some pictures."""
        from PIL import Image  # noqa: PLC0415 - only where pictures are asked about

        messages = chat_messages(ask(strategy, scheme))
        text = self.processor.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True
        )
        return self.processor(
            images=[[Image.fromarray(pixels)] for pixels in pictures],
            text=[text] * len(pictures),
            return_tensors="pt",
        )
