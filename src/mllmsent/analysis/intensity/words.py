"""What is said of how strongly systems feel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.analysis.found import Statement
from mllmsent.analysis.numbers import p_value, with_interval

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.affect.scheme import Scheme

__all__ = ["board_statements"]

WORDS = {
    "ranks": "{} ranks",
    "points": "{} points of the scale",
    "strength": "{} of the way from neutral to the end",
}


def board_statements(
    scheme: Scheme,
    dimension: str,
    distances: Sequence[Mapping[str, Any]],
    extremity: Sequence[Mapping[str, Any]],
    alpha: float,
) -> list[Statement]:
    """The sentences about one board.

    Args:
        scheme: Its scheme.
        dimension: Its dimension; empty for labels.
        distances: Its rows of the table `distances`.
        extremity: Its rows of the table `extremity`.
        alpha: At or below it a corrected p value tells.
    """
    people = "people's mean ratings" if dimension else "people's labels"
    sentences = _spread_differently(distances, people, alpha)
    sentences += _middles(extremity, people, alpha) + _slopes(extremity)
    sentences += _against_votes(extremity, is_scale=bool(dimension))
    return [Statement(text, scheme.name, dimension) for text in sentences]


def _spread_differently(rows: Sequence[Mapping[str, Any]], people: str, alpha: float) -> list[str]:
    first = [row for row in rows if row["against"] == "targets" and row["of"] == rows[0]["of"]]
    clear = [row for row in first if row["p_holm"] <= alpha]
    if not clear:
        least = min(row["p_holm"] for row in first)
        said = (
            f"No system's answers are distributed otherwise than {people} beyond what swapping the "
            f"two explains ({p_value(least)} at least, of {len(first)} systems)."
        )
        return [said]
    has_order = bool(first[0]["unit"])
    by = "wasserstein" if has_order else "js"
    far = max(clear, key=lambda row: row[by])
    distance = with_interval(far[by], far[f"{by}_low"], far[f"{by}_high"])
    how = (
        f"its answers would have to move by {WORDS[far['unit']].format(distance)} on average"
        if has_order
        else f"its Jensen-Shannon distance is {distance}"
    )
    said = (
        f"The answers of {len(clear)} of {len(first)} systems are distributed otherwise than "
        f"{people}, after correction for all tests. Farthest is {far['system']}: {how}, where "
        f"chance alone gives {far[f'{by}_by_chance']:.2f}."
    )
    return [said]


def _middles(rows: Sequence[Mapping[str, Any]], people: str, alpha: float) -> list[str]:
    rows = [row for row in rows if row["against"] == "targets"]
    found = []
    for zone, more, less in (
        ("extreme", "more often extreme", "less often extreme"),
        ("mild", "more often mild", "less often mild"),
        ("neutral", "more often neutral", "less often neutral"),
    ):
        clear = [row for row in rows if row[f"{zone}_p_holm"] <= alpha]
        for is_more, word in ((True, more), (False, less)):
            side = [row for row in clear if (row[f"{zone}_difference"] > 0) == is_more]
            if not side:
                continue
            most = max(side, key=lambda row: abs(row[f"{zone}_difference"]))
            gap = with_interval(
                100 * most[f"{zone}_difference"],
                100 * most[f"{zone}_low"],
                100 * most[f"{zone}_high"],
                digits=0,
            )
            found.append(
                f"{len(side)} of {len(rows)} systems {'is' if len(side) == 1 else 'are'} {word} "
                f"than {people}; most of all {most['system']}: {most[zone]:.0%} of its answers "
                f"against {most[f'people_{zone}']:.0%}, a difference of {gap} points."
            )
    if rows and not found:
        found.append(
            f"No system is extreme, mild or neutral more or less often than {people} beyond what "
            "swapping the two explains."
        )
    return found


def _slopes(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    known = [row for row in rows if row["against"] == "targets" and row["slope"] == row["slope"]]
    if not known:
        return []
    flat = min(known, key=lambda row: row["slope"])
    steep = max(known, key=lambda row: row["slope"])
    text = _slope(flat) if flat is steep else f"{_slope(flat)}, and of {_slope(steep)}"
    said = (
        f"Where people feel more strongly, answered intensity rises with a slope of {text}; noise "
        "in what people said makes slopes flatter than they are."
    )
    return [said]


def _slope(row: Mapping[str, Any]) -> str:
    slope = with_interval(row["slope"], row["slope_low"], row["slope_high"])
    return f"{slope} in {row['system']}"


def _against_votes(rows: Sequence[Mapping[str, Any]], *, is_scale: bool) -> list[str]:
    votes = [row for row in rows if row["against"] == "votes"]
    if not votes:
        return []
    above = [row for row in votes if row["extreme_low"] > 0]
    below = [row for row in votes if row["extreme_high"] < 0]
    targets = next(
        row["people_extreme"]
        for row in rows
        if row["against"] == "targets" and row["system_id"] == votes[0]["system_id"]
    )
    single, put_together = ("ratings", "means") if is_scale else ("votes", "majority labels")
    said = (
        f"Of single {single}, {votes[0]['people_extreme']:.0%} are extreme, of {put_together} "
        f"{targets:.0%}. Against single {single}, {len(above)} of {len(votes)} systems are extreme "
        f"more often and {len(below)} less often, each by its own interval."
    )
    return [said]
