"""What became of a system from one run to the next: gains, losses, churn, and whether it may pass.

Two or more finished runs, imported ones too, of one protocol: a newer model, another wording, other
settings. Each newer run is held against the first, system by system (`version_matching`) and
question by question (`version_pairs`). The difference of every metric has an interval from drawing
the same groups of items for both; the ranked metric has a paired permutation test too, with Holm's
correction over all systems and newer runs of one scheme (and dimension). Since versions can score
alike and be wrong elsewhere, negative flips, positive flips and churn stand beside it, with what
independent errors would give (`metrics.flips`).

Where protocols differ nothing is compared, unless the user asks for the items that both runs have
and hold against the same truth: then it is said what differs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mllmsent.analysis.found import Found, Statement
from mllmsent.analysis.leaderboard import LEAST_PERMUTATIONS
from mllmsent.analysis.versions.changes import measure_changes, quantities
from mllmsent.analysis.versions.gates import check_gate, parse_gate, untested
from mllmsent.analysis.versions.protocols import metric_of
from mllmsent.analysis.versions.runs_held import RUN_COLUMNS, RunsHeld
from mllmsent.analysis.versions.tables import (
    CHANGE_COLUMNS,
    CLASS_COLUMNS,
    FLIP_COLUMNS,
    MATCH_COLUMNS,
    STATUS_COLUMNS,
    change_rows,
    class_rows,
    flip_rows,
    item_table,
    statement_of,
    status_rows,
)
from mllmsent.analysis.versions.timeline import TIMELINE_COLUMNS, timeline_rows
from mllmsent.foundation.errors import InputError, nearest
from mllmsent.metrics import get_metric, paired_tests

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.material import Material
    from mllmsent.analysis.versions.changes import Change
    from mllmsent.analysis.versions.gates import Gate, GateResult
    from mllmsent.metrics import PairedTest, Resampling

__all__ = ["TABLES", "Comparison", "compare_runs", "enough_draws"]

LEAST_RESAMPLES = 2000
"""Draws behind a gate, whatever the study says: of few, even a plain 95 % interval is too narrow."""

TABLES = {
    "changes": "a system, a metric, and by how much it changed",
    "flips": "a system, its gains and losses and churn",
    "classes": "a system, a label, and by how much its recall changed",
    "statuses": "a system, and how many answers were read, unparsed or refused before and after",
    "items": "a question whose answer changed",
    "timeline": "a system in a run, in the order of time",
    "matches": "a system of two runs, and what of it differs",
    "runs": "a run, in the order of time",
}
"""Name to what a row is, for people."""


@dataclass(frozen=True)
class Comparison:
    """What became of the systems of a run in newer ones.

    Attributes:
        found: Sentences, the tables of `TABLES`, and what could not be compared and why.
        notes: What a reader must know first: what differs between the protocols, what was left out.
        gates: Each gate on each system.
        level: Nominal coverage of the intervals.
    """

    found: Found
    notes: tuple[str, ...]
    gates: tuple[GateResult, ...]
    level: float

    @property
    def passed(self) -> bool:
        """Whether no gate failed; what could not be tested has not passed."""
        return not any(result.failed for result in self.gates)

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by name."""
        return dict(self.found.tables)


def compare_runs(
    base: Material,
    news: Sequence[Material],
    *,
    fail_if: Sequence[str] = (),
    scheme: str | None = None,
    system: str | None = None,
    match: Sequence[str] = (),
    shared_items: bool = False,
) -> Comparison:
    """Hold newer runs against an older one.

    Args:
        base: The run that the others are held against.
        news: One or more other runs.
        fail_if: Gates; see `version_gates`.
        scheme: Only this scheme; by default all that the runs share.
        system: Only systems in whose name this stands.
        match: "OLD=NEW" for what was renamed; see `match_systems`.
        shared_items: Whether runs of other protocols are compared on the items that both have.

    Raises:
        InputError: If there is nothing to compare, protocols differ and `shared_items` was not
            asked for, or a gate, scheme, system or match cannot be read.
    """
    if not news:
        raise InputError("There is one run only.", cure="Name a newer run to hold it against.")
    names = _run_names([base, *news])
    schemes = _schemes(base, news, scheme)
    gates = [parse_gate(text, schemes) for text in fail_if]
    hold = RunsHeld(base, tuple(news), names, shared_items=shared_items)
    if scheme is None:
        hold.lost_schemes(each for each in base.run.schemes.values() if each not in schemes)
    pairs = hold.pairs(schemes, match, system)
    metrics = {each.name: metric_of(base, each.name) for each in schemes}
    also = frozenset({gate.quantity for gate in gates} | set(metrics.values()))
    changes = measure_changes(pairs, enough_draws(base.resampling, gates, len(pairs)), also=also)
    found = _found(hold, changes, metrics)
    return Comparison(
        found=found,
        notes=tuple(hold.notes),
        gates=tuple(_gate_results(gates, changes, hold, base.resampling.level)),
        level=base.resampling.level,
    )


