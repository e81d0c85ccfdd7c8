"""What differs between families of local models, as data: `families.yaml`."""

from __future__ import annotations

import functools
from importlib import resources
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from mllmsent.foundation.config import Config, Document, parse_document, read_config
from mllmsent.foundation.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Family", "ImageLayout", "find_family", "known_families"]

ImageLayout = Literal["stacked", "joined", "rows"]


class Family(Config):
    """A family of models: those of one `model_type`."""

    model_type: str
    """What config.json calls it."""
    title: str
    """What it is, for people."""
    grid: Literal["square", "tiles", "thw", "positions", "hd"] | None = None
    """How an image's tokens lie on the image; None where that is not known."""
    image_tensors: dict[str, ImageLayout] = Field(default_factory=dict)
    """What the processor makes of images, and how those of several stand; empty: not known."""
    token_tensors: tuple[str, ...] = ()
    """Besides input_ids and attention_mask, what has a value for each token (0 for text)."""
    attention: Literal["sdpa", "eager"] | None = None
    """The one implementation of attention that is right, where not all are."""
    torchvision: bool = False
    """Whether its image processor exists for torchvision only."""
    packages: tuple[str, ...] = ()
    """What its processor imports besides."""
    known: bool = True
    """Whether it has an entry and tests; False for one that is merely tried."""


def known_families() -> Mapping[str, Family]:
    """Every family with an entry, by model_type."""
    return _families()


def find_family(model_type: str) -> Family:
    """The family of a model_type: its entry, or a generic one where transformers knows it.

    Raises:
        InputError: If transformers has no multimodal model of this type.
    """
    family = _families().get(model_type)
    if family is not None:
        return family
    from transformers.models.auto.modeling_auto import (  # noqa: PLC0415 - heavy
        MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES,
    )

    if model_type in MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES:
        return Family(model_type=model_type, title=model_type, known=False)
    raise InputError(f"Models of type {model_type!r} cannot see images.", item=model_type)


@functools.cache
def _families() -> Mapping[str, Family]:
    file = "families.yaml"
    text = resources.files("mllmsent.models.local").joinpath(file).read_text(encoding="utf-8")
    document = parse_document(text, file=file)
    return {
        name: read_config(
            Family,
            Document(value=entry | {"model_type": name}, file=f"{file}: {name}", lines={}),
        )
        for name, entry in document.value.items()
    }
