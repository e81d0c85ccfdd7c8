"""Training texts that are held out of training, by which the best epoch is found."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme

__all__ = ["hold_out"]

_FEWEST = 10


def hold_out(
    scheme: Scheme,
    targets: NDArray[Any],
    groups: NDArray[Any] | None,
    share: float,
    seed: int,
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Divide training rows into those that are learned from and those that are held out.

    Groups stay whole; labels are stratified where one is chosen. A label that only held-out rows
    have is learned from instead: their groups change sides.

    Args:
        scheme: What the targets are in.
        targets: As `TextClassifier.fit` takes them.
        groups: (n,) rows of one name stay together; by default each row is a group.
        share: About how much is held out.
        seed: Seed of the division.

    Returns:
        Both, ascending. Nothing is held out of fewer than ten rows, or of fewer than two groups.
    """
    n = len(targets)
    names = np.arange(n) if groups is None else np.unique(groups, return_inverse=True)[1]
    n_groups = len(np.unique(names))
    if n < _FEWEST or n_groups < 2:
        return np.arange(n), np.arange(0)
    held = np.zeros(n, dtype=bool)
    held[_one_fold(scheme, targets, names, min(round(1 / share), n_groups), seed)] = True
    for has in _labels(scheme, targets):
        if not has[~held].any():
            held &= ~np.isin(names, names[has])
    return np.flatnonzero(~held), np.flatnonzero(held)


def _one_fold(
    scheme: Scheme, targets: NDArray[Any], names: NDArray[np.intp], n_folds: int, seed: int
) -> NDArray[np.intp]:
    from sklearn.model_selection import (  # noqa: PLC0415 - heavy
        GroupKFold,
        StratifiedGroupKFold,
        StratifiedKFold,
    )

    rows = np.arange(len(targets))
    n_folds = max(2, n_folds)
    if scheme.kind != "dimensional" and not scheme.multi_label:
        classes = np.unique(targets.astype(str), return_inverse=True)[1]
        if np.bincount(classes).max() >= n_folds:
            alone = len(np.unique(names)) == len(rows)
            kind = StratifiedKFold if alone else StratifiedGroupKFold
            folds = kind(n_folds, shuffle=True, random_state=seed)
            with warnings.catch_warnings():
                # A class with fewer texts than folds is missing from some; that is how it is.
                warnings.filterwarnings("ignore", message="The least populated class")
                divided = folds.split(rows, classes, None if alone else names)
                # Few groups may leave a fold empty.
                return next((test for _, test in divided if 0 < len(test) < len(rows)), rows[:0])
    folds = GroupKFold(n_folds, shuffle=True, random_state=seed)
    test: NDArray[np.intp] = next(iter(folds.split(rows, groups=names)))[1]
    return test


def _labels(scheme: Scheme, targets: NDArray[Any]) -> list[NDArray[np.bool_]]:
    """For each label that occurs, which rows have it."""
    if scheme.kind == "dimensional":
        return []
    if scheme.multi_label:
        columns = [targets[:, place].astype(bool) for place in range(targets.shape[1])]
    else:
        columns = [targets == name for name in scheme.label_names]
    return [column for column in columns if column.any()]
