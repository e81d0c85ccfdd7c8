"""The measures of a run's pictures: made where the pictures are, and kept with the run."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from tests.report.sample_run import Recipe, make_run

from mllmsent.analysis import measured
from mllmsent.analysis.material import Material
from mllmsent.features import feature_names
from mllmsent.foundation.tables import read_table, write_table

if TYPE_CHECKING:
    from pathlib import Path

    from mllmsent.runs.folder import RunFolder

SMALL = Recipe(n_items=6, models={"m/one": 0.8}, pathways=("direct",))


@pytest.fixture(autouse=True)
def nothing_measured_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLLMSENT_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return make_run(tmp_path / "run", SMALL)


def pictures(run: RunFolder) -> list[Path]:
    return sorted(path for path in run.dataset_root().rglob("*") if path.is_file())


def test_pictures_are_measured_and_the_run_keeps_it(run: RunFolder) -> None:
    table = Material(run).features
    assert list(table.columns) == ["item_id", *feature_names()]
    assert list(table["item_id"]) == list(run.table("items")["item_id"])
    assert table[list(feature_names())].notna().all().all()
    assert (run.path / "features.parquet").is_file()


def test_a_run_that_is_moved_away_from_its_pictures_keeps_their_measures(run: RunFolder) -> None:
    table = Material(run).features
    shutil.rmtree(run.dataset_root())
    again = Material(run).measured
    pd.testing.assert_frame_equal(again.table, table)
    assert not again.lacking


def test_a_run_without_its_pictures_says_so_and_has_a_table_without_rows(run: RunFolder) -> None:
    shutil.rmtree(run.dataset_root())
    found = Material(run).measured
    assert not len(found.table)
    assert found.lacking.startswith("6 of 6 pictures could not be measured: ")
    assert not (run.path / "features.parquet").exists()


def test_items_without_pictures_have_none_to_measure(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", Recipe(n_items=4, images=False, models={"m/one": 0.8}))
    assert Material(run).measured.lacking == "The items of this run have no pictures to measure."


def test_a_picture_that_has_changed_is_not_measured_in_its_place(run: RunFolder) -> None:
    first, second, *_ = pictures(run)
    first.write_bytes(second.read_bytes())
    found = Material(run).measured
    assert len(found.table) == 5
    assert "1 of 6" in found.lacking
    assert "changed" in found.lacking


def test_a_path_that_leads_out_of_the_folder_is_not_followed(run: RunFolder) -> None:
    items = run.table("items")
    outside = run.dataset_root().parent / "private.png"
    shutil.copy(pictures(run)[0], outside)
    items.loc[0, "path"] = "../private.png"
    write_table("items", items, run.path / "items.parquet")
    found = Material(run).measured
    assert "1 of 6" in found.lacking
    assert "out of the dataset's folder" in found.lacking


@pytest.mark.parametrize("column", ["sha256", "measures_version"])
def test_of_another_picture_or_by_other_measures_nothing_is_taken(
    run: RunFolder, column: str
) -> None:
    table = Material(run).features
    file = run.path / "features.parquet"
    kept = read_table("features", file).assign(hue=-7.0)
    kept.loc[1:, column] = "0"
    write_table("features", kept, file)
    hues = Material(run).features["hue"]
    assert hues[0] == -7
    assert list(hues[1:]) == list(table["hue"][1:])


@pytest.mark.parametrize("content", [b"", b"no table"])
def test_a_table_that_cannot_be_read_is_made_anew(run: RunFolder, content: bytes) -> None:
    table = Material(run).features
    (run.path / "features.parquet").write_bytes(content)
    pd.testing.assert_frame_equal(Material(run).features, table)


def test_without_the_libraries_it_is_told_what_to_install(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measured, "NEEDS", ("a_library_that_is_not_there",))
    assert "pip install 'mllmsent[features]'" in Material(run).measured.lacking
