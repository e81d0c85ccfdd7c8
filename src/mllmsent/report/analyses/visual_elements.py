"""What moves people and what moves models: a matrix of correlations, differences, and changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.analysis.visual_elements.elements import in_words
from mllmsent.analysis.visual_elements.find import ALPHA
from mllmsent.analysis.visual_elements.outcomes import PEOPLE
from mllmsent.report.analyses.rows import more_in_table, rows_of
from mllmsent.report.figures.intervals import draw_intervals
from mllmsent.report.figures.leanings import draw_leanings
from mllmsent.report.writing import percent

if TYPE_CHECKING:
    import pandas as pd

    from mllmsent.analysis.found import Found
    from mllmsent.report.figures import Figure
    from mllmsent.report.findings import Board, Findings
    from mllmsent.report.naming import SystemName

__all__ = ["draw"]

MOST_SYSTEMS = 12
MOST_ELEMENTS = 16
MOST_DIFFERENCES = 12
"""What one figure shows at most; the analysis has them all."""


def draw(findings: Findings, found: Found, board: Board | None) -> list[Figure]:
    """The correlations of a board, its largest differences, and what changing pictures did."""
    if board is None:
        return []
    elements, differences, changes = (
        rows_of(found.tables[name], board) for name in ("elements", "differences", "changes")
    )
    drawn = [
        _matrix(findings, board, elements, differences),
        _differences(findings, board, differences),
        _changes(findings, board, changes),
    ]
    return [figure for figure in drawn if figure is not None]


def _matrix(
    findings: Findings, board: Board, elements: pd.DataFrame, differences: pd.DataFrame
) -> Figure | None:
    known = elements[elements["rho"].notna()].assign(row=_rows(elements))
    if not len(known):
        return None
    ids = list(known.loc[known["who_id"] != PEOPLE, "who_id"].unique())
    systems = [findings.names[system] for system in ids[:MOST_SYSTEMS]]
    strength = known["rho"].abs().groupby(known["row"]).max()
    apart = differences["difference"].astype(float).abs().groupby(_rows(differences)).max()
    # What people lean on, and what models lean on otherwise, before what all agree does little.
    strength = strength.add(apart, fill_value=0).nlargest(MOST_ELEMENTS)
    shown = known[known["row"].isin(strength.index)]
    first = shown.drop_duplicates("row").set_index("row")["rho"].sort_values(ascending=False)
    places = {row: place for place, row in enumerate(first.index)}
    shown = shown.assign(
        place=shown["row"].map(places), is_clear=shown["p_fdr"] <= ALPHA
    ).sort_values("place", kind="stable")
    n_rows, left_out = known["row"].nunique(), len(ids) - len(systems)
    more = more_in_table(left_out)
    return draw_leanings(
        shown[["row", "who_id", "rho", "low", "high", "is_clear"]],
        systems=systems,
        people=PEOPLE,
        name=f"visual-elements-{board.anchor}",
        title=board.title,
        caption=f"Spearman's rho, {percent(findings.resampling.level)} interval under it; underlined: clear "
        f"at a false discovery rate of {percent(ALPHA)}. {len(first)} of {n_rows} elements: those "
        f"that people or systems lean on most, or otherwise than people.{more}",
    )


def _differences(findings: Findings, board: Board, differences: pd.DataFrame) -> Figure | None:
    rows = _largest(differences[differences["p_fdr"] <= ALPHA], "difference")
    if not len(rows):
        return None
    rows = rows.assign(detail=_rows(rows))
    return draw_intervals(
        _as_dots(findings, rows, "difference"),
        name=f"visual-elements-differences-{board.anchor}",
        title=f"{board.title}: what systems lean on otherwise than people",
        caption="Rho of the system less that of people on the same items, with "
        f"{percent(findings.resampling.level)} intervals; of what is clear the {len(rows)} largest.",
        ends=(0.0, 0.1),
    )


def _changes(findings: Findings, board: Board, changes: pd.DataFrame) -> Figure | None:
    rows = _largest(changes[changes["p"].notna()], "shift")
    if not len(rows):
        return None
    label = rows["label"].map(lambda label: f", {label}" if label else "")
    rows = rows.assign(detail=rows["condition"] + label)
    unit = "in the scale's units" if board.dimension else "in places of the order, or in shares"
    return draw_intervals(
        _as_dots(findings, rows, "shift"),
        name=f"visual-elements-changes-{board.anchor}",
        title=f"{board.title}: what changing the pictures does to answers",
        caption=f"By how much answers move when the same pictures are changed, {unit}, with "
        f"{percent(findings.resampling.level)} intervals; the {len(rows)} largest.",
        ends=(0.0, 0.1),
    )


def _rows(table: pd.DataFrame) -> pd.Series:
    """The element as it is shown, with the label where it is about one."""
    names = table["element"].map(in_words)
    return names + table["label"].map(lambda label: f" ({label})" if label else "")


def _largest(table: pd.DataFrame, column: str) -> pd.DataFrame:
    order = table[column].astype(float).abs().nlargest(MOST_DIFFERENCES).index
    return table.loc[order].sort_values(column, ascending=False, kind="stable")


def _as_dots(findings: Findings, rows: pd.DataFrame, column: str) -> pd.DataFrame:
    names: list[SystemName] = [findings.names[system] for system in rows["system_id"]]
    columns: dict[str, Any] = {
        "model": [name.model for name in names],
        "detail": [
            f"{name.detail}: {detail}" for name, detail in zip(names, rows["detail"], strict=True)
        ],
        "mark": [name.mark for name in names],
        "note": "",
        "value": rows[column].to_numpy(),
        "low": rows["low"].to_numpy(),
        "high": rows["high"].to_numpy(),
        "letters": "",
        "is_baseline": False,
    }
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    return pd.DataFrame(columns)
