"""Words that tell a class of texts: as the paper has it, and none that tell nothing."""

from __future__ import annotations

import numpy as np
import pytest

from mllmsent.text.class_terms import class_terms, count_words

TEXTS = [
    "the boat on the sea", "a boat, the sea", "sea and boat and sail", "boat sail sea 1990",
    "a city street", "street of the city", "the city, a car", "street, car, city",
    "something else", "nothing at all", "something of a thing",
]  # fmt: skip
CLASSES = np.array([1, 1, 1, 1, 2, 2, 2, 2, 0, 0, 0])


def test_a_class_is_told_by_its_own_words() -> None:
    found = class_terms(count_words(TEXTS), CLASSES)
    assert {term.term for term in found[1]} == {"boat", "sea"}
    assert {term.term for term in found[2]} == {"city", "street"}
    assert found[1][0].inside == 1
    assert found[1][0].elsewhere == 0


def test_weights_are_those_of_the_paper() -> None:
    """Equation 2: share of the class's words, times log(1 + words per class / occurrences)."""
    counted = count_words(TEXTS)
    (boat,) = [term for term in class_terms(counted, CLASSES)[1] if term.term == "boat"]
    kept = np.asarray(counted.counts.todense())
    words = [kept[name == CLASSES].sum() for name in range(3)]
    share = 4 / words[1]
    assert boat.weight == pytest.approx(share * np.log(1 + np.mean(words) / 4), abs=1e-9)


def test_texts_without_words_have_no_terms() -> None:
    assert class_terms(count_words(["", "?!"]), np.array([1, 0]))[1] == []
    assert class_terms(count_words([]), np.zeros(0, dtype=np.intp)) == {}
