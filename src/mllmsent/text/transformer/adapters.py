"""Adapters: a few weights that learn beside many that do not (LoRA, Hu et al. 2022; QLoRA, Dettmers et al. 2023)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.errors import InputError
from mllmsent.models.local.quiet import quiet

if TYPE_CHECKING:
    from pathlib import Path

    from mllmsent.text.transformer.backbone import Backbone
    from mllmsent.text.transformer.options import TransformerOptions

__all__ = ["ADAPTER", "new_adapter", "read_adapter", "save_adapter"]

ADAPTER = "adapter"
"""Folder of an adapter, in the format of peft, in a saved classifier's."""

_CONFIG, _WEIGHTS = "adapter_config.json", "adapter_model.safetensors"


def new_adapter(model: Any, options: TransformerOptions, *, quantized: bool) -> Any:
    """A model with an adapter on each of its linear layers; the adapter alone learns.

    Args:
        model: A model without gradients.
        options: `rank`, `alpha` and `adapter_dropout`.
        quantized: Whether its weights are of 4 bits.
    """
    with quiet():
        import peft  # noqa: PLC0415 - heavy, and it talks

        if quantized:
            model = _prepared(model)
        return peft.get_peft_model(
            model,
            peft.LoraConfig(
                task_type=peft.TaskType.FEATURE_EXTRACTION,
                r=options.rank,
                lora_alpha=options.alpha,
                lora_dropout=options.adapter_dropout,
                target_modules="all-linear",
            ),
        )


def save_adapter(backbone: Backbone, folder: Path) -> None:
    """Write the adapter of a model: of the hub's, with its repository and commit; of no folder's.

    `AutoPeftModelForFeatureExtraction` of peft reads the first kind as it is.
    """
    model, checkpoint = backbone.loaded(), backbone.checkpoint
    place = folder / ADAPTER
    for config in model.peft_config.values():
        # Empty, and not None: that would be filled in with where the model lay.
        config.base_model_name_or_path = checkpoint.repo
        config.revision = checkpoint.revision or None
    with quiet():
        # "auto" would ask the hub whether the vocabulary has grown.
        model.save_pretrained(place, safe_serialization=True, save_embedding_layers=False)
    # The classifier's own model card tells of it.
    (place / "README.md").unlink(missing_ok=True)


def read_adapter(model: Any, folder: Path, *, quantized: bool) -> Any:
    """A model with the adapter that `save_adapter` wrote, in evaluation mode.

    Raises:
        InputError: If it is not there, or does not fit.
    """
    place = folder / ADAPTER
    try:
        kind = json.loads((place / _CONFIG).read_text(encoding="utf-8"))["peft_type"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        kind = None
    if kind != "LORA" or not (place / _WEIGHTS).is_file():
        raise InputError("The adapter of this saved classifier is incomplete.", file=place)
    try:
        with quiet():
            import peft  # noqa: PLC0415 - heavy, and it talks

            if quantized:
                model = _prepared(model)
            found: Any = peft.PeftModel.from_pretrained(model, place, is_trainable=False)
    except Exception as error:
        raise InputError(
            f"The adapter of this saved classifier cannot be put on ({type(error).__name__}).",
            cure="Copy the folder again, with all its files.",
            file=place,
        ) from error
    return found.eval()


def _prepared(model: Any) -> Any:
    """A model of 4 bits, its norms and embeddings in full precision, as training needs them."""
    import peft  # noqa: PLC0415 - heavy

    prepare: Any = peft.prepare_model_for_kbit_training
    return prepare(model, use_gradient_checkpointing=False)
