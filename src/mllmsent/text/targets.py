"""Targets as classifiers learn from them, and labels as their scores decide them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.foundation.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme
    from mllmsent.text.interface import Floats, ScoreKind

__all__ = ["SEPARATOR", "decide_labels", "encode_targets"]

SEPARATOR = "|"
"""Between the labels of a label set, in tables."""

_LEAST = {"probability": 0.5, "margin": 0.0}


def encode_targets(
    targets: Sequence[Any] | NDArray[Any], scheme: Scheme
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Targets as `TextClassifier.fit` takes them, and which of them are there.

    Args:
        targets: One for each row; None, NaN or `pandas.NA` where there is none. A label name; or,
            for a multi-label scheme, a set of names, names joined by "|", or a row of booleans; or,
            for dimensions, a mapping from dimension to number, or a row of numbers.
        scheme: What they are in.

    Returns:
        The array, and (n,) booleans: whether the row's target is known. What the array holds where
        it is not is of no meaning.

    Raises:
        InputError: Naming the first row whose target is not of the scheme, and the nearest label.
    """
    known = np.array([not _is_absent(target) for target in targets], dtype=bool)
    rows = np.flatnonzero(known).tolist()
    if scheme.kind == "dimensional":
        values = np.full((len(known), len(scheme.dimensions)), np.nan)
        for row in rows:
            values[row] = _values(targets[row], scheme, row)
        return values, known & np.isfinite(values).all(axis=1)
    if scheme.multi_label:
        members = np.zeros((len(known), len(scheme.labels)), dtype=bool)
        for row in rows:
            members[row] = _members(targets[row], scheme, row)
        return members, known
    names = np.full(len(known), None, dtype=object)
    for row in rows:
        names[row] = _name(targets[row], scheme, row)
    return names, known


def decide_labels(scores: Floats, scheme: Scheme, kind: ScoreKind) -> tuple[tuple[str, ...], ...]:
    """The labels that scores decide for, in the scheme's order.

    Where one label is chosen it is the one with the largest score, the first of equals. Where
    several may be, it is those with a probability of at least 0.5 (a margin of at least 0), and
    the one with the largest score in any case: who is asked what an image holds says something.

    Args:
        scores: (n, labels); a row with NaN decides for nothing.
        scheme: A label scheme.
        kind: What the scores are.

    Returns:
        One tuple for each row, empty where it decides for nothing.
    """
    decided: list[tuple[str, ...]] = []
    for row in scores:
        if not np.isfinite(row).all():
            decided.append(())
            continue
        chosen = np.zeros(len(row), dtype=bool)
        if scheme.multi_label:
            chosen = row >= _LEAST[kind]
        chosen[int(row.argmax())] = True
        decided.append(tuple(scheme.label_names[place] for place in np.flatnonzero(chosen)))
    return tuple(decided)


def _is_absent(target: Any) -> bool:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    if isinstance(target, np.ndarray):
        return target.dtype.kind == "f" and bool(np.isnan(target).any())
    return target is None or target is pd.NA or (isinstance(target, float) and np.isnan(target))


def _name(target: Any, scheme: Scheme, row: int) -> str:
    if not isinstance(target, str):
        shown = target.item() if isinstance(target, np.generic) else target
        raise InputError(
            f"{shown!r} is not a label of scheme {scheme.name!r}.",
            cure="Give the labels by their names.",
            item=f"target {row}",
        )
    try:
        return scheme.label(target).name
    except InputError as error:
        raise InputError(error.message, cure=error.cure, item=f"target {row}") from None


def _members(target: Any, scheme: Scheme, row: int) -> NDArray[np.bool_]:
    if isinstance(target, np.ndarray):
        if target.shape != (len(scheme.labels),) or target.dtype.kind not in "biuf":
            raise InputError(
                f"A row of {len(scheme.labels)} booleans is needed, one for each label.",
                item=f"target {row}",
            )
        return target.astype(bool)
    names: Iterable[Any] = target
    if isinstance(target, str):
        names = [name for name in target.split(SEPARATOR) if name]
    elif not isinstance(target, (set, frozenset, list, tuple)):
        raise InputError(f"{target!r} is not a set of labels.", item=f"target {row}")
    held = {_name(name, scheme, row) for name in names}
    return np.array([name in held for name in scheme.label_names], dtype=bool)


def _values(target: Any, scheme: Scheme, row: int) -> Floats:
    if isinstance(target, dict):
        parts = [target.get(name, np.nan) for name in scheme.dimension_names]
    else:
        parts = list(np.atleast_1d(np.asarray(target, dtype=object)))
    try:
        values = np.array(parts, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{target!r} holds no numbers.", item=f"target {row}") from None
    if values.shape != (len(scheme.dimensions),):
        raise InputError(
            f"{len(scheme.dimensions)} numbers are needed ({', '.join(scheme.dimension_names)}), "
            f"not {values.size}.",
            item=f"target {row}",
        )
    for scale, value in zip(scheme.dimensions, values, strict=True):
        if not (np.isnan(value) or scale.low <= value <= scale.high):
            raise InputError(
                f"{scale.name} is {value:g}, outside its scale from {scale.low:g} to {scale.high:g}.",
                cure="Rescale the targets, or declare the scale they are in.",
                item=f"target {row}",
            )
    return values
