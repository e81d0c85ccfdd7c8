"""Copies of texts and pictures in several folds."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageOps
from tests.audit.faults.planting import Planted
from tests.audit.sound_runs import DESCRIBERS, Rng, changed, sound_study, topic

from mllmsent.audit.runs.tables import RunTables

if TYPE_CHECKING:
    from collections.abc import Callable


def two_items_apart(run: RunTables, rng: Rng, pairs: int) -> list[tuple[str, str]]:
    """Pairs of items that stand in different folds."""
    sheet = next(sheet for sheet in run.sheets if sheet.trained)
    folds = dict(zip(sheet.items, sheet.folds.tolist(), strict=True))
    chosen = rng.permutation(sorted(folds))
    found: list[tuple[str, str]] = []
    for one, other in zip(chosen[::2], chosen[1::2], strict=False):
        if folds[str(one)] != folds[str(other)] and len(found) < pairs:
            found.append((str(one), str(other)))
    return found


def same_texts(seed: int, rng: Rng, *, nearly: bool = False) -> Planted:
    run = sound_study(seed)
    who = str(rng.choice(DESCRIBERS))
    table = run.table("descriptions").copy()
    texts = table[table["describer"] == who].set_index("item_id")["text"]
    pairs = two_items_apart(run, rng, int(rng.integers(1, 5)))
    for one, other in pairs:
        at = (table["describer"] == who) & (table["item_id"] == other)
        text = str(texts[one])
        table.loc[at, "text"] = f"{text.partition('. ')[2]} {topic(other)[0]}." if nearly else text
    items = frozenset(item for pair in pairs for item in pair)
    return Planted(changed(run, {"descriptions": table}), frozenset({f"{who}-linear"}), items)


def nearly_same_texts(seed: int, rng: Rng) -> Planted:
    return same_texts(seed, rng, nearly=True)


def same_pictures(seed: int, rng: Rng) -> Planted:
    run = sound_study(seed)
    items = run.table("items").copy()
    pairs = two_items_apart(run, rng, int(rng.integers(1, 5)))
    digests = items.set_index("item_id")["sha256"]
    for one, other in pairs:
        items.loc[items["item_id"] == other, "sha256"] = digests[one]
    return Planted(
        changed(run, {"items": items}), items=frozenset(item for pair in pairs for item in pair)
    )


PICTURES = 40


def picture(number: int, side: int = 240) -> Image.Image:
    """A picture of overlapping shapes, unlike any other number's."""
    rng = np.random.default_rng([number, 7])
    image = Image.new("RGB", (side, side), tuple(int(c) for c in rng.integers(256, size=3)))
    draw = ImageDraw.Draw(image)
    for _ in range(24):
        x, y, width, height = (int(v) for v in rng.integers(0, side, 4))
        color = tuple(int(c) for c in rng.integers(256, size=3))
        shape = draw.ellipse if rng.random() < 0.5 else draw.rectangle
        shape((x, y, x + width // 2, y + height // 2), fill=color)
    return image


@cache
def gallery() -> tempfile.TemporaryDirectory[str]:
    """A folder of forty pictures that are nothing to one another; gone when the tests are over."""
    folder = tempfile.TemporaryDirectory(prefix="gallery-")
    for number in range(PICTURES):
        picture(number).save(Path(folder.name) / f"{number}.png")
    return folder


def with_pictures(run: RunTables) -> RunTables:
    """The run with pictures for its first items."""
    items = run.table("items").copy()
    items["path"] = [f"{n}.png" if n < PICTURES else None for n in range(len(items))]
    return RunTables({**run.tables, "items": items}, run.schemes, Path(gallery().name))


def copied_pictures(seed: int, rng: Rng) -> Planted:
    """A picture that is another's copy: smaller, cropped, mirrored, gray, brighter or compressed."""
    run = with_pictures(sound_study(seed))
    items = run.table("items").copy()
    first = items["item_id"].iloc[:PICTURES].tolist()
    sheet = next(sheet for sheet in run.sheets if sheet.trained)
    folds = dict(zip(sheet.items, sheet.folds.tolist(), strict=True))
    one = str(rng.choice(first))
    other = str(rng.choice([item for item in first if folds[item] != folds[one]]))
    number = first.index(one)
    image = picture(number)
    side = image.width
    ways: list[Callable[[], Image.Image]] = [
        lambda: image.resize((200, 200)),
        lambda: image.crop((8, 8, side - 8, side - 8)),
        lambda: ImageOps.mirror(image),
        lambda: ImageOps.grayscale(image).convert("RGB"),
        lambda: ImageEnhance.Brightness(image).enhance(1.25),
    ]
    changed_copy = ways[int(rng.integers(len(ways)))]()
    name = f"copy-{seed}.jpg"
    changed_copy.save(Path(gallery().name) / name, quality=int(rng.integers(60, 95)))
    items.loc[items["item_id"] == other, "path"] = name
    return Planted(changed(run, {"items": items}), items=frozenset({one, other}))
