"""Images as the model's processor sees them: tensors, and the tokens that stand for them, once."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import torch
    from PIL import Image

    from mllmsent.models.local.loading import Loaded

__all__ = ["ImageDesk", "SeenImage", "see_image"]

_BESIDE_IMAGES = {
    "input_ids",
    "attention_mask",
    "token_type_ids",
    "mm_token_type_ids",
    "text_replacement_offsets",
}


@dataclass(frozen=True)
class SeenImage:
    """One image after the processor.

    Attributes:
        key: Identity of what is shown.
        words: What stands for it in the prompt's text: placeholders and the marks around them.
        n_tokens: How many of its tokens the vision encoder fills.
        tensors: What the vision encoder takes, first axis first.
        sha256: SHA-256 of the pixels that the processor was given, RGB, row by row.
        size: Width and height of those pixels.
    """

    key: str
    words: str
    n_tokens: int
    tensors: Mapping[str, torch.Tensor] = field(compare=False, repr=False)
    sha256: str
    size: tuple[int, int]


def see_image(loaded: Loaded, image: Image.Image, key: str) -> SeenImage:
    """Let the model's processor look at one image.

    Args:
        loaded: The model.
        image: The picture, RGB.
        key: Identity of what is shown.
    """
    processor = loaded.processor
    seen = processor(
        images=[image],
        text=[processor.image_token],
        return_text_replacement_offsets=True,
        return_tensors="pt",
    )
    words = str(seen["text_replacement_offsets"][0][0]["replacement"])
    tokens = loaded.tokenizer(words, add_special_tokens=False)["input_ids"]
    return SeenImage(
        key=key,
        words=words,
        n_tokens=tokens.count(loaded.image_token_id),
        tensors={name: value for name, value in seen.items() if name not in _BESIDE_IMAGES},
        sha256=hashlib.sha256(image.tobytes()).hexdigest(),
        size=image.size,
    )


class ImageDesk:
    """Keeps the last images seen: many questions are about one, and threads ask at once.

    Args:
        memory_bytes: How many bytes of tensors are kept at most.
    """

    def __init__(self, memory_bytes: int = 64 * 1024 * 1024) -> None:
        self._memory_bytes = memory_bytes
        self._lock = Lock()
        self._kept: OrderedDict[str, Future[SeenImage]] = OrderedDict()
        self._sizes: dict[str, int] = {}

    def get(self, key: str, see: Callable[[], SeenImage]) -> SeenImage:
        """The image of that key; seen by the first that asks, waited for by the others."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            else:
                mine: Future[SeenImage] = Future()
                self._kept[key] = mine
        if found is not None:
            return found.result()
        try:
            seen = see()
        except BaseException as error:
            with self._lock:
                self._kept.pop(key, None)
            mine.set_exception(error)
            raise
        mine.set_result(seen)
        with self._lock:
            self._sizes[key] = _bytes(seen.tensors)
            while sum(self._sizes.values()) > self._memory_bytes and len(self._sizes) > 1:
                oldest = next(name for name in self._kept if name in self._sizes)
                del self._kept[oldest], self._sizes[oldest]
        return seen


def _bytes(tensors: Mapping[str, Any]) -> int:
    return sum(int(t.numel() * t.element_size()) for t in tensors.values() if hasattr(t, "numel"))
