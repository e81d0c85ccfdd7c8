import json
from pathlib import Path

import pytest
import torch

from mllmsent.dioramas import render, sample_scene
from mllmsent.prompts import get_strategy
from training.examine import Examinee
from training.recipe import get_recipe
from training.train import train


def test_a_few_steps_give_a_checkpoint_that_loads_and_answers(trial: Path) -> None:
    examinee = Examinee.load(trial)
    pictures = [render(sample_scene(1, number), 64) for number in range(3)]
    answers = examinee.answers(get_strategy("describe"), None, pictures, longest=5)
    assert len(answers) == 3
    shares = examinee.polarities(get_strategy("zero-shot"), pictures)
    assert torch.allclose(shares.sum(1), torch.ones(3))


def test_the_log_tells_the_recipe_and_every_stage(trial: Path) -> None:
    lines = [json.loads(line) for line in (trial / "training.jsonl").read_text().splitlines()]
    assert [line["stage"] for line in lines] == [
        "start", "drawn", "built", "vision", "answers", "wordings", "saved",
    ]  # fmt: skip
    assert lines[0]["recipe"]["never"] == {"weather": ["rain"]}
    assert lines[4]["step"] == get_recipe("trial").steps


def test_checkpoints_are_kept_on_the_way(trial: Path) -> None:
    assert (trial.with_name("trial-00002") / "model.safetensors").is_file()


def test_weights_are_stored_in_half_precision(trial: Path) -> None:
    from safetensors import safe_open  # noqa: PLC0415 - only this test reads weights

    with safe_open(trial / "model.safetensors", "pt") as weights:
        kinds = {weights.get_tensor(name).dtype for name in weights.keys()}  # noqa: SIM118 - no mapping
    assert kinds == {torch.float16}


@pytest.mark.slow
def test_the_same_recipe_gives_the_same_weights_up_to_rounding(trial: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file  # noqa: PLC0415 - only this test reads weights so

    train(get_recipe("trial"), tmp_path / "again", workers=1)
    first = load_file(trial / "model.safetensors")
    again = load_file(tmp_path / "again" / "model.safetensors")
    assert all(torch.allclose(first[name], again[name], atol=1e-3) for name in first)
    other = get_recipe("trial").model_copy(update={"seed": 4})
    train(other, tmp_path / "other", workers=1)
    unlike = load_file(tmp_path / "other" / "model.safetensors")
    assert not any(
        torch.allclose(first[name], unlike[name], atol=1e-3) for name in first if "q_proj.w" in name
    )
