"""Letters beside a ranking say exactly which systems differ."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.metrics.worlds import examples

from mllmsent.foundation import InputError
from mllmsent.metrics import indistinguishable_groups, significance_letters

pairs_that_differ = st.sets(st.sampled_from(list(combinations("ABCDEFG", 2))))


@examples
@given(pairs_that_differ)
def test_two_systems_share_a_letter_exactly_if_they_do_not_differ(
    different: set[tuple[str, str]],
) -> None:
    letters = significance_letters("ABCDEFG", different)
    for pair in combinations("ABCDEFG", 2):
        share = bool(set(letters[pair[0]]) & set(letters[pair[1]]))
        assert share == (pair not in different), (pair, letters)


@examples
@given(pairs_that_differ)
def test_no_group_lies_within_another(different: set[tuple[str, str]]) -> None:
    groups = [set(group) for group in indistinguishable_groups("ABCDEFG", different)]
    assert not any(one < other for one in groups for other in groups)
    assert len(groups) == len({frozenset(group) for group in groups})


def test_a_system_between_two_that_differ_carries_both_letters() -> None:
    letters = significance_letters(["best", "middle", "last"], [("last", "best")])
    assert letters == {"best": "a", "middle": "ab", "last": "b"}


def test_piephos_procedure_on_a_chain_of_differences() -> None:
    """Differences 1-3, 1-4, 2-4 of four ranked systems: a, ab, bc, c."""
    letters = significance_letters("1234", [("1", "3"), ("1", "4"), ("2", "4")])
    assert letters == {"1": "a", "2": "ab", "3": "bc", "4": "c"}


def test_without_differences_all_are_one_group() -> None:
    assert indistinguishable_groups(["x", "y"], []) == [("x", "y")]
    assert indistinguishable_groups([], []) == []


def test_if_all_differ_each_has_its_own_letter() -> None:
    names = [f"system {index}" for index in range(30)]
    letters = significance_letters(names, combinations(names, 2))
    assert [letters[name] for name in names[:2]] == ["a", "b"]
    assert [letters[name] for name in names[25:28]] == ["z", "aa", "ab"]


def test_faults_in_the_pairs_are_named() -> None:
    with pytest.raises(InputError, match="No system is called 'C'"):
        indistinguishable_groups(["A", "B"], [("A", "C")])
    with pytest.raises(InputError, match="differ from itself"):
        indistinguishable_groups(["A", "B"], [("A", "A")])
    with pytest.raises(InputError, match="more than once"):
        indistinguishable_groups(["A", "A"], [])
