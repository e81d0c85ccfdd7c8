"""Texts into sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllmsent.text.sentences import split_sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        (
            "A beach. Children laugh!  Is it summer?",
            ["A beach.", "Children laugh!", "Is it summer?"],
        ),
        ("A list:\n- a dog\n\n- a cat", ["A list:", "- a dog", "- a cat"]),
        ("It costs 3.50 now.", ["It costs 3.50 now."]),
        ("海滩。孩子们在笑！", ["海滩。", "孩子们在笑！"]),
        ("no end", ["no end"]),
        (" \n ", []),
    ],
)
def test_a_sentence_ends_where_the_text_says_so(text: str, sentences: list[str]) -> None:
    assert split_sentences(text) == sentences


@given(st.text())
def test_nothing_but_blanks_is_lost(text: str) -> None:
    pieces = split_sentences(text)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert all(piece.strip() == piece and piece for piece in pieces)
