"""The tables of an imported run, from boards of identified sheets."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.tables import check_table, empty_table
from mllmsent.pathways.system import systems_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from mllmsent.runs.imports.boards import Board
    from mllmsent.runs.imports.sheets import Found

__all__ = ["make_tables"]


def make_tables(found: Found, boards: Sequence[Board]) -> dict[str, pd.DataFrame]:
    """Every table of the run, by name.

    Args:
        found: What was read.
        boards: Its systems on boards, the main ones before those apart.
    """
    rows: dict[str, Iterable[dict[str, Any]]] = {
        "items": [{"item_id": item} for item in _items(boards)],
        "annotations": [],
        "targets": _targets(boards),
        "descriptions": _descriptions(boards),
        "responses": [],
        "predictions": _predictions(boards),
        "readings": [],
        "imported_rows": _imported_rows(boards),
        "imported_claims": [asdict(claim) for claim in found.claims],
        "training_curves": [asdict(point) for point in found.curves],
    }
    tables = {name: _table(name, list(own)) for name, own in rows.items()}
    return tables | {"systems": _systems(boards)}


def _table(name: str, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    return check_table(name, pd.DataFrame(list(rows))) if rows else empty_table(name)


def _items(boards: Sequence[Board]) -> list[str]:
    """Every item once, those of the main boards first."""
    return list(
        dict.fromkeys(item for board in boards for each in board.sheets for item in each.items)
    )


def _targets(boards: Sequence[Board]) -> list[dict[str, Any]]:
    return [
        {
            "item_id": item,
            "scheme": board.scheme.name,
            "annotator_group": "all",
            "min_agreement": board.asked.min_agreement,
            "label": label,
        }
        for board in boards
        for item, label in board.targets.items()
    ]


def _descriptions(boards: Sequence[Board]) -> list[dict[str, Any]]:
    """What was described: where files differ, the first that was read."""
    texts: dict[tuple[str, str], str] = {}
    for board in boards:
        for each in board.sheets:
            system = each.read.sheet.system
            if system.pathway != "described":
                continue
            for item, text in zip(each.items, each.read.sheet.texts, strict=True):
                if text is not None:
                    texts.setdefault((item, system.model or "unknown"), text)
    return [
        {
            "item_id": item,
            "describer": describer,
            "text": text,
            "condition": "none",
            "repeat": 0,
            "strategy": "",
        }
        for (item, describer), text in texts.items()
    ]


def _predictions(boards: Sequence[Board]) -> list[dict[str, Any]]:
    rows = []
    for board in boards:
        repeats: Counter[tuple[str, str]] = Counter()
        for each in board.sheets:
            sheet, system = each.read.sheet, each.read.sheet.system.system_id
            for row, item in enumerate(each.items):
                cell = each.read.labels[row]
                key = (system, item)
                rows.append(
                    {
                        "item_id": item,
                        "system_id": system,
                        "scheme": board.scheme.name,
                        "condition": "none",
                        # An id that a system has twice counts twice, as its score does.
                        "repeat": repeats[key],
                        "status": cell.status,
                        "fold": sheet.fold,
                        "label": cell.label,
                        "scores": sheet.scores[row] if sheet.scores else None,
                        "score_kind": sheet.score_kind or None,
                        "note": cell.note or None,
                    }
                )
                repeats[key] += 1
    return rows


def _imported_rows(boards: Sequence[Board]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for board in boards:
        for each in board.sheets:
            sheet, system = each.read.sheet, each.read.sheet.system.system_id
            rows.extend(
                {
                    "system_id": system,
                    "scheme": board.asked.name,
                    "item_id": each.items[row],
                    "file": sheet.file,
                    "row": place,
                    "fold": sheet.fold,
                    "target": each.read.targets[row],
                    "label": each.read.labels[row].label,
                    "text": sheet.texts[row],
                    "raw_target": sheet.raw_targets[row],
                    "raw_label": sheet.raw_labels[row],
                    "id_from": each.id_from[row],
                }
                for row, place in enumerate(sheet.rows)
            )
    return rows


def _systems(boards: Sequence[Board]) -> pd.DataFrame:
    sheets = [each.read.sheet for board in boards for each in board.sheets]
    table = systems_table(sheet.system for sheet in sheets)
    names = {sheet.system.system_id: sheet.name for sheet in sheets}
    taken = Counter(names.values())
    table["name"] = [
        names[system] if taken[names[system]] == 1 else f"{names[system]} ({system[:6]})"
        for system in table["system_id"]
    ]
    # As in a study: where a classifier was trained in two ways, these are two classifiers to whoever
    # compares models that were asked alike.
    trainings: dict[tuple[str, str], set[str]] = defaultdict(set)
    for sheet in sheets:
        trainings[sheet.asked.name, sheet.system.classifier].add(sheet.system.training)
    several = {classifier for (_, classifier), how in trainings.items() if len(how) > 1}
    table["classifier"] = [
        f"{row['classifier']} {row['training']}".strip()
        if row["classifier"] in several
        else row["classifier"]
        for row in table.to_dict(orient="records")
    ]
    return check_table("systems", table)
