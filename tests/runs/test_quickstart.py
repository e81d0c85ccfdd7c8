"""The main job, small: drawn scenes, simulated models behind a real server, a report."""

from pathlib import Path

import pytest

from mllmsent import api
from mllmsent.foundation import InputError
from mllmsent.models.simulated import make_simulated

STUDY = """\
name: small
dataset: {source: dioramas, options: {n: 30, seed: 7, size: 64}}
schemes:
  - {scheme: polarity3, fold: polarity5-to-polarity3, source: polarity5, min_agreement: 3}
  - valence-arousal
models: [simulated/keen, simulated/hasty]
pathways: [direct, described, scene]
folds: {n: 3}
intervals: {resamples: 200}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> api.Run:
    folder = tmp_path_factory.mktemp("quickstart")
    (folder / "study.yaml").write_text(STUDY)
    return api.run(folder / "study.yaml", out=folder / "runs" / "small")


def test_a_run_leaves_everything_that_is_promised(run: api.Run) -> None:
    run.report()
    for name in (
        "study.yaml", "manifest.json", "items.parquet", "annotations.parquet", "targets.parquet",
        "responses.parquet", "predictions.parquet", "report/index.html",
    ):  # fmt: skip
        assert (run.folder.path / name).stat().st_size > 0
    assert run.complete


def test_run_again_it_sends_nothing(run: api.Run) -> None:
    plan = api.plan(run.folder.path)
    assert sum(line.to_send for line in plan.lines) == 0
    assert sum(line.cached for line in plan.lines) > 100


def test_everything_says_that_it_is_synthetic_and_simulated(run: api.Run) -> None:
    said = " ".join(run.warnings())
    assert "synthetic" in said
    assert "no models at all" in said
    assert set(run.systems["note"]) == {"simulated"}
    assert run.folder.manifest["dataset"]["synthetic"] is True


def test_the_keener_model_is_the_better_one(run: api.Run) -> None:
    board = run.leaderboard()
    direct = board[(board["scheme"] == "polarity3") & (board["pathway"] == "direct")]
    accuracy = direct.set_index("model")["accuracy"]
    assert accuracy["simulated/keen"] > accuracy["simulated/hasty"]


def test_each_field_of_the_scene_pathway_is_scored_and_shown(run: api.Run) -> None:
    table = run.scene_fields()
    assert set(table["field"]) >= {"atmosphere", "subjects", "expressions", "cues", "narrative"}
    atmosphere = table[table["field"] == "atmosphere"].set_index("system")["precision"]
    assert atmosphere.filter(like="keen").iloc[0] > atmosphere.filter(like="hasty").iloc[0]
    page = run.report().read_text(encoding="utf-8")
    assert 'id="scene-fields"' in page
    assert "Most often invented" in page


def test_a_simulated_model_that_does_not_exist_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="'keen'"):
        make_simulated("keem", {})
    with pytest.raises(InputError, match="folder"):
        make_simulated("keen", {"foldr": "x"})


def test_dioramas_take_no_option_they_do_not_know(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(STUDY.replace("seed: 7", "sed: 7"))
    with pytest.raises(InputError, match="'seed'"):
        api.plan(tmp_path / "study.yaml", out=tmp_path / "run")
