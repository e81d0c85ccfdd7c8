"""Changed copies of training texts, and of no others."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.text.corpus import Memory, described

from mllmsent.affect import Scheme, get_scheme
from mllmsent.foundation import InputError
from mllmsent.foundation.config import Config, read_document
from mllmsent.text import CLASSIFIERS, cross_validate, get_classifier, load_classifier
from mllmsent.text.augmentation import SYNONYMS, TextChanges, augment_text

POLARITY = get_scheme("polarity3")
NOTHING = TextChanges(synonym=0, swap=0, deletion=0)
TEXTS = st.text(max_size=60).filter(lambda text: text.strip() != "")


@given(TEXTS, st.integers(0, 99), st.integers(0, 5))
def test_a_draw_follows_from_text_seed_and_copy(text: str, seed: int, copy: int) -> None:
    changed = augment_text(text, TextChanges(), seed=seed, copy=copy)
    assert changed == augment_text(text, TextChanges(), seed=seed, copy=copy)
    assert changed.strip()
    assert augment_text(text, NOTHING, seed=seed, copy=copy) == " ".join(text.split())


@given(TEXTS, st.floats(0, 1))
def test_words_are_exchanged_and_left_out_and_never_made_up(text: str, share: float) -> None:
    words = Counter(text.split())
    swapped = augment_text(text, TextChanges(0, share, 0), seed=0, copy=0)
    assert Counter(swapped.split()) == words
    fewer = Counter(augment_text(text, TextChanges(0, 0, min(share, 0.99)), seed=0, copy=0).split())
    assert fewer <= words
    assert fewer


def test_synonyms_keep_their_dress() -> None:
    always = TextChanges(synonym=1, swap=0, deletion=0)
    assert augment_text("Houses? (Road), zebra.", always, seed=0, copy=0) == (
        "Houses? (Street), zebra."
    )


def test_no_word_has_synonyms_in_two_places() -> None:
    """It would stand for words that do not stand for each other."""
    words = [word for words in read_document(SYNONYMS).value for word in words]
    assert len(set(words)) == len(words)
    assert all(word == word.casefold() and " " not in word for word in words)


def test_as_many_words_change_as_was_asked_for() -> None:
    text = "road " * 4000
    changed = augment_text(text, TextChanges(0.3, 0, 0.2), seed=1, copy=0).split()
    assert len(changed) / 4000 == pytest.approx(0.8, abs=0.03)
    assert changed.count("street") / len(changed) == pytest.approx(0.3, abs=0.04)


class NoOptions(Config):
    """None."""


MADE: list["Watched"] = []


class Watched(Memory):
    """Remembers what it was trained on and asked."""

    options = NoOptions

    def __init__(self, scheme: Scheme, options: NoOptions | None = None) -> None:
        super().__init__(scheme=scheme, name="watched")
        self.asked: list[str] = []
        MADE.append(self)

    def predict(self, texts: Sequence[str]) -> Any:
        self.asked.extend(texts)
        return super().predict(texts)


@pytest.fixture
def watched() -> Iterator[list[Watched]]:
    MADE.clear()
    CLASSIFIERS._loaded["watched"] = Watched  # type: ignore[assignment] # never loaded
    yield MADE
    CLASSIFIERS._loaded.pop("watched")


def test_copies_are_learned_from_with_their_texts_group_and_never_tested(
    watched: list[Watched],
) -> None:
    texts, labels = described(30)
    texts = [f"{text} road {row}" for row, text in enumerate(texts)]
    folds = np.arange(30) % 3
    options = {"model": "watched", "copies": 2}
    cross_validate(
        partial(get_classifier, "augmented", POLARITY, options),
        texts,
        labels,
        folds,
        scheme=POLARITY,
        ids=[str(row) for row in range(30)],
    )
    fitted = [each for each in watched if each.seen]
    assert len(fitted) == 3
    for fold, each in enumerate(fitted):
        ((learned, groups, _),) = each.seen
        train = [text for text, where in zip(texts, folds, strict=True) if where != fold]
        assert groups is not None
        assert learned[:20] == train
        assert len(learned) == len(groups) == 60
        assert list(groups[:20]) * 3 == list(groups)
        assert sum(text in set(texts) for text in learned[20:]) < 10
        assert each.asked == [
            text for text, where in zip(texts, folds, strict=True) if where == fold
        ]


def test_it_reads_what_it_learned_and_comes_back_from_disk(tmp_path: Path) -> None:
    texts, labels = described(60)
    classifier = get_classifier("augmented", POLARITY, {"options": {"c": 10}, "copies": 3})
    classifier.fit(texts[:40], np.array(labels[:40], dtype=object), seed=0)
    scores = classifier.predict(texts[40:])
    said = [POLARITY.label_names[place] for place in scores.argmax(axis=1)]
    assert np.mean([one == other for one, other in zip(said, labels[40:], strict=True)]) > 0.7
    classifier.save(tmp_path)
    loaded = load_classifier(tmp_path)
    assert loaded.identity == classifier.identity
    np.testing.assert_array_equal(loaded.predict(texts), classifier.predict(texts))


def test_what_does_not_learn_is_not_augmented() -> None:
    with pytest.raises(InputError, match="does not learn"):
        _ = get_classifier("augmented", POLARITY, {"model": "vader"}).identity
