"""`mllmsent audit`: the faults of a dataset, a run, or predictions that somebody published."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["command"]


@click.command(
    epilog="""\b
Examples:
  mllmsent audit my-images/
  mllmsent audit bass --root data/bass
  mllmsent audit card.yaml --json
  mllmsent audit runs/my-study
  mllmsent audit experiments-finetuning/        logs in the published layout
  mllmsent audit predictions.parquet            a table whose columns have usual names

\b
Predictions that need options to be read: import them first, with `mllmsent import`, and audit the run.
""",
)
@click.argument("path")
@click.option(
    "--root", type=click.Path(path_type=Path), help="Folder of the files, for a built-in card."
)
@click.option("--json", "as_json", is_flag=True, help="A list of findings as objects.")
@click.option("--all-rows", is_flag=True, help="List every affected row, not only the first few.")
def command(path: str, root: Path | None, *, as_json: bool, all_rows: bool) -> int:
    """Find what is wrong with PATH: each fault by row, with what it does to a score, and its cure.

    PATH is a dataset, a run, a folder of logs in the published layout, or a table of predictions.
    Exits with 1 where there is an error, with 0 where there are only warnings and hints.
    """
    from mllmsent.audit.opening import audit_path
    from mllmsent.cli.show import print_json, show_findings

    findings = audit_path(path, root=root)
    if as_json:
        print_json([finding.as_dict() for finding in findings])
    else:
        show_findings(findings, all_rows=all_rows)
    return 1 if any(finding.severity == "error" for finding in findings) else 0
