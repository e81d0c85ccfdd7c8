"""What a metric looks at: truth, answers and groups, checked and coded.

There are three kinds of sample, one for each kind of answer: a label, a set of labels, a number on
a scale. `coding` makes them from columns. Rows whose answer could not be read (`unparsed`,
`refused`) stay in the sample and are marked as such; each metric says what it makes of them. Rows
for which no answer was had at all (`failed`) are removed by the caller before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

import numpy as np

from mllmsent.foundation import InputError
from mllmsent.metrics.grouping import Grouping

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

    Rows = NDArray[np.intp] | NDArray[np.bool_]

__all__ = [
    "UNREAD",
    "LabelSample",
    "LabelSetSample",
    "RatingSample",
    "Sample",
    "shared_groups",
    "take_groups",
]

UNREAD = -1
"""The code of an answer that could not be read into the scheme."""

S = TypeVar("S", bound="Sample")


class Sample(Protocol):
    """What all samples have in common."""

    @property
    def grouping(self) -> Grouping:
        """Which rows move together."""
        ...

    @property
    def read(self) -> NDArray[np.bool_]:
        """For each row whether its answer could be read."""
        ...

    def rows(self, rows: Rows, grouping: Grouping) -> Self:
        """Some of the rows (positions or a mask), grouped by `grouping`."""
        ...

    def stacked(self, other: Self) -> Self:
        """This sample's groups and then those of `other`, kept apart even where names are equal.

        Raises:
            InputError: If the two are not answers on one scale.
        """
        ...

    def worst_case(self) -> Self:
        """The same sample with every unread row answered as wrongly as its scheme allows."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class LabelSample:
    """One label per row.

    Attributes:
        truth: For each of N rows the code of its true label, 0 to K - 1.
        predicted: For each row the code of the label answered, or `UNREAD`.
        labels: The K labels, lowest first where the scheme is ordered.
        grouping: Which rows move together.
    """

    truth: NDArray[np.intp]
    predicted: NDArray[np.intp]
    labels: tuple[Hashable, ...]
    grouping: Grouping

    @property
    def read(self) -> NDArray[np.bool_]:
        """For each row whether its answer could be read."""
        read: NDArray[np.bool_] = self.predicted != UNREAD
        return read

    def rows(self, rows: Rows, grouping: Grouping) -> LabelSample:
        """Some of the rows; see `Sample.rows`."""
        return LabelSample(self.truth[rows], self.predicted[rows], self.labels, grouping)

    def stacked(self, other: LabelSample) -> LabelSample:
        """This sample's groups and then those of `other`; see `Sample.stacked`."""
        if self.labels != other.labels:
            raise InputError(
                "Two systems that answer with different labels cannot be compared.",
                cure="Convert one of them into the scheme of the other first.",
            )
        return LabelSample(
            np.concatenate([self.truth, other.truth]),
            np.concatenate([self.predicted, other.predicted]),
            self.labels,
            _stacked(self.grouping, other.grouping),
        )

    def worst_case(self) -> LabelSample:
        """Unread rows get the label farthest in rank from the truth (of two, the lower)."""
        top = len(self.labels) - 1
        farthest = np.where(self.truth >= top - self.truth, 0, top)
        return replace(self, predicted=np.where(self.read, self.predicted, farthest))


