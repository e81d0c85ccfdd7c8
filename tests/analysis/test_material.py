"""What analyses read of a run: each part is made once, whoever asks for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.report.sample_run import Recipe, make_run

from mllmsent.analysis.material import Material

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
