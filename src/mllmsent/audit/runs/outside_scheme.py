"""Labels in files that the scheme does not have: a code out of range, a word of another scheme."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.audit.finding import Finding, counted
from mllmsent.audit.run_registry import RunAudit
from mllmsent.audit.runs.scores import change, scores_of
from mllmsent.audit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from mllmsent.audit.finding import AffectedRow
    from mllmsent.audit.runs.sheets import Sheet
    from mllmsent.audit.runs.tables import RunTables

__all__ = ["OUTSIDE_SCHEME"]

_SILENT = frozenset({"", "-", "?", "error", "failed", "n/a", "na", "nan", "none", "null", "refused",
                     "unknown", "unparsed", "<na>"})  # fmt: skip
"""How files write that there is no answer, which is no label of any scheme."""

_WORDS = 3
"""A label has few words; what is longer is an answer that says none."""


def check(run: RunTables) -> Iterator[Finding]:
    """Answers and targets whose label is not in the scheme."""
    for scheme, sheets in run.by_subject().items():
        if sheets[0].dimension:
            continue
        labels = ", ".join(sheets[0].scheme.label_names)
        for what, column in (("answer", "raw_label"), ("target", "raw_target")):
            rows: list[AffectedRow] = []
            concerned: list[Sheet] = []
            words = Counter[str]()
            for sheet in sheets:
                at = _outside(sheet, column)
                if not len(at):
                    continue
                concerned.append(sheet)
                for one in at:
                    word = str(sheet.rows[column].iloc[one]).strip()
                    words[word] += 1
                    rows.append(sheet.affected(int(one), f"{word!r} by {sheet.name}"))
            if rows:
                shown = listed([repr(word) for word, _ in words.most_common()])
                yield Finding(
                    code="label-outside-scheme",
                    severity="error",
                    message=f"{counted(len(rows), what)} not in {scheme} ({labels}): {shown}.",
                    cure="Find out what it stands for and state it in the mapping of codes; if it "
                    "stands for nothing, it is no answer.",
                    effect=_effect(concerned, what),
                    rows=tuple(rows),
                    systems=tuple(sheet.name for sheet in concerned),
                )


def _outside(sheet: Sheet, column: str) -> NDArray[np.intp]:
    """Rows whose cell holds a label, and none of the scheme."""
    unread = np.flatnonzero(~(sheet.read if column == "raw_label" else sheet.scored))
    cells = [str(cell).strip() for cell in sheet.rows[column].iloc[unread].fillna("")]
    said = [len(cell.split()) <= _WORDS and cell.casefold() not in _SILENT for cell in cells]
    return unread[np.array(said, dtype=np.bool_)]


def _effect(sheets: list[Sheet], what: str) -> str:
    if what == "target":
        return "These rows cannot be scored, and systems are compared on fewer items."
    sheet = max(sheets, key=lambda one: len(_outside(one, "raw_label")) / len(one.answer))
    rest = np.setdiff1d(np.arange(len(sheet.answer)), _outside(sheet, "raw_label"))
    kept = sheet.take(rest)
    scores, n_classes = scores_of(sheet), len(np.unique(sheet.truth[sheet.scored]))
    told = f"Counted as wrong; without such rows, {sheet.name}'s {change(scores, scores_of(kept))}."
    if not sheet.has_labels:
        return told
    # A program that takes it for a class has one more in the mean, which is never right.
    with_class = scores.main * n_classes / (n_classes + 1)
    return (
        f"{told} Programs that take it for one more class, as scikit-learn does, give macro F1 "
        f"{with_class:.3f}."
    )


OUTSIDE_SCHEME = RunAudit("outside-scheme", "Labels that the scheme does not have.", check)
