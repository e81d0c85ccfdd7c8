"""Dual encoders: models that put pictures and texts into one space, such as CLIP, SigLIP and ALIGN.

They are loaded as every local model is, and compute in full precision, so that their numbers are the
same on every machine. Every text is filled up as the encoder was trained, so that its vector does not
hang on what is computed beside it.

Radford and others, "Learning transferable visual models from natural language supervision", ICML 2021;
Zhai and others, "Sigmoid loss for language image pre-training", ICCV 2023.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.foundation.errors import InputError
from mllmsent.models.local.checkpoint import find_checkpoint
from mllmsent.models.local.devices import placements
from mllmsent.models.local.load_failures import load_failure
from mllmsent.models.local.loading import (
    check_config,
    context_length,
    load_weights,
    require_extra,
)
from mllmsent.models.local.options import LocalOptions
from mllmsent.models.local.processors import load_processor
from mllmsent.models.local.quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import torch
    from numpy.typing import NDArray
    from PIL.Image import Image

    from mllmsent.models.local.checkpoint import Checkpoint

__all__ = [
    "DualEncoder",
    "find_dual_encoder",
    "load_dual_encoder",
    "picture_vectors",
    "text_vectors",
]

PROVIDER = "hf/"
"""What names of encoders begin with."""

_OPTIONS = LocalOptions(dtype="float32")
_BATCH = 32
_ENDS_ITSELF = frozenset({"clip"})
"""Types whose texts end in a token behind which nothing is looked at: those are filled up to the
longest beside them only, and not to the encoder's limit."""


@dataclass(frozen=True)
class DualEncoder:
    """An encoder that computes.

    Attributes:
        checkpoint: Its files.
        model: A `PreTrainedModel` with `get_image_features` and `get_text_features`.
        processor: Its `ProcessorMixin`; its tokenizer pads on the right.
        device: Where it computes.
        context_length: Most tokens of a text; what is longer is cut.
    """

    checkpoint: Checkpoint
    model: Any
    processor: Any
    device: torch.device
    context_length: int


def find_dual_encoder(name: str, base: Path | None = None) -> Checkpoint:
    """The files of an encoder; its weights are not read yet.

    Args:
        name: `hf/OWNER/NAME` of the Hugging Face hub, as it was downloaded, or `hf/FOLDER`.
        base: What a relative folder is relative to; by default the working directory.

    Raises:
        InputError: If there is none, or it is none that puts pictures and texts into one space; with
            the cure.
        MissingExtraError: If torch or transformers is not installed.
    """
    if not name.startswith(PROVIDER) or name == PROVIDER:
        raise InputError(
            f"Encoders are written hf/OWNER/NAME or hf/FOLDER, not {name!r}.",
            item="encoder",
            cure=f"Write {PROVIDER}{name}." if name.strip("/") else "",
        )
    require_extra()
    checkpoint = find_checkpoint(name.removeprefix(PROVIDER), _OPTIONS, base)
    import transformers  # noqa: PLC0415 - heavy
    from transformers.models.auto.modeling_auto import (  # noqa: PLC0415 - likewise
        MODEL_MAPPING_NAMES,
    )

    mapped = MODEL_MAPPING_NAMES.get(checkpoint.model_type)
    kind = getattr(transformers, mapped if isinstance(mapped, str) else "", None)
    if not (hasattr(kind, "get_image_features") and hasattr(kind, "get_text_features")):
        raise InputError(
            f"Models of type {checkpoint.model_type!r} do not put pictures and texts into one space.",
            item=f"encoder: {name}",
            cure="Name one that does, of the kind of CLIP or SigLIP: "
            "hf/google/siglip2-base-patch16-224.",
        )
    return checkpoint


