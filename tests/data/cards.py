"""Small datasets for tests: a card, its tables and its pictures, written into a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from mllmsent.data import load_dataset
from mllmsent.data.card import dataset_from_card
from mllmsent.foundation.config import parse_document

if TYPE_CHECKING:
    from pathlib import Path

    from mllmsent.data import Dataset

ITEMS = "id,mood\na,sad\nb,glad\nc,glad\n"
VOTES = "id,who,sex,vote\na,x,f,negative\na,y,m,neutral\nb,x,f,positive\nb,y,m,positive\n"
CARD = """\
name: small
emotion_target: evoked
items:
  file: items.csv
  id: id
  metadata: [mood]
votes:
  file: votes.csv
  annotator: "{who}"
  annotator_columns: [sex]
  scheme: polarity3
  label: vote
"""


def write(folder: Path, **files: str | bytes) -> Path:
    """Write files; `items_csv` is `items.csv`. Returns the folder."""
    for name, content in files.items():
        stem, _, ending = name.rpartition("_")
        data = content.encode() if isinstance(content, str) else content
        (folder / f"{stem}.{ending}").write_bytes(data)
    return folder


def small(folder: Path, **files: str | bytes) -> Dataset:
    """The small dataset, with some of its files replaced."""
    given: dict[str, Any] = {"dataset_yaml": CARD, "items_csv": ITEMS, "votes_csv": VOTES}
    return load_dataset(write(folder, **(given | files)))


def read_card(card: str, folder: Path) -> Dataset:
    """The dataset of a card that is no file."""
    return dataset_from_card(parse_document(card, file="card.yaml"), folder)


def picture(path: Path, seed: int = 0, size: int = 40) -> Path:
    """Write a small picture, another for each seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 255, (size, size, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path
