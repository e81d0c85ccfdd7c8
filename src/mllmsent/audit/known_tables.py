"""Tables that a built-in card can read, met where nobody named the card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.audit.wording import listed
from mllmsent.data import card_text, dataset_names

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["TABLES", "by_card", "tables_in"]

TABLES = frozenset({".csv", ".jsonl", ".ndjson", ".parquet", ".tsv"})
"""Endings of tables."""


def tables_in(path: Path) -> list[str]:
    """The names of the tables in a folder, or of the table that the path is."""
    found = path.iterdir() if path.is_dir() else [path]
    return sorted(one.name for one in found if one.suffix.lower() in TABLES and one.is_file())


def by_card(path: Path) -> str:
    """How to read what is there by a built-in card that knows its tables; empty where none does.

    Args:
        path: A folder, or a table in it.
    """
    tables = tables_in(path)
    cards = [name for name in dataset_names() if any(one in card_text(name) for one in tables)]
    if not cards:
        return ""
    words = listed([f"`mllmsent audit {name} --root FOLDER`" for name in cards], last="or")
    return f"If it is what the name says, a built-in card reads it: {words}."
