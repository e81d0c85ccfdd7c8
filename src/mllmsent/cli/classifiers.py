"""`mllmsent classifiers`: what reads descriptions."""

from __future__ import annotations

import click

__all__ = ["command"]


@click.group("classifiers", epilog="\b\nExample:\n  mllmsent classifiers list\n")
def command() -> None:
    """The text classifiers of the described pathway."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="A list of objects.")
def list_classifiers(*, as_json: bool) -> None:
    """List every classifier and what it does."""
    from rich.table import Table
    from rich.text import Text

    from mllmsent.cli.show import print_json, stdout
    from mllmsent.text import CLASSIFIERS

    found = {
        name: (CLASSIFIERS.get(name).__doc__ or "").strip().split("\n")[0]
        for name in CLASSIFIERS.names()
    }
    if as_json:
        print_json([{"name": name, "title": title} for name, title in found.items()])
        return
    table = Table(box=None)
    table.add_column("classifier")
    table.add_column("what it is")
    for name, title in found.items():
        table.add_row(name, Text(title))
    stdout().print(table)
