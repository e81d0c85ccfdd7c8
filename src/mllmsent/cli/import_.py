"""`mllmsent import`: predictions that were made elsewhere become a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mllmsent.api import Run
    from mllmsent.runs.imports import ImportFormat

__all__ = ["command"]

SHOWN_SYSTEMS = 12


def _pairs(_: click.Context, option: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for value in values:
        label, equals, column = value.partition("=")
        if not equals or not label.strip() or not column.strip():
            raise click.BadParameter(f"{value!r} is not LABEL=COLUMN.", param=option)
        pairs[label.strip()] = column.strip()
    return pairs


def _role(*names: str, text: str) -> Callable[[Any], Any]:
    """An option that says where something stands."""
    return click.option(*names, metavar="COLUMN", help=text)


@click.command(
    "import",
    epilog="""\b
Examples:
  mllmsent import predictions.csv --scheme polarity3 --out runs/theirs
  mllmsent import a.csv b.jsonl --id image --label answer --target gold --scheme ekman --out runs/ab
  mllmsent import predictions.parquet --out runs/published
  mllmsent import --format mllmsent-logs experiments-finetuning/ --out runs/published
  mllmsent leaderboard runs/published

\b
Options with COLUMN|VALUE take a column of the files, or one value for every row; =VALUE means the
value whatever the columns are called, and = alone means none. Usual names of columns are found
without any option.
""",
)
@click.argument(
    "sources",
    nargs=-1,
    required=True,
    metavar="FILE|DIR...",
    type=click.Path(path_type=Path),
)
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Folder of the run to make."
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(["table", "mllmsent-logs"]),
    default="table",
    show_default=True,
    help="Tables with named columns (CSV, JSONL, JSON, Parquet), or folders of experiments as the "
    "authors of MLLMsent publish them.",
)
@_role("--id", text="The item's id.")
@_role("--label", "--prediction", "label", text="What the system answered.")
@_role("--target", text="What people said; = to import what cannot be scored.")
@_role("--fold", text="The fold that was tested.")
@_role("--text", text="The description that was read.")
@click.option("--scheme", metavar="COLUMN|VALUE", help="The labels' scheme: polarity3, ekman ...")
@click.option("--problem", metavar="COLUMN|VALUE", help="A published problem: P5, P3, P2+, P2-.")
@click.option(
    "--min-agreement", "--sigma", "min_agreement", metavar="COLUMN|VALUE",
    help="How many annotators had to agree.",
)  # fmt: skip
@click.option("--system", metavar="COLUMN|VALUE", help="Name of the system.")
@click.option("--model", metavar="COLUMN|VALUE", help="The model that answered.")
@click.option("--describer", metavar="COLUMN|VALUE", help="The model that described.")
@click.option("--classifier", metavar="COLUMN|VALUE", help="What read the descriptions.")
@click.option("--training", metavar="COLUMN|VALUE", help="How the classifier was trained.")
@click.option("--pathway", metavar="COLUMN|VALUE", help="direct, described or scene.")
@click.option(
    "--score", "scores", multiple=True, callback=_pairs, metavar="LABEL=COLUMN",
    help="Column with the score of a label; once for each.",
)  # fmt: skip
@click.option(
    "--codes", multiple=True, metavar="CODE=LABEL,...",
    help="What numbers stand for: 0=neutral,1=negative,2=positive; for one problem or scheme only, "
    "P2-:0=positive,1=negative.",
)  # fmt: skip
@click.option("--encoding", default="utf-8", show_default=True, help="Of the files' texts.")
@click.option("--delimiter", help="Between fields of CSV; found out where absent.")
@click.option("--title", default="", help="What the predictions are of, for the report.")
@click.option(
    "--emotion-target", default="", metavar="TARGET",
    help="What people were asked about: evoked, expressed or depicted emotion.",
)  # fmt: skip
@click.option(
    "--skip-unreadable", is_flag=True,
    help="With mllmsent-logs: leave out files that cannot be read, and say which.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="What was imported, as one object.")
def command(
    sources: tuple[Path, ...], out: Path, kind: ImportFormat, *, as_json: bool, **options: Any
) -> int:
    """Make a run of predictions in FILEs or DIRs, which leaderboard, report and audit open.

    The files stay where they are. An import that is already at --out is made anew; any other run
    there is left alone.
    """
    from mllmsent import api
    from mllmsent.cli.show import print_json
    from mllmsent.runs.imports.columns import ROLES

    columns = {name: options[name] for name in ROLES if options.get(name) is not None}
    rest = {name: value for name, value in options.items() if name not in ROLES}
    with _Line() as line:
        run = api.import_predictions(
            sources, out, format=kind, columns=columns, progress=line.show, **rest
        )
    if as_json:
        print_json(_summary(run))
    else:
        _say(run, out)
    return 0


class _Line:
    """One line on standard error that says which file is read; on a terminal only."""

    def __enter__(self) -> Self:
        from rich.console import Console

        console = Console(stderr=True)
        self._status = console.status("Reading") if console.is_terminal else None
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()

    def show(self, done: int, total: int, name: str) -> None:
        """Say how far it is."""
        from rich.text import Text

        from mllmsent.foundation.errors import printable

        if self._status is None:
            return
        what = f"file {done + 1} of {total}: {name}" if name else "done; putting it together"
        self._status.update(Text(printable(f"Reading {what}" if name else what)))


def _summary(run: Run) -> dict[str, Any]:
    manifest = run.folder.manifest
    systems = run.systems.set_index("system_id")["name"]
    predictions = run.predictions
    return {
        "run": str(run.folder.path),
        "format": manifest["imported"]["format"],
        "rows": len(predictions),
        "items": len(run.items),
        "systems": [
            {"system_id": str(system), "name": str(name)} for system, name in systems.items()
        ],
        "schemes": [
            {
                "scheme": name,
                "problem": protocol.get("problem"),
                "min_agreement": protocol.get("min_agreement"),
                "items": protocol.get("n_items"),
                "systems": int(
                    predictions.loc[predictions["scheme"] == name, "system_id"].nunique()
                ),
            }
            for name, protocol in manifest["protocols"].items()
        ],
        "read_as": _read_as(manifest),
        "sources": manifest["imported"]["sources"],
        "notes": run.warnings(),
    }


def _read_as(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Role to column of the first table."""
    found: dict[str, str] = manifest["imported"]["sources"][0].get("columns", {})
    return found


def _say(run: Run, out: Path) -> None:
    from mllmsent.cli.show import stdout
    from mllmsent.foundation.errors import printable

    console = stdout()

    def show(text: str, style: str = "") -> None:
        console.print(printable(text), style=style, markup=False, highlight=False)

    summary = _summary(run)
    read_as = ", ".join(
        f"{role} = {name.removeprefix('=')}" for role, name in summary["read_as"].items()
    )
    if read_as:
        show(f"Read as: {read_as}.")
    for note in summary["notes"]:
        show(note, "yellow")
    systems = summary["systems"]
    show(f"{summary['rows']:,} predictions of {summary['items']:,} items:")
    for each in summary["schemes"]:
        number = each["systems"]
        show(
            f"  {each['scheme']}: {number} system{'s' if number != 1 else ''}, {each['items']:,} items"
        )
    for each in systems[:SHOWN_SYSTEMS]:
        show(f"  {each['system_id']}  {each['name']}", "dim")
    if len(systems) > SHOWN_SYSTEMS:
        show(f"  and {len(systems) - SHOWN_SYSTEMS} systems more", "dim")
    show(f"Run: {out}. See `mllmsent leaderboard {out}` and `mllmsent report {out}`.")
