"""Folds: how items are divided for whatever is trained, chosen or exemplified.

Items of one group (near-duplicates, one theme) are never in two folds, except in the published
division, which knows no groups and is kept as it was published. Folds are numbered from 1.
"""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from mllmsent.foundation import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["FoldKind", "FoldSpec", "FoldWarning", "assign_folds", "check_folds"]

FoldKind = Literal["published", "stratified", "grouped", "by-column"]


class FoldWarning(UserWarning):
    """Something about folds that will probably mislead."""


@dataclass(frozen=True, kw_only=True)
class FoldSpec:
    """How items are divided.

    Attributes:
        kind: "published": `KFold(n, shuffle=True, random_state=seed)` over the rows in order.
            "stratified": folds with the same shares of labels (of low and high means, for
            dimensions), groups kept whole where items have any. "grouped": the same, and items must
            have groups. "by-column": a fold per value of a column, to leave one dataset, theme or
            the like out at a time.
        n: Number of folds; without meaning for "by-column".
        seed: Of the shuffle.
        column: The column of items for "by-column".
    """

    kind: FoldKind = "stratified"
    n: int = 5
    seed: int = 42
    column: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(FoldKind):
            raise InputError(
                f"{self.kind!r} is no way to divide items.",
                cure=nearest(self.kind, get_args(FoldKind)),
            )
        if self.n < 2:
            raise InputError(f"{self.n} folds leave nothing to train on.", cure="Take 2 or more.")
        if (self.kind == "by-column") != (self.column is not None):
            raise InputError("`column` belongs to folds of kind `by-column`, and only to those.")

    def as_dict(self) -> dict[str, Any]:
        """What is declared, as plain JSON: part of a protocol's hash."""
        return asdict(self)


