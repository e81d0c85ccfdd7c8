"""`mllmsent models`: the providers through which models are asked."""

from __future__ import annotations

import click

__all__ = ["command"]


@click.group("models", epilog="\b\nExample:\n  mllmsent models list\n")
def command() -> None:
    """The providers through which models are asked: `provider/name` in a study."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="A list of objects.")
def list_models(*, as_json: bool) -> None:
    """List every provider, where it is reached, and where its key comes from."""
    from rich.table import Table
    from rich.text import Text

    from mllmsent.cli.show import print_json, stdout
    from mllmsent.models import describe_providers

    providers = describe_providers()
    if as_json:
        print_json(providers)
        return
    table = Table(box=None)
    for column in ("provider", "what it is", "address", "key from"):
        table.add_column(column)
    for provider in providers:
        table.add_row(
            Text(f"{provider['name']}/..."),
            Text(str(provider["title"])),
            Text(str(provider.get("base_url") or "")),
            Text(str(provider.get("api_key_env") or "")),
        )
    stdout().print(table)
