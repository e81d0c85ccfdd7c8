"""Paths that a dataset names: they lead into its folder, or nowhere."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath

from mllmsent.foundation import InputError

__all__ = ["contained_path", "relative_name"]

_DRIVE = re.compile(r"[A-Za-z]:")


def contained_path(root: Path, name: str) -> Path:
    r"""The path of a file that a dataset names, which must lie under the dataset's root.

    A dataset is somebody else's file: a name in it could otherwise send any picture of this machine
    to a server. Links are followed before the question is asked.

    Args:
        root: The dataset's folder, resolved.
        name: As the dataset has it; `/` or `\` between folders.

    Returns:
        `root / name`, normalized; whether it exists is not asked.

    Raises:
        InputError: If the name is absolute, or leads out of the root.
    """
    cure = "Put the file into the dataset's folder, or give a `root` that holds it."
    written = name.replace("\\", "/")
    if not written or "\0" in written:
        raise InputError("The name of a file is empty or broken.", item=repr(name))
    if PurePosixPath(written).is_absolute() or _DRIVE.match(written):
        raise InputError("An absolute path is refused.", item=name, cure=cure)
    relative = os.path.normpath(written)
    if relative == os.pardir or relative.startswith(os.pardir + os.sep):
        raise InputError("This path leads out of the dataset's folder.", item=name, cure=cure)
    path = root / relative
    if not Path(os.path.realpath(path)).is_relative_to(root):
        raise InputError("A link leads out of the dataset's folder.", item=name, cure=cure)
    return path


def relative_name(root: Path, path: Path) -> str:
    """How a path is shown and kept: relative to the root, `/` between folders."""
    return path.relative_to(root).as_posix()
