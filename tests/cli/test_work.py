"""What is shown while a run asks and this machine reads."""

import io

from rich.console import Console

from mllmsent.cli.work import WorkBars
from mllmsent.foundation.work import report_work, watching
from mllmsent.runs.progress import Display


def drawn(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_texts_that_are_read_are_shown_below_the_models_that_were_asked() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    bars = WorkBars(console)
    with Display(console, below=bars) as display, watching(bars):
        display.begins("describer", asked=3, cached=1)
        with report_work("Folds", 5) as folds, report_work("Texts read", 40) as texts:
            folds(2)
            texts(7)
            assert display._live is not None
            display._live.refresh()
    screen = drawn(console)
    assert screen.index("describer") < screen.index("Folds") < screen.index("Texts read")
    assert "2/5" in screen
    assert "7/40" in screen


def test_a_study_in_which_nobody_is_asked_has_no_table_of_models() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    bars = WorkBars(console)
    with Display(console, below=bars) as display, watching(bars), report_work("Folds", 5):
        assert display._live is not None
        display._live.refresh()
    assert "Folds" in drawn(console)
    assert "cached" not in drawn(console)


def test_nothing_to_do_is_not_shown() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    bars = WorkBars(console)
    with Display(console, below=bars), watching(bars), report_work("Texts read", 0) as done:
        done(0)
    assert "Texts" not in drawn(console)
