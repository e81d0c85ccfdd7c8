"""Cross-validation: every text is read by a classifier that has seen nothing of it."""

import warnings
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.text.corpus import Memory, described

from mllmsent.affect import Scheme, get_scheme
from mllmsent.foundation import InputError
from mllmsent.foundation.tables import check_table
from mllmsent.text import LeakageWarning, OutOfFold, TextClassifier, cross_validate, get_classifier

POLARITY = get_scheme("polarity3")
FIXED = {"c": 10, "class_weight": "none"}


def linear(scheme: Scheme = POLARITY, **options: Any) -> partial[TextClassifier]:
    return partial(get_classifier, "linear", scheme, FIXED | options)


def accuracy(result: OutOfFold, labels: Sequence[str]) -> float:
    right = [names == (label,) for names, label in zip(result.labels(), labels, strict=True)]
    return float(np.mean(right))


def in_folds(n: int, k: int = 5) -> NDArray[np.int64]:
    return np.arange(n) % k


def test_what_texts_tell_is_learned() -> None:
    texts, labels = described(200)
    result = cross_validate(linear(), texts, labels, in_folds(200), scheme=POLARITY)
    assert accuracy(result, labels) > 0.95


def test_labels_dealt_out_at_random_are_read_at_chance() -> None:
    """A mean over permutations: one in three, give or take three standard errors."""
    texts, labels = described(150)
    rates = []
    for seed in range(8):
        dealt = np.random.default_rng(seed).permutation(labels).tolist()
        result = cross_validate(linear(), texts, dealt, in_folds(150), scheme=POLARITY)
        rates.append(accuracy(result, dealt))
    assert np.mean(rates) == pytest.approx(1 / 3, abs=3 * np.sqrt(2 / 9 / (8 * 150)))


def test_choosing_by_the_data_leaks_nothing_either() -> None:
    texts, labels = described(120)
    rates = []
    for seed in range(4):
        dealt = np.random.default_rng(seed).permutation(labels).tolist()
        factory = partial(
            get_classifier,
            "linear",
            POLARITY,
            {"c": [0.1, 10], "class_weight": ["none", "balanced"]},
        )
        result = cross_validate(factory, texts, dealt, in_folds(120), scheme=POLARITY)
        rates.append(accuracy(result, dealt))
    assert np.mean(rates) == pytest.approx(1 / 3, abs=3 * np.sqrt(2 / 9 / (4 * 120)))


def test_a_word_that_gives_the_label_away_in_the_tested_fold_alone_is_of_no_use() -> None:
    texts, labels = described(200, signal=0.3)
    folds = in_folds(200)
    planted = [
        f"{text} secret{label} secret{label}" if fold == 0 else text
        for text, label, fold in zip(texts, labels, folds, strict=True)
    ]
    plain = cross_validate(linear(), texts, labels, folds, scheme=POLARITY)
    tried = cross_validate(linear(), planted, labels, folds, scheme=POLARITY)
    np.testing.assert_allclose(tried.scores[folds == 0], plain.scores[folds == 0])


def test_the_tested_rows_do_not_weigh_on_the_words() -> None:
    """Whatever the other tested texts say, a tested text is read the same."""
    texts, labels = described(100, signal=0.5)
    folds = in_folds(100, 2)
    first = cross_validate(linear(), texts, labels, folds, scheme=POLARITY)
    others = np.flatnonzero(folds == 0)[1:]
    changed = list(texts)
    for row in others:
        changed[row] = "entirely other words " * 3
    second = cross_validate(linear(), changed, labels, folds, scheme=POLARITY)
    np.testing.assert_allclose(second.scores[0], first.scores[0])


