"""An imported run on disk: an ordinary run folder, with a manifest that says it was imported."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mllmsent.affect import dump_scheme
from mllmsent.data import Protocol
from mllmsent.foundation.digest import json_digest
from mllmsent.foundation.errors import InputError
from mllmsent.foundation.version import __version__
from mllmsent.runs.folder import MANIFEST, RunFolder, claimed, open_folder
from mllmsent.runs.study import Study
from mllmsent.runs.study_data import DatasetChoice, FoldChoice, SchemeChoice
from mllmsent.runs.study_models import ClassifierChoice, ModelChoice

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from mllmsent.pathways.system import System
    from mllmsent.runs.imports.boards import Board
    from mllmsent.runs.imports.sheets import Found

__all__ = ["check_place", "write_import"]

METRIC = "macro_f1"
"""What systems are ranked by, as in any run; weighted F1 over folds stands beside it."""


def check_place(out: Path) -> None:
    """Refuse a place that holds anything but an import.

    Raises:
        InputError: If there is a run that was asked, or something that is no run at all.
    """
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not out.is_dir():
        raise InputError("This is a file, not a folder.", file=out, cure="Name another --out.")
    if not (out / MANIFEST).exists():
        raise InputError(
            "This folder has other things in it.", file=out, cure="Name another --out."
        )
    if "imported" not in open_folder(out).manifest:
        raise InputError(
            "There is a run here that was not imported; it stays as it is.",
            file=out,
            cure="Name another --out.",
        )


def write_import(
    out: Path,
    found: Found,
    boards: Sequence[Board],
    tables: Mapping[str, pd.DataFrame],
    *,
    notes: Sequence[str],
    title: str,
    emotion_target: str,
    began: datetime,
) -> RunFolder:
    """Write the run folder.

    Args:
        out: The folder; see `check_place`.
        found: What was read.
        boards: Its systems on boards.
        tables: The run's tables.
        notes: What a reader must know.
        title: What the predictions are of.
        emotion_target: "evoked", "expressed", "depicted", or empty where it is not known.
        began: When the import began.

    Raises:
        InputError: If it cannot be written.
    """
    digest = json_digest([dict(source) for source in found.sources])
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", out.resolve().name).strip("-._")[:80] or "import"
    study = _study(name, title, boards)
    manifest = {
        "mllmsent": __version__,
        "created_at": began.isoformat(),
        "finished_at": datetime.now(UTC).isoformat(),
        "status": "complete",
        "imported": {
            "format": found.format,
            "sources": [dict(source) for source in found.sources],
            "digest": digest,
        },
        "dataset": {
            "name": name,
            "version": digest[:12],
            "title": title or name,
            "root": ".",
            "digest": digest,
            "synthetic": False,
            "emotion_target": emotion_target,
            "license": "",
            "citation": "",
            "n_items": len(tables["items"]),
        },
        "schemes": {board.scheme.name: dump_scheme(board.scheme) for board in boards},
        "protocols": {
            board.scheme.name: _protocol(board, name, digest).as_dict()
            | {"problem": board.asked.problem or None}
            for board in boards
        },
        "models": {
            model: {"identity": {}, "note": "imported"}
            for model in dict.fromkeys(system.model for system in _systems(boards) if system.model)
        },
        "strategies": {},
        "conditions": ["none"],
        "seed": study.seed,
        "notes": list(notes),
    }
    with claimed(out):
        folder = RunFolder(out)
        folder.write(study, manifest, tables)
    return folder


def _study(name: str, title: str, boards: Sequence[Board]) -> Study:
    """What an imported run says of itself where others have the study that was asked."""
    systems = _systems(boards)
    folds = _fold_numbers(boards)
    pathways = dict.fromkeys(system.pathway for system in systems)
    models = dict.fromkeys(s.model or s.name for s in systems if s.pathway != "described")
    describers = dict.fromkeys(s.model or "unknown" for s in systems if s.pathway == "described")
    classifiers = dict.fromkeys(s.classifier for s in systems if s.classifier)
    described: dict[str, Any] = {}
    if "described" in pathways:
        described["describers"] = tuple(f"dataset/{describer}" for describer in describers)
        # Where no reader of the descriptions is named, there was one all the same.
        described["classifiers"] = tuple(
            ClassifierChoice(model=classifier) for classifier in classifiers or ("unknown",)
        )
    return Study(
        name=name,
        title=title,
        note="These predictions were made elsewhere and imported.",
        dataset=DatasetChoice(source=name),
        schemes=tuple(
            SchemeChoice(problem=board.asked.problem, min_agreement=board.asked.min_agreement)
            if board.asked.problem
            else SchemeChoice(
                scheme=board.asked.scheme.name, min_agreement=board.asked.min_agreement
            )
            for board in boards
        ),
        models=tuple(
            ModelChoice(model=model if "/" in model else f"imported/{model}", name=model)
            for model in models
        ),
        pathways=tuple(pathways),
        folds=FoldChoice(kind="published", n=max(2, len(folds))) if folds else FoldChoice(),
        **described,
    )


def _protocol(board: Board, name: str, digest: str) -> Protocol:
    asked = board.asked
    folds = sorted(
        {
            (item, each.read.sheet.fold)
            for each in board.sheets
            if each.read.sheet.fold is not None
            for item in each.items
        }
    )
    numbers = {fold for _, fold in folds}
    agreement = "" if asked.min_agreement is None else f" min_agreement {asked.min_agreement}"
    return Protocol(
        name=f"{name} {asked.problem or asked.scheme.name}{agreement}",
        version="1",
        dataset=f"{name} {digest[:12]}",
        dataset_digest=digest,
        items=tuple(board.targets),
        scheme_digest=asked.scheme.digest(),
        targets={
            "scheme": asked.scheme.name,
            "problem": asked.problem or None,
            "min_agreement": asked.min_agreement,
            "imported": True,
        },
        targets_digest=json_digest(sorted(board.targets.items()), length=16),
        min_agreement=asked.min_agreement,
        folds={"kind": "published", "n": len(numbers)} if numbers else None,
        folds_digest=json_digest(folds, length=16) if folds else "",
        metric=METRIC,
    )


def _systems(boards: Sequence[Board]) -> list[System]:
    found = {
        each.read.sheet.system.system_id: each.read.sheet.system
        for board in boards
        for each in board.sheets
    }
    return list(found.values())


def _fold_numbers(boards: Sequence[Board]) -> set[int]:
    return {
        each.read.sheet.fold
        for board in boards
        for each in board.sheets
        if each.read.sheet.fold is not None
    }
