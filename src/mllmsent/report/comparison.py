"""A page about runs held against each other: one HTML file without a script that loads nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from mllmsent.foundation.version import __version__
from mllmsent.report.environment import fill, static
from mllmsent.report.figures.intervals import draw_intervals
from mllmsent.report.figures.table import draw_table
from mllmsent.report.naming import anchor
from mllmsent.report.writing import percent
from mllmsent.runs.folder import write_text

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from mllmsent.analysis.versions.find import Comparison
    from mllmsent.report.figures import Figure

__all__ = ["MOST_ROWS", "build_comparison", "write_comparison"]

MOST_ROWS = 16
"""Systems in one figure; the tables have them all."""

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def write_comparison(comparison: Comparison, page: Path) -> Path:
    """Write the page.

    Args:
        comparison: What was found.
        page: The file.

    Returns:
        The file.

    Raises:
        InputError: If it cannot be written.
    """
    write_text(page, build_comparison(comparison))
    return page


def build_comparison(comparison: Comparison) -> str:
    """The page as HTML.

    Args:
        comparison: What was found.
    """
    tables = comparison.tables
    runs: list[dict[Any, Any]] = tables["runs"].to_dict(orient="records")
    changes = tables["changes"]
    parts, taken = [], ["gates"]
    for (scheme, dimension), part in changes.groupby(
        ["scheme", "dimension"], sort=False, dropna=False
    ):
        about = dimension if isinstance(dimension, str) else ""
        title = f"{scheme}, {about}" if about else str(scheme)
        name = anchor(title, taken)
        taken.append(name)
        sentences = [
            statement.text
            for statement in comparison.found.statements
            if (statement.scheme, statement.dimension) == (scheme, about)
        ]
        parts.append(
            {
                "title": title,
                "anchor": name,
                "sentences": sentences[:MOST_ROWS],
                "n_more": max(0, len(sentences) - MOST_ROWS),
                "figures": _figures(comparison, str(scheme), about, part, name),
            }
        )
    html = fill(
        "comparison.html",
        version=__version__,
        # This is a file of this package: it is put in as it is.
        style=Markup(static("report.css")),  # noqa: S704 - a file of this package
        policy=POLICY,
        base=next(str(run["run"]) for run in runs if run["base"]),
        runs=runs,
        notes=comparison.notes,
        lacking=comparison.found.lacking,
        gates=sorted(comparison.gates, key=lambda result: not result.failed),
        passed=comparison.passed,
        level=percent(comparison.level),
        parts=parts,
    )
    return str(html)


def _figures(
    comparison: Comparison, scheme: str, dimension: str, part: pd.DataFrame, name: str
) -> list[Figure]:
    level = percent(comparison.level)
    ranked = part[part["ranked"]]
    several = ranked["run"].nunique() > 1
    figures = []
    if len(ranked):
        rows = [
            _dots(row["system"], row["run"] if several else "", row["difference"], row)
            for row in ranked.head(MOST_ROWS).to_dict(orient="records")
        ]
        rows.append(_dots("", "no change", 0.0, {}) | {"is_baseline": True})
        figures.append(
            draw_intervals(
                _table(rows),
                name=f"differences-{name}",
                title=f"{ranked['metric'].iloc[0]}: the newer version less the older one",
                caption=f"Difference with its {level} interval, on the same questions of both.",
                ends=(0.0,) * 2,
            )
        )
    timeline = _of(comparison.tables["timeline"], scheme, dimension)
    if timeline["run"].nunique() > 2:
        known = list(dict.fromkeys(timeline["base_id"]))[: max(1, MOST_ROWS // 3)]
        shown = timeline[timeline["base_id"].isin(known)]
        figures.append(
            draw_intervals(
                _table(
                    [
                        _dots(row["system"], row["run"], row["value"], row)
                        for row in shown.to_dict(orient="records")
                    ]
                ),
                name=f"timeline-{name}",
                title=f"{shown['metric'].iloc[0]} from run to run",
                caption=f"Each system in the order of time, with {level} intervals, on the "
                "questions that all runs have.",
            )
        )
    flips = _of(comparison.tables["flips"], scheme, "")
    if not dimension and len(flips):
        figures.append(
            draw_table(
                flips,
                name=f"flips-{name}",
                title="Gains and losses",
                headings={
                    "system": "system", "run": "run", "n": "answers", "negative": "lost",
                    "positive": "gained", "changed": "changed", "churn": "churn",
                    "independent_churn": "churn of independent errors",
                },
                caption="Lost: right before and wrong now. Gained: the other way round. Churn: "
                "share of the answers that changed.",
            )
        )  # fmt: skip
    return figures


def _dots(model: str, detail: str, value: float, row: dict[Any, Any]) -> dict[str, Any]:
    return {
        "model": model,
        "detail": detail,
        "mark": "other",
        "note": "",
        "value": value,
        "low": row.get("low"),
        "high": row.get("high"),
        "letters": "",
        "is_baseline": False,
    }


def _table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    return pd.DataFrame(rows)


def _of(table: pd.DataFrame, scheme: str, dimension: str) -> pd.DataFrame:
    rows = table[table["scheme"] == scheme]
    return rows[rows["dimension"] == dimension] if dimension else rows