def assign_folds(
    items: pd.DataFrame, targets: pd.DataFrame | None = None, spec: FoldSpec | None = None
) -> pd.Series[Any]:
    """Divide items into folds.

    Args:
        items: Table `items`.
        targets: Table `targets` of one scheme: only items with a target are divided. Without it all
            items are, and "stratified" has nothing to keep in balance.
        spec: How; by default stratified, five folds.

    Returns:
        Fold, counted from 1, by item_id, in the order of `items`.

    Raises:
        InputError: If there are fewer items or groups than folds, a column is absent, or an item
            has no value in it.

    Warns:
        FoldWarning: With each sentence of `check_folds`.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    spec = spec or FoldSpec()
    truth = _truth(targets)
    kept = items if truth is None else items[items["item_id"].isin(list(truth))]
    if not len(kept):
        raise InputError("There is no item with a target to divide into folds.")
    numbers = np.zeros(len(kept), dtype=np.int64)
    for fold, rows in enumerate(_parts(kept, truth, spec), start=1):
        numbers[rows] = fold
    folds = pd.Series(numbers, index=pd.Index(kept["item_id"], name="item_id"), name="fold")
    for sentence in check_folds(folds, items, targets):
        warnings.warn(sentence, FoldWarning, stacklevel=2)
    return folds


def check_folds(
    folds: pd.Series[Any], items: pd.DataFrame, targets: pd.DataFrame | None = None
) -> list[str]:
    """What is wrong with a division, in sentences: groups in two folds, labels absent from one.

    Args:
        folds: Fold by item_id.
        items: Table `items`.
        targets: Table `targets` of one scheme.
    """
    found = []
    table = items[items["item_id"].isin(list(folds.index))]
    fold = table["item_id"].map(folds)
    if "group" in table:
        spread = fold.groupby(table["group"]).nunique()
        torn = [str(group) for group in spread[spread > 1].index]
        if torn:
            found.append(
                f"{len(torn)} groups are in more than one fold ({_some(torn)}): what is trained on "
                "one of them has seen the others."
            )
    labels = {
        item: value for item, value in (_truth(targets) or {}).items() if isinstance(value, str)
    }
    everywhere = dict.fromkeys(labels.values())
    for number in sorted(set(folds)):
        here = {labels.get(item) for item in folds.index[folds == number]}
        absent = sorted(label for label in everywhere if label not in here)
        if absent:
            found.append(
                f"Fold {number} has no item with {_some(absent)}: its scores leave that out."
            )
    return found


def _truth(targets: pd.DataFrame | None) -> dict[str, str | float] | None:
    """Each item's label, or mean on the first dimension: everybody's where that is given."""
    if targets is None:
        return None
    rows = targets[targets["annotator_group"] == "all"]
    if not len(rows):
        rows = targets
    truth: dict[str, str | float] = {}
    for item, label, mean in zip(rows["item_id"], rows["label"], rows["mean"], strict=True):
        if isinstance(label, str):
            truth.setdefault(str(item), label)
        elif isinstance(mean, float):
            truth.setdefault(str(item), mean)
    return truth


def _parts(
    items: pd.DataFrame, truth: dict[str, str | float] | None, spec: FoldSpec
) -> Iterator[NDArray[np.intp]]:
    from sklearn import model_selection  # noqa: PLC0415 - a second that `--help` does without

    if spec.kind == "by-column":
        yield from _by_column(items, str(spec.column))
        return
    rows = np.arange(len(items))
    groups = _groups(items)
    if spec.kind == "grouped" and groups is None:
        raise InputError(
            "Folds of kind `grouped` need groups, and these items have none.",
            cure="Say `group` in the dataset's card, or take `stratified`.",
        )
    units = len(items) if groups is None or spec.kind == "published" else len(set(groups))
    if units < spec.n:
        what = "items" if units == len(items) else "groups"
        raise InputError(f"{units} {what} cannot be divided into {spec.n} folds.")
    strata = _strata(items, truth, spec.n)
    shuffled: dict[str, Any] = {"shuffle": True, "random_state": spec.seed}
    if spec.kind == "published" or (strata is None and groups is None):
        split = model_selection.KFold(spec.n, **shuffled).split(rows)
    elif groups is None:
        split = model_selection.StratifiedKFold(spec.n, **shuffled).split(rows, strata)
    else:
        even = np.zeros(len(items)) if strata is None else strata
        split = model_selection.StratifiedGroupKFold(spec.n, **shuffled).split(rows, even, groups)
    with warnings.catch_warnings():
        # A label with fewer items than folds: `check_folds` says in which fold it is absent.
        warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
        yield from (part for _, part in split)


def _by_column(items: pd.DataFrame, column: str) -> Iterator[NDArray[np.intp]]:
    if column not in items:
        raise InputError(
            f"The items have no column {column!r} to divide by.",
            cure=nearest(column, [str(name) for name in items.columns]),
        )
    values = items[column]
    if values.isna().any():
        item = items["item_id"][values.isna()].iloc[0]
        raise InputError(
            f"Item {item!r} has no {column}, and so no fold.",
            cure=f"Fill the column, or leave such items out: `items: {{where: {{{column}: ...}}}}`.",
        )
    codes = values.astype("category").cat.codes.to_numpy()
    if codes.max() == 0:
        raise InputError(f"All items have the same {column}: there is nothing to leave out.")
    for code in range(codes.max() + 1):
        yield np.flatnonzero(codes == code)


def _groups(items: pd.DataFrame) -> NDArray[Any] | None:
    """A group for every item, an item's own where it is in none; None where all are alone."""
    if "group" not in items or not items["group"].notna().any():
        return None
    named = items["group"].notna()
    names = [
        (True, group) if has else (False, item)
        for group, item, has in zip(items["group"], items["item_id"], named, strict=True)
    ]
    codes = {name: code for code, name in enumerate(dict.fromkeys(names))}
    return np.array([codes[name] for name in names])


def _strata(
    items: pd.DataFrame, truth: dict[str, str | float] | None, n: int
) -> NDArray[Any] | None:
    """What is kept in balance: labels, or as many ranges of means as there are folds."""
    if truth is None:
        return None
    values: Sequence[str | float] = [truth[item] for item in items["item_id"]]
    numbers = [value for value in values if not isinstance(value, str)]
    if len(numbers) == len(values):
        # Each range needs an item for every fold, or nothing can be even.
        ranges = min(n, len(numbers) // n)
        edges = np.quantile(numbers, np.linspace(0, 1, ranges + 1)[1:-1])
        return np.digitize(numbers, edges) if ranges > 1 else None
    strata = np.array([str(value) for value in values])
    names, counts = np.unique(strata, return_counts=True)
    # scikit-learn refuses when every label is rarer than there are folds: then nothing can be even.
    return None if counts.max() < n else strata if len(names) > 1 else None


def _some(words: Sequence[str]) -> str:
    shown = ", ".join(repr(word) for word in words[:3])
    return shown + (", ..." if len(words) > 3 else "")
