"""`mllmsent run`: ask, score and report."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["command"]


def _items(
    ctx: click.Context,  # noqa: ARG001 - click's signature
    parameter: click.Parameter,  # noqa: ARG001 - click's signature
    values: tuple[str, ...],
) -> dict[str, str]:
    pairs = {}
    for value in values:
        column, equals, wanted = value.partition("=")
        if not equals:
            raise click.BadParameter(f"{value!r} is not COLUMN=VALUE.")
        pairs[column] = wanted
    return pairs


@click.command(
    epilog="""\b
Examples:
  mllmsent run study.yaml --dry-run           the plan: requests, cached, tokens, money
  mllmsent run study.yaml --limit 20          try it on twenty items first
  mllmsent run study.yaml --budget 5          stop before it costs more than five dollars
  mllmsent run study.yaml                     all of it; stopped at any moment, it goes on
  mllmsent run study.yaml --where theme=Dog   only these items
  mllmsent run study.yaml --batch             by the providers' batches: within a day, for less
  mllmsent run runs/study                     go on with a run folder, moved or not
""",
)
@click.argument("study", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Run folder; by default runs/NAME, NAME being the study's.",
)
@click.option(
    "--dry-run", is_flag=True, help="Show what would be asked and what it costs; ask nothing."
)
@click.option("--limit", type=click.IntRange(min=1), help="At most this many items.")
@click.option("--seed", type=int, help="Seed of everything the study draws itself.")
@click.option("--item", "ids", multiple=True, metavar="ID", help="Only this item; may be repeated.")
@click.option(
    "--where",
    multiple=True,
    metavar="COLUMN=VALUE",
    callback=_items,
    help="Only items with this metadata; may be repeated.",
)
@click.option(
    "--cache",
    type=click.Path(path_type=Path),
    envvar="MLLMSENT_ANSWERS",
    help="File of the answer cache; by default answers.sqlite beside the run folder.",
)
@click.option(
    "--budget",
    type=click.FloatRange(min=0, min_open=True),
    metavar="DOLLARS",
    help="US dollars that this run does not pass; answers in the cache cost nothing.",
)
@click.option("--in-flight", type=click.IntRange(1, 1000), help="Most requests at once per model.")
@click.option(
    "--batch",
    is_flag=True,
    help="Ask by batches where a provider takes them: within a day, at half the price.",
)
@click.option("--no-report", is_flag=True, help="Do not write the HTML report.")
@click.option("--json", "as_json", is_flag=True, help="Print the plan or the leaderboard as JSON.")
def command(
    study: Path,
    out: Path | None,
    limit: int | None,
    seed: int | None,
    ids: tuple[str, ...],
    where: dict[str, str],
    cache: Path | None,
    budget: float | None,
    in_flight: int | None,
    *,
    dry_run: bool,
    batch: bool,
    no_report: bool,
    as_json: bool,
) -> int:
    """Run STUDY, a study file or a run folder: ask its models, score and report the answers.

    Every answer is kept the moment it arrives. Stop it whenever you like, with Ctrl-C or SIGTERM
    (exit code 130); the same command goes on and never sends an answered request again.
    """
    from rich.console import Console

    from mllmsent import api
    from mllmsent.cli.show import show_leaderboard, show_plan
    from mllmsent.cli.work import WorkBars
    from mllmsent.foundation.errors import printable
    from mllmsent.foundation.work import watching
    from mllmsent.runs.progress import Display

    # What is shown while it runs goes to standard error: standard output is for results.
    console = Console(stderr=True)
    mode = "batch" if batch else None
    items = {"limit": limit, "seed": seed, "ids": ids, "where": where}
    changes = {**items, "budget": budget, "mode": mode}
    if dry_run:
        plan = api.plan(study, out=out, cache=cache, **changes)
        show_plan(plan, as_json=as_json)
        return 0
    bars = WorkBars(console)
    with Display(console, below=bars) as display, watching(bars):
        run = api.run(
            study,
            out=out,
            cache=cache,
            in_flight=in_flight,
            observer=display,
            say=lambda text: console.print(printable(text), markup=False, highlight=False),
            **changes,
        )
    show_leaderboard(run, as_json=as_json, notes=False)
    if not no_report:
        page = run.report()
        click.echo(f"Report: {page}", err=as_json)
    return 0 if run.complete else 1
