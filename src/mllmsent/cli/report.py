"""`mllmsent report`: the HTML report of a run."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["command"]


@click.command(
    epilog="""\b
Examples:
  mllmsent report runs/quickstart            write runs/quickstart/report/index.html
  mllmsent report runs/quickstart --open     and show it in the browser
""",
)
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), help="File; by default report/index.html in the run."
)
@click.option("--open", "show", is_flag=True, help="Open it in the browser.")
def command(run: Path, out: Path | None, *, show: bool) -> None:
    """Write the report of RUN as one HTML page that needs no network."""
    from mllmsent import api
    from mllmsent.cli.work import WorkBars
    from mllmsent.foundation.work import watching

    with WorkBars() as bars, watching(bars):
        page = api.open_run(run).report(out)
    click.echo(f"Report: {page}")
    if show:
        click.launch(page.resolve().as_uri())
