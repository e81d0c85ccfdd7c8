"""A run, its report, and a browser to look at it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from tests.report.sample_run import Recipe, make_run

from mllmsent.report import build_report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from mllmsent.report import Report
    from mllmsent.runs.folder import RunFolder

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@dataclass
class Visit:
    """A page in a browser, and what it did that a report must not do."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def draw_explorer(self) -> None:
        """Scroll to the interactive figure and wait until it is drawn."""
        self.page.locator("#explorer").scroll_into_view_if_needed()
        self.page.wait_for_selector("#explorer-plot[data-drawn=yes]", timeout=60_000)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """An ordinary run: three schemes, two models, three pathways, fifty drawn pictures."""
    models = {"simulated/keen": 0.9, "simulated/gloomy": 0.55}
    return make_run(tmp_path_factory.mktemp("sample") / "run", Recipe(n_items=50, models=models))


@pytest.fixture(scope="session")
def report(sample: RunFolder) -> Report:
    """The report of that run."""
    return build_report(sample)


@pytest.fixture(scope="session")
def page_file(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report as a file."""
    file = tmp_path_factory.mktemp("page") / "index.html"
    file.write_text(report.html, encoding="utf-8")
    return file


# Of the module, not the session: while it is open, its event loop runs in this thread, and tests
# of other rooms that follow in the same process could not run one of their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium; skips where the machine has none."""
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium is installed; `make browser` installs one on Debian")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Open a page without a network, and note whatever it complains of or asks for."""
    contexts = []

    def open_file(
        file: Path, *, width: int = 1280, dark: bool = False, unguarded: bool = False
    ) -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            # axe is a script of its own, which the page's policy rightly refuses.
            bypass_csp=unguarded,
            offline=True,
        )
        contexts.append(context)
        page = context.new_page()
        seen = Visit(page)
        page.on("request", lambda request: seen.requests.append(request.url))
        page.on("console", lambda message: seen.complaints.append(message.text))
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))

        def dismiss(dialog: object) -> None:
            seen.dialogs.append(str(dialog))
            dialog.dismiss()  # type: ignore[attr-defined]

        page.on("dialog", dismiss)
        page.goto(file.as_uri())
        return seen

    yield open_file
    for context in contexts:
        context.close()
