"""Which columns make subgroups, and why the others make none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mllmsent.analysis.item_subgroups import ItemSubgroups, find_subgroups

N = 60


def subgroups(columns: dict[str, Any], *, least: int = 15, **more: Any) -> ItemSubgroups:
    n = len(next(iter(columns.values())))
    items = pd.DataFrame({"item_id": [f"i{number}" for number in range(n)], **columns})
    groups = more.pop("groups", {item: item for item in items["item_id"]})
    return find_subgroups(items, groups=groups, least=least, **more)


def named(found: ItemSubgroups) -> list[tuple[str, str]]:
    return [(each.column, each.value) for each in found.subgroups]


def test_every_value_of_enough_items_is_a_subgroup() -> None:
    found = subgroups({"weather": ["rain"] * 20 + ["clear"] * 30 + ["fog"] * 10})
    assert named(found) == [("weather", "clear"), ("weather", "rain")]
    rain = found.subgroups[1]
    assert (len(rain.items), len(rain.known)) == (20, 60)
    assert found.left_out == {}


def test_numbers_are_cut_into_thirds_and_few_numbers_are_values() -> None:
    found = subgroups({"brightness": np.linspace(0, 1, N), "people": [0, 1, 2] * 20})
    assert named(found) == [
        ("brightness", "0 to 0.322"), ("brightness", "0.339 to 0.661"), ("brightness", "0.678 to 1"),
        ("people", "0"), ("people", "1"), ("people", "2"),
    ]  # fmt: skip
    assert [len(each.items) for each in found.subgroups[:3]] == [20, 20, 20]


@pytest.mark.parametrize(
    ("column", "values", "why"),
    [
        ("true_mood", ["calm", "tense"] * 30, "it holds the truth"),
        ("Label", ["calm", "tense"] * 30, "it holds the truth"),
        ("mood", ["Negative", "positive"] * 30, "it holds the truth"),
        ("twin_of", ["i0", "i1"] * 30, "it says which items belong together"),
        ("photo_id", ["a", "b"] * 30, "it names items or files"),
        ("frame", range(N), "it numbers the items"),
        ("city", [f"c{number}" for number in range(N)], "it has 60 values"),
        ("caption", ["a long day " * 9, "a short one"] * 30, "it is text"),
        ("changed", ["light", "face", None, None, None] * 12, "it is known for fewer than half"),
        ("empty", [None] * N, "it is known for fewer than half"),
        ("camera", ["X100"] * N, "it is the same for all items"),
        ("weather", ["rain"] * 14 + ["clear"] * 46, "none of its values divides the items"),
    ],
)
def test_a_column_that_makes_none_is_named_with_its_reason(
    column: str, values: Any, why: str
) -> None:
    found = subgroups({column: list(values)}, labels=("negative", "positive"))
    assert found.subgroups == ()
    assert found.left_out[column].startswith(why)


def test_columns_that_every_dataset_has_are_not_metadata() -> None:
    found = subgroups({"split": ["train", "test"] * 30, "width": [100, 200] * 30})
    assert found == ItemSubgroups((), {})


def test_items_of_one_group_are_one_support() -> None:
    """Sixty frames of four clips are four, not sixty."""
    columns = {"light": ["day"] * 30 + ["night"] * 30}
    groups = {f"i{number}": f"clip{number // 15}" for number in range(N)}
    assert named(subgroups(columns)) != []
    assert subgroups(columns, groups=groups).subgroups == ()


def test_the_very_same_items_are_one_subgroup_with_two_names() -> None:
    found = subgroups(
        {"company": ["none", "one"] * 30, "face": ["none", "sad", "none", "happy"] * 15}
    )
    assert [(each.value, each.also) for each in found.subgroups if each.also] == [
        ("none", ("face none",))
    ]
    assert ("face", "none") not in named(found)


def test_two_values_divide_alike_and_three_do_not() -> None:
    found = subgroups({"light": ["warm", "cold"] * 30, "hour": ["dawn", "day", "dusk"] * 20})
    borders = [each.border for each in found.subgroups]
    assert len(borders) == 5
    assert len(set(borders)) == 4


def test_items_of_unknown_value_are_on_neither_side() -> None:
    found = subgroups({"weather": ["rain", "clear", None] * 20})
    for each in found.subgroups:
        assert len(each.known) == 40
        assert len(each.known - each.items) == 20


value = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5),
    st.sampled_from(["a", "b"]), st.lists(st.integers(), max_size=2),
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(st.lists(value, min_size=1, max_size=40), st.integers(1, 5))
def test_whatever_a_column_holds_its_subgroups_keep_their_promises(
    values: list[Any], least: int
) -> None:
    found = subgroups({"anything": pd.Series(values, dtype=object)}, least=least)
    for each in found.subgroups:
        assert each.items < each.known
        assert min(len(each.items), len(each.known - each.items)) >= least
    assert len({(each.items, each.known) for each in found.subgroups}) == len(found.subgroups)
    assert bool(found.subgroups) != bool(found.left_out)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(), min_size=13, max_size=60))
def test_thirds_divide_what_is_known(values: list[float]) -> None:
    found = subgroups({"measure": values}, least=1)
    parts = [each.items for each in found.subgroups]
    if parts:
        assert len(set().union(*parts)) == sum(map(len, parts))
        assert set().union(*parts) == found.subgroups[0].known
