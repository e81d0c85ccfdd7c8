"""A model's processor: what turns images and words into its tensors.

Processors of models that also see videos have a part for videos which exists for torchvision only,
and transformers does not load the whole without it. We send images, so where torchvision is missing
a placeholder stands in for that part; where it is installed nothing here is done differently.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.errors import InputError, nearest, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mllmsent.models.local.families import Family

__all__ = ["find_chat_template", "load_processor", "no_video_processor", "video_placeholder"]

_PLACEHOLDER_MODULE = "mllmsent.models.local._no_video"
_PATCHING = threading.Lock()
_INSTALL_TORCHVISION = (
    "Install the torchvision that belongs to your torch, from the same place: "
    "pip install torchvision."
)
# How tensors come out is the engine's matter.
_NOT_OURS = frozenset(
    {"data_format", "device", "disable_grouping", "input_data_format", "return_tensors"}
)


def load_processor(
    folder: Path,
    changes: Mapping[str, Any] | None = None,
    *,
    family: Family | None = None,
    trust_remote_code: bool = False,
) -> Any:
    """The processor of a checkpoint.

    Args:
        folder: Where the checkpoint is.
        changes: What it is to do differently from what the checkpoint says, by the names of its
            image processor: `size`, `do_image_splitting`, `max_patches`.
        family: The model's family, which knows what its processor needs.
        trust_remote_code: Whether code that comes with the checkpoint may run.

    Returns:
        A `ProcessorMixin` whose tokenizer pads on the left.

    Raises:
        InputError: If files or packages are missing, or a change is none that it knows; with the
            cure.
    """
    _require_sound_torchvision()
    if family is not None:
        _require(family)
    try:
        processor = _from_files(folder, dict(changes or {}), trust_remote_code=trust_remote_code)
    except Exception as error:
        # Whatever transformers, tokenizers or a JSON reader make of a broken file.
        raise _not_made(error, folder) from error
    if not hasattr(processor, "image_processor") or not hasattr(processor, "tokenizer"):
        raise InputError(
            "This model has no processor of images.",
            cure="Copy processor_config.json or preprocessor_config.json from where it comes from.",
            file=folder,
        )
    _refuse_unknown(processor, changes or {})
    processor.tokenizer.padding_side = "left"
    return processor


def _from_files(folder: Path, changes: dict[str, Any], *, trust_remote_code: bool) -> Any:
    import transformers  # noqa: PLC0415 - heavy

    auto: Any = transformers.AutoProcessor
    with video_placeholder():
        return auto.from_pretrained(
            folder, local_files_only=True, trust_remote_code=trust_remote_code, **changes
        )


def _require_sound_torchvision() -> None:
    # One that was built for another torch fails on import, and then transformers makes no processor
    # at all, for reasons that it does not tell.
    if find_spec("torchvision") is None:
        return
    try:
        import_module("torchvision")
    except Exception as error:
        raise InputError(
            "The torchvision that is installed does not fit the torch that is installed.",
            cure=f"{_INSTALL_TORCHVISION} Or remove it: pip uninstall torchvision.",
        ) from error


def _require(family: Family) -> None:
    needed = (*family.packages, *(("torchvision",) if family.torchvision else ()))
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        raise InputError(
            f"The processor of {family.title} needs what is not installed: {', '.join(missing)}.",
            cure=_INSTALL_TORCHVISION
            if missing == ["torchvision"]
            else f"Install it with: pip install {' '.join(missing)}",
        )


def _not_made(error: Exception, folder: Path) -> InputError:
    told = str(error).strip()
    if "torchvision" in told.lower():
        return InputError(
            "The processor of this model needs torchvision.", cure=_INSTALL_TORCHVISION, file=folder
        )
    if isinstance(error, ImportError):
        first = (told.splitlines() or ["a package is missing"])[0]
        return InputError(
            f"The processor of this model cannot be made: {printable(first)}",
            cure="Install what it names with pip.",
            file=folder,
        )
    return InputError(
        f"Its tokenizer or image processor cannot be read ({type(error).__name__}).",
        cure="Copy or download the model again, with all its files: tokenizer.json, "
        "tokenizer_config.json, processor_config.json or preprocessor_config.json.",
        file=folder,
    )


def _refuse_unknown(processor: Any, changes: Mapping[str, Any]) -> None:
    # transformers passes over names that it does not know: a typing error would change nothing.
    declared = getattr(processor.image_processor, "valid_kwargs", None)
    known = set(getattr(declared, "__annotations__", ())) - _NOT_OURS
    for name in changes:
        if known and name not in known:
            raise InputError(
                f"This model's processor takes no {name!r}.",
                cure=nearest(name, known),
                item="options.processor",
            )


def find_chat_template(processor: Any) -> str | None:
    """The template of conversations: the processor's, else its tokenizer's, else None."""
    for owner in (processor, getattr(processor, "tokenizer", None)):
        template = getattr(owner, "chat_template", None)
        if isinstance(template, dict):  # several, by name
            template = template.get("default")
        if template:
            return str(template)
    return None


@contextlib.contextmanager
def video_placeholder() -> Iterator[bool]:
    """While inside, processors can be made without torchvision.

    Two names that transformers looks up are changed, and put back at the end: which class loads the
    part for videos, and the class that part is checked against, which transformers exports only
    where torchvision is installed.

    Yields:
        Whether anything was changed: False where torchvision is installed.
    """
    if find_spec("torchvision") is not None:
        yield False
        return
    import transformers.processing_utils as processing  # noqa: PLC0415 - heavy
    from transformers.video_processing_utils import VideoProcessorMixin  # noqa: PLC0415 - likewise

    names: Any = processing._LazyAutoProcessorMapping._MAPPING_NAMES  # noqa: SLF001 - no public way
    exported: Any = processing.transformers_module
    no_video_processor()
    with _PATCHING:
        before = names["video_processor"]
        names["video_processor"] = (_PLACEHOLDER_MODULE, "NoVideoProcessor")
        exported.VideoProcessorMixin = VideoProcessorMixin
        try:
            yield True
        finally:
            names["video_processor"] = before
            del exported.VideoProcessorMixin


def no_video_processor() -> Any:
    """What stands where a processor wants a part for videos."""
    # transformers imports the class by the name of its module, and its base is heavy to import: the
    # module is made when it is first needed.
    if _PLACEHOLDER_MODULE not in sys.modules:
        from transformers.video_processing_utils import VideoProcessorMixin  # noqa: PLC0415 - heavy

        members: dict[str, Any] = {
            "__module__": _PLACEHOLDER_MODULE,
            "__doc__": "Stands where a processor wants a part for videos; makes nothing of them.",
            # What processors ask of that part while they handle images.
            "num_frames": None,
            "fps": None,
            "merge_size": 2,
            "temporal_patch_size": 2,
            "from_pretrained": classmethod(lambda cls, *_args, **_options: cls()),
            "to_dict": lambda _self: {},
        }
        made: Any = ModuleType(_PLACEHOLDER_MODULE)
        made.NoVideoProcessor = type("NoVideoProcessor", (VideoProcessorMixin,), members)
        sys.modules[_PLACEHOLDER_MODULE] = made
    module: Any = sys.modules[_PLACEHOLDER_MODULE]
    return module.NoVideoProcessor()
