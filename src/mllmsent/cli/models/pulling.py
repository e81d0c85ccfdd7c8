"""`mllmsent models pull`: download a model ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mllmsent.cli.models.naming import model_argument

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from mllmsent.models.downloads import DownloadPlan

__all__ = ["pull_model"]


@click.command(
    "pull",
    short_help="Download a model ahead.",
    epilog="""\b
Examples:
  mllmsent models pull hf/google/gemma-4-E4B-it
  mllmsent models pull hf/OWNER/NAME --revision v1.2
  mllmsent models pull hf/google/gemma-3-4b-it --dry-run

\b
The files go into the cache of the Hugging Face hub, which all programs share; HF_HOME moves it.
For a gated model, accept its license on its page, and run `hf auth login` or set HF_TOKEN.
""",
)
@model_argument
@click.option("--revision", help="Commit, tag or branch; by default the preset's, or main.")
@click.option("--dry-run", is_flag=True, help="Say what would be downloaded; download nothing.")
def pull_model(name: str, revision: str | None, *, dry_run: bool) -> None:
    """Download the model NAME (hf/OWNER/NAME) ahead, so that a study need not wait for it.

    Only what is needed is fetched: weights as safetensors, configuration, tokenizer, processor.
    Stop it whenever you like; the same command goes on.
    """
    from rich.console import Console

    from mllmsent.models.downloads import download, plan_download
    from mllmsent.models.facts import place_of
    from mllmsent.models.hub import cached_model, is_offline
    from mllmsent.models.presets import find_preset, preset_options

    repo = _repository(name)
    place, folder, _ = place_of(name, revision)
    if place == "folder":
        click.echo(f"{name} is a folder on this disk: there is nothing to download.")
        return
    revision = revision or preset_options(name).get("revision")
    if is_offline() and cached_model(repo, revision).state == "yes":
        click.echo(f"{name} is here already: {folder}")
        return
    preset = find_preset(name)
    console = Console(stderr=True)
    plan = plan_download(repo, revision, also=() if preset is None else preset.also_fetch)
    _announce(plan, console)
    if dry_run:
        return
    # Where nothing is missing, the cache still learns which commit the revision is today.
    folder = _show(plan, console) if plan.missing_bytes else download(plan)
    click.echo(f"{name} is here: {folder}")


def _repository(name: str) -> str:
    from mllmsent.foundation.errors import InputError, nearest
    from mllmsent.models.presets import presets

    provider, _, repo = name.partition("/")
    if provider == "hf" and repo:
        return repo
    if provider == "builtin":
        raise InputError("Built-in models come with the package: there is nothing to download.")
    known = [preset for preset in presets() if preset.startswith("hf/")]
    message = f"Models that can be downloaded are written hf/OWNER/NAME, not {name!r}."
    raise InputError(message, cure=nearest(f"hf/{name}", known))


def _announce(plan: DownloadPlan, console: Console) -> None:
    from mllmsent.foundation.errors import printable
    from mllmsent.models.weights import size_in_words

    here = plan.total_bytes - plan.missing_bytes
    line = f"{plan.repo} at {plan.commit[:12]}: {len(plan.files)} files, {size_in_words(plan.total_bytes)}"
    if here:
        line += f", of which {size_in_words(here)} are here"
    if plan.left_out_bytes:
        line += f"; {plan.left_out} files of {size_in_words(plan.left_out_bytes)} are not needed"
    console.print(printable(line + "."), markup=False, highlight=False)


def _show(plan: DownloadPlan, console: Console) -> Path:
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn
    from rich.progress import TransferSpeedColumn as SpeedColumn

    from mllmsent.models.downloads import download

    columns = (BarColumn(), DownloadColumn(), SpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("Downloading", total=plan.missing_bytes)
        return download(plan, lambda count: bar.advance(task, count))
