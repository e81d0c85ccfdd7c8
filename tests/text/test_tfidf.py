"""TF-IDF against scikit-learn's own."""

from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from mllmsent.text.tfidf import Terms, count_terms, learn_terms, weigh

WORDS = st.lists(
    st.sampled_from(["storm", "sky", "the", "dog", "Dog", "übel", "the sky", "a", "42"]),
    min_size=1,
    max_size=12,
).map(" ".join)


@settings(max_examples=60)
@given(
    train=st.lists(WORDS, min_size=3, max_size=12),
    test=st.lists(WORDS, min_size=1, max_size=5),
    unit=st.sampled_from(["word", "char_wb"]),
    min_texts=st.integers(1, 2),
)
def test_the_weights_are_those_of_scikit_learn(
    train: list[str], test: list[str], unit: Literal["word", "char_wb"], min_texts: int
) -> None:
    kind = Terms(unit, 1, 2) if unit == "word" else Terms(unit, 2, 3)
    reference = TfidfVectorizer(
        analyzer=unit,
        ngram_range=(kind.shortest, kind.longest),
        sublinear_tf=True,
        min_df=min_texts,
    )
    counts, terms = count_terms(train, kind)
    kept, idf = learn_terms(counts, min_texts)
    try:
        expected_train = reference.fit_transform(train)
    except ValueError:
        # scikit-learn refuses where no term is left; we then keep every term there is.
        assert len(kept) == len(terms)
        return
    names = [terms[place] for place in kept]
    assert names == reference.get_feature_names_out().tolist()
    np.testing.assert_allclose(
        weigh(counts[:, kept], idf).toarray(), expected_train.toarray(), atol=1e-12
    )
    recounted, _ = count_terms(test, kind, names)
    np.testing.assert_allclose(
        weigh(recounted, idf).toarray(), reference.transform(test).toarray(), atol=1e-12
    )


def test_terms_are_learned_from_the_given_rows_alone() -> None:
    counts, terms = count_terms(["storm sky", "storm sky", "dog", "dog"], Terms("word", 1, 1))
    kept, idf = learn_terms(counts[np.array([0, 1])], 1)
    assert [terms[place] for place in kept] == ["sky", "storm"]
    np.testing.assert_allclose(idf, 1.0)


@pytest.mark.parametrize("texts", [["", "  "], ["a", "?!"]])
def test_texts_without_any_term_have_no_column(texts: list[str]) -> None:
    counts, terms = count_terms(texts, Terms("word", 1, 2))
    assert counts.shape == (2, 0)
    assert terms == ()
    assert weigh(counts, np.zeros(0)).shape == (2, 0)


def test_a_text_of_unknown_words_weighs_nothing() -> None:
    counts, _ = count_terms(["hurricane"], Terms("word", 1, 1), ("dog", "sky"))
    assert weigh(counts, np.ones(2)).toarray().tolist() == [[0.0, 0.0]]
