"""The answer in brief: a few sentences with numbers, written from what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from mllmsent.analysis.overview import STATUSES
from mllmsent.metrics import score_difference
from mllmsent.report.environment import fill
from mllmsent.report.sections.section import Section
from mllmsent.report.writing import interval, is_number, listed, number, percent, plural

if TYPE_CHECKING:
    import pandas as pd

    from mllmsent.report.findings import Board, Findings

__all__ = ["brief"]


def brief(findings: Findings) -> Section:
    """Who is best, who cannot be told apart, what a blind guess gets, what could not be read."""
    boards = [
        {"title": board.title, "anchor": board.anchor, "sentences": _board(findings, board)}
        for board in findings.boards
    ]
    sentences = [_read(findings), *_pathways(findings), *_people(findings)]
    body = fill(
        "sections/brief.html",
        boards=boards,
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
        _lower(board.metric.title),
        number(best[board.metric.name]),
        _bracket(best.get(f"{board.metric.name}_low"), best.get(f"{board.metric.name}_high")),
    )
    return [
        opening + _rivals(findings, board, ranked),
        *_blind(board, ranked),
        *_unranked(findings, board),
    ]


def _rivals(findings: Findings, board: Board, ranked: pd.DataFrame) -> Markup:
    if len(ranked) < 2:
        return Markup("")
    letters = _letters(ranked.iloc[0]["group"])
    same: list[str] = []
    behind: list[str] = []
    for row in ranked.iloc[1:].to_dict(orient="records"):
        shares = letters & _letters(row["group"])
        (same if shares else behind).append(row["system_id"])
    names = {system: Markup("{}").format(findings.names[system].full) for system in board.scored}
    told = Markup("")
    if same and len(same) == len(ranked) - 1 > 1:
        told = Markup(" None of the other {} can be told apart from it.").format(len(same))
    elif len(same) > 3:
        told = Markup(" {} of the other {} cannot be told apart from it.").format(
            len(same), len(ranked) - 1
        )
    elif same:
        told = Markup(" {} cannot be told apart from it.").format(
            listed([names[system] for system in same])
        )
    if not behind:
        return told
    gap = _gap(findings, board, ranked.iloc[0]["system_id"], behind[0])
    if same:
        return told + Markup(" The first that is clearly behind is {}{}.").format(
            names[behind[0]], gap
        )
    return Markup(" It is clearly ahead of {}{}{}.").format(
        "all others, next " if len(behind) > 1 else "", names[behind[0]], gap
    )


def _letters(group: object) -> set[str]:
    """The letters of a system; beyond "z" they are separated by commas."""
    text = str(group)
    return set(text.split(",")) if "," in text else set(text)


def _gap(findings: Findings, board: Board, first: str, second: str) -> Markup:
    one, other = board.scored[first].sample, board.scored[second].sample
    if one is None or other is None:
        return Markup("")
    score = score_difference(board.metric, one, other, findings.resampling)
    if not is_number(score.value):
        return Markup("")
    low, high = sorted((abs(score.interval.low), abs(score.interval.high)))
    if score.interval.low < 0 < score.interval.high:
        low, high = score.interval.low, score.interval.high
    return Markup(", by {}{}").format(number(abs(score.value)), _bracket(low, high))


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


def _bracket(low: Any, high: Any) -> Markup:
    between = interval(low, high)
    return Markup(" <span class='interval'>({})</span>").format(between) if between else Markup("")


def _lower(title: str) -> str:
    """A title inside a sentence: names and abbreviations keep their capitals."""
    first = title.split(maxsplit=1)[0]
    return (
        title
        if first.isupper() or first in {"Pearson", "Spearman"}
        else (title[0].lower() + title[1:])
    )
