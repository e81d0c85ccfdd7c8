"""What the description does to the answer, as the report draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.report.sample_run import Recipe, make_run

from mllmsent.foundation.tables import write_table
from mllmsent.report import build_report

if TYPE_CHECKING:
    from pathlib import Path

    from mllmsent.report import Report


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder: Path = tmp_path_factory.mktemp("described") / "run"
    recipe = Recipe(
        n_items=80,
        schemes=("polarity3", "valence-arousal"),
        models={"m/keen": 0.9, "m/<i>hasty</i>": 0.5},
        pathways=("direct", "described"),
        classifiers=("linear",),
        images=False,
        analyses=("description_quality",),
    )
    run = make_run(folder, recipe)
    rng = np.random.default_rng(0)
    words = np.array(["lovely", "sad", "red", "perhaps", *(f"thing{n}" for n in range(40))])
    told = run.table("descriptions")
    texts = [" ".join(rng.choice(words, rng.integers(30, 50))) + "." for _ in range(len(told))]
    write_table("descriptions", told.assign(text=texts), run.path / "descriptions.parquet")
    return build_report(run)


def test_each_pair_is_drawn_with_its_parts_which_make_up_the_whole(report: Report) -> None:
    table = report.figures["description-effects-polarity3"].table
    rows = table[~table["is_baseline"]]
    assert list(rows["model"]) == [
        "The whole effect", "Through measured qualities", "What is left",
    ]  # fmt: skip
    whole, through, left = rows["value"]
    assert whole == pytest.approx(through + left)
    assert (rows["low"] < rows["value"]).all()
    assert (rows["value"] < rows["high"]).all()


def test_each_path_is_named_by_its_quality(report: Report) -> None:
    table = report.figures["description-paths-polarity3"].table
    rows = table[~table["is_baseline"]]
    assert "Words of feeling" in set(rows["model"])
    assert np.isfinite(rows["value"]).all()


def test_dimensions_are_drawn_as_errors_of_which_less_is_better(report: Report) -> None:
    assert "description-effects-valence-arousal-valence" in report.figures
    assert "Left of the line, the error is less" in report.html


def test_names_of_describers_are_text_and_no_markup(report: Report) -> None:
    assert "<i>hasty</i>" not in report.html
    assert "&lt;i&gt;hasty&lt;/i&gt;" in report.html
