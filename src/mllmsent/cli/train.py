"""`mllmsent train`: a text classifier from described images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

__all__ = ["command"]


def _options(
    ctx: click.Context,  # noqa: ARG001 - click's signature
    parameter: click.Parameter,  # noqa: ARG001 - click's signature
    values: tuple[str, ...],
) -> dict[str, Any]:
    from mllmsent.foundation.config import parse_document

    found: dict[str, Any] = {}
    for value in values:
        name, equals, said = value.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{value!r} is not NAME=VALUE.")
        # As a study would say it: a number, a word, a list.
        found[name] = parse_document(f"value: {said}", file=f"--option {name}").value["value"]
    return found


@click.command(
    epilog="""\b
Examples:
  mllmsent train runs/my-study --out reader
  mllmsent train published-descriptions --root data --problem P3 --min-agreement 3 --out reader
  mllmsent train labelled.csv --scheme polarity3 --text review --label mood --out reader
  mllmsent train runs/my-study --classifier fusion --option weights=chosen --out reader
  mllmsent train runs/my-study --option 'c=[0.1, 1, 10]' --out reader

\b
Then: mllmsent predict reader texts.csv
""",
)
@click.argument("source")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder to save it to, with its card README.md.",
)
@click.option(
    "--classifier", default="linear", show_default=True,
    help="Which; `mllmsent classifiers list` tells what there is.",
)  # fmt: skip
@click.option(
    "--option", "options", multiple=True, metavar="NAME=VALUE", callback=_options,
    help="An option of the classifier, as a study says it; may be repeated.",
)  # fmt: skip
@click.option("--scheme", help="Scheme of the targets; of a run or study, which of its schemes.")
@click.option("--problem", help="Of a dataset: a published problem, such as P3.")
@click.option(
    "--min-agreement", "--sigma", type=click.IntRange(min=1),
    help="Of a dataset: how many annotators must agree.",
)  # fmt: skip
@click.option(
    "--train-min-agreement", "--train-sigma", type=click.IntRange(min=1),
    help="Of a dataset: learn from items on which only so many agree too; they are not tested.",
)  # fmt: skip
@click.option(
    "--describer", "describers", multiple=True,
    help="Only this describer's descriptions; may be repeated.",
)  # fmt: skip
@click.option("--root", type=click.Path(path_type=Path), help="Of a built-in dataset: its folder.")
@click.option("--text", help="Of a table: the column of the texts.")
@click.option("--label", help="Of a table: the column of the labels.")
@click.option("--group", help="Of a table: the column by which rows belong together (the image).")
@click.option(
    "--folds", type=click.IntRange(min=2), default=5, show_default=True,
    help="Folds to test it by, where the rows are not divided already.",
)  # fmt: skip
@click.option("--seed", type=int, default=42, show_default=True, help="Seed of folds and training.")
@click.option("--json", "as_json", is_flag=True, help="Print what the card tells, as JSON.")
def command(
    source: str,
    out: Path,
    classifier: str,
    options: dict[str, Any],
    scheme: str | None,
    problem: str | None,
    min_agreement: int | None,
    train_min_agreement: int | None,
    describers: tuple[str, ...],
    root: Path | None,
    text: str | None,
    label: str | None,
    group: str | None,
    folds: int,
    seed: int,
    *,
    as_json: bool,
) -> None:
    """Train a text classifier on SOURCE and save it; its scores are cross-validated first.

    SOURCE is a run folder or a study that was run, a dataset that comes with descriptions, or a table
    of labelled texts (CSV, JSON Lines, Parquet).
    """
    from mllmsent.cli.show import print_json
    from mllmsent.cli.work import WorkBars
    from mllmsent.foundation.errors import printable
    from mllmsent.foundation.work import watching
    from mllmsent.runs.event_loop import stopped_by_sigterm
    from mllmsent.runs.training_rows import training_rows
    from mllmsent.text.model_card import check_folder, save_trained, training_record
    from mllmsent.text.training import train

    check_folder(out)
    named = {"text": text, "label": label, "group": group}
    with stopped_by_sigterm(), WorkBars() as bars, watching(bars):
        rows = training_rows(
            source,
            scheme=scheme,
            problem=problem,
            min_agreement=min_agreement,
            train_min_agreement=train_min_agreement,
            describers=describers,
            root=None if root is None else str(root),
            columns={key: name for key, name in named.items() if name is not None},
            seed=seed,
        )
        trained = train(rows, classifier, options, n_folds=folds, seed=seed)
    save_trained(trained, out)
    if as_json:
        print_json(training_record(trained))
        return
    _show(training_record(trained))
    click.echo(f"Saved: {printable(str(out))}  (its card: README.md)")


def _show(record: dict[str, Any]) -> None:
    from rich.table import Table
    from rich.text import Text

    from mllmsent.cli.show import stdout
    from mllmsent.foundation.errors import printable

    console = stdout()
    console.print(
        Text(
            printable(
                f"{record['classifier']} in {record['scheme']}: {record['texts']:,} texts about "
                f"{record['items']:,} items of {record['source']}.\nTested: {record['folds']}."
            )
        )
    )
    table = Table(box=None)
    table.add_column("cross-validated")
    for title in ("value", "95 % interval", "texts"):
        table.add_column(title, justify="right")
    for name, score in record["cross_validated"].items():
        table.add_row(Text(name), _number(score["value"]), _interval(score), "")
    for label, score in record["recall"].items():
        table.add_row(
            Text(printable(f"recall of {label}")),
            _number(score["value"]),
            _interval(score),
            f"{record['labels'].get(label, 0):,}",
        )
    console.print(table)
    for note in record["notes"]:
        console.print(Text(printable(note)))


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _interval(score: dict[str, float | None]) -> str:
    if score["low"] is None:
        return ""
    return f"{_number(score['low'])} to {_number(score['high'])}"