@settings(max_examples=80, deadline=None)
@given(data=st.data(), n_items=st.integers(4, 15), n_folds=st.integers(2, 4))
def test_no_item_or_group_is_ever_learned_from_and_tested_at_once(
    data: st.DataObject, n_items: int, n_folds: int
) -> None:
    """Whatever items, repeats, groups, folds and rows to learn from there are."""
    group_of = data.draw(st.lists(st.integers(0, n_items), min_size=n_items, max_size=n_items))
    fold_of = {group: data.draw(st.integers(-1, n_folds - 1)) for group in set(group_of)}
    rows = data.draw(st.lists(st.integers(0, n_items - 1), min_size=n_items, max_size=40))
    # A row of a tested item may also be one that is only learned from: another condition, say.
    folds = np.array(
        [-1 if data.draw(st.integers(0, 4)) == 0 else fold_of[group_of[item]] for item in rows]
    )
    train_rows = np.array([data.draw(st.integers(0, 4)) > 0 for _ in rows])
    texts = [f"item{item} row{row}" for row, item in enumerate(rows)]
    made: list[Memory] = []

    def factory() -> Memory:
        made.append(Memory())
        return made[-1]

    try:
        result = cross_validate(
            factory,
            texts,
            ["neutral"] * len(rows),
            folds,
            scheme=POLARITY,
            ids=[f"item{item}" for item in rows],
            groups=[f"group{group_of[item]}" for item in rows],
            train_rows=train_rows,
        )
    except InputError as error:
        assert "no row is left to learn from" in str(error)  # noqa: PT017 - either is right
        return
    numbers = [fold for fold in range(n_folds) if (folds == fold).any()]
    fitted = [memory for memory in made if memory.seen]
    assert len(fitted) == len(numbers)
    for fold, memory in zip(numbers, fitted, strict=True):
        ((learned, groups, _),) = memory.seen
        learned_rows = [texts.index(text) for text in learned]
        tested = np.flatnonzero(folds == fold)
        held = {group_of[rows[row]] for row in learned_rows}
        assert held.isdisjoint(group_of[rows[row]] for row in tested)
        assert all(train_rows[row] for row in learned_rows)
        assert groups is not None
        assert list(groups) == [f"group{group_of[rows[row]]}" for row in learned_rows]
        free = [
            row
            for row, item in enumerate(rows)
            if train_rows[row] and group_of[item] not in {group_of[rows[each]] for each in tested}
        ]
        assert learned_rows == free
    assert result.was_read.tolist() == (folds >= 0).tolist()


def test_an_item_tested_in_two_folds_is_refused_by_name() -> None:
    texts, labels = described(6)
    ids = ["a", "b", "c", "a", "d", "b"]
    with pytest.raises(InputError, match=r"Item 'a', 'b' would be tested in one fold") as caught:
        cross_validate(linear(), texts, labels, [0, 0, 0, 1, 1, 1], scheme=POLARITY, ids=ids)
    assert "same fold" in caught.value.cure


def test_a_group_torn_between_folds_is_refused_by_name() -> None:
    texts, labels = described(4)
    groups = ["beach", "beach", "city", "city"]
    with pytest.raises(InputError, match="Group 'beach', 'city'"):
        cross_validate(linear(), texts, labels, [0, 1, 0, 1], scheme=POLARITY, groups=groups)


def test_rows_outside_every_fold_are_learned_from_and_never_read() -> None:
    """Items on which fewer annotators agree teach, and are not scored."""
    texts, labels = described(120)
    folds = np.where(np.arange(120) < 40, in_folds(120, 2), -1)
    result = cross_validate(linear(), texts, labels, folds, scheme=POLARITY)
    assert [fit.n_train for fit in result.fits] == [100, 100]
    assert np.isnan(result.scores[40:]).all()
    assert {row["status"] for row in result.columns()[40:]} == {"failed"}
    assert accuracy(result, labels) <= 1 / 3


