"""Scores that files claim of themselves and their rows do not give."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mllmsent.audit.finding import AffectedRow, Finding, counted
from mllmsent.audit.run_registry import RunAudit
from mllmsent.audit.runs.claimed_spreads import spread_of
from mllmsent.audit.runs.recomputed import Recomputed, family_of, meant_by, ways_of_scoring
from mllmsent.audit.runs.rounding import rounded_off

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from mllmsent.audit.runs.sheets import Sheet
    from mllmsent.audit.runs.tables import RunTables

__all__ = ["CLAIMS"]


class _Judged(NamedTuple):
    """A claim beside what its rows give.

    Attributes:
        row: Where it is made.
        text: The claim in words.
        claimed: Its value, as a share.
        usual: What it should be, as its name is usually meant.
        matching: Another score that it is; None where it is none.
    """

    row: AffectedRow
    text: str
    claimed: float
    usual: Recomputed
    matching: Recomputed | None


def check(run: RunTables) -> Iterator[Finding]:
    """Claims that no usual score of the rows equals, and claims that are another score."""
    claims = run.table("imported_claims")
    for sheet in run.label_sheets:
        own = claims[
            (claims["system_id"] == sheet.system_id) & (claims["scheme"] == sheet.scheme.name)
        ]
        yield from _findings(sheet, list(_judged(sheet, own)))


def _judged(sheet: Sheet, claims: pd.DataFrame) -> Iterator[_Judged]:
    """The claims that are not what their name says."""
    known: dict[int | None, list[Recomputed]] = {}
    present = {int(fold) for fold in sheet.folds if fold >= 0}
    named = {int(fold) for fold in claims["fold"].dropna()}
    for row in claims.to_dict("records"):
        metric, value = str(row["metric"]), float(row["value"])
        fold = None if str(row["fold"]) in {"<NA>", "nan", "None"} else int(row["fold"])
        meant = meant_by(metric)
        if meant is None or spread_of(metric) is not None:
            continue
        if fold is None and not named <= present:
            continue  # of folds whose rows are not here nothing can be said
        if fold not in known:
            known[fold] = ways_of_scoring(sheet, fold)
        ways = known[fold]
        if not ways:
            continue
        name, exact = meant
        share, tolerance = rounded_off(value)
        equal = [way for way in ways if abs(way.value - share) <= tolerance]
        if any(_is_meant(way, name, exact=exact) for way in equal):
            continue
        where = f"fold {fold}" if fold is not None else "all folds"
        yield _Judged(
            AffectedRow(file=str(row["file"]), row=int(row["row"]), note=f"{metric} {value:.6g}"),
            f"{metric} {value:.4g} of {where}",
            share,
            _usual(ways, name),
            equal[0] if equal else None,
        )


def _is_meant(way: Recomputed, name: str, *, exact: bool) -> bool:
    """Whether a score is what a claim of that name may rightly be."""
    if way.how == "best fold":
        return False
    return way.name == name if exact else family_of(way.name) == family_of(name)


def _usual(ways: Sequence[Recomputed], name: str) -> Recomputed:
    """What a claim of that name should be: the mean over folds where there are folds."""
    own = [way for way in ways if way.name == name]
    return next((way for way in own if way.how == "mean over folds"), own[0])


def _findings(sheet: Sheet, judged: Sequence[_Judged]) -> Iterator[Finding]:
    """One finding of the claims that are no score of the rows, one of those that are another."""
    for other in (False, True):
        found = [one for one in judged if (one.matching is not None) == other]
        if not found:
            continue
        worst = max(found, key=lambda one: abs(one.claimed - one.usual.value))
        scores = f"{counted(len(found), 'score')} of {sheet.name} in {sheet.scheme.name}"
        said = (
            f"{scores} that are others than their names say: {worst.text} is {worst.matching}."
            if other
            else f"{scores} that the rows do not give, by any usual average: {worst.text}; the rows "
            f"give {worst.usual}."
        )
        yield Finding(
            code="claim-of-another-score" if other else "claim-not-reproduced",
            severity="warning" if other else "error",
            message=said,
            cure="Say which average it is, and compare it only with the same average of others."
            if other
            else "Score the rows again and correct the number, or find the rows it was had from.",
            effect=f"The claim is {abs(worst.claimed - worst.usual.value):.4f} "
            f"{'above' if worst.claimed > worst.usual.value else 'below'} what its name stands for, "
            f"{worst.usual}.",
            rows=tuple(_told(one) for one in found),
            systems=(sheet.name,),
        )


def _told(one: _Judged) -> AffectedRow:
    seen = f"; it is {one.matching}" if one.matching is not None else ""
    note = f"{one.row.note}; the rows give {one.usual}{seen}"
    return AffectedRow(file=one.row.file, row=one.row.row, note=note)


CLAIMS = RunAudit("claims", "Scores that their own rows do not give.", check)
