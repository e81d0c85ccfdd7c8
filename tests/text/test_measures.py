"""The second stage of `classical/table`: numbers read from a table, and nothing guessed from words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

from mllmsent.affect import get_scheme
from mllmsent.features import feature_names
from mllmsent.foundation import InputError
from mllmsent.text import cross_validate, encode_targets, get_classifier, load_classifier
from mllmsent.text.measures import MeasuresClassifier, MeasuresOptions, read_measures

if TYPE_CHECKING:
    from pathlib import Path

    from mllmsent.text.interface import Floats

POLARITY = get_scheme("polarity3")
VALENCE = get_scheme("valence-arousal")


def numbers(n: int, seed: int = 0) -> Floats:
    """Measures of n pictures, in the order of `feature_names`."""
    random = np.random.default_rng(seed)
    table = random.normal(10, 3, size=(n, len(feature_names())))
    table[:, 0] = random.uniform(0, 360, size=n)  # hue
    return table


def tables(rows: Floats) -> list[str]:
    return [json.dumps(dict(zip(feature_names(), row, strict=True))) for row in rows.tolist()]


def as_read(rows: Floats) -> Floats:
    """What the classifier makes of measures, without its own code."""
    hue = np.deg2rad(rows[:, :1])
    return np.hstack([np.cos(hue), np.sin(hue), rows[:, 1:]])


def test_probabilities_are_those_of_scikit_learn_on_standardized_numbers() -> None:
    rows = numbers(90)
    place = 1 + (rows[:, 5] > 11).astype(int) - (rows[:, 5] < 9).astype(int)
    labels = [POLARITY.label_names[each] for each in place]
    ours = MeasuresClassifier(POLARITY, MeasuresOptions(c=(0.5,), class_weight=("none",)))
    ours.fit(tables(rows[:60]), encode_targets(labels[:60], POLARITY)[0], seed=0)
    scaler = StandardScaler().fit(as_read(rows[:60]))
    model = LogisticRegression(C=0.5, tol=1e-8, max_iter=10_000)
    model.fit(scaler.transform(as_read(rows[:60])), place[:60])
    expected = model.predict_proba(scaler.transform(as_read(rows[60:])))
    np.testing.assert_allclose(ours.predict(tables(rows[60:])), expected, atol=2e-3)


def test_values_are_those_of_ridge_regression_and_stay_on_their_scales() -> None:
    rows = numbers(80)
    values = np.stack([rows[:, 7] - 5, 20 - rows[:, 8]], axis=1)
    ours = MeasuresClassifier(VALENCE, MeasuresOptions(alpha=(3.0,)))
    ours.fit(tables(rows[:60]), values[:60], seed=0)
    scaler = StandardScaler().fit(as_read(rows[:60]))
    model = Ridge(alpha=3.0).fit(scaler.transform(as_read(rows[:60])), values[:60])
    expected = model.predict(scaler.transform(as_read(rows[60:])))
    assert (expected > 9).any()
    np.testing.assert_allclose(ours.predict(tables(rows[60:])), expected.clip(1, 9), atol=1e-6)


def test_what_a_measure_says_is_learned_out_of_fold_and_the_penalty_within_it() -> None:
    rows = numbers(120)
    random = np.random.default_rng(1)
    values = 5 + (rows[:, [9]] - 10) / 3 * [[1.0, 0.0]] + random.normal(0, 0.5, size=(120, 2))
    result = cross_validate(
        lambda: get_classifier("measures", VALENCE),
        tables(rows),
        list(values),
        np.arange(120) % 5,
        scheme=VALENCE,
        ids=[f"i{row}" for row in range(120)],
    )
    assert np.corrcoef(result.scores[:, 0], values[:, 0])[0, 1] > 0.7
    assert abs(np.corrcoef(result.scores[:, 1], values[:, 1])[0, 1]) < 0.3
    assert {fit.chosen["alpha"] for fit in result.fits} <= {1.0, 10.0, 100.0, 1000.0}


def test_a_hue_of_359_is_next_to_one_of_1() -> None:
    rows = np.tile(numbers(1), (60, 1))
    random = np.random.default_rng(0)
    is_red = random.random(60) < 0.5
    rows[:, 0] = (np.where(is_red, 360, 180) + random.uniform(-20, 20, size=60)) % 360
    labels = ["positive" if red else "negative" for red in is_red]
    classifier = MeasuresClassifier(POLARITY)
    classifier.fit(tables(rows), encode_targets(labels, POLARITY)[0], seed=0)
    others = rows[:2].copy()
    others[:, 0] = 359.0, 1.0
    assert classifier.predict(tables(others)).argmax(axis=1).tolist() == [2, 2]


FAULTS: dict[str, Any] = {
    "The picture is dark and cold.": "'The picture is dark and cold.'",
    "[1, 2]": "no JSON object",
    "{}": "it has no 'hue'",
    "NaN": "no JSON object",
    '{"hue": ' + "[" * 5000: "This is no table of measures",
}


@pytest.mark.parametrize("text", FAULTS)
def test_text_that_is_no_table_is_refused_and_says_what_it_is(text: str) -> None:
    with pytest.raises(InputError) as caught:
        read_measures(text)
    assert FAULTS[text] in caught.value.message
    assert "classical/table" in str(caught.value.cure)


@pytest.mark.parametrize("value", ["warm", None, True, [1.0], float("nan"), float("inf"), 10**400])
def test_what_is_no_finite_number_is_refused(value: object) -> None:
    table = dict.fromkeys(feature_names(), 1.0) | {"warmth": value}
    with pytest.raises(InputError, match="'warmth' is no finite number"):
        read_measures(json.dumps(table))


def test_a_measure_too_many_is_refused() -> None:
    table = dict.fromkeys(feature_names(), 1.0) | {"beauty": 1.0}
    with pytest.raises(InputError, match="'beauty' is no measure"):
        read_measures(json.dumps(table))


@given(st.text())
def test_any_text_is_a_table_or_decides_nothing(text: str) -> None:
    classifier = trained()
    assert np.isnan(classifier.predict([text])).all()


def trained() -> MeasuresClassifier:
    if not TRAINED:
        labels = ["negative", "positive"] * 10
        TRAINED.append(MeasuresClassifier(POLARITY, MeasuresOptions(c=(0.1,))))
        TRAINED[0].fit(tables(numbers(20)), encode_targets(labels, POLARITY)[0], seed=0)
    return TRAINED[0]


TRAINED: list[MeasuresClassifier] = []


def test_words_among_training_texts_are_refused() -> None:
    texts = [*tables(numbers(3)), "The picture is dark."]
    labels = encode_targets(["negative", "positive"] * 2, POLARITY)[0]
    with pytest.raises(InputError, match=r"This is no table of measures: 'The picture is dark\.'"):
        MeasuresClassifier(POLARITY).fit(texts, labels, seed=0)


def test_a_saved_one_says_the_same_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    trained().save(tmp_path)
    texts = [*tables(numbers(5, seed=9)), ""]
    loaded = load_classifier(tmp_path)
    np.testing.assert_array_equal(loaded.predict(texts), trained().predict(texts))
    assert loaded.identity == trained().identity
    file = tmp_path / "classifier.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(content | {"measures": ["hue"]}), encoding="utf-8")
    with pytest.raises(InputError, match="other measures"):
        load_classifier(tmp_path)
    file.write_text(json.dumps(content | {"choice": {"penalty": 1}}), encoding="utf-8")
    with pytest.raises(InputError, match="incomplete"):
        load_classifier(tmp_path)
