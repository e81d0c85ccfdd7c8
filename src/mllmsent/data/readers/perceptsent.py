"""PerceptSent's own files: `dataset.json`, or the flat `;` file; images flat or in part1 to part6.

Options:
    images: Template of the image's path, or several; by default `{img}.jpg` in the folder itself,
        in `images/`, or in `part1/` to `part6/`. Without any image the votes are a dataset alone.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mllmsent.data.card import dataset_from_card
from mllmsent.data.raw_table import RawTable
from mllmsent.data.readers.interface import DatasetFormat, Source
from mllmsent.data.table_files import read_table_file
from mllmsent.foundation import InputError
from mllmsent.foundation.config import Document

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mllmsent.data.dataset import Dataset

__all__ = ["FORMAT"]

_HEADER = "worker;assignment;img;sentiment"
_PERSON = ("age", "gs", "eco", "edu", "opt1", "neg1", "opt2")
_SENTIMENTS = ("negative", "slightly negative", "neutral", "slightly positive", "positive")
_FOLDERS = ("", "images/", "part*/", "images/part*/")


def _recognizes(source: Source) -> bool:
    return source.path is not None and _file(source.path) is not None


def _file(path: Path) -> Path | None:
    """The file to read, where a path is PerceptSent's or a folder that holds it."""
    if path.is_dir():
        inner = (
            sorted(path.glob("*.json")) + sorted(path.glob("*.csv")) + sorted(path.glob("*.txt"))
        )
        return next((found for found in map(_file, inner) if found is not None), None)
    try:
        with path.open("rb") as file:
            begin = file.read(4096).decode("utf-8-sig", errors="replace")
    except OSError:
        return None
    if path.suffix.lower() == ".json":
        return path if begin.lstrip().startswith("{") and '"tasks"' in begin else None
    return path if begin.startswith(_HEADER) else None


def _read(source: Source) -> Dataset:
    source.check_options("images")
    assert source.path is not None, "it was recognized by its content"
    path = _file(source.path) or source.path
    root = (source.root or path.parent).resolve()
    flat = path.suffix.lower() != ".json"
    votes = (
        read_table_file(path, name=path.name, format="csv", delimiter=";") if flat else _tasks(path)
    )
    card = _card(votes, flat=flat)
    images = source.options.get("images") or _image_templates(root)
    if images:
        card["items"]["image"] = images
    return dataset_from_card(Document(card, path.name, {}), root, tables={"votes": votes})


def _card(votes: RawTable, *, flat: bool) -> dict[str, Any]:
    about_vote = ["in_out_door", "comments", "reasons"] if flat else ["perceptions"]
    values: dict[str | int, str] = dict(enumerate(_SENTIMENTS))
    values |= {label.title().replace(" ", ""): label for label in _SENTIMENTS}
    return {
        "name": "perceptsent",
        "title": "PerceptSent",
        "emotion_target": "evoked",
        "citation": (
            "Lopes, C. R., Minetto, R., Delgado, M. R., & Silva, T. H. (2023). PerceptSent: "
            "Exploring Subjectivity in a Novel Dataset for Visual Sentiment Analysis. IEEE "
            "Transactions on Affective Computing, 14(3)."
        ),
        "items": {"file": "votes", "id": "img", "distinct": True},
        "votes": {
            "annotator": "{worker}",
            "scheme": "polarity5",
            "label": "sentiment",
            "values": values,
            "annotator_columns": [name for name in _PERSON if name in votes.columns],
            "metadata": ["assignment", *(name for name in about_vote if name in votes.columns)],
        },
    }


def _image_templates(root: Path) -> list[str]:
    return [f"{folder}{{img}}.jpg" for folder in _FOLDERS if any(root.glob(f"{folder}*.jpg"))]


def _tasks(path: Path) -> RawTable:
    name = path.name
    try:
        content = json.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise InputError("This is not UTF-8 text.", file=name) from None
    except json.JSONDecodeError as error:
        raise InputError(f"This is not JSON: {error.msg}.", file=name, line=error.lineno) from None
    except OSError as error:
        raise InputError(f"It cannot be read: {error.strerror}.", file=name) from None
    rows = list(_votes(content, name))
    if not rows:
        raise InputError("There are no votes: `tasks` is empty.", file=name)
    columns = ("worker", "assignment", *_PERSON, "img", "sentiment", "perceptions")
    return RawTable(
        {column: [row[column] for _, row in rows] for column in columns},
        [(name, number) for number, _ in rows],
        name,
        "row",
    )


def _votes(content: Any, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, task in enumerate(_part(content, "tasks", list, name, "the file"), start=1):
        where = f"tasks[{number - 1}]"
        info = _part(task, "worker_info", dict, name, where)
        shared = {
            "worker": _part(task, "worker_id", (str, int), name, where),
            "assignment": task.get("assignment_id"),
            **{key: info.get(key) for key in _PERSON},
        }
        for index, image in enumerate(_part(task, "images", list, name, where)):
            place = f"{where}.images[{index}]"
            yield (
                number,
                shared
                | {
                    "img": _part(image, "id", (str, int), name, place),
                    "sentiment": _part(image, "sentiment", (str, int), name, place),
                    "perceptions": image.get("perceptions"),
                },
            )


def _part(owner: Any, key: str, kind: Any, name: str, where: str) -> Any:
    if not isinstance(owner, dict) or not isinstance(owner.get(key), kind):
        raise InputError(
            f"{where} has no {key!r} as PerceptSent's files have it.",
            file=name,
            cure="Is this dataset.json of PerceptSent? For other data, write a card.",
        )
    return owner[key]


FORMAT = DatasetFormat("PerceptSent's own files", recognizes=_recognizes, read=_read)
