"""Clusters of mistakes in the report: a map to hover and click, and a list that says the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from mllmsent.report.figures.cluster_map import draw_clusters
from mllmsent.report.thumbnails import Thumbnail

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.report.conftest import Visit

HOSTILE = "</title><script>window.pwned=1</script>\u202e"


def drawn(n: int = 40, n_clusters: int = 2) -> tuple[Any, Any]:
    points = pd.DataFrame(
        {
            "item_id": [f"{HOSTILE}{number}" for number in range(n)],
            "cluster": [number % (n_clusters + 1) for number in range(n)],
            "typical": [1 if number <= n_clusters and number else 0 for number in range(n)],
            "x": [number / n for number in range(n)],
            "y": [(number * 7 % n) / n for number in range(n)],
            "truth": "fear",
            "confusion": "fear → anger",
            "text": HOSTILE,
        }
    )
    clusters = [
        {"cluster": number, "name": HOSTILE, "is_clear": number == 1, "lines": [HOSTILE]}
        for number in range(1, n_clusters + 1)
    ]
    pixel = Thumbnail("data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=", 1, 1)
    return draw_clusters(
        points, clusters, {f"{HOSTILE}1": pixel}, name="map", title="Mistakes", caption="A map."
    )


def test_every_point_of_a_cluster_leads_to_its_place_in_the_list() -> None:
    mapped, told = drawn()
    links = [part.split('"')[0] for part in str(mapped.body).split('href="#')[1:]]
    assert len(links) == len(set(links)) == 26
    assert all(f'id="{link}"' in told.body for link in links)
    assert told.body.count("<img") == 1
    assert str(mapped.body).count("<title>") == 40
    assert ">finding<" in told.body


def test_hostile_names_and_texts_are_text() -> None:
    for figure in drawn():
        assert "<script" not in figure.body
        assert "\u202e" not in figure.body


def test_thirty_six_clusters_look_different() -> None:
    mapped, _ = drawn(n=37, n_clusters=36)
    marks = [part.split("<title>")[0] for part in str(mapped.body).split("<path ")[1:]]
    looks = {(mark.split('"')[1], mark.split('"')[3].split("m", 1)[1]) for mark in marks}
    assert len(looks) == 37


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
def test_a_click_unfolds_what_a_point_stands_for(
    tmp_path: Path, visit: Callable[..., Visit], width: int
) -> None:
    from mllmsent.report.environment import fill, static  # noqa: PLC0415 - only here

    mapped, told = drawn()
    page = fill(
        "sections/analysis.html",
        parts=[{"title": "Labels", "sentences": ["Some."], "figures": [mapped, told]}],
        lacking=(),
    )
    file = tmp_path / "index.html"
    file.write_text(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Map</title>"
        "<meta name=viewport content='width=device-width'>"
        f"<style>{static('report.css')}</style><main><h1>Map</h1><h2>Part</h2>{page}</main>",
        encoding="utf-8",
    )
    seen = visit(file, width=width, unguarded=True)
    target = seen.page.locator("#map-25")
    assert not target.is_visible()
    seen.page.locator('a[href="#map-25"]').click()
    assert target.is_visible()
    assert seen.page.evaluate("document.documentElement.scrollWidth") == width
    assert seen.page.evaluate("window.pwned") is None
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    found = axe.Axe().run(seen.page).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in found] == []
