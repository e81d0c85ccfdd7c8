"""How strongly systems feel: how answers are divided, and where that is otherwise than in people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.analysis.intensity.levels import ZONES
from mllmsent.report.analyses.rows import more_in_table, rows_of
from mllmsent.report.figures import draw_intervals, draw_stacks
from mllmsent.report.naming import SystemName
from mllmsent.report.writing import percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from mllmsent.analysis.found import Found
    from mllmsent.report.figures import Figure
    from mllmsent.report.findings import Board, Findings

__all__ = ["draw"]

MOST_SYSTEMS = 16
"""Systems in one figure; the analysis has them all."""

TONES = {
    "extreme": "var(--accent)",
    "mild": "color-mix(in oklab, var(--accent) 45%, var(--between))",
    "neutral": "var(--neutral)",
}

VOTES = "votes"


def draw(findings: Findings, found: Found, board: Board | None) -> list[Figure]:
    """Zones of intensity and extremity bias; without intensity, how far answers lie from people's."""
    if board is None:
        return []
    tables = {name: rows_of(table, board) for name, table in found.tables.items()}
    place = {system: number for number, system in enumerate(board.rows["system_id"])}
    known = sorted(
        dict.fromkeys(tables["distances"]["system_id"]),
        key=lambda system: place.get(system, len(place)),
    )
    if not known:
        return []
    shown, left_out = known[:MOST_SYSTEMS], len(known[MOST_SYSTEMS:])
    more = more_in_table(left_out)
    level = percent(findings.resampling.level)
    if not len(tables["extremity"]):
        return [
            _distances(findings, tables["distances"], shown, board, f"{level} intervals.{more}")
        ]
    return [
        _zones(findings, tables["shares"], shown, board, more),
        _extremity(findings, tables["extremity"], shown, board, f"{level} intervals.{more}"),
    ]


def _zones(
    findings: Findings, shares: pd.DataFrame, shown: Sequence[str], board: Board, more: str
) -> Figure:
    rows = shares[shares["of"] == "zones"]
    people = rows[rows["who"] == "targets"]
    there = [zone for zone in ZONES if rows.loc[rows["level"] == zone, "count"].sum()]
    systems = [findings.names[system] for system in shown]
    votes = rows[rows["who"] == VOTES].assign(system_id=VOTES)
    single = "ratings" if board.dimension else "votes"
    if len(votes):
        # Shares of each item's votes add up to no whole number.
        votes["count"] = votes["count"].round()
        systems.insert(0, SystemName(VOTES, "", f"Their single {single}", "other"))
    table = _concat([rows[rows["system_id"].isin(list(shown))], votes])
    return draw_stacks(
        table.rename(columns={"level": "label"}),
        systems=systems,
        labels=there,
        tones=TONES,
        name=f"intensity-{board.anchor}",
        title=f"{board.title}: how strong",
        caption=f"{_zone_words(board)} Of answers that could be read.{more}",
        people=dict(zip(people["level"], people["count"], strict=True)),
    )


def _zone_words(board: Board) -> str:
    if not board.dimension:
        scheme = board.scheme
        ends = f"{scheme.label_names[0]} and {scheme.label_names[-1]}"
        if len(scheme.labels) == 3:
            return f"Extreme: {ends}."
        return f"Extreme: {ends}. Mild: what lies between them and {scheme.neutral}."
    if board.dimension == "intensity":
        return "Extreme and neutral are the highest and the lowest quarter of the scale."
    return (
        "Extreme: from three quarters of the way to an end of the scale on. Neutral: less than a "
        "quarter of the way from its middle."
    )


def _extremity(
    findings: Findings, extremity: pd.DataFrame, shown: Sequence[str], board: Board, more: str
) -> Figure:
    rows = [
        _row(
            findings.names[system],
            row["extreme_difference"],
            row["extreme_low"],
            row["extreme_high"],
            found=row["extreme_p_holm"] <= 1 - findings.resampling.level,
        )
        for system, row in _by_system(extremity, shown)
    ]
    return draw_intervals(
        _frame([*rows, _as_people()]),
        name=f"extremity-{board.anchor}",
        title=f"{board.title}: more or less often extreme than people",
        caption="Share of extreme answers less that of people's, who are their "
        f"{'mean ratings' if board.dimension else 'majority labels'}. {more} A finding: beyond "
        "what swapping the system's and people's answers explains, corrected for all tests.",
        ends=(-0.1, 0.1),
    )


def _distances(
    findings: Findings, distances: pd.DataFrame, shown: Sequence[str], board: Board, more: str
) -> Figure:
    has_order = bool(distances["unit"].iloc[0])
    column = "wasserstein_share" if has_order else "js"
    what = (
        "How far answers would have to be moved to be distributed as people's, as a share of the "
        "scale (Wasserstein)."
        if has_order
        else "Jensen-Shannon distance of the labels' shares from people's, 0 to 1."
    )
    rows = [
        _row(
            findings.names[system],
            row[column],
            row[f"{column}_low"],
            row[f"{column}_high"],
            found=row["p_holm"] <= 1 - findings.resampling.level,
        )
        for system, row in _by_system(distances, shown)
    ]
    return draw_intervals(
        _frame(rows),
        name=f"intensity-{board.anchor}",
        title=f"{board.title}: distance from people's distribution",
        caption=f"{what} {more} A distance is above 0 by chance too; a finding is one beyond what "
        "swapping the system's and people's answers explains, corrected for all tests.",
        ends=(0.0, 0.1),
    )


def _by_system(table: pd.DataFrame, shown: Sequence[str]) -> list[tuple[str, dict[Any, Any]]]:
    """The row against the targets of each system, the answers' before their intensity's."""
    rows = table[table["against"] == "targets"].drop_duplicates("system_id")
    known = {row["system_id"]: row for row in rows.to_dict(orient="records")}
    return [(system, known[system]) for system in shown]


def _row(name: SystemName, value: float, low: float, high: float, *, found: bool) -> dict[str, Any]:
    return {
        "model": name.model,
        "detail": name.detail,
        "mark": name.mark,
        "note": "finding" if found else "",
        "value": value,
        "low": low,
        "high": high,
        "letters": "",
        "is_baseline": False,
    }


def _as_people() -> dict[str, Any]:
    nan = float("nan")
    name = SystemName("", "", "as often as people", "other")
    return _row(name, 0.0, nan, nan, found=False) | {"is_baseline": True}


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    return pd.DataFrame(rows)


def _concat(parts: list[pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    return pd.concat(parts, ignore_index=True)
