"""Looking once: what the vision encoder makes of an image serves every question about it.

Every family of transformers has `get_image_features` and takes what it gave back as
`mm_encoder_outputs`; where one does not (Phi-4), the image goes through with the prompt.
"""

from __future__ import annotations

import inspect
from collections import OrderedDict
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import torch

    from mllmsent.models.local.images import SeenImage
    from mllmsent.models.local.loading import Loaded

__all__ = ["Eye", "ImageFeatures", "encoder_outputs", "looks_once"]

_AT_ONCE = 32
_MEMORY_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True)
class ImageFeatures:
    """What an image's tokens hold.

    Attributes:
        tokens: (tokens, width), in the language model's width.
        deeper: More of the same shape, added in later layers (Qwen3-VL); often empty.
        listed: Whether the family passes them image by image, rather than as one tensor.
    """

    tokens: torch.Tensor
    deeper: tuple[torch.Tensor, ...]
    listed: bool

    @property
    def n_bytes(self) -> int:
        """Memory held."""
        return sum(int(t.numel() * t.element_size()) for t in (self.tokens, *self.deeper))


def looks_once(loaded: Loaded) -> bool:
    """Whether this model's image features can be computed apart from its prompts."""
    base: Any = getattr(loaded.model, "model", None)
    return (
        hasattr(base, "get_image_features")
        and "mm_encoder_outputs" in inspect.signature(base.forward).parameters
    )


class Eye:
    """Encodes images, several at once, and remembers the last ones.

    Args:
        loaded: The model.
        memory_bytes: How much is remembered, on the model's device.
    """

    def __init__(self, loaded: Loaded, memory_bytes: int = _MEMORY_BYTES) -> None:
        self._loaded = loaded
        self._memory_bytes = memory_bytes
        self._kept: OrderedDict[str, ImageFeatures] = OrderedDict()
        self._encode = loaded.model.model.get_image_features
        self._takes = set(inspect.signature(self._encode).parameters)
        self.encoded = 0
        """How many images went through the encoder so far."""

    def look(self, images: Iterable[SeenImage]) -> dict[str, ImageFeatures]:
        """Features of every image, by its key; each image is encoded once."""
        wanted = {image.key: image for image in images}
        found = {key: self._kept[key] for key in wanted if key in self._kept}
        alike: dict[object, list[SeenImage]] = {}
        for key, image in wanted.items():
            if key not in found:
                shapes = {name: tuple(t.shape[1:]) for name, t in sorted(image.tensors.items())}
                alike.setdefault(tuple(shapes.items()), []).append(image)
        for group in alike.values():
            for start in range(0, len(group), _AT_ONCE):
                found |= self._look_at(group[start : start + _AT_ONCE])
        self._remember(found)
        return found

    def forget(self) -> None:
        """Let go of everything, where memory is short."""
        self._kept.clear()

    def _look_at(self, images: Sequence[SeenImage]) -> dict[str, ImageFeatures]:
        import torch  # noqa: PLC0415 - heavy

        inputs = {
            name: _on(self._loaded, torch.cat([image.tensors[name] for image in images]))
            for name in images[0].tensors
            if name in self._takes
        }
        seen = self._encode(**inputs, return_dict=True)
        pooled = seen.pooler_output
        listed = not isinstance(pooled, torch.Tensor)
        flat = torch.cat(list(pooled)) if listed else pooled.reshape(-1, pooled.shape[-1])
        flat = flat.reshape(-1, flat.shape[-1])
        counts = [image.n_tokens for image in images]
        parts = torch.split(flat, counts)
        deeper = [
            torch.split(torch.cat(list(layer)), counts)
            for layer in getattr(seen, "deepstack_features", None) or ()
        ]
        self.encoded += len(images)
        return {
            # Cloned: a part would keep the features of all the images alive.
            image.key: ImageFeatures(
                parts[number].clone(), tuple(layer[number].clone() for layer in deeper), listed
            )
            for number, image in enumerate(images)
        }

    def _remember(self, found: dict[str, ImageFeatures]) -> None:
        for key, features in found.items():
            self._kept[key] = features
            self._kept.move_to_end(key)
        held = sum(features.n_bytes for features in self._kept.values())
        while held > self._memory_bytes and len(self._kept) > 1:
            held -= self._kept.popitem(last=False)[1].n_bytes


def encoder_outputs(features: Sequence[ImageFeatures]) -> Any:
    """Features of the images of a batch, in the order of their tokens, as the family takes them."""
    import torch  # noqa: PLC0415 - torch takes seconds to import

    first = features[0]
    tokens = [each.tokens for each in features]
    return SimpleNamespace(
        pooler_output=tokens if first.listed else torch.cat(tokens)[None],
        deepstack_features=[
            [each.deeper[layer] for each in features] for layer in range(len(first.deeper))
        ]
        or None,
    )


def _on(loaded: Loaded, tensor: torch.Tensor) -> torch.Tensor:
    dtype = loaded.dtype if tensor.is_floating_point() else tensor.dtype
    return tensor.to(loaded.device, dtype)
