"""Where a system falls behind: the subgroups of the items' metadata, searched and tested."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.report.environment import fill
from mllmsent.report.figures import MOST_SERIES, Figure, draw_gaps
from mllmsent.report.gap_words import METRIC_WORDS, behind_sentence, p_text, worse_sentence
from mllmsent.report.safe_text import excerpt
from mllmsent.report.sections.section import Section
from mllmsent.report.writing import is_number, listed, percent, plural

if TYPE_CHECKING:
    import pandas as pd

    from mllmsent.analysis.falling_behind import GapSearch
    from mllmsent.report.findings import Board, Findings

__all__ = ["behind"]

MOST_SENTENCES = 6
"""Findings of one board that are told in words; the table has all."""

MOST_ROWS = 200
"""Rows of one table, the least p values first."""


def behind(findings: Findings) -> Section | None:
    """Per board what was found, a figure of it and the whole search; None without metadata."""
    searches = {name: search for name, search in findings.gaps.items() if _has_columns(search)}
    if not searches:
        return None
    entries = [
        _entry(findings, board, searches[board.scheme.name])
        for board in findings.boards
        if board.scheme.name in searches
    ]
    figures = tuple(entry["figure"] for entry in entries if entry["figure"] is not None)
    body = fill(
        "sections/behind.html",
        entries=entries,
        lead=_lead(findings),
        searches=[
            {
                "title": findings.evidence.schemes[name].title or name,
                "n_subgroups": search.n_subgroups,
                "n_tests": search.n_tests,
            }
            for name, search in searches.items()
        ],
        searched=any(search.n_tests for search in searches.values()),
        least=next(iter(searches.values())).least,
        left_out=_left_out(searches),
        columns=listed([f"“{excerpt(column, 40)}”" for column in _columns(searches)], most=12),
        has_thirds=any(
            str(value).count(" to ") for each in searches.values() for value in each.rows["value"]
        ),
        has_rivals=any(search.rows["leader"].notna().any() for search in searches.values()),
        level=findings.resampling.level,
    )
    return Section("behind", "Where a system falls behind", body, figures)


def _has_columns(search: GapSearch) -> bool:
    return bool(len(search.rows) or search.left_out)


def _columns(searches: dict[str, GapSearch]) -> list[str]:
    return list(
        dict.fromkeys(str(column) for each in searches.values() for column in each.rows["column"])
    )


def _left_out(searches: dict[str, GapSearch]) -> list[tuple[str, str]]:
    """Columns that no scheme's search used, and why."""
    used = set(_columns(searches))
    reasons = {column: why for each in searches.values() for column, why in each.left_out.items()}
    return [(column, why) for column, why in reasons.items() if column not in used]


def _lead(findings: Findings) -> dict[str, Any] | None:
    """The clearest finding of all, and where there are several boards its own; None without any."""
    alpha = 1 - findings.resampling.level
    found = [
        (float(row["p_further_holm"]), board.title, row)
        for board in findings.boards
        if board.scheme.name in findings.gaps
        for row in _of_board(findings.gaps[board.scheme.name].clear(alpha=alpha), board)
        .head(1)
        .to_dict(orient="records")
    ]
    if not found:
        return None
    _, title, row = min(found, key=lambda each: each[0])
    return {
        "title": title if len(findings.boards) > 1 else "",
        "sentence": behind_sentence(row, findings.names),
    }


