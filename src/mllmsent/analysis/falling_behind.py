"""Where a system falls behind: on which items, by their metadata, it is worse than elsewhere.

Every subgroup that a single column makes (`item_subgroups`) is held against the other items, for
one system of each model, asked alike (`asked_alike`): is the system worse inside than outside, and
is it further behind the best-ranked model there? `gap_search` says how that is tested.

For labels a system's score is its share of right answers (an answer that could not be read is
wrong, a set of labels is right as a whole); for dimensions its mean absolute error, over the
answers that were read. Both are means of rows and so mean the same in a subgroup of fifteen items
as in the whole, which macro F1 and correlations do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.analysis.asked_alike import systems_asked_alike
from mllmsent.analysis.gap_search import GAP_COLUMNS, GapSearch, search_gaps
from mllmsent.analysis.item_subgroups import LEAST_SUPPORT, find_subgroups
from mllmsent.analysis.merits import Merits
from mllmsent.metrics import Resampling

if TYPE_CHECKING:
    from mllmsent.analysis.evidence import Evidence
    from mllmsent.analysis.item_subgroups import ItemSubgroups
    from mllmsent.analysis.leaderboard import Leaderboard

__all__ = ["GAP_COLUMNS", "GapSearch", "falling_behind"]


def falling_behind(
    evidence: Evidence,
    board: Leaderboard,
    *,
    resampling: Resampling | None = None,
    least: int = LEAST_SUPPORT,
    annotators: str = "all",
) -> dict[str, GapSearch]:
    """Search the subgroups of each scheme for those in which a system falls behind.

    Args:
        evidence: The run's tables.
        board: Their leaderboard, which says which systems stand for their models, who leads, and
            under which condition was asked.
        resampling: How intervals are made.
        least: Fewest groups of items inside and outside of a subgroup.
        annotators: The annotator group the systems are held against.

    Returns:
        Scheme to what was found; schemes without a ranked system are absent.
    """
    resampling = resampling or Resampling()
    searches: dict[str, GapSearch] = {}
    for name, scheme in evidence.schemes.items():
        rows = board.rows[board.rows["scheme"] == name] if len(board.rows) else board.rows
        if not len(rows):
            continue
        scored = evidence.scored(
            name, condition=str(rows["condition"].iloc[0]), annotators=annotators
        )
        fields: list[tuple[Merits, ItemSubgroups]] = []
        for dimension in scheme.dimension_names or ("",):
            part = rows[rows["dimension"] == dimension] if dimension else rows
            entries = {entry.system_id: entry for entry in scored if entry.dimension == dimension}
            chosen = [entries[system] for system in systems_asked_alike(part)]
            if chosen:
                field = Merits.of(scheme, chosen)
                fields.append((field, _subgroups(evidence, field, least)))
        if fields:
            searches[name] = search_gaps(fields, scheme=name, least=least, resampling=resampling)
    return searches


def _subgroups(evidence: Evidence, field: Merits, least: int) -> ItemSubgroups:
    """The subgroups of the items that were asked about."""
    labels = {label for known in evidence.schemes.values() for label in known.label_names}
    asked = evidence.items[evidence.items["item_id"].isin(set(field.items))]
    return find_subgroups(asked, groups=evidence.groups, labels=labels, least=least)
