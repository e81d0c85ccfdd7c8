"""How long the analyses of a run take, how much memory, and how both grow with the predictions.

    python -m benchmarks.analysis [--items 10000] [--growth] [--kind labels] [--only NAME]
                                  [--together]
                                  [--json benchmarks/results/analysis.json] [--chart FILE.html]

Ten planted systems answer each item (`planted_run.py`), so 10,000 items are 100,000 predictions.
Measures of pictures are in the run already, as they are after their first use, and so are its
tables; what reading them takes is told apart. All analyses are timed in one process, as a report
runs them, and then each in a process of its own, which tells its share and its memory. With
`--growth` the same is done from 1,000 items to 100,000, a million predictions, and the exponent of
growth is fitted to the logarithms: 1 is linear.
"""

from __future__ import annotations

import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Literal

import click
import numpy as np
import plotly.graph_objects as go
from benchmarks.planted_run import N_SYSTEMS, planted_run

from mllmsent.analysis.material import Material
from mllmsent.analysis.registry import ANALYSES, analyze
from mllmsent.runs.folder import open_folder

Kind = Literal["labels", "numbers"]

GROWTH = (1_000, 3_000, 10_000, 30_000, 100_000)
"""Items, from small to a million predictions."""


@click.command()
@click.option("--items", default=10_000, show_default=True, help="Items of the run.")
@click.option("--growth", is_flag=True, help="From 1,000 to 100,000 items.")
@click.option("--kind", type=click.Choice(["labels", "numbers", "both"]), default="both")
@click.option("--only", multiple=True, help="Only these analyses.")
@click.option("--each/--together", default=True, help="Whether each is measured by itself too.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write the numbers too.")
@click.option("--chart", type=click.Path(path_type=Path), help="Draw the growth, as a page.")
@click.option("--worker", nargs=2, type=str, hidden=True)
def main(
    *,
    items: int,
    growth: bool,
    kind: str,
    only: tuple[str, ...],
    each: bool,
    json_file: Path | None,
    chart: Path | None,
    worker: tuple[str, str] | None,
) -> None:
    """Print what each analysis takes."""
    if worker:
        click.echo(json.dumps(_measure(*worker)))
        return
    kinds: tuple[Kind, ...] = ("labels", "numbers") if kind == "both" else (kind,)  # type: ignore[assignment]  # click checked it
    rows = []
    names = only or ANALYSES.names()
    for of_kind in kinds:
        for n_items in GROWTH if growth else (items,):
            rows += _of_size(of_kind, n_items, names, names if each else ())
    found: dict[str, Any] = {
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "rows": rows,
    }
    if growth:
        found["exponents"] = _exponents(rows)
        click.echo("Growth (1 is linear):")
        for name, exponent in found["exponents"].items():
            click.echo(f"  {name:40} {exponent:5.2f}")
    if json_file:
        json_file.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    if chart:
        _draw(rows, chart)


def _of_size(
    kind: Kind, n_items: int, names: tuple[str, ...], apart: tuple[str, ...]
) -> list[dict[str, Any]]:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        planted_run(run, n_items, kind=kind)
        click.echo(f"{n_items * N_SYSTEMS:,} predictions, {kind}")
        for name in (",".join(names), *apart):
            took = _in_process(run, name)
            row = {"kind": kind, "items": n_items, "analysis": "all" if "," in name else name}
            rows.append(row | took)
            click.echo(
                f"  {row['analysis']:24} {took['wall_s']:7.1f} s, {took['cpu_s']:7.1f} s of processor, "
                f"{took['peak_mib']:6.0f} MiB; tables read in {took['read_s']:.1f} s"
            )
    return rows


def _in_process(run: Path, names: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.analysis", "--worker", str(run), names]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def _measure(run: str, names: str) -> dict[str, Any]:
    """Read a run's tables, then analyze it."""
    began = time.perf_counter()
    material = Material(open_folder(run))
    _ = material.evidence
    read_s, cpu, began = time.perf_counter() - began, time.process_time(), time.perf_counter()
    found = analyze(material, names.split(","))
    return {
        "read_s": read_s,
        "wall_s": time.perf_counter() - began,
        "cpu_s": time.process_time() - cpu,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "statements": sum(len(each.statements) for each in found.values()),
    }


def _exponents(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Slope of log time over log size, of the sizes from 10,000 items on."""
    exponents = {}
    for kind, name in dict.fromkeys((row["kind"], row["analysis"]) for row in rows):
        own = [row for row in rows if (row["kind"], row["analysis"]) == (kind, name)]
        own = [row for row in own if row["items"] >= 10_000]
        size, took = ([row[key] for row in own] for key in ("items", "cpu_s"))
        exponents[f"{name} ({kind})"] = float(np.polyfit(np.log(size), np.log(took), 1)[0])
    return exponents


def _draw(rows: list[dict[str, Any]], chart: Path) -> None:
    figure = go.Figure()
    for kind, name in dict.fromkeys((row["kind"], row["analysis"]) for row in rows):
        own = [row for row in rows if (row["kind"], row["analysis"]) == (kind, name)]
        figure.add_scatter(
            x=[row["items"] * N_SYSTEMS for row in own],
            y=[row["wall_s"] for row in own],
            name=f"{name} ({kind})",
            line={"width": 4 if name == "all" else 1.5},
        )
    figure.update_layout(xaxis_title="Predictions", yaxis_title="Seconds", template="simple_white")
    figure.update_xaxes(type="log")
    figure.update_yaxes(type="log")
    figure.write_html(chart)


if __name__ == "__main__":
    main()
