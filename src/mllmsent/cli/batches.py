"""`mllmsent batches`: what was handed in at providers, to be answered later."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["command"]


def _cache_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--cache",
        type=click.Path(path_type=Path),
        envvar="MLLMSENT_ANSWERS",
        default=Path("runs/answers.sqlite"),
        show_default=True,
        help="File of the answer cache.",
    )(command)


@click.group(
    "batches",
    epilog="""\b
Examples:
  mllmsent run study.yaml --batch               hand in, wait and fetch; Ctrl-C leaves them be
  mllmsent batches list                         what was handed in, and what came of it
  mllmsent batches cancel study.yaml batch_abc  have the provider end one
  mllmsent batches forget batch_abc             ask its questions anew, and pay for them again
""",
)
def command() -> None:
    """Batches: questions that were handed in together, to be answered within a day for less.

    A run fetches what it needs by itself. These commands are for looking, and for a change of mind.
    """


@command.command("list")
@_cache_option
@click.option("--json", "as_json", is_flag=True, help="A list of objects.")
def list_command(cache: Path, *, as_json: bool) -> None:
    """List the batches of an answer cache, the oldest first, and what came of them."""
    from rich.table import Table
    from rich.text import Text

    from mllmsent.cli.show import print_json, stdout
    from mllmsent.foundation.errors import printable
    from mllmsent.runs.batch_control import list_batches

    found = list_batches(cache)
    rows = [
        {
            "batch": batch.id or batch.token,
            "model": batch.model,
            "requests": batch.size,
            "handed_in": f"{batch.created_at:%Y-%m-%d %H:%M}",
            "until": "" if batch.expires_at is None else f"{batch.expires_at:%Y-%m-%d %H:%M}",
            "state": batch.outcome or ("under way" if batch.id else "id not heard yet"),
        }
        for batch in found
    ]
    if as_json:
        print_json(rows)
        return
    console = stdout()
    if not rows:
        console.print("No batch was ever handed in.")
        return
    table = Table(box=None)
    for column in ("batch", "model", "requests", "handed in", "until (UTC)", "state"):
        table.add_column(column, justify="right" if column == "requests" else "left")
    for row in rows:
        shown = {**row, "requests": f"{row['requests']:,}"}
        table.add_row(*(Text(printable(str(value))) for value in shown.values()))
    console.print(table)


@command.command("cancel")
@click.argument("study", type=click.Path(path_type=Path))
@click.argument("batch")
@_cache_option
def cancel_command(study: Path, batch: str, cache: Path) -> None:
    """Have the provider end BATCH, of STUDY. What is answered by then is kept, and paid."""
    from mllmsent.runs.batch_control import cancel_batch
    from mllmsent.runs.study import load_study

    found = cancel_batch(
        load_study(study / "study.yaml" if study.is_dir() else study), cache, batch
    )
    click.echo(
        f"{found.id} of {found.model} is being canceled. The next run of the study fetches what was "
        "answered by then."
    )


@command.command("forget")
@click.argument("batch")
@_cache_option
def forget_command(batch: str, cache: Path) -> None:
    """Have the questions of BATCH asked anew.

    They are paid again if the provider answered them. For a batch that the provider does not know any more, or that belongs to another account.
    """
    from mllmsent.runs.batch_control import forget_batch

    found = forget_batch(cache, batch)
    click.echo(f"{batch} of {found.model} is forgotten: {found.size:,} questions are free again.")
