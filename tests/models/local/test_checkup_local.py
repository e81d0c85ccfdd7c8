"""A local model is looked at from its parts to its attention, and each fault has its cure."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mllmsent.foundation import InputError
from mllmsent.models.checkup import CheckStep
from mllmsent.models.checkup_local import check

Tiny = Callable[[str], Path]
NAMES = [
    "parts",
    "found",
    "files",
    "memory",
    "loads",
    "answers text",
    "sees images",
    "same in a batch",
    "label likelihoods",
    "structured answers",
    "attention",
]


def look(name: str, **options: Any) -> dict[str, CheckStep]:
    return {step.name: step for step in asyncio.run(check(name, options))}


@pytest.fixture
def copy(tiny: Tiny, tmp_path: Path) -> Path:
    """A tiny model that may be spoiled."""
    return Path(shutil.copytree(tiny("llava"), tmp_path / "model"))


def failed(steps: dict[str, CheckStep]) -> CheckStep:
    """The one step that failed; those after it were not tried."""
    assert list(steps) == NAMES
    (step,) = [step for step in steps.values() if step.status == "failed"]
    after = NAMES[NAMES.index(step.name) + 1 :]
    assert {steps[name].status for name in after} <= {"not tried"}
    return step


@pytest.mark.slow
@pytest.mark.parametrize("family", ["llava", "qwen3_vl"])
def test_all_works_with_a_tiny_model(family: str, tiny: Tiny) -> None:
    """Weights are random; that it sees is told by what the pictures change in its answers."""
    steps = look(f"hf/{tiny(family)}")
    assert list(steps) == NAMES
    assert {name: step.detail for name, step in steps.items() if step.status != "ok"} == {}
    assert "falls on the picture, on a grid of" in steps["attention"].detail


def test_a_folder_that_is_not_there_is_told_with_its_neighbor(copy: Path) -> None:
    step = failed(look(f"hf/{copy.parent / 'modle'}"))
    assert (step.name, step.cure) == ("found", "Did you mean 'model'?")


def test_a_file_that_was_cut_off_is_found_before_anything_is_loaded(copy: Path) -> None:
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    step = failed(look(f"hf/{copy}"))
    assert step.name in {"files", "memory"}
    assert "cut off" in step.cure


def test_a_machine_without_room_is_told_of_with_what_would_help(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mllmsent.models.local.devices.free_memory", lambda _: 1000)
    step = failed(look(f"hf/{copy}"))
    assert step.name == "memory"
    assert "too large" in step.detail
    assert "smaller model" in step.cure


def test_a_model_without_a_chat_template_cannot_be_asked(copy: Path) -> None:
    (copy / "chat_template.jinja").unlink()
    step = failed(look(f"hf/{copy}"))
    assert step.name == "loads"
    assert "-Instruct" in step.cure


@pytest.mark.parametrize(
    ("absent", "options", "cure"),
    [
        ("accelerate", {}, "pip install 'mllmsent[local]'"),
        ("bitsandbytes", {"quantization": "4bit"}, "pip install bitsandbytes 'torch=="),
    ],
)
def test_a_part_that_is_not_installed_is_named(
    absent: str,
    options: dict[str, Any],
    cure: str,
    copy: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "mllmsent.models.checkup_local.find_spec", lambda name: None if name == absent else name
    )
    step = failed(look(f"hf/{copy}", **options))
    assert step.name == "parts"
    assert absent in step.detail
    assert cure in step.cure


def test_a_wrong_option_is_wrong_input_and_no_step() -> None:
    with pytest.raises(InputError, match="Did you mean 'dtype'"):
        look("hf/owner/name", dtyp="float32")


def test_a_model_that_is_not_local_is_only_asked() -> None:
    steps = look("simulated/keen")
    assert list(steps) == NAMES[5:10]
    assert {step.status for step in steps.values()} == {"ok", "not offered"}
