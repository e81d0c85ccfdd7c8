"""A checkpoint becomes a model that computes."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.errors import InputError, MissingExtraError, printable
from mllmsent.models.local.devices import placements, resolved_dtype
from mllmsent.models.local.families import Family, find_family
from mllmsent.models.local.load_failures import load_failure, refuse_gaps
from mllmsent.models.local.processors import find_chat_template, load_processor
from mllmsent.models.local.quiet import quiet

if TYPE_CHECKING:
    import torch

    from mllmsent.models.local.checkpoint import Checkpoint
    from mllmsent.models.local.options import LocalOptions

__all__ = [
    "Loaded",
    "check_config",
    "context_length",
    "load_checkpoint",
    "load_weights",
    "require_extra",
]

_ENDLESS = 10**9
_DEFAULT_CONTEXT = 4096


@dataclass(frozen=True)
class Loaded:
    """A model that can be asked for logits, and what belongs to it.

    Attributes:
        model: A `PreTrainedModel`, in evaluation mode, without gradients.
        processor: A `ProcessorMixin`; its tokenizer pads on the left.
        tokenizer: The processor's tokenizer.
        family: What is particular about it.
        device: Where its inputs go.
        dtype: Precision of its weights, quantized ones aside.
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
        device: Where to, as `devices.placements` writes it: "cuda:1", or "cuda:0+cuda:1" for one
            copy over two; by default the first place where it fits.

    Returns:
        The model, ready to compute.

    Raises:
        InputError: If it cannot be loaded here; with the cure.
        MissingExtraError: If torch, transformers or accelerate is not installed.
    """
    require_extra()
    import torch  # noqa: PLC0415 - heavy

    place = device or placements(checkpoint, options)[0]
    with quiet():
        family = find_family(
            checkpoint.model_type,
            checkpoint.config,
            trust_remote_code=options.trust_remote_code,
        )
        check_config(checkpoint, options)
        processor = load_processor(
            checkpoint.folder,
            options.processor,
            family=family,
            trust_remote_code=options.trust_remote_code,
        )
        dtype: torch.dtype = getattr(torch, resolved_dtype(options, checkpoint))
        model = load_weights(
            checkpoint,
            options,
            loader=_loader(checkpoint),
            attention=family.attention if options.attention == "auto" else options.attention,
            dtype=dtype,
            place=place,
        )
        _see(model, checkpoint, family)
    model = model.eval().requires_grad_(requires_grad=False)
    tokenizer = processor.tokenizer
    ends = _end_ids(model, tokenizer)
    return Loaded(
        model=model,
        processor=processor,
        tokenizer=tokenizer,
        family=family,
        device=model.get_input_embeddings().weight.device,
        dtype=dtype,
        chat_template=find_chat_template(processor),
        context_length=context_length(model, tokenizer),
        eos_ids=ends,
        pad_id=_pad_id(tokenizer, ends),
        image_token_id=_image_token_id(model.config, processor),
    )


def require_extra() -> None:
    """Refuse to go on where what computes models is not installed.

    Raises:
        MissingExtraError: If torch, transformers or accelerate is not.
    """
    if any(find_spec(name) is None for name in ("torch", "transformers", "accelerate")):
        raise MissingExtraError("Models on this machine", extra="local")


def check_config(checkpoint: Checkpoint, options: LocalOptions) -> None:
    """Have transformers read a checkpoint's configuration.

    Args:
        checkpoint: Which.
        options: `trust_remote_code` is looked at.

    Raises:
        InputError: If it cannot.
    """
    # Processors read it as well, and would be blamed for what is wrong with it.
    import transformers  # noqa: PLC0415 - heavy

    try:
        transformers.AutoConfig.from_pretrained(
            checkpoint.folder, local_files_only=True, trust_remote_code=options.trust_remote_code
        )
    except Exception as error:
        lines = [printable(line).strip() for line in str(error).splitlines()]
        raise InputError(
            f"transformers cannot read it: {' '.join(lines)[:300]}",
            cure="Copy or download the model again; or a newer transformers may read it: "
            "pip install --upgrade transformers.",
            file=checkpoint.folder / "config.json",
        ) from error


def load_weights(
    checkpoint: Checkpoint,
    options: LocalOptions,
    *,
    loader: Any,
    dtype: torch.dtype,
    place: str,
    attention: str | None = None,
) -> Any:
    """A checkpoint's model, where it is to compute.

    Args:
        checkpoint: Which.
        options: `quantization` and `trust_remote_code` are looked at.
        loader: The class of transformers that loads it, such as `AutoModel`.
        dtype: Precision of its weights, quantized ones aside.
        place: Where to, as `devices.placements` writes it.
        attention: Implementation of attention; by default the fastest that the model has.

    Raises:
        InputError: If it cannot be loaded, or weights are missing; with the cure.
    """
    arguments: dict[str, Any] = {
        "local_files_only": True,
        "use_safetensors": True,  # anything else would run code that is in the weights
        "trust_remote_code": options.trust_remote_code,
        "dtype": dtype,
        "attn_implementation": attention,
        "output_loading_info": True,
    }
    if options.quantization:
        arguments["quantization_config"] = _quantized(options.quantization, dtype)
    if "+" in place:
        arguments |= _spread(place)
    elif place != "cpu" or options.quantization:
        arguments["device_map"] = {"": place}
    try:
        model, report = loader.from_pretrained(checkpoint.folder, **arguments)
    except Exception as error:
        # Whatever torch, safetensors, transformers or the disk makes of it gets its words there.
        raise load_failure(error, checkpoint, place) from error
    refuse_gaps(report, checkpoint)
    return model


def _loader(checkpoint: Checkpoint) -> Any:
    """The class that loads it; a model that brings its own code says under which name."""
    import transformers  # noqa: PLC0415 - heavy

    names = ("AutoModelForImageTextToText", "AutoModelForMultimodalLM", "AutoModelForCausalLM")
    mapped = checkpoint.config.get("auto_map") or {}
    native = find_spec(f"transformers.models.{checkpoint.model_type}") is not None
    name = next((name for name in names if name in mapped and not native), names[1])
    return getattr(transformers, name)


def _quantized(quantization: str, dtype: torch.dtype) -> Any:
    if find_spec("bitsandbytes") is None:
        raise InputError(
            f"Weights are quantized to {quantization} by bitsandbytes, which is not installed.",
            cure="Install it with: pip install bitsandbytes",
            item="options.quantization",
        )
    import transformers  # noqa: PLC0415 - heavy

    # For as long as it computes: at 8 bits it tells of each multiplication that it converts.
    logging.getLogger("bitsandbytes.autograd").setLevel(logging.ERROR)
    config: Any = transformers.BitsAndBytesConfig
    if quantization == "8bit":
        return config(load_in_8bit=True)
    return config(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype)


def _spread(place: str) -> dict[str, Any]:
    """Over several GPUs, and nowhere else: half of a model on the disk answers nobody in time."""
    import torch  # noqa: PLC0415 - heavy

    from mllmsent.models.local.devices import free_memory  # noqa: PLC0415 - only here

    numbers = [int(name.partition(":")[2]) for name in place.split("+")]
    room = {n: int(0.9 * free_memory(torch.device("cuda", n))) for n in numbers}
    return {"device_map": "auto", "max_memory": room}


def _see(model: Any, checkpoint: Checkpoint, family: Family) -> None:
    """Put on the adapter that the model sees with, where it has one beside its weights."""
    folder = checkpoint.folder / family.adapter
    weights = folder / "adapter_model.safetensors"
    if not family.adapter or not (folder / "adapter_config.json").is_file():
        return
    if not weights.is_file():
        raise InputError(
            f"The adapter that {family.title} sees with has no weights.",
            cure="Copy or download the model again, with the files in its folders.",
            file=weights,
        )
    if find_spec("peft") is None:
        raise InputError(
            f"{family.title} sees with an adapter, which peft puts on; it is not installed.",
            cure="Install it with: pip install peft",
        )
    try:
        model.load_adapter(str(folder), adapter_name="vision", use_safetensors=True)
        model.set_adapter("vision")
    except Exception as error:
        raise load_failure(error, checkpoint, str(folder)) from error


def _end_ids(model: Any, tokenizer: Any) -> tuple[int, ...]:
    ids: list[int | None] = []
    for owner in (model.generation_config, model.config.get_text_config(decoder=True)):
        declared = getattr(owner, "eos_token_id", None)
        ids += declared if isinstance(declared, list) else [declared]
    ids.append(tokenizer.eos_token_id)
    return tuple(dict.fromkeys(each for each in ids if each is not None))


def _pad_id(tokenizer: Any, ends: tuple[int, ...]) -> int:
    if tokenizer.pad_token_id is not None:
        return int(tokenizer.pad_token_id)
    return ends[0] if ends else 0


def context_length(model: Any, tokenizer: Any) -> int:
    """Most tokens that a model reads at once, as its configuration and tokenizer say."""
    text = model.config.get_text_config(decoder=True)
    declared = (getattr(text, "max_position_embeddings", None), tokenizer.model_max_length)
    # A tokenizer that knows no limit says 10^30.
    lengths = [int(length) for length in declared if length and length < _ENDLESS]
    return min(lengths, default=_DEFAULT_CONTEXT)


def _image_token_id(config: Any, processor: Any) -> int | None:
    owners = (config, getattr(config, "vision_config", None), processor.tokenizer, processor)
    for owner in owners:
        for name in ("image_token_id", "image_token_index"):
            found = getattr(owner, name, None)
            if isinstance(found, int) and not isinstance(found, bool):
                return found
    return None
