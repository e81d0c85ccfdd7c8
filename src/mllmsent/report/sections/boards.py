"""The leaderboards: a figure to see, a table to look up, and what each label's recall is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from markupsafe import Markup

from mllmsent.analysis.confusion import label_scores
from mllmsent.analysis.overview import answer_counts, target_counts
from mllmsent.metrics import metrics_for, sample_kind
from mllmsent.report.colors import label_tones
from mllmsent.report.environment import fill
from mllmsent.report.figures import Figure, Scale, draw_intervals, draw_stacks
from mllmsent.report.naming import MARKED, anchor
from mllmsent.report.sections.section import Section
from mllmsent.report.writing import is_number, percent

if TYPE_CHECKING:
    from mllmsent.affect.scheme import Scheme
    from mllmsent.report.findings import Board, Findings

__all__ = ["leaderboards"]

MOST_LABELS = 12
"""Of an open vocabulary, only so many labels have a color of their own; the rest is one."""

SHADES = 6
"""Of the style sheet's ten, those that leave a table calm."""

MOST_TESTS = 66
"""All pairs of twelve systems; of more, only the run folder has the whole table."""


def leaderboards(findings: Findings) -> Section:
    """A leaderboard per scheme and dimension; where nothing is scored, what was answered."""
    figures: list[Figure] = []
    boards = []
    for board in findings.boards:
        dots = _dots(findings, board)
        columns = _columns(board)
        figures.append(dots)
        recalls = None
        if not board.dimension:
            recalls = label_scores(list(board.scored.values()), findings.resampling)
        boards.append(
            {
                "board": board,
                "figure": dots,
                "columns": columns,
                "rows": [_row(findings, columns, row) for row in _records(board.rows)],
                "blind": _blind(board),
                "recalls": _recalls(findings, board, recalls),
                "tests": _tests(findings, board),
            }
        )
    answers = _answers(findings)
    figures += answers
    body = fill(
        "sections/boards.html",
        boards=boards,
        answers=answers,
        marks=_marks(findings),
        level=findings.resampling.level,
        resamples=findings.resampling.n_resamples,
    )
    title = "Leaderboards" if len(boards) > 1 else "Leaderboard"
    return Section("leaderboard", title if boards else "What was answered", body, tuple(figures))


def _marks(findings: Findings) -> list[tuple[str, str]]:
    """Marks of the pathways in this run, and what they stand for."""
    there = dict.fromkeys(name.mark for name in findings.names.values())
    return [
        (mark, "another pathway" if mark == "other" else mark)
        for mark in (*MARKED, "other")
        if mark in there
    ]


def _dots(findings: Findings, board: Board) -> Figure:
    metric = board.metric
    rows = []
    for row in _records(board.rows):
        name = findings.names[row["system_id"]]
        rows.append(
            {
                "model": name.model,
                "detail": name.detail,
                "mark": name.mark,
                "note": "" if row["ranked"] else "not ranked",
                "value": row.get(metric.name),
                "low": row.get(f"{metric.name}_low"),
                "high": row.get(f"{metric.name}_high"),
                "letters": row["group"],
                "is_baseline": False,
            }
        )
    if board.baseline is not None:
        score = board.baseline.scores[metric.name]
        rows.append(
            {
                "model": "",
                "detail": board.baseline.name,
                "mark": "baseline",
                "note": "baseline, not ranked",
                "value": score.value,
                "low": score.interval.low,
                "high": score.interval.high,
                "letters": "",
                "is_baseline": True,
            }
        )
    better = "more" if metric.higher_is_better else "less"
    caption = Markup(
        "{}; {} is better. Lines are {} intervals. Systems that share a letter cannot be told apart."
    ).format(metric.title, better, percent(findings.resampling.level))
    return draw_intervals(
        pd.DataFrame(rows),
        name=f"leaderboard-{board.anchor}",
        title=f"{board.title}: {metric.title} of each system",
        caption=caption,
        ends=(0.0, 1.0) if metric.higher_is_better else (0.0, 0.0),
    )


def _columns(board: Board) -> list[dict[str, Any]]:
    """The metrics of a board's table, the one it is ranked by first."""
    kind = sample_kind(board.scheme)
    metrics = metrics_for(kind, n_labels=len(board.scheme.labels) or None)
    shown = [metric for metric in metrics if metric.name in board.rows]
    shown.sort(key=lambda metric: metric.name != board.metric.name)
    columns = [
        {
            "name": metric.name,
            "title": metric.title,
            "is_ranked": metric.name == board.metric.name,
            "has_worst": metric.unread_rows == "left out",
        }
        for metric in shown
    ]
    if "weighted_f1_folds" in board.rows and board.rows["weighted_f1_folds"].notna().any():
        columns.append(
            {
                "name": "weighted_f1_folds",
                "title": "Weighted F1, mean of folds",
                "is_ranked": False,
                "has_worst": False,
            }
        )
    return columns


def _row(findings: Findings, columns: list[dict[str, Any]], row: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": findings.names[row["system_id"]],
        "rank": int(row["rank"]) if is_number(row["rank"]) else "",
        "scores": {
            column["name"]: {
                "value": row.get(column["name"]),
                "interval": (row.get(f"{column['name']}_low"), row.get(f"{column['name']}_high")),
                "worst": row.get(f"{column['name']}_worst") if row["coverage"] != 1 else None,
            }
            for column in columns
        },
        "because": row.get("unranked_because") or "",
        **{
            key: row[key]
            for key in (
                "n", "coverage", "unparsed", "refused", "failed", "complete", "ranked", "group",
            )
        },
    }  # fmt: skip


