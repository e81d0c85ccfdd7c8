"""Which points lie close together, without saying beforehand in how many clusters.

Texts and pictures become points of many dimensions, where nearly everything is about equally far
from everything else, so that a search for dense places finds one heap or nothing. As topic models do
(UMAP before HDBSCAN, in BERTopic), the points are first laid out anew in a few dimensions by who is
whose neighbor: by diffusion maps, which need no further library. Two points are near there if short
walks from neighbor to neighbor lead from either to the same places; what differs within a heap fades
with every step, and what parts heaps stays. There HDBSCAN finds dense regions; what lies in none of
them belongs to no cluster.

Neither says that a cluster means anything. That is for what was not used to find it.

Sources: Coifman and Lafon (2006), Diffusion maps, Applied and Computational Harmonic Analysis 21,
5-30; Campello, Moulavi and Sander (2013), Density-based
clustering based on hierarchical density estimates, PAKDD; van der Maaten and Hinton (2008),
Visualizing data using t-SNE, JMLR 9, 2579-2605.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mllmsent.metrics.metric import Floats

__all__ = [
    "LEAST_MEMBERS",
    "LEAST_POINTS",
    "central",
    "find_clusters",
    "lay_out",
    "nearest_cluster",
]

LEAST_MEMBERS = 10
"""Fewest points of a cluster; of many points it is one in `MOST_PARTS`."""

MOST_PARTS = 60

LEAST_POINTS = 3 * LEAST_MEMBERS
"""With fewer points than this no clusters are looked for."""

NEIGHBORS = 10
"""Neighbors by which points are laid out, the point itself among them."""

DIMENSIONS = 9
"""Dimensions in which clusters are looked for."""

STEPS = 8
"""Steps of the walks. With fewer, even heaps come apart; with many more, only the plainest are left."""

CORE = 5
"""HDBSCAN's `min_samples`, and of how many nearest points most decide where a new one belongs."""

PERPLEXITY = 30.0
MAP_STEPS = 500


def find_clusters(points: Floats, *, seed: int = 0) -> NDArray[np.intp]:
    """The cluster of each point, the largest first: 1, 2, ...; 0 for those that belong to none.

    Args:
        points: (N, D), close where they are alike.
        seed: Of the first guess of the eigenvectors.
    """
    n = len(points)
    if n < LEAST_POINTS:
        return np.zeros(n, dtype=np.intp)
    from sklearn.cluster import HDBSCAN  # noqa: PLC0415 - scikit-learn is slow to import

    placed = _diffused(points, seed)
    size = max(LEAST_MEMBERS, round(n / MOST_PARTS))

    def found_with(largest: int | None) -> NDArray[np.intp]:
        searched = HDBSCAN(
            min_cluster_size=size, min_samples=CORE, max_cluster_size=largest, copy=True
        )
        labels: NDArray[np.intp] = searched.fit_predict(placed)
        return labels

    # More than half of the points are no cluster but the ground from which clusters stand out:
    # it is taken apart. What cannot be taken apart is a cluster after all, however large.
    found, whole = found_with(n // 2), found_with(None)
    for name in range(int(whole.max()) + 1):
        heap = whole == name
        if heap.sum() > n // 2 and (found[heap] < 0).all():
            found[heap] = found.max() + 1
    names, sizes = np.unique(found[found >= 0], return_counts=True)
    rank = np.zeros(len(names) + 1, dtype=np.intp)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(1, len(names) + 1)
    # What belongs to none is -1 there, and so the last, which is 0.
    ranked: NDArray[np.intp] = rank[found]
    return ranked


def _diffused(points: Floats, seed: int) -> Floats:
    """Points by the walks that start from them, (N, `DIMENSIONS`)."""
    from scipy.sparse import diags_array  # noqa: PLC0415 - scipy is slow to import
    from scipy.sparse.linalg import eigsh  # noqa: PLC0415 - likewise
    from sklearn.neighbors import kneighbors_graph  # noqa: PLC0415 - likewise

    near = kneighbors_graph(points, NEIGHBORS, include_self=True)
    near = (near + near.T) / 2
    root = np.sqrt(np.asarray(near.sum(axis=1)).ravel())
    scale = diags_array(1 / root)
    # Eigenvectors of the walk's matrix, by those of a symmetric one that has the same eigenvalues.
    first = np.random.default_rng(seed).random(len(points))
    kept, vectors = eigsh(scale @ near @ scale, k=DIMENSIONS, which="LA", v0=first)
    placed: Floats = vectors / root[:, None] * np.clip(kept, 0, None) ** STEPS
    return placed


def nearest_cluster(points: Floats, clusters: NDArray[np.intp], others: Floats) -> NDArray[np.intp]:
    """The cluster to which other points belong: that of most of their five nearest points, or 0.

    Args:
        points: (N, D) points whose clusters are known, at least `CORE`.
        clusters: Their clusters; 0 for none.
        others: (M, D) further points.
    """
    from sklearn.neighbors import NearestNeighbors  # noqa: PLC0415 - scikit-learn is slow to import

    if not len(others):
        return np.zeros(0, dtype=np.intp)
    nearest = NearestNeighbors(n_neighbors=CORE).fit(points)
    near = clusters[nearest.kneighbors(others, return_distance=False)]
    # Sorted, more than half of five are of one kind only where the middle one is.
    near.sort(axis=1)
    middle = near[:, CORE // 2]
    is_most = (near == middle[:, None]).sum(axis=1) > CORE // 2
    belongs: NDArray[np.intp] = np.where(is_most, middle, 0)
    return belongs


def central(points: Floats, n: int) -> NDArray[np.intp]:
    """The positions of the `n` medoids: of the points from which all are nearest.

    By the sum of squared distances to all points, which orders them as the distance to their mean.
    """
    away = ((points - points.mean(axis=0)) ** 2).sum(axis=1)
    return np.argsort(away, kind="stable")[:n]


def lay_out(points: Floats, *, seed: int = 0) -> Floats:
    """Places for points on a map, (N, 2) between 0 and 1, neighbors near each other.

    By t-SNE from the first two principal components, or by these where there are few points. Only
    nearness means something on it: neither axes nor distances between heaps, nor their sizes.

    Args:
        points: (N, D).
        seed: Of t-SNE.
    """
    n = len(points)
    if n < 3 or not np.ptp(points):
        return np.full((n, 2), 0.5)
    from sklearn.decomposition import PCA  # noqa: PLC0415 - scikit-learn is slow to import
    from sklearn.manifold import TSNE  # noqa: PLC0415 - likewise

    if n < LEAST_POINTS or points.shape[1] < 2:
        n_axes = min(2, points.shape[1])
        placed = np.zeros((n, 2))
        placed[:, :n_axes] = PCA(n_axes, random_state=seed).fit_transform(points)
    else:
        placed = TSNE(
            init="pca",
            perplexity=min(PERPLEXITY, (n - 1) / 3),
            max_iter=MAP_STEPS,
            random_state=seed,
        ).fit_transform(points)
    low, span = placed.min(axis=0), np.ptp(placed, axis=0)
    shares: Floats = np.where(span > 0, (placed - low) / np.where(span > 0, span, 1.0), 0.5)
    return shares
