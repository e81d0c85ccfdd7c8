"""A model's processor: what turns images and words into its tensors.

Processors of models that also see videos have a part for videos which exists for torchvision only,
and transformers does not load the whole without it. We send images, so where torchvision is missing
a placeholder stands in for that part; where it is installed nothing here is done differently.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["find_chat_template", "load_processor", "no_video_processor", "video_placeholder"]

_PLACEHOLDER_MODULE = "mllmsent.models.local._no_video"
_PATCHING = threading.Lock()


def load_processor(
    folder: Path, changes: Mapping[str, Any] | None = None, *, trust_remote_code: bool = False
) -> Any:
    """The processor of a checkpoint.

    Args:
        folder: Where the checkpoint is.
        changes: What is wanted differently from what the checkpoint says, by the processor's names.
        trust_remote_code: Whether code that comes with the checkpoint may run.

    Returns:
        A `ProcessorMixin` whose tokenizer pads on the left.
    """
    import transformers  # noqa: PLC0415 - heavy

    auto: Any = transformers.AutoProcessor
    with video_placeholder():
        processor = auto.from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=trust_remote_code,
            **dict(changes or {}),
        )
    processor.tokenizer.padding_side = "left"
    return processor


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
    from transformers.video_processing_utils import VideoProcessorMixin  # noqa: PLC0415

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
