"""`mllmsent datasets`: what datasets there are, and the sample dataset."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["command"]


@click.group(
    "datasets",
    epilog="""\b
Examples:
  mllmsent datasets list
  mllmsent datasets show bass --root data/bass
  mllmsent datasets show my-images/
  mllmsent datasets make dioramas --n 300 --out dioramas/
  mllmsent datasets make dioramas --n 300 --balanced polarity3 --out balanced/
""",
)
def command() -> None:
    """Images, and what people said of them."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="A list of objects.")
def list_datasets(*, as_json: bool) -> None:
    """List the datasets whose cards come with the package."""
    from rich.table import Table
    from rich.text import Text

    from mllmsent.cli.show import print_json, stdout
    from mllmsent.data import builtin_cards

    cards = builtin_cards()
    if as_json:
        print_json(
            [
                {"name": card.name, "title": card.title, "license": card.license}
                for card in cards.values()
            ]
        )
        return
    table = Table(box=None)
    for column in ("dataset", "what it is", "license"):
        table.add_column(column)
    for card in cards.values():
        table.add_row(card.name, Text(card.title), Text(card.license))
    table.add_row("dioramas", Text("Drawn scenes with known causes (synthetic, made here)"), "MIT")
    stdout().print(table)


@command.command("show")
@click.argument("source")
@click.option(
    "--root", type=click.Path(path_type=Path), help="Folder of the files, for a built-in card."
)
@click.option("--json", "as_json", is_flag=True, help="The summary as one object.")
def show_dataset(source: str, root: Path | None, *, as_json: bool) -> None:
    """Read a dataset (a card, a folder, a built-in name) and say what is in it."""
    from mllmsent.cli.show import print_json
    from mllmsent.data import load_dataset

    dataset = load_dataset(source, root=root)
    summary = dataset.summary()
    if as_json:
        print_json(summary)
        return
    click.echo(f"{dataset.name}: {dataset.title}" + (" (synthetic)" if dataset.synthetic else ""))
    for key, value in summary.items():
        click.echo(f"  {key}: {value}")
    if len(dataset.faults):
        click.echo(f"  {len(dataset.faults)} faults: see `mllmsent audit {source}`")


@command.group("make")
def make() -> None:
    """Make a dataset."""


@make.command("dioramas")
@click.option("--n", type=click.IntRange(1, 100_000), default=300, show_default=True)
@click.option("--seed", type=int, default=7, show_default=True)
@click.option(
    "--size", type=click.IntRange(48, 2048), default=384, show_default=True, help="Pixels."
)
@click.option(
    "--balanced",
    type=click.Choice(["polarity3", "polarity5", "mikels"]),
    help="Only scenes that 3 of 5 annotators agree on, as many of each class of this scheme.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to make.")
def make_dioramas_command(n: int, seed: int, size: int, balanced: str | None, out: Path) -> None:
    """Draw the sample dataset: synthetic scenes whose causes of emotion are known."""
    from rich.console import Console
    from rich.progress import Progress

    from mllmsent.dioramas import make_dioramas

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Drawing", total=n)
        make_dioramas(
            out,
            n=n,
            seed=seed,
            size=size,
            balanced=balanced,
            progress=lambda done: bar.update(task, completed=done),
        )
    click.echo(f"{n} synthetic scenes in {out}/; {out}/README.md says what they are.")
