"""Descriptions without their words of feeling, and with fewer words: nothing else is touched."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mllmsent.affect.vader import vader
from mllmsent.analysis.description_quality.qualities import measure_descriptions
from mllmsent.data.conditions import condition_names, get_condition
from mllmsent.data.description_changes import (
    MASK,
    WORD,
    change_description,
    changes_descriptions,
    mask_affect,
    shorten,
)
from mllmsent.foundation import InputError

FELT = st.sampled_from(sorted(vader().lexicon))
EMOJI = st.sampled_from(sorted(sign for sign in vader().emojis if len(sign) == 1))
PLAIN = st.sampled_from(["a", "tree", "grown-up", "It's", "no", "10", "—", "caf\u00e9", "x"])
MARKS = st.text(".,!?;:'\"()*_-[]\u2026\u2019\u201c", max_size=3)
PIECES = st.builds(
    lambda before, word, after, upper: before + (word.upper() if upper else word) + after,
    MARKS,
    FELT | EMOJI | PLAIN,
    MARKS,
    st.booleans(),
)
DESCRIPTIONS = st.builds(
    "".join, st.lists(st.builds(str.__add__, PIECES, st.sampled_from(["", " ", "\n", "-", "/"])))
)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("A happy crowd.", "A [...] crowd."),
        ("Happy, **JOYFUL** people (so sad!)", "[...], **[...]** people (so [...]!)"),
        ("joy-filled, warm/lonely", "[...]-filled, [...]/[...]"),
        ("A smile :) and tears \N{CRYING FACE}", "A [...] [...] and [...] [...]"),
        (
            "Two chairs \N{AUTOMOBILE} stand\n\n  there.",
            "Two chairs \N{AUTOMOBILE} stand\n\n  there.",
        ),
        ("He worries; they worried.", "He [...]; they [...]."),
        ("", ""),
    ],
)
def test_words_of_feeling_are_masked_and_the_rest_stays(text: str, masked: str) -> None:
    assert mask_affect(text) == masked


@given(DESCRIPTIONS)
def test_nothing_is_left_that_vader_feels(text: str) -> None:
    masked = mask_affect(text)
    assert vader().polarity_scores(masked)["compound"] == 0
    assert not {word.lower() for word in WORD.findall(masked)} & vader().lexicon.keys()


@settings(deadline=None)  # the first text imports scikit-learn
@given(DESCRIPTIONS.filter(lambda text: any(sign.isalnum() for sign in text.replace(MASK, ""))))
def test_what_is_masked_is_measured_as_free_of_feeling(text: str) -> None:
    assert measure_descriptions([mask_affect(text)])["affect"].fillna(0).item() == 0


@given(st.text() | DESCRIPTIONS)
def test_masking_again_changes_nothing_and_adds_and_takes_no_token(text: str) -> None:
    masked = mask_affect(text)
    assert mask_affect(masked) == masked
    assert len(masked.split()) == len(text.split())
    felt = "".join(re.split(re.escape(MASK), masked))
    assert not set(felt) - set(text), "what is there was there"


@given(st.text() | DESCRIPTIONS, st.integers(1, 30))
def test_a_shortened_text_is_a_beginning_of_so_many_words(text: str, words: int) -> None:
    short = shorten(text, words)
    assert text.startswith(short)
    assert len(short.split()) == min(words, len(text.split()))
    assert shorten(short, words) == short


def test_a_text_is_cut_wherever_the_words_end() -> None:
    text = "  We see a pier.\nIt is late, and nobody is there."
    assert shorten(text, 6) == "  We see a pier.\nIt is"
    assert shorten(text, 4) == "  We see a pier."
    assert shorten(text, 11) == text


def test_conditions_of_descriptions_are_named_like_others() -> None:
    assert change_description("A sad, empty pier.", "mask-affect") == "A [...], [...] pier."
    assert change_description("A sad, empty pier.", "shorten:words=2") == "A sad,"
    assert change_description("A sad, empty pier.", "grey") == "A sad, empty pier."
    kinds = {name: get_condition(name).changes for name in condition_names()}
    assert {name for name in kinds if changes_descriptions(name)} == {"mask-affect", "shorten"}
    with pytest.raises(InputError, match="whole number from 1"):
        change_description("A pier.", "shorten:words=2.5")
    with pytest.raises(InputError, match="'mask-affect'"):
        change_description("A pier.", "mask-afect")
