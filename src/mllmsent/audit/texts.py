"""Texts that are empty, the same, or nearly the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.audit.copies import apart, clusters
from mllmsent.audit.finding import AffectedRow, Finding, counted
from mllmsent.audit.registry import Audit
from mllmsent.audit.text_likeness import similar_texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from mllmsent.data.dataset import Dataset

__all__ = ["TEXTS"]

_LEAST = 0.7
_EFFECT = (
    "A text learned in one fold is tested in another, which makes scores of text classifiers too "
    "high where it helps."
)


def check(dataset: Dataset) -> Iterator[Finding]:
    """Empty, doubled and nearly doubled texts of items, and of each describer's descriptions."""
    items = dataset.items
    if items["text"].notna().any():
        yield from _empty_items(items)
        present = items[items["text"].notna()]
        yield from _copies(present, [str(text) for text in present["text"]], "text", ())
    for describer, rows in dataset.descriptions.groupby("describer", sort=False):
        blank = rows["text"].str.strip() == ""
        if blank.any():
            yield _empty(
                [AffectedRow(str(item)) for item in rows["item_id"][blank]],
                "empty-descriptions",
                "description",
                (str(describer),),
            )
        first = rows[~blank].drop_duplicates("item_id").set_index("item_id")["text"]
        described = items[items["item_id"].isin(first.index)]
        texts = [str(text) for text in first.loc[described["item_id"]]]
        what = f"descriptions by {describer}"
        yield from _copies(described, texts, what, (str(describer),))


def _empty_items(items: pd.DataFrame) -> Iterator[Finding]:
    blank = items["text"].fillna("").str.strip() == ""
    if blank.any():
        yield _empty(
            [AffectedRow(str(item)) for item in items["item_id"][blank]],
            "empty-texts",
            "text",
            (),
        )


def _empty(rows: list[AffectedRow], code: str, what: str, systems: tuple[str, ...]) -> Finding:
    return Finding(
        code=code,
        severity="warning",
        message=f"{counted(len(rows), what)} with nothing in it.",
        cure="Get the texts again, or leave these items out.",
        effect="A text classifier answers its most frequent class here, and is right or wrong by luck.",
        rows=tuple(rows),
        systems=systems,
    )


def _copies(
    items: pd.DataFrame, texts: Sequence[str], what: str, systems: tuple[str, ...]
) -> Iterator[Finding]:
    """Clusters of items whose texts are the same, or nearly so; `texts` runs along `items`."""
    items = items.reset_index(drop=True)
    words = [" ".join(text.casefold().split()) for text in texts]
    first: dict[str, int] = {}
    same = [(first.setdefault(text, at), at) for at, text in enumerate(words) if text]
    found = apart(items, [one for one in clusters(same) if len(one) > 1], "the same text as")
    if found.rows:
        yield Finding(
            code="duplicate-texts",
            severity=found.severity,
            message=f"{len(found.rows)} items have only {counted(found.clusters, 'text')} ({what}).",
            cure="Keep one item per text, or give its items the same `group`.",
            effect=_EFFECT,
            rows=found.rows,
            systems=systems,
        )
    distinct = [at for text, at in first.items() if text]
    pairs = {
        (distinct[one], distinct[other]): likeness
        for one, other, likeness in similar_texts([words[at] for at in distinct], _LEAST)
    }
    near = apart(items, clusters(pairs), "nearly the text of")
    if near.rows:
        yield Finding(
            code="near-duplicate-texts",
            severity=near.severity,
            message=f"{len(near.rows)} items have nearly the text of another ({what}).",
            cure="Look at them; keep one of each, or give them the same `group`.",
            effect=_EFFECT,
            rows=near.rows,
            systems=systems,
        )


TEXTS = Audit("texts", "Texts that are empty, the same, or nearly the same.", check)
