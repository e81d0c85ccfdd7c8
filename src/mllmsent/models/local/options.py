"""What a study may say about a model that runs on this machine."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, field_validator

from mllmsent.foundation.config import Config

__all__ = ["LocalOptions"]

_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+)?")


class LocalOptions(Config):
    """What a study may say about such a model; every default is sensible."""

    revision: str | None = Field(default=None, min_length=1)
    """Which weights of a repository: a commit, tag or branch. A commit is what gets recorded."""
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """Precision of the weights; `auto` is half on a GPU and full on a CPU."""
    device: str | tuple[str, ...] = "auto"
    """`auto`, `cpu`, `cuda` (all GPUs), `cuda:1`, `mps`, or a list of GPUs that share the work."""
    quantization: Literal["4bit", "8bit"] | None = None
    """Weights squeezed by bitsandbytes: a fourth or half of the memory, and other answers."""
    batch_size: int | None = Field(default=None, ge=1, le=4096)
    """Most questions computed at once; by default what fits into memory."""
    attention: Literal["auto", "sdpa", "eager", "flash_attention_2"] = "auto"
    """Implementation of attention; `auto` is the fastest one that is right for the family."""
    trust_remote_code: bool = False
    """Whether Python code that comes with the weights may run: only for authors you trust."""
    processor: dict[str, Any] = Field(default_factory=dict)
    """What its image processor does differently: `size`, `do_image_splitting`, `max_patches`."""
    share_prefixes: bool = True
    """Whether questions about one image share the computation of what their prompts share."""

    @field_validator("device")
    @classmethod
    def _is_a_device(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        names = (value,) if isinstance(value, str) else value
        wrong = [name for name in names if not _DEVICE.fullmatch(name)]
        if wrong or not names:
            shown = repr(wrong[0]) if wrong else "an empty list"
            raise ValueError(
                f"A device is auto, cpu, cuda, cuda:0, cuda:1, ... or mps, not {shown}."
            )
        if not isinstance(value, str):
            if len(set(value)) < len(value):
                raise ValueError("A device is in the list twice.")
            if not all(re.fullmatch(r"cuda:\d+", name) for name in value):
                raise ValueError("A list of devices names GPUs: [cuda:0, cuda:1].")
        return value
