"""Tables with named columns: a row per answer, of any systems, schemes and folds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mllmsent.data.problems import problem_names
from mllmsent.data.raw_table import parse_number
from mllmsent.foundation.errors import InputError, nearest
from mllmsent.pathways.system import System
from mllmsent.runs.imports.asking import CodeTables, asked_for, known_problem, named_scheme
from mllmsent.runs.imports.columns import ROLES, Choice, columns_of
from mllmsent.runs.imports.naming import system_name, training_word
from mllmsent.runs.imports.reading import (
    Reading,
    cells,
    read_table,
    relative_names,
    source_of,
)
from mllmsent.runs.imports.score_columns import score_columns
from mllmsent.runs.imports.sheets import Asked, Found, Sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from mllmsent.data.raw_table import RawTable

__all__ = ["read_named"]

PATHWAYS = ("direct", "described", "scene")

_PARTS = ("system", "model", "describer", "classifier", "training", "pathway")
_ASKED = ("problem", "scheme", "min_agreement")
_LAST_NUMBER = re.compile(r"([0-9]+)\D*$")


@dataclass(frozen=True)
class _Table:
    """A table with its columns found."""

    raw: RawTable
    name: str
    stem: str
    choices: Mapping[str, Choice]

    def cells(self, role: str) -> list[str]:
        """The role's cell of each row without spaces around it, or its one value for every row."""
        choice = self.choices.get(role, Choice(None))
        if choice.column is None:
            return [choice.value] * len(self.raw)
        return [cell.strip() for cell in self.written(role)]

    def written(self, role: str) -> list[str]:
        """The role's cell of each row, as it is written."""
        return cells(self.raw, self.column(role) or None)

    def column(self, role: str) -> str:
        """The role's column; empty where it has none."""
        return self.choices.get(role, Choice(None)).column or ""

    def error(self, role: str, row: int, message: str, cure: str) -> InputError:
        """An error about a cell, or about the option whose value it is."""
        choice = self.choices[role]
        if choice.column is None:
            return InputError(message, item=f"--{role.replace('_', '-')}", cure=cure)
        return self.raw.error(row, f"Column {choice.column!r}: {message}", cure=cure)


def read_named(
    paths: Sequence[Path],
    *,
    codes: CodeTables,
    reading: Reading,
    given: Mapping[str, str],
    scores: Mapping[str, str],
    progress: Callable[[int, int, str], None],
) -> Found:
    """Read tables with named columns.

    Args:
        paths: The files.
        codes: What codes stand for.
        reading: How files are read.
        given: Role to what the user says of it; see `columns.columns_of`.
        scores: Label to the column of its score.
        progress: Is told how many files are done, of how many, and which is next.

    Raises:
        InputError: If a file cannot be read, or a column is not found.
    """
    unknown = sorted(set(given) - set(ROLES))
    if unknown:
        raise InputError(f"Nothing is called {unknown[0]!r}.", cure=nearest(unknown[0], ROLES))
    own = list(dict.fromkeys(path.resolve() for path in paths))
    for path in own:
        if path.is_dir():
            raise InputError(
                "This is a folder; a table is needed.",
                file=path.name,
                cure="Name its files, or say --format mllmsent-logs for the published layout.",
            )
    names = relative_names(own)
    sheets: list[Sheet] = []
    sources: list[dict[str, Any]] = []
    notes: list[str] = []
    read_as: dict[str, str] = {}
    for done, path in enumerate(own):
        progress(done, len(own), names[path])
        raw = read_table(path, names[path], reading)
        choices = columns_of(list(raw.columns), given, file=names[path])
        table = _Table(raw, names[path], path.stem, choices)
        found, said = _sheets(table, codes, scores)
        sheets += found
        notes += said
        roles = {role: choice.column or f"={choice.value}" for role, choice in choices.items()}
        read_as = read_as or roles
        sources.append({**source_of(path, names[path]), "columns": roles})
    progress(len(own), len(own), "")
    if len({tuple(source["columns"].items()) for source in sources}) > 1:
        notes.append("The files have other columns each; the manifest says how each was read.")
    return Found("table", sheets, (), (), sources, list(dict.fromkeys(notes)), read_as)


