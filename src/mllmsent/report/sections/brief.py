"""The answer in brief: a few sentences with numbers, written from what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from mllmsent.analysis.overview import STATUSES
from mllmsent.report.analyses.rows import rows_of
from mllmsent.report.environment import fill
from mllmsent.report.factor_words import blind_sentence, overall_sentence, weak_sentence
from mllmsent.report.ranking_words import alike, bracket, lower, rivals
from mllmsent.report.safe_text import excerpt
from mllmsent.report.sections.section import Section
from mllmsent.report.writing import is_number, listed, number, percent, plural

if TYPE_CHECKING:
    import pandas as pd

    from mllmsent.report.findings import Board, Findings

__all__ = ["brief"]

LONGEST = 500
"""Longer sentences, in which names are long, are cut."""


def brief(findings: Findings) -> Section:
    """Who is best, who cannot be told apart, what a blind guess gets, what could not be read."""
    entries = [
        {"title": board.title, "anchor": f"board-{board.anchor}", "sentences": told}
        for board in findings.boards
        if (told := _board(findings, board))
    ]
    if described := _described(findings):
        entries.append(
            {
                "title": "What descriptions name",
                "anchor": "described-factors",
                "sentences": described,
            }
        )
    sentences = [_read(findings), *_pathways(findings), *_people(findings)]
    body = fill(
        "sections/brief.html",
        entries=entries,
        has_scores=bool(findings.boards),
        sentences=[sentence for sentence in sentences if sentence],
        level=findings.resampling.level,
    )
    return Section("brief", "The answer in brief", body)


def _board(findings: Findings, board: Board) -> list[Markup]:
    ranked = board.rows[board.rows["ranked"]]
    ranked = ranked[ranked[board.metric.name].notna()]
    if not len(ranked):
        return [Markup("No system can be ranked here.")]
    best = ranked.iloc[0]
    opening = Markup("<b>{}</b> {} {} <b>{}</b>{}.").format(
        findings.names[best["system_id"]].full,
        "comes first, with a" if len(ranked) > 1 else "reaches a",
        lower(board.metric.title),
        number(best[board.metric.name]),
        bracket(best.get(f"{board.metric.name}_low"), best.get(f"{board.metric.name}_high")),
    )
    return [
        opening + rivals(findings, board, ranked),
        *alike(findings, board, ranked),
        *_blind_spots(findings, board),
        *_blind(board, ranked),
        *_unranked(findings, board),
    ]


def _blind_spots(findings: Findings, board: Board) -> list[Markup]:
    """The clearest of the subgroups in which a system is worse than expected."""
    found = findings.analysis("blind_spots")
    if found is None:
        return []
    n = int(rows_of(found.tables["candidates"], board)["finding"].sum())
    if not n:
        return []
    sentence = next(
        each.text
        for each in found.statements
        if (each.scheme, each.dimension) == (board.scheme.name, board.dimension)
    )
    more = Markup(" <a href='#blind-spots'>{}</a>.").format(plural(n - 1, "more such place")) if n > 1 else ""  # fmt: skip
    return [Markup("{}{}").format(excerpt(sentence, LONGEST), more)]


def _described(findings: Findings) -> list[Markup]:
    """The clearest of what a describer does not see, where it is known what was drawn."""
    found, names = findings.described_factors, findings.describer_names
    alpha = 1 - findings.resampling.level
    is_alone = len(found.describers) == 1
    rows = found.weak_spots(alpha) if is_alone else found.blind_spots(alpha)
    if not len(rows):
        return []
    tell = weak_sentence if is_alone else blind_sentence
    sentence = tell(rows.iloc[0].to_dict(), names)
    more = Markup(" <a href='#described-factors'>{}</a>.").format(plural(len(rows) - 1, "more such value")) if len(rows) > 1 else ""  # fmt: skip
    overall = overall_sentence(found.describers.to_dict(orient="records"), names)
    return [sentence + more, overall]


def _blind(board: Board, ranked: pd.DataFrame) -> list[Markup]:
    """What the baseline gets, and how many systems do not clearly beat it."""
    if board.baseline is None:
        return []
    blind = board.baseline.scores[board.metric.name].value
    if not is_number(blind):
        return []
    end = f"{board.metric.name}_{'low' if board.metric.higher_is_better else 'high'}"
    sign = 1 if board.metric.higher_is_better else -1
    beaten = [is_number(bound) and sign * (bound - blind) > 0 for bound in ranked[end]]
    losers = len(beaten) - sum(beaten)
    if not losers:
        rest = "every system beats that" if len(beaten) > 1 else "it beats that"
    elif losers == len(beaten):
        rest = "no system clearly beats that" if losers > 1 else "it does not clearly beat that"
    else:
        rest = f"{plural(losers, 'system')} of {len(beaten)} {'do' if losers > 1 else 'does'} not "
        rest += "clearly beat that"
    return [
        Markup("Saying {} of every item would get {}; {}.").format(
            board.baseline.said, number(blind), rest
        )
    ]


def _unranked(findings: Findings, board: Board) -> list[Markup]:
    left_out = board.rows[~board.rows["ranked"].astype(bool)]["system_id"].tolist()
    if not left_out or len(left_out) == len(board.rows):
        return []
    names = [Markup("{}").format(findings.names[system].full) for system in left_out]
    return [
        Markup("Not ranked, since too little of it was answered or could be read: {}.").format(
            listed(names)
        )
    ]


def _read(findings: Findings) -> Markup:
    table = findings.statuses
    asked = int(table["asked"].sum())
    if not asked:
        return Markup("Nothing was asked.")
    share = {status: int(table[status].sum()) / asked for status in STATUSES}
    if share["ok"] == 1:
        return Markup("All of the <b>{}</b> answers asked for could be read.").format(f"{asked:,}")
    words = {
        "unparsed": "could not be read as a label or a number",
        "refused": "were refused",
        "failed": "never came, because the request failed",
    }
    rest = [
        Markup("{} {}").format(percent(share[status]), words[status])
        for status in STATUSES[1:]
        if share[status]
    ]
    could = "none" if not share["ok"] else percent(share["ok"])
    return Markup("Of {} answers asked for, <b>{}</b> could be read; {}.").format(
        f"{asked:,}", could, listed(rest)
    )


def _pathways(findings: Findings) -> list[Markup]:
    pairs = findings.pathway_pairs
    against = pairs[(pairs["first_pathway"] == "direct") & pairs["low"].notna()]
    sentences = []
    words = {
        "described": "Describing the picture first and judging the description",
        "scene": "Reading the scene first, part by part,",
    }
    for pathway, what in words.items():
        rows = against[against["second_pathway"] == pathway]
        if not len(rows):
            continue
        worse, better = int((rows["low"] > 0).sum()), int((rows["high"] < 0).sum())
        sentences.append(_against_direct(what, better, worse, len(rows)))
    return sentences


def _against_direct(what: str, better: int, worse: int, n: int) -> Markup:
    unclear = n - better - worse
    if n == 1:
        verdict = "not clearly different from"
        if better or worse:
            verdict = f"clearly {'better' if better else 'worse'} than"
        return Markup("{} was {} a direct answer of the same model.").format(what, verdict)
    if better:
        start = Markup(
            "{} was clearly better than a direct answer of the same model in <b>{}</b> of {} "
            "comparisons"
        ).format(what, better, n)
    else:
        start = Markup(
            "{} was in <b>none</b> of {} comparisons clearly better than a direct answer of the "
            "same model"
        ).format(what, n)
    rest = [Markup("clearly worse in <b>{}</b>").format(worse)] if worse else []
    if unclear:
        rest.append(Markup("not clearly different in {}").format(unclear))
    return Markup("{}{}{}.").format(start, ", and " if rest else "", listed(rest))


def _people(findings: Findings) -> list[Markup]:
    rows: list[dict[Any, Any]] = [
        row
        for row in findings.agreement.to_dict(orient="records")
        if is_number(row["alpha"]) and row["per_item"] > 1 and row["items"] > 1
    ]
    if not rows:
        return []
    parts = [
        Markup("{}{}").format(
            number(row["alpha"]),
            Markup(" for {}").format(_title(findings, row)) if len(rows) > 1 else "",
        )
        for row in rows
    ]
    return [
        Markup("People agree among themselves with a Krippendorff’s alpha of {}.").format(
            listed(parts, most=6)
        )
    ]


def _title(findings: Findings, row: dict[Any, Any]) -> str:
    if isinstance(row["dimension"], str):
        return row["dimension"]
    scheme = findings.annotated_schemes.get(row["scheme"])
    return (scheme.title if scheme else "") or str(row["scheme"])
