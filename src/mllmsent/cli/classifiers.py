"""`mllmsent classifiers`: what reads descriptions."""

from __future__ import annotations

from typing import Any

import click

__all__ = ["command"]


@click.group(
    "classifiers",
    epilog="""\b
Examples:
  mllmsent classifiers list
  mllmsent classifiers show linear
  mllmsent classifiers show hf/answerdotai/ModernBERT-large
""",
)
def command() -> None:
    """The text classifiers of the described pathway."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="A list of objects.")
def list_classifiers(*, as_json: bool) -> None:
    """List every classifier, what it does, and whether what it needs is installed."""
    from rich.table import Table
    from rich.text import Text

    from mllmsent.cli.show import print_json, stdout
    from mllmsent.text import CLASSIFIERS

    found = [_about(name) for name in CLASSIFIERS.names()]
    if as_json:
        print_json(found)
        return
    table = Table(box=None)
    for column in ("classifier", "needs", "what it is"):
        table.add_column(column)
    for each in found:
        table.add_row(each["name"], Text(_needs(each)), Text(each["title"]))
    console = stdout()
    console.print(table)
    console.print(Text("Models of the Hugging Face hub are written hf/OWNER/NAME: `transformer`."))
    console.print(
        Text("A language model that is asked is written provider/name: openai/gpt-4o-mini.")
    )


@command.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="An object.")
def show_classifier(name: str, *, as_json: bool) -> None:
    """Show one classifier: what it is, and its options with their defaults."""
    from rich.table import Table
    from rich.text import Text

    from mllmsent.cli.show import print_json, stdout
    from mllmsent.foundation.errors import InputError
    from mllmsent.text.registry import CLASSIFIERS, resolve_name

    canonical, said = resolve_name(name)
    if "/" in canonical:
        raise InputError(
            f"{name!r} is a language model, which is asked about each description.",
            cure="A study says how: `training`, `shots`, `strategy`, `settings`. "
            f"`mllmsent models show {name}` shows the model, `mllmsent prompts show read` the words.",
        )
    about = _about(canonical) | {"options": _options(CLASSIFIERS.get(canonical).options, said)}
    if as_json:
        print_json(about)
        return
    console = stdout()
    console.print(Text(f"{canonical}: {about['title']}"))
    if about["extra"]:
        console.print(Text(f"Needs {_needs(about)}."))
    table = Table(box=None)
    for column in ("option", "default", "what it says"):
        table.add_column(column)
    for option in about["options"]:
        table.add_row(option["name"], Text(_shown(option["default"])), Text(option["meaning"]))
    console.print(table)


def _about(name: str) -> dict[str, Any]:
    from mllmsent.text.registry import ALIASES, CLASSIFIERS, EXTRAS, is_installed

    extra = EXTRAS.get(name)
    return {
        "name": name,
        "title": (CLASSIFIERS.get(name).__doc__ or "").strip().split("\n")[0],
        "aliases": [alias for alias, meant in ALIASES.items() if meant == name],
        "extra": extra,
        "installed": extra is None or is_installed(extra),
    }


def _needs(about: dict[str, Any]) -> str:
    if about["extra"] is None:
        return "nothing more"
    if about["installed"]:
        return f"mllmsent[{about['extra']}], which is installed"
    return f"pip install 'mllmsent[{about['extra']}]'"


def _options(model: Any, said: dict[str, Any]) -> list[dict[str, Any]]:
    defaults = model().model_dump(mode="json") | said
    return [
        {
            "name": name,
            "default": defaults[name],
            "meaning": " ".join((field.description or "").split()),
        }
        for name, field in model.model_fields.items()
    ]


def _shown(value: Any) -> str:
    """A default as a study would say it."""
    if value is None:
        return "none"
    if isinstance(value, list):
        parts = [_shown(each) for each in value]
        return parts[0] if len(parts) == 1 else f"[{', '.join(parts)}]"
    if isinstance(value, dict):
        return str(value["model"]) if set(value) == {"model", "options"} else str(value)
    return f"{value:g}" if isinstance(value, float) else str(value)
