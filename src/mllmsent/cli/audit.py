"""`mllmsent audit`: the faults of a dataset."""

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
""",
)
@click.argument("dataset")
@click.option(
    "--root", type=click.Path(path_type=Path), help="Folder of the files, for a built-in card."
)
@click.option("--json", "as_json", is_flag=True, help="A list of findings as objects.")
@click.option("--all-rows", is_flag=True, help="List every affected row, not only the first few.")
def command(dataset: str, root: Path | None, *, as_json: bool, all_rows: bool) -> int:
    """Find what is wrong with DATASET: each fault by row, with its cure.

    Exits with 1 where there is an error, with 0 where there are only warnings and hints.
    """
    from mllmsent.audit import audit_dataset
    from mllmsent.cli.show import print_json, show_findings
    from mllmsent.data import load_dataset

    findings = audit_dataset(load_dataset(dataset, root=root))
    if as_json:
        print_json([finding.as_dict() for finding in findings])
    else:
        show_findings(findings, all_rows=all_rows)
    return 1 if any(finding.severity == "error" for finding in findings) else 0
