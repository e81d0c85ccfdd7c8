"""Who is better than whom, as sentences with numbers, intervals and p values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from mllmsent.analysis.asked_alike import systems_asked_alike
from mllmsent.metrics import score_difference
from mllmsent.report.p_values import p_text
from mllmsent.report.writing import interval, is_number, listed, number

if TYPE_CHECKING:
    import pandas as pd

    from mllmsent.report.findings import Board, Findings

__all__ = ["alike", "bracket", "lower", "rivals"]


def rivals(findings: Findings, board: Board, ranked: pd.DataFrame) -> Markup:
    """Who cannot be told apart from the best, and who is the first to be significantly behind.

    Args:
        findings: What was found.
        board: The board.
        ranked: Its ranked rows, best first.
    """
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
        return told + Markup(" The first that is significantly behind is {}{}.").format(
            names[behind[0]], gap
        )
    scores = dict(zip(ranked["system_id"], ranked[board.metric.name], strict=True))
    return Markup(" It is significantly better than {}{} with {}{}.").format(
        "all others, next " if len(behind) > 1 else "",
        names[behind[0]],
        number(scores[behind[0]]),
        gap,
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
    return Markup(", by {}{}{}").format(
        number(abs(score.value)), bracket(low, high), _tested(findings, board, first, second)
    )


def _tested(findings: Findings, board: Board, first: str, second: str) -> str:
    """What the leaderboard's test says of two systems: ", p < 0.001"."""
    p_value = _p_value(findings, board, first, second)
    return f", {p_text(p_value)}" if is_number(p_value) else ""


def _p_value(findings: Findings, board: Board, first: str, second: str) -> Any:
    tests = findings.leaderboard.differences.get(board.key)
    if tests is None or not len(tests):
        return None
    found = [
        row["p_holm"]
        for row in tests.to_dict(orient="records")
        if {row["first_id"], row["second_id"]} == {first, second}
    ]
    return found[0] if found else None


def alike(findings: Findings, board: Board, ranked: pd.DataFrame) -> list[Markup]:
    """Models held against the best of them, one system each, where the ranking has several of one.

    Args:
        findings: What was found.
        board: The board.
        ranked: Its ranked rows, best first.
    """
    chosen = systems_asked_alike(ranked)
    if len(chosen) < 2 or len(chosen) == len(ranked):
        return []
    rows = ranked.set_index("system_id")
    metric = board.metric.name

    def scored(system: str) -> Markup:
        row = rows.loc[system]
        ends = interval(row[f"{metric}_low"], row[f"{metric}_high"])
        return Markup("{}{}").format(
            number(row[metric]),
            Markup(" <span class='interval'>[{}]</span>").format(ends) if ends else "",
        )

    def told(system: str) -> Markup:
        return Markup("<b>{}</b> ({}{})").format(
            findings.names[system].full,
            scored(system),
            _tested(findings, board, chosen[0], system),
        )

    alpha = 1 - findings.resampling.level
    behind: list[Markup] = []
    same: list[Markup] = []
    for system in chosen[1:]:
        p_value = _p_value(findings, board, chosen[0], system)
        (behind if is_number(p_value) and p_value <= alpha else same).append(told(system))
    parts = []
    if behind:
        parts.append(Markup("is significantly better than {}").format(listed(behind)))
    if same:
        parts.append(Markup("cannot be told apart from {}").format(listed(same)))
    return [
        Markup("Of the models asked alike, <b>{}</b> ({} {}) {}.").format(
            findings.names[chosen[0]].full,
            lower(board.metric.title),
            scored(chosen[0]),
            Markup(", and ").join(parts),
        )
    ]


def bracket(low: Any, high: Any) -> Markup:
    """An interval in parentheses, with a space before it; nothing where there is none."""
    between = interval(low, high)
    return Markup(" <span class='interval'>({})</span>").format(between) if between else Markup("")


def lower(title: str) -> str:
    """A title inside a sentence: names and abbreviations keep their capitals."""
    first = title.split(maxsplit=1)[0]
    return (
        title
        if first.isupper() or first in {"Pearson", "Spearman"}
        else (title[0].lower() + title[1:])
    )
