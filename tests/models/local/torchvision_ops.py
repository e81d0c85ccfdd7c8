"""torchvision beside a torch without CUDA: the two operators that its import asks for.

The wheels of torchvision that package registries have are built for CUDA. Beside a torch without,
their compiled part does not load, and the import ends at `torchvision::nms does not exist`. Once the
operators are declared, all that processors use of it works; detecting objects does not.
"""

from importlib.util import find_spec
from typing import Any

__all__ = ["HAS_TORCHVISION", "declare_missing"]

HAS_TORCHVISION = find_spec("torchvision") is not None
_DECLARED: list[Any] = []


def declare_missing() -> None:
    """Declare them where they will be missing; before anything imports torchvision."""
    if not HAS_TORCHVISION or _DECLARED:
        return
    import torch  # noqa: PLC0415 - only where it is needed

    if torch.version.cuda is None:
        library: Any = torch.library.Library  # not typed
        # They are declared for as long as the object lives.
        declared = library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            declared.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _DECLARED.append(declared)
