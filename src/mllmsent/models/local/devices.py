"""Where a model runs and how precisely: what this machine has, and what fits where."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.foundation.errors import InputError, MissingExtraError
from mllmsent.models.local.families import known_families
from mllmsent.models.machine import free_ram_gb
from mllmsent.models.weights import read_stored_model

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from mllmsent.models.local.checkpoint import Checkpoint
    from mllmsent.models.local.options import LocalOptions

__all__ = ["Device", "devices_here", "free_memory", "needed_bytes", "placements", "resolved_dtype"]

_BYTES = {"float32": 4.0, "bfloat16": 2.0, "float16": 2.0}
# As bitsandbytes stores them, a scale for each block included; embeddings stay as they are.
_QUANTIZED_BYTES = {"4bit": 0.75, "8bit": 1.1}
_GB = 1e9
_UNKNOWN_FREE = 4 * 10**9


@dataclass(frozen=True, slots=True)
class Device:
    """Something that a model can run on.

    Attributes:
        name: As torch calls it: "cuda:0", "mps", "cpu".
        free_bytes: Memory that nobody uses.
        bfloat16: Whether it computes bfloat16 in hardware.
    """

    name: str
    free_bytes: int
    bfloat16: bool = True

    @property
    def kind(self) -> str:
        """Without its number: "cuda", "mps" or "cpu"."""
        return self.name.partition(":")[0]


def devices_here() -> tuple[Device, ...]:
    """What this machine has, the best first: its GPUs, then its processor.

    Raises:
        MissingExtraError: If torch is not installed.
    """
    try:
        import torch  # noqa: PLC0415 - heavy
    except ImportError:
        raise MissingExtraError("Models on this machine", extra="local") from None
    found = []
    if torch.cuda.is_available():
        for number in range(torch.cuda.device_count()):
            place = torch.device("cuda", number)
            # From compute capability 8 (Ampere) on; before, torch imitates it, slowly.
            bfloat16 = torch.cuda.get_device_capability(place) >= (8, 0)
            found.append(Device(str(place), free_memory(place), bfloat16))
    elif torch.backends.mps.is_available():
        found.append(Device("mps", free_memory(torch.device("mps")), bfloat16=False))
    return (*found, Device("cpu", free_memory(torch.device("cpu"))))


def free_memory(device: torch.device) -> int:
    """Bytes that a computation on a device can still take."""
    import torch  # noqa: PLC0415 - heavy

    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        # torch keeps what it no longer uses, to use it again.
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(free + kept)
    if device.type == "mps":
        return int(torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory())
    free_gb = free_ram_gb()
    return _UNKNOWN_FREE if free_gb is None else int(free_gb * _GB)


def resolved_dtype(options: LocalOptions, checkpoint: Checkpoint | None = None) -> str:
    """The precision a model runs at: "float32", "bfloat16" or "float16".

    What the options say; else, on a processor, full precision, which is as fast there and exact; on
    a GPU, half: bfloat16 where the hardware computes it, else float16, except for families whose
    numbers leave its range.

    Args:
        options: `dtype` and `device` are looked at.
        checkpoint: The model, whose family may not bear float16.
    """
    if options.dtype != "auto":
        return options.dtype
    return _dtype(options, checkpoint, devices_here())


def needed_bytes(checkpoint: Checkpoint, dtype: str, quantization: str | None = None) -> int:
    """Memory that a model takes: its weights, a tenth more, and a gigabyte to compute in.

    Args:
        checkpoint: Its files; the headers of its weights are read.
        dtype: Precision of weights that are not quantized.
        quantization: "4bit", "8bit" or None.
    """
    parameters = read_stored_model(checkpoint.folder).parameters
    each = _QUANTIZED_BYTES[quantization] if quantization else _BYTES[dtype]
    # Without the headers: half precision is how weights are mostly stored.
    weights = (checkpoint.size_bytes / 2 if parameters is None else parameters) * each
    return math.ceil(weights * 1.1 + min(weights, _GB))


def placements(
    checkpoint: Checkpoint, options: LocalOptions, here: Sequence[Device] | None = None
) -> tuple[str, ...]:
    """Where copies of a model go.

    Args:
        checkpoint: Its files.
        options: `device`, `dtype` and `quantization` are looked at.
        here: The devices there are; by default this machine's.

    Returns:
        A device for each copy. A model that fits on no GPU, but on several together, is one copy
        spread over them: "cuda:0+cuda:1".

    Raises:
        InputError: If there is no such device, or the model is too large for it; with the cure.
    """
    here = devices_here() if here is None else tuple(here)
    wanted = _wanted(options, here)
    dtype = _dtype(options, checkpoint, here)
    if options.quantization and wanted[0].kind == "mps":
        raise InputError(
            "Weights cannot be quantized on this GPU (mps): bitsandbytes does not run on it.",
            cure="Leave the option `quantization` out, or set device: cpu.",
        )
    needed = needed_bytes(checkpoint, dtype, options.quantization)
    roomy = tuple(device.name for device in wanted if device.free_bytes >= needed)
    if roomy:
        return roomy
    together = sum(device.free_bytes for device in wanted)
    if len(wanted) > 1 and together >= needed:
        return ("+".join(device.name for device in wanted),)
    raise _too_large(checkpoint, options, dtype, wanted, here)


def _wanted(options: LocalOptions, here: Sequence[Device]) -> tuple[Device, ...]:
    """The devices that the options mean, all of one kind."""
    names = (options.device,) if isinstance(options.device, str) else options.device
    if names == ("auto",):
        return tuple(device for device in here if device.kind == here[0].kind)
    known = {device.name: device for device in here}
    if names == ("cuda",):
        names = tuple(name for name, device in known.items() if device.kind == "cuda") or names
    absent = [name for name in names if name not in known]
    if absent:
        raise InputError(
            f"This machine has no device {absent[0]!r}.",
            cure=f"It has {', '.join(known)}. A GPU that is missing needs its driver, and a torch "
            "that was built for it.",
        )
    return tuple(known[name] for name in names)


def _dtype(options: LocalOptions, checkpoint: Checkpoint | None, here: Sequence[Device]) -> str:
    if options.dtype != "auto":
        return options.dtype
    wanted = _wanted(options, here)
    if wanted[0].kind == "cpu":
        return "float32"
    if all(device.bfloat16 for device in wanted):
        return "bfloat16"
    family = known_families().get(checkpoint.model_type) if checkpoint else None
    return "float32" if family is not None and not family.float16 else "float16"


def _too_large(
    checkpoint: Checkpoint,
    options: LocalOptions,
    dtype: str,
    wanted: Sequence[Device],
    here: Sequence[Device],
) -> InputError:
    needed = needed_bytes(checkpoint, dtype, options.quantization)
    together = sum(device.free_bytes for device in wanted)
    where = wanted[0].name if len(wanted) == 1 else f"{len(wanted)} GPUs together"
    cures = []
    if options.quantization != "4bit" and wanted[0].kind != "mps":
        smaller = needed_bytes(checkpoint, dtype, "4bit")
        if smaller <= together:
            cures.append(f"the option quantization: 4bit takes {smaller / _GB:.1f} GB")
    if dtype == "float32" and not options.quantization:
        half = needed_bytes(checkpoint, "bfloat16")
        if half <= together:
            cures.append(f"the option dtype: bfloat16 takes {half / _GB:.1f} GB")
    others = [device for device in here if device not in wanted]
    if options.device != "auto" and any(device.free_bytes >= needed for device in others):
        cures.append("another device has room")
    elif any(device.kind == "cpu" and device.free_bytes >= needed for device in others):
        cures.append("device: cpu has room, and is slow")
    cures.append("a smaller model (`mllmsent models list` tells what fits)")
    cures.append("a server elsewhere (vllm/...)")
    return InputError(
        f"This model is too large for {where}: it takes about {needed / _GB:.1f} GB as "
        f"{options.quantization or dtype}, and {together / _GB:.1f} GB is free.",
        cure=f"What helps: {'; '.join(cures)}.",
        item=checkpoint.name,
    )
