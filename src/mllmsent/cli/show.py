"""Results in the terminal: tables for people, JSON for scripts."""

from __future__ import annotations

import json
import math
import sys
from typing import TYPE_CHECKING, Any

import click

from mllmsent.foundation.errors import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    from rich.console import Console
    from rich.table import Table

    from mllmsent.api import Run
    from mllmsent.audit import AffectedRow, Finding
    from mllmsent.runs.plan import Plan

__all__ = [
    "print_json",
    "records",
    "show_findings",
    "show_leaderboard",
    "show_plan",
    "stdout",
    "write_tables",
]

SHOWN_ROWS = 5
"""Rows of a finding that are shown unless all are asked for."""


def stdout() -> Console:
    """A console on standard output that is wide enough for a table where nobody set a width."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console = Console(width=160)
    return console


def print_json(value: Any) -> None:
    """Print a value as JSON; NaN, which JSON does not know, as null."""
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    click.echo(json.dumps(_plain(value), indent=2, ensure_ascii=encoding != "utf8"))


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table as plain objects."""
    return [
        {str(key): _plain(value) for key, value in row.items()}
        for row in table.to_dict(orient="records")
    ]


def write_tables(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write tables as CSV, each whole or not at all.

    Args:
        tables: Name to table.
        folder: Where to; it is made.

    Raises:
        InputError: If one cannot be written.
    """
    from mllmsent.runs.folder import write_text

    for name, table in tables.items():
        write_text(folder / f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))


def show_plan(plan: Plan, *, as_json: bool) -> None:
    """Show what a study would ask, and what it would cost."""
    if as_json:
        print_json(plan.summary())
        return
    from rich.table import Table
    from rich.text import Text

    console = stdout()
    table = Table(title=Text(f"Plan of {plan.study.name}"), box=None, title_justify="left")
    in_batches = any(line.waiting for line in plan.lines)
    for column in (
        "model",
        "requests",
        "cached",
        *(["in batches"] if in_batches else []),
        "to send",
        "input tokens",
        "output tokens",
        "cost",
        "at most",
    ):
        table.add_column(column, justify="left" if column == "model" else "right")
    for line in plan.lines:
        table.add_row(
            Text(printable(line.model)),
            f"{line.requests:,}",
            f"{line.cached:,}",
            *([f"{line.waiting:,}"] if in_batches else []),
            f"{line.to_send:,}",
            f"~{line.input_tokens:,}",
            f"~{line.output_tokens:,}",
            _money(line.cost_usd, line.requests - line.cached, "~"),
            _money(line.most_usd, line.requests - line.cached),
        )
    console.print(table)
    for note in plan.notes:
        console.print(printable(note), markup=False, highlight=False)
    console.print(plan.closing, markup=False, highlight=False)


def _money(amount: float | None, unanswered: int, about: str = "") -> str:
    from mllmsent.models import dollars

    if amount is None:
        return "unknown"
    if not amount:
        return "free" if unanswered else ""
    return f"{about}{dollars(amount)}"


def show_leaderboard(
    run: Run,
    *,
    scheme: str | None = None,
    by: str | None = None,
    as_json: bool = False,
    notes: bool = True,
) -> None:
    """Show the leaderboard of a run.

    Args:
        run: The run.
        scheme: Only this scheme.
        by: One for each value of this column of the items.
        as_json: As JSON instead of tables.
        notes: Whether to say first what a reader must know.
    """
    from mllmsent.foundation.errors import InputError, nearest

    if scheme is not None and scheme not in run.folder.schemes:
        raise InputError(
            f"The run has no scheme {scheme!r}.", cure=nearest(scheme, run.folder.schemes)
        )
    rows = run.leaderboard(by=by)
    if scheme is not None and len(rows):
        rows = rows[rows["scheme"] == scheme]
    if as_json:
        print_json(records(rows))
        return
    console = stdout()
    for warning in run.warnings() if notes else ():
        console.print(printable(warning), style="yellow", markup=False, highlight=False)
    if not len(rows):
        why = "no answer is to an item with a target"
        if not len(run.targets):
            why = "the dataset says nothing about these items"
        console.print(f"No row can be scored: {why}.")
        console.print("The answers are in predictions.parquet, and the report shows them.")
        return
    intervals = run.folder.study.intervals
    by_fold = run.folder.study.folds.kind == "published"
    apart = [*([by] if by else []), "scheme", "dimension"]
    for _, part in rows.groupby(apart, sort=False, dropna=False):
        of = printable(f"{by} {part[by].iloc[0]}: ") if by else ""
        console.print(_board(part, console.width, by_fold=by_fold, of=of))
        for row in part[part["unranked_because"] != ""].itertuples():
            line = printable(f"Not ranked: {row.system}: {row.unranked_because}.")
            console.print(line, style="yellow", markup=False, highlight=False)
    console.print(
        f"Intervals: {100 * intervals.level:g} % bootstrap over items. Systems that share a letter "
        "cannot be told apart (paired permutation test, Holm-corrected).",
        style="dim",
    )


def _board(rows: pd.DataFrame, width: int, *, by_fold: bool, of: str = "") -> Table:
    """A leaderboard as a table, `of` some items; where the terminal is narrow, with fewer metrics."""
    from rich.table import Table
    from rich.text import Text

    first = rows.iloc[0]
    title = f"{first['scheme']}, ranked by {first['metric']}"
    if isinstance(first["dimension"], str):
        title = f"{first['scheme']}: {first['dimension']}, ranked by {first['metric']}"
    if first["condition"] != "none":
        title += f", under condition {first['condition']}"
    lines = [_line(row, _metrics(rows, by_fold=by_fold)) for _, row in rows.iterrows()]
    head = list(lines[0])
    widths = {name: max(len(name), *(len(line[name]) for line in lines)) for name in head}
    # Where all does not fit, the metrics that nobody ranks by go, the last first.
    extra = _metrics(rows, by_fold=by_fold)[1:]
    while extra and sum(widths[name] + 2 for name in head) > width:
        head.remove(extra.pop())
    table = Table(title=Text(of + printable(title)), box=None, title_justify="left")
    for name in head:
        left = name in {"system", "same as"}
        # A long name goes on in the next line; a number that is cut off is another number.
        table.add_column(
            name,
            justify="left" if left else "right",
            no_wrap=name != "system",
            overflow="fold",
        )
    for line in lines:
        table.add_row(*(Text(line[name]) for name in head))
    return table


def _metrics(rows: pd.DataFrame, *, by_fold: bool) -> list[str]:
    """The metrics to show, the ranked one first."""
    shown = ["macro_f1", "weighted_f1", "accuracy"]
    if isinstance(rows["dimension"].iloc[0], str):
        shown = ["ccc", "pearson", "rmse"]
    elif by_fold:
        shown.insert(1, "weighted_f1_folds")  # what the published tables have
    ranked = [str(rows["metric"].iloc[0]), *shown]
    return [name for name in dict.fromkeys(ranked) if name in rows and rows[name].notna().any()]


def _line(row: pd.Series[Any], metrics: Sequence[str]) -> dict[str, str]:
    notes = "" if row["complete"] else " (incomplete)"
    return {
        "#": "-" if _missing(row["rank"]) else str(int(row["rank"])),
        "system": printable(str(row["system"])) + notes,
        **{name: _with_interval(row, name) for name in metrics},
        "read": "-" if _missing(row["coverage"]) else f"{row['coverage']:.0%}",
        "n": str(row["n"]),
        "same as": str(row["group"]),
    }


def _with_interval(row: Any, name: str) -> str:
    value, low, high = row.get(name), row.get(f"{name}_low"), row.get(f"{name}_high")
    if _missing(value):
        return "-"
    if _missing(low) or _missing(high):
        return f"{value:.3f}"
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def _missing(value: Any) -> bool:
    import pandas as pd

    return value is None or bool(pd.isna(value))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return None if _missing(value) else str(value)


def show_findings(findings: Sequence[Finding], *, all_rows: bool) -> None:
    """Show what an audit found: the worst first, each with its rows and its cure."""
    from rich.text import Text

    console = stdout()
    if not findings:
        console.print("Nothing found.")
        return
    order = ("error", "warning", "info")
    colors = {"error": "bold red", "warning": "yellow", "info": "cyan"}
    for finding in sorted(findings, key=lambda each: order.index(each.severity)):
        title = Text(f"{finding.severity} ", style=colors[finding.severity])
        title.append(finding.code, style="bold")
        title.append(printable(f": {finding.message}"), style="default")
        console.print(title)
        for system in finding.systems:
            console.print(Text(printable(f"    {system}")))
        shown = finding.rows if all_rows else finding.rows[:SHOWN_ROWS]
        for row in shown:
            console.print(Text(printable(f"    {_row_line(row)}"), style="dim"))
        if len(finding.rows) > len(shown):
            console.print(
                Text(f"    and {len(finding.rows) - len(shown)} more: see --all-rows", style="dim")
            )
        if finding.effect:
            console.print(Text(f"  Effect: {finding.effect}"))
        if finding.cure:
            console.print(Text(f"  Cure: {finding.cure}"))
    counts = {severity: sum(each.severity == severity for each in findings) for severity in order}
    words = {"error": "errors", "warning": "warnings", "info": "hints"}
    summary = ", ".join(
        f"{count} {words[severity] if count != 1 else words[severity][:-1]}"
        for severity, count in counts.items()
        if count
    )
    console.print(f"{summary}.")


def _row_line(row: AffectedRow) -> str:
    place = "" if row.file is None else row.file
    if row.row is not None:
        place += f":{row.row}"
    parts = [
        place,
        "" if row.item_id is None else f"item {row.item_id}",
        "" if row.annotator_id is None else f"annotator {row.annotator_id}",
        row.note,
    ]
    return ", ".join(part for part in parts if part)
