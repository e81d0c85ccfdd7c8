"""A card and its tables into a dataset."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mllmsent.affect.catalog import get_scheme, load_scheme, scheme_names
from mllmsent.data.assembly import build_dataset
from mllmsent.data.card.blocks import annotator_column, open_block
from mllmsent.data.card.items import items_table, read_items
from mllmsent.data.card.labels import read_labels, read_votes
from mllmsent.data.card.model import Card
from mllmsent.data.card.ratings import read_norms, read_ratings
from mllmsent.data.card.tables import CardTables, Place
from mllmsent.data.draft import Draft
from mllmsent.data.paths import contained_path
from mllmsent.foundation import InputError, nearest
from mllmsent.foundation.config import read_config

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from mllmsent.affect.scheme import Scheme
    from mllmsent.data.card.blocks import Block
    from mllmsent.data.card.model import AnnotatorsCard, DescriptionsCard
    from mllmsent.data.dataset import Dataset
    from mllmsent.data.raw_table import RawTable
    from mllmsent.foundation.config import Document

__all__ = ["dataset_from_card", "draft_from_card"]


def dataset_from_card(
    document: Document, root: Path, *, tables: Mapping[str, RawTable] | None = None
) -> Dataset:
    """Read the dataset that a card describes.

    Args:
        document: The card.
        root: The folder that holds its files and images.
        tables: Tables that are already read, by the path under which the card names them.

    Raises:
        InputError: Naming the card's line and key, or the table's file and line.
    """
    return build_dataset(draft_from_card(document, root, tables=tables))


def draft_from_card(
    document: Document, root: Path, *, tables: Mapping[str, RawTable] | None = None
) -> Draft:
    """What `dataset_from_card` checks; see there."""
    card = read_config(Card, document)
    at = Place(document)
    if not root.is_dir():
        raise InputError(
            f"The dataset's folder is not there: {root}.",
            file=document.file,
            cure="Give the folder that holds the dataset's files as `root`.",
        )
    return _Reading(card, at, CardTables(root.resolve(), tables or {})).draft()


@dataclass
class _Reading:
    card: Card
    at: Place
    tables: CardTables

    def draft(self) -> Draft:
        card, root = self.card, self.tables.root
        items = card.items
        table = items_table(items, self.tables, self.at / "items")
        default = (items.file, table, items.id)
        draft = Draft(
            name=card.name,
            root=root,
            emotion_target=card.emotion_target,
            items=read_items(items, table, root, self.at / "items"),
            version=card.version,
            title=card.title,
            synthetic=card.synthetic,
            license=card.license,
            citation=card.citation,
        )
        own = [
            _own_scheme(one, root, self.at / "schemes" / index)
            for index, one in enumerate(card.schemes)
        ]

        def opened(key: str) -> list[tuple[Any, Block]]:
            blocks = self.at.blocks(key, getattr(card, key))
            return [(block, open_block(block, at, self.tables, default)) for at, block in blocks]

        for block, where in opened("votes"):
            scheme = _scheme(block.scheme, own, where.at / "scheme")
            draft.schemes.append(scheme)
            draft.annotations.append(read_votes(block, where, scheme))
        for block, where in opened("ratings"):
            rows, scheme = read_ratings(block, where, card.scales, own)
            draft.schemes.append(_one_meaning(scheme, draft.schemes, where.at))
            draft.annotations.append(rows)
        for block, where in opened("labels"):
            scheme = _scheme(block.scheme, own, where.at / "scheme")
            draft.schemes.append(scheme)
            draft.norms.append(read_labels(block, where, scheme))
        for block, where in opened("norms"):
            rows, scheme = read_norms(block, where, card.scales, own)
            draft.schemes.append(_one_meaning(scheme, draft.schemes, where.at))
            draft.norms.append(rows)
        for block, where in opened("descriptions"):
            draft.descriptions.append(_descriptions(block, where))
        if card.annotators is not None:
            self._add_annotators(card.annotators, draft)
        return draft

    def _add_annotators(self, card: AnnotatorsCard, draft: Draft) -> None:
        at = self.at / "annotators"
        table = self.tables.get(card.file, at / "file")
        ids = (at / "id").call(table.required_texts, card.id, "annotator")
        rows: dict[str, int] = {}
        for row, name in enumerate(ids):
            if rows.setdefault(name, row) != row:
                raise table.error(row, f"The annotator {name!r} stands here a second time.")
        for name, column in card.columns.items():
            cells = (at / "columns").call(table.texts, column)
            full = annotator_column(name, at / "columns")
            for part in draft.annotations:
                found = (rows.get(annotator) for annotator in part["annotator_id"])
                part[full] = [None if row is None else cells[row] for row in found]


def _descriptions(card: DescriptionsCard, block: Block) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    texts = (block.at / "text").call(lambda: block.table.texts(card.text, strip=False))
    columns = block.rows() | {
        "describer": block.filled("describer", card.describer, "describer"),
        "text": texts,
    }
    if card.condition is not None:
        columns["condition"] = block.filled("condition", card.condition, "condition")
    if card.repeat is not None:
        columns["repeat"] = _repeats(
            (block.at / "repeat").call(block.table.required_texts, card.repeat, "repeat")
        )
    table = pd.DataFrame(columns)
    return table[table["text"].notna()].reset_index(drop=True)


def _repeats(words: list[str]) -> list[int]:
    if all(word.isdecimal() for word in words):
        return [int(word) for word in words]
    order = {word: number for number, word in enumerate(dict.fromkeys(words))}
    return [order[word] for word in words]


def _own_scheme(given: str | dict[str, Any], root: Path, at: Place) -> Scheme:
    source = contained_path(root, given) if isinstance(given, str) else given
    scheme: Scheme = (
        load_scheme(source) if isinstance(source, Path) else at.call(load_scheme, source)
    )
    if scheme.name in scheme_names() and scheme.digest() != get_scheme(scheme.name).digest():
        raise at.error(
            f"{scheme.name!r} is the name of a built-in scheme.", cure="Give yours another name."
        )
    if any("|" in name for name in scheme.label_names):
        # Several labels of one item stand in one cell, `awe|fear`.
        raise at.error(f"A label of {scheme.name!r} has a `|`.", cure="Write another sign.")
    return scheme


def _scheme(name: str, own: list[Scheme], at: Place) -> Scheme:
    for scheme in own:
        if scheme.name == name:
            return scheme
    known = [*(scheme.name for scheme in own), *scheme_names()]
    if name not in known:
        raise at.error(f"No scheme is called {name!r}.", cure=nearest(name, known))
    return get_scheme(name)


def _one_meaning(scheme: Scheme, others: list[Scheme], at: Place) -> Scheme:
    for other in others:
        if other.name == scheme.name and other.digest() != scheme.digest():
            raise at.error(
                f"Two blocks call different scales {scheme.name!r}.",
                cure="Give each its own `scheme`.",
            )
    return scheme
