"""Folds keep groups whole, labels in balance, and the published division as it was."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import KFold

from mllmsent.data import FoldSpec, FoldWarning, assign_folds, check_folds
from mllmsent.foundation import InputError
from mllmsent.foundation.tables import check_table

if TYPE_CHECKING:
    from collections.abc import Sequence


def items_of(
    n: int, groups: Sequence[str | None] | None = None, **columns: list[Any]
) -> pd.DataFrame:
    table = {"item_id": [f"i{row}" for row in range(n)], **columns}
    return check_table("items", pd.DataFrame(table | ({} if groups is None else {"group": groups})))


def targets_of(labels: Sequence[str | float | None]) -> pd.DataFrame:
    column = "mean" if all(isinstance(label, float) for label in labels) else "label"
    rows = {"item_id": [f"i{row}" for row in range(len(labels))], column: labels}
    return check_table("targets", pd.DataFrame(rows).assign(scheme="s", annotator_group="all"))


labels_and_groups = st.lists(
    st.tuples(st.sampled_from("xyz"), st.one_of(st.none(), st.sampled_from("abcdefgh"))),
    min_size=12,
    max_size=60,
)


@settings(max_examples=50, deadline=None)
@given(labels_and_groups, st.sampled_from(["stratified", "grouped"]), st.integers(2, 4))
def test_a_group_is_never_in_two_folds_and_every_item_is_in_one(
    rows: list[tuple[str, str | None]], kind: Any, n: int
) -> None:
    labels, groups = [label for label, _ in rows], [group for _, group in rows]
    items, targets = items_of(len(rows), groups), targets_of(labels)
    units = len({group for group in groups if group}) + groups.count(None)
    spec = FoldSpec(kind=kind, n=n)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FoldWarning)
        if units < n or (kind == "grouped" and not any(groups)):
            with pytest.raises(InputError):
                assign_folds(items, targets, spec)
            return
        folds = assign_folds(items, targets, spec)
        assert folds.equals(assign_folds(items, targets, spec)), "the same, every time"
    assert folds.index.tolist() == items["item_id"].tolist()
    assert set(folds) <= set(range(1, n + 1))
    spread = folds.groupby(items.set_index("item_id")["group"]).nunique()
    assert (spread <= 1).all()
    assert not any("more than one fold" in text for text in check_folds(folds, items, targets))


@given(st.integers(10, 80), st.integers(2, 6), st.integers(0, 2**31 - 1))
def test_the_published_folds_are_those_of_kfold(n: int, k: int, seed: int) -> None:
    folds = assign_folds(items_of(n), None, FoldSpec(kind="published", n=k, seed=seed))
    for number, (_, part) in enumerate(
        KFold(k, shuffle=True, random_state=seed).split(range(n)), 1
    ):
        assert folds.index[folds == number].tolist() == [f"i{row}" for row in part]


def test_the_published_folds_are_over_items_with_a_target_only() -> None:
    labels = [None if row % 3 else "x" for row in range(30)]
    folds = assign_folds(items_of(30), targets_of(labels), FoldSpec(kind="published"))
    assert len(folds) == 10
    expected = next(KFold(5, shuffle=True, random_state=42).split(range(10)))[1]
    assert folds.index[folds == 1].tolist() == [f"i{3 * row}" for row in expected]


def test_stratified_folds_have_the_same_shares_of_labels() -> None:
    labels = ["x"] * 50 + ["y"] * 25 + ["z"] * 25
    folds = assign_folds(items_of(100), targets_of(labels))
    counts = pd.crosstab(folds.to_numpy(), np.array(labels))
    assert (counts.to_numpy() == [10, 5, 5]).all()


def test_means_are_kept_in_balance_as_labels_are() -> None:
    means = [float(value) for value in np.random.default_rng(3).normal(size=200)]
    folds = assign_folds(items_of(200), targets_of(means))
    averages = pd.Series(means).groupby(folds.to_numpy()).mean()
    random = assign_folds(items_of(200), targets_of(means), FoldSpec(kind="published"))
    assert averages.std() < pd.Series(means).groupby(random.to_numpy()).mean().std()


@pytest.mark.parametrize("n", [5, 9, 12, 24, 26])
def test_few_items_with_means_are_divided_all_the_same(n: int) -> None:
    folds = assign_folds(items_of(n), targets_of([float(each) for each in range(n)]))
    assert folds.value_counts().max() - folds.value_counts().min() <= 1


def test_a_torn_group_and_an_absent_label_are_warned_of() -> None:
    groups = ["g", *(f"h{row}" for row in range(8)), "g"]
    items, targets = items_of(10, groups), targets_of(["rare", *["x"] * 9])
    with pytest.warns(FoldWarning) as caught:
        assign_folds(items, targets, FoldSpec(kind="published", n=5, seed=1))
    messages = " ".join(str(warning.message) for warning in caught)
    assert "1 groups are in more than one fold ('g')" in messages
    assert "has no item with 'rare'" in messages


def test_a_label_rarer_than_folds_is_warned_of_once_and_in_our_words() -> None:
    labels = ["x"] * 20 + ["rare"]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assign_folds(items_of(21), targets_of(labels))
    assert {warning.category for warning in caught} == {FoldWarning}
    assert len(caught) == 4, "in each of the folds where it is absent"


def test_one_column_at_a_time_is_left_out() -> None:
    items = items_of(6, source=["oasis", "bass", "bass", "oasis", "own", "own"])
    folds = assign_folds(items, None, FoldSpec(kind="by-column", column="source"))
    assert folds.tolist() == [2, 1, 1, 2, 3, 3]
    for frame, column, message in [
        (items, "sourc", "Did you mean 'source'"),
        (items_of(2, source=["a", None]), "source", "Item 'i1' has no source"),
        (items_of(2, source=["a", "a"]), "source", "nothing to leave out"),
    ]:
        with pytest.raises(InputError, match=message):
            assign_folds(frame, None, FoldSpec(kind="by-column", column=column))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "stratifed"}, "Did you mean 'stratified'"),
        ({"n": 1}, "nothing to train on"),
        ({"column": "source"}, "belongs to folds of kind"),
        ({"kind": "by-column"}, "belongs to folds of kind"),
    ],
)
def test_a_wrong_way_to_divide_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        FoldSpec(**options)


def test_what_cannot_be_divided_is_said() -> None:
    with pytest.raises(InputError, match="3 items cannot be divided into 5 folds"):
        assign_folds(items_of(3))
    with pytest.raises(InputError, match="2 groups cannot be divided"):
        assign_folds(items_of(6, ["a", "b"] * 3))
    with pytest.raises(InputError, match="no item with a target"):
        assign_folds(items_of(3), targets_of([None, None, None]))
    with pytest.raises(InputError, match="need groups"):
        assign_folds(items_of(30), None, FoldSpec(kind="grouped"))
