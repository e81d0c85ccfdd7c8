"""What became of systems from run to run: for a terminal, as an object, as files."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mllmsent.cli.show import write_tables
from mllmsent.foundation.errors import printable

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from rich.console import Console

    from mllmsent.analysis.versions.find import Comparison
    from mllmsent.analysis.versions.gates import GateResult

__all__ = ["comparison_object", "save_comparison", "show_comparison"]


def comparison_object(comparison: Comparison) -> dict[str, Any]:
    """A comparison as one plain object."""
    from mllmsent.cli.show import records

    return {
        "passed": comparison.passed,
        "gates": [asdict(result) for result in comparison.gates],
        "notes": list(comparison.notes),
        "statements": [asdict(statement) for statement in comparison.found.statements],
        "lacking": list(comparison.found.lacking),
        "level": comparison.level,
        "tables": {name: records(table) for name, table in comparison.tables.items()},
    }


def save_comparison(comparison: Comparison, out: Path) -> None:
    """Write a comparison as a page, where the name ends in .html, or else its tables as CSV.

    Raises:
        InputError: If it cannot be written.
    """
    if out.suffix == ".html":
        from mllmsent.report.comparison import write_comparison

        write_comparison(comparison, out)
        return
    write_tables(comparison.tables, out)


def show_comparison(comparison: Comparison) -> None:
    """Show a comparison: what differs first, then the ranked metric, the flips and the gates."""
    from mllmsent.cli.show import stdout

    console = stdout()
    for note in comparison.notes:
        console.print(printable(note), style="yellow", markup=False, highlight=False)
    tables = comparison.tables
    changes = tables["changes"]
    for _, part in changes.groupby(["scheme", "dimension"], sort=False, dropna=False):
        _show_part(console, part, tables)
    for sentence in comparison.found.lacking:
        console.print(
            f"Not compared: {printable(sentence)}", style="yellow", markup=False, highlight=False
        )
    if comparison.gates:
        _show_gates(console, comparison.gates)
    console.print(
        f"Differences are NEW - BASE on the same questions, with {100 * comparison.level:g} % "
        "intervals from drawing the same items for both; p by paired permutation, Holm-corrected.",
        style="dim",
        highlight=False,
    )


def _show_part(console: Console, part: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> None:
    first = part[part["ranked"]].iloc[0] if part["ranked"].any() else part.iloc[0]
    scheme, dimension, metric = first["scheme"], first["dimension"], first["metric"]
    title = f"{scheme}: {dimension}" if isinstance(dimension, str) else str(scheme)
    lines = []
    flips = {
        (flip["run"], flip["scheme"], flip["new_id"]): flip
        for flip in tables["flips"].to_dict(orient="records")
    }
    for row in part[part["metric"] == metric].to_dict(orient="records"):
        line = {
            "system": str(row["system"]),
            "run": str(row["run"]),
            "before": f"{row['before']:.3f}",
            "after": f"{row['after']:.3f}",
            "difference": _signed(row, "difference"),
            "p": _p(row["p_holm"]),
        }
        if not isinstance(dimension, str):
            flip = flips[row["run"], scheme, row["new_id"]]
            line |= {
                "lost": str(flip["negative"]),
                "gained": str(flip["positive"]),
                "churn": f"{flip['churn']:.1%}",
                "if independent": "-"
                if math.isnan(flip["independent_churn"])
                else f"{flip['independent_churn']:.1%}",
            }
        lines.append(line | {"n": str(row["n"])})
    _show_table(console, f"{title}, by {metric}", lines)
    others = [
        {
            "system": str(row["system"]),
            "run": str(row["run"]),
            "what": str(row["metric"]),
            "difference": _signed(row, "difference"),
        }
        for row in part[part["metric"] != metric].to_dict(orient="records")
        # How much answers moved is above 0 wherever one did.
        if row["metric"] != "mean_change" and _tells(row)
    ]
    classes = tables["classes"]
    others += [
        {
            "system": str(row["system"]),
            "run": str(row["run"]),
            "what": f"recall[{row['label']}]",
            "difference": _signed(row, "difference"),
        }
        for row in classes[classes["scheme"] == scheme].to_dict(orient="records")
        if not isinstance(dimension, str) and _tells(row)
    ]
    if others:
        _show_table(console, f"{title}: what else changed, each by its own interval", others)


def _show_gates(console: Console, gates: tuple[GateResult, ...]) -> None:
    lines = [
        {
            "gate": gate.gate,
            "": "FAILED" if gate.failed else "passed",
            "system": gate.system,
            "run": gate.run,
            "in": " ".join(filter(None, (gate.scheme, gate.dimension))),
            "value": "-" if math.isnan(gate.value) else _signed(asdict(gate), "value"),
            "level": f"{100 * gate.level:.4g} %",
            "why": gate.why,
        }
        for gate in gates
    ]
    _show_table(console, "Gates", lines)


def _show_table(console: Console, title: str, lines: list[dict[str, str]]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(printable(title)), box=None, title_justify="left")
    left = {"system", "run", "what", "gate", "in", "why"}
    shown = [name for name in lines[0] if any(line[name] for line in lines)]
    for name in shown:
        table.add_column(
            name,
            justify="left" if name in left else "right",
            no_wrap=name not in {"system", "why"},
            overflow="fold",
        )
    for line in lines:
        style = {"FAILED": "bold red", "passed": "green"}.get(line.get("", ""), "")
        table.add_row(*(Text(printable(line[name])) for name in shown), style=style)
    console.print(table)


def _signed(row: dict[str, Any], name: str) -> str:
    value, low, high = row[name], row["low"], row["high"]
    if math.isnan(value):
        return "-"
    if math.isnan(low) or math.isnan(high):
        return f"{value:+.3f}"
    return f"{value:+.3f} [{low:+.3f}, {high:+.3f}]"


def _tells(row: dict[str, Any]) -> bool:
    """Whether an interval leaves out 0."""
    return bool(row["low"] > 0 or row["high"] < 0)


def _p(value: float) -> str:
    if math.isnan(value):
        return "-"
    return "<0.001" if value < 0.001 else f"{value:.3f}"
