"""One system's answers in one scheme, row by row, beside the truth that its own rows give.

A sheet is of single labels, of sets of labels, or of numbers in one dimension. Labels and sets are
kept as codes, so that what only asks whether two are equal need not know which they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.audit.finding import AffectedRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Dimension, Scheme

__all__ = ["SEPARATOR", "UNREAD", "Codes", "Sheet"]

UNREAD = -1
"""Code of an answer that could not be read, or of a truth that is not known."""

SEPARATOR = "|"
"""What stands between the labels of a set."""

if TYPE_CHECKING:
    Codes = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Sheet:
    """One system's answers in one scheme, or in one dimension of it.

    Attributes:
        system_id: The system.
        name: Its name for people.
        model: Who was asked, or whose descriptions were read.
        trained: Whether something learned from some items to answer others.
        scheme: The scheme.
        rows: Columns item_id, fold, file, row, text, raw_target, raw_label, status, id_from; in
            the order of the files. What a run made here does not have (file, row, raw values) is
            missing.
        truth: Code of each row's target in `classes`, `UNREAD` where it has none; for a dimension
            the number, NaN where there is none.
        answer: Code (or number) of each row's answer, `UNREAD` (NaN) where it could not be read.
        classes: What codes stand for: the scheme's labels, or the sets of them that occur, each
            with its labels joined by "|"; none for a dimension.
        dimension: The dimension; empty for labels.
    """

    system_id: str
    name: str
    model: str
    trained: bool
    scheme: Scheme
    rows: pd.DataFrame
    truth: NDArray[Any]
    answer: NDArray[Any]
    classes: tuple[str, ...]
    dimension: str = ""

    @property
    def subject(self) -> str:
        """What its answers are about, for people: "polarity3", "arousal of valence-arousal"."""
        if self.dimension and self.scheme.dimension_names != (self.dimension,):
            return f"{self.dimension} of {self.scheme.name}"
        return self.scheme.name

    @property
    def has_labels(self) -> bool:
        """Whether each answer is one label."""
        return not self.dimension and not self.scheme.multi_label

    @property
    def scale(self) -> Dimension:
        """The scale of its numbers."""
        return self.scheme.dimension(self.dimension)

    @cached_property
    def items(self) -> list[str]:
        """The item of each row."""
        return [str(item) for item in self.rows["item_id"]]

    @property
    def scored(self) -> NDArray[np.bool_]:
        """Which rows have a target."""
        return self._known(self.truth)

    @property
    def read(self) -> NDArray[np.bool_]:
        """Which rows have an answer that could be read."""
        return self._known(self.answer)

    def _known(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        known: NDArray[np.bool_] = ~np.isnan(values) if self.dimension else values != UNREAD
        return known

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which rows say which item they are about; the others have an id that stands for a place."""
        known: NDArray[np.bool_] = (self.rows["id_from"].fillna("file") != "row").to_numpy(
            dtype=bool
        )
        return known

    @cached_property
    def folds(self) -> NDArray[np.int64]:
        """The fold of each row; -1 where it has none."""
        return self.rows["fold"].fillna(-1).to_numpy(dtype=np.int64)

    def members(self, codes: Codes) -> NDArray[np.bool_]:
        """Which labels of the scheme each code holds, (rows, K); none where it is `UNREAD`.

        Args:
            codes: Codes of labels or of sets.
        """
        names = self.scheme.label_names
        held = [set(one.split(SEPARATOR)) if self.scheme.multi_label else {one}
                for one in self.classes]  # fmt: skip
        table = np.array([[name in one for name in names] for one in held] + [[False] * len(names)])
        found: NDArray[np.bool_] = table[codes]  # the last row is what UNREAD, -1, finds
        return found

    def take(self, which: NDArray[Any]) -> Sheet:
        """The same system with some of its rows, chosen by a mask or by positions."""
        at = np.flatnonzero(which) if which.dtype == np.bool_ else which
        rows = self.rows.iloc[at].reset_index(drop=True)
        return replace(self, rows=rows, truth=self.truth[at], answer=self.answer[at])

    def with_truth(self, truth: NDArray[Any]) -> Sheet:
        """The same answers, held against another truth."""
        return replace(self, truth=truth)

    def with_answers(self, answer: NDArray[Any]) -> Sheet:
        """The same rows with other answers."""
        return replace(self, answer=answer)

    def recoded(self, sets: Sequence[str]) -> Sheet:
        """The same rows with other sets as answers.

        Args:
            sets: For each of `classes` the set it is to be read as, its labels joined by "|".
        """
        classes = tuple(dict.fromkeys([*self.classes, *sets]))
        to = np.array([*(classes.index(one) for one in sets), UNREAD], dtype=np.intp)
        return replace(self, classes=classes, answer=to[self.answer])

    def silent(self, where: NDArray[np.bool_]) -> Sheet:
        """The same rows, with answers that could not be read in some of them."""
        return self.with_answers(np.where(where, np.nan if self.dimension else UNREAD, self.answer))

    def affected(self, at: int, note: str = "") -> AffectedRow:
        """One row, as a finding names it."""
        row = self.rows.iloc[at]
        file, line = row["file"], row["row"]
        return AffectedRow(
            item_id=str(row["item_id"]),
            file=file if isinstance(file, str) else None,
            row=None if str(line) in {"None", "nan", "<NA>"} else int(line),
            note=note,
        )

    def label(self, value: float) -> str:
        """A code, or a number, as messages write it: "'joy' and 'fear'", "3.5"."""
        if self.dimension:
            return "no number" if np.isnan(value) else f"{value:.4g}"
        if value == UNREAD:
            return "no label"
        held = self.classes[int(value)].split(SEPARATOR)
        return " and ".join(map(repr, held)) if any(held) else "none of the labels"