def enough_draws(asked: Resampling, gates: Sequence[Gate], tests: int) -> Resampling:
    """As the study says, but with as many draws as the widened intervals of gates need.

    Args:
        asked: What the study says.
        gates: The gates; the strict form widens nothing.
        tests: On how many systems each is tested at most.
    """
    if not any(gate.by_default for gate in gates):
        return asked
    # Beyond the outermost draw there is no bound: at least four have to lie outside it.
    least = math.ceil(4 * 2 * tests / (1 - asked.level))
    return replace(asked, n_resamples=max(asked.n_resamples, LEAST_RESAMPLES, least))


def _found(hold: RunsHeld, changes: Sequence[Change], metrics: dict[str, str]) -> Found:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    runs = hold.run_rows()
    order = [row["run"] for row in runs]
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    statements: list[Statement] = []
    for family in _families(changes):
        ranked = metrics[family[0].pair.scheme.name]
        tests = _tests(family, ranked)
        for change, test in zip(family, tests, strict=True):
            own, flip = list(change_rows(change, ranked, test)), list(flip_rows(change))
            rows["changes"] += own
            rows["flips"] += flip
            rows["classes"] += class_rows(change)
            rows["statuses"] += status_rows(change)
            first = next((row for row in own if row["ranked"]), None)
            if first is not None:
                statements.append(statement_of(first, flip[0] if flip else None, len(tests)))
        rows["timeline"] += timeline_rows(
            [change.pair for change in family],
            get_metric(ranked),
            order,
            hold.names[0],
            hold.base.resampling,
        )
    rows["matches"], rows["runs"] = hold.matches, runs
    columns = {
        "changes": CHANGE_COLUMNS, "flips": FLIP_COLUMNS, "classes": CLASS_COLUMNS,
        "statuses": STATUS_COLUMNS, "timeline": TIMELINE_COLUMNS,
        "matches": MATCH_COLUMNS, "runs": RUN_COLUMNS,
    }  # fmt: skip
    if order[0] != hold.names[0]:
        hold.notes.append(f"{hold.names[0]}, which all is held against, is not the earliest run.")
    return Found(
        statements=tuple(statements),
        tables={
            name: item_table(changes)
            if name == "items"
            else pd.DataFrame(rows[name], columns=list(columns[name]))
            for name in TABLES
        },
        lacking=tuple(dict.fromkeys(hold.lacking)),
    )


def _families(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """The changes of one scheme and dimension together: what Holm's correction is over."""
    found: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        found.setdefault((change.pair.scheme.name, change.pair.dimension), []).append(change)
    yield from found.values()


def _tests(family: Sequence[Change], ranked: str) -> list[PairedTest]:
    metric, resampling = get_metric(ranked), family[0].draws["changes"].resampling
    samples = {}
    for number, change in enumerate(family):
        samples[f"{number} new"], samples[f"{number} old"] = change.pair.new, change.pair.old
    return paired_tests(
        metric,
        samples,
        pairs=[(f"{number} new", f"{number} old") for number in range(len(family))],
        # As on leaderboards: the least p value, corrected, must be able to fall below alpha.
        n_permutations=max(LEAST_PERMUTATIONS, math.ceil(2 * len(family) / (1 - resampling.level))),
        seed=resampling.seed,
    )


def _gate_results(
    gates: Sequence[Gate], changes: Sequence[Change], hold: RunsHeld, level: float
) -> Iterator[GateResult]:
    for gate in gates:
        yield from check_gate(gate, changes, level)
        # What could not be compared has not been shown to pass.
        for run, scheme, reason in dict.fromkeys(hold.untested):
            if gate.quantity not in quantities(hold.base.run.schemes[scheme]):
                continue
            yield untested(gate, reason, level, run=run, scheme=scheme)


def _schemes(base: Material, news: Sequence[Material], wanted: str | None) -> list[Scheme]:
    """The schemes of the first run that some newer one has too, and that can be scored."""
    own = base.run.schemes
    if wanted is not None and wanted not in own:
        raise InputError(
            f"The run has no scheme {wanted!r}.", item="scheme", cure=nearest(wanted, own)
        )
    shared = [
        scheme
        for name, scheme in own.items()
        if wanted in {None, name}
        and not scheme.open_vocabulary
        and all(name in new.run.schemes for new in news)
    ]
    if not shared:
        theirs = sorted({name for new in news for name in new.run.schemes})
        raise InputError(
            f"The runs share no scheme that can be scored: {', '.join(own)} against "
            f"{', '.join(theirs)}.",
            cure="Name runs that were asked in one scheme.",
        )
    return shared


def _run_names(runs: Sequence[Material]) -> list[str]:
    """What each run is called: its folder, with as many folders above as tell them apart."""
    paths = [material.run.path.resolve().parts for material in runs]
    deepest = max(len(parts) for parts in paths)
    for depth in range(1, deepest + 1):
        names = ["/".join(parts[-depth:]) for parts in paths]
        if len(set(names)) == len(names):
            return names
    return [f"{parts[-1]} ({number})" for number, parts in enumerate(paths, start=1)]
