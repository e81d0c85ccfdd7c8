"""`mllmsent models list`: the providers, and the local models that are well known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.table import Table

    from mllmsent.models.facts import ModelFacts

__all__ = ["list_models"]

_PLACES = {
    "yes": "yes",
    "partly": "partly",
    "no": "no",
    "builtin": "built in",
    "folder": "yes",
    "served": "served",
}
_FITS = {
    "yes": "yes",
    "bfloat16": "at bfloat16",
    "4-bit": "at 4 bits",
    "no": "no",
    "unknown": "unknown",
}


@click.command(
    "list",
    short_help="List the providers, and the local models that are well known.",
    epilog="""\b
Examples:
  mllmsent models list --fits           only local models that this machine has memory for
  mllmsent models list --family qwen3_vl
  mllmsent models list --json
""",
)
@click.option("--family", help="Only local models whose family has this in its name.")
@click.option("--fits", "only_fitting", is_flag=True, help="Only local models that fit in here.")
@click.option("--json", "as_json", is_flag=True, help="A list of objects.")
def list_models(family: str | None, *, only_fitting: bool, as_json: bool) -> None:
    """List every provider, and the local models that are well known.

    Memory is estimated: parameters times bytes, 10 % more, and up to 1 GB. A model that is not in
    the list is asked by its name all the same.
    """
    from mllmsent.cli.show import print_json, stdout
    from mllmsent.models import describe_providers
    from mllmsent.models.facts import LOCAL, facts_of
    from mllmsent.models.machine import this_machine
    from mllmsent.models.presets import presets, presets_as_of
    from mllmsent.models.registry import PROVIDERS

    chosen = family is not None or only_fitting
    providers = [] if chosen else describe_providers()
    machine = this_machine()
    known = set(PROVIDERS.names())
    models = [
        facts_of(name, machine, closely=False)
        for name in presets()
        if name.partition("/")[0] in known
    ]
    if family is not None:
        models = [each for each in models if family in (each.family or "")]
    if only_fitting:
        models = [
            each
            for each in models
            if each.fits not in {"no", "unknown"} and each.name.startswith(LOCAL)
        ]
    if as_json:
        rows = [{"kind": "provider", **provider} for provider in providers]
        print_json([*rows, *map(_row, models)])
        return
    console = stdout()
    if providers:
        console.print(_provider_table(providers))
        console.print()
    if not models:
        console.print("No preset is like that. `mllmsent models list` shows all of them.")
        return
    console.print(_preset_table(models, console.width, on_gpu=machine.kind == "GPU"))
    console.print(
        f"\nThis machine: {machine.words}. Memory is estimated for one question at a time. "
        f"Presets as of {presets_as_of()}.",
        style="dim",
        highlight=False,
    )


def _row(facts: ModelFacts) -> dict[str, Any]:
    return {
        "kind": "preset",
        "name": facts.name,
        "title": facts.title,
        "family": facts.family,
        "parameters": facts.parameters,
        "memory_gb": facts.memory_gb,
        "license": facts.license,
        "gated": facts.gated,
        "context_length": facts.context_length,
        "downloaded": facts.downloaded,
        "fits": facts.fits,
        "note": facts.note,
    }


def _provider_table(providers: list[dict[str, Any]]) -> Table:
    from rich.table import Table
    from rich.text import Text

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
    return table


def _preset_table(models: list[ModelFacts], width: int, *, on_gpu: bool) -> Table:
    """The presets as a table; where the terminal is narrow, with fewer columns."""
    from rich.table import Table
    from rich.text import Text

    lines = [_line(facts, on_gpu=on_gpu) for facts in models]
    head = list(lines[0])
    widths = {name: max(len(name), *(len(line[name]) for line in lines)) for name in head}
    spare = ["gated", "32 bits", "license", "parameters"]
    while spare and sum(widths[name] + 2 for name in head) > width:
        column = spare.pop(0)
        head = [name for name in head if name != column]
    table = Table(box=None)
    for name in head:
        number = name == "parameters" or name.endswith("bits")
        table.add_column(
            name,
            justify="right" if number else "left",
            no_wrap=name != "local model",
            overflow="fold",
        )
    for line in lines:
        table.add_row(*(Text(line[name]) for name in head))
    return table


def _line(facts: ModelFacts, *, on_gpu: bool) -> dict[str, str]:
    from mllmsent.cli.models.naming import words

    precisions = {"32 bits": "float32", "16 bits": "bfloat16", "4 bits": "4-bit"}
    needs = {bits: facts.memory_gb.get(name) for bits, name in precisions.items()}
    if on_gpu:
        del needs["32 bits"]
    return {
        "local model": facts.name,
        "parameters": words(facts.parameters),
        **{bits: "-" if need is None else _gigabytes(need) for bits, need in needs.items()},
        "license": facts.license or "unknown",
        "gated": {True: "yes", False: "no", None: "unknown"}[facts.gated],
        "downloaded": _PLACES[facts.downloaded],
        "fits here": "-" if facts.downloaded == "served" else _FITS[facts.fits],
    }


def _gigabytes(need: float) -> str:
    return f"{need:.1f} GB" if need >= 0.1 else "< 0.1 GB"
