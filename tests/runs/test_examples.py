"""The example studies are studies, and the real data they are about bring them to life."""

from pathlib import Path

import pytest

from mllmsent import api
from mllmsent.runs import load_study
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
