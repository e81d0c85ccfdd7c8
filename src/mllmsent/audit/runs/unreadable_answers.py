"""Labels where nothing that could be read says one.

A program that falls back on a class where an answer is unreadable, or has a classifier label an empty
text or a refusal, turns what was not said into right answers of the commonest class. It shows where
the raw answer is still there: read again, it holds no label.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mllmsent.affect import is_declined, read_answer
from mllmsent.audit.finding import Finding, counted
from mllmsent.audit.run_registry import RunAudit
from mllmsent.audit.runs.scores import change, scores_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme
    from mllmsent.audit.runs.sheets import Sheet
    from mllmsent.audit.runs.tables import RunTables

__all__ = ["UNREADABLE_ANSWERS"]

FEWEST = 3
"""Rows below which one odd reading may be the reader's."""

MOST = 0.5
"""Share of the texts beside labels that may hold none, if they are answers."""

SHORT = 60
"""Words: what is longer describes something, whatever it declines."""


class _Unreadable(NamedTuple):
    rows: NDArray[np.bool_]
    notes: dict[int, str]


def check(run: RunTables) -> Iterator[Finding]:
    """Systems that have labels where their answers, or the texts they read, hold nothing."""
    pathways = dict(zip(run.systems["system_id"], run.systems["pathway"], strict=True))
    readouts = dict(zip(run.systems["system_id"], run.systems["readout"], strict=True))
    known: dict[tuple[str, str], str] = {}
    for sheet in run.sheets:
        if sheet.dimension not in {"", *sheet.scheme.dimension_names[:1]}:
            continue  # the same answer as in the first dimension
        pathway = str(pathways[sheet.system_id])
        if pathway == "direct" and readouts[sheet.system_id] != "likelihood":
            found = _answers(run, sheet, known)
            what = "answers in which none can be read"
        elif pathway == "described":
            found = _texts(run, sheet, known)
            what = "texts that are empty or a refusal"
        else:
            continue
        if found.rows.sum() >= FEWEST:
            yield _finding(sheet, found, what)


def _answers(run: RunTables, sheet: Sheet, known: dict[tuple[str, str], str]) -> _Unreadable:
    """Rows of a direct system whose raw answers hold no label and that have one all the same."""
    said = _said_in_files(sheet) if run.is_imported else _said_in_run(run, sheet)
    rows, notes = np.zeros(len(sheet.answer), dtype=np.bool_), {}
    n_labeled = 0
    for at, texts in said.items():
        if not sheet.read[at] or not texts:
            continue
        n_labeled += 1
        readings = [_status(text, sheet.scheme, known) for text in texts]
        if "ok" not in readings:
            rows[at] = True
            notes[at] = f"{readings[0]}: {_shortened(texts[0])!r}"
    if rows.sum() > MOST * n_labeled:
        # The texts of a file may be captions or questions; then they are no answers at all.
        return _Unreadable(np.zeros_like(rows), {})
    return _Unreadable(rows, notes)


def _said_in_files(sheet: Sheet) -> dict[int, list[str]]:
    """Row to the answer as the file has it, where it has more than the label."""
    return {at: [str(text)] for at, text in enumerate(sheet.rows["text"]) if isinstance(text, str)}


def _said_in_run(run: RunTables, sheet: Sheet) -> dict[int, list[str]]:
    """Row to what the model answered to all its requests; rows of which one is not here left out."""
    texts = _texts_of_requests(run)
    predictions = run.table("predictions")
    own = predictions[
        (predictions["system_id"] == sheet.system_id) & (predictions["scheme"] == sheet.scheme.name)
    ].sort_values("repeat", kind="stable")
    own = own.drop_duplicates("item_id")
    keys = dict(zip(own["item_id"], own["request_keys"], strict=True))
    found: dict[int, list[str]] = {}
    for at, item in enumerate(sheet.items):
        asked = keys.get(item)
        if asked is not None and len(asked) and all(key in texts for key in asked):
            found[at] = [texts[key] for key in asked]
    return found


