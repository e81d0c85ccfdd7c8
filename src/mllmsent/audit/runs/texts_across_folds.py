"""Texts that are the same, or nearly, and stand in different folds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.audit.copies import clusters
from mllmsent.audit.run_registry import RunAudit
from mllmsent.audit.runs.copies_by_fold import copies_across_folds, trained_sheets
from mllmsent.audit.runs.describers import described, same_describer
from mllmsent.audit.text_likeness import similar_texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mllmsent.audit.finding import Finding
    from mllmsent.audit.runs.sheets import Sheet
    from mllmsent.audit.runs.tables import RunTables

__all__ = ["TEXTS_ACROSS_FOLDS"]

_LEAST = 0.7
_WORDS = 3


def check(run: RunTables) -> Iterator[Finding]:
    """For each describer, equal and nearly equal texts of items that folds tear apart."""
    trained = trained_sheets(run)
    if not trained:
        return
    texts = described(run)
    # Two ids of one item are no copies; where there are no ids at all, each row is an item.
    texts = texts[texts["is_known"]] if texts["is_known"].any() else texts
    for describer, rows in texts.groupby("describer", sort=False):
        readers = [sheet for sheet in trained if same_describer(sheet.model, str(describer))]
        if readers:
            first = rows.drop_duplicates("item_id")
            yield from _of_describer(
                str(describer), first["item_id"].tolist(), first["words"].tolist(), readers
            )


def _of_describer(
    describer: str, items: list[str], words: list[str], readers: list[Sheet]
) -> Iterator[Finding]:
    first: dict[str, int] = {}
    same = [(first.setdefault(text, at), at) for at, text in enumerate(words)]
    equal = [
        [items[at] for at in cluster]
        for cluster in clusters(same)
        if len(cluster) > 1 and words[cluster[0]].count(" ") >= _WORDS
    ]
    cure = (
        "Look at the pictures: give copies one `group`, so that folds keep them together; where the "
        "pictures differ, the describer says too little of them."
    )
    found = copies_across_folds(
        "duplicate-texts-across-folds",
        f"the same text by {describer}",
        equal,
        readers,
        cure=cure,
    )
    if found:
        yield found
    distinct = list(first.values())
    likenesses = similar_texts([words[at] for at in distinct], _LEAST)
    pairs = [(distinct[one], distinct[other]) for one, other, _ in likenesses]
    found = copies_across_folds(
        "near-duplicate-texts-across-folds",
        f"nearly the same text by {describer}",
        [[items[at] for at in cluster] for cluster in clusters(pairs)],
        readers,
        cure=cure,
    )
    if found:
        yield found


TEXTS_ACROSS_FOLDS = RunAudit("texts-across-folds", "Copies of a text in several folds.", check)
