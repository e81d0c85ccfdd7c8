"""The sample study, small: both built-in models by all pathways, and what its report says of them."""

from pathlib import Path

import pytest

from mllmsent import api

STUDY = """\
name: small
dataset: {source: dioramas, options: {n: 30, seed: 31, balanced: polarity3}}
schemes:
  - {scheme: polarity3, fold: polarity5-to-polarity3, source: polarity5, min_agreement: 3}
  - valence-arousal
models: [builtin/diorama-small, builtin/diorama-tiny]
pathways: [direct, described, scene]
strategies: [zero-shot, likelihood, describe, scene]
folds: {n: 3}
intervals: {resamples: 200}
"""
# A test of the framework and its weights, not of a figure: that is in the model cards.
CHANCE = 1 / 3

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> api.Run:
    folder = tmp_path_factory.mktemp("builtin")
    (folder / "study.yaml").write_text(STUDY)
    return api.run(folder / "study.yaml", out=folder / "runs" / "small")


def test_every_question_is_answered_and_read(run: api.Run) -> None:
    assert run.complete
    said = run.predictions[run.predictions["scheme"] == "polarity3"]
    assert (said["status"] == "ok").mean() > 0.98
    kinds = set(said["score_kind"].dropna())
    assert "likelihood-sum" in kinds


def test_the_better_model_is_well_above_chance_and_above_the_weaker(run: api.Run) -> None:
    board = run.leaderboard()
    direct = board[(board["scheme"] == "polarity3") & (board["strategy"] == "zero-shot")]
    accuracy = direct.set_index("model")["accuracy"]
    assert accuracy["builtin/diorama-small"] > 2 * CHANCE
    assert accuracy["builtin/diorama-small"] > accuracy["builtin/diorama-tiny"] > CHANCE


def test_the_label_that_is_likeliest_is_mostly_the_one_that_is_written(run: api.Run) -> None:
    said = run.predictions[run.predictions["scheme"] == "polarity3"]
    systems = run.systems.set_index("system_id")
    said = said.assign(
        strategy=said["system_id"].map(systems["strategy"]),
        model=said["system_id"].map(systems["model"]),
    )
    wide = said.pivot_table(
        index=["model", "item_id"], columns="strategy", values="label", aggfunc="first"
    )
    assert (wide["zero-shot"] == wide["likelihood"]).mean() > 0.95


def test_a_run_that_is_opened_elsewhere_asks_nothing_again(run: api.Run, tmp_path: Path) -> None:
    moved = run.folder.path.rename(tmp_path / "moved")
    plan = api.plan(moved)
    assert sum(line.to_send for line in plan.lines) == 0
    moved.rename(run.folder.path)
