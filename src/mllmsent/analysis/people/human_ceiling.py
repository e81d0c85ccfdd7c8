"""How near a person comes to the others, and how near a system: on the same items, unfiltered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.numbers import score_columns
from mllmsent.metrics import get_metric, holm
from mllmsent.metrics.bootstrap_p import bootstrap_p
from mllmsent.metrics.leave_one_out import (
    person_class_counts,
    person_moments,
    system_class_counts,
    system_moments,
)
from mllmsent.metrics.means import draw_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from mllmsent.analysis.answers import Answers
    from mllmsent.analysis.evidence import Evidence
    from mllmsent.analysis.people.votes import Ratings, Votes
    from mllmsent.metrics import Resampling
    from mllmsent.metrics.grouping import Grouping

    Floats = NDArray[np.float64]

__all__ = ["CEILING_COLUMNS", "label_ceiling", "rating_ceiling"]

CEILING_COLUMNS = (
    "scheme", "dimension", "metric", "system_id", "system", "n_items", "n_people", "person",
    "person_low", "person_high", "value", "low", "high", "difference", "difference_low",
    "difference_high", "p", "p_holm",
)  # fmt: skip

LABEL_METRICS = ("macro_f1", "accuracy")
RATING_METRICS = ("ccc", "pearson", "rmse")


def label_ceiling(
    evidence: Evidence, board: Answers, votes: Votes, resampling: Resampling, *, condition: str
) -> list[dict[str, Any]]:
    """People and systems against the label that most of the others give.

    Args:
        evidence: The run's tables.
        board: The systems' labels.
        votes: The people's.
        resampling: How intervals are made.
        condition: The condition under which systems answered.

    Returns:
        A row per metric and system: `CEILING_COLUMNS`; without systems that answered no item with two
        votes.
    """
    n_labels = votes.counts.shape[1]
    several = votes.counts.sum(axis=1) >= 2
    person = person_class_counts(votes.counts).reshape(len(votes.items), 3 * n_labels)
    asked = _asked(evidence, board, votes.place, condition)
    items = _places(board, votes.place)
    tables, known = {}, {}
    for system in board.systems:
        codes = board.codes[system]
        read = (items >= 0) & (codes >= 0)
        cells = np.bincount(items[read] * n_labels + codes[read], minlength=votes.counts.size)
        times = asked[system]
        answers = cells.reshape(votes.counts.shape) / np.maximum(times, 1)[:, None]
        there = several & (times > 0)
        if there.any():
            own = system_class_counts(votes.counts, answers).reshape(person.shape)
            tables[system] = np.hstack([person, own]) * there[:, None]
            known[system] = there

    def part(metric: str, first: int) -> Callable[[Floats], Floats]:
        value = get_metric(metric).value
        return lambda totals: value(
            totals[:, first : first + 3 * n_labels].reshape(-1, 3, n_labels)
        )

    values = {name: (part(name, 0), part(name, 3 * n_labels)) for name in LABEL_METRICS}
    return _rows(
        evidence,
        board,
        tables,
        known,
        values=values,
        people=votes.counts.sum(axis=1),
        grouping=votes.grouping,
        resampling=resampling,
    )


def rating_ceiling(
    evidence: Evidence, board: Answers, ratings: Ratings, resampling: Resampling
) -> list[dict[str, Any]]:
    """People and systems against the mean rating of the others.

    An answer that could not be read is left out, and the people of that item with it.

    Args:
        evidence: The run's tables.
        board: The systems' numbers.
        ratings: What the people's come to.
        resampling: How intervals are made.

    Returns:
        As `label_ceiling`.
    """
    scale = board.scheme.dimension(board.dimension)
    middle = (scale.low + scale.high) / 2
    several = (ratings.n >= 2) & ~np.isnan(ratings.sd)
    mean, sd, n = (
        np.where(several, column, fill)
        for column, fill in ((ratings.mean, middle), (ratings.sd, 0.0), (ratings.n, 2.0))
    )
    person = person_moments(mean, sd, n, center=middle)
    items = _places(board, ratings.place)
    tables, known = {}, {}
    for system in board.systems:
        numbers = board.numbers[system] - middle
        read = (items >= 0) & ~np.isnan(numbers)
        count, total, square = (
            np.bincount(items[read], weights=weights, minlength=len(ratings.items))
            for weights in (np.ones(int(read.sum())), numbers[read], numbers[read] ** 2)
        )
        there = several & (count > 0)
        if there.any():
            times = np.maximum(count, 1)
            own = system_moments(mean, sd, n, total / times + middle, square / times, center=middle)
            tables[system] = np.where(there[:, None], np.hstack([person, own]), 0.0)
            known[system] = there

    def part(metric: str, first: int) -> Callable[[Floats], Floats]:
        value = get_metric(metric).value
        return lambda totals: value(totals[:, first : first + 9])

    values = {name: (part(name, 0), part(name, 9)) for name in RATING_METRICS}
    return _rows(
        evidence,
        board,
        tables,
        known,
        values=values,
        people=n,
        grouping=ratings.grouping,
        resampling=resampling,
    )


def _rows(
    evidence: Evidence,
    board: Answers,
    tables: Mapping[str, Floats],
    known: Mapping[str, NDArray[np.bool_]],
    *,
    values: Mapping[str, tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]]],
    people: NDArray[Any],
    grouping: Grouping,
    resampling: Resampling,
) -> list[dict[str, Any]]:
    drawn = dict(zip(tables, draw_tables(list(tables.values()), grouping, resampling), strict=True))
    rows: list[dict[str, Any]] = []
    for metric, (of_person, of_system) in values.items():
        own: list[dict[str, Any]] = []
        for system, draws in drawn.items():

            def gap(
                totals: Floats,
                of_person: Callable[[Floats], Floats] = of_person,
                of_system: Callable[[Floats], Floats] = of_system,
            ) -> Floats:
                return of_system(totals) - of_person(totals)

            own.append(
                {
                    "scheme": board.scheme.name,
                    "dimension": board.dimension or None,
                    "metric": metric,
                    "system_id": system,
                    "system": evidence.names[system],
                    "n_items": int(known[system].sum()),
                    "n_people": float(people[known[system]].mean()),
                    **score_columns("person", draws.score(of_person), "person_"),
                    **score_columns("value", draws.score(of_system)),
                    **score_columns("difference", draws.score(gap), "difference_"),
                    "p": bootstrap_p(
                        draws, gap, n_units=len(np.unique(grouping.index[known[system]]))
                    ),
                }
            )
        for row, p in zip(own, holm([row["p"] for row in own]), strict=True):
            row["p_holm"] = float(p)
        rows += own
    return rows


def _places(board: Answers, place: Mapping[str, int]) -> NDArray[np.intp]:
    return np.array([place.get(str(item), -1) for item in board.items], dtype=np.intp)


def _asked(
    evidence: Evidence, board: Answers, place: Mapping[str, int], condition: str
) -> dict[str, Floats]:
    """System to how often each item was asked of it and had an answer, read or not."""
    said = evidence.predictions
    said = said[
        (said["scheme"] == board.scheme.name)
        & (said["condition"] == condition)
        & (said["status"] != "failed")
        & said["item_id"].isin(list(place))
    ]
    rows = said["item_id"].map(dict(place)).to_numpy(dtype=np.intp)
    system = said["system_id"].to_numpy(dtype=object)
    return {
        name: np.bincount(rows[system == name], minlength=len(place)).astype(float)
        for name in board.systems
    }
