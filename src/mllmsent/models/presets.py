"""Presets: what is known of the local models that most people ask, from `presets.yaml`."""

from __future__ import annotations

import functools
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import Field

from mllmsent.foundation.config import Config, parse_document, read_config

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Preset", "find_preset", "memory_gb", "preset_options", "presets", "presets_as_of"]

OVERHEAD_SHARE = 0.10
"""Memory beyond the weights, as a share of them: the runtime's buffers grow with the model."""
OVERHEAD_GB = 1.0
"""Memory beyond the weights for images, caches and the runtime; a small model takes as much again."""

_BYTES_AT_4_BITS = 0.5 + 4 / 64
"""Half a byte, and a float32 scale for each block of 64: NF4 as bitsandbytes stores it."""
_BYTES_AT_4_BITS_UNSURE = 0.75
"""The same with embeddings at 16 bits, where nobody counted them: what 7 B models come to."""


class Preset(Config):
    """A well-known local model; None where something is not known for sure."""

    title: str
    """What it is, for people."""
    family: str | None = None
    """The `model_type` of its config.json; None for one that only a server can run."""
    parameters_b: float | None = Field(default=None, gt=0)
    """Billions of parameters."""
    unquantized_b: float | None = Field(default=None, ge=0)
    """Billions of them that quantization leaves at 16 bits."""
    license: str | None = None
    """SPDX identifier or name."""
    gated: bool | None = None
    """Whether the license has to be accepted on its page before it can be downloaded."""
    context_length: int | None = Field(default=None, gt=0)
    """Tokens of question and answer together."""
    needs: tuple[str, ...] = ()
    """Python packages beyond the extra `local`."""
    options: dict[str, Any] = Field(default_factory=dict)
    """What the provider is told unless a study says otherwise."""
    also_fetch: tuple[str, ...] = ()
    """Patterns of files in folders of the repository that it needs as well."""
    note: str = ""
    """What else to know."""

    def memory_gb(self, bits: int) -> float | None:
        """Memory it takes, estimated; see `memory_gb`. None where its size is unknown."""
        if self.parameters_b is None:
            return None
        return memory_gb(self.parameters_b, bits, unquantized_b=self.unquantized_b)


class _PresetFile(Config):
    as_of: str
    """When this was looked up: year and month."""
    models: dict[str, Preset]
    """Name, as a study has it, to what is known."""


def presets() -> Mapping[str, Preset]:
    """Every preset by its name, `provider/name` as a study has it."""
    return MappingProxyType(_read().models)


def find_preset(name: str) -> Preset | None:
    """The preset of a name; None where there is none, which keeps no model from being asked."""
    return _read().models.get(name)


def preset_options(name: str) -> Mapping[str, Any]:
    """What the provider is to be told about a model unless a study says otherwise.

    Args:
        name: `provider/name`: "hf/microsoft/Phi-4-multimodal-instruct".

    Returns:
        Options by name (a revision, for example); empty for a model without any.
    """
    preset = find_preset(name)
    return MappingProxyType({} if preset is None else dict(preset.options))


def presets_as_of() -> str:
    """Year and month in which the presets were looked up: "2026-11"."""
    return _read().as_of


def memory_gb(parameters_b: float, bits: int, *, unquantized_b: float | None = None) -> float:
    """Memory that a model takes, estimated: parameters times bytes, 10 % more, and up to 1 GB.

    What it truly takes depends on the batch and on the size of the images. This is for one question
    at a time with an image of common size.

    Args:
        parameters_b: Billions of parameters.
        bits: 4, 8, 16 or 32 for each parameter.
        unquantized_b: Billions of parameters that 4 and 8 bits leave at 16; None where unknown.

    Returns:
        Gigabytes (10^9 bytes).

    Raises:
        ValueError: If nothing stores parameters in so many bits.
    """
    if bits in {16, 32}:
        weights = parameters_b * bits / 8
    elif bits == 8:
        kept = unquantized_b or 0.0
        weights = 2 * kept + (parameters_b - kept)
    elif bits == 4 and unquantized_b is None:
        weights = parameters_b * _BYTES_AT_4_BITS_UNSURE
    elif bits == 4:
        kept = unquantized_b or 0.0
        weights = 2 * kept + (parameters_b - kept) * _BYTES_AT_4_BITS
    else:
        raise ValueError(f"Parameters have 4, 8, 16 or 32 bits, not {bits}.")
    return weights * (1 + OVERHEAD_SHARE) + min(weights, OVERHEAD_GB)


@functools.cache
def _read() -> _PresetFile:
    file = "presets.yaml"
    text = resources.files("mllmsent.models").joinpath(file).read_text(encoding="utf-8")
    return read_config(_PresetFile, parse_document(text, file=file))
