"""How far people's feelings and systems' answers go with elements of pictures, and how that differs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from mllmsent.analysis.item_subgroups import LEAST_SUPPORT
from mllmsent.analysis.visual_elements.elements import CONTROLS, controls_of
from mllmsent.analysis.visual_elements.outcomes import panels_of
from mllmsent.metrics.estimates import mean_contrasts
from mllmsent.metrics.grouping import Grouping
from mllmsent.metrics.rank_associations import mid_ranks, rank_correlations

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mllmsent.analysis.item_subgroups import Subgroup
    from mllmsent.analysis.visual_elements.elements import Elements
    from mllmsent.analysis.visual_elements.outcomes import Outcome, Panel
    from mllmsent.metrics.estimates import Estimates
    from mllmsent.metrics.metric import Floats

__all__ = ["Leanings", "adjusted", "find_leanings"]

Rows: TypeAlias = "list[dict[str, Any]]"
Mask: TypeAlias = "NDArray[np.bool_]"
"""For each of all items whether it is meant."""

Inside: TypeAlias = "tuple[Subgroup, Mask]"
"""A subgroup and which of all items are inside."""


@dataclass(frozen=True)
class Leanings:
    """What was estimated, row by row, without correction for how many there are.

    Attributes:
        associations: An element and people or a system: rho and the partial rho.
        differences: An element and a system: by how much its rho is above people's.
        categories: A value of metadata and people or a system: by how much outcomes are higher there,
            and by how much more than people's.
        too_few: Who has fewer than `LEAST_SUPPORT` groups of items to be judged by.
    """

    associations: Rows = field(default_factory=list)
    differences: Rows = field(default_factory=list)
    categories: Rows = field(default_factory=list)
    too_few: list[str] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class _Question:
    """What every estimate needs: see `find_leanings`.

    Attributes:
        elements: What is in the pictures.
        groups: For each item the number of what it moves with.
        place: Columns that say what the outcome is.
        level: Nominal coverage of intervals.
    """

    elements: Elements
    groups: NDArray[np.intp]
    place: Mapping[str, Any]
    level: float

    def grouping(self, rows: Mask) -> Grouping:
        """Which of some items move together."""
        names, index = np.unique(self.groups[rows], return_inverse=True)
        return Grouping(tuple(names.tolist()), index)

    def n_groups(self, rows: Mask) -> int:
        """How many groups some items are of."""
        return len(np.unique(self.groups[rows]))

    def columns(self, estimates: Estimates, name: str, prefix: str = "") -> dict[str, Floats]:
        """Estimates as columns of a table, each (K, S)."""
        low, high = estimates.intervals(self.level)
        return {
            name: estimates.points,
            f"{prefix}low": low,
            f"{prefix}high": high,
            f"{prefix}p": estimates.p_values,
        }


def find_leanings(
    elements: Elements,
    outcomes: Sequence[Outcome],
    groups: Mapping[str, str],
    place: Mapping[str, Any],
    *,
    level: float = 0.95,
) -> Leanings:
    """Hold elements against outcomes of people and of systems.

    A system is compared with people on the items that both have an outcome of; its rho is that on
    those items, and so is the rho of people beside it.

    Args:
        elements: What is in the pictures.
        outcomes: What people felt and systems answered.
        groups: Item to what it moves with.
        place: Columns that say what the outcomes are of: scheme, dimension.
        level: Nominal coverage of intervals.
    """
    found = Leanings()
    index = elements.numbers.index
    numbers = {name: number for number, name in enumerate(dict.fromkeys(groups.values()))}
    own = np.array([numbers[groups[item]] for item in index], dtype=np.intp)
    question = _Question(elements, own, place, level)
    by_known = _by_known(elements.subgroups, index)
    for panel in panels_of(outcomes, index):
        for columns, there in _blocks(elements.numbers):
            rows = panel.known & there
            if question.n_groups(rows) < LEAST_SUPPORT:
                found.too_few.extend(
                    who for (who, _), shown in zip(panel.who, panel.shown, strict=True) if shown
                )
                continue
            _associate(found, question, panel, columns, rows)
        for there, subgroups in by_known:
            found.categories.extend(_contrasts(question, panel, there, subgroups))
    return found


def adjusted(p_values: Sequence[float]) -> Floats:
    """P values corrected for a false discovery rate (Benjamini and Hochberg 1995); NaN stays NaN."""
    from statsmodels.stats.multitest import multipletests  # noqa: PLC0415 - statsmodels is slow

    values = np.asarray(p_values, dtype=float)
    found = np.full(values.shape, np.nan)
    tested = ~np.isnan(values)
    if tested.any():
        found[tested] = multipletests(values[tested], method="fdr_bh")[1]
    return found


def _blocks(numbers: pd.DataFrame) -> Iterator[tuple[list[str], Mask]]:
    """Columns that are known of the very same items, and of which."""
    known = numbers.notna().to_numpy()
    alike: dict[bytes, list[str]] = {}
    for place, name in enumerate(numbers.columns):
        alike.setdefault(known[:, place].tobytes(), []).append(str(name))
    for key, names in alike.items():
        yield names, np.frombuffer(key, dtype=bool)


def _by_known(subgroups: Sequence[Subgroup], index: pd.Index) -> list[tuple[Mask, list[Inside]]]:
    """Subgroups whose column is known of the very same items, which those are, and who is inside."""
    alike: dict[frozenset[str], list[Inside]] = {}
    for each in subgroups:
        alike.setdefault(each.known, []).append((each, index.isin(list(each.items))))
    return [(index.isin(list(known)), own) for known, own in alike.items()]


def _associate(
    found: Leanings,
    question: _Question,
    panel: Panel,
    columns: list[str],
    rows: Mask,
) -> None:
    """Correlate elements that are known of the same items with a panel's outcomes."""
    kinds = question.elements.kinds
    ranked = _ranked(question, panel, columns, rows)
    plain = rank_correlations(
        ranked.elements.to_numpy(), ranked.outcomes, ranked.grouping, against=panel.against
    )
    own = question.columns(plain.own, "rho") | _partial(question, panel, ranked, rows)
    apart = question.columns(plain.apart, "difference")
    size = {"n": len(ranked.outcomes), "n_groups": len(ranked.grouping)}
    for column, (who, label) in enumerate(panel.who):
        if not panel.shown[column]:
            continue
        other = panel.against[column]
        for row, element in enumerate(columns):
            about = {**question.place, "label": label, "element": element, "kind": kinds[element]}
            found.associations.append({**about, "who_id": who, **size, **_cells(own, row, column)})
            if other is not None:
                rhos = {
                    "rho": plain.own.points[row, column],
                    "people": plain.own.points[row, other],
                }
                found.differences.append(
                    {**about, "system_id": who, **size, **rhos, **_cells(apart, row, column)}
                )


