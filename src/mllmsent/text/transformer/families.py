"""What differs between families of transformers that read texts, as data: `families.yaml`."""

from __future__ import annotations

import functools
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from mllmsent.foundation.config import Config, parse_document, read_config
from mllmsent.foundation.errors import InputError

if TYPE_CHECKING:
    from mllmsent.models.local.checkpoint import Checkpoint

__all__ = ["Family", "find_family", "known_families"]


class Family(Config):
    """A family of models: those of one `model_type`."""

    title: str
    """What it is, for people."""
    pooling: Literal["mean", "last"]
    """Whose vectors stand for a text."""
    arguments: dict[str, Any] = Field(default_factory=dict)
    """What the model is made with."""


class _FamilyFile(Config):
    families: dict[str, Family]


@functools.cache
def known_families() -> dict[str, Family]:
    """Every family with an entry, by model_type."""
    file = "families.yaml"
    text = resources.files("mllmsent.text.transformer").joinpath(file).read_text(encoding="utf-8")
    return read_config(_FamilyFile, parse_document(text, file=file)).families


def find_family(checkpoint: Checkpoint) -> Family:
    """The family of a checkpoint: its entry, or what its configuration lets expect.

    A model without an entry is tried: it is a decoder where it was made to write on, whose last
    token has seen the whole text, and else an encoder.

    Raises:
        InputError: If it is of a type that cannot be read with here.
    """
    known = known_families().get(checkpoint.model_type)
    if known is not None:
        return known
    config = checkpoint.config
    from transformers.models.auto import modeling_auto  # noqa: PLC0415 - heavy

    if checkpoint.model_type not in modeling_auto.MODEL_MAPPING_NAMES:
        raise InputError(
            f"transformers has no model of type {checkpoint.model_type!r} that reads texts.",
            cure="A newer transformers may: pip install --upgrade transformers.",
            file=checkpoint.folder,
        )
    if config.get("is_encoder_decoder") or "vision_config" in config or "image_size" in config:
        raise InputError(
            f"Models of type {checkpoint.model_type!r} are no text classifiers here.",
            cure="Choose one of: " + ", ".join(f.title for f in known_families().values()) + ".",
            file=checkpoint.folder,
        )
    writes = any(str(name).endswith("ForCausalLM") for name in config.get("architectures") or ())
    return Family(title=checkpoint.model_type, pooling="last" if writes else "mean")