def load_dual_encoder(checkpoint: Checkpoint) -> DualEncoder:
    """Load what `find_dual_encoder` found.

    Raises:
        InputError: If it cannot be loaded here; with the cure.
        MissingExtraError: If torch, transformers or accelerate is not installed.
    """
    require_extra()
    import torch  # noqa: PLC0415 - heavy
    import transformers  # noqa: PLC0415 - likewise

    place = placements(checkpoint, _OPTIONS)[0]
    with quiet():
        check_config(checkpoint, _OPTIONS)
        processor = load_processor(checkpoint.folder)
        model = load_weights(
            checkpoint, _OPTIONS, loader=transformers.AutoModel, dtype=torch.float32, place=place
        )
    # Language models go on where a text ends; an encoder's positions count from its beginning.
    processor.tokenizer.padding_side = "right"
    limits = (
        context_length(model, processor.tokenizer),
        # ALIGN and SigLIP 2 were trained on less than their positions and tokenizers allow.
        getattr(processor, "text_kwargs", {}).get("max_length"),
    )
    return DualEncoder(
        checkpoint=checkpoint,
        model=model.eval().requires_grad_(requires_grad=False),
        processor=processor,
        device=next(model.parameters()).device,
        context_length=min(limit for limit in limits if limit),
    )


def picture_vectors(encoder: DualEncoder, pictures: Sequence[Image]) -> NDArray[np.float32]:
    """The vectors of pictures.

    Args:
        encoder: Whose.
        pictures: At least one, RGB.

    Returns:
        A row for each, of length 1.

    Raises:
        InputError: If the encoder cannot take them.
    """
    parts = [
        _features(encoder, "get_image_features", images=list(pictures[start : start + _BATCH]))
        for start in range(0, len(pictures), _BATCH)
    ]
    return np.concatenate(parts)


def text_vectors(
    encoder: DualEncoder, texts: Sequence[str]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The vectors of texts, of each as much as the encoder reads.

    Args:
        encoder: Whose.
        texts: At least one.

    Returns:
        A row for each, of length 1; and whether the text was cut.

    Raises:
        InputError: If the encoder cannot take them.
    """
    # Half characters, which no tokenizer takes, become question marks.
    written = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
    tokens = encoder.processor.tokenizer(written, truncation=False, verbose=False)["input_ids"]
    lengths = np.array([len(each) for each in tokens])
    fill = "longest" if encoder.checkpoint.model_type in _ENDS_ITSELF else "max_length"
    # Texts of one length together: what is short is not filled up to the length of what is long.
    order = np.argsort(lengths, kind="stable")
    parts = [
        _features(
            encoder,
            "get_text_features",
            text=[written[place] for place in order[start : start + _BATCH]],
            padding=fill,
            truncation=True,
            max_length=encoder.context_length,
        )
        for start in range(0, len(written), _BATCH)
    ]
    sorted_vectors = np.concatenate(parts)
    vectors = np.empty_like(sorted_vectors)
    vectors[order] = sorted_vectors
    return vectors, lengths > encoder.context_length


def _features(encoder: DualEncoder, method: str, **inputs: Any) -> NDArray[np.float32]:
    import torch  # noqa: PLC0415 - heavy

    try:
        tensors = encoder.processor(**inputs, return_tensors="pt").to(encoder.device)
        with torch.inference_mode():
            found = getattr(encoder.model, method)(**tensors)
            # Since transformers 5 the vectors come with what they are made of.
            pooled = found if isinstance(found, torch.Tensor) else found.pooler_output
            unit = torch.nn.functional.normalize(pooled.float(), dim=-1)
    except Exception as error:
        # Whatever torch or a processor makes of it gets its words there.
        raise load_failure(error, encoder.checkpoint, str(encoder.device)) from error
    if unit.ndim != 2:
        raise InputError(
            f"Models of type {encoder.checkpoint.model_type!r} give more than one vector.",
            cure="Name an encoder of the kind of CLIP or SigLIP.",
            item="encoder",
        )
    vectors: NDArray[np.float32] = unit.cpu().numpy()
    return vectors
