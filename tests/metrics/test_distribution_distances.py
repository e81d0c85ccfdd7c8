"""Distances of soft labels: those of scipy, and what 0/0 and a share of zero make of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import distance as scipy_distance
from scipy.special import rel_entr
from scipy.stats import wasserstein_distance

from mllmsent.foundation import InputError
from mllmsent.metrics.distribution_distances import (
    DISTRIBUTION_DISTANCES,
    EPSILON,
    distances_for,
    distribution_distance,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

K = 5


def worlds(n: int = 200) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distributions with zeros in them, as votes of few people have."""
    rng = np.random.default_rng(3)
    people = rng.multinomial(5, rng.dirichlet(np.ones(K), n)) / 5
    return people, rng.dirichlet(np.full(K, 0.4), n)


REFERENCE: dict[str, Callable[..., float]] = {
    "chebyshev": scipy_distance.chebyshev,
    "canberra": scipy_distance.canberra,
    "cosine": lambda p, q: 1 - scipy_distance.cosine(p, q),
    "kullback_leibler": lambda p, q: rel_entr(p, np.maximum(q, EPSILON)).sum(),
    "earth_movers": lambda p, q: wasserstein_distance(range(K), range(K), p, q),
}


@pytest.mark.parametrize("name", REFERENCE)
def test_distances_are_those_of_scipy(name: str) -> None:
    people, system = worlds()
    expected = [REFERENCE[name](p, q) for p, q in zip(people, system, strict=True)]
    assert distribution_distance(name, people, system) == pytest.approx(expected, abs=1e-9)


def test_clark_and_intersection_are_as_published() -> None:
    """By hand after Geng (2016), table 2: p = (.5, .5, 0), q = (.25, .25, .5)."""
    people, system = np.array([[0.5, 0.5, 0.0]]), np.array([[0.25, 0.25, 0.5]])
    clark = np.sqrt(2 * (0.25 / 0.75) ** 2 + 1)
    assert distribution_distance("clark", people, system) == pytest.approx([clark])
    assert distribution_distance("intersection", people, system) == pytest.approx([0.5])


def test_a_label_that_nobody_gives_is_no_difference() -> None:
    both = np.array([[0.5, 0.5, 0.0]])
    for name in ("clark", "canberra", "chebyshev", "kullback_leibler", "earth_movers"):
        assert distribution_distance(name, both, both) == pytest.approx([0.0])


def test_a_label_that_the_system_never_gives_costs_what_epsilon_says() -> None:
    people, system = np.array([[0.5, 0.5]]), np.array([[1.0, 0.0]])
    expected = 0.5 * np.log(0.5) + 0.5 * np.log(0.5 / EPSILON)
    assert distribution_distance("kullback_leibler", people, system) == pytest.approx([expected])


def test_counts_are_distributions_too_and_no_votes_are_none() -> None:
    people, system = np.array([[3.0, 1.0], [0.0, 0.0]]), np.array([[1.0, 1.0], [1.0, 0.0]])
    found = distribution_distance("chebyshev", people, system)
    assert found[0] == pytest.approx(0.25)
    assert np.isnan(found[1])


def test_only_labels_in_order_have_an_earth_movers_distance() -> None:
    names = [each.name for each in distances_for(ordered=False)]
    assert "earth_movers" not in names
    assert {*names, "earth_movers"} == {each.name for each in distances_for(ordered=True)}


@given(st.lists(st.tuples(*[st.integers(0, 9)] * 4).filter(any), min_size=2, max_size=2))
def test_every_distance_has_its_bounds_and_is_least_for_equal_ones(
    pair: list[tuple[int, ...]],
) -> None:
    people, system = (np.array([each], dtype=float) for each in pair)
    bounds = {
        "chebyshev": 1.0, "clark": 2.0, "canberra": 4.0, "kullback_leibler": np.inf,
        "cosine": 1.0, "intersection": 1.0, "earth_movers": 3.0,
    }  # fmt: skip
    for name, distance in DISTRIBUTION_DISTANCES.items():
        value = distribution_distance(name, people, system)[0]
        itself = distribution_distance(name, people, people)[0]
        assert -1e-12 <= value <= bounds[name] + 1e-12
        assert itself == pytest.approx(1.0 if distance.is_likeness else 0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("people", "system", "message"),
    [
        (np.ones((2, 3)), np.ones((2, 2)), "equal shape"),
        (-np.ones((1, 2)), np.ones((1, 2)), "negative"),
        (np.full((1, 2), np.nan), np.ones((1, 2)), "missing"),
    ],
)
def test_what_is_no_distribution_is_refused(
    people: NDArray[np.float64], system: NDArray[np.float64], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        distribution_distance("clark", people, system)


def test_an_unknown_distance_is_told() -> None:
    with pytest.raises(InputError, match="No distance is called 'clarke'"):
        distribution_distance("clarke", np.ones((1, 2)), np.ones((1, 2)))
