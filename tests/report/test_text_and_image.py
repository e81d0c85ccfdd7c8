"""The section on text and image: dots where items were asked about in parts, nothing where not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from tests.report.sample_run import Recipe, make_run

from mllmsent.foundation.tables import write_table
from mllmsent.report import build_report

if TYPE_CHECKING:
    from pathlib import Path

RECIPE = Recipe(
    n_items=60,
    schemes=("polarity3", "valence-arousal"),
    models={"m/<i>one</i>": 0.8, "m/two": 0.6},
    pathways=("direct",),
    images=False,
    analyses=["text_and_image"],
)


def section(html: str, name: str) -> str:
    found = re.search(rf'<section[^>]*id="{name}".*?</section>', html, re.DOTALL)
    return found[0] if found else ""


def test_a_run_asked_in_parts_has_dots_for_what_is_followed_and_added(tmp_path: Path) -> None:
    """What each system says of both is what it says of the image; of the text it says what of another."""
    run = make_run(tmp_path / "run", RECIPE)
    plain = run.table("predictions")
    text = plain.copy()
    keys = ["system_id", "scheme"]
    for column in ("status", "label", "values"):
        text[column] = plain.groupby(keys)[column].shift(1)
    text = text[text["status"].notna()]
    parts = [plain, plain.assign(condition="image-only"), text.assign(condition="text-only")]
    write_table("predictions", pd.concat(parts), run.path / "predictions.parquet")
    shown = section(build_report(run).html, "text-and-image")
    assert "clearly followed more than the text by 2 of 2 systems" in shown
    assert "image 1.00, text 0.00" in shown
    assert "Right of the line a system follows the image more" in shown
    assert "Right of the line a system weighs the image more" in shown
    assert "Macro F1 for image and text together" in shown
    assert "<i>one</i>" not in shown
    assert "&lt;i&gt;one&lt;/i&gt;" in shown


def test_what_people_said_of_the_parts_has_a_figure_of_its_own(tmp_path: Path) -> None:
    """Nobody was asked about a part: only what people said of them is there to go by."""
    run = make_run(tmp_path / "run", RECIPE)
    targets = run.table("targets")
    labels = targets[targets["scheme"] == "polarity3"]
    parts = [labels.assign(annotator_group=f"shown={part}") for part in ("image", "text")]
    parts[1] = parts[1].assign(label=np.roll(parts[1]["label"].to_numpy(object), 1))
    write_table("targets", pd.concat([targets, *parts]), run.path / "targets.parquet")
    shown = section(build_report(run).html, "text-and-image")
    assert 'id="figure-text-and-image-people-' in shown
    assert 'id="figure-text-and-image-followed-' not in shown
    assert "Where people&#39;s labels for image alone and text alone differ" in shown
    assert "Held against what people said of each, the image is clearly followed more" in shown


def test_a_run_of_items_as_they_are_has_no_such_section(tmp_path: Path) -> None:
    html = build_report(make_run(tmp_path / "run", RECIPE)).html
    assert not section(html, "text-and-image")
    assert "No question was asked under condition image-only or text-only" in section(
        html, "not-computed"
    )
