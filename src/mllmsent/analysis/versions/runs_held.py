"""Newer runs held against an older one: which systems and questions can be compared, and why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.analysis.boards import board_title
from mllmsent.analysis.leaderboard import MOST_FAILED
from mllmsent.analysis.versions.matching import match_systems
from mllmsent.analysis.versions.pairs import pair_versions
from mllmsent.analysis.versions.protocols import protocol_differences
from mllmsent.analysis.versions.tables import match_row
from mllmsent.foundation.errors import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.material import Material
    from mllmsent.analysis.versions.matching import SystemMatch
    from mllmsent.analysis.versions.pairs import VersionPair

__all__ = ["RUN_COLUMNS", "RunsHeld"]

RUN_COLUMNS = ("place", "run", "base", "made", "status", "dataset", "items", "systems")


class RunsHeld:
    """Two or more runs, and what is noted while they are held against each other.

    Attributes:
        base: The run that the others are held against.
        news: The others.
        names: What the runs are called, the first one's name first.
        notes: What a reader must know first.
        lacking: What cannot be compared, and why.
        untested: Run, scheme and reason of what no gate can be tested on.
        matches: Rows of the table `matches`.
    """

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
            self._lost(name, schemes, matches.gone, system)
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

    def _pairs_of(
        self, new: Material, name: str, scheme: Scheme, match: SystemMatch
    ) -> list[VersionPair]:
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
            title = board_title(scheme, dimension)
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

    def lost_schemes(self, schemes: Iterable[Scheme]) -> None:
        """Note schemes of the first run that cannot be compared."""
        for scheme in schemes:
            self.lacking.append(
                f"{scheme.name} is a scheme of {self.names[0]} that cannot be compared: a newer run "
                "does not have it, or its labels are no closed list."
            )
            if scheme.open_vocabulary or not self._scored(scheme):
                continue
            for new, name in zip(self.news, self.names[1:], strict=True):
                if scheme.name not in new.run.schemes:
                    reason = f"{name} does not have the scheme {scheme.name} of {self.names[0]}."
                    self.untested.append((name, scheme.name, reason))

    def _lost(
        self, run: str, schemes: Sequence[Scheme], gone: Sequence[str], wanted: str | None
    ) -> None:
        """Systems that are gone have passed no gate in the schemes in which they were scored."""
        for system in gone:
            reason = f"{run} has no system like {system} of {self.names[0]}."
            self.lacking.append(reason)
            if wanted is None or wanted in system:
                self.untested += [
                    (run, scheme.name, reason)
                    for scheme in schemes
                    if system in self._scored(scheme)
                ]

    def _scored(self, scheme: Scheme) -> set[str]:
        """The names of the systems that the first run scores in a scheme."""
        scored = self.base.evidence.scored(scheme.name, condition=self.base.condition)
        return {entry.name for entry in scored if entry.sample is not None}

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


_CURE_PROTOCOL = (
    "Scores of different protocols do not stand side by side. To compare on the items that both "
    "runs have, and hold against the same truth, say `--shared-items`."
)
