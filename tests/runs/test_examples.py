"""The example studies are studies, and the real data they are about bring them to life."""

import re
from pathlib import Path

import pytest

from mllmsent import api
from mllmsent.runs import load_study
from mllmsent.runs.starter import starter_study
from mllmsent.runs.study import parse_study
from mllmsent.runs.study_data import DatasetChoice

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.yaml")), ids=lambda file: file.stem)
def test_every_example_reads(file: Path) -> None:
    assert load_study(file).name == file.stem


@pytest.mark.parametrize("name", ["two-cultures", "raters", "published-descriptions"])
def test_examples_plan_on_the_data_they_are_about(
    name: str, shared_data: Path, tmp_path: Path
) -> None:
    study = load_study(EXAMPLES / f"{name}.yaml")
    root = shared_data / Path(str(study.dataset.root)).name
    study = study.model_copy(
        update={"dataset": DatasetChoice(source=study.dataset.source, root=str(root))}
    )
    plan = api.plan(study, out=tmp_path / "run", limit=40)
    assert plan.items == 40
    # Items without a majority in a scheme are not asked about in it.
    most = {"two-cultures": 40 * 2 * 2 * 2, "raters": 40 * 2 * 5, "published-descriptions": 0}
    requests = sum(line.requests for line in plan.lines)
    assert most[name] * 0.9 <= requests <= most[name]


def test_everything_that_the_starter_study_offers_can_be_taken_together() -> None:
    text = starter_study("s", Path("images"))
    taken = re.sub(r"^( *)# (?=- |[a-z]+: [^ ]*[\[\d{]|mode:)", r"\1", text, flags=re.MULTILINE)
    keys = re.findall(r"^([a-z]+):", taken, re.MULTILINE)
    for key in {key for key in keys if keys.count(key) > 1}:
        taken = re.sub(rf"^{key}:.*\n", "", taken, count=1, flags=re.MULTILINE)
    study = parse_study(taken)
    assert {model.model.partition("/")[0] for model in study.models} == {
        "simulated", "openai", "anthropic", "google", "ollama", "hf", "vllm"
    }  # fmt: skip
    assert study.models[0].model == "simulated/keen"
    assert (study.mode, study.budget, len(study.judges)) == ("batch", 5, 1)


def test_the_cloud_example_is_priced_within_its_budget_without_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    plan = api.plan(EXAMPLES / "cloud.yaml", out=tmp_path / "run", limit=6)
    costs = [line.cost_usd for line in plan.lines]
    assert len(costs) == 3
    assert all(cost is not None and 0 < cost < 1 for cost in costs)
