"""One system's answers in one scheme, row by row, beside the truth that its own rows give."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.audit.finding import AffectedRow
from mllmsent.data.conditions import plain_condition

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme

__all__ = ["UNREAD", "Codes", "Sheet", "sheets_of_files", "sheets_of_predictions"]

UNREAD = -1
"""Code of an answer that could not be read, or of a truth that is not known."""

if TYPE_CHECKING:
    Codes = NDArray[np.intp]

_COLUMNS = (
    "item_id",
    "fold",
    "file",
    "row",
    "text",
    "raw_target",
    "raw_label",
    "status",
    "id_from",
)
_TYPES = dict.fromkeys(("file", "text", "raw_target", "raw_label", "id_from"), "string") | {
    "fold": "Int64",
    "row": "Int64",
}


@dataclass(frozen=True, eq=False)
class Sheet:
    """One system's answers in one scheme of single labels.

    Attributes:
        system_id: The system.
        name: Its name for people.
        model: Who was asked, or whose descriptions were read.
        trained: Whether something learned from some items to answer others.
        scheme: The scheme.
        rows: Columns item_id, fold, file, row, text, raw_target, raw_label, status, id_from; in
            the order of the files. What a run made here does not have (file, row, raw values) is
            missing.
        truth: Code of each row's target in the scheme, `UNREAD` where it has none.
        answer: Code of each row's answer, `UNREAD` where it could not be read.
    """

    system_id: str
    name: str
    model: str
    trained: bool
    scheme: Scheme
    rows: pd.DataFrame
    truth: Codes
    answer: Codes

    @cached_property
    def items(self) -> list[str]:
        """The item of each row."""
        return [str(item) for item in self.rows["item_id"]]

    @property
    def scored(self) -> NDArray[np.bool_]:
        """Which rows have a target."""
        scored: NDArray[np.bool_] = self.truth != UNREAD
        return scored

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

    def take(self, which: NDArray[Any]) -> Sheet:
        """The same system with some of its rows, chosen by a mask or by positions."""
        at = np.flatnonzero(which) if which.dtype == np.bool_ else which
        rows = self.rows.iloc[at].reset_index(drop=True)
        return self.replaced(rows, self.truth[at], self.answer[at])

    def replaced(self, rows: pd.DataFrame, truth: Codes, answer: Codes) -> Sheet:
        """The same system with other rows."""
        return Sheet(
            self.system_id, self.name, self.model, self.trained, self.scheme, rows, truth, answer
        )

    def with_truth(self, truth: Codes) -> Sheet:
        """The same answers, held against another truth."""
        return self.replaced(self.rows, truth, self.answer)

    def with_answers(self, answer: Codes) -> Sheet:
        """The same rows with other answers."""
        return self.replaced(self.rows, self.truth, answer)

    def affected(self, at: int, note: str = "") -> AffectedRow:
        """One row, as a finding names it."""
        row = self.rows.iloc[at]
        file, line = row["file"], row["row"]
        return AffectedRow(
            item_id=str(row["item_id"]),
            file=file if isinstance(file, str) else None,
            row=None if _missing(line) else int(line),
            note=note,
        )

    def label(self, code: int) -> str:
        """A label as messages write it."""
        return "no label" if code == UNREAD else repr(self.scheme.label_names[code])


def sheets_of_files(
    imported: pd.DataFrame, systems: pd.DataFrame, schemes: Mapping[str, Scheme]
) -> Iterator[Sheet]:
    """A sheet for each system and scheme of table `imported_rows`.

    Args:
        imported: The rows as they were read.
        systems: Table `systems`.
        schemes: Name to scheme.

    Yields:
        Sheets in the order of `systems`, their rows in the order of the files.
    """
    parts = {
        (str(key[0]), str(key[1])): rows
        for key, rows in imported.groupby(["system_id", "scheme"], sort=False)
    }
    for system in systems.to_dict("records"):
        for name, scheme in schemes.items():
            rows = parts.get((str(system["system_id"]), name))
            if rows is None or not _is_closed(scheme):
                continue
            status = rows["label"].notna().map({True: "ok", False: "unparsed"})
            yield _sheet(system, scheme, rows.assign(status=status), rows["target"])


def sheets_of_predictions(
    predictions: pd.DataFrame,
    targets: pd.DataFrame,
    systems: pd.DataFrame,
    schemes: Mapping[str, Scheme],
) -> Iterator[Sheet]:
    """A sheet for each system and scheme of table `predictions`: first repeat, images as they are.

    Rows without any answer (status "failed") are left out, as they are from scores.

    Args:
        predictions: Table `predictions`.
        targets: Table `targets`; all annotators together.
        systems: Table `systems`.
        schemes: Name to scheme.

    Yields:
        Sheets in the order of `systems`.
    """
    condition = plain_condition(list(dict.fromkeys(predictions["condition"])))
    asked = predictions[
        (predictions["condition"] == condition) & (predictions["status"] != "failed")
    ]
    asked = asked.sort_values("repeat", kind="stable")
    asked = asked.drop_duplicates(["system_id", "scheme", "item_id"]).sort_index()
    said = targets[(targets["annotator_group"] == "all") & targets["label"].notna()]
    truths = {
        str(scheme): dict(zip(rows["item_id"], rows["label"], strict=True))
        for scheme, rows in said.groupby("scheme", sort=False)
    }
    parts = {
        (str(key[0]), str(key[1])): rows
        for key, rows in asked.groupby(["system_id", "scheme"], sort=False)
    }
    for system in systems.to_dict("records"):
        for name, scheme in schemes.items():
            rows = parts.get((str(system["system_id"]), name))
            if rows is None or not _is_closed(scheme):
                continue
            truth = rows["item_id"].map(truths.get(name, {}))
            unread = rows["status"] != "ok"
            yield _sheet(system, scheme, rows.assign(label=rows["label"].mask(unread)), truth)


def _sheet(
    system: Mapping[Any, Any], scheme: Scheme, rows: pd.DataFrame, truth: pd.Series[Any]
) -> Sheet:
    training = system.get("training")
    learned = isinstance(training, str) and training not in {"", "none", "zero-shot"}
    return Sheet(
        system_id=str(system["system_id"]),
        name=str(system["name"]),
        model=str(system["model"]) if isinstance(system["model"], str) else "",
        trained=learned and bool(rows["fold"].notna().any()),
        scheme=scheme,
        rows=rows.reindex(columns=list(_COLUMNS)).astype(_TYPES).reset_index(drop=True),
        truth=_codes(truth, scheme),
        answer=_codes(rows["label"], scheme),
    )


def _codes(labels: pd.Series[Any], scheme: Scheme) -> Codes:
    codes = {name: code for code, name in enumerate(scheme.label_names)}
    return np.array([codes.get(label, UNREAD) for label in labels], dtype=np.intp)


def _is_closed(scheme: Scheme) -> bool:
    return bool(scheme.labels) and not scheme.multi_label and not scheme.open_vocabulary


def _missing(value: Any) -> bool:
    return str(value) in {"None", "nan", "<NA>"}
