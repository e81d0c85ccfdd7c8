"""Blind spots in a real Chromium: read by all, on any width, without a script."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.report.sample_run import Recipe, make_run

from mllmsent.report import write_report

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page
    from tests.report.conftest import Visit

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def planted_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a run in which one of seven models knows nothing about harbors."""
    models = {f"m/model-{number}": 0.95 - 0.03 * number for number in range(6)} | {"m/blind": 0.8}
    recipe = Recipe(
        n_items=240, schemes=("polarity3", "intensity"), pathways=("direct",),
        models=models, themes=("harbor", "indoors", "meadow", "indoors"),
        blind={"m/blind": "harbor"}, analyses=("blind_spots",),
    )  # fmt: skip
    return write_report(make_run(tmp_path_factory.mktemp("planted") / "run", recipe))


def opened(page: Page) -> Page:
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    return page


def test_each_system_has_a_color_and_a_shape_of_its_own(
    planted_file: Path, visit: Callable[..., Visit]
) -> None:
    page = visit(planted_file).page
    looks = page.locator("#figure-blind-spots-polarity3 .dots-track .dot").evaluate_all(
        """(dots) => dots.map((dot) => {
             const style = getComputedStyle(dot);
             const color = style.borderTopWidth === "0px" ? style.backgroundColor : style.borderTopColor;
             const shape = [style.borderRadius, style.clipPath, style.borderTopWidth,
                            style.transform.startsWith("matrix(1, 0, 0, 1")].join(" ");
             return [dot.className, color, shape];
           })"""
    )
    seen = {name: (color, shape) for name, color, shape in looks}
    assert len(seen) == 6
    assert len({color for color, _ in seen.values()}) == 6
    assert len({shape for _, shape in seen.values()}) == 6


@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True])
def test_nobody_is_kept_from_reading_the_subgroups(
    planted_file: Path, visit: Callable[..., Visit], *, dark: bool
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = opened(visit(planted_file, dark=dark, unguarded=True).page)
    found = axe.Axe().run(page, context="#blind-spots").response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in found] == []


@pytest.mark.parametrize("width", [390, 1280])
def test_no_width_makes_the_page_scroll_sideways(
    planted_file: Path, visit: Callable[..., Visit], width: int
) -> None:
    page = opened(visit(planted_file, width=width).page)
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_pictures_stand_beside_their_place_and_have_words(
    planted_file: Path, visit: Callable[..., Visit]
) -> None:
    page = opened(visit(planted_file, unguarded=True).page)
    pictures = page.locator("#blind-spots .example-list img")
    assert pictures.count() >= 3
    pictures.last.scroll_into_view_if_needed()  # they load when they are near
    page.wait_for_function(
        "[...document.querySelectorAll('#blind-spots .example-list img')].at(-1).naturalWidth === 150",
        timeout=10_000,
    )
    alts = pictures.evaluate_all("(all) => all.map((one) => one.alt)")
    assert all(alt.startswith("Item ") for alt in alts)
    assert len(set(alts)) == len(alts)


def test_without_a_script_the_whole_search_is_told(planted_file: Path, browser: object) -> None:
    context = browser.new_context(java_script_enabled=False, offline=True)  # type: ignore[attr-defined]
    page = context.new_page()
    page.goto(planted_file.as_uri())
    assert page.locator("#blind-spots .dots-row:visible").count() >= 6
    assert "theme is harbor" in page.locator("#blind-spots .prose").first.inner_text()
    context.close()
