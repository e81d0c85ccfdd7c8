"""`mllmsent compare`: what became of the systems of a run in newer runs, and whether they may pass."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["command"]

FAILED = 1
"""Exit code where a gate failed."""


@click.command(
    epilog="""\b
Examples:
  mllmsent compare runs/v1 runs/v2
  mllmsent compare runs/v1 runs/v2 --fail-if "macro_f1 < -0.01"
  mllmsent compare runs/v1 runs/v2 --fail-if "low(macro_f1) < -0.02" --fail-if "coverage < -0.01"
  mllmsent compare runs/v1 runs/v2 runs/v3 --out versions.html
  mllmsent compare runs/v1 runs/v2 --match gpt-4o=gpt-5 --json

\b
A gate says when NEW fails. Left of the sign stands a metric, whose difference
NEW - BASE is tested, or recall[LABEL], coverage, unparsed, refused (differences
too), or negative_flips, positive_flips, churn (shares of the answers).
  macro_f1 < -0.01       fails if certainly worse: the UPPER bound of the
                         difference's interval lies below -0.01
  low(macro_f1) < -0.01  fails unless shown to be no worse: the LOWER bound
                         lies below -0.01
  value(macro_f1) < 0    fails by the number alone
  negative_flips > 0.02  fails if certainly more: the LOWER bound lies above
  mae > 0.1              where less is better, a fall in quality is a rise

\b
Where several systems are tested, intervals of the default form are widened
(Bonferroni), so that a gate at 0 stops at most 2.5 % of versions that are equal.
What could not be tested has not passed: nor has a system or scheme that NEW lacks,
unless --system or --scheme leaves it out.

\b
Exit codes: 0 all gates passed or none given, 1 a gate failed, 2 wrong input.
""",
)
@click.argument("base", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--fail-if", metavar="GATE", multiple=True, help="When NEW fails; may be repeated.")
@click.option("--scheme", help="Only this scheme.")
@click.option("--system", metavar="TEXT", help="Only systems in whose name this stands.")
@click.option(
    "--match", metavar="OLD=NEW", multiple=True,
    help="A model or system that was renamed, by name or id; may be repeated.",
)  # fmt: skip
@click.option(
    "--shared-items", is_flag=True,
    help="Compare runs of different protocols, on the items that both have.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One object with everything.")
@click.option(
    "--out", type=click.Path(path_type=Path),
    help="A page (a name that ends in .html), or a folder for the tables as CSV.",
)  # fmt: skip
def command(
    base: Path,
    new: tuple[Path, ...],
    fail_if: tuple[str, ...],
    scheme: str | None,
    system: str | None,
    match: tuple[str, ...],
    out: Path | None,
    *,
    shared_items: bool,
    as_json: bool,
) -> int:
    """Hold each NEW run against BASE: gains, losses, churn, and whether it may pass.

    Systems are matched by model, pathway, strategy, readout and classifier, questions by item and
    repeat. Only equal protocols stand side by side; what differs is told.
    """
    from mllmsent import api
    from mllmsent.cli.show import print_json
    from mllmsent.cli.show_comparison import (
        comparison_object,
        save_comparison,
        show_comparison,
    )

    comparison = api.compare(
        base,
        *new,
        fail_if=fail_if,
        scheme=scheme,
        system=system,
        match=match,
        shared_items=shared_items,
    )
    if out is not None:
        save_comparison(comparison, out)
    if as_json:
        print_json(comparison_object(comparison))
    else:
        show_comparison(comparison)
        if out is not None:
            click.echo(f"{'Page' if out.suffix == '.html' else 'Tables'}: {out}")
    return 0 if comparison.passed else FAILED