def test_a_row_of_a_fold_that_is_not_read_is_learned_from_where_other_folds_are_tested() -> None:
    """Leave a source of images out, and what is known less surely of it is left out with it."""
    texts, labels = described(60)
    folds = in_folds(60, 3)
    is_read = np.arange(60) < 30
    made: list[Memory] = []

    def factory() -> Memory:
        made.append(Memory())
        return made[-1]

    unique = [f"{text} {row}" for row, text in enumerate(texts)]
    result = cross_validate(factory, unique, labels, folds, scheme=POLARITY, test_rows=is_read)
    assert result.was_read.tolist() == is_read.tolist()
    assert [fit.n_test for fit in result.fits] == [10, 10, 10]
    for fold, memory in enumerate(each for each in made if each.seen):
        assert memory.seen[0][0] == [unique[row] for row in range(60) if folds[row] != fold]
    vader = partial(get_classifier, "vader", POLARITY)
    untaught = cross_validate(vader, texts, labels, folds, scheme=POLARITY, test_rows=is_read)
    assert np.isfinite(untaught.scores).all(axis=1).tolist() == is_read.tolist()
    kept = untaught.only([0, 40])
    assert kept.was_read.tolist() == [True, False]
    assert kept.scores[0].tolist() == untaught.scores[0].tolist()


def test_one_text_under_two_items_is_warned_of() -> None:
    texts, labels = described(20)
    texts[1] = texts[0].upper() + " "
    with pytest.warns(LeakageWarning, match="such as a and b"):
        result = cross_validate(
            linear(), texts, labels, in_folds(20), scheme=POLARITY, ids=list("abcdefghijklmnopqrst")
        )
    assert "2 items" in result.notes[0]


@pytest.mark.parametrize("same", ["fold", "item"])
def test_one_text_within_a_fold_or_an_item_is_no_leak(same: str) -> None:
    texts, labels = described(20)
    folds = in_folds(20)
    ids = [str(row) for row in range(20)]
    if same == "fold":
        texts[5] = texts[0]
    else:
        texts[1], ids[1], folds[1] = texts[0], ids[0], folds[0]
    with warnings.catch_warnings():
        warnings.simplefilter("error", LeakageWarning)
        cross_validate(linear(), texts, labels, folds, scheme=POLARITY, ids=ids)


def test_a_label_missing_from_what_is_learned_is_told_and_the_rest_goes_on() -> None:
    texts, labels = described(30)
    labels = ["negative" if label == "neutral" else label for label in labels]
    labels[0] = "neutral"
    result = cross_validate(linear(), texts, labels, in_folds(30), scheme=POLARITY)
    assert result.notes == ("Fold 0: no text to learn neutral from, so none is read as that.",)
    assert (result.scores[in_folds(30) == 0][:, 1] == 0).all()


def test_a_row_without_a_target_is_read_and_not_learned_from() -> None:
    texts, labels = described(60)
    targets = [None if row % 10 == 0 else label for row, label in enumerate(labels)]
    result = cross_validate(linear(), texts, targets, in_folds(60), scheme=POLARITY)
    assert result.fits[1].n_train == 60 - 6 - 12
    assert all(len(names) == 1 for names in result.labels())


def test_a_blank_text_is_neither_learned_from_nor_read() -> None:
    texts, labels = described(30)
    texts[3] = "  "
    result = cross_validate(linear(), texts, labels, in_folds(30), scheme=POLARITY)
    assert result.labels()[3] == ()
    assert result.columns()[3]["status"] == "unparsed"
    assert [fit.n_train for fit in result.fits] == [23, 23, 23, 24, 23]


def test_what_does_not_train_reads_every_row_whatever_its_fold() -> None:
    texts = ["A wonderful day.", "A terrible disaster.", "A chair."]
    result = cross_validate(
        partial(get_classifier, "vader", POLARITY),
        texts,
        [None, None, None],
        [-1, 0, 0],
        scheme=POLARITY,
    )
    assert result.labels() == (("positive",), ("negative",), ("neutral",))
    assert result.was_read.all()
    assert result.fits == ()


def test_processes_change_the_time_and_not_the_result() -> None:
    texts, labels = described(60, signal=0.6)
    factory = partial(get_classifier, "linear", POLARITY, {"c": [0.1, 10], "inner_folds": 2})
    results = [
        cross_validate(factory, texts, labels, in_folds(60, 3), scheme=POLARITY, workers=workers)
        for workers in (1, 2)
    ]
    np.testing.assert_array_equal(results[0].scores, results[1].scores)
    assert results[0].fits == results[1].fits


