"""What is measured in a description: numbers that can be counted by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mllmsent.analysis.description_quality.qualities import (
    TEXT_QUALITIES,
    WINDOW,
    measure_descriptions,
)


def measure(*texts: str) -> dict[str, list[float]]:
    table = measure_descriptions(texts)
    return {str(name): table[name].tolist() for name in table}


def test_words_are_counted_and_shares_are_of_them() -> None:
    found = measure("A lovely dog. Perhaps it doesn't see 2 red kites!")
    assert found["words"] == [10]
    assert found["affect"] == [0.1]  # lovely
    assert found["hedges"] == [0.1]  # perhaps
    assert found["details"] == [0.2]  # 2, red
    assert found["cut off"] == [0]


def test_a_text_is_cut_off_where_its_last_sentence_has_no_end_or_the_server_says_so() -> None:
    assert measure("It ends.", 'He says "so."', "**It ends.**\n", "It does not", "And:")[
        "cut off"
    ] == [0, 0, 0, 1, 1]
    table = measure_descriptions(
        ["It ends.", "No point", "No point"], stop_reasons=["length", "stop", None]
    )
    assert table["cut off"].tolist() == [1, 0, 1]


def test_rare_content_words_make_a_text_specific() -> None:
    """Two words of one text in three, one of two in three; "the" and "with" say nothing."""
    found = measure("The dog with the dog", "the dog", "the amber lantern")["specificity"]
    assert found == pytest.approx([math.log(3 / 2), math.log(3 / 2), math.log(3)])


def test_richness_does_not_fall_with_length() -> None:
    words = [f"w{number}" for number in range(WINDOW)]
    once, thrice = " ".join(words), " ".join(words * 3)
    found = measure(once, thrice, " ".join(words[:-1]), "so " * WINDOW)["richness"]
    assert found[:2] == [1, 1]
    assert math.isnan(found[2])
    assert found[3] == pytest.approx(1 / WINDOW)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=3 * WINDOW), max_size=5))
def test_richness_is_the_mean_over_windows(texts: list[list[str]]) -> None:
    found = measure_descriptions([" ".join(words) for words in texts])["richness"].tolist()
    for words, value in zip(texts, found, strict=True):
        windows = [words[at : at + WINDOW] for at in range(len(words) - WINDOW + 1)]
        by_hand = np.mean([len(set(each)) / WINDOW for each in windows]) if windows else math.nan
        assert value == pytest.approx(by_hand, nan_ok=True)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=80), max_size=5))
def test_any_text_can_be_measured(texts: list[str]) -> None:
    table = measure_descriptions(texts)
    assert list(table.columns) == list(TEXT_QUALITIES)
    assert len(table) == len(texts)
    for name in ("affect", "details", "hedges"):
        assert table[name].dropna().between(0, 1).all()


def test_a_masked_word_is_a_word_of_which_nothing_is_known() -> None:
    plain, masked = (
        measure_descriptions([text, "Two red cars."]).iloc[0]
        for text in ("A happy crowd perhaps.", "A [...] crowd perhaps.")
    )
    assert plain["words"] == masked["words"] == 4
    assert (plain["affect"], masked["affect"]) == (0.25, 0)
    assert plain["hedges"] == masked["hedges"] == 0.25
    assert plain["specificity"] == masked["specificity"], "all its words are as rare"


def test_a_text_without_words_has_no_shares() -> None:
    found = measure("...", "")
    assert found["words"] == [0, 0]
    assert all(math.isnan(value) for value in (*found["affect"], *found["specificity"]))
