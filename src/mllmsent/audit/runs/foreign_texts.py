"""Texts that stand beside another item's id."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mllmsent.audit.finding import AffectedRow, Finding, counted
from mllmsent.audit.run_registry import RunAudit
from mllmsent.audit.runs.describers import described

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from mllmsent.audit.runs.tables import RunTables

__all__ = ["FOREIGN_TEXTS"]


def check(run: RunTables) -> Iterator[Finding]:
    """Files in which a describer's text of one item stands beside the id of another."""
    if not run.is_imported:
        return
    texts = described(run)
    for describer, table in texts[texts["is_known"]].groupby("describer", sort=False):
        files = table.drop_duplicates(["system", "item_id", "words"])
        if files["system"].nunique() < 2:
            continue
        votes: dict[str, Counter[str]] = {}
        for item, words in zip(files["item_id"], files["words"], strict=True):
            votes.setdefault(str(item), Counter())[str(words)] += 1
        # A text belongs to the items whose text it is in most files; a draw decides nothing.
        text_of = {item: _winner(counts) for item, counts in votes.items()}
        items_of: dict[str, list[str]] = {}
        for item, words in text_of.items():
            if words is not None:
                items_of.setdefault(words, []).append(item)
        for system, rows in table.groupby("system", sort=False):
            yield from _of_system(str(describer), str(system), rows, text_of, items_of)


def _of_system(
    describer: str,
    system: str,
    rows: pd.DataFrame,
    text_of: dict[str, str | None],
    items_of: dict[str, list[str]],
) -> Iterator[Finding]:
    found = [
        AffectedRow(str(item), _text(file), _line(line), note=f"the text of {owners[0]!r}")
        for item, words, file, line in zip(
            rows["item_id"], rows["words"], rows["file"], rows["row"], strict=True
        )
        if (own := text_of.get(str(item))) is not None
        and own != words
        and (owners := items_of.get(str(words)))
    ]
    if found:
        yield Finding(
            code="foreign-texts",
            severity="error",
            message=f"{system}: {counted(len(found), 'row')} of {len(rows)} with {describer}'s text of "
            "another item, as the other files have it.",
            cure="Join texts and ids anew; ids that do not belong to their rows are found so too.",
            effect=f"In {len(found) / len(rows):.0%} of its rows the label is of one picture and the "
            "text of another: what is learned and scored there is noise.",
            rows=tuple(found),
            systems=(system,),
        )


def _winner(counts: Counter[str]) -> str | None:
    ranked = counts.most_common(2)
    if len(ranked) > 1 and ranked[0][1] == ranked[1][1]:
        return None
    return ranked[0][0]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _line(value: object) -> int | None:
    return int(str(value)) if str(value).isdigit() else None


FOREIGN_TEXTS = RunAudit("foreign-texts", "Texts beside the id of another item.", check)
