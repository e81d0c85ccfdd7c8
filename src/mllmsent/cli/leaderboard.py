"""`mllmsent leaderboard`: the systems of a run, best first."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["command"]


@click.command(
    epilog="""\b
Examples:
  mllmsent leaderboard runs/quickstart
  mllmsent leaderboard runs/quickstart --scheme polarity3
  mllmsent leaderboard runs/across --by dataset
  mllmsent leaderboard runs/quickstart --json | jq '.[0]'
""",
)
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--scheme", help="Only this scheme.")
@click.option("--by", metavar="COLUMN", help="One for each value of this column of the items.")
@click.option(
    "--json", "as_json", is_flag=True, help="A list of objects, one per system and scheme."
)
def command(run: Path, scheme: str | None, by: str | None, *, as_json: bool) -> None:
    """Show the systems of RUN, best first, with intervals and who cannot be told apart."""
    from mllmsent import api
    from mllmsent.cli.show import show_leaderboard

    show_leaderboard(api.open_run(run), scheme=scheme, by=by, as_json=as_json)
