"""Free memory is found from the driver's own program, or from the system."""

import os
from pathlib import Path

import pytest

from mllmsent.models.machine import Machine, free_ram_gb, this_machine

psutil = pytest.importorskip("psutil")


def driver(folder: Path, says: str, *, code: int = 0) -> str:
    """A PATH on which `nvidia-smi` says something."""
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\nprintf '{says}'\nexit {code}\n", encoding="utf-8")
    program.chmod(0o755)
    return f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin"


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No driver, no choice of GPUs, no container."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr("mllmsent.models.machine._CGROUP", tmp_path)


def test_gpus_are_counted_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver tells MiB, and a gigabyte is 10^9 bytes."""
    monkeypatch.setenv("PATH", driver(tmp_path, "80000\\n20000\\n"))
    found = this_machine()
    assert (found.kind, found.n_gpus) == ("GPU", 2)
    assert found.free_gb == pytest.approx(100_000 * 2**20 / 1e9)
    assert found.words == "2 GPUs, 104.9 GB free"


@pytest.mark.parametrize(
    ("visible", "free"), [("1", 20_000), ("1,0", 100_000), ("7", None), ("", None)]
)
def test_gpus_that_are_hidden_do_not_count(
    visible: str, free: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", driver(tmp_path, "80000\\n20000\\n"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    found = this_machine()
    assert found.kind == ("RAM" if free is None else "GPU")
    if free is not None:
        assert found.free_gb == pytest.approx(free * 2**20 / 1e9)


@pytest.mark.parametrize(
    ("says", "code"), [("No devices were found", 0), ("", 0), ("80000\\n", 9), ("[N/A]\\n", 0)]
)
def test_a_driver_without_a_gpu_is_no_gpu(
    says: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", driver(tmp_path, says, code=code))
    assert this_machine().kind == "RAM"


def test_without_a_gpu_it_is_the_main_memory() -> None:
    found = this_machine()
    assert (found.kind, found.n_gpus) == ("RAM", 0)
    assert found.free_gb is not None
    assert 0 < found.free_gb <= psutil.virtual_memory().total / 1e9
    assert found.words.startswith("RAM, ")
    assert Machine("RAM", None).words == "RAM, unknown"


def test_a_container_has_what_it_was_given(tmp_path: Path) -> None:
    (tmp_path / "memory.current").write_text("100000000\n", encoding="ascii")
    (tmp_path / "memory.stat").write_text("anon 5\ninactive_file 0\n", encoding="ascii")
    (tmp_path / "memory.max").write_text("600000000\n", encoding="ascii")
    assert free_ram_gb() == pytest.approx(0.5)
    (tmp_path / "memory.stat").write_text("anon 5\ninactive_file 40000000\n", encoding="ascii")
    assert free_ram_gb() == pytest.approx(0.54), "what was read from files is given back"
    (tmp_path / "memory.max").write_text("max\n", encoding="ascii")
    free = free_ram_gb()
    assert free is not None
    assert free > 0.5