def _texts_of_requests(run: RunTables) -> dict[str, str]:
    responses = run.table("responses")
    return dict(zip(responses["request_key"], responses["text"], strict=True))


def _texts(run: RunTables, sheet: Sheet, known: dict[tuple[str, str], str]) -> _Unreadable:
    """Rows of a described system whose description says nothing and that have a label all the same."""
    if run.is_imported:
        cells = sheet.rows["text"]
        has_texts = cells.notna().any()
        texts = {at: str(cell) for at, cell in enumerate(cells.fillna(""))} if has_texts else {}
    else:
        texts = _descriptions(run.table("descriptions"), sheet)
    rows, notes = np.zeros(len(sheet.answer), dtype=np.bool_), {}
    for at, text in texts.items():
        if not sheet.read[at]:
            continue
        empty = not text.strip()
        if empty or _declines(text, sheet.scheme, known):
            rows[at] = True
            notes[at] = "empty" if empty else f"refused: {_shortened(text)!r}"
    return _Unreadable(rows, notes)


def _descriptions(descriptions: pd.DataFrame, sheet: Sheet) -> dict[int, str]:
    from mllmsent.audit.runs.describers import same_describer  # noqa: PLC0415 - no cycle of modules

    is_own = [same_describer(sheet.model, str(one)) for one in descriptions["describer"]]
    own = descriptions[np.array(is_own, dtype=np.bool_)]
    plain = own["condition"].isna() | (own["condition"] == "none")
    own = own[plain.to_numpy(dtype=bool)].drop_duplicates("item_id")
    texts = dict(zip(own["item_id"], own["text"], strict=True))
    return {at: str(texts[item]) for at, item in enumerate(sheet.items) if item in texts}


def _status(text: str, scheme: Scheme, known: dict[tuple[str, str], str]) -> str:
    """How an answer reads; each spelling is read once."""
    key = (scheme.name, text)
    if key not in known:
        known[key] = read_answer(text, scheme).status
    return known[key]


def _declines(text: str, scheme: Scheme, known: dict[tuple[str, str], str]) -> bool:
    """Whether a description is none but a refusal, in whichever scheme one looks for it."""
    if len(text.split()) > SHORT:
        return False
    if ("", text) not in known:
        known["", text] = "refused" if is_declined(text, scheme) else "described"
    return known["", text] == "refused"


def _shortened(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 60 else f"{flat[:57]}..."


def _finding(sheet: Sheet, found: _Unreadable, what: str) -> Finding:
    values, counts = np.unique(sheet.answer[found.rows], return_counts=True)
    top = values[counts.argmax()]
    others = sheet.answer[~found.rows & sheet.read]
    beside = f" (elsewhere {(others == top).mean():.0%})" if len(others) else ""
    what_stands = "number" if sheet.dimension else "label"
    return Finding(
        code="unreadable-answers-labeled",
        severity="error",
        message=f"{counted(int(found.rows.sum()), what_stands)} of {sheet.name} in {sheet.subject} stand "
        f"where there are {what}; {counts.max() / counts.sum():.0%} of them are {sheet.label(top)}"
        f"{beside}.",
        cure="Keep what cannot be read as unparsed, which shows in the coverage and is no answer.",
        effect=f"{'Left out' if sheet.dimension else 'Counted as wrong'}, "
        f"{change(scores_of(sheet), scores_of(sheet.silent(found.rows)))}.",
        rows=tuple(
            sheet.affected(int(at), f"{sheet.label(sheet.answer[at])}; {found.notes[int(at)]}")
            for at in np.flatnonzero(found.rows)
        ),
        systems=(sheet.name,),
    )


UNREADABLE_ANSWERS = RunAudit(
    "unreadable-answers", "Labels where the answer, or the text, holds none.", check
)
