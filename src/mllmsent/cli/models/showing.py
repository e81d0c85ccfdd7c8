"""`mllmsent models show`: everything that is known of one model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mllmsent.cli.models.naming import model_argument, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mllmsent.models.facts import ModelFacts
    from mllmsent.models.interface import Capabilities

__all__ = ["show_model"]

_PLACES = {
    "yes": "yes, in the cache of the Hugging Face hub",
    "partly": "only in part: `mllmsent models pull` goes on",
    "no": "no: `mllmsent models pull` fetches it",
    "builtin": "comes with the package",
    "folder": "a folder on this disk",
    "served": "runs on a server",
}
_FITS = {
    "yes": "yes",
    "bfloat16": "only with `dtype: bfloat16`",
    "4-bit": "only with `quantization: 4bit`",
    "no": "no",
    "unknown": "unknown",
}


@click.command(
    "show",
    short_help="Show everything that is known of one model.",
    epilog="""\b
Examples:
  mllmsent models show builtin/diorama-small
  mllmsent models show hf/path/to/folder
  mllmsent models show openai/gpt-4o --json
""",
)
@model_argument
@click.option("--json", "as_json", is_flag=True, help="One object.")
def show_model(name: str, *, as_json: bool) -> None:
    """Show what is known of the model NAME, and what a study may say about it.

    NAME is written as in a study: a preset, any repository of the Hugging Face hub (hf/OWNER/NAME),
    a folder (hf/FOLDER), or any other provider's model. Nothing is downloaded, loaded or asked.
    """
    from mllmsent.cli.show import print_json, stdout
    from mllmsent.models.facts import facts_of
    from mllmsent.models.machine import this_machine

    machine = this_machine()
    facts = facts_of(name, machine)
    if as_json:
        print_json(_as_object(facts))
        return
    from rich.table import Table
    from rich.text import Text

    from mllmsent.foundation.errors import printable

    console = stdout()
    console.print(Text(printable(f"{facts.name}: {facts.title}"), style="bold"))
    table = Table(box=None, show_header=False, padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for key, value in _lines(facts, machine.words):
        table.add_row(key, Text(printable(value)))
    console.print(table)
    if facts.options:
        console.print("\nOptions, as a study gives them:")
        options = Table(box=None, show_header=False, padding=(0, 2))
        options.add_column(no_wrap=True)
        options.add_column(style="dim", no_wrap=True)
        options.add_column()
        for option in facts.options:
            options.add_row(option.name, _plain(option.default), Text(option.meaning))
        console.print(options)
    console.print("\nIn a study:")
    console.print(Text(printable(f"  models: [{_example(facts)}]")))


def _lines(facts: ModelFacts, machine: str) -> list[tuple[str, str]]:
    """What to show, as pairs of a name and its value; what does not apply is left out."""
    from mllmsent.models import price_in_words
    from mllmsent.models.facts import install_command
    from mllmsent.models.weights import size_in_words

    local = facts.downloaded != "served"
    unknown = "unknown" if local else ""
    on_disk, missing = facts.bytes_on_disk, facts.missing_packages
    told = {
        "family": _family(facts),
        "parameters": _parameters(facts) or unknown,
        "memory": _memory(facts) or unknown,
        "fits here": f"{_FITS[facts.fits]} ({machine})" if local else "",
        "license": facts.license or unknown,
        "gated": f"yes: accept the license at {facts.page}" if facts.gated else "",
        "downloaded": _PLACES[facts.downloaded],
        "on disk": "" if on_disk is None else f"{size_in_words(on_disk)} of weights",
        "revision": facts.revision or "",
        "context": f"{facts.context_length:,} tokens" if facts.context_length else unknown,
        "chat template": {True: "yes", False: "no", None: ""}[facts.chat_template],
        "not installed": f"{', '.join(missing)}: {install_command(missing)}" if missing else "",
        "price": ""
        if local
        else price_in_words(facts.name) or "unknown: a study can give `prices`",
        "can": "" if facts.capabilities is None else ", ".join(_abilities(facts.capabilities)),
        "not here": facts.not_here.replace("\n", " "),
        "note": facts.note,
        "read on": facts.page,
    }
    return [(key, value) for key, value in told.items() if value]


def _family(facts: ModelFacts) -> str:
    if facts.family is None:
        return ""
    known = "" if facts.known_family else " (not tested by this project: tried as it is)"
    return facts.family + known


def _parameters(facts: ModelFacts) -> str:
    if facts.parameters is None:
        return ""
    return words(facts.parameters) + (" (counted)" if facts.counted else "")


def _memory(facts: ModelFacts) -> str:
    from mllmsent.models.weights import size_in_words

    needs = ", ".join(
        f"{size_in_words(need * 1e9)} at {name}" for name, need in facts.memory_gb.items()
    )
    return f"{needs} (estimated)" if needs else ""


def _abilities(can: Capabilities) -> Iterator[str]:
    images = can.images_per_request
    yield f"see up to {images} images at once" if images else "read text only"
    yield f"answer batches of {can.max_batch_size}" if can.max_batch_size > 1 else "answer singly"
    yield f"{can.max_in_flight} calls in flight"
    for able, word in (
        (can.structured_answers, "structured answers"),
        (can.label_scores, "label likelihoods"),
        (can.attention, "attention"),
        (can.shares_images, "one look for many questions"),
    ):
        if able:
            yield word


def _example(facts: ModelFacts) -> str:
    """The model in a study, with the options without which it does not run here."""
    needed = {"bfloat16": {"dtype": "bfloat16"}, "4-bit": {"quantization": "4bit"}}
    options = {**facts.preset_options, **needed.get(facts.fits, {})}
    if not options or facts.downloaded == "served":
        return facts.name
    told = ", ".join(f"{key}: {value}" for key, value in options.items())
    return f"{{model: {facts.name}, options: {{{told}}}}}"


def _plain(value: Any) -> str:
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _as_object(facts: ModelFacts) -> dict[str, Any]:
    from dataclasses import asdict

    return {**asdict(facts), "example": f"models: [{_example(facts)}]"}
