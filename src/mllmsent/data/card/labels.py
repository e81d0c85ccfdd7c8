"""Labels of a card, never guessed.

What is written in a cell is a label of the scheme, is mapped to one, or is an error that names the
row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mllmsent.data.card.blocks import Block, keep, person_columns
from mllmsent.data.raw_table import cell_text
from mllmsent.foundation import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from mllmsent.affect.scheme import Scheme
    from mllmsent.data.card.model import LabelsCard, VotesCard
    from mllmsent.data.card.tables import Place
    from mllmsent.data.raw_table import RawTable

__all__ = ["LabelReader", "read_labels", "read_votes"]


@dataclass(frozen=True)
class LabelReader:
    """Reads cells into labels.

    Attributes:
        scheme: The scheme of the labels.
        values: What is written to the label it means; None leaves it out.
        missing: What is written where there is no label.
        separator: Between labels of one cell; None where a cell holds one.
    """

    scheme: Scheme
    values: Mapping[str, str | None]
    missing: frozenset[str]
    separator: str | None = None

    def read(self, table: RawTable, column: str) -> list[tuple[str, ...]]:
        """The labels in each row's cell of a column; none where there is none.

        Raises:
            InputError: Naming file, line, what is written there, and the nearest label.
        """
        return [
            tuple(dict.fromkeys(self._labels(table, column, row, cell)))
            for row, cell in enumerate(table.column(column))
        ]

    def _labels(self, table: RawTable, column: str, row: int, cell: Any) -> list[str]:
        if isinstance(cell, list):
            parts = [cell_text(part).strip() for part in cell]
        else:
            text = cell_text(cell).strip()
            parts = [text] if self.separator is None else text.split(self.separator)
        parts = [part.strip() for part in parts]
        if len(parts) > 1 and not self.scheme.multi_label:
            raise table.error(
                row,
                f"Column {column!r} has {len(parts)} labels; {self.scheme.name} takes one.",
                cure="Use a scheme with `multi_label: true`.",
            )
        found = (self._label(table, column, row, part) for part in parts)
        return [label for label in found if label is not None]

    def _label(self, table: RawTable, column: str, row: int, text: str) -> str | None:
        if not text or text in self.missing:
            return None
        if text in self.values:
            return self.values[text]
        if text in self.scheme.label_names:
            return text
        for name in self.scheme.label_names:
            if name.casefold() == text.casefold():
                return name
        if self.scheme.open_vocabulary:
            return text
        raise table.error(
            row,
            f"Column {column!r} is {text[:60]!r}, which is not a label of {self.scheme.name}.",
            cure=(
                nearest(text, [*self.values, *self.scheme.label_names])
                + " Say under `values` what it means, or under `missing` that it is none."
            ).strip(),
        )


def label_reader(card: LabelsCard | VotesCard, scheme: Scheme, at: Place) -> LabelReader:
    """The reader that a block of a card describes.

    Raises:
        InputError: If the scheme has no labels, or `values` names one that it does not have.
    """
    if scheme.kind == "dimensional":
        raise (at / "scheme").error(
            f"{scheme.name} has dimensions, not labels.",
            cure="Numbers on scales stand under `ratings`; means under `norms`.",
        )
    values: dict[str, str | None] = {}
    for written, label in dict(card.values).items():
        if label is not None and not scheme.open_vocabulary:
            (at / "values").call(scheme.label, label)
        values[cell_text(written)] = label
    missing = frozenset(cell_text(word) for word in card.missing)
    return LabelReader(scheme, values, missing, card.separator)


def read_votes(card: VotesCard, block: Block, scheme: Scheme) -> pd.DataFrame:
    """Draft of annotations: a row per vote, and per label where a vote has several."""
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    reader = label_reader(card, scheme, block.at)
    shared = block.rows() | person_columns(block, card.annotator_columns, card.metadata)
    tables = []
    for column in card.columns or (card.label or "",):
        at = block.at / ("columns" if card.columns else "label")
        labels = at.call(reader.read, block.table, column)
        table = keep(shared | {"label": labels}, [bool(found) for found in labels])
        if card.columns:
            table["annotator_id"] = column
        else:
            # Who gave no label need not have a name.
            voted = [row for row, found in enumerate(labels) if found]
            named = Block(block.at, block.table.take(voted), [])
            table["annotator_id"] = named.filled("annotator", card.annotator or "", "annotator")
        tables.append(table)
    votes = pd.concat(tables, ignore_index=True)
    votes["scheme"] = scheme.name
    return votes.explode("label", ignore_index=True)


def read_labels(card: LabelsCard, block: Block, scheme: Scheme) -> pd.DataFrame:
    """Draft of norms: labels that the dataset gives once per item."""
    reader = label_reader(card, scheme, block.at)
    columns = block.rows()
    columns["annotator_group"] = block.filled(
        "annotator_group", card.annotator_group, "annotator group"
    )
    columns["min_agreement"] = _agreement(card, block)
    columns["label"] = [None] * len(block.items)
    columns["distribution"] = [None] * len(block.items)
    columns["n"] = [None] * len(block.items)
    if card.label is not None:
        labels = (block.at / "label").call(reader.read, block.table, card.label)
        columns["label"] = ["|".join(_in_order(found, scheme)) or None for found in labels]
    if card.n is not None:
        columns["n"] = _counts(block, "n", card.n)
    if card.counts:
        columns["distribution"], columns["n"] = _counted(card, block, reader)
    if card.shares:
        columns["distribution"] = _shared_out(card, block, reader)
    given = [
        label is not None or shares is not None
        for label, shares in zip(columns["label"], columns["distribution"], strict=True)
    ]
    table = keep(columns, given)
    table["scheme"] = scheme.name
    return table


def _in_order(labels: Sequence[str], scheme: Scheme) -> list[str]:
    order = {name: rank for rank, name in enumerate(scheme.label_names)}
    return sorted(labels, key=lambda label: (order.get(label, len(order)), label))


def _agreement(card: LabelsCard, block: Block) -> list[int | None]:
    if card.min_agreement is None:
        return [None] * len(block.items)
    if isinstance(card.min_agreement, int):
        return [card.min_agreement] * len(block.items)
    found: list[int | None] = []
    for row, text in enumerate(block.filled("min_agreement", card.min_agreement, "min_agreement")):
        if not text.isdecimal() or int(text) < 1:
            raise block.table.error(
                row, f"`min_agreement` is {text!r}, not a number of annotators."
            )
        found.append(int(text))
    return found


def _counts(block: Block, key: str, column: str) -> list[int | None]:
    numbers: list[float | None] = (block.at / key).call(block.table.numbers, column)
    for row, number in enumerate(numbers):
        if number is not None and (number < 0 or not number.is_integer()):
            raise block.table.error(row, f"Column {column!r} is {number:g}, not a count.")
    return [None if number is None else int(number) for number in numbers]


def _labeled_columns(given: Mapping[str, str], reader: LabelReader, at: Place) -> dict[str, str]:
    if reader.scheme.open_vocabulary:
        return dict(given)
    for label in given:
        at.call(reader.scheme.label, label)
    return {name: given[name] for name in reader.scheme.label_names if name in given}


def _counted(
    card: LabelsCard, block: Block, reader: LabelReader
) -> tuple[list[dict[str, float] | None], list[int | None]]:
    columns = {
        label: _counts(block, "counts", column)
        for label, column in _labeled_columns(card.counts, reader, block.at / "counts").items()
    }
    several = reader.scheme.multi_label
    if several and card.n is None:
        raise (block.at / "counts").error(
            f"In {reader.scheme.name} an annotator may give several labels.",
            cure="Say under `n` which column has the number of annotators.",
        )
    given_n = None if card.n is None else _counts(block, "n", card.n)
    shares: list[dict[str, float] | None] = []
    totals: list[int | None] = []
    for row in range(len(block.items)):
        counts = {label: cells[row] or 0 for label, cells in columns.items()}
        total = sum(counts.values()) if given_n is None else given_n[row] or 0
        if (max if several else sum)(counts.values()) > total:
            raise block.table.error(row, f"There are more votes than annotators ({total}).")
        shares.append({label: count / total for label, count in counts.items()} if total else None)
        totals.append(total or None)
    return shares, totals


def _shared_out(
    card: LabelsCard, block: Block, reader: LabelReader
) -> list[dict[str, float] | None]:
    at = block.at / "shares"
    columns = {
        label: at.call(block.table.numbers, column)
        for label, column in _labeled_columns(card.shares, reader, at).items()
    }
    shares: list[dict[str, float] | None] = []
    for row in range(len(block.items)):
        found = {label: cells[row] or 0.0 for label, cells in columns.items()}
        total = sum(found.values())
        if any(not 0 <= share <= 1 for share in found.values()):
            raise block.table.error(row, "A share of votes lies outside 0 to 1.")
        if total and not reader.scheme.multi_label and abs(total - 1) > 0.02:
            raise block.table.error(
                row,
                f"The shares of votes add up to {total:g}, not to 1.",
                cure="Give every label of the scheme its column, or use `counts`.",
            )
        # What rounding left is no vote for anybody.
        whole = 1.0 if reader.scheme.multi_label else total
        shares.append({key: share / whole for key, share in found.items()} if total else None)
    return shares
