"""The page in a real Chromium: it stands alone, runs nothing it should not, and can be read by all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.report.sample_run import Recipe, make_run

from mllmsent.report import write_report

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.report.conftest import Visit

pytestmark = pytest.mark.browser

HOSTILE = (
    '<script>window.pwned=1</script></style></script></textarea>--><img src=x onerror="pwned=1">'
    "<svg onload=pwned=1><iframe srcdoc='<script>top.pwned=1</script>'>"
    '<a href="javascript:pwned=1">x</a>" onmouseover="pwned=1" {{7*7}} {% raw %}'
    "<meta http-equiv=refresh content='0;url=http://example.org'><base href=http://example.org>"
    "\x00\x07\x1b[31m\x9b\u202eEVIL\u2066 &lt;b&gt; <link rel=stylesheet href=http://example.org/x.css>"
)


def test_the_page_asks_nobody_for_anything(page_file: Path, visit: Callable[..., Visit]) -> None:
    """One file, opened without a network: no request but for itself, no complaint."""
    seen = visit(page_file)
    seen.draw_explorer()
    outside = [url for url in seen.requests if not url.startswith(("data:", "blob:"))]
    assert outside == [page_file.as_uri()]
    assert seen.complaints == []


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_the_page_never_scrolls_sideways(
    page_file: Path, visit: Callable[..., Visit], width: int
) -> None:
    """Wide tables scroll in their own box; the page itself fits a phone."""
    page = visit(page_file, width=width).page
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert (
        page.evaluate(
            "[...document.querySelectorAll('.scroll')].some((box) => box.scrollWidth > box.clientWidth)"
        )
        or width > 390
    )


@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True])
def test_nobody_is_kept_from_reading(
    page_file: Path, visit: Callable[..., Visit], *, dark: bool
) -> None:
    """Axe finds no fault: contrast, names, order of headings, tables, focus, in light and dark."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    seen = visit(page_file, dark=dark, unguarded=True)
    seen.draw_explorer()
    seen.page.evaluate(
        "document.querySelectorAll('details').forEach((part) => { part.open = true; })"
    )
    found = axe.Axe().run(seen.page).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in found] == []


def test_the_interactive_figure_shows_every_view(
    page_file: Path, visit: Callable[..., Visit]
) -> None:
    """Each leaderboard by each metric, and each dimension by each system, is drawn as dots."""
    seen = visit(page_file)
    seen.draw_explorer()
    page = seen.page
    views = page.locator("#explorer-view option").all_text_contents()
    assert views[0] == "Leaderboard: Polarity, three classes"
    assert views[-1] == "Item by item: Arousal, 1 to 9"
    n_systems = 8
    assert page.locator("#explorer-plot .point").count() == n_systems
    page.select_option("#explorer-view", label=views[-1])
    page.wait_for_function(
        f"document.querySelectorAll('#explorer-plot .point').length > {n_systems}"
    )
    assert page.locator("#explorer-choice option").count() == n_systems
    assert seen.complaints == []


def test_without_a_script_everything_is_told(page_file: Path, browser: object) -> None:
    """With scripts switched off the gallery is whole and the figures are drawn."""
    context = browser.new_context(java_script_enabled=False, offline=True)  # type: ignore[attr-defined]
    page = context.new_page()
    page.goto(page_file.as_uri())
    assert page.locator(".card:visible").count() == 36
    assert not page.locator("#gallery-controls").is_visible()
    assert not page.locator("#explorer").is_visible()
    assert page.locator(".dots-row:visible").count() > 8
    context.close()


def test_the_gallery_is_filtered(page_file: Path, visit: Callable[..., Visit]) -> None:
    """By scheme, system and outcome; what does not fit is not shown, and how many do is said."""
    page = visit(page_file).page
    assert page.locator(".card:visible").count() == 12
    page.locator("#gallery-more").click()
    assert page.locator(".card:visible").count() == 36
    page.select_option("#gallery-scale", label="Mikels' eight emotions of pictures")
    page.select_option("#gallery-system", index=1)
    page.select_option("#gallery-outcome", "wrong")
    cards = page.locator(".card:visible").count()
    assert 0 < cards < 36
    shown = page.locator(".answer:visible")
    assert shown.count() == cards
    assert set(shown.evaluate_all("rows => rows.map((row) => row.dataset.outcome)")) == {"wrong"}
    assert page.locator("#gallery-count").text_content() == f"{cards} of 36 shown"


