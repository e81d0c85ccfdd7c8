"""Copies that stand in different folds, and what they do to the scores of what was trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.audit.finding import AffectedRow, Finding, counted
from mllmsent.audit.runs.scores import scores_of, side_by_side
from mllmsent.audit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mllmsent.audit.runs.sheets import Sheet
    from mllmsent.audit.runs.tables import RunTables

__all__ = ["copies_across_folds", "folds_of", "trained_sheets"]


def trained_sheets(run: RunTables) -> list[Sheet]:
    """What learned from other folds' items; only there does it matter where a copy stands."""
    return [sheet for sheet in run.sheets if sheet.trained]


def folds_of(sheets: Iterable[Sheet]) -> list[dict[str, int]]:
    """Every division of items into folds that one of the sheets has, once."""
    found: list[dict[str, int]] = []
    for sheet in sheets:
        division = {
            item: int(fold)
            for item, fold in zip(sheet.items, sheet.folds.tolist(), strict=True)
            if fold >= 0
        }
        if len(set(division.values())) > 1 and division not in found:
            found.append(division)
    return found


def copies_across_folds(
    code: str,
    what: str,
    clusters: Iterable[Sequence[str]],
    sheets: Sequence[Sheet],
    *,
    cure: str,
) -> Finding | None:
    """One finding of all clusters of copies that some division into folds tears apart.

    Args:
        code: Of the finding.
        what: What the items of a cluster have in common: "the same text by gpt-4o-mini".
        clusters: Items that are copies of one another.
        sheets: The trained systems that see these copies.
        cure: What to do.

    Returns:
        The finding, or None where every cluster is in one fold throughout.
    """
    divisions = folds_of(sheets)
    rows: list[AffectedRow] = []
    torn: set[str] = set()
    n_torn = 0
    for cluster in clusters:
        for division in divisions:
            folds = {item: division[item] for item in cluster if item in division}
            if len(set(folds.values())) > 1:
                break
        else:
            continue
        n_torn += 1
        members = [item for item in cluster if item in folds]
        torn.update(members)
        for item in members:
            other = next(one for one in members if folds[one] != folds[item])
            note = f"fold {folds[item]}; {what} as {other!r} in fold {folds[other]}"
            rows.append(AffectedRow(item, note=note))
    if not torn:
        return None
    concerned = [sheet for sheet in sheets if not torn.isdisjoint(sheet.items)]
    return Finding(
        code=code,
        severity="warning",
        message=f"{counted(len(torn), 'item')} in {counted(n_torn, 'cluster')} with {what}, in "
        "different folds.",
        cure=cure,
        effect=f"What is learned from one is tested on the other, which makes scores too high where "
        f"it helps: {_largest(concerned, torn)}.",
        rows=tuple(rows),
        systems=tuple(dict.fromkeys(sheet.name for sheet in concerned)),
    )


def _largest(sheets: Sequence[Sheet], torn: set[str]) -> str:
    """The scores of the system that leaving the copies out moves most."""
    moved = []
    for sheet in sheets:
        inside = sheet.rows["item_id"].isin(torn).to_numpy()
        apart, copies = sheet.take(~inside), sheet.take(inside)
        if apart.scored.any() and copies.scored.any():
            whole, rest, own = scores_of(sheet), scores_of(apart), scores_of(copies)
            subject = f" in {sheet.subject}" if sheet.dimension else ""
            told = (
                f"{sheet.name}{subject} is {side_by_side(own, 'them', rest, 'the rest')}; {whole}, without "
                f"them {rest}"
            )
            moved.append((abs(whole.main - rest.main), told))
    return max(moved)[1] if moved else f"no rest is left for {listed([s.name for s in sheets])}"
