"""Auditing whatever a path is: a dataset, a run, or predictions that somebody else left in files."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from mllmsent.audit.known_tables import TABLES, by_card
from mllmsent.audit.registry import audit_dataset
from mllmsent.audit.run_registry import audit_run
from mllmsent.data import load_dataset
from mllmsent.data.readers import DATASET_FORMATS, Source
from mllmsent.foundation.errors import InputError
from mllmsent.runs import open_folder
from mllmsent.runs.imports import import_run

if TYPE_CHECKING:
    from mllmsent.audit.finding import Finding
    from mllmsent.runs.imports import ImportFormat

__all__ = ["audit_path"]

_MANIFEST = "manifest.json"
_FOLD_FILES = "test_logs_*.csv"


def audit_path(path: str | Path, *, root: str | Path | None = None) -> list[Finding]:
    """Look for every known fault of what is there.

    A folder with a manifest is a run; one with logs of the published layout, and a table that no
    dataset format knows, are predictions, which are imported for this purpose only and left as they
    are; everything else is a dataset.

    Args:
        path: A run folder, a folder of logs, a table of predictions, or whatever `load_dataset`
            takes.
        root: Folder of the files, for a built-in card.

    Returns:
        Findings, the gravest first; empty where nothing is wrong.

    Raises:
        InputError: If it can be read as none of these.
    """
    place = Path(path)
    if place.name == _MANIFEST or (place / _MANIFEST).is_file():
        return audit_run(open_folder(place))
    form = _form_of_predictions(place) if root is None else None
    if form is None:
        try:
            return audit_dataset(load_dataset(path, root=root))
        except InputError as error:
            raise _with_cure(error, error.cure, by_card(place)) from None
    with tempfile.TemporaryDirectory(prefix="mllmsent-audit-") as folder:
        try:
            run = import_run([place], Path(folder) / "run", format=form)
        except InputError as error:
            told = f"Import it first, with `mllmsent import`, and audit the run. {error.cure}"
            raise _with_cure(error, told, by_card(place)) from None
        return audit_run(run)


def _with_cure(error: InputError, *cures: str) -> InputError:
    """The same error with other words on what to do."""
    cure = " ".join(one.strip() for one in cures if one)
    return InputError(error.message, cure=cure, file=error.file, line=error.line, item=error.item)


def _form_of_predictions(path: Path) -> ImportFormat | None:
    """How predictions there are to be imported; None where it is something else."""
    if path.is_dir():
        return "mllmsent-logs" if next(path.rglob(_FOLD_FILES), None) is not None else None
    if path.suffix.lower() not in TABLES or not path.is_file():
        return None
    source = Source(str(path), path, None, {})
    known = any(DATASET_FORMATS.get(name).recognizes(source) for name in DATASET_FORMATS.names())
    return None if known else "table"
