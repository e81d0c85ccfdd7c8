"""A checkpoint becomes a model that computes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mllmsent.models.local.families import Family, find_family
from mllmsent.models.local.processors import find_chat_template, load_processor

if TYPE_CHECKING:
    import torch

    from mllmsent.models.local.checkpoint import Checkpoint
    from mllmsent.models.local.options import LocalOptions

__all__ = ["Loaded", "load_checkpoint"]


@dataclass(frozen=True)
class Loaded:
    """A model that can be asked for logits, and what belongs to it.

    Attributes:
        model: A `PreTrainedModel`, in evaluation mode, without gradients.
        processor: A `ProcessorMixin`; its tokenizer pads on the left.
        tokenizer: The processor's tokenizer.
        family: What is particular about it.
        device: Where its inputs go.
        dtype: Precision of its weights.
        chat_template: Jinja template of conversations, if it has one.
        context_length: Most tokens of prompt and answer together.
        eos_ids: Tokens that end an answer.
        pad_id: What fills rows; an end token where the tokenizer has no token for it.
        image_token_id: The token that stands for a piece of an image, where that is known.
    """

    model: Any
    processor: Any
    tokenizer: Any
    family: Family
    device: torch.device
    dtype: torch.dtype
    chat_template: str | None
    context_length: int
    eos_ids: tuple[int, ...]
    pad_id: int
    image_token_id: int | None


def load_checkpoint(
    checkpoint: Checkpoint, options: LocalOptions, device: str | None = None
) -> Loaded:
    """Load a checkpoint's processor and weights.

    Args:
        checkpoint: Which.
        options: How: precision, quantization, attention, what the processor does differently.
        device: Where to, "cuda:1"; by default what the options say.

    Raises:
        InputError: If it cannot be loaded here; with the cure.
    """
    import torch  # noqa: PLC0415 - heavy
    from transformers import AutoModelForMultimodalLM  # noqa: PLC0415 - heavy

    family = find_family(checkpoint.model_type)
    processor = load_processor(checkpoint.folder, options.processor)
    tokenizer = processor.tokenizer
    wanted = options.attention if options.attention != "auto" else (family.attention or "sdpa")
    place = torch.device(device or "cpu")
    dtype = torch.float32 if options.dtype == "auto" else getattr(torch, options.dtype)
    model = AutoModelForMultimodalLM.from_pretrained(
        checkpoint.folder,
        local_files_only=True,
        use_safetensors=True,
        dtype=dtype,
        attn_implementation=wanted,
    )
    model = model.to(place).eval().requires_grad_(requires_grad=False)
    ends = _end_ids(model, tokenizer)
    return Loaded(
        model=model,
        processor=processor,
        tokenizer=tokenizer,
        family=family,
        device=place,
        dtype=dtype,
        chat_template=find_chat_template(processor),
        context_length=_context_length(model, tokenizer),
        eos_ids=ends,
        pad_id=ends[0] if tokenizer.pad_token_id is None else tokenizer.pad_token_id,
        image_token_id=_image_token_id(model.config),
    )


def _end_ids(model: Any, tokenizer: Any) -> tuple[int, ...]:
    declared = model.generation_config.eos_token_id
    ids = declared if isinstance(declared, list) else [declared]
    return tuple(dict.fromkeys(i for i in [*ids, tokenizer.eos_token_id] if i is not None))


def _context_length(model: Any, tokenizer: Any) -> int:
    text = model.config.get_text_config(decoder=True)
    lengths = (getattr(text, "max_position_embeddings", None), tokenizer.model_max_length)
    return min(int(length) for length in lengths if length)


def _image_token_id(config: Any) -> int | None:
    for owner in (config, getattr(config, "vision_config", None)):
        for name in ("image_token_id", "image_token_index"):
            found = getattr(owner, name, None)
            if isinstance(found, int):
                return found
    return None
