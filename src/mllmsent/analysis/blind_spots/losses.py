"""How much each system loses on each item, and how much the item's own difficulty makes it lose.

For labels an item is lost (1) or not (0); an answer that could not be read is lost, a set of labels
is right as a whole. For dimensions the loss is the absolute error as a share of the scale, of the
answers that were read. Repeats and frames of an item are averaged. Of a description, where it is
known what was drawn, lost is the share of the scene's factors that it does not name right.

Expected is what the people's answers predict: how undecided they are about the item (the entropy of
their soft label, the standard deviation of their ratings), and what they say (the label; the mean
and how far it lies from the middle of the scale). The prediction is linear, of each system by
itself, and cross-fitted: that of an item is learned from items of other groups, so that no item's
own answers decide what is expected there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.merits import Merits
from mllmsent.metrics.agreement import soft_label_entropy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.evidence import Evidence, Scored
    from mllmsent.metrics.metric import Floats

__all__ = ["ItemLosses", "description_losses", "difficulty_of", "excess_losses", "item_losses"]

FOLDS = 5
"""Folds of the cross-fitting."""

MOST_LABELS = 40
"""Only so many of the commonest labels (or sets of them) have a difficulty of their own."""


@dataclass(frozen=True, eq=False)
class ItemLosses:
    """What several systems lose on the same items, in one scheme and dimension.

    Attributes:
        systems: Id of each of S systems (or describers) to its model: the id itself where that is
            not known.
        items: Ids of the N items.
        group: The group of each, as a number.
        losses: (N, S), between 0 and 1; NaN where a system has no answer that counts.
    """

    systems: Mapping[str, str]
    items: NDArray[Any]
    group: NDArray[np.intp]
    losses: Floats


def item_losses(evidence: Evidence, scheme: Scheme, scored: Sequence[Scored]) -> ItemLosses:
    """Line up what systems lose.

    Args:
        evidence: The run's tables.
        scheme: The scheme.
        scored: The systems in it, all of one dimension; at least one.
    """
    field = Merits.of(scheme, scored)
    n_systems = len(field.systems)
    items, first, row = np.unique(field.items, return_index=True, return_inverse=True)
    merits = field.merits[:, :n_systems]
    sums, counts = np.zeros((2, len(items), n_systems))
    np.add.at(sums, row, np.nan_to_num(merits))
    np.add.at(counts, row, ~np.isnan(merits))
    with np.errstate(invalid="ignore"):
        mean = sums / counts
    if field.metric == "mae":
        scale = scheme.dimension(field.dimension)
        losses = -mean / (scale.high - scale.low)
    else:
        losses = 1 - mean
    table = evidence.systems
    models = table["model"] if "model" in table else table["system_id"]
    known = {
        str(system): model if isinstance(model, str) and model else str(system)
        for system, model in zip(table["system_id"], models, strict=True)
    }
    return ItemLosses(
        systems={system: known[system] for system in field.systems},
        items=items,
        group=field.group[first],
        losses=losses,
    )


def description_losses(named: pd.DataFrame) -> ItemLosses:
    """Line up what descriptions do not name right.

    Args:
        named: Rows of `name_factors`, at least one.
    """
    table = named.assign(lost=1.0 - named["right"].astype(float)).pivot_table(
        index="item_id", columns="describer_id", values="lost", aggfunc="mean", sort=True
    )
    describer = dict(zip(named["describer_id"], named["describer"], strict=True))
    group = dict(zip(named["item_id"], named["group"], strict=True))
    items = table.index.astype(str).to_numpy(object)
    return ItemLosses(
        systems={str(name): str(describer[name]) for name in table.columns},
        items=items,
        group=np.unique([group[item] for item in items], return_inverse=True)[1],
        losses=table.to_numpy(float),
    )


def difficulty_of(
    evidence: Evidence, scheme: Scheme, dimension: str, items: Sequence[str]
) -> tuple[Floats, str]:
    """What the people's answers say of how difficult items are.

    Args:
        evidence: The run's tables.
        scheme: The scheme.
        dimension: The dimension; empty for labels.
        items: Ids of N items that have a target.

    Returns:
        (N, F) numbers to predict losses from, and what is lacking, as a sentence; empty for nothing.
    """
    targets = evidence.targets
    rows = targets[(targets["scheme"] == scheme.name) & (targets["annotator_group"] == "all")]
    if dimension:
        rows = rows[rows["dimension"] == dimension]
    rows = rows.drop_duplicates("item_id").set_index("item_id").reindex(list(items))
    said = _ratings(rows, scheme, dimension) if dimension else _labels(rows)
    spread = _spread(rows, scheme, dimension)
    known = ~np.isnan(spread)
    if not known.any() or np.ptp(spread[known]) == 0:
        return said, "how much people disagree about an item is not known, so that what is hard for people cannot be told from what is hard for a system."  # fmt: skip
    spread = np.where(known, spread, spread[known].mean())
    return np.column_stack([said, spread, spread**2]), ""


def _ratings(rows: pd.DataFrame, scheme: Scheme, dimension: str) -> Floats:
    scale = scheme.dimension(dimension)
    mean = (rows["mean"].to_numpy(dtype=float) - scale.low) / (scale.high - scale.low) - 0.5
    return np.column_stack([mean, mean**2])


def _labels(rows: pd.DataFrame) -> Floats:
    """A column for each label but the commonest, which is what the others differ from."""
    labels = rows["label"].astype(object).to_numpy()
    common = rows["label"].value_counts().index[:MOST_LABELS]
    columns = [labels == label for label in common[1:]]
    return np.column_stack(columns).astype(float) if columns else np.zeros((len(rows), 0))


def _spread(rows: pd.DataFrame, scheme: Scheme, dimension: str) -> Floats:
    """How undecided people are about each item; NaN where that is not known."""
    if dimension:
        scale = scheme.dimension(dimension)
        spread: Floats = rows["sd"].to_numpy(dtype=float, na_value=np.nan) / (
            scale.high - scale.low
        )
        return spread
    if len(scheme.labels) < 2 or "distribution" not in rows:
        return np.full(len(rows), np.nan)
    place = {name: number for number, name in enumerate(scheme.label_names)}
    shares = np.zeros((len(rows), len(place)))
    for row, votes in enumerate(rows["distribution"]):
        if isinstance(votes, dict | list):
            for label, share in dict(votes).items():
                if label in place and share is not None:
                    shares[row, place[label]] = max(0.0, share)
    return soft_label_entropy(shares)


def excess_losses(losses: Floats, difficulty: Floats, group: NDArray[np.intp]) -> Floats:
    """What each system loses on each item beyond what the item's difficulty makes it lose.

    Args:
        losses: (N, S), NaN where a system has none.
        difficulty: (N, F) numbers to predict them from.
        group: The group of each item.

    Returns:
        (N, S), NaN where there is no loss.
    """
    from sklearn.model_selection import GroupKFold  # noqa: PLC0415 - scikit-learn is slow to import

    excess = np.full(losses.shape, np.nan)
    known = ~np.isnan(losses)
    patterns, of_system = np.unique(known, axis=1, return_inverse=True)
    for pattern, rows in enumerate(patterns.T):
        systems = np.flatnonzero(of_system.ravel() == pattern)
        own = losses[np.ix_(rows, systems)]
        n_groups = len(np.unique(group[rows]))
        if n_groups < 2:
            continue
        folds = GroupKFold(min(FOLDS, n_groups)).split(own, groups=group[rows])
        expected = np.empty_like(own)
        for learned, asked in folds:
            expected[asked] = _predicted(
                difficulty[rows][learned], own[learned], difficulty[rows][asked]
            )
        excess[np.ix_(rows, systems)] = own - np.clip(expected, 0, 1)
    return excess


def _predicted(features: Floats, values: Floats, asked: Floats) -> Floats:
    """Least squares with an intercept; of solutions that fit alike, the one with least slopes."""
    center, mean = features.mean(axis=0), values.mean(axis=0)
    slopes = np.linalg.lstsq(features - center, values - mean, rcond=None)[0]
    predicted: Floats = (asked - center) @ slopes + mean
    return predicted
