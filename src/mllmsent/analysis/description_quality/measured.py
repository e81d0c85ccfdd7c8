"""The descriptions of a run with all that can be measured in each, and the answers they led to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.description_quality.qualities import TEXT_QUALITIES, measure_descriptions
from mllmsent.analysis.factor_namings import name_factors
from mllmsent.analysis.pathways import is_right
from mllmsent.foundation.tables import GIVEN_QUALITY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.evidence import Evidence, Scored
    from mllmsent.dioramas import Scene

__all__ = [
    "MeasuredDescriptions",
    "ReadDescriptions",
    "measured_descriptions",
    "outcomes",
    "read_descriptions",
]

SCENE_QUALITIES = ("missing", "invented")
"""Shares of what was drawn that a description says nothing of, and says something wrong of."""

KEY = ("describer", "strategy", "condition", "repeat", "item_id")


@dataclass(frozen=True, eq=False)
class MeasuredDescriptions:
    """Descriptions and their qualities.

    Attributes:
        rows: A row per description: describer, strategy, condition, repeat, item_id, group, and a
            column for each quality; NaN where it has none.
        qualities: The columns that are qualities, most general first.
        n_foreign: Descriptions in other languages, which are not measured.
    """

    rows: pd.DataFrame
    qualities: tuple[str, ...]
    n_foreign: int = 0


@dataclass(frozen=True, eq=False)
class ReadDescriptions:
    """What one classifier made of one describer's descriptions, under one condition.

    Attributes:
        system_id: The system.
        name: Its name for people.
        describer: Who described; "model · strategy" in a run with several strategies.
        reader: What read: classifier and its training.
        condition: The condition under which images were described.
        rows: Indexed by item_id, repeat and moment: `outcome` (1 for right and 0 for wrong, or for
            dimensions the distance from the people's mean), `group`, and the qualities.
    """

    system_id: str
    name: str
    describer: str
    reader: tuple[str, str]
    condition: str
    rows: pd.DataFrame


def measured_descriptions(
    evidence: Evidence,
    descriptions: pd.DataFrame,
    *,
    stop_reasons: Mapping[str, str] | None = None,
    scenes: Mapping[str, Scene] | None = None,
) -> MeasuredDescriptions:
    """Measure every description of a run.

    Args:
        evidence: The run's tables.
        descriptions: Table `descriptions`. Those in another language than English are left out: words
            are counted by English lists.
        stop_reasons: Request to the server's word on why its answer ended.
        scenes: Item to what was drawn, where that is known.
    """
    rows = descriptions[descriptions["item_id"].isin(list(evidence.groups))]
    if "strategy" not in rows:
        rows = rows.assign(strategy="")
    rows = rows.assign(
        strategy=rows["strategy"].fillna("").astype(str),
        condition=rows["condition"].fillna("none").astype(str),
        repeat=rows["repeat"].fillna(0).astype(int),
    )
    rows = rows.drop_duplicates(list(KEY))
    foreign = _foreign(evidence.systems)
    is_foreign = np.array(
        [
            pair in foreign
            for pair in zip(rows["describer"].tolist(), rows["strategy"].tolist(), strict=True)
        ],
        dtype=bool,
    )
    rows = rows[~is_foreign].reset_index(drop=True)
    measured = measure_descriptions(
        rows["text"].astype(str).tolist(), stop_reasons=_ended(rows, stop_reasons or {})
    )
    given = [str(name) for name in rows.columns if str(name).startswith(GIVEN_QUALITY)]
    for name in given:
        measured[name.removeprefix(GIVEN_QUALITY)] = rows[name].astype(float)
    found = rows[list(KEY)].assign(group=rows["item_id"].map(evidence.groups))
    found = found.join(measured)
    qualities = list(TEXT_QUALITIES)
    if scenes:
        found = found.merge(_held_against(rows, scenes, evidence.groups), how="left", on=list(KEY))
        qualities += SCENE_QUALITIES
    # What is known comes before what somebody thinks: with few items, the last are left out.
    qualities += [name.removeprefix(GIVEN_QUALITY) for name in given]
    return MeasuredDescriptions(found, tuple(qualities), int(is_foreign.sum()))


def _ended(rows: pd.DataFrame, stop_reasons: Mapping[str, str]) -> list[str | None]:
    """The server's word on why each text ended; of what was shortened afterwards, nobody's."""
    told = [stop_reasons.get(str(key)) for key in rows["request_key"].tolist()]
    changed = rows["request_key"].notna() & rows["request_key"].duplicated(keep=False)
    lengths = rows.loc[changed, "text"].map(lambda text: len(str(text).split()))
    whole = lengths.groupby(rows.loc[changed, "request_key"]).transform("max")
    shortened = set(lengths.index[lengths < whole])
    return [None if place in shortened else reason for place, reason in enumerate(told)]


def read_descriptions(
    evidence: Evidence,
    measured: MeasuredDescriptions,
    scheme: Scheme,
    dimension: str = "",
    *,
    condition: str = "none",
) -> Iterator[ReadDescriptions]:
    """The systems that read descriptions, in the run's order, with what they made of each.

    Args:
        evidence: The run's tables.
        measured: The descriptions.
        scheme: The scheme.
        dimension: The dimension; empty for labels.
        condition: The condition under which images were described.
    """
    parts = evidence.systems.set_index("system_id")
    has_strategies = measured.rows["strategy"].nunique() > 1
    by_describer = dict(iter(measured.rows.groupby(["describer", "strategy"], sort=False)))
    for scored in evidence.scored(scheme.name, condition=condition):
        system = parts.loc[scored.system_id]
        strategy = _text(system["strategy"])
        model = _text(system["model"])
        # Descriptions that say of no wording are those of every wording.
        own = by_describer.get((model, strategy), by_describer.get((model, "")))
        if scored.dimension != dimension or system["pathway"] != "described" or own is None:
            continue
        own = own[own["condition"] == condition]
        rows = outcomes(scored, scheme).merge(
            own[["item_id", "repeat", *measured.qualities]], on=["item_id", "repeat"]
        )
        if len(rows):
            yield ReadDescriptions(
                system_id=scored.system_id,
                name=scored.name,
                describer=" · ".join(
                    filter(None, (_text(system["model"]), strategy * has_strategies))
                ),
                reader=(_text(system["classifier"]), _text(system["training"])),
                condition=condition,
                rows=rows.set_index(["item_id", "repeat", "moment"]),
            )


def outcomes(scored: Scored, scheme: Scheme) -> pd.DataFrame:
    """How each answer of a system turned out.

    An answer that could not be read is wrong, as in every score; without a number there is no distance,
    and so no row.

    Returns:
        Columns item_id, repeat, moment (frame_t, -1 for none), group and `outcome`: 1 for right and 0
        for wrong, or the distance from the people's mean, in the scale's units.
    """
    rows = scored.rows
    read = rows["status"] == "ok"
    if scored.dimension:
        said = [
            (values or {}).get(scored.dimension, np.nan) if ok else np.nan
            for ok, values in zip(read, rows["values"], strict=True)
        ]
        outcome: Any = np.abs(np.array(said, dtype=np.float64) - rows["truth"].to_numpy(np.float64))
    elif scheme.multi_label:
        pairs = zip(read, rows["label"].tolist(), rows["truth"].tolist(), strict=True)
        outcome = [float(ok and is_right(scheme, label, truth)) for ok, label, truth in pairs]
    else:
        # One label is right if it is the people's: `is_right`, for all rows at once.
        label = rows["label"].to_numpy(object, na_value="")
        same = label == rows["truth"].to_numpy(object)
        outcome = (read.to_numpy(bool) & same).astype(np.float64)
    moment = rows["frame_t"].fillna(-1.0) if "frame_t" in rows else -1.0
    found = rows[["item_id", "repeat", "group"]].assign(moment=moment, outcome=outcome)
    return found[found["outcome"].notna()]


def _held_against(
    rows: pd.DataFrame, scenes: Mapping[str, Scene], groups: Mapping[str, str]
) -> pd.DataFrame:
    """For each description of a known scene what it misses and invents, as shares of the factors."""
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    parts: list[pd.DataFrame] = []
    for condition in rows["condition"].unique():
        named, _ = name_factors(rows, scenes, groups, condition=str(condition))
        parts.append(named.assign(condition=condition))
    every = pd.concat(parts) if parts else pd.DataFrame(columns=[*KEY, "none", "other"])
    shares: pd.DataFrame = (
        every.assign(missing=every["none"].astype(float), invented=every["other"].astype(float))
        .groupby(list(KEY), sort=False)[list(SCENE_QUALITIES)]
        .mean()
        .reset_index()
    )
    return shares


def _foreign(systems: pd.DataFrame) -> set[tuple[str, str]]:
    """Model and strategy of descriptions that are not asked for in English."""
    columns: Sequence[str] = ("model", "strategy", "language")
    return {
        (_text(model), _text(strategy))
        for model, strategy, language in zip(*(systems[name] for name in columns), strict=True)
        if _text(language) and not _text(language).lower().startswith("en")
    }


def _text(value: Any) -> str:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    return "" if pd.isna(value) else str(value)
