"""Hugging Face `datasets`: a folder made by `save_to_disk`, or `hf:NAME` from the hub.

Without a word of configuration, the first image column is the image, a class label the label (in the
built-in scheme with these labels, or one made of them), and the other plain columns are metadata.
Pictures that such a dataset holds inside are written to files once, named by their content: into
`root`, or into the cache folder (`$MLLMSENT_CACHE`, by default `~/.cache/mllmsent`).

Options:
    split, config, revision: As in `datasets.load_dataset`.
    card: Keys of a dataset card that replace those made here; `items` is merged key by key. Tables
        are called `rows`: `{labels: {label: emotion, scheme: ekman}, items: {group: story}}`.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mllmsent.data.cache_folder import cache_folder
from mllmsent.data.card import dataset_from_card
from mllmsent.data.raw_table import RawTable
from mllmsent.data.readers.class_folders import class_scheme, safe_name
from mllmsent.data.readers.interface import DatasetFormat, Source
from mllmsent.foundation import InputError, MissingExtraError
from mllmsent.foundation.config import Document
from mllmsent.foundation.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mllmsent.data.dataset import Dataset

__all__ = ["FORMAT"]

_HUB = "hf:"
_ITEM = "item_number"
_SUFFIXES = {b"\xff\xd8": ".jpg", b"\x89P": ".png", b"GI": ".gif", b"RI": ".webp", b"BM": ".bmp"}


def _recognizes(source: Source) -> bool:
    if source.path is None or not source.path.is_dir():
        return source.name.startswith(_HUB)
    return (source.path / "dataset_dict.json").is_file() or (
        (source.path / "state.json").is_file() and (source.path / "dataset_info.json").is_file()
    )


def _read(source: Source) -> Dataset:
    source.check_options("split", "config", "revision", "card")
    parts = _load(source)
    first = next(iter(parts.values()))
    name = safe_name(source.name.removeprefix(_HUB).rstrip("/").rpartition("/")[2])
    root = source.root or cache_folder() / "images"
    root.mkdir(parents=True, exist_ok=True)
    table = _table(parts, root.resolve(), name)
    automatic = _card(name, source.name, first.features, split=len(parts) > 1)
    given = dict(source.options.get("card") or {})
    card = automatic | given | {"items": automatic["items"] | dict(given.get("items") or {})}
    return dataset_from_card(Document(card, source.name, {}), root, tables={"rows": table})


def _load(source: Source) -> Mapping[str, Any]:
    try:
        import datasets  # noqa: PLC0415 - an optional part, and seconds of import
    except ImportError:
        raise MissingExtraError("Datasets of the Hugging Face hub", extra="hub") from None
    split = source.options.get("split")
    try:
        if source.path is not None:
            loaded = datasets.load_from_disk(str(source.path))
            if split is not None and isinstance(loaded, datasets.DatasetDict):
                loaded = loaded[split]
        else:
            loaded = datasets.load_dataset(
                source.name.removeprefix(_HUB),
                source.options.get("config"),
                split=split,
                revision=source.options.get("revision"),
            )
    except Exception as error:  # noqa: BLE001 - the library raises whatever its back ends raise
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(
            f"The Hugging Face library cannot read it: {first}",
            item=source.name,
            cure="Check the name, `split` and `config`, and for the hub the connection.",
        ) from None
    parts = dict(loaded) if isinstance(loaded, datasets.DatasetDict) else {str(split or ""): loaded}
    parts = {name: part for name, part in parts.items() if len(part)}
    if not parts:
        raise InputError("This dataset has no rows.", item=source.name)
    return parts


def _table(parts: Mapping[str, Any], root: Path, name: str) -> RawTable:
    import datasets  # noqa: PLC0415 - an extra, and slow to import

    rows: list[dict[str, Any]] = []
    for split, part in parts.items():
        images = [key for key, kind in part.features.items() if isinstance(kind, datasets.Image)]
        for key in images:
            part = part.cast_column(key, datasets.Image(decode=False))  # noqa: PLW2901 - the same rows, pictures as bytes
        for index, row in enumerate(part):
            cells = {key: _cell(value, part.features[key]) for key, value in row.items()}
            for key in images:
                cells[key] = _image(row[key], root)
            number = f"{split}/{index}" if split else str(index)
            rows.append({_ITEM: number, "split": split or None} | cells)
    columns = {
        key: [row.get(key) for row in rows] for key in dict.fromkeys(k for r in rows for k in r)
    }
    places = [(name, number) for number in range(1, len(rows) + 1)]
    return RawTable(columns, places, name, "row")


def _cell(value: Any, feature: Any) -> Any:
    import datasets  # noqa: PLC0415 - an extra, and slow to import

    if isinstance(feature, datasets.ClassLabel) and isinstance(value, int):
        return None if value < 0 else feature.int2str(value)
    inner = getattr(feature, "feature", None)
    if isinstance(inner, datasets.ClassLabel) and isinstance(value, list):
        return [inner.int2str(code) for code in value]
    return value


def _image(value: Mapping[str, Any] | None, root: Path) -> str | None:
    if value is None:
        return None
    data = value.get("bytes")
    if data is None:
        # A path that somebody else's table holds is followed only under the root, like any other.
        return value.get("path")
    suffix = _SUFFIXES.get(data[:2]) or Path(str(value.get("path") or "")).suffix[:8]
    file = root / f"{hashlib.sha256(data).hexdigest()}{suffix}"
    if not file.exists():
        partial = file.with_name(f"{file.name}.{os.getpid()}.partial")
        partial.write_bytes(data)
        partial.replace(file)
    return file.name


def _card(name: str, source: str, features: Mapping[str, Any], *, split: bool) -> dict[str, Any]:
    import datasets  # noqa: PLC0415 - an extra, and slow to import

    images = [key for key, kind in features.items() if isinstance(kind, datasets.Image)]
    classes = [key for key, kind in features.items() if isinstance(kind, datasets.ClassLabel)]
    taken = {*TABLES["items"].required, *TABLES["items"].optional, *images, *classes}
    items: dict[str, Any] = {
        "file": "rows",
        "id": _ITEM,
        "metadata": [
            key
            for key, kind in features.items()
            if isinstance(kind, datasets.Value) and key not in taken
        ],
    }
    card: dict[str, Any] = {
        "name": name,
        "title": source,
        "emotion_target": "evoked",
        "items": items,
    }
    if images:
        items["image"] = f"{{{images[0]}}}"
    if isinstance(features.get("text"), datasets.Value):
        items["text"] = "text"
    if split:
        items["split"] = "split"
    if len(classes) == 1:
        scheme, card["schemes"] = class_scheme(features[classes[0]].names, f"{name}-classes")
        card["labels"] = {"scheme": scheme, "label": classes[0]}
    return card


FORMAT = DatasetFormat("Hugging Face dataset", recognizes=_recognizes, read=_read)
