"""What a reader of an imported run must know, in sentences."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mllmsent.runs.imports.boards import Board
    from mllmsent.runs.imports.identities import Identified
    from mllmsent.runs.imports.sheets import Found

__all__ = ["import_notes"]

NAMED = 3
"""So many systems or values are named in one sentence."""


def import_notes(found: Found, boards: Sequence[Board]) -> list[str]:
    """Sentences about what was read and how, most general first."""
    sheets = [each for board in boards for each in board.sheets]
    notes = [
        "Imported: nothing was asked here. What is known of the systems is what their files say."
    ]
    notes += _codes(sheets)
    notes += found.notes
    notes += _unreadable(sheets)
    notes += _ids(sheets)
    notes += _apart(boards)
    notes += _folds(sheets)
    notes += _doubled(boards)
    contradicted = {board.scheme.name: len(board.contradicted) for board in boards}
    notes += [
        f"{scheme}: {_count(number, 'item has', 'items have')} other targets in some files than in "
        "others; what most files say is the truth."
        for scheme, number in contradicted.items()
        if number
    ]
    unscored = sum(target is None for each in sheets for target in each.read.targets)
    if unscored:
        notes.append(f"{_count(unscored, 'row has', 'rows have')} no target and cannot be scored.")
    return notes


def _codes(sheets: Sequence[Identified]) -> list[str]:
    tables = {
        each.read.sheet.asked.problem or each.read.sheet.asked.scheme.name: each.read.sheet.asked
        for each in sheets
    }
    said = [
        f"{name}: " + ", ".join(f"{code} {label}" for code, label in asked.codes.items())
        for name, asked in tables.items()
        if asked.codes
    ]
    return [f"Codes were read as {'; '.join(said)}."] if said else []


def _unreadable(sheets: Sequence[Identified]) -> list[str]:
    wrong = Counter(
        each.read.sheet.raw_labels[row].strip()[:30]
        for each in sheets
        for row, cell in enumerate(each.read.labels)
        if cell.status != "ok"
    )
    if not wrong:
        return []
    words = ", ".join(repr(word) if word else "nothing" for word, _ in wrong.most_common(NAMED))
    more = ", ..." if len(wrong) > NAMED else ""
    how_many = _count(wrong.total(), "answer is no label", "answers are no labels")
    return [f"{how_many}, and wrong as answers: {words}{more}."]


def _ids(sheets: Sequence[Identified]) -> list[str]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for each in sheets:
        for how in each.id_from:
            counts[how][each.read.sheet.name] += 1
    words = {
        "text": "had no id and were recognized by their description",
        "order": "had no id and were recognized by the order of their targets, which is that of "
        "another file",
        "row": "have no id and were recognized by nothing: they are named by file, fold and row",
    }
    return [
        f"{_count(counts[how].total(), 'row', 'rows')} {text} ({_names(counts[how])})."
        for how, text in words.items()
        if counts[how]
    ]


def _apart(boards: Sequence[Board]) -> list[str]:
    return [
        f"{board.scheme.name}: the rows of {_names(_systems(board))} cannot be paired with those of "
        f"the other systems in {board.asked.name}, since "
        + (
            "their items are not known"
            if any("row" in each.id_from for each in board.sheets)
            else "they share no items, or their ids have other targets"
        )
        + ". They are scored by their own targets and compared with "
        + ("each other only." if len(_systems(board)) > 1 else "nobody.")
        for board in boards
        if board.is_apart
    ]


def _folds(sheets: Sequence[Identified]) -> list[str]:
    """Systems that lack folds which others have."""
    there: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for each in sheets:
        sheet = each.read.sheet
        if sheet.fold is not None:
            there[sheet.asked.name][sheet.name].add(sheet.fold)
    notes = []
    for scheme, systems in there.items():
        everywhere = set().union(*systems.values())
        lacking: dict[int, list[str]] = defaultdict(list)
        for name, folds in systems.items():
            if folds < everywhere:
                lacking[len(folds)].append(name)
        notes += [
            f"{scheme}: {_names(names)} {'has' if len(names) == 1 else 'have'} {number} of "
            f"{len(everywhere)} folds, and a score that is the mean of those."
            for number, names in lacking.items()
        ]
    return notes


def _doubled(boards: Sequence[Board]) -> list[str]:
    notes = []
    for board in boards:
        counts = Counter(
            (each.read.sheet.name, item) for each in board.sheets for item in each.items
        )
        doubled = Counter(name for (name, _), count in counts.items() if count > 1)
        if doubled:
            notes.append(
                f"{board.scheme.name}: {_count(doubled.total(), 'item is', 'items are')} there more "
                f"than once in one system ({_names(doubled)}); each row counts."
            )
    return notes


def _systems(board: Board) -> dict[str, None]:
    return dict.fromkeys(each.read.sheet.name for each in board.sheets)


def _names(names: Iterable[str]) -> str:
    own = list(names)
    more = f" and {len(own) - NAMED} more" if len(own) > NAMED else ""
    return ", ".join(own[:NAMED]) + more


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