@dataclass(frozen=True, eq=False)
class _Ranked:
    """Some items' elements and outcomes as mid-ranks, and which of the items move together."""

    elements: pd.DataFrame
    outcomes: Floats
    grouping: Grouping


def _ranked(question: _Question, panel: Panel, columns: Sequence[str], rows: Mask) -> _Ranked:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    known = question.elements.numbers[list(columns)].to_numpy()[rows]
    return _Ranked(
        pd.DataFrame(mid_ranks(known), columns=list(columns)),
        mid_ranks(panel.outcomes[rows]),
        question.grouping(rows),
    )


def _partial(question: _Question, panel: Panel, ranked: _Ranked, rows: Mask) -> dict[str, Floats]:
    """Partial rho of columns, each given one measure of every other kind than its own."""
    numbers, kinds = question.elements.numbers, question.elements.kinds
    columns = [str(name) for name in ranked.elements]
    found = {
        name: np.full((len(columns), len(panel.who)), np.nan)
        for name in ("partial", "partial_low", "partial_high", "partial_p")
    }
    controls = list(CONTROLS.values())
    if not set(controls) <= set(numbers.columns):
        return found
    known = rows & numbers[controls].notna().all(axis=1).to_numpy()
    if question.n_groups(known) < LEAST_SUPPORT + len(controls):
        return found
    if not (set(controls) <= set(columns) and (known == rows).all()):
        ranked = _ranked(question, panel, [*dict.fromkeys([*columns, *controls])], known)
    for kind in dict.fromkeys(kinds[name] for name in columns):
        places = [place for place, name in enumerate(columns) if kinds[name] == kind]
        estimates = rank_correlations(
            ranked.elements[[columns[place] for place in places]].to_numpy(),
            ranked.outcomes,
            ranked.grouping,
            controls=ranked.elements[controls_of(kind)].to_numpy(),
        )
        for name, points in question.columns(estimates.own, "partial", "partial_").items():
            found[name][places] = points
    return found


def _contrasts(question: _Question, panel: Panel, there: Mask, subgroups: Sequence[Inside]) -> Rows:
    """Differences of means of subgroups that are known of the same items."""
    rows = panel.known & there
    kept = [
        (each, within)
        for each, within in subgroups
        if min(question.n_groups(rows & part) for part in (within, ~within)) >= LEAST_SUPPORT
    ]
    if not kept:
        return []
    inside = np.column_stack([within[rows] for _, within in kept])
    outcomes = panel.outcomes[rows]
    estimates = mean_contrasts(inside, outcomes, question.grouping(rows), panel.against)
    own = question.columns(estimates.own, "difference")
    more = question.columns(estimates.apart, "more_than_people", "more_")
    n_inside = inside.sum(axis=0)
    means = [part.T.astype(float) @ outcomes for part in (inside, ~inside)]
    return [
        {
            **question.place,
            "label": label,
            "column": each.column,
            "value": each.value,
            "who_id": who,
            "n_inside": int(n_inside[row]),
            "n_outside": int(len(outcomes) - n_inside[row]),
            "mean_inside": means[0][row, column] / n_inside[row],
            "mean_outside": means[1][row, column] / (len(outcomes) - n_inside[row]),
            **_cells(own, row, column),
            **_cells(more, row, column),
        }
        for column, (who, label) in enumerate(panel.who)
        if panel.shown[column]
        for row, (each, _) in enumerate(kept)
    ]


def _cells(columns: Mapping[str, Floats], row: int, column: int) -> dict[str, float]:
    return {name: points[row, column] for name, points in columns.items()}
