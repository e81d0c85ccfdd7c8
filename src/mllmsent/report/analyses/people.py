"""How near the systems come to people: beside a person, to their soft labels, and in their doubts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.analysis.people.words import shown_distance
from mllmsent.metrics import get_metric
from mllmsent.metrics.distribution_distances import DISTRIBUTION_DISTANCES
from mllmsent.report.analyses.dots import MOST_SYSTEMS, beside_dot, left_out, system_dot
from mllmsent.report.analyses.rows import rows_of
from mllmsent.report.figures import draw_intervals
from mllmsent.report.writing import percent

if TYPE_CHECKING:
    import pandas as pd

    from mllmsent.analysis.found import Found
    from mllmsent.report.figures import Figure
    from mllmsent.report.findings import Board, Findings

__all__ = ["draw"]


def draw(findings: Findings, found: Found, board: Board | None) -> list[Figure]:
    """Dots for the ceiling, the distances and the doubts of a board, each where there are any."""
    if board is None:
        return []
    figures = []
    ceiling = rows_of(found.tables["ceiling"], board)
    if len(ceiling):
        figures.append(_ceiling(findings, board, ceiling))
    distances = found.tables["distances"]
    distances = distances[distances["scheme"] == board.scheme.name]
    if len(distances) and not board.dimension:
        figures.append(_distances(findings, board, distances))
    doubts = rows_of(found.tables["hesitation"], board)
    doubts = doubts[doubts["rho"].notna()]
    if len(doubts):
        figures.append(_doubts(findings, board, doubts))
    return figures


def _ceiling(findings: Findings, board: Board, rows: pd.DataFrame) -> Figure:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    first = rows["metric"].iloc[0]
    shown = board.metric.name if board.metric.name in set(rows["metric"]) else first
    metric = get_metric(shown)
    rows = rows[rows["metric"] == shown].sort_values(
        "value", ascending=not metric.higher_is_better, kind="stable"
    )
    # Systems may have answered some items each; the line is that of whom most items are known.
    person = _records(rows.sort_values("n_items", ascending=False, kind="stable"))[0]
    dots = [system_dot(findings.names[row["system_id"]], row, "value") for row in _records(rows)]
    dots.append(beside_dot("a person", person, "person", "person_"))
    better = "more" if metric.higher_is_better else "less"
    return draw_intervals(
        pd.DataFrame(dots),
        name=f"people-ceiling-{board.anchor}",
        title=f"{board.title}: systems and a person against what the others say",
        caption=f"{metric.title}; {better} is better. The line is a person held against the others of "
        "each item, systems are held against the same. Lines are "
        f"{percent(findings.resampling.level)} intervals.{left_out(len(rows))}",
        ends=(0.0, 1.0) if metric.higher_is_better else (0.0, 0.0),
    )


def _distances(findings: Findings, board: Board, rows: pd.DataFrame) -> Figure:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    shown = shown_distance(_all(rows))
    rows = rows[rows["distance"] == shown]
    is_halved = bool((rows["n_halved"] > 0).any())
    column, prefix = ("to_half", "to_half_") if is_halved else ("value", "")
    systems = rows[rows["system_id"].notna()].sort_values(column, kind="stable")
    dots = [
        system_dot(findings.names[row["system_id"]], row, column, prefix, detail=row["source"])
        for row in _records(systems)
    ]
    dots += [
        beside_dot(row["system"], row, column, prefix)
        for row in _all(rows[rows["system_id"].isna()])
    ]
    people, line = (
        ("a random half of each item's people", "the other half's")
        if is_halved
        else ("the shares of people's votes", "what takes no look")
    )
    ranks = ", in ranks," if shown == "earth_movers" else ""
    return draw_intervals(
        pd.DataFrame(dots),
        name=f"people-distances-{board.anchor}",
        title=f"{board.title}: distance from the spread of people's votes",
        caption=f"{DISTRIBUTION_DISTANCES[shown].title} distance{ranks} from {people}; less is "
        f"nearer. The line is {line}. Lines are {percent(findings.resampling.level)} intervals."
        f"{left_out(len(systems))}",
        ends=(0.0, 0.0),
    )


def _doubts(findings: Findings, board: Board, rows: pd.DataFrame) -> Figure:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    rows = rows.sort_values("rho", ascending=False, kind="stable")
    dots = [
        system_dot(findings.names[row["system_id"]], row, "rho", detail=row["measure"])
        for row in _records(rows)
    ]
    return draw_intervals(
        pd.DataFrame(dots),
        name=f"people-doubts-{board.anchor}",
        title=f"{board.title}: do systems hesitate where people disagree?",
        caption="Rank correlation over items of a system's hesitation with people's disagreement; 0 "
        f"is none. Lines are {percent(findings.resampling.level)} intervals.{left_out(len(rows))}",
        ends=(0.0, 0.0),
    )


def _records(rows: pd.DataFrame) -> list[dict[Any, Any]]:
    return _all(rows.head(MOST_SYSTEMS))


def _all(rows: pd.DataFrame) -> list[dict[Any, Any]]:
    return rows.to_dict(orient="records")