def _sheets(
    table: _Table, codes: CodeTables, scores: Mapping[str, str]
) -> tuple[list[Sheet], list[str]]:
    """The rows of each system, scheme and fold."""
    parts = list(zip(*(table.cells(role) for role in _PARTS), strict=True))
    asked_cells = list(zip(*(table.cells(role) for role in _ASKED), strict=True))
    folds = _folds(table)
    notes: list[str] = []
    askeds: dict[tuple[str, ...], Asked] = {}
    systems: dict[tuple[str, ...], System] = {}
    rows: dict[tuple[tuple[str, ...], tuple[str, ...], int | None], list[int]] = {}
    for row, key in enumerate(zip(parts, asked_cells, folds, strict=True)):
        own = rows.get(key)
        if own is None:
            own = rows[key] = []
            if key[1] not in askeds:
                askeds[key[1]], said = _asked(table, row, key[1], codes)
                notes += said
            if key[0] not in systems:
                systems[key[0]] = _system(table, row, dict(zip(_PARTS, key[0], strict=True)))
        own.append(row)
    ids, texts = table.cells("id"), table.written("text")
    labels, targets = table.written("label"), table.written("target")
    by_scheme = {
        asked.name: score_columns(table.raw, asked.scheme, scores) for asked in askeds.values()
    }
    sheets = []
    for (part, asked_key, fold), own in rows.items():
        asked = askeds[asked_key]
        maps, kind = by_scheme[asked.name]
        system = systems[part]
        sheets.append(
            Sheet(
                system=system,
                name=part[0] or system_name(system),
                asked=asked,
                fold=fold,
                file=table.name,
                unit=table.raw.unit,
                rows=[table.raw.places[row][1] for row in own],
                ids=[ids[row] or None for row in own],
                raw_labels=[labels[row] for row in own],
                raw_targets=[targets[row] for row in own],
                texts=[texts[row] if texts[row].strip() else None for row in own],
                scores=[maps[row] for row in own] if maps else (),
                score_kind=kind,
                label_column=table.column("label"),
                target_column=table.column("target"),
            )
        )
    return sheets, notes


def _folds(table: _Table) -> list[int | None]:
    folds: list[int | None] = []
    known: dict[str, int | None] = {"": None}
    for row, cell in enumerate(table.cells("fold")):
        if cell not in known:
            number = parse_number(cell)
            last = _LAST_NUMBER.search(cell)
            if number is not None and number.is_integer():
                known[cell] = int(number)
            elif number is None and last is not None:
                known[cell] = int(last[1])
            else:
                raise table.error(
                    "fold",
                    row,
                    f"{cell[:40]!r} is the number of no fold.",
                    "Name the column of folds, --fold COLUMN, or say --fold = where there are none.",
                )
        folds.append(known[cell])
    return folds


def _asked(
    table: _Table, row: int, key: tuple[str, ...], codes: CodeTables
) -> tuple[Asked, list[str]]:
    problem_cell, scheme_cell, agreement_cell = key
    agreement = None
    if agreement_cell:
        number = parse_number(agreement_cell)
        if number is None or not number.is_integer() or number < 1:
            raise table.error(
                "min_agreement",
                row,
                f"{agreement_cell[:40]!r} is no number of annotators.",
                "Write a whole number, 1 or more, or --min-agreement = where nothing is said of it.",
            )
        agreement = int(number)
    problem = ""
    if problem_cell:
        known = known_problem(problem_cell)
        if known is None:
            raise table.error(
                "problem",
                row,
                f"No published problem is called {problem_cell[:40]!r}.",
                f"Known: {', '.join(problem_names())}. Say --problem = and the scheme's name, "
                "--scheme, for any other labels.",
            )
        problem = known
    if not problem and not scheme_cell:
        raise InputError(
            "In which labels these answers are is not said.",
            file=table.name,
            item=f"columns {', '.join(repr(name) for name in list(table.raw.columns)[:40])}",
            cure="Say --scheme NAME (`mllmsent schemes list` has the names) or --problem P3, or name "
            "the column that holds it.",
        )
    # A problem has a scheme of its own; a column that also names it adds nothing.
    scheme = named_scheme(scheme_cell, file=table.name) if not problem else None
    return asked_for(codes, problem=problem, scheme=scheme, min_agreement=agreement)


def _system(table: _Table, row: int, part: Mapping[str, str]) -> System:
    pathway = part["pathway"].lower()
    describes = bool(part["describer"] or part["classifier"]) or "text" in table.choices
    if not pathway:
        pathway = "described" if describes else "direct"
    if pathway not in PATHWAYS:
        raise table.error(
            "pathway",
            row,
            f"No pathway is called {pathway[:40]!r}.",
            nearest(pathway, PATHWAYS),
        )
    model, classifier = part["describer"] or part["model"], part["classifier"]
    if part["describer"] and part["model"] and not classifier:
        # Beside who described, what is called the model is what read the descriptions.
        classifier = part["model"]
    if not model and not classifier:
        model = part["system"] or table.stem
    named = {"system": part["system"]} if part["system"] and part["system"] != model else {}
    return System(
        pathway=pathway,
        model=model,
        settings=named,
        classifier=classifier,
        training=training_word(part["training"]),
    )
