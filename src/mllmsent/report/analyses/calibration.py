"""Whether confidence can be trusted: how sure each system was, and how often right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.analysis.calibration.stages import STAGES
from mllmsent.report.analyses.rows import more_in_table, rows_of
from mllmsent.report.figures import draw_reliability
from mllmsent.report.writing import interval, number, percent

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from mllmsent.analysis.found import Found
    from mllmsent.report.figures import Figure
    from mllmsent.report.findings import Board, Findings

__all__ = ["draw"]

MOST_SYSTEMS = 12
"""Plots in one figure; the analysis has all systems."""


def draw(findings: Findings, found: Found, board: Board | None) -> list[Figure]:
    """A reliability diagram of each system of a board that has scores."""
    if board is None or board.dimension:
        return []
    rows, bins = (rows_of(found.tables[name], board) for name in ("calibration", "reliability"))
    if not len(rows):
        return []
    place = {system: number for number, system in enumerate(board.rows["system_id"])}
    ranked = sorted(
        rows.to_dict(orient="records"),
        key=lambda row: place.get(row["system_id"], len(place)),
    )
    shown = ranked[:MOST_SYSTEMS]
    left_out = len(ranked) - len(shown)
    more = more_in_table(left_out)
    return [
        draw_reliability(
            bins[bins["system_id"].isin([row["system_id"] for row in shown])],
            systems=[findings.names[row["system_id"]] for row in shown],
            stages=STAGES,
            notes=[_note(row) for row in shown],
            name=f"calibration-{board.anchor}",
            title=board.title,
            caption="From left to right how sure a system was of its answer, upwards how often such "
            "answers are right; on the broken line they are as often right as sure. Bins of "
            f"equally many answers, with {percent(findings.resampling.level)} intervals; the strip "
            "below shows where most answers lie. Rings: after a temperature that was fitted on "
            f"other items.{more}",
        )
    ]


def _note(row: Mapping[Any, Any]) -> str:
    span = interval(row["rmsce_low"], row["rmsce_high"])
    without = f"; without chance {number(row['rmsce'])}{f' ({span})' if span else ''}"
    return (
        f"{str(row['scores']).capitalize()}. ECE {number(row['ece'])}, by chance "
        f"{number(row['ece_by_chance'])}{without}"
    )
