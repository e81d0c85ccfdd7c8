"""The answers of two versions of a system to the same questions, row by row.

A question is an item with the number of its repeat and its moment. What one of the two was not
asked, or had no answer to (failed), is in neither; how much that is stands beside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.metrics.grouping import Grouping
from mllmsent.metrics.samples import LabelSample, LabelSetSample

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.evidence import Scored
    from mllmsent.analysis.versions.matching import SystemMatch
    from mllmsent.metrics import Sample

__all__ = ["VersionPair", "pair_versions"]

QUESTION = ["item_id", "repeat", "frame_t"]
"""What `Evidence.scored` names a system's questions by."""


@dataclass(frozen=True, eq=False)
class VersionPair:
    """Two versions of a system in one scheme, or in one dimension of it.

    Attributes:
        run: Name of the newer run.
        match: The system.
        scheme: The scheme.
        dimension: The dimension; empty for labels.
        old: Truth and answers of the older version, N rows.
        new: Those of the newer one, of the same rows in the same order.
        rows: The N questions: item_id, repeat, frame_t, and for each side its status.
        planned: Items that both runs can score.
        dropped: Rows left out since the two runs' truths differ.
    """

    run: str
    match: SystemMatch
    scheme: Scheme
    dimension: str
    old: Sample
    new: Sample
    rows: pd.DataFrame
    planned: int
    dropped: int

    @property
    def n(self) -> int:
        """Questions that both answered."""
        return len(self.rows)

    @property
    def n_items(self) -> int:
        """Items that both answered."""
        return int(self.rows["item_id"].nunique())

    @property
    def missing(self) -> float:
        """Share of the items that both runs can score, but one version has no answer to."""
        return 1 - self.n_items / self.planned if self.planned else 0.0

    def answers(self, sample: Sample) -> list[Any]:
        """The answers of one side for people: label, labels joined by "|", number; None unread."""
        return _written(sample, "predicted", sample.read)

    @property
    def truth(self) -> list[Any]:
        """What people said, likewise."""
        return _written(self.old, "truth", np.ones(self.n, dtype=bool))


def pair_versions(
    old: Scored,
    new: Scored,
    *,
    run: str,
    match: SystemMatch,
    scheme: Scheme,
    planned: int,
) -> VersionPair | None:
    """Line up the answers of two versions; items move together as in the older run.

    Args:
        old: Answers of the older version, beside the truth of its run.
        new: Those of the newer one.
        run: Name of the newer run.
        match: The system.
        scheme: The scheme of both.
        planned: Items that both runs can score.

    Returns:
        The pair; None where no question was answered by both.
    """
    if old.sample is None or new.sample is None:
        return None
    tables = [
        each.rows[[*QUESTION, "status"]].assign(place=np.arange(each.n)) for each in (old, new)
    ]
    rows = tables[0].merge(tables[1], on=QUESTION, suffixes=("_old", "_new"))
    nowhere = Grouping((), np.zeros(0, dtype=np.intp))
    truths = [
        each.sample.rows(rows[f"place_{side}"].to_numpy(np.intp), nowhere)
        for each, side in ((old, "old"), (new, "new"))
        if each.sample is not None
    ]
    same = _same_truth(*truths)
    rows = rows[same].reset_index(drop=True)
    if not len(rows):
        return None
    places = [rows[f"place_{side}"].to_numpy(np.intp) for side in ("old", "new")]
    grouping = old.sample.grouping.of_rows(places[0])
    return VersionPair(
        run=run,
        match=match,
        scheme=scheme,
        dimension=old.dimension,
        old=old.sample.rows(places[0], grouping),
        new=new.sample.rows(places[1], grouping),
        rows=rows[[*QUESTION, "status_old", "status_new"]],
        planned=planned,
        dropped=int((~same).sum()),
    )


def _same_truth(one: Any, other: Any) -> NDArray[np.bool_]:
    """For each row whether both runs hold it against the same truth."""
    if isinstance(one, LabelSample):
        return np.asarray(one.truth == other.truth)
    if isinstance(one, LabelSetSample):
        return np.asarray((one.truth == other.truth).all(axis=1))
    return np.asarray(np.abs(one.truth - other.truth) <= 1e-9)


def _written(sample: Any, column: str, known: NDArray[np.bool_]) -> list[Any]:
    values = getattr(sample, column)
    if isinstance(sample, LabelSample):
        written: list[Any] = [sample.labels[code] for code in values]
    elif isinstance(sample, LabelSetSample):
        names = np.array(sample.labels, dtype=object)
        written = ["|".join(names[row]) for row in values]
    else:
        written = values.tolist()
    return [value if there else None for value, there in zip(written, known, strict=True)]
