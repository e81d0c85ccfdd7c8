"""What the description does to the answer, through which qualities, and what judges of it are worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.analysis.description_quality.judges import EVERYBODY, follows_truth, judge_marks
from mllmsent.analysis.description_quality.words import QUALITY_WORDS
from mllmsent.report.analyses.rows import more_in_table, rows_of
from mllmsent.report.figures import draw_intervals
from mllmsent.report.writing import is_number, percent

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    import pandas as pd

    from mllmsent.analysis.found import Found
    from mllmsent.report.figures import Figure
    from mllmsent.report.findings import Board, Findings

__all__ = ["draw"]

MOST_PAIRS = 4
"""Pairs of descriptions in one figure; the analysis has them all."""

MOST_PATHS = 8
"""Paths in one figure."""

MOST_MARKS = 18
"""Marks in one figure: of three judges, on the descriptions of two describers and of both."""


def draw(findings: Findings, found: Found, board: Board | None) -> list[Figure]:
    """The effects of the clearest pairs of a board, and the clearest paths through a quality.

    Of all boards together, how far judges of descriptions can be trusted.
    """
    if board is None:
        return _trust(found.tables["judges"], percent(findings.resampling.level))
    effects, paths = (rows_of(found.tables[name], board) for name in ("effects", "paths"))
    effects = effects[effects["low"].notna()]
    paths = paths[paths["p"].notna()]
    level = percent(findings.resampling.level)
    better = "Left of the line, the error is less" if board.dimension else (
        "Right of the line, more answers are right"
    )  # fmt: skip
    figures = []
    if len(effects):
        width = effects["high"] - effects["low"]
        order = (effects["total"].abs() / width).sort_values(ascending=False, kind="stable").index
        shown = effects.loc[order[:MOST_PAIRS]].to_dict(orient="records")
        figures.append(
            draw_intervals(
                _table([row for pair in shown for row in _effect(pair)]),
                name=f"description-effects-{board.anchor}",
                title=f"{board.title}: another description",
                caption=f"{better} for the second description than for the first. What the measured "
                f"qualities carry and what is left make up the whole. {level} intervals."
                f"{more_in_table(len(effects) - len(shown), 'pairs')}",
            )
        )
    if len(paths):
        shown = paths.sort_values("p", kind="stable").head(MOST_PATHS).to_dict(orient="records")
        figures.append(
            draw_intervals(
                _table([_path(row, 1 - findings.resampling.level) for row in shown]),
                name=f"description-paths-{board.anchor}",
                title=f"{board.title}: what each quality carries",
                caption=f"{better} because the second description has more of the quality, or less. "
                f"{level} intervals, the clearest first.{_opinions(shown)}"
                f"{more_in_table(len(paths) - len(shown), 'paths')}",
            )
        )
    return figures


def _effect(row: Mapping[Hashable, Any]) -> list[dict[str, Any]]:
    parts = (
        ("The whole effect", "direct", "total", ""),
        ("Through measured qualities", "described", "indirect", "indirect_"),
        ("What is left", "other", "direct", "direct_"),
    )
    return [
        {
            "model": what,
            "detail": f"{_pair(row)}, read by {row['reader']}",
            "mark": mark,
            "note": "",
            "value": row[name],
            "low": row[f"{prefix}low"],
            "high": row[f"{prefix}high"],
        }
        for what, mark, name, prefix in parts
        if name == "total" or is_number(row["indirect"])
    ]


def _path(row: Mapping[Hashable, Any], alpha: float) -> dict[str, Any]:
    quality = str(row["quality"])
    return {
        "model": _capitalized(QUALITY_WORDS.get(quality, quality)),
        "detail": f"{_pair(row)}, read by {row['reader']}",
        "mark": "described",
        "note": "clear after correction" if row["p_holm"] <= alpha else "",
        "value": row["indirect"],
        "low": row["low"],
        "high": row["high"],
    }


def _trust(judges: pd.DataFrame, level: str) -> list[Figure]:
    """How far judges' marks follow what is known of the pictures."""
    judges = judges[judges["rho"].notna()]
    if not len(judges):
        return []
    rows = [
        {
            "model": f"{_capitalized(row['criterion'])}, by {row['judge']}",
            "detail": "all descriptions"
            if row["describer"] == EVERYBODY
            else f"descriptions by {row['describer']}",
            "mark": "direct" if row["describer"] == EVERYBODY else "described",
            "note": "" if follows_truth(row) else "not shown to follow the truth",
            "value": row["rho"],
            "low": row["low"],
            "high": row["high"],
        }
        for row in judges.head(MOST_MARKS).to_dict(orient="records")
    ]
    return [
        draw_intervals(
            _table(rows, line="marks at random"),
            name="description-judges",
            title="How far the judges of descriptions can be trusted here",
            caption="Rank correlation of a judge's marks with how little a description invents "
            "(accuracy) or leaves out (completeness) of what is known of the pictures: 1 ranks as the "
            f"truth does, at 0 marks are chance. {level} intervals."
            f"{more_in_table(len(judges) - len(rows), 'rows')}",
        )
    ]


def _opinions(paths: Sequence[Mapping[Hashable, Any]]) -> str:
    """A warning, where marks are among what is shown."""
    is_marked = any(judge_marks([str(row["quality"])]) for row in paths)
    return " What has the name of a judge is its mark, a model's opinion." if is_marked else ""


def _capitalized(words: str) -> str:
    return words[:1].upper() + words[1:]


def _pair(row: Mapping[Hashable, Any]) -> str:
    if row["treatment"] == "condition":
        return f"{row['second']}: {row['first_condition']} to {row['second_condition']}"
    return f"{row['first']} to {row['second']}"


def _table(rows: Sequence[Mapping[str, Any]], line: str = "no effect") -> pd.DataFrame:
    """Rows to draw, and a line at 0 with what it means."""
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    none = {"model": "", "detail": line, "mark": "other", "note": "", "value": 0.0}
    table = pd.DataFrame([*rows, none])
    table["is_baseline"] = table["detail"].eq(line) & table["model"].eq("")
    return table.assign(letters="")
