"""From columns of truth, answers and groups to a checked sample."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.foundation import InputError, nearest
from mllmsent.metrics.grouping import Grouping, is_missing
from mllmsent.metrics.samples import UNREAD, LabelSample, LabelSetSample, RatingSample

if TYPE_CHECKING:
    from collections.abc import Hashable, Sized

    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme
    from mllmsent.metrics.grouping import Column
    from mllmsent.metrics.metric import SampleKind

__all__ = ["label_sample", "label_set_sample", "rating_sample", "sample_kind"]


def label_sample(
    truth: Column[Hashable],
    predicted: Column[Hashable | None],
    labels: Column[Hashable],
    groups: Column[Hashable] | None = None,
) -> LabelSample:
    """Checks and codes one true and one answered label per row.

    Args:
        truth: The true labels, each one of `labels`.
        predicted: The answers: one of `labels`, or None, NaN or -1 where the answer could not be
            read.
        labels: The scheme's labels, lowest first where it is ordered.
        groups: The rows' groups; without them each row is a group of its own.

    Raises:
        InputError: If lengths differ, a true label is missing, or a label is not of the scheme.
    """
    n_rows = _same_length(truth, predicted)
    codes = _label_codes(labels)
    return LabelSample(
        np.fromiter((_code(label, codes, row) for row, label in enumerate(truth)), np.intp, n_rows),
        np.fromiter(
            (
                UNREAD if _is_unread(label, codes) else _code(label, codes, row)
                for row, label in enumerate(predicted)
            ),
            np.intp,
            n_rows,
        ),
        tuple(codes),
        Grouping.of(groups, n_rows),
    )


def label_set_sample(
    truth: Column[Collection[Hashable]],
    predicted: Column[Collection[Hashable] | None],
    labels: Column[Hashable],
    groups: Column[Hashable] | None = None,
) -> LabelSetSample:
    """Checks and codes a set of true and a set of answered labels per row.

    Args:
        truth: For each row the labels that are true of it; may be empty.
        predicted: For each row the labels answered (may be empty: none applies), or None, NaN or -1
            where the answer could not be read.
        labels: The scheme's labels.
        groups: The rows' groups; without them each row is a group of its own.

    Raises:
        InputError: If lengths differ, a row is a bare string, or a label is not of the scheme.
    """
    n_rows = _same_length(truth, predicted)
    codes = _label_codes(labels)
    answers = [None if _is_unread(answer, {}) else answer for answer in predicted]
    return LabelSetSample(
        _indicators(truth, codes),
        _indicators([() if answer is None else answer for answer in answers], codes),
        np.array([answer is not None for answer in answers], dtype=np.bool_),
        tuple(codes),
        Grouping.of(groups, n_rows),
    )


def rating_sample(
    truth: Column[float],
    predicted: Column[float | None],
    *,
    low: float,
    high: float,
    groups: Column[Hashable] | None = None,
) -> RatingSample:
    """Checks one true and one answered number per row.

    Args:
        truth: The true ratings, within the scale.
        predicted: The ratings answered; None or NaN where the answer could not be read. A regressor
            may overshoot the scale, so these need not lie within it.
        low: The scale's low end.
        high: The scale's high end.
        groups: The rows' groups; without them each row is a group of its own.

    Raises:
        InputError: If lengths differ, a true rating is missing or off the scale, or an answer is
            infinite.
    """
    n_rows = _same_length(truth, predicted)
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InputError(f"A scale cannot run from {low} to {high}.", cure="`low` is below `high`.")
    true_ratings = _numbers(truth, "true rating")
    answers = _numbers(predicted, "answer")
    off = np.flatnonzero(~((true_ratings >= low) & (true_ratings <= high)))
    if off.size:
        raise InputError(
            f"The true rating of row {off[0]} is {true_ratings[off[0]]:g}, which is not within "
            f"{low:g} to {high:g}.",
            cure="Leave out rows without a target, and declare the scale's true ends.",
        )
    infinite = np.flatnonzero(np.isinf(answers))
    if infinite.size:
        raise InputError(
            f"The answer of row {infinite[0]} is infinite.",
            cure="An answer that is not a number is unread: give it as None.",
        )
    return RatingSample(true_ratings, answers, float(low), float(high), Grouping.of(groups, n_rows))


def sample_kind(scheme: Scheme) -> SampleKind:
    """The kind of sample that answers in `scheme` make, as `Metric.kinds` has it."""
    return "multi_label" if scheme.multi_label else scheme.kind


def _same_length(truth: Sized, predicted: Sized) -> int:
    if len(truth) != len(predicted):
        raise InputError(f"{len(truth)} true values are given for {len(predicted)} answers.")
    return len(truth)


def _label_codes(labels: Column[Hashable]) -> dict[Hashable, int]:
    names = list(labels)
    if not names:
        raise InputError("A sample of labels needs the labels of its scheme.")
    doubled = [str(name) for name, count in Counter(names).items() if count > 1]
    if doubled:
        raise InputError(f"The labels hold {', '.join(doubled)} more than once.")
    return {name: code for code, name in enumerate(names)}


def _code(label: Hashable, codes: dict[Hashable, int], row: int) -> int:
    try:
        code = codes.get(label)
    except TypeError:  # A list or a set: several labels where one is due.
        code = None
    if code is not None:
        return code
    if is_missing(label):
        raise InputError(
            f"Row {row} has no true label.", cure="Leave out rows without a target before scoring."
        )
    raise InputError(
        f"Row {row} has the label '{label}', which the scheme does not know.",
        cure=nearest(str(label), map(str, codes))
        + " An answer outside the scheme is unread: give it as None.",
    )


def _indicators(
    sets: Column[Collection[Hashable]], codes: dict[Hashable, int]
) -> NDArray[np.bool_]:
    table = np.zeros((len(sets), len(codes)), dtype=np.bool_)
    for row, labels in enumerate(sets):
        if isinstance(labels, str) or not isinstance(labels, Collection):
            raise InputError(
                f"Row {row} is {labels!r}, not a set of labels.",
                cure="In a scheme with several labels an answer is a list, also of one label.",
            )
        for label in labels:
            table[row, _code(label, codes, row)] = True
    return table


def _numbers(values: Column[float | None], what: str) -> NDArray[np.float64]:
    numbers = np.empty(len(values))
    for row, value in enumerate(values):
        try:
            numbers[row] = np.nan if value is None or is_missing(value) else float(value)
        except (TypeError, ValueError):
            raise InputError(f"The {what} of row {row} is {value!r}, not a number.") from None
    return numbers


def _is_unread(answer: object, codes: dict[Hashable, int]) -> bool:
    if is_missing(answer):
        return True
    is_integer = isinstance(answer, (int, np.integer)) and not isinstance(answer, bool)
    return is_integer and answer == UNREAD and UNREAD not in codes