def _entry(findings: Findings, board: Board, search: GapSearch) -> dict[str, Any]:
    alpha = 1 - findings.resampling.level
    rows, further, worse = (
        _of_board(table, board)
        for table in (search.rows, search.clear(alpha=alpha), search.clear("worse", alpha))
    )
    return {
        "board": board,
        "n_subgroups": rows["border"].nunique(),
        "least_p": p_text(rows["p_further_holm"].min()),
        "has_rivals": bool(rows["p_further"].notna().any()),
        "further": [
            behind_sentence(row, findings.names)
            for row in further.head(MOST_SENTENCES).to_dict(orient="records")
        ],
        "more_further": max(0, len(further) - MOST_SENTENCES),
        "worse": [
            worse_sentence(row, findings.names)
            for row in worse.head(MOST_SENTENCES).to_dict(orient="records")
        ],
        "more_worse": max(0, len(worse) - MOST_SENTENCES),
        "figure": _figure(findings, board, rows, further, worse),
        "metric": METRIC_WORDS[rows["metric"].iloc[0]] if len(rows) else "",
        "rows": _table(findings, rows, alpha),
        "n_rows": len(rows),
    }


def _of_board(rows: pd.DataFrame, board: Board) -> pd.DataFrame:
    return rows[rows["dimension"] == board.dimension] if board.dimension else rows


def _figure(
    findings: Findings, board: Board, rows: pd.DataFrame, further: pd.DataFrame, worse: pd.DataFrame
) -> Figure | None:
    """The column of the clearest finding, value by value; None where nothing was found."""
    found = further if len(further) else worse
    if not len(found):
        return None
    column, system = found.iloc[0]["column"], found.iloc[0]["system_id"]
    of_column = rows[rows["column"] == column]
    ranked = list(dict.fromkeys(rows["system_id"]))
    # The leader, the one the finding is about, and the next of the ranking.
    drawn = list(dict.fromkeys([ranked[0], system, *ranked]))[:MOST_SERIES]
    drawn.sort(key=ranked.index)
    table = of_column[of_column["system_id"].isin(drawn)]
    clear = {(row["value"], row["system_id"]) for row in found.to_dict(orient="records")}
    table = table.assign(
        is_finding=[
            (value, one) in clear
            for value, one in zip(table["value"], table["system_id"], strict=True)
        ]
    )
    table = table[["value", "system_id", "n_items", "score", "low", "high", "is_finding"]]
    is_error = rows["metric"].iloc[0] == "mae"
    metric = METRIC_WORDS[rows["metric"].iloc[0]]
    left_out = f" {plural(len(ranked) - len(drawn), 'more system')} in the table." if len(ranked) > len(drawn) else ""  # fmt: skip
    return draw_gaps(
        table,
        systems=[findings.names[one] for one in drawn],
        name=f"behind-{board.anchor}",
        title=f"{metric.capitalize()} by {excerpt(column, 40)}",
        caption=f"{metric.capitalize()}; {'less' if is_error else 'more'} is better. Lines are "
        f"{percent(findings.resampling.level)} intervals. Values of too few items are not drawn."
        f"{left_out}",
        ends=(0.0,) if is_error else (0.0, 1.0),
    )


def _table(findings: Findings, rows: pd.DataFrame, alpha: float) -> list[dict[str, Any]]:
    least = rows[["p_further", "p_worse"]].min(axis=1)
    order = rows.assign(_p=rows["p_further"].fillna(least)).sort_values("_p", kind="stable")
    return [
        {
            "column": row["column"],
            "value": row["value"],
            "also": row["also"],
            "name": findings.names[row["system_id"]],
            "n_items": int(row["n_items"]),
            "score": {"value": row["score"], "interval": (row["low"], row["high"]), "worst": None},
            "elsewhere": row["elsewhere"],
            "worse": _gap(row, "worse", alpha),
            "further": _gap(row, "further", alpha),
        }
        for row in order.head(MOST_ROWS).to_dict(orient="records")
    ]


def _gap(row: dict[Any, Any], gap: str, alpha: float) -> dict[str, Any] | None:
    if not is_number(row[gap]):
        return None
    corrected = row[f"p_{gap}_holm"]
    return {
        "value": row[gap],
        "interval": (row[f"{gap}_low"], row[f"{gap}_high"]),
        "p": corrected,
        "is_clear": is_number(corrected) and corrected <= alpha,
    }
