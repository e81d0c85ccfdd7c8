"""Numbers and lists as a reader wants them."""

import math

import pandas as pd
import pytest
from markupsafe import Markup

from mllmsent.report.writing import (
    count,
    interval,
    is_number,
    listed,
    number,
    percent,
    plural,
    signed,
)


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0%"),
        (1.0, "100%"),
        (0.5, "50%"),
        (0.0042, "0.4%"),
        (0.0001, "<0.1%"),
        (0.9996, ">99.9%"),
        (0.9942, "99.4%"),
        (0.953, "95%"),
        (float("nan"), "–"),
        (None, "–"),
    ],
)
def test_a_percentage_never_says_all_or_nothing_where_it_is_not(share: float, text: str) -> None:
    assert percent(share) == text


def test_a_number_has_a_true_minus_and_zero_has_none() -> None:
    assert (number(-0.254), number(-0.001), number(0.0)) == ("−0.25", "0.00", "0.00")


def test_a_difference_always_has_its_sign() -> None:
    assert (signed(0.254), signed(-0.254), signed(0.0)) == ("+0.25", "−0.25", "0.00")


@pytest.mark.parametrize("nothing", [None, math.nan, math.inf, pd.NA, "", "0.5", True])
def test_what_is_no_number_is_a_dash_and_not_an_error(nothing: object) -> None:
    assert not is_number(nothing)
    assert number(nothing) == "–"
    assert count(nothing) == "–"
    assert interval(nothing, 0.5) == ""


def test_an_interval_is_written_in_words() -> None:
    assert interval(-0.1, 0.254) == "−0.10 to 0.25"


def test_one_has_no_plural() -> None:
    assert (plural(1, "item"), plural(1200, "item"), plural(2, "is", "are")) == (
        "1 item",
        "1,200 items",
        "2 are",
    )


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        (["a", "b", "c", "d", "e", "f"], "a, b, c, d and 2 others"),
        (["a", "b", "c", "d", "e"], "a, b, c, d and 1 other"),
    ],
)
def test_names_make_a_sentence(names: list[str], sentence: str) -> None:
    assert listed(names) == sentence


def test_names_are_escaped_in_a_sentence() -> None:
    shown = listed(["<b>", Markup("<i>kept</i>")])
    assert shown == "&lt;b&gt; and <i>kept</i>"
    assert listed(["<b>"]) == "&lt;b&gt;"
