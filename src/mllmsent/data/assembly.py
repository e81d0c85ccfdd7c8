"""From what a reader found in files to a checked dataset; every format ends here.

Images are looked for under the root, read once (digest, size, faults), and items whose image cannot
be used are left out and listed. Rows about items that are not there are listed too. Two answers of
one annotator to one question are never settled by chance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.data.dataset import Dataset
from mllmsent.data.draft import FILE, IMAGES, LINE, Draft, place
from mllmsent.data.faults import Fault, fault_table
from mllmsent.data.item_images import add_images
from mllmsent.foundation import InputError
from mllmsent.foundation.tables import TABLES, check_table, empty_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from mllmsent.affect.scheme import Scheme

__all__ = ["build_dataset"]


def build_dataset(draft: Draft) -> Dataset:
    """Check a draft and make the dataset of it.

    Raises:
        InputError: If there are no items, an item or a norm stands twice, none of the images is
            there, or none of a table's rows is about an item.
    """
    items = draft.items
    if not len(items):
        raise InputError(f"Dataset {draft.name!r} has no items.")
    _refuse_doubles(items, ["item_id"], "The item")
    known = set(items["item_id"])
    items, faults = add_images(items, draft.root)
    faults = [*draft.faults, *faults]
    kept = set(items["item_id"])
    annotations = _joined("annotations", draft.annotations, known, kept, faults)
    annotations = _single_answers(annotations, draft.schemes, faults)
    norms = _joined("targets", draft.norms, known, kept, faults)
    _refuse_doubles(norms, list(TABLES["targets"].key), "The norm")
    descriptions = _joined("descriptions", draft.descriptions, known, kept, faults)
    return Dataset(
        name=draft.name,
        version=draft.version,
        title=draft.title or draft.name,
        emotion_target=draft.emotion_target,
        synthetic=draft.synthetic,
        license=draft.license,
        citation=draft.citation,
        root=draft.root,
        items=_checked("items", items),
        annotations=_checked("annotations", annotations),
        norms=_checked("targets", norms),
        descriptions=_checked("descriptions", descriptions),
        schemes=_distinct(draft.schemes),
        faults=fault_table(faults),
    )


def _joined(
    name: str,
    tables: Sequence[pd.DataFrame],
    known: set[str],
    kept: set[str],
    faults: list[Fault],
) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    if not tables:
        return empty_table(name)
    found = []
    for table in tables:
        unknown = ~table["item_id"].isin(known)
        if unknown.any():
            faults.append(_unknown_items(name, table, table[unknown]))
        found.append(table[table["item_id"].isin(kept)])
    return pd.concat(found, ignore_index=True)


def _unknown_items(name: str, table: pd.DataFrame, rows: pd.DataFrame) -> Fault:
    first = str(rows["item_id"].iloc[0])
    file, line = place(rows.iloc[0])
    if len(rows) == len(table):
        raise InputError(
            f"None of these {name} is about an item: {first!r} is not one.",
            file=file,
            line=line,
            cure="Is `item` the column that holds the items' ids, written as in the items' table?",
        )
    return Fault(
        item_id=first,
        code="unknown-item",
        severity="warning",
        message=(
            f"{len(rows)} of {len(table)} rows are about {rows['item_id'].nunique()} items that the "
            "dataset does not have; they are left out."
        ),
        cure="Add the items to the items' table, or leave it so if they are left out on purpose.",
        file=file,
        row=line,
    )


def _single_answers(
    table: pd.DataFrame, schemes: Iterable[Scheme], faults: list[Fault]
) -> pd.DataFrame:
    """Drop repeated votes, and both of two that disagree; ratings may be repeated."""
    if "label" not in table:
        return table
    several = {scheme.name for scheme in schemes if scheme.multi_label}
    votes = table[table["label"].notna()]
    key = ["item_id", "annotator_id", "scheme"]
    again = votes.duplicated([*key, "label"])
    once = votes[~again]
    conflicts = once[once.duplicated(key, keep=False) & ~once["scheme"].isin(several)]
    for _, row in votes[again].iterrows():
        faults.append(
            _vote_fault(row, "repeated-vote", "info", "gave this label already; it counts once")
        )
    for _, rows in conflicts.groupby(key, sort=False):
        labels = " and ".join(repr(label) for label in rows["label"])
        message = f"gave {labels}; neither counts"
        faults.append(_vote_fault(rows.iloc[-1], "conflicting-votes", "error", message))
    return table.drop(index=[*votes.index[again], *conflicts.index])


def _vote_fault(row: pd.Series[Any], code: str, severity: Any, message: str) -> Fault:
    file, line = place(row)
    return Fault(
        item_id=str(row["item_id"]),
        code=code,
        severity=severity,
        message=f"Annotator {row['annotator_id']!r} {message}.",
        cure="Keep one row per annotator and item, or tell occasions apart in `annotator`.",
        file=file,
        row=line,
    )


def _refuse_doubles(table: pd.DataFrame, key: list[str], what: str) -> None:
    present = [column for column in key if column in table]
    doubled = table.duplicated(present)
    if not len(table) or not doubled.any():
        return
    second = table[doubled].iloc[0]
    same = (table[present].fillna("") == second[present].fillna("")).all(axis=1)
    _, first_line = place(table[same].iloc[0])
    file, line = place(second)
    shown = ", ".join(str(second[column]) for column in present if second.notna()[column])
    where = "" if first_line is None else f" The first is on line {first_line}."
    raise InputError(
        f"{what} {shown!r} stands here a second time.{where}",
        file=file,
        line=line,
        cure=(
            "Keep one of the rows, or write `distinct: true` if the table has several rows per item."
            if what == "The item"
            else "Keep one of the rows, or tell them apart by `annotator_group` or `min_agreement`."
        ),
    )


def _checked(name: str, table: pd.DataFrame) -> pd.DataFrame:
    return check_table(name, table.drop(columns=[FILE, LINE, IMAGES], errors="ignore"))


def _distinct(schemes: Iterable[Scheme]) -> tuple[Scheme, ...]:
    return tuple({scheme.name: scheme for scheme in schemes}.values())