def test_an_outcome_that_nothing_has_leaves_a_word(
    page_file: Path, visit: Callable[..., Visit]
) -> None:
    page = visit(page_file).page
    page.evaluate(
        "document.querySelectorAll('.answer').forEach((row) => { row.dataset.outcome = 'right'; })"
    )
    page.select_option("#gallery-outcome", "none")
    assert page.locator(".card:visible").count() == 0
    assert page.locator("#gallery-empty").is_visible()


def test_the_page_prints(page_file: Path, visit: Callable[..., Visit]) -> None:
    """On paper there are no controls, no navigation, and nothing is wider than an A4 sheet."""
    page = visit(page_file, width=688).page
    page.emulate_media(media="print")
    for hidden in (".contents", ".gallery-controls", "#explore", "#gallery-more"):
        assert not page.locator(hidden).is_visible()
    assert page.locator(".card:visible").count() == 36
    assert page.evaluate("document.documentElement.scrollWidth") == 688
    wording = page.locator(".wording[open]")
    assert wording.count() == 0
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert wording.count() == 3
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert wording.count() == 0
    assert page.pdf(format="A4", print_background=True).startswith(b"%PDF")


def test_hostile_words_do_nothing(tmp_path: Path, visit: Callable[..., Visit]) -> None:
    """Names, titles, labels and a megabyte of answer with scripts in them are shown, not run."""
    calm = HOSTILE.translate(dict.fromkeys([0, 7, 27, 0x9B]))
    recipe = Recipe(
        n_items=8,
        answer=HOSTILE + "A" * 1_000_000 + HOSTILE,
        models={f"m/{HOSTILE}": 0.8, 'n/" onload="pwned=1': 0.6},
        title=calm,
        note=calm,
        notes=[HOSTILE],
        item_name="<img src=x onerror=pwned=1>'\"{}",
        status_shares={"unparsed": 0.3, "refused": 0.1, "failed": 0.1},
    )
    file = write_report(make_run(tmp_path / "run", recipe))
    assert file.stat().st_size < 8_000_000
    seen = visit(file)
    seen.draw_explorer()
    page = seen.page
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    page.select_option("#explorer-view", index=1)
    page.locator(".card").first.hover()
    page.wait_for_timeout(300)
    assert page.evaluate("window.pwned === undefined")
    assert (seen.dialogs, seen.complaints) == ([], [])
    assert page.url == file.as_uri()
    # Nothing of it became an element: these are not made by the page itself.
    assert page.locator("iframe, base, meta[http-equiv=refresh], [onerror], [onload]").count() == 0
    assert page.locator("a[href^='javascript'], img[src='x'], link[rel=stylesheet]").count() == 0
    outside = [url for url in seen.requests if not url.startswith(("data:", "blob:"))]
    assert outside == [file.as_uri()]


def test_the_policy_stops_even_what_slips_through(
    page_file: Path, tmp_path: Path, visit: Callable[..., Visit]
) -> None:
    """Were an answer ever put in unescaped, the page's policy would still run and load nothing."""
    html = page_file.read_text(encoding="utf-8")
    assert "<main>" in html
    broken = tmp_path / "broken.html"
    evil = (
        "<main><script>window.pwned=1</script><img src=x onerror='window.pwned=1'>"
        "<img src='https://example.org/x.png'><script src='https://example.org/x.js'></script>"
    )
    broken.write_text(html.replace("<main>", evil), encoding="utf-8")
    seen = visit(broken)
    seen.page.wait_for_timeout(300)
    assert seen.page.evaluate("window.pwned === undefined")
    assert all("Content Security Policy" in text for text in seen.complaints)
    assert len(seen.complaints) >= 4
