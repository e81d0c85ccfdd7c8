"""The published layout: folders of experiments, each with a file of predictions per fold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mllmsent.data.raw_table import parse_number
from mllmsent.foundation.digest import json_digest
from mllmsent.foundation.errors import InputError
from mllmsent.pathways.system import System
from mllmsent.runs.imports.asking import CodeTables, asked_for
from mllmsent.runs.imports.columns import columns_of
from mllmsent.runs.imports.experiments import find_experiments
from mllmsent.runs.imports.naming import system_name
from mllmsent.runs.imports.reading import (
    Reading,
    cells,
    read_table,
    relative_names,
    source_of,
)
from mllmsent.runs.imports.sheets import Asked, Claim, CurvePoint, Found, Sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from mllmsent.runs.imports.experiments import Experiment

__all__ = ["read_logs"]

_FOLD_COLUMNS = ("kfold", "fold", "k")
_NO_SCORE = ("time",)
_SPLITS = {"train": "train", "training": "train", "val": "validation", "validation": "validation",
           "valid": "validation", "test": "test"}  # fmt: skip


def read_logs(
    folders: Sequence[Path],
    *,
    codes: CodeTables,
    reading: Reading,
    given: Mapping[str, str],
    progress: Callable[[int, int, str], None],
    skip_unreadable: bool = False,
) -> Found:
    """Read every experiment in some folders.

    Args:
        folders: Experiments, or folders that hold any number of them.
        codes: What codes stand for.
        reading: How files are read.
        given: Role to column, where a file's columns are not called as usual.
        progress: Is told how many files are done, of how many, and which is next.
        skip_unreadable: Whether files of predictions that cannot be read are left out.

    Raises:
        InputError: If there is no experiment, or a file of predictions cannot be read.
    """
    experiments = find_experiments(folders)
    files = [path for each in experiments for path in _files(each)]
    names = _names(experiments, files)
    done = _Done(progress, len(files))
    sheets: list[Sheet] = []
    claims: list[Claim] = []
    curves: list[CurvePoint] = []
    sources: list[dict[str, Any]] = []
    notes: list[str] = []
    for each in experiments:
        asked, said = asked_for(codes, problem=each.problem, min_agreement=each.min_agreement)
        notes += said
        own = _Files(_system(each), asked, reading, given)
        for fold, path in each.folds.items():
            done.begins(names[path])
            try:
                sheets.append(_sheet(path, names[path], fold, own))
            except InputError as error:
                if not skip_unreadable:
                    raise
                notes.append(f"Left out, since it cannot be read: {error}.".replace("\n", " "))
        if each.summary is not None:
            done.begins(names[each.summary])
            found, said = _claims(each.summary, names[each.summary], own)
            claims += found
            notes += said
        for fold, path in each.curves.items():
            done.begins(names[path])
            points, said = _curve(path, names[path], fold, own)
            curves += points
            notes += said
        sources.append(_source(each, names))
    done.ends()
    if not sheets:
        raise InputError("No file of predictions could be read.", cure=notes[0] if notes else "")
    return Found("mllmsent-logs", sheets, claims, curves, sources, list(dict.fromkeys(notes)))


@dataclass(frozen=True, slots=True)
class _Files:
    """What all files of one experiment have in common."""

    system: System
    asked: Asked
    reading: Reading
    given: Mapping[str, str]


class _Done:
    """Counts files for whoever watches."""

    def __init__(self, progress: Callable[[int, int, str], None], total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def begins(self, name: str) -> None:
        self._progress(self._done, self._total, name)
        self._done += 1

    def ends(self) -> None:
        self._progress(self._total, self._total, "")


def _files(each: Experiment) -> list[Path]:
    summary = [] if each.summary is None else [each.summary]
    return [*each.folds.values(), *summary, *each.curves.values()]


def _names(experiments: Sequence[Experiment], files: Sequence[Path]) -> dict[Path, str]:
    """Files relative to the folder that holds all tracks."""
    # As if each track had a file beside its experiments' folders: its name stays in the path.
    anchors = [each.folder.parent for each in experiments]
    named = relative_names([*files, *anchors])
    return {file: named[file] for file in files}


def _system(each: Experiment) -> System:
    return System(
        pathway="described",
        model=each.describer,
        classifier=each.classifier,
        training=each.training,
    )


def _sheet(path: Path, name: str, fold: int, own: _Files) -> Sheet:
    table = read_table(path, name, own.reading)
    chosen = columns_of(list(table.columns), own.given, file=name)
    column = {role: choice.column for role, choice in chosen.items()}
    return Sheet(
        system=own.system,
        name=system_name(own.system),
        asked=own.asked,
        fold=fold,
        file=name,
        unit=table.unit,
        rows=[line for _, line in table.places],
        ids=[cell.strip() or None for cell in cells(table, column.get("id"))],
        raw_labels=cells(table, column["label"]),
        raw_targets=cells(table, column.get("target")),
        texts=[cell if cell.strip() else None for cell in cells(table, column.get("text"))],
        label_column=column["label"] or "",
        target_column=column.get("target") or "",
    )


def _claims(path: Path, name: str, own: _Files) -> tuple[list[Claim], list[str]]:
    """The scores of a summary; what cannot be read of it is told, and is no reason to stop."""
    try:
        table = read_table(path, name, own.reading)
    except InputError as error:
        return [], [_unread("scores", error)]
    small = {column.strip().lower(): column for column in table.columns}
    fold_column = next((small[word] for word in _FOLD_COLUMNS if word in small), None)
    folds = cells(table, fold_column)
    claims = []
    for word, column in small.items():
        if column == fold_column or word in _NO_SCORE:
            continue
        for row, cell in enumerate(cells(table, column)):
            value, fold = parse_number(cell.strip()), parse_number(folds[row].strip())
            if value is not None:
                claims.append(
                    Claim(
                        own.system.system_id,
                        own.asked.name,
                        None if fold is None else int(fold),
                        _metric(word),
                        value,
                        name,
                        table.places[row][1],
                    )
                )
    return claims, [] if claims else [f"{name} holds no score that can be read."]


def _curve(path: Path, name: str, fold: int, own: _Files) -> tuple[list[CurvePoint], list[str]]:
    try:
        table = read_table(path, name, own.reading)
    except InputError as error:
        return [], [_unread("training curves", error)]
    small = {column.strip().lower(): column for column in table.columns}
    epochs = [parse_number(cell.strip()) for cell in cells(table, small.get("epoch"))]
    points = []
    for word, column in small.items():
        first, _, metric = word.partition("_")
        if first not in _SPLITS or not metric:
            continue
        for row, cell in enumerate(cells(table, column)):
            value, epoch = parse_number(cell.strip()), epochs[row]
            if value is None:
                continue
            number = row + 1 if epoch is None else int(epoch)
            points.append(
                CurvePoint(
                    own.system.system_id,
                    own.asked.name,
                    fold,
                    number,
                    _SPLITS[first],
                    _metric(metric),
                    value,
                    name,
                )
            )
    return points, [] if points else [f"{name} holds no training curve that can be read."]


def _metric(word: str) -> str:
    return "_".join(word.replace("-", " ").replace("_", " ").split())


def _unread(what: str, error: InputError) -> str:
    place = str(error.file) if error.line is None else f"{error.file}:{error.line}"
    return f"The {what} of {place} could not be read: {error.message}"


def _source(each: Experiment, names: Mapping[Path, str]) -> dict[str, Any]:
    files = [source_of(path, names[path]) for path in _files(each)]
    first = names[next(iter(each.folds.values()))]
    return {
        "path": first.rpartition("/logs/")[0] or first.rpartition("/")[0],
        "describer": each.describer,
        "classifier": each.classifier,
        "track": each.track,
        "problem": each.problem,
        "min_agreement": each.min_agreement,
        "folds": list(each.folds),
        "files": len(files),
        "digest": json_digest(files, length=16),
    }
