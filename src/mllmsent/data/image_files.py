"""Finding an image's file and reading its bytes, whatever the file system holds under that name."""

from __future__ import annotations

import errno
import os
import stat
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from mllmsent.data.image_faults import ImageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MAX_FILE_BYTES", "find_image_file", "read_image_file"]

MAX_FILE_BYTES = 512 * 1024 * 1024
"""Files larger than this are not read: no photograph is, and memory is shared."""

_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif")
_CANNOT_OPEN = {
    errno.ELOOP: ("symlink-loop", "This link leads back to itself.", "Put the file in its place."),
    errno.EACCES: (
        "unreadable",
        "Reading this file is not permitted.",
        "Give yourself the right to read it.",
    ),
    errno.ENAMETOOLONG: (
        "missing-file",
        "No file system allows a name this long.",
        "Shorten the name.",
    ),
}


def find_image_file(path: Path) -> Path:
    """The file that `path` means, where its name may be written in another Unicode form.

    A table made on one system says "café.jpg" with one code point for the é, the disk of another
    with two. Both are one name, so the file is found; nothing else is guessed.

    Args:
        path: As a table, a card or a person wrote it.

    Returns:
        `path` itself where that exists, else the only file whose name is the same to a reader.

    Raises:
        ImageError: If there is no such file (code "missing-file", naming the likeliest one), or
            links lead in a circle ("symlink-loop").
    """
    try:
        path.stat()
    except FileNotFoundError:
        if path.is_symlink():
            raise ImageError(
                "This is a link to a file that is not there.",
                code="missing-file",
                file=path,
                cure="Put the file itself in its place.",
            ) from None
        same = _listing(path.parent).get(_key(path.name), ())
        exact = [name for name in same if _normal(name) == _normal(path.name)]
        if len(exact) == 1:
            return path.with_name(exact[0])
        raise ImageError(
            "There is no such file.", code="missing-file", file=path, cure=_suggestion(path, same)
        ) from None
    except (OSError, ValueError) as error:
        raise _cannot_open(path, error) from None
    return path


def read_image_file(path: Path) -> bytes:
    """The bytes of an image file.

    Raises:
        ImageError: If it is absent, not a plain file, empty, larger than `MAX_FILE_BYTES`, or not
            to be read.
    """
    found = find_image_file(path)
    try:
        status = found.stat()
        # A pipe would block and a device never end: only plain files are opened.
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe, socket or device"
            raise ImageError(f"This is {kind}, not a file.", code="not-a-file", file=path)
        if status.st_size > MAX_FILE_BYTES:
            raise ImageError(
                f"This file has {status.st_size / 2**20:,.0f} MiB; "
                f"at most {MAX_FILE_BYTES // 2**20} MiB are read.",
                code="too-large",
                file=path,
                cure="Save a smaller copy of the picture.",
            )
        data = found.read_bytes()
    except OSError as error:
        raise _cannot_open(path, error) from None
    if not data:
        raise ImageError(
            "This file is empty.",
            code="empty-file",
            file=path,
            cure="Download or copy it again: the last attempt left nothing.",
        )
    return data


def _cannot_open(path: Path, error: OSError | ValueError) -> ImageError:
    number = error.errno if isinstance(error, OSError) else None
    if number in _CANNOT_OPEN:
        code, message, cure = _CANNOT_OPEN[number]
        return ImageError(message, code=code, file=path, cure=cure)
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return ImageError(f"It cannot be read: {reason}.", code="unreadable", file=path)


def _normal(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _key(name: str) -> str:
    return _normal(name).casefold()


def _suggestion(path: Path, same: tuple[str, ...]) -> str:
    if same:
        return f"Did you mean {same[0]!r}? Capital and small letters differ."
    if not path.parent.is_dir():
        return f"There is no folder {path.parent} either: is the images' folder set right?"
    names = _listing(path.parent)
    stems = [path.name, path.stem]
    for suffix in _SUFFIXES:
        for stem in stems:
            if (found := names.get(_key(stem + suffix))) is not None:
                return f"Did you mean {found[0]!r}?"
    return "Add the file, or take its row out of the table."


def _listing(folder: Path) -> dict[str, tuple[str, ...]]:
    try:
        return _listing_at(folder, folder.stat().st_mtime_ns)
    except (OSError, ValueError):
        return {}


# A dataset whose folder is set wrong misses every file: its listing is read once, not per row.
@lru_cache(maxsize=16)
def _listing_at(folder: Path, _changed: int) -> dict[str, tuple[str, ...]]:
    names: dict[str, tuple[str, ...]] = {}
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            key = _key(entry.name)
            names[key] = (*names.get(key, ()), entry.name)
    return names
