"""Descriptions under one describer's name that are another's, word for word or nearly.

Two models do not describe a picture in the same words. Where the texts of two describers of the same
items are equal, or share nine tenths of their runs of three words, one of the two was given a wrong
name. Texts of few words may be equal by chance and are left alone.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from mllmsent.audit.finding import AffectedRow, Finding, counted
from mllmsent.audit.run_registry import RunAudit
from mllmsent.audit.runs.describers import described, readers_of
from mllmsent.audit.runs.scores import scores_of
from mllmsent.audit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from mllmsent.audit.runs.tables import RunTables

__all__ = ["COPIED_DESCRIPTIONS", "copies_between"]

FEWEST_RUNS = 8
"""Runs of three words in a text, below which likeness says nothing."""

LIKE = 0.9
"""Share of the shorter text's runs that the other has."""

FEWEST = 3
"""Copies below which two describers are left alone."""


def check(run: RunTables) -> Iterator[Finding]:
    """Pairs of describers some of whose texts of the same items are the same."""
    table = described(run)
    table = table[table["is_known"]].reset_index(drop=True)
    for (one, other), pairs in copies_between(table).items():
        yield _finding(run, table, one, other, pairs)


def copies_between(table: pd.DataFrame) -> dict[tuple[str, str], list[tuple[int, int]]]:
    """Pairs of describers with the rows in which one has the other's text of an item.

    Args:
        table: From `described`.

    Returns:
        Two describers to positions of their rows in `table`, one pair for each item and text.
    """
    distinct = table.drop_duplicates(["describer", "item_id", "words"])
    texts: dict[str, dict[str, list[int]]] = {}
    for at, describer, item in zip(
        distinct.index, distinct["describer"], distinct["item_id"], strict=True
    ):
        texts.setdefault(str(describer), {}).setdefault(str(item), []).append(int(at))
    runs: dict[int, frozenset[tuple[str, ...]]] = {}

    def runs_of(at: int) -> frozenset[tuple[str, ...]]:
        if at not in runs:
            words = str(table["words"].iloc[at]).split(" ")
            runs[at] = frozenset(zip(words, words[1:], words[2:], strict=False))
        return runs[at]

    found: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for one, other in combinations(texts, 2):
        pairs = [
            (first, second)
            for item in texts[one].keys() & texts[other].keys()
            for first in texts[one][item]
            for second in texts[other][item]
            if _are_copies(runs_of(first), runs_of(second))
        ]
        if len(pairs) >= FEWEST:
            found[one, other] = sorted(pairs)
    return found


def _are_copies(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> bool:
    shorter = min(len(one), len(other))
    return shorter >= FEWEST_RUNS and len(one & other) >= LIKE * shorter


def _finding(
    run: RunTables, table: pd.DataFrame, one: str, other: str, pairs: list[tuple[int, int]]
) -> Finding:
    of_items = {
        describer: table["item_id"][table["describer"] == describer].nunique()
        for describer in (one, other)
    }
    items = {str(table["item_id"].iloc[first]) for first, _ in pairs}
    # The copies stand in files, one of which has them from elsewhere: all files with them are named.
    copied = {
        (describer, str(table["item_id"].iloc[at]), str(table["words"].iloc[at]))
        for pair in pairs
        for describer, at in zip((one, other), pair, strict=True)
    }
    involved = table[
        [
            key in copied
            for key in zip(table["describer"], table["item_id"], table["words"], strict=True)
        ]
    ]
    rows = [
        AffectedRow(
            str(row["item_id"]),
            row["file"] if isinstance(row["file"], str) else None,
            int(row["row"]) if str(row["row"]).isdigit() else None,
            note=f"attributed to {row['describer']}; "
            f"{other if row['describer'] == one else one} has the same text",
        )
        for row in involved.to_dict("records")
    ]
    named = involved["system"].dropna().unique().tolist()
    return Finding(
        code="copied-descriptions",
        severity="error",
        message=(
            f"{one} and {other} have the same text of {counted(len(items), 'item')} "
            f"({len(items) / min(of_items.values()):.0%} of those that both could have): "
            "one of the two names is wrong there."
        ),
        cure="Find out whose texts they are (the finding `describer-style` may tell), put them under "
        "that name, and get the other's own.",
        effect=_effect(run, one, other, items),
        rows=tuple(rows),
        systems=tuple(str(name) for name in named) or (one, other),
    )


def _effect(run: RunTables, one: str, other: str, items: set[str]) -> str:
    told = []
    for describer in (one, other):
        for sheet in readers_of(run, describer)[:1]:
            inside = sheet.rows["item_id"].isin(items).to_numpy()
            apart = sheet.take(~inside)
            without = (
                f"{scores_of(apart)} without these items" if apart.scored.any() else "none left"
            )
            told.append(f"{sheet.name} has {scores_of(sheet)}, {without}")
    start = "A system is credited with what another describer saw, and differences between the two "
    return f"{start}shrink or vanish{': ' if told else ''}{listed(told)}."


COPIED_DESCRIPTIONS = RunAudit(
    "copied-descriptions", "One describer's texts under another's name.", check
)
