"""Why a checkpoint could not be loaded, in words, with the cure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.foundation.errors import InputError, printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mllmsent.models.local.checkpoint import Checkpoint

__all__ = ["load_failure", "refuse_gaps"]

_AGAIN = "Copy or download the model again; a file may be cut off."


def load_failure(error: Exception, checkpoint: Checkpoint, place: str) -> InputError:
    """The error to show for what was raised while weights were loaded.

    Args:
        error: What was raised.
        checkpoint: What was loaded.
        place: Where to.
    """
    if isinstance(error, InputError):
        return error
    kinds = {kind.__name__ for kind in type(error).__mro__}
    told = printable((str(error).strip().splitlines() or [""])[0])[:300]
    cure = _AGAIN
    if "OutOfMemoryError" in kinds or isinstance(error, MemoryError):
        message = f"There is not enough memory on {place} for it."
        cure = "What helps: the option quantization: 4bit, a smaller model, another device."
    elif "SafetensorError" in kinds:
        message = f"Its weights cannot be read: {told}."
    elif "flash" in told.lower():
        message = "flash_attention_2 is not to be had here."
        cure = "Install flash-attn, which needs a GPU; or set attention: auto."
    elif isinstance(error, ImportError):
        message = f"Something that it needs is not installed: {told}"
        cure = "Install what is named with pip."
    elif "ignore_mismatched_sizes" in told:
        message = "Its weights have other sizes than its config.json says."
    elif isinstance(error, OSError) and error.errno is not None:
        message = f"Its files cannot be read: {error.strerror}."
    else:
        message = f"transformers cannot load it ({type(error).__name__}): {told}"
        cure = (
            "A newer transformers may: pip install --upgrade transformers. Or serve the model, and "
            "write vllm/NAME."
        )
    return InputError(message, cure=cure, file=checkpoint.folder)


def refuse_gaps(report: Mapping[str, Any], checkpoint: Checkpoint) -> None:
    """Refuse a model of which weights are missing: transformers would draw them at random.

    Args:
        report: What `output_loading_info` says.
        checkpoint: What was loaded.

    Raises:
        InputError: Naming some of them.
    """
    gaps = sorted({*report["missing_keys"], *(key for key, *_ in report["mismatched_keys"])})
    if gaps:
        shown = ", ".join(printable(name) for name in gaps[:3])
        raise InputError(
            f"{len(gaps)} of its weights are not in its files: "
            f"{shown}{', ...' if gaps[3:] else ''}.",
            cure=_AGAIN,
            file=checkpoint.folder,
        )
