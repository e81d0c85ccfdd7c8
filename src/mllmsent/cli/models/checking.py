"""`mllmsent models check`: what works with a model here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mllmsent.cli.models.naming import model_argument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from mllmsent.models import Settings
    from mllmsent.models.checkup import CheckStep

__all__ = ["check_command"]

_MARKS = {"ok": "✓", "failed": "✗", "not offered": "–", "not tried": "·"}
_PLAIN_MARKS = {"ok": "+", "failed": "x", "not offered": "-", "not tried": "."}
_COLORS = {"ok": "green", "failed": "bold red", "not offered": "dim", "not tried": "dim"}
_WORDS_READ, _TOKENS_WRITTEN = 200, 64
"""Of one question, at most, beside its picture: its words, its schema and a sentence in answer; a
server is asked with the settings of a study, so that it may write more."""
_LONGEST_ANSWER = 4096
"""Tokens, where the settings leave it to the model."""


def _options(
    ctx: click.Context,  # noqa: ARG001 - click's signature
    parameter: click.Parameter,
    values: tuple[str, ...],
) -> dict[str, Any]:
    from mllmsent.foundation.config import parse_document

    options = {}
    for value in values:
        key, equals, told = value.partition("=")
        if not equals or not key:
            raise click.BadParameter(f"{value!r} is not KEY=VALUE.")
        options[key] = parse_document(told, file=f"--{parameter.name.rstrip('s')} {key}").value
    return options


@click.command(
    "check",
    short_help="Tell what works with a model here, and the cure for what does not.",
    epilog="""\b
Examples:
  mllmsent models check openai/gpt-4o-mini
  mllmsent models check openai/o4-mini --setting temperature=null --setting max_tokens=2000
  mllmsent models check builtin/diorama-small
  mllmsent models check hf/google/gemma-4-E4B-it --option quantization=4bit
  mllmsent models check vllm/Qwen/Qwen3-VL-8B-Instruct --option base_url=http://gpu:8000/v1
  mllmsent models check simulated/keen --json

\b
Exit code: 0 if all that the model offers works, 1 if something does not, 2 for wrong input.
""",
)
@model_argument
@click.option(
    "--option",
    "options",
    multiple=True,
    metavar="KEY=VALUE",
    callback=_options,
    help="What a study would say about the model; may be repeated.",
)
@click.option(
    "--setting",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    callback=_options,
    help="What a study would say under `settings`, for a served model; may be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="One object with all steps.")
def check_command(
    name: str, options: dict[str, Any], settings: dict[str, Any], *, as_json: bool
) -> int:
    """Tell what works with the model NAME here, and the cure for what does not.

    A server is asked one small question about a plain picture, with a study's settings, and a few
    more where something is wrong: it shows whether address, key, model name, settings, images and
    schemas work, what the server allows and what the check cost. The most that it can cost is said
    before. A local model's parts, files and memory are looked at, it is loaded, and asked a few small
    questions about two drawn pictures.
    """
    import asyncio
    from dataclasses import asdict

    from rich.console import Console

    from mllmsent.cli.show import print_json, stdout
    from mllmsent.models.checkup_local import check

    console = stdout()
    told = _settings(settings)
    _tell_cost(name, options, told, Console(stderr=True))

    def on_step(step: CheckStep) -> None:
        if not as_json:
            _show(step, console)

    steps = asyncio.run(check(name, options, on_step, settings=told))
    works = not any(step.status in {"failed", "not tried"} for step in steps)
    if as_json:
        print_json({"name": name, "works": works, "steps": [asdict(step) for step in steps]})
    else:
        console.print(_closing(steps), highlight=False)
    return 0 if works else 1


def _settings(told: dict[str, Any]) -> Settings:
    """What a study that says so would have models do."""
    from mllmsent.foundation.config import Document, read_config
    from mllmsent.models import Settings
    from mllmsent.runs.study_models import SettingsChoice

    choice = read_config(SettingsChoice, Document(told, "--setting", {}))
    return Settings(**choice.model_dump())


def _tell_cost(name: str, options: dict[str, Any], settings: Settings, console: Console) -> None:
    """Say what the questions cost at most, where they may cost anything."""
    from mllmsent.models import estimate_cost, get_model
    from mllmsent.models.checkup import questions_asked
    from mllmsent.models.checkup_asking import MOST_QUESTIONS
    from mllmsent.models.checkup_pictures import PICTURE_PIXELS
    from mllmsent.models.facts import LOCAL
    from mllmsent.models.image_tokens import image_tokens
    from mllmsent.models.served.model import ServedModel

    if name.startswith(tuple(f"{provider}/" for provider in LOCAL)):
        return
    model = get_model(name, **options)
    count, longest = questions_asked(model), _TOKENS_WRITTEN
    what = f"{count} small questions are asked"
    if isinstance(model, ServedModel):
        count, longest = MOST_QUESTIONS, settings.max_tokens or _LONGEST_ANSWER
        what = f"One small question is asked, up to {count} where something is wrong"
    read = image_tokens(name, PICTURE_PIXELS, PICTURE_PIXELS) + _WORDS_READ
    cost = estimate_cost(name, count * read, count * longest)
    if cost != 0:
        price = "an unknown price" if cost is None else f"at most ${max(cost, 0.0001):.4f}"
        console.print(f"{what}, for {price}.", highlight=False, soft_wrap=True)


def _show(step: CheckStep, console: Console) -> None:
    from rich.padding import Padding
    from rich.text import Text

    from mllmsent.foundation.errors import printable

    marks = _MARKS if (console.encoding or "").lower().startswith("utf") else _PLAIN_MARKS
    line = Text(f"{marks[step.status]} {step.status:<11} ", style=_COLORS[step.status])
    line.append(step.name, style="bold")
    if step.seconds:
        line.append(f"  {step.seconds:.1f} s", style="dim")
    console.print(line)
    for words, style in ((step.detail, ""), (step.cure and f"Cure: {step.cure}", "yellow")):
        if words:
            console.print(Padding(Text(printable(words), style=style), (0, 0, 0, 14), expand=False))


def _closing(steps: Sequence[CheckStep]) -> str:
    failed = [step.name for step in steps if step.status == "failed"]
    if not failed:
        return "\nAll that it offers works here."
    return f"\nDoes not work here: {', '.join(failed)}."
