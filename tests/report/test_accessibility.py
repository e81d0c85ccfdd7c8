"""Pages that an ordinary run does not show, in a real Chromium: nobody is kept from reading them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from tests.analysis.test_versions import rewritten, spoiled
from tests.report.sample_run import Recipe, make_run

from mllmsent import api
from mllmsent.foundation.tables import write_table
from mllmsent.report import write_report
from mllmsent.report.comparison import write_comparison

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.report.conftest import Visit

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.slow]

RECIPE = Recipe(
    n_items=80, schemes=("polarity3", "valence-arousal"), pathways=("direct",), images=False,
    analyses=["text_and_image"],
)  # fmt: skip


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three versions held against the first, with a gate that fails and one that does not."""
    folder = tmp_path_factory.mktemp("compared")
    base = make_run(folder / "v1", RECIPE)
    spoiled(base, folder / "v2", every=3)
    rewritten(base, folder / "v3", predictions=base.table("predictions"))
    found = api.compare(
        *(folder / name for name in ("v1", "v2", "v3")),
        fail_if=["macro_f1 < -0.05", "coverage < -0.5"],
    )
    return write_comparison(found, folder / "versions.html")


@pytest.fixture(scope="module")
def asked_in_parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report on items asked about in parts, of which people said something too."""
    run = make_run(tmp_path_factory.mktemp("parts") / "run", RECIPE)
    plain, targets = run.table("predictions"), run.table("targets")
    text = plain.copy()
    for column in ("status", "label", "values"):
        text[column] = plain.groupby(["system_id", "scheme"])[column].shift(1)
    asked = [plain, plain.assign(condition="image-only"),
             text[text["status"].notna()].assign(condition="text-only")]  # fmt: skip
    write_table("predictions", pd.concat(asked), run.path / "predictions.parquet")
    labels = targets[targets["scheme"] == "polarity3"]
    other = labels.assign(label=np.roll(labels["label"].to_numpy(object), 1))
    told = [
        labels.assign(annotator_group="shown=image"),
        other.assign(annotator_group="shown=text"),
    ]
    write_table("targets", pd.concat([targets, *told]), run.path / "targets.parquet")
    return write_report(run)


def faults(page_file: Path, visit: Callable[..., Visit], within: str, *, dark: bool) -> list[str]:
    """What axe finds, with everything unfolded."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = visit(page_file, dark=dark, unguarded=True).page
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    assert page.locator(f"{within} figure").count() >= 3
    found = axe.Axe().run(page, context=within).response["violations"]
    return [f"{fault['id']}: {fault['nodes'][0]['html'][:200]}" for fault in found]


@pytest.mark.parametrize("dark", [False, True])
def test_nobody_is_kept_from_reading_what_became_of_versions(
    compared: Path, visit: Callable[..., Visit], *, dark: bool
) -> None:
    assert faults(compared, visit, "html", dark=dark) == []


@pytest.mark.parametrize("dark", [False, True])
def test_nobody_is_kept_from_reading_which_part_is_followed(
    asked_in_parts: Path, visit: Callable[..., Visit], *, dark: bool
) -> None:
    assert faults(asked_in_parts, visit, "#text-and-image", dark=dark) == []


@pytest.mark.parametrize("width", [390, 1280])
def test_no_width_makes_these_pages_scroll_sideways(
    compared: Path, asked_in_parts: Path, visit: Callable[..., Visit], width: int
) -> None:
    for file in (compared, asked_in_parts):
        page = visit(file, width=width).page
        assert page.evaluate("document.documentElement.scrollWidth") == width
