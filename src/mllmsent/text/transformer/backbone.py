"""A checkpoint becomes something that turns texts into vectors.

One vector for each text: the mean of its tokens' vectors, or that of one token. Rows are padded on
the right and padding is masked, so that what else is in a batch changes nothing.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from mllmsent.foundation.errors import InputError, MissingExtraError, printable
from mllmsent.models.local.checkpoint import find_checkpoint
from mllmsent.models.local.devices import placements, resolved_dtype
from mllmsent.models.local.load_failures import load_failure, refuse_gaps
from mllmsent.models.local.options import LocalOptions
from mllmsent.models.local.quiet import quiet
from mllmsent.text.transformer.families import Family, find_family
from mllmsent.text.transformer.tokens import read_tokenizer, require_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import torch

    from mllmsent.models.local.checkpoint import Checkpoint
    from mllmsent.text.transformer.options import TransformerOptions
    from mllmsent.text.transformer.tokens import Tokens

__all__ = ["Backbone", "find_backbone", "open_backbone", "within_memory"]

_NEEDED = ("torch", "transformers", "accelerate", "safetensors")
_UNUSED = "pooler."
_JUDGE = "AutoModelForSequenceClassification"
_INFINITE = 10**9


@dataclass(eq=False)
class Backbone:
    """What reads texts, before and after it has learned.

    Attributes:
        checkpoint: Its files.
        family: What is particular about it.
        tokens: Its tokenizer.
        pooling: "mean", "first" or "last": whose vectors stand for a text.
        device: Where it computes.
        dtype: What it computes in.
        max_length: Most tokens of a text.
        quantized: Whether weights are to be of 4 bits.
        learns: Whether its own weights are to learn, and so to be in full precision.
        shared: Whether nothing of it will learn, so that others may hold the same model.
        kind: The class of transformers that loads it.
        model: The model, once it was needed.
    """

    checkpoint: Checkpoint
    family: Family
    tokens: Tokens
    pooling: str
    device: torch.device
    dtype: torch.dtype
    max_length: int
    quantized: bool
    learns: bool
    shared: bool
    kind: str = "AutoModel"
    model: Any = field(default=None, repr=False)

    def loaded(self) -> Any:
        """The model, in evaluation mode; loaded the first time.

        Raises:
            InputError: If it cannot be loaded here; with the cure.
        """
        if self.model is None:
            self.model = _shared_model(self)
        return self.model

    def vectors(self, ids: Sequence[Sequence[int]]) -> torch.Tensor:
        """(texts, width) vectors in full precision; with gradients where the caller wants them.

        Args:
            ids: The tokens of each text, at least one each.
        """
        import torch  # noqa: PLC0415 - heavy

        model = self.loaded()
        words, mask = self.tokens.padded(ids, self.device)
        # What is kept for writing on is of no use to a reader.
        extra = {"use_cache": False} if self.family.pooling == "last" else {}
        half = self.dtype != torch.float32
        with torch.autocast(self.device.type, self.dtype, enabled=half):
            found = model(input_ids=words, attention_mask=mask, **extra).last_hidden_state
        states: torch.Tensor = found.float()
        if self.pooling == "first":
            return states[:, 0]
        if self.pooling == "last":
            rows = torch.arange(len(ids), device=self.device)
            return states[rows, mask.sum(1) - 1]
        kept = mask[..., None].float()
        mean: torch.Tensor = (states * kept).sum(1) / kept.sum(1)
        return mean


def find_backbone(options: TransformerOptions) -> Checkpoint:
    """The files of the model that the options name; nothing is loaded.

    What can be told without loading is told here: whoever asks models for descriptions first is not
    to learn afterwards that nothing can read them.

    Raises:
        InputError: If there is none that can be used here; with the cure.
        MissingExtraError: If torch, transformers or accelerate is not installed.
    """
    _require_extra(options)
    found = find_checkpoint(options.model, LocalOptions(revision=options.revision))
    find_family(found)
    require_words(found)
    return found


def open_backbone(checkpoint: Checkpoint, options: TransformerOptions) -> Backbone:
    """Read a checkpoint's tokenizer, and say where and how its model will compute.

    Args:
        checkpoint: Which.
        options: How.

    Raises:
        InputError: If it is no model of texts, or there is no place for it here; with the cure.
    """
    import torch  # noqa: PLC0415 - heavy

    family = find_family(checkpoint)
    if options.pooling == "first" and family.pooling == "last":
        raise InputError(
            f"The first token of {family.title} has not seen the text.",
            cure="Leave the option `pooling` out, or set it to mean.",
            item="options.pooling",
        )
    quantized, learns = options.training == "qlora", options.training == "fine-tuned"
    place, dtype = _place_of(checkpoint, options)
    tokens = read_tokenizer(checkpoint)
    longest = min(options.max_length, tokens.longest, _longest(checkpoint))
    return Backbone(
        checkpoint=checkpoint,
        family=family,
        tokens=tokens,
        pooling=family.pooling if options.pooling == "auto" else options.pooling,
        device=torch.device(place),
        dtype=getattr(torch, dtype),
        max_length=longest,
        quantized=quantized,
        learns=learns,
        shared=options.training in {"frozen", "zero-shot"},
        kind=_JUDGE if options.training == "zero-shot" else "AutoModel",
    )


@contextlib.contextmanager
def within_memory(options: TransformerOptions) -> Iterator[None]:
    """Where memory does not suffice inside, say so, and what helps.

    Raises:
        InputError: If it does not.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        kinds = {kind.__name__ for kind in type(error).__mro__}
        if not kinds & {"OutOfMemoryError", "MemoryError"}:
            raise
        smaller = "" if options.training == "qlora" else "; or training: qlora"
        raise InputError(
            "There is not enough memory for this model and these batches.",
            cure=f"Set a smaller batch_tokens (it is {options.batch_tokens}) or max_length{smaller}.",
            item=options.model,
        ) from error