def _blind(board: Board) -> dict[str, Any] | None:
    if board.baseline is None:
        return None
    return {
        "name": board.baseline.name,
        "n": len(board.baseline.sample.read),
        "scores": {
            name: {
                "value": score.value,
                "interval": (score.interval.low, score.interval.high),
                "worst": None,
            }
            for name, score in board.baseline.scores.items()
        },
    }


def _recalls(
    findings: Findings, board: Board, recalls: pd.DataFrame | None
) -> dict[str, Any] | None:
    if recalls is None or not len(recalls):
        return None
    labels = board.scheme.label_names
    support = {
        row["label"]: int(row["support"]) for row in _records(recalls.drop_duplicates("label"))
    }
    cells = {(row["system_id"], row["label"]): row for row in _records(recalls)}
    rows = []
    for system in board.rows["system_id"]:
        found = [cells.get((system, label)) for label in labels]
        rows.append(
            {
                "name": findings.names[system],
                "cells": [
                    {
                        "recall": cell["recall"],
                        "interval": (cell["recall_low"], cell["recall_high"]),
                        "step": round(SHADES * cell["recall"]) if is_number(cell["recall"]) else 0,
                    }
                    if cell is not None
                    else {"recall": None, "interval": (None, None), "step": 0}
                    for cell in found
                ],
            }
        )
    tones = label_tones(board.scheme)
    heads = [
        {"label": label, "tone": tones[label], "support": support.get(label, 0)} for label in labels
    ]
    return {"heads": heads, "rows": rows}


def _tests(findings: Findings, board: Board) -> list[dict[str, Any]] | None:
    table = findings.leaderboard.differences.get(board.key)
    if table is None or not len(table) or len(table) > MOST_TESTS:
        return None
    return [
        {
            "first": findings.names[row["first_id"]],
            "second": findings.names[row["second_id"]],
            "difference": row["difference"],
            "p_holm": row["p_holm"],
            "is_clear": row["p_holm"] <= 1 - findings.resampling.level,
        }
        for row in _records(table)
    ]


def _answers(findings: Findings) -> list[Figure]:
    figures: list[Figure] = []
    for name, scheme in findings.evidence.schemes.items():
        taken = [figure.name for figure in figures]
        drawn = (
            [_values(findings, scheme, dimension, taken) for dimension in scheme.dimension_names]
            if scheme.dimensions
            else [_labels(findings, scheme, anchor(f"answers-{name}", taken))]
        )
        figures += [figure for figure in drawn if figure is not None]
    return figures


def _labels(findings: Findings, scheme: Scheme, name: str) -> Figure | None:
    table = answer_counts(findings.evidence, scheme.name, condition=findings.condition)
    if not len(table) or not table["count"].sum():
        return None
    people = target_counts(findings.evidence, scheme.name)
    labels = list(dict.fromkeys(table["label"]))
    if len(labels) > MOST_LABELS:
        labels, rare = labels[:MOST_LABELS], set(labels[MOST_LABELS:])
        table = table.assign(
            label=["all others" if label in rare else label for label in table["label"]]
        )
        table = table.groupby(["system_id", "system", "label"], sort=False, as_index=False).sum()
        labels.append("all others")
    tones = label_tones(scheme, labels)
    if "all others" in labels:
        tones["all others"] = "var(--rule)"
    return draw_stacks(
        table,
        systems=[findings.names[system] for system in dict.fromkeys(table["system_id"])],
        labels=labels,
        tones=tones,
        people=dict(zip(people["label"], people["count"], strict=True)),
        name=name,
        title=scheme.title or scheme.name,
        caption="Answers that could be read. A system whose bar differs from the people’s leans to "
        "some labels, whatever it is shown."
        if len(people)
        else "Answers that could be read.",
    )


def _values(findings: Findings, scheme: Scheme, dimension: str, taken: list[str]) -> Figure | None:
    rows = []
    answers = findings.cases
    answers = answers[(answers["scheme"] == scheme.name) & (answers["dimension"] == dimension)]
    if answers["truth"].notna().any():
        return None
    for system, part in answers.groupby("system_id", sort=False):
        values = part["answer"].dropna().astype(float)
        name = findings.names[str(system)]
        rows.append(
            {
                "model": name.model,
                "detail": name.detail,
                "mark": name.mark,
                "note": f"{len(values):,} answers",
                "value": values.median() if len(values) else None,
                "low": values.quantile(0.1) if len(values) else None,
                "high": values.quantile(0.9) if len(values) else None,
                "letters": "",
                "is_baseline": False,
            }
        )
    if not rows:
        return None
    scale = scheme.dimension(dimension)
    return draw_intervals(
        pd.DataFrame(rows),
        name=anchor(f"answers-{scheme.name}-{dimension}", taken),
        title=f"{dimension.capitalize()}: where the answers lie",
        caption="Dots are medians, lines the middle four fifths of the answers.",
        scale=Scale(scale.low, scale.high, (scale.low, (scale.low + scale.high) / 2, scale.high)),
    )


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(key): value for key, value in row.items()} for row in table.to_dict(orient="records")
    ]
