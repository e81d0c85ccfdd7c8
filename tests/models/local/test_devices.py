"""Devices: where a model goes, how precisely it computes there, and what is said if it does not fit."""

from pathlib import Path

import pytest
import torch
from tests.models.local.checkpoints import Tiny

from mllmsent.foundation.errors import InputError
from mllmsent.models.local import devices
from mllmsent.models.local.checkpoint import Checkpoint
from mllmsent.models.local.devices import (
    Device,
    devices_here,
    free_memory,
    needed_bytes,
    placements,
    resolved_dtype,
)
from mllmsent.models.local.options import LocalOptions
from mllmsent.models.weights import StoredModel

GB = 10**9
CPU = Device("cpu", 64 * GB)


def gpus(*free_gb: float, bfloat16: bool = True) -> tuple[Device, ...]:
    found = (
        Device(f"cuda:{number}", int(free * GB), bfloat16) for number, free in enumerate(free_gb)
    )
    return (*found, CPU)


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> Checkpoint:
    """A model of eight billion parameters, of which there are only the numbers."""
    stored = StoredModel(
        folder=Path(),
        family="qwen3_vl",
        parameters=8 * 10**9,
        bytes_on_disk=16 * GB,
        dtypes=("BF16",),
        context_length=4096,
        chat_template=True,
        license=None,
        missing=(),
    )
    monkeypatch.setattr(devices, "read_stored_model", lambda _: stored)
    return checkpoint("qwen3_vl")


def checkpoint(model_type: str) -> Checkpoint:
    return Checkpoint("large", "folder", Path(), "", "", model_type, {}, (), 16 * GB, "")


def test_this_machine_has_a_processor_with_memory() -> None:
    assert devices_here()[-1].name == "cpu"
    assert free_memory(torch.device("cpu")) > 100_000_000


@pytest.mark.parametrize(
    ("here", "dtype"),
    [
        ((CPU,), "float32"),
        (gpus(80), "bfloat16"),
        (gpus(16, bfloat16=False), "float16"),
        ((Device("mps", 16 * GB, bfloat16=False), CPU), "float16"),
    ],
)
def test_precision_is_half_on_a_gpu_and_full_on_a_processor(
    here: tuple[Device, ...], dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "devices_here", lambda: here)
    assert resolved_dtype(LocalOptions(), checkpoint("qwen3_vl")) == dtype
    assert resolved_dtype(LocalOptions(dtype="float16")) == "float16"
    assert resolved_dtype(LocalOptions(device="cpu")) == "float32"


def test_a_family_that_leaves_the_range_of_float16_is_computed_in_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(devices, "devices_here", lambda: gpus(16, bfloat16=False))
    assert resolved_dtype(LocalOptions(), checkpoint("gemma3")) == "float32"


def test_need_is_counted_in_the_headers_of_the_weights(tiny: Tiny) -> None:
    from mllmsent.models.local.checkpoint import find_checkpoint  # noqa: PLC0415 - brings torch

    found = find_checkpoint(str(tiny("llava")), LocalOptions())
    stored = sum(p.numel() for p in _model(tiny("llava")).parameters())
    assert needed_bytes(found, "float32") == pytest.approx(2.1 * 4 * stored, rel=0.01)
    assert needed_bytes(found, "float16") == pytest.approx(2.1 * 2 * stored, rel=0.01)


def _model(folder: Path) -> torch.nn.Module:
    from transformers import AutoModelForMultimodalLM  # noqa: PLC0415 - transformers takes seconds to import

    model: torch.nn.Module = AutoModelForMultimodalLM.from_pretrained(folder)
    return model


def test_eight_billion_parameters_need_what_everybody_says(large: Checkpoint) -> None:
    assert needed_bytes(large, "bfloat16") == pytest.approx(18.6 * GB, rel=0.01)
    assert 5 * GB < needed_bytes(large, "bfloat16", "4bit") < 8 * GB


@pytest.mark.parametrize(
    ("here", "options", "places"),
    [
        ((CPU,), {}, ("cpu",)),
        (gpus(24), {}, ("cuda:0",)),
        (gpus(24, 24), {}, ("cuda:0", "cuda:1")),
        (gpus(24, 4), {}, ("cuda:0",)),
        (gpus(12, 12), {}, ("cuda:0+cuda:1",)),
        (gpus(8), {"quantization": "4bit"}, ("cuda:0",)),
        (gpus(24, 24), {"device": "cpu"}, ("cpu",)),
        (gpus(24, 24), {"device": "cuda:1"}, ("cuda:1",)),
        (gpus(24, 24, 24), {"device": ("cuda:0", "cuda:2")}, ("cuda:0", "cuda:2")),
        (gpus(24, 24), {"device": "cuda"}, ("cuda:0", "cuda:1")),
        (gpus(24, 24), {"dtype": "float32"}, ("cuda:0+cuda:1",)),
    ],
)
def test_a_model_goes_where_it_fits(
    large: Checkpoint, here: tuple[Device, ...], options: dict[str, object], places: tuple[str, ...]
) -> None:
    assert placements(large, LocalOptions.model_validate(options), here) == places


@pytest.mark.parametrize(
    ("here", "options", "words"),
    [
        (gpus(12), {}, ["18.6 GB as bfloat16", "12.0 GB is free", "quantization: 4bit"]),
        (gpus(12), {}, ["device: cpu has room"]),
        (gpus(12), {"device": "cuda:0"}, ["another device has room"]),
        (gpus(4, 4), {}, ["2 GPUs together", "8.0 GB is free"]),
        ((Device("cpu", 20 * GB),), {}, ["36.2 GB as float32", "dtype: bfloat16 takes 18.6 GB"]),
        ((Device("cpu", GB),), {}, ["a smaller model", "vllm/"]),
    ],
)
def test_a_model_that_is_too_large_says_how_much_and_what_helps(
    large: Checkpoint, here: tuple[Device, ...], options: dict[str, object], words: list[str]
) -> None:
    with pytest.raises(InputError) as error:
        placements(large, LocalOptions.model_validate(options), here)
    for word in words:
        assert word in str(error.value)


def test_a_cure_is_offered_only_where_it_helps(large: Checkpoint) -> None:
    with pytest.raises(InputError) as error:
        placements(large, LocalOptions(), (Device("cpu", 2 * GB),))
    assert "4bit" not in str(error.value)
    assert "bfloat16" not in error.value.cure


@pytest.mark.parametrize("device", ["cuda:3", "mps"])
def test_a_device_that_is_not_there_is_answered_with_those_that_are(
    large: Checkpoint, device: str
) -> None:
    with pytest.raises(InputError, match="It has cuda:0, cpu"):
        placements(large, LocalOptions(device=device), gpus(24))


def test_quantization_is_refused_where_it_does_not_run(large: Checkpoint) -> None:
    here = (Device("mps", 64 * GB, bfloat16=False), CPU)
    with pytest.raises(InputError, match="bitsandbytes"):
        placements(large, LocalOptions(quantization="4bit"), here)


@pytest.mark.parametrize(
    "device", ["gpu", "cuda:", "cuda:x", "", "cpu;rm", (), ("cuda:0", "cpu"), ("cuda:0", "cuda:0")]
)
def test_what_is_no_device_is_refused_where_it_is_written(device: object) -> None:
    with pytest.raises(ValueError, match="device"):
        LocalOptions.model_validate({"device": device})
