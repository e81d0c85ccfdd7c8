"""A dataset card: a built-in one, a file, or a folder with a `dataset.yaml` in it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from mllmsent.data.card import Card, dataset_from_card
from mllmsent.data.readers.interface import DatasetFormat, Source
from mllmsent.foundation import InputError
from mllmsent.foundation.config import Document, parse_document, read_config, read_document

if TYPE_CHECKING:
    from mllmsent.data.dataset import Dataset

__all__ = ["CARD_NAME", "FORMAT", "builtin_cards", "card_names", "card_text"]

CARD_NAME = "dataset.yaml"
"""What a card is called that lies in its dataset's folder."""


@cache
def card_names() -> tuple[str, ...]:
    """The built-in cards."""
    found = (entry.name for entry in (files("mllmsent.data") / "cards").iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in found if name.endswith(".yaml")))


def card_text(name: str) -> str:
    """The text of a built-in card, as a start for one's own."""
    return (files("mllmsent.data") / "cards" / f"{name}.yaml").read_text(encoding="utf-8")


@cache
def builtin_cards() -> dict[str, Card]:
    """The built-in cards by name."""
    return {name: read_config(Card, _document(name)) for name in card_names()}


def _document(name: str) -> Document:
    return parse_document(card_text(name), file=f"{name}.yaml")


def _recognizes(source: Source) -> bool:
    if source.path is None:
        return source.name in card_names()
    if source.path.is_dir():
        return (source.path / CARD_NAME).is_file()
    return source.path.suffix.lower() in {".yaml", ".yml"}


def _read(source: Source) -> Dataset:
    source.check_options()
    if source.path is None:
        if source.root is None:
            raise InputError(
                f"Where are the files of {source.name!r}?",
                cure="The card is built in, its data are not: give their folder as `root`.",
            )
        return dataset_from_card(_document(source.name), source.root)
    path = source.path / CARD_NAME if source.path.is_dir() else source.path
    return dataset_from_card(read_document(path), source.root or path.parent)


FORMAT = DatasetFormat("Dataset card (YAML)", recognizes=_recognizes, read=_read)
