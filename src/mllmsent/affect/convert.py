"""Applying a conversion to labels, distributions, values and readings; see `conversion.py`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mllmsent.affect.reading.result import Reading
from mllmsent.foundation import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mllmsent.affect.conversion import Conversion

__all__ = [
    "convert_distribution",
    "convert_label",
    "convert_labels",
    "convert_reading",
    "convert_spreads",
    "convert_values",
    "cut_value",
]


def convert_label(conversion: Conversion, label: str) -> str | None:
    """What one label becomes; None where the conversion leaves it out.

    Raises:
        InputError: If the source has no such label.
    """
    if label not in conversion.mapping:
        raise InputError(
            f"Conversion {conversion.name!r} does not cover {label!r}.",
            cure=nearest(label, conversion.mapping),
        )
    return conversion.mapping[label]


def convert_labels(conversion: Conversion, labels: Iterable[str]) -> tuple[str, ...]:
    """What a set of labels becomes, each once, in the target's order; left-out ones are gone.

    Raises:
        InputError: If the source has no such label, or if several come out where the target allows
            one only.
    """
    found = {convert_label(conversion, label) for label in labels}
    result = tuple(label for label in conversion.target.label_names if label in found)
    if len(result) > 1 and not conversion.target.multi_label:
        raise InputError(
            f"Conversion {conversion.name!r} makes {' and '.join(result)} of one answer, and "
            f"{conversion.target.name} allows one label."
        )
    return result


def convert_distribution(
    conversion: Conversion, distribution: Mapping[str, float]
) -> dict[str, float] | None:
    """A distribution over the source's labels as one over the target's.

    Weights of labels that become one are added; those left out are dropped, and the rest is brought
    back to the same sum.

    Args:
        conversion: Between label schemes.
        distribution: Label to weight (votes or probability), none below 0; labels that are not
            there count 0.

    Returns:
        Every label of the target, in order, with its weight; None where all weight was left out.

    Raises:
        InputError: If a label is not the source's, or a weight is negative or not finite.
    """
    result = dict.fromkeys(conversion.target.label_names, 0.0)
    for label, weight in distribution.items():
        if not (math.isfinite(weight) and weight >= 0):
            raise InputError(f"The weight of {label!r} is {weight}; it must be 0 or more.")
        becomes = convert_label(conversion, label)
        if becomes is not None:
            result[becomes] += weight
    kept, total = math.fsum(result.values()), math.fsum(distribution.values())
    if kept == 0:
        return None
    return {label: weight * (total / kept) for label, weight in result.items()}


def convert_values(conversion: Conversion, values: Mapping[str, float]) -> dict[str, float]:
    """Numbers on the source's dimensions as numbers on the target's; NaN stays NaN.

    Args:
        conversion: Between dimensional schemes.
        values: Dimension to number; means are as good as single ratings, the map being linear.

    Raises:
        InputError: If a dimension is not the source's, or a number lies outside its scale.
    """
    result: dict[str, float] = {}
    for name, value in values.items():
        scale = conversion.source.dimension(name)
        _check_within(value, name, scale.low, scale.high)
        becomes = convert_label(conversion, name)
        if becomes is not None:
            other = conversion.target.dimension(becomes)
            result[becomes] = other.low + (value - scale.low) / scale.span * other.span
    return result


def convert_spreads(conversion: Conversion, spreads: Mapping[str, float]) -> dict[str, float]:
    """Standard deviations on the source's dimensions as such on the target's: only the unit changes.

    Raises:
        InputError: If a dimension is not the source's, or a deviation is negative.
    """
    result: dict[str, float] = {}
    for name, spread in spreads.items():
        scale = conversion.source.dimension(name)
        if spread < 0:
            raise InputError(f"The deviation of {name} is {spread:g}; it must be 0 or more.")
        becomes = convert_label(conversion, name)
        if becomes is not None:
            result[becomes] = spread / scale.span * conversion.target.dimension(becomes).span
    return result


def convert_reading(conversion: Conversion, reading: Reading) -> Reading:
    """A reading in the source scheme as one in the target; what is not "ok" stays as it is.

    A label that is left out makes an unparsed reading that says so, and so do several labels that do
    not become one where the target allows one only. Scores are converted as a distribution.
    """
    if reading.status != "ok":
        return reading
    if conversion.dimension:
        label = cut_value(conversion, reading.values[conversion.dimension])
        return Reading("ok", (label,), how=reading.how)
    if conversion.target.kind == "dimensional":
        return Reading("ok", values=convert_values(conversion, reading.values), how=reading.how)
    try:
        labels = convert_labels(conversion, reading.labels)
    except InputError:
        if not all(label in conversion.mapping for label in reading.labels):
            raise
        return Reading(
            "unparsed", reason=f"several labels after {conversion.name}", how=reading.how
        )
    scores = reading.scores and convert_distribution(conversion, reading.scores)
    if reading.labels and not labels:
        return Reading("unparsed", reason=f"left out by {conversion.name}", how=reading.how)
    return Reading("ok", labels, scores=scores or None, how=reading.how)


def cut_value(conversion: Conversion, value: float) -> str:
    """The label of a value under a conversion made by `cut`.

    Raises:
        InputError: If the value lies outside the scale or is NaN.
    """
    scale = conversion.source.dimension(conversion.dimension)
    if math.isnan(value):
        raise InputError(f"There is no value of {scale.name} to cut.")
    _check_within(value, scale.name, scale.low, scale.high)
    return conversion.target.label_names[sum(value >= point for point in conversion.cuts)]


def _check_within(value: float, name: str, low: float, high: float) -> None:
    if value < low or value > high:
        raise InputError(f"{name} is {value:g}, outside its scale of {low:g} to {high:g}.")
