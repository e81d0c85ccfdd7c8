"""How much memory this machine has to spare for a model, found without importing torch."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mllmsent.models.presets import Preset

__all__ = ["Fit", "Machine", "fit", "free_ram_gb", "memory_at", "this_machine"]

Fit = Literal["yes", "bfloat16", "4-bit", "no", "unknown"]

_CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a model could run, and with how much memory.

    Attributes:
        kind: "GPU", or "RAM" where there is none.
        free_gb: Free now, in gigabytes (10^9 bytes): of all GPUs together, for a model may be spread
            over them, or of the main memory; None where it cannot be told.
        n_gpus: Number of GPUs.
    """

    kind: Literal["GPU", "RAM"]
    free_gb: float | None
    n_gpus: int = 0

    @property
    def words(self) -> str:
        """The machine, for people: "GPU, 22.1 GB free"."""
        free = "unknown" if self.free_gb is None else f"{self.free_gb:.1f} GB free"
        several = f"{self.n_gpus} GPUs" if self.n_gpus > 1 else self.kind
        return f"{several}, {free}"


def this_machine() -> Machine:
    """The machine at hand: its GPUs where `nvidia-smi` knows some, else its main memory."""
    gpus = _nvidia_free_gb()
    if gpus:
        return Machine("GPU", sum(gpus), len(gpus))
    return Machine("RAM", free_ram_gb())


def memory_at(preset: Preset, machine: Machine) -> Mapping[str, float]:
    """What a model needs here at each precision, the default one first.

    Args:
        preset: The model.
        machine: On a GPU models run at bfloat16; on a processor at float32, which is as fast there
            and exact.

    Returns:
        Name of the precision to gigabytes; empty where the model's size is unknown.
    """
    bits = {"float32": 32, "bfloat16": 16, "4-bit": 4}
    if machine.kind == "GPU":
        del bits["float32"]
    needs = {name: preset.memory_gb(number) for name, number in bits.items()}
    return {name: need for name, need in needs.items() if need is not None}


def fit(preset: Preset, machine: Machine) -> Fit:
    """Whether a model fits into the memory that is free.

    Returns:
        "yes" as it is; "bfloat16" or "4-bit" only with that option; "no"; "unknown" where its size
        or the memory is.
    """
    needs = memory_at(preset, machine)
    if not needs or machine.free_gb is None:
        return "unknown"
    default = next(iter(needs))
    for name, need in needs.items():
        if need <= machine.free_gb:
            return "yes" if name == default else "bfloat16" if name == "bfloat16" else "4-bit"
    return "no"


def _nvidia_free_gb() -> list[float]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    try:
        told = subprocess.run(  # noqa: S603 - the driver's own program, fixed arguments
            [program, "--query-gpu=memory.free", "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
        free = [float(line) * 2**20 / 1e9 for line in told.stdout.splitlines() if line.strip()]
    except (OSError, subprocess.SubprocessError, ValueError):
        return []
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return free
    chosen = [part.strip() for part in visible.split(",")]
    return [free[int(part)] for part in chosen if part.isdecimal() and int(part) < len(free)]


def free_ram_gb() -> float | None:
    """Main memory that is free, in gigabytes; None where psutil is not installed."""
    try:
        psutil: Any = import_module("psutil")  # comes with the extra `local`, and without types
    except ImportError:
        return None
    free = float(psutil.virtual_memory().available)
    # A container may have been given less than the machine has.
    try:
        most = (_CGROUP / "memory.max").read_text(encoding="ascii").strip()
        used = float((_CGROUP / "memory.current").read_text(encoding="ascii"))
        # What was read from files counts as used, and is given back as soon as anybody needs room.
        stat = (_CGROUP / "memory.stat").read_text(encoding="ascii")
        kept = sum(float(line.split()[1]) for line in stat.splitlines() if "inactive_file" in line)
        free = min(free, float(most) - used + kept)
    except (OSError, ValueError):  # no such limit, or "max"
        pass
    return free / 1e9
