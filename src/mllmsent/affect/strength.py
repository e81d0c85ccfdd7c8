"""Intensity where no intensity was asked for: the distance from neutral. Never arousal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.foundation import InputError

if TYPE_CHECKING:
    from mllmsent.affect.scheme import Dimension, Scheme

__all__ = ["label_strength", "value_strength"]


def label_strength(scheme: Scheme, label: str) -> float:
    """How far a label of an ordered scheme stands from its neutral one.

    Args:
        scheme: An ordered scheme with a label called "neutral".
        label: One of its labels.

    Returns:
        0 for neutral to 1 for the end farther from it, in equal steps per rank.

    Raises:
        InputError: If the scheme is not ordered, has no neutral label, or has no such label.
    """
    if scheme.kind != "ordered" or scheme.neutral is None:
        raise InputError(
            f"Scheme {scheme.name!r} has no order around a neutral label.",
            cure="Ask for the dimension `intensity`, or use an ordered scheme with `neutral`.",
        )
    middle = scheme.label_names.index(scheme.neutral)
    farthest = max(middle, len(scheme.labels) - 1 - middle)
    rank = scheme.label_names.index(scheme.label(label).name)
    return abs(rank - middle) / farthest if farthest else 0.0


def value_strength(dimension: Dimension, value: float, *, neutral: float | None = None) -> float:
    """How far a value, of valence say, lies from the neutral point of its scale.

    Args:
        dimension: A scale that has a neutral point between its ends.
        value: A number on it.
        neutral: The neutral point; by default the middle of the scale.

    Returns:
        0 at the neutral point to 1 at the end farther from it.

    Raises:
        InputError: If the value or the neutral point is outside the scale.
    """
    point = (dimension.low + dimension.high) / 2 if neutral is None else neutral
    for number in (value, point):
        if number < dimension.low or number > dimension.high:
            raise InputError(
                f"{number:g} is outside the scale of {dimension.name}, "
                f"{dimension.low:g} to {dimension.high:g}."
            )
    return abs(value - point) / max(point - dimension.low, dimension.high - point)
