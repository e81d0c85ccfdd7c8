"""`mllmsent analyses`: what a finished run can be asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from mllmsent.analysis.found import Found

__all__ = ["command"]


@click.group(
    "analyses",
    epilog="""\b
Examples:
  mllmsent analyses list
  mllmsent analyses show agreement
  mllmsent analyses run runs/quickstart
  mllmsent analyses run runs/quickstart agreement --out tables
  mllmsent analyses run runs/quickstart --json
  mllmsent analyses run runs/quickstart description_quality --encoder hf/OWNER/NAME
""",
)
def command() -> None:
    """What a finished run, also an imported one, can be asked."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="A list of objects.")
def list_analyses(*, as_json: bool) -> None:
    """List every analysis with the question that it answers."""
    from rich.table import Table
    from rich.text import Text

    from mllmsent.analysis.registry import ANALYSES
    from mllmsent.cli.show import print_json, stdout

    analyses = [ANALYSES.get(name) for name in ANALYSES.names()]
    if as_json:
        print_json([_about(analysis) for analysis in analyses])
        return
    table = Table(box=None)
    for column in ("analysis", "what it answers"):
        table.add_column(column)
    for analysis in analyses:
        table.add_row(analysis.name, Text(analysis.question))
    stdout().print(table)


@command.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="An object.")
def show_analysis(name: str, *, as_json: bool) -> None:
    """Show one analysis: its question, its method, and its tables."""
    import inspect
    import sys

    from mllmsent.analysis.registry import ANALYSES
    from mllmsent.cli.show import print_json

    analysis = ANALYSES.get(name)
    method = inspect.getdoc(sys.modules[analysis.find.__module__]) or ""
    if as_json:
        print_json(_about(analysis) | {"method": method})
        return
    click.echo(f"{analysis.title}\n\n{analysis.question}\n\n{method}\n\nTables:")
    for table, row in analysis.tables.items():
        click.echo(f"  {table}: a row is {row}")


@command.command("run")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("names", nargs=-1)
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False),
    help="Folder for tables (CSV) and sentences (JSON); by default analysis in the run folder.",
)  # fmt: skip
@click.option(
    "--encoder", metavar="hf/OWNER/NAME",
    help="First measure how alike pictures and descriptions are, by an encoder such as CLIP or SigLIP "
    "(hf/OWNER/NAME or hf/FOLDER); the run keeps it, and description_quality reads it.",
)  # fmt: skip
@click.option(
    "--json", "as_json", is_flag=True, help="An object per analysis; no tables are written."
)
def run_analyses(
    run: Path, names: tuple[str, ...], out: Path | None, encoder: str | None, *, as_json: bool
) -> None:
    """Run analyses on RUN: those that its study asks for (by default all), or those named."""
    from mllmsent import api
    from mllmsent.cli.show import print_json
    from mllmsent.cli.work import WorkBars
    from mllmsent.foundation.errors import printable
    from mllmsent.foundation.work import watching

    opened = api.open_run(run)
    with WorkBars() as bars, watching(bars):
        if encoder is not None:
            opened.measure_similarity(encoder)
        found = opened.analyze(*names)
    if as_json:
        print_json({name: _plain(each) for name, each in found.items()})
        return
    folder = out or run / "analysis"
    for name, each in found.items():
        _write(each, folder / name)
        click.echo(f"{_title(name)}")
        for statement in each.statements:
            where = " ".join(filter(None, (statement.scheme, statement.dimension)))
            click.echo(
                printable(f"  {where}: {statement.text}" if where else f"  {statement.text}")
            )
        for sentence in each.lacking:
            click.echo(printable(f"  not computed: {sentence}"))
    click.echo(f"Tables: {folder}")


def _title(name: str) -> str:
    from mllmsent.analysis.registry import ANALYSES

    return ANALYSES.get(name).title


def _about(analysis: Any) -> dict[str, Any]:
    return {
        "name": analysis.name,
        "title": analysis.title,
        "question": analysis.question,
        "tables": dict(analysis.tables),
    }


def _plain(found: Found) -> dict[str, Any]:
    import json

    return {
        "statements": [
            {"text": each.text, "scheme": each.scheme, "dimension": each.dimension}
            for each in found.statements
        ],
        "tables": {
            name: json.loads(table.to_json(orient="records", double_precision=15))
            for name, table in found.tables.items()
        },
        "lacking": list(found.lacking),
    }


def _write(found: Found, folder: Path) -> None:
    import json

    from mllmsent.cli.show import write_tables
    from mllmsent.runs.folder import write_text

    told = {key: value for key, value in _plain(found).items() if key != "tables"}
    text = json.dumps(told, indent=2, ensure_ascii=False)
    write_text(folder / "findings.json", text + "\n")
    write_tables(found.tables, folder)
