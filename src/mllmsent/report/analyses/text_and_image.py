"""Which of text and image a system follows, and what each of them adds to its score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.analysis.text_and_image.followed import PEOPLE, SYSTEM
from mllmsent.metrics import get_metric
from mllmsent.report.analyses.dots import MOST_SYSTEMS, beside_dot, left_out, system_dot
from mllmsent.report.analyses.rows import rows_of
from mllmsent.report.figures import draw_intervals
from mllmsent.report.writing import percent

if TYPE_CHECKING:
    import pandas as pd

    from mllmsent.analysis.found import Found
    from mllmsent.report.figures import Figure
    from mllmsent.report.findings import Board, Findings

__all__ = ["draw"]

NO_DIFFERENCE = {"value": 0.0, "low": None, "high": None}


def draw(findings: Findings, found: Found, board: Board | None) -> list[Figure]:
    """Dots for the part that is followed, and for what each part adds, each where there are any."""
    if board is None:
        return []
    followed = rows_of(found.tables["weights" if board.dimension else "followed"], board)
    added = rows_of(found.tables["added"], board)
    figures = [
        _followed(findings, board, rows, told_by)
        for told_by in (SYSTEM, PEOPLE)
        if len(rows := followed[followed["told_by"] == told_by])
    ]
    return [*figures, *([_added(findings, board, added)] if len(added) else [])]


def _followed(findings: Findings, board: Board, rows: pd.DataFrame, told_by: str) -> Figure:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    what = "weighs" if board.dimension else "follows"
    dots = [
        system_dot(
            findings.names[row["system_id"]],
            row,
            "lean",
            detail=f"image {row['image']:.2f}, text {row['text']:.2f}",
        )
        for row in _records(rows.sort_values("lean", ascending=False, kind="stable"))
    ]
    dots.append(beside_dot("as much the one as the other", NO_DIFFERENCE, "value"))
    whose = "people's" if told_by == PEOPLE else "its own"
    of = (
        f"In the number that a system gives to both: weight of {whose} number for the image alone less "
        "that of the number for the text alone"
        if board.dimension
        else f"Where {whose} labels for image alone and text alone differ: share of a system's answers to "
        "both with the label of the image, less the share with that of the text"
    )
    by = ", by people" if told_by == PEOPLE else ""
    return draw_intervals(
        pd.DataFrame(dots),
        name=f"text-and-image-{'people' if told_by == PEOPLE else 'followed'}-{board.anchor}",
        title=f"{board.title}: image or text{by}",
        caption=f"{of}. Right of the line a system {what} the image more, left of it the text. Lines are "
        f"{percent(findings.resampling.level)} intervals.{left_out(len(rows))}",
        ends=(-0.5, 0.5),
    )


def _added(findings: Findings, board: Board, rows: pd.DataFrame) -> Figure:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    metric = get_metric(rows["metric"].iloc[0])
    dots = [
        system_dot(
            findings.names[row["system_id"]], row, "added", detail=f"{row['part']} shown as well"
        )
        for row in _records(rows)
    ]
    dots.append(beside_dot("no difference", NO_DIFFERENCE, "value"))
    better = "more" if metric.higher_is_better else "less"
    return draw_intervals(
        pd.DataFrame(dots),
        name=f"text-and-image-added-{board.anchor}",
        title=f"{board.title}: what the other part adds",
        caption=f"{metric.title} for image and text together, less that for one of them alone; {better} "
        f"is better. Lines are {percent(findings.resampling.level)} intervals.{left_out(len(rows))}",
    )


def _records(rows: pd.DataFrame) -> list[dict[Any, Any]]:
    return rows.head(MOST_SYSTEMS).to_dict(orient="records")
