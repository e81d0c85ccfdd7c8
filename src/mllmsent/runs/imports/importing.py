"""Importing, from files to the run folder."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from mllmsent.foundation.errors import InputError, nearest
from mllmsent.runs.imports.asking import CodeTables
from mllmsent.runs.imports.boards import make_boards
from mllmsent.runs.imports.identities import identify
from mllmsent.runs.imports.labels import read_sheets
from mllmsent.runs.imports.logs import read_logs
from mllmsent.runs.imports.named import read_named
from mllmsent.runs.imports.notes import import_notes
from mllmsent.runs.imports.reading import Reading
from mllmsent.runs.imports.tables import make_tables
from mllmsent.runs.imports.writing import check_place, write_import

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mllmsent.runs.folder import RunFolder
    from mllmsent.runs.imports.sheets import Found

__all__ = ["ImportFormat", "import_run"]

ImportFormat = Literal["table", "mllmsent-logs"]
"""What is imported: tables with named columns, or folders in the published layout."""

EMOTION_TARGETS = ("", "evoked", "expressed", "depicted")


def import_run(
    sources: Sequence[str | Path],
    out: str | Path,
    *,
    format: ImportFormat = "table",  # noqa: A002 - the word of the command line
    columns: Mapping[str, str] | None = None,
    scores: Mapping[str, str] | None = None,
    codes: Sequence[str] = (),
    encoding: str = "utf-8",
    delimiter: str | None = None,
    title: str = "",
    emotion_target: str = "",
    skip_unreadable: bool = False,
    progress: Callable[[int, int, str], None] | None = None,
) -> RunFolder:
    """Make a run of predictions that were made elsewhere; see `api.import_predictions`."""
    began = datetime.now(UTC)
    if format not in get_args(ImportFormat):
        raise InputError(
            f"No format is called {format!r}.",
            item="--format",
            cure=nearest(format, get_args(ImportFormat)),
        )
    if emotion_target not in EMOTION_TARGETS:
        raise InputError(
            f"{emotion_target!r} is no emotion target.",
            item="--emotion-target",
            cure=nearest(emotion_target, EMOTION_TARGETS[1:]),
        )
    if not sources:
        raise InputError("There is nothing to import.", cure="Name files or folders.")
    place = Path(out)
    check_place(place)
    found = _read(
        [Path(source) for source in sources],
        format,
        codes=CodeTables(codes),
        reading=Reading(encoding, delimiter),
        columns=columns or {},
        scores=scores or {},
        skip_unreadable=skip_unreadable,
        progress=progress or (lambda *_: None),
    )
    boards = make_boards(identify(read_sheets(found.sheets)))
    # Main boards first, in the order of the files; then those of systems that stand apart.
    boards.sort(key=lambda board: board.is_apart)
    return write_import(
        place,
        found,
        boards,
        make_tables(found, boards),
        notes=import_notes(found, boards),
        title=title,
        emotion_target=emotion_target,
        began=began,
    )


def _read(
    sources: Sequence[Path],
    format: ImportFormat,  # noqa: A002 - as above
    *,
    codes: CodeTables,
    reading: Reading,
    columns: Mapping[str, str],
    scores: Mapping[str, str],
    skip_unreadable: bool,
    progress: Callable[[int, int, str], None],
) -> Found:
    if format == "table":
        return read_named(
            sources,
            codes=codes,
            reading=reading,
            given=columns,
            scores=scores,
            progress=progress,
        )
    return read_logs(
        sources,
        codes=codes,
        reading=reading,
        given=columns,
        progress=progress,
        skip_unreadable=skip_unreadable,
    )
