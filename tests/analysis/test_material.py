"""What analyses read of a run: each part is made once, whoever asks for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.report.sample_run import Recipe, make_run

from mllmsent.analysis.material import Material
from mllmsent.foundation import InputError
from mllmsent.foundation.tables import write_table

if TYPE_CHECKING:
    from pathlib import Path


def test_the_leaderboard_is_made_once_and_other_tables_have_one_of_their_own(
    tmp_path: Path,
) -> None:
    material = Material(
        make_run(tmp_path / "run", Recipe(n_items=20, schemes=["polarity3"], images=False))
    )
    board = material.board()
    assert material.board() is board
    assert Material(material.run, board).board() is board
    said = material.evidence.predictions
    some = replace(material.evidence, predictions=said[said["item_id"] < "scene-0010"])
    assert material.board(some).rows["n_items"].max() < board.rows["n_items"].min()
    assert material.board() is board


def test_tables_that_are_not_of_one_run_are_told_with_the_file_that_lacks_something(
    tmp_path: Path,
) -> None:
    recipe = Recipe(n_items=12, schemes=["polarity3"], images=False, pathways=("direct",))
    for name in ("items", "systems"):
        run = make_run(tmp_path / name, recipe)
        write_table(name, run.table(name).iloc[1:], run.path / f"{name}.parquet")
        with pytest.raises(InputError, match=rf"{name}\.parquet.*does not have"):
            Material(run).board()


def test_a_study_with_other_schemes_than_its_manifest_is_told(tmp_path: Path) -> None:
    recipe = Recipe(n_items=12, schemes=["polarity3", "mikels"], images=False, pathways=("direct",))
    run = make_run(tmp_path / "run", recipe)
    del run.manifest["schemes"]["mikels"]
    with pytest.raises(InputError, match=r"study\.yaml.*2 schemes"):
        Material(run).board()
