"""What a run shows while it goes on."""

from io import StringIO

from rich.console import Console

from mllmsent.models import Pricing
from mllmsent.models.interface import Response
from mllmsent.runs.progress import Display


def shown(display: Display, console: Console) -> str:
    """The last lines, as they are printed where there is no terminal."""
    with display:
        pass
    file = console.file
    assert isinstance(file, StringIO)
    return file.getvalue()


def display() -> tuple[Display, Console]:
    console = Console(file=StringIO(), width=200)
    return Display(console), console


def test_what_was_spent_is_shown_beside_what_was_expected() -> None:
    """Half of the tokens from the cache, at 2.50 and 1.25 dollars a million."""
    bars, console = display()
    bars.expects("m", Pricing("openai/gpt-4o"), 3.0)
    bars.begins("m", asked=2, cached=0)
    answer = Response("ok", input_tokens=1_000_000, output_tokens=0, cached_tokens=500_000)
    bars.answered("m", answer)
    assert "$1.88 of ~$3.00" in shown(bars, console)


def test_two_rounds_are_expected_together() -> None:
    bars, console = display()
    for money in (1.0, 2.5):
        bars.expects("m", Pricing("openai/gpt-4o"), money)
        bars.begins("m", asked=1, cached=0)
    bars.answered("m", Response("ok", input_tokens=400_000, output_tokens=0))
    assert "$1.00 of ~$3.50" in shown(bars, console)


def test_an_unknown_price_shows_no_money() -> None:
    bars, console = display()
    bars.expects("m", Pricing("openai/unheard-of"), None)
    bars.begins("m", asked=1, cached=0)
    bars.answered("m", Response("ok", input_tokens=400_000, output_tokens=0))
    assert "$" not in shown(bars, console)


def test_a_name_in_a_study_is_charged_as_the_model_that_it_stands_for() -> None:
    bars, console = display()
    bars.expects("my favorite", Pricing("openai/gpt-4o"), 1.0)
    bars.begins("my favorite", asked=1, cached=0)
    answer = Response("ok", input_tokens=400_000, output_tokens=0, reported_model="something-else")
    bars.answered("my favorite", answer)
    assert "$1.00" in shown(bars, console)