def test_each_fold_has_a_seed_of_its_own_that_follows_from_the_one_given() -> None:
    texts, labels = described(12)

    def seeds(seed: int) -> list[int]:
        made: list[Memory] = []

        def factory() -> Memory:
            made.append(Memory())
            return made[-1]

        cross_validate(factory, texts, labels, in_folds(12, 3), scheme=POLARITY, seed=seed)
        return [memory.seen[0][2] for memory in made if memory.seen]

    assert len(set(seeds(0))) == 3
    assert seeds(0) == seeds(0) != seeds(1)


@pytest.mark.parametrize("scheme_name", ["polarity3", "mikels-multi", "valence-arousal"])
def test_the_rows_fit_the_table_of_predictions(scheme_name: str) -> None:
    scheme = get_scheme(scheme_name)
    texts, labels = described(120)
    texts[0] = ""
    every: dict[str, list[Any]] = {
        "polarity3": labels,
        "mikels-multi": ["awe|excitement" if name == "positive" else "fear" for name in labels],
        "valence-arousal": [
            {"valence": 9.0 if name == "positive" else 1.0, "arousal": 5.0} for name in labels
        ],
    }
    targets = every[scheme_name]
    result = cross_validate(
        linear(scheme, c=100, alpha=0.1), texts, targets, in_folds(120), scheme=scheme
    )
    shared = {"system_id": "s", "scheme": scheme_name, "condition": "none", "repeat": 0}
    rows = [
        {"item_id": str(row), **shared, **columns} for row, columns in enumerate(result.columns())
    ]
    table = check_table("predictions", pd.DataFrame(rows))
    assert table["status"].tolist() == ["unparsed", *["ok"] * 119]
    if scheme_name == "valence-arousal":
        assert table["label"].isna().all()
        above = [values["valence"] > 5 for values in table["values"][1:]]
        assert np.mean(np.array(above) == (np.array(labels) == "positive")[1:]) > 0.9
        assert set(table["score_kind"].dropna()) == {"value"}
    else:
        assert (table["label"] == targets)[1:].mean() > 0.9
        assert set(table["scores"][1]) == set(scheme.label_names)
        assert set(table["score_kind"].dropna()) == {"probability"}


def test_values_have_no_labels() -> None:
    scheme = get_scheme("intensity")
    result = cross_validate(
        linear(scheme, alpha=1), ["aa bb", "bb cc"], [[1.0], [2.0]], [0, 1], scheme=scheme
    )
    with pytest.raises(InputError, match="values, not labels"):
        result.labels()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"folds": [0, 1, 0]}, "for 3 rows of folds"),
        ({"folds": [0.5, 1, 0, 1]}, "whole number"),
        ({"folds": [0, 1, -2, 1]}, "-2 is no fold"),
        ({"folds": [0, 0, 0, 0]}, "Fold 0: no row is left to learn from"),
        ({"ids": ["a", "b"]}, "2 ids for 4 rows"),
        ({"targets": ["negative", "sad", "neutral", "positive"]}, "no label 'sad'"),
        ({"train_rows": np.zeros(4, dtype=bool)}, "no row is left to learn from"),
        ({"scheme": get_scheme("free")}, "fixed list"),
        ({"scheme": get_scheme("polarity2")}, "reads in 'polarity3'"),
    ],
)
def test_what_does_not_fit_together_is_refused_in_words(
    changes: dict[str, Any], message: str
) -> None:
    given_ones: dict[str, Any] = {
        "texts": ["aa", "bb", "cc", "dd"],
        "targets": ["negative", "neutral", "neutral", "positive"],
        "folds": [0, 1, 0, 1],
        "scheme": POLARITY,
    } | changes
    free = given_ones["scheme"].name == "free"
    factory = linear(given_ones["scheme"]) if free else linear()
    with pytest.raises(InputError, match=message):
        cross_validate(factory, **given_ones)
