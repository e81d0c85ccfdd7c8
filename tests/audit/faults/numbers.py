"""Faults of answers in dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from tests.audit.faults.planting import Planted, some
from tests.audit.sound_numbers import SCHEMES, sound_ratings
from tests.audit.sound_runs import DESCRIBERS, Rng, changed

from mllmsent.audit.runs.correlations import correlation

if TYPE_CHECKING:
    from collections.abc import Callable

    from mllmsent.audit.runs.sheets import Sheet
    from mllmsent.audit.runs.tables import RunTables

Values = dict[str, float]


def skill(sheet: Sheet) -> float:
    known = sheet.scored & sheet.read
    r = correlation(sheet.truth[known], sheet.answer[known])
    return 0.0 if np.isnan(r) else r


def good_numbers(seed: int, *, least: float, both: bool = False) -> tuple[RunTables, str, str]:
    """A run, a system that knows something there, and the dimension (of two, where both count)."""
    while True:
        run = sound_ratings(seed, SCHEMES[seed % 2] if both else "")
        found: dict[str, list[Sheet]] = {}
        for sheet in run.sheets:
            found.setdefault(sheet.system_id, []).append(sheet)
        known = {
            system: sheets
            for system, sheets in found.items()
            if min(skill(s) for s in sheets[: 2 if both else 1]) >= least
        }
        if known:
            system = sorted(known)[seed % len(known)]
            return run, system, known[system][0].dimension
        seed += 1000


def with_values(
    run: RunTables, system: str, change: Callable[[Values], Values], items: set[str] | None = None
) -> RunTables:
    """The run with a system's values changed, of some items or of all."""
    table = run.table("predictions")
    own = (table["system_id"] == system) & (table["status"] == "ok")
    if items is not None:
        own &= table["item_id"].isin(items)
    values: list[Any] = [
        change(old) if is_own else old for old, is_own in zip(table["values"], own, strict=True)
    ]
    tables = {"predictions": table.assign(values=values)}
    return changed(run, {**tables, "responses": run.table("responses").iloc[:0]})


def a_scale_from_the_other_end(seed: int, rng: Rng) -> Planted:
    """All of a system's answers in a dimension are turned around, or those of one fold."""
    run, system, dimension = good_numbers(seed, least=0.45)
    scale = next(iter(run.schemes.values())).dimension(dimension)
    sheet = next(s for s in run.sheets if s.system_id == system and s.dimension == dimension)
    items = None
    if sheet.trained and len(sheet.items) >= 400 and rng.random() < 0.5:
        items = {item for item, fold in zip(sheet.items, sheet.folds, strict=True) if fold == 2}

    def turned(values: Values) -> Values:
        return {**values, dimension: scale.low + scale.high - values[dimension]}

    found = {item for item, read in zip(sheet.items, sheet.read, strict=True) if read}
    return Planted(
        with_values(run, system, turned, items), frozenset({system}), frozenset(items or found)
    )


def dimensions_in_each_others_place(seed: int, rng: Rng) -> Planted:
    run, system, _ = good_numbers(seed, least=0.5, both=True)
    one, other = next(iter(run.schemes.values())).dimension_names[:2]

    def exchanged(values: Values) -> Values:
        return {**values, one: values[other], other: values[one]}

    return Planted(with_values(run, system, exchanged), frozenset({system}))


def numbers_beyond_the_scale(seed: int, rng: Rng) -> Planted:
    """Answers, or what people are said to have rated, on a scale of their own."""
    run = sound_ratings(seed)
    scheme = next(iter(run.schemes.values()))
    scale = scheme.dimensions[int(rng.integers(len(scheme.dimensions)))]
    if rng.random() < 0.3:
        targets = run.table("targets").copy()
        items = some(targets["item_id"], rng, 1, 5)
        own = targets["item_id"].isin(items) & (targets["dimension"] == scale.name)
        targets.loc[own, "mean"] = scale.high + scale.span * rng.uniform(0.05, 2, own.sum())
        return Planted(changed(run, {"targets": targets}), items=frozenset(items))
    sheet = run.sheets[int(rng.integers(len(run.sheets)))]
    read = [item for item, is_read in zip(sheet.items, sheet.read, strict=True) if is_read]
    items = some(read, rng, 1, 12)

    def beyond(values: Values) -> Values:
        below = rng.random() < 0.3
        off = scale.span * float(rng.uniform(0.01, 5))
        return {**values, scale.name: scale.low - off if below else scale.high + off}

    return Planted(
        with_values(run, sheet.system_id, beyond, set(items)),
        frozenset({sheet.system_id}),
        frozenset(items),
    )


def one_number_for_all(seed: int, rng: Rng) -> Planted:
    run = sound_ratings(seed)
    sheet = run.sheets[int(rng.integers(len(run.sheets)))]
    number = round(float(rng.uniform(sheet.scale.low, sheet.scale.high)), 1)
    run = with_values(run, sheet.system_id, lambda values: {**values, sheet.dimension: number})
    return Planted(run, frozenset({sheet.system_id}))


def numbers_that_are_not_there(seed: int, rng: Rng) -> Planted:
    run = sound_ratings(seed)
    table = run.table("predictions")
    system = str(rng.choice(table["system_id"].unique()))
    items = some(table["item_id"], rng, 1, 20)
    gone = (table["system_id"] == system) & table["item_id"].isin(items)
    return Planted(
        changed(run, {"predictions": table[~gone].reset_index(drop=True)}),
        frozenset({system}),
        frozenset(items),
    )


def numbers_of_unreadable_answers(seed: int, rng: Rng) -> Planted:
    """What cannot be read becomes the middle of the scale."""
    run = sound_ratings(seed)
    scheme = next(iter(run.schemes.values()))
    who = str(rng.choice(DESCRIBERS))
    items = some(run.table("items")["item_id"], rng, 3, 15)
    responses = run.table("responses").copy()
    said = (responses["model"] == who) & responses["item_id"].isin(items)
    words = ["I'm sorry, but I can't help with that.", "A man and two dogs.", "###", "As an AI,"]
    responses.loc[said, "text"] = rng.choice(words, said.sum())
    table = run.table("predictions").copy()
    own = (table["system_id"] == f"{who}-direct") & table["item_id"].isin(items)
    middle = {one.name: (one.low + one.high) / 2 for one in scheme.dimensions}
    table.loc[own, "status"] = "ok"
    values: list[Any] = [
        middle if is_own else old for old, is_own in zip(table["values"], own, strict=True)
    ]
    table = table.assign(values=values)
    return Planted(
        changed(run, {"predictions": table, "responses": responses}),
        frozenset({f"{who}-direct"}),
        frozenset(items),
    )
