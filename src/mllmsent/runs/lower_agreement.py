"""Items on which fewer annotators agree than a study asks for: learned from, and never scored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.data import compute_targets
from mllmsent.pathways.interface import TrainingItems
from mllmsent.runs.selection import limited_items

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import pandas as pd

    from mllmsent.data import Dataset, TargetSpec
    from mllmsent.pathways.interface import Task

__all__ = ["items_of_targets", "training_items", "training_target_rows"]


def training_items(
    min_agreement: int,
    spec: TargetSpec,
    dataset: Dataset,
    allowed: Sequence[str],
    *,
    scored: Collection[str],
    share: float,
    seed: int,
    folds: pd.Series[Any] | None,
    column: str | None,
) -> TrainingItems:
    """What classifiers of a task learn from besides the items that are scored in it.

    Args:
        min_agreement: How many annotators agree on them at least.
        spec: How the targets of the items that are scored are made.
        dataset: The items.
        allowed: The items that the study's filters leave, in the dataset's order.
        scored: Items that have a target as the study asks for it.
        share: How many of them to take: as many as of the items that are asked about.
        seed: Seed of that choice.
        folds: Fold by item, of items that are scored.
        column: The column by which items are divided, if any. Of items without a value in it nobody
            knows who must not learn from them, so nobody does.

    Raises:
        InputError: If the dataset has no targets for so few annotators.
    """
    table = compute_targets(dataset, spec.of_fewer(min_agreement))
    rows = table[table["label"].notna()]
    labels = dict(zip(rows["item_id"], rows["label"], strict=True))
    more = [item for item in allowed if item in labels and item not in scored]
    fold_of: dict[str, int] = {}
    if column is not None and folds is not None:
        values = _column(dataset, column)
        fold_by_value = {values[str(item)]: int(fold) for item, fold in folds.items()}
        more = [item for item in more if item in values]
        fold_of = {
            item: fold_by_value[values[item]] for item in more if values[item] in fold_by_value
        }
    taken = limited_items(more, round(share * len(more)), seed)
    return TrainingItems(
        min_agreement=min_agreement,
        labels={item: labels[item] for item in taken},
        folds={item: fold_of[item] for item in taken if item in fold_of},
    )


def training_target_rows(tasks: Sequence[Task]) -> list[dict[str, Any]]:
    """Rows of table `training_targets`; see `items_of_targets`."""
    return [
        {
            "item_id": item,
            "scheme": task.scheme.name,
            "min_agreement": task.training.min_agreement,
            "label": label,
            "fold": task.training.folds.get(item),
        }
        for task in tasks
        if task.training is not None
        for item, label in task.training.labels.items()
    ]


def items_of_targets(table: pd.DataFrame) -> TrainingItems | None:
    """What the rows of one scheme in table `training_targets` were made from; None without rows."""
    if table.empty:
        return None
    left_out = table[table["fold"].notna()]
    return TrainingItems(
        min_agreement=int(table["min_agreement"].min()),
        labels=dict(zip(table["item_id"], table["label"], strict=True)),
        folds=dict(zip(left_out["item_id"], left_out["fold"].astype(int), strict=True)),
    )


def _column(dataset: Dataset, column: str) -> Mapping[str, Any]:
    """Item to its value in a column; items without one are not in it."""
    known = dataset.items[dataset.items[column].notna()]
    return dict(zip(known["item_id"], known[column], strict=True))