@dataclass(frozen=True, slots=True, eq=False)
class LabelSetSample:
    """A set of labels per row.

    Attributes:
        truth: Whether each of K labels is true of each of N rows, (N, K).
        predicted: Whether each label was answered, (N, K); all False in unread rows.
        read: For each row whether its answer could be read.
        labels: The K labels.
        grouping: Which rows move together.
    """

    truth: NDArray[np.bool_]
    predicted: NDArray[np.bool_]
    read: NDArray[np.bool_]
    labels: tuple[Hashable, ...]
    grouping: Grouping

    def rows(self, rows: Rows, grouping: Grouping) -> LabelSetSample:
        """Some of the rows; see `Sample.rows`."""
        return LabelSetSample(
            self.truth[rows], self.predicted[rows], self.read[rows], self.labels, grouping
        )

    def stacked(self, other: LabelSetSample) -> LabelSetSample:
        """This sample's groups and then those of `other`; see `Sample.stacked`."""
        if self.labels != other.labels:
            raise InputError(
                "Two systems that answer with different labels cannot be compared.",
                cure="Convert one of them into the scheme of the other first.",
            )
        return LabelSetSample(
            np.concatenate([self.truth, other.truth]),
            np.concatenate([self.predicted, other.predicted]),
            np.concatenate([self.read, other.read]),
            self.labels,
            _stacked(self.grouping, other.grouping),
        )

    def worst_case(self) -> LabelSetSample:
        """Unread rows get exactly the labels that are not true of them."""
        predicted = np.where(self.read[:, None], self.predicted, ~self.truth)
        return replace(self, predicted=predicted, read=np.ones_like(self.read))


@dataclass(frozen=True, slots=True, eq=False)
class RatingSample:
    """One number on a scale per row.

    Attributes:
        truth: The N true ratings, such as the means of what people said.
        predicted: The N ratings answered; NaN where the answer could not be read.
        low: The scale's low end.
        high: The scale's high end.
        grouping: Which rows move together.
    """

    truth: NDArray[np.float64]
    predicted: NDArray[np.float64]
    low: float
    high: float
    grouping: Grouping

    @property
    def read(self) -> NDArray[np.bool_]:
        """For each row whether its answer could be read."""
        return ~np.isnan(self.predicted)

    def rows(self, rows: Rows, grouping: Grouping) -> RatingSample:
        """Some of the rows; see `Sample.rows`."""
        return RatingSample(self.truth[rows], self.predicted[rows], self.low, self.high, grouping)

    def stacked(self, other: RatingSample) -> RatingSample:
        """This sample's groups and then those of `other`; see `Sample.stacked`."""
        if (self.low, self.high) != (other.low, other.high):
            raise InputError(
                f"Ratings from {self.low:g} to {self.high:g} cannot be compared with ratings from "
                f"{other.low:g} to {other.high:g}.",
                cure="Rescale one of them first.",
            )
        return RatingSample(
            np.concatenate([self.truth, other.truth]),
            np.concatenate([self.predicted, other.predicted]),
            self.low,
            self.high,
            _stacked(self.grouping, other.grouping),
        )

    def worst_case(self) -> RatingSample:
        """Unread rows get the end of the scale that is farther from the truth (of two, the lower).

        For RMSE and MAE nothing on the scale could be worse. Correlations and CCC get answers that
        run against the truth: a pessimistic value, though not always the least one possible.
        """
        farther = np.where(self.truth - self.low >= self.high - self.truth, self.low, self.high)
        return replace(self, predicted=np.where(self.read, self.predicted, farther))


def take_groups(sample: S, names: Sequence[Hashable]) -> S:
    """The rows of the groups called `names`, with the groups in that order."""
    grouping, rows = sample.grouping.take(names)
    return sample.rows(rows, grouping)


def shared_groups(first: Sample, second: Sample) -> tuple[Hashable, ...]:
    """The groups that both samples have, in the order of the first.

    Raises:
        InputError: If there is none.
    """
    theirs = set(second.grouping.names)
    names = tuple(name for name in first.grouping.names if name in theirs)
    if not names:
        raise InputError(
            "Two systems that share no item cannot be compared.",
            cure="Score both on the same items, and name the groups alike.",
        )
    return names


def _stacked(first: Grouping, second: Grouping) -> Grouping:
    names = [*((0, name) for name in first.names), *((1, name) for name in second.names)]
    return Grouping(tuple(names), np.concatenate([first.index, second.index + len(first)]))
