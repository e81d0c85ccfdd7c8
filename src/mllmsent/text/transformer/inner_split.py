"""Training texts that are held out of training, by which the best epoch is found."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.text.linear_models import inner_folds

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
    if n < _FEWEST or len(np.unique(names)) < 2:
        return np.arange(n), np.arange(0)
    held = np.zeros(n, dtype=bool)
    # Few groups may be no division at all.
    for _, test in islice(inner_folds(targets, scheme, round(1 / share), names, seed), 1):
        held[test] = True
    for has in _labels(scheme, targets):
        if not has[~held].any():
            held &= ~np.isin(names, names[has])
    return np.flatnonzero(~held), np.flatnonzero(held)


def _labels(scheme: Scheme, targets: NDArray[Any]) -> list[NDArray[np.bool_]]:
    """For each label that occurs, which rows have it."""
    if scheme.kind == "dimensional":
        return []
    if scheme.multi_label:
        columns = [targets[:, place].astype(bool) for place in range(targets.shape[1])]
    else:
        columns = [targets == name for name in scheme.label_names]
    return [column for column in columns if column.any()]
