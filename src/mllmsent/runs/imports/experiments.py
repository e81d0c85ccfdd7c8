"""What the names of published experiment folders say: track, describer, classifier, problem, sigma."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from mllmsent.foundation.config import Config, parse_document, read_config
from mllmsent.foundation.errors import InputError
from mllmsent.runs.imports.asking import known_problem
from mllmsent.runs.imports.naming import training_word

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

__all__ = ["Experiment", "find_experiments"]

_NAME = re.compile(
    r"(?P<stem>.+?)(?:-experiments?)?-(?P<problem>p[0-9][a-z+-]*?)(?:-(?:alpha|sigma)(?P<sigma>[0-9]+))?",
    re.IGNORECASE,
)
_TRACK = re.compile(r"exp(?:eriment)?s-(?P<track>.+)", re.IGNORECASE)
_FOLD_FILE = re.compile(r"test_logs_0*([0-9]+)\.csv", re.IGNORECASE)
_CURVE_FILE = re.compile(r"training_logs_0*([0-9]+)\.csv", re.IGNORECASE)
_SUMMARY = "test_logs.csv"

DEEPEST = 8
"""Folders below the one that is given which are looked into."""


class _Layout(Config):
    describers: dict[str, str]
    classifiers: tuple[str, ...]


@dataclass(frozen=True)
class Experiment:
    """One folder of the published layout.

    Attributes:
        folder: The folder.
        track: The track, from the folder it lies in: "finetuning"; empty where that says none.
        training: How the classifier was trained.
        describer: Who described.
        classifier: What read the descriptions.
        problem: The published problem.
        min_agreement: How many annotators had to agree; None where the name does not say.
        folds: Fold to its file of predictions.
        curves: Fold to its file of what was logged during training.
        summary: The file of scores, where there is one.
    """

    folder: Path
    track: str
    training: str
    describer: str
    classifier: str
    problem: str
    min_agreement: int | None
    folds: dict[int, Path]
    curves: dict[int, Path]
    summary: Path | None


@cache
def _layout() -> _Layout:
    text = (files("mllmsent.runs.imports") / "layout.yaml").read_text(encoding="utf-8")
    return read_config(_Layout, parse_document(text, file="layout.yaml"))


def find_experiments(folders: Collection[Path]) -> list[Experiment]:
    """The experiments in some folders: each may be one, its logs, or hold any number of them.

    Raises:
        InputError: If a folder is absent or holds none, or two hold the same experiment.
    """
    found: dict[Path, Path] = {}
    for given in folders:
        if not given.is_dir():
            raise InputError(
                "There is no such folder." if not given.exists() else "This is a file.",
                file=given,
                cure="With --format mllmsent-logs, name folders; without it, files.",
            )
        below = [folder.resolve() for folder in _with_folds(given)]
        if not below:
            raise InputError(
                "No experiment of the published layout is in here.",
                file=given,
                cure="It has folders such as experiments-finetuning/openai-bart-experiment-p3-alpha5 "
                "with logs/test_logs_01.csv in them. For other tables, leave --format out.",
            )
        found |= dict.fromkeys(below, given)
    stems = {match["stem"].lower() for folder in found if (match := _NAME.fullmatch(folder.name))}
    experiments = [_experiment(folder, stems) for folder in sorted(found)]
    seen: dict[tuple[object, ...], Experiment] = {}
    for each in experiments:
        key = (each.training, each.describer, each.classifier, each.problem, each.min_agreement)
        if key in seen:
            raise InputError(
                f"{each.folder.name} and {seen[key].folder.name} are one experiment in two folders.",
                file=each.folder.name,
                cure="Import one of them, or give its track another name.",
            )
        seen[key] = each
    return experiments


def _with_folds(folder: Path) -> Iterator[Path]:
    """Folders of experiments at or below a folder, or above it where it holds their logs."""
    if any(_FOLD_FILE.fullmatch(file.name) for file in folder.iterdir()):
        yield folder.resolve().parent if folder.resolve().name == "logs" else folder
        return
    yield from _below(folder, DEEPEST)


def _below(folder: Path, depth: int) -> Iterator[Path]:
    # Links are not followed: they may lead in circles.
    inside = sorted(path for path in folder.iterdir() if path.is_dir() and not path.is_symlink())
    for path in inside:
        if any(_FOLD_FILE.fullmatch(file.name) for file in path.iterdir()):
            yield folder if path.name == "logs" else path
        elif depth:
            yield from _below(path, depth - 1)


def _experiment(folder: Path, stems: Collection[str]) -> Experiment:
    match = _NAME.fullmatch(folder.name)
    problem = known_problem(match["problem"]) if match else None
    if match is None or problem is None:
        raise InputError(
            "This folder's name does not say which experiment it is.",
            file=f"{folder.parent.name}/{folder.name}",
            cure="The layout has [DESCRIBER-]CLASSIFIER-experiment-PROBLEM-alphaSIGMA, such as "
            "openai-modernbert-experiment-p3-alpha5; problems are p5, p3, p2plus and p2neg.",
        )
    track_match = _TRACK.fullmatch(folder.parent.name)
    track = track_match["track"] if track_match else ""
    describer, classifier = _names(match["stem"], stems)
    layout = _layout()
    logs = folder / "logs" if (folder / "logs").is_dir() else folder
    return Experiment(
        folder=folder,
        track=track,
        training=training_word(track),
        describer=layout.describers.get(describer.lower(), describer),
        classifier=classifier,
        problem=problem,
        min_agreement=int(match["sigma"]) if match["sigma"] else None,
        folds=_numbered(logs, _FOLD_FILE),
        curves=_numbered(logs, _CURVE_FILE),
        summary=logs / _SUMMARY if (logs / _SUMMARY).is_file() else None,
    )


def _names(stem: str, stems: Collection[str]) -> tuple[str, str]:
    """Describer, which may be empty, and classifier."""
    layout, small = _layout(), stem.lower()
    if small in layout.classifiers or "-" not in stem:
        return "", stem
    for classifier in sorted(layout.classifiers, key=len, reverse=True):
        if small.endswith(f"-{classifier}"):
            return stem[: -len(classifier) - 1], stem[-len(classifier) :]
    describer, _, classifier = stem.partition("-")
    # A name that others have a word more in front of is a classifier with a hyphen.
    is_whole = any(other.endswith(f"-{small}") for other in stems)
    if describer.lower() not in layout.describers and is_whole:
        return "", stem
    return describer, classifier


def _numbered(folder: Path, pattern: re.Pattern[str]) -> dict[int, Path]:
    found: dict[int, Path] = {}
    for path in sorted(folder.iterdir()):
        match = pattern.fullmatch(path.name)
        if match is None or not path.is_file():
            continue
        number = int(match[1])
        if number in found:
            raise InputError(
                f"{path.name} and {found[number].name} are both of fold {number}.",
                file=f"{folder.parent.name}/{folder.name}",
                cure="Remove one of them.",
            )
        found[number] = path
    return dict(sorted(found.items()))
