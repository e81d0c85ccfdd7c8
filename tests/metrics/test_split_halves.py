"""Halves of people: every vote is in one of them, and their distance is what chance gives."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllmsent.foundation import InputError
from mllmsent.metrics.distribution_distances import distribution_distance
from mllmsent.metrics.split_halves import split_halves


@given(st.lists(st.tuples(*[st.integers(0, 6)] * 3), max_size=8), st.integers(0, 9))
def test_every_vote_is_in_one_half(votes: list[tuple[int, ...]], seed: int) -> None:
    counts = np.array(votes, dtype=float).reshape(-1, 3)
    for first, second in split_halves(counts, n_splits=2, seed=seed):
        assert (first + second == counts).all()
        assert (first >= 0).all()
        assert (second >= 0).all()
        assert (first.sum(axis=1) == counts.sum(axis=1) // 2).all()


def test_the_distance_of_halves_is_that_of_all_divisions() -> None:
    """Votes a a a b b in twos and threes: the mean over all ten divisions, counted out."""
    votes = np.array([0, 0, 0, 1, 1])
    distances = []
    for two in combinations(range(5), 2):
        first = np.bincount(votes[list(two)], minlength=2)
        second = np.bincount(votes, minlength=2) - first
        distances.append(abs(first[0] / 2 - second[0] / 3))
    counts = np.tile([3.0, 2.0], (4000, 1))
    found = [
        distribution_distance("chebyshev", first, second).mean()
        for first, second in split_halves(counts, n_splits=5)
    ]
    assert np.mean(found) == pytest.approx(np.mean(distances), abs=0.005)


def test_people_who_all_agree_are_at_no_distance() -> None:
    for first, second in split_halves(np.array([[4.0, 0.0], [0.0, 3.0]]), n_splits=3):
        assert distribution_distance("canberra", first, second) == pytest.approx([0.0, 0.0])


def test_shares_are_no_votes() -> None:
    with pytest.raises(InputError, match="whole numbers"):
        next(split_halves(np.array([[0.5, 0.5]])))
