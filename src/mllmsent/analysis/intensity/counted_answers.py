"""What a system and people said of the same rows, counted by level and group of items.

People are counted twice: by their targets (the label of a majority, the mean of ratings), and by
their single votes or ratings, of which each item has one's weight. A majority or a mean is another
distribution than the votes behind it: a mean of many is never as extreme as some of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.intensity.levels import STEPS, level_codes
from mllmsent.metrics import LabelSample, RatingSample
from mllmsent.metrics.distributions import count_table
from mllmsent.metrics.grouping import Grouping

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.evidence import Evidence, Scored
    from mllmsent.metrics.metric import Floats

__all__ = ["CountedAnswers", "Votes", "count_answers", "people_votes"]


@dataclass(frozen=True, eq=False)
class Votes:
    """How people's single answers to each item are divided.

    Attributes:
        place: Item to its row of `shares`.
        shares: Share of each level in the answers to each item, (I, L), sparse.
    """

    place: Mapping[str, int]
    shares: Any


@dataclass(frozen=True, eq=False)
class CountedAnswers:
    """One system's answers that could be read, beside what people said of those rows.

    Attributes:
        entry: The system.
        n_items: Items with an answer that could be read.
        n_groups: Groups with an answer that could be read.
        grouping: Of the N rows that could be read; its G groups are those of all systems.
        truth: Level of each row's target, (N,).
        predicted: Level of each row's answer, (N,).
        people: Levels of the targets by group, (G, L), sparse.
        system: The same of the answers.
        votes: The same of people's single answers; None where they are not known of every row.
    """

    entry: Scored
    n_items: int
    n_groups: int
    grouping: Grouping
    truth: NDArray[np.intp]
    predicted: NDArray[np.intp]
    people: Any
    system: Any
    votes: Any


def count_answers(
    entries: Sequence[Scored], scheme: Scheme, votes: Votes | None = None
) -> list[CountedAnswers]:
    """Count systems' answers, all over the same groups.

    Args:
        entries: The systems, in one scheme of one label per item, or in one dimension of it; each
            with a sample.
        scheme: That scheme.
        votes: What single people said.
    """
    names = dict.fromkeys(name for entry in entries for name in _sample(entry).grouping.names)
    place = {name: number for number, name in enumerate(names)}
    return [_count(entry, scheme, votes, place) for entry in entries]


def _sample(entry: Scored) -> LabelSample | RatingSample:
    assert isinstance(entry.sample, (LabelSample, RatingSample)), "one label or number per item"
    return entry.sample


def _count(
    entry: Scored, scheme: Scheme, votes: Votes | None, place: Mapping[Hashable, int]
) -> CountedAnswers:
    sample = _sample(entry)
    read = np.flatnonzero(sample.read)
    index = np.array([place[name] for name in sample.grouping.names], dtype=np.intp)
    grouping = Grouping(tuple(place), index[sample.grouping.index[read]])
    if isinstance(sample, RatingSample):
        scale = scheme.dimension(entry.dimension)
        n_levels = STEPS + 1
        truth = level_codes(sample.truth[read], scale)
        predicted = level_codes(sample.predicted[read], scale)
    else:
        n_levels = len(scheme.labels)
        truth, predicted = sample.truth[read], sample.predicted[read]
    items = entry.rows["item_id"].to_numpy(dtype=object)[read]
    return CountedAnswers(
        entry=entry,
        n_items=len(set(items)),
        n_groups=len(np.unique(grouping.index)),
        grouping=grouping,
        truth=truth,
        predicted=predicted,
        people=count_table(truth, n_levels, grouping),
        system=count_table(predicted, n_levels, grouping),
        votes=None if votes is None else _votes_of_rows(items, grouping, votes),
    )


def people_votes(
    evidence: Evidence, scheme: Scheme, dimension: str, annotations: pd.DataFrame | None
) -> Votes | None:
    """What single people said of the items of a board; None where that is not known.

    Args:
        evidence: The run's tables; of labels the targets have their distributions.
        scheme: The scheme.
        dimension: The dimension; empty for labels.
        annotations: Table `annotations`, which has the ratings.
    """
    if dimension:
        return None if annotations is None else _ratings(scheme, dimension, annotations)
    targets = evidence.targets
    rows = targets[
        (targets["scheme"] == scheme.name)
        & (targets["annotator_group"] == "all")
        & targets["distribution"].notna()
    ].drop_duplicates("item_id")
    code = {label: number for number, label in enumerate(scheme.label_names)}
    cells = [
        (row, code[label], share)
        for row, shares in enumerate(rows["distribution"])
        for label, share in dict(shares).items()
        if label in code and share
    ]
    return _votes([str(item) for item in rows["item_id"]], cells, len(code))


def _ratings(scheme: Scheme, dimension: str, annotations: pd.DataFrame) -> Votes | None:
    rows = annotations[
        (annotations["scheme"] == scheme.name)
        & (annotations["dimension"] == dimension)
        & annotations["value"].notna()
    ]
    # An annotator's ratings on a scale of other ends would be another scheme.
    scale = scheme.dimension(dimension)
    codes, items = level_codes(rows["value"].to_numpy(dtype=float), scale), rows["item_id"]
    names, of_row = np.unique(items.to_numpy(dtype=str), return_inverse=True)
    cells = list(zip(of_row.tolist(), codes.tolist(), [1.0] * len(codes), strict=True))
    return _votes([str(name) for name in names], cells, STEPS + 1)


def _votes(items: list[str], cells: list[tuple[int, int, float]], n_levels: int) -> Votes | None:
    from scipy.sparse import csr_array, diags_array  # noqa: PLC0415 - scipy is slow to import

    if not cells:
        return None
    rows, codes, weights = (np.array(column) for column in zip(*cells, strict=True))
    counts = csr_array((weights.astype(float), (rows, codes)), shape=(len(items), n_levels))
    total: Floats = np.asarray(counts.sum(axis=1), dtype=np.float64)
    known = np.divide(1.0, total, out=np.zeros(len(items)), where=total > 0)
    place = {item: number for number, item in enumerate(items) if known[number]}
    return Votes(place, csr_array(diags_array(known) @ counts))


def _votes_of_rows(items: NDArray[Any], grouping: Grouping, votes: Votes) -> Any:
    place = np.array([votes.place.get(str(item), -1) for item in items], dtype=np.intp)
    if not len(place) or (place < 0).any():
        return None
    return count_table(place, votes.shares.shape[0], grouping) @ votes.shares
