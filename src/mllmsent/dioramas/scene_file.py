"""`scenes.jsonl`: what was drawn, a line for each diorama of a folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mllmsent.dioramas.scene import Scene
from mllmsent.foundation import InputError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SCENE_FILE", "read_scene_rows", "read_scenes"]

SCENE_FILE = "scenes.jsonl"
"""Name of the file in a folder of dioramas."""

_NEEDED = ("item_id", "image", "mask", "scene")


def read_scene_rows(folder: Path) -> dict[str, dict[str, Any]]:
    """Item to its line, as `make_dioramas` wrote it.

    Raises:
        InputError: If the folder holds no dioramas, or a line is no scene; naming it.
    """
    path = folder / SCENE_FILE
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise InputError(
            "This folder holds no dioramas.",
            file=folder,
            cure="Make some: mllmsent datasets make dioramas --out FOLDER",
        ) from None
    rows: dict[str, dict[str, Any]] = {}
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
            missing = [key for key in _NEEDED if key not in row]
            if missing:
                raise _no_scene(path, number, f"it has no {missing[0]!r}")
            rows[row["item_id"]] = row
        except (ValueError, TypeError) as error:
            raise _no_scene(path, number, str(error)) from None
    return rows


def read_scenes(folder: Path) -> dict[str, Scene]:
    """Item to what was drawn.

    Raises:
        InputError: As `read_scene_rows` does.
    """
    scenes: dict[str, Scene] = {}
    for number, (item, row) in enumerate(read_scene_rows(folder).items(), start=1):
        try:
            scenes[item] = Scene.from_dict(row["scene"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise _no_scene(folder / SCENE_FILE, number, repr(error)) from None
    return scenes


def _no_scene(path: Path, number: int, why: str) -> InputError:
    return InputError(f"This is no scene: {why}.", file=path, line=number)
