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
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mllmsent.analysis.found import Found, Statement
from mllmsent.analysis.leaderboard import LEAST_PERMUTATIONS, MOST_FAILED
from mllmsent.analysis.run_protocols import metric_of, protocol_differences
from mllmsent.analysis.version_changes import measure_changes, quantities
from mllmsent.analysis.version_gates import check_gate, parse_gate, untested
from mllmsent.analysis.version_matching import match_systems
from mllmsent.analysis.version_pairs import pair_versions
from mllmsent.analysis.version_tables import (
    CHANGE_COLUMNS,
    CLASS_COLUMNS,
    FLIP_COLUMNS,
    MATCH_COLUMNS,
    STATUS_COLUMNS,
    change_rows,
    class_rows,
    flip_rows,
    item_table,
    match_row,
    statement_of,
    status_rows,
)
from mllmsent.analysis.version_timeline import TIMELINE_COLUMNS, timeline_rows
from mllmsent.foundation.errors import InputError, nearest
from mllmsent.metrics import get_metric, paired_tests

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.material import Material
    from mllmsent.analysis.version_changes import Change
    from mllmsent.analysis.version_gates import Gate, GateResult
    from mllmsent.analysis.version_pairs import VersionPair
    from mllmsent.metrics import PairedTest

__all__ = ["TABLES", "Comparison", "compare_runs"]

RUN_COLUMNS = ("place", "run", "base", "made", "status", "dataset", "items", "systems")

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
    hold = _Holder(base, tuple(news), names, shared_items=shared_items)
    hold.lacking += [
        f"{name} is a scheme of {names[0]} that cannot be compared: a newer run does not have it, or "
        "its labels are no closed list."
        for name in base.run.schemes
        if scheme is None and name not in {each.name for each in schemes}
    ]
    pairs = hold.pairs(schemes, match, system)
    metrics = {each.name: metric_of(base, each.name) for each in schemes}
    also = frozenset({gate.quantity for gate in gates} | set(metrics.values()))
    changes = measure_changes(pairs, base.resampling, also=also)
    found = _found(hold, changes, metrics)
    return Comparison(
        found=found,
        notes=tuple(hold.notes),
        gates=tuple(_gate_results(gates, changes, hold, base.resampling.level)),
        level=base.resampling.level,
    )


