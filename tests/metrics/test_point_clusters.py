"""Points that lie close together are found, and where nothing is close nothing breaks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from mllmsent.metrics.point_clusters import central, find_clusters, lay_out, nearest_cluster


def heaps(n: int, size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    which = np.repeat(np.arange(n), size)
    return rng.normal(0, 6, (n, 12))[which] + rng.normal(0, 1, (n * size, 12)), which


@pytest.mark.parametrize("n", [3, 6, 12])
def test_heaps_are_found_however_many_there_are(n: int) -> None:
    """Also where they lie so far apart that no point has a neighbor in another."""
    points, which = heaps(n, 40, seed=n)
    assert adjusted_rand_score(which, find_clusters(points)) >= 0.85


def test_clusters_are_numbered_by_size_and_equal_seeds_give_equal_clusters() -> None:
    points, _ = heaps(4, 50, seed=1)
    points = points[:170]
    found = find_clusters(points, seed=3)
    sizes = np.bincount(found)[1:]
    assert (np.diff(sizes) <= 0).all()
    assert (found == find_clusters(points, seed=3)).all()


def test_a_further_point_goes_where_most_of_its_neighbors_are() -> None:
    points = np.array([[0.0], [0.1], [0.2], [0.3], [0.4], [5.0], [5.1], [5.2], [9.0], [9.1], [9.2]])
    clusters = np.array([1, 1, 1, 1, 1, 2, 2, 2, 0, 0, 0])
    assert nearest_cluster(points, clusters, np.array([[0.25], [5.3], [30.0]])).tolist() == [
        1,
        2,
        0,
    ]
    assert nearest_cluster(points, clusters, np.zeros((0, 1))).tolist() == []


def test_the_medoid_has_the_least_squared_distances_to_all() -> None:
    points = np.random.default_rng(2).normal(size=(40, 3))
    sums = ((points[:, None] - points[None]) ** 2).sum(axis=(1, 2))
    assert central(points, 3).tolist() == np.argsort(sums)[:3].tolist()


@settings(deadline=None, max_examples=15)
@given(n=st.integers(0, 45), width=st.integers(1, 3), same=st.booleans())
def test_few_or_equal_points_break_nothing(n: int, width: int, *, same: bool) -> None:
    rng = np.random.default_rng(n)
    points = np.ones((n, width)) if same else rng.normal(size=(n, width))
    found = find_clusters(points)
    assert found.shape == (n,)
    places = lay_out(points)
    assert places.shape == (n, 2)
    assert ((places >= 0) & (places <= 1)).all()
