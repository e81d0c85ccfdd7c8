"""`mllmsent schemes`: the label schemes there are."""

from __future__ import annotations

import click

__all__ = ["command"]


@click.group(
    "schemes",
    epilog="""\b
Examples:
  mllmsent schemes list
  mllmsent schemes show mikels
  mllmsent schemes show my-scheme.yaml --json
""",
)
def command() -> None:
    """The vocabularies in which an emotion can be asked for."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="A list of objects.")
def list_schemes(*, as_json: bool) -> None:
    """List every scheme with its labels or scales."""
    from rich.table import Table
    from rich.text import Text

    from mllmsent.affect import get_scheme, scheme_names
    from mllmsent.cli.show import print_json, stdout

    schemes = [get_scheme(name) for name in scheme_names()]
    if as_json:
        print_json(
            [
                {
                    "name": scheme.name,
                    "title": scheme.title,
                    "kind": scheme.kind,
                    "labels": scheme.label_names,
                    "dimensions": scheme.dimension_names,
                }
                for scheme in schemes
            ]
        )
        return
    table = Table(box=None)
    for column in ("scheme", "kind", "labels or scales"):
        table.add_column(column)
    for scheme in schemes:
        scales = [f"{d.name} {d.low:g}-{d.high:g}" for d in scheme.dimensions]
        words = ", ".join([*scheme.label_names, *scales]) or "any words"
        kind = f"{scheme.kind}, several labels" if scheme.multi_label else scheme.kind
        table.add_row(scheme.name, kind, Text(words))
    stdout().print(table)


@command.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="The scheme as one object.")
def show_scheme(name: str, *, as_json: bool) -> None:
    """Show one scheme: what its labels mean, and what else means them."""
    from mllmsent.affect import dump_scheme, get_scheme, load_scheme
    from mllmsent.cli.show import print_json

    scheme = load_scheme(name) if name.endswith((".yaml", ".yml")) else get_scheme(name)
    if as_json:
        print_json(dump_scheme(scheme))
        return
    click.echo(f"{scheme.name}: {scheme.title}")
    if scheme.description:
        click.echo(scheme.description)
    for label in scheme.labels:
        click.echo(f"\n{label.name}: {label.definition}")
        if label.synonyms:
            click.echo(f"  also: {', '.join(label.synonyms)}")
        if label.translations:
            words = (f"{code} {each[0]}" for code, each in label.translations.items() if each)
            click.echo(f"  in other languages: {', '.join(words)}")
    for scale in scheme.dimensions:
        click.echo(
            f"\n{scale.name}: from {scale.low:g} ({scale.low_anchor}) "
            f"to {scale.high:g} ({scale.high_anchor})"
        )
