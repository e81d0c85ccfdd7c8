"""`mllmsent prompts`: the prompt strategies there are."""

from __future__ import annotations

import click

__all__ = ["command"]


@click.group(
    "prompts",
    epilog="""\b
Examples:
  mllmsent prompts list
  mllmsent prompts show zero-shot --scheme mikels
  mllmsent prompts show zero-shot --scheme polarity5 --letters
  mllmsent prompts show my-wording.yaml
""",
)
def command() -> None:
    """The wordings in which models are asked."""


@command.command("list")
@click.option("--pathway", type=click.Choice(["direct", "described", "scene"]))
@click.option("--json", "as_json", is_flag=True, help="A list of objects.")
def list_prompts(pathway: str | None, *, as_json: bool) -> None:
    """List every strategy with its pathway and what it is for."""
    from rich.table import Table
    from rich.text import Text

    from mllmsent.cli.show import print_json, stdout
    from mllmsent.prompts import get_strategy, strategy_names

    strategies = [get_strategy(name) for name in strategy_names(pathway)]
    if as_json:
        print_json(
            [
                strategy.model_dump(
                    mode="json",
                    include={
                        "name",
                        "version",
                        "title",
                        "pathway",
                        "shows",
                        "language",
                        "readout",
                        "description",
                    },
                )
                for strategy in strategies
            ]
        )
        return
    table = Table(box=None)
    for column in ("strategy", "pathway", "what it is for"):
        table.add_column(column)
    for strategy in strategies:
        table.add_row(strategy.name, strategy.pathway, Text(strategy.description))
    stdout().print(table)


@command.command("show")
@click.argument("name")
@click.option("--scheme", default="polarity3", show_default=True, help="Scheme to fill it with.")
@click.option(
    "--target",
    type=click.Choice(["evoked", "expressed", "depicted"]),
    default="evoked",
    show_default=True,
    help="Whose emotion is asked about.",
)
@click.option("--letters", is_flag=True, help="As with `answers: letters`.")
def show_prompt(name: str, scheme: str, target: str, *, letters: bool) -> None:
    """Show the very words that a model is sent."""
    from pathlib import Path

    from mllmsent.affect import get_scheme
    from mllmsent.data.images import ImageRef
    from mllmsent.prompts import get_strategy, render, with_readout

    strategy = get_strategy(name)
    if letters:
        strategy = with_readout(strategy, readout="likelihood", answers="letters")
    asked = get_scheme(scheme) if strategy.wants_answer else None
    click.echo(f"{strategy.title} (version {strategy.version}+{strategy.digest})")
    if strategy.readout == "likelihood":
        click.echo(
            "The likelihood of each answer is read, or of its first tokens, and nothing that is written."
        )
    if strategy.exemplars is not None:
        click.echo("Solved examples from training folds stand where it says [exemplars].")
    # What is shown decides what the question calls it.
    image = ImageRef(Path("image"), "", "image/png", 1, 1)
    shown = image if strategy.shows == "image" else "[description]"
    for turn in render(strategy, asked, shown, emotion_target=target, description="[description]"):
        click.echo(f"\n{turn.role}:")
        for part in turn.parts:
            click.echo(part if isinstance(part, str) else "[image]")
        if turn.role == "system" and strategy.exemplars is not None:
            click.echo("\n[exemplars]")