class _Holder:
    """Two or more runs, and what is noted while they are held against each other."""

    def __init__(
        self, base: Material, news: tuple[Material, ...], names: list[str], *, shared_items: bool
    ) -> None:
        self.base, self.news, self.names = base, news, names
        self.shared_items = shared_items
        self.notes: list[str] = []
        self.lacking: list[str] = []
        self.untested: list[tuple[str, str, str]] = []
        self.matches: list[dict[str, Any]] = []

    def pairs(
        self, schemes: Sequence[Scheme], match: Sequence[str], system: str | None
    ) -> list[VersionPair]:
        """Every system of every newer run that can be held against the first, in all schemes."""
        found: list[VersionPair] = []
        refused: list[str] = []
        for new, name in zip(self.news, self.names[1:], strict=True):
            matches = match_systems(self.base.evidence.systems, new.evidence.systems, match)
            own = [each for each in matches.pairs if system is None or system in each.name]
            self.matches += [match_row(name, each) for each in own]
            for gone in matches.gone:
                self.lacking.append(f"{name} has no system like {gone} of {self.names[0]}.")
            for added in matches.added:
                self.lacking.append(f"{name} has a system that is new: {added}.")
            self.lacking += [f"{name}: {sentence}" for sentence in matches.unclear]
            for scheme in schemes:
                reason = self._protocol(new, name, scheme)
                if reason:
                    refused.append(reason)
                    self.untested.append((name, scheme.name, reason))
                    continue
                for each in own:
                    found += self._pairs_of(new, name, scheme, each)
            if system is not None and not own:
                raise InputError(
                    f"No system of both runs is called anything with {system!r}.",
                    item="system",
                    cure=nearest(system, [each.name for each in matches.pairs]),
                )
        if refused and not found:
            raise InputError(" ".join(refused), cure=_CURE_PROTOCOL)
        if not found:
            raise InputError(
                "The runs have no answers of one system to the same items. "
                + " ".join(self.lacking[:6]),
                cure="Where a model was renamed, say so: `--match OLD=NEW`.",
            )
        self.lacking += refused
        return found

    def _protocol(self, new: Material, name: str, scheme: Scheme) -> str:
        """Why a scheme cannot be compared; empty where it can."""
        differences = protocol_differences(self.base, new, scheme.name)
        if not differences:
            return ""
        told = "; ".join(f"{each.part}: {each.text}" for each in differences)
        sentence = f"{name} has another protocol than {self.names[0]} in {scheme.name} ({told})."
        if self.shared_items and all(each.comparable for each in differences):
            self.notes.append(f"{sentence} Compared on the items that both have, as asked.")
            return ""
        return sentence

    def _pairs_of(self, new: Material, name: str, scheme: Scheme, match: Any) -> list[VersionPair]:
        sides = [
            {
                entry.dimension: entry
                for entry in material.evidence.scored(scheme.name, condition=material.condition)
                if entry.system_id == system
            }
            for material, system in ((self.base, match.base_id), (new, match.new_id))
        ]
        found = []
        for dimension in scheme.dimension_names or ("",):
            old, fresh = (side.get(dimension) for side in sides)
            if old is None:
                continue  # what the older run did not ask cannot get worse
            title = f"{scheme.name}, {dimension}" if dimension else scheme.name
            truths = [
                material.evidence.truth(scheme.name, dimension) for material in (self.base, new)
            ]
            planned = len(truths[0].keys() & truths[1].keys())
            pair = None
            if fresh is not None:
                pair = pair_versions(
                    old,
                    fresh,
                    run=name,
                    match=match,
                    scheme=scheme,
                    planned=planned,
                )
            if pair is None:
                if planned:
                    reason = f"{match.name} has no two answers to one question in {title}."
                    self._cannot(name, scheme, f"{name}: {reason}")
                continue
            if pair.dropped:
                self.notes.append(
                    f"{name}, {match.name}: {pair.dropped} answers are left out, since the two "
                    f"runs do not hold them against the same truth in {title}."
                )
            if pair.missing > MOST_FAILED:
                reason = (
                    f"{name}: {match.name} answered {pair.n_items:,} of {pair.planned:,} items in "
                    f"both runs ({title})"
                )
                if self.shared_items:
                    self.notes.append(f"{reason}; the others are left out, as asked.")
                else:
                    self._cannot(name, scheme, f"{reason}, which is too few for a gate.")
            found.append(pair)
        return found

    def _cannot(self, run: str, scheme: Scheme, reason: str) -> None:
        self.lacking.append(reason)
        self.untested.append((run, scheme.name, reason))

    def run_rows(self) -> list[dict[str, Any]]:
        """The runs, earliest first; those that do not say when stay where they are named."""
        rows: list[dict[str, Any]] = []
        for number, (material, name) in enumerate(
            zip((self.base, *self.news), self.names, strict=True)
        ):
            manifest = material.run.manifest
            dataset = manifest["dataset"]
            rows.append(
                {
                    "run": name,
                    "base": number == 0,
                    "made": str(manifest.get("created_at") or ""),
                    "status": str(manifest.get("status") or ""),
                    "dataset": f"{dataset.get('name', '')} {dataset.get('version', '')}".strip(),
                    "items": len(material.evidence.items),
                    "systems": len(material.evidence.systems),
                }
            )
        if all(row["made"] for row in rows):
            rows.sort(key=lambda row: row["made"])
        return [{"place": place} | row for place, row in enumerate(rows, start=1)]


def _found(hold: _Holder, changes: Sequence[Change], metrics: dict[str, str]) -> Found:
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
    gates: Sequence[Gate], changes: Sequence[Change], hold: _Holder, level: float
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


_CURE_PROTOCOL = (
    "Scores of different protocols do not stand side by side. To compare on the items that both "
    "runs have, and hold against the same truth, say `--shared-items`."
)