def _place_of(checkpoint: Checkpoint, options: TransformerOptions) -> tuple[str, str]:
    """Device and precision, by the options and what this machine has.

    Raises:
        InputError: If there is no such device, or no room on it.
    """
    local = LocalOptions(
        device=options.device,
        dtype=options.precision,
        quantization="4bit" if options.training == "qlora" else None,
    )
    dtype = resolved_dtype(local, checkpoint)
    # Weights that learn are kept in full precision, whatever is computed in.
    kept = "float32" if options.training == "fine-tuned" else dtype
    place = placements(checkpoint, local.model_copy(update={"dtype": kept}))[0]
    if "+" in place:
        raise InputError(
            "This model fits on no single device.",
            cure="Choose a smaller one, or training: qlora, whose weights take a fourth.",
            item=checkpoint.name,
        )
    return place, dtype


def _load_weights(backbone: Backbone) -> Any:
    """A model with the checkpoint's weights, on its device, in evaluation mode."""
    import torch  # noqa: PLC0415 - heavy
    import transformers  # noqa: PLC0415 - heavy

    checkpoint = backbone.checkpoint
    told: dict[str, Any] = {
        "local_files_only": True,
        "use_safetensors": True,  # anything else would run code that is in the weights
        "trust_remote_code": False,
        "dtype": torch.float32 if backbone.learns else backbone.dtype,
        "output_loading_info": True,
    }
    if backbone.kind != _JUDGE:
        told |= backbone.family.arguments
    place = str(backbone.device)
    if backbone.quantized:
        told["quantization_config"] = _four_bits(backbone.dtype)
    if backbone.quantized or backbone.device.type != "cpu":
        told["device_map"] = {"": place}
    try:
        with quiet():
            model, report = getattr(transformers, backbone.kind).from_pretrained(
                checkpoint.folder, **told
            )
    except Exception as error:
        # Whatever torch, safetensors, transformers or the disk makes of it gets its words there.
        raise load_failure(error, checkpoint, place) from error
    unused = _UNUSED if backbone.kind != _JUDGE else None
    missing = [key for key in report["missing_keys"] if unused is None or unused not in key]
    _keep_differentiable(model)
    refuse_gaps({**report, "missing_keys": missing}, checkpoint)
    return model.eval().requires_grad_(requires_grad=False)


# Folds read with one model; it goes when the last classifier that holds it does.
_SHARED: WeakValueDictionary[tuple[Any, ...], Any] = WeakValueDictionary()


def _shared_model(backbone: Backbone) -> Any:
    """The model: the one that others hold, where nothing of it will learn or be added to it."""
    if not backbone.shared:
        return _load_weights(backbone)
    key = (backbone.checkpoint.digest, str(backbone.device), str(backbone.dtype), backbone.kind)
    model = _SHARED.get(key)
    if model is None:
        model = _SHARED[key] = _load_weights(backbone)
    return model


def _four_bits(dtype: torch.dtype) -> Any:
    import transformers  # noqa: PLC0415 - heavy

    logging.getLogger("bitsandbytes.autograd").setLevel(logging.ERROR)
    config: Any = transformers.BitsAndBytesConfig
    return config(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )


def _keep_differentiable(model: Any) -> None:
    """Keep bitsandbytes from packing weights for reading on a CPU, as it does in evaluation mode.

    Packed weights stay packed when training goes on, and no gradient passes through them any more.
    """
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False


def _require_extra(options: TransformerOptions) -> None:
    if any(find_spec(name) is None for name in _NEEDED):
        raise MissingExtraError("Transformers as text classifiers", extra="local")
    if options.training in {"lora", "qlora"} and find_spec("peft") is None:
        raise MissingExtraError("Adapters", extra="local")
    if options.training == "qlora" and find_spec("bitsandbytes") is None:
        raise MissingExtraError("Weights of 4 bits", extra="quantized")


def _longest(checkpoint: Checkpoint) -> int:
    import transformers  # noqa: PLC0415 - heavy

    try:
        with quiet():
            config = transformers.AutoConfig.from_pretrained(
                checkpoint.folder, local_files_only=True, trust_remote_code=False
            )
    except Exception as error:
        raise InputError(
            f"transformers cannot read it: {printable(str(error))[:300]}",
            cure="Copy or download the model again; or a newer transformers may read it: "
            "pip install --upgrade transformers.",
            file=checkpoint.folder / "config.json",
        ) from error
    positions = getattr(config.get_text_config(), "max_position_embeddings", None)
    return int(positions) if positions else _INFINITE
