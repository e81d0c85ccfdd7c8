"""A protocol: all that must be equal for two scores to stand side by side.

The same items with the same content, the same scheme, targets made in the same way, the same folds
and the same metric. What it is called has no part in its hash: two labs that call one thing by two
names may compare their numbers, and two things called by one name may not be compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.digest import json_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from mllmsent.data.dataset import Dataset
    from mllmsent.data.folds import FoldSpec
    from mllmsent.data.target_spec import TargetSpec

__all__ = ["Protocol", "make_protocol"]


@dataclass(frozen=True)
class Protocol:
    """A named set of everything that makes scores comparable.

    Attributes:
        name: What people call it: "published-descriptions P3 sigma 3".
        version: Of the name.
        dataset: Name and version of the dataset.
        dataset_digest: `Dataset.digest`.
        items: The items that are scored, in order.
        scheme_digest: `Scheme.digest` of the scheme asked for.
        targets: `TargetSpec.as_dict`.
        targets_digest: Digest of the targets themselves.
        min_agreement: How many annotators must agree; None where that was not asked.
        folds: `FoldSpec.as_dict`, or None where nothing is trained.
        folds_digest: Digest of item to fold; empty where there are no folds.
        metric: Name of the ranked metric.
    """

    name: str
    version: str
    dataset: str
    dataset_digest: str
    items: tuple[str, ...]
    scheme_digest: str
    targets: Mapping[str, Any]
    targets_digest: str
    min_agreement: int | None
    folds: Mapping[str, Any] | None
    folds_digest: str
    metric: str

    @cached_property
    def hash(self) -> str:
        """What two comparable scores have in common, as 16 hexadecimal digits."""
        return json_digest(
            {
                "items": list(self.items),
                "dataset": self.dataset_digest,
                "scheme": self.scheme_digest,
                "targets": self.targets_digest,
                "min_agreement": self.min_agreement,
                "folds": self.folds_digest,
                "metric": self.metric,
            },
            length=16,
        )

    def as_dict(self) -> dict[str, Any]:
        """The protocol for a run's manifest, as plain JSON; items by number and digest."""
        return {
            "hash": self.hash,
            "name": self.name,
            "version": self.version,
            "dataset": self.dataset,
            "dataset_digest": self.dataset_digest,
            "n_items": len(self.items),
            "items_digest": json_digest(list(self.items), length=16),
            "scheme_digest": self.scheme_digest,
            "targets": dict(self.targets),
            "targets_digest": self.targets_digest,
            "min_agreement": self.min_agreement,
            "folds": None if self.folds is None else dict(self.folds),
            "folds_digest": self.folds_digest,
            "metric": self.metric,
        }


def make_protocol(
    dataset: Dataset,
    spec: TargetSpec,
    targets: pd.DataFrame,
    *,
    metric: str,
    folds: pd.Series[Any] | None = None,
    fold_spec: FoldSpec | None = None,
    name: str = "",
    version: str = "1",
) -> Protocol:
    """The protocol of a dataset, its targets and its folds.

    Args:
        dataset: The items.
        spec: How the targets were made.
        targets: Table `targets` of that scheme.
        metric: Name of the ranked metric.
        folds: Fold by item_id, where something is trained.
        fold_spec: How the folds were made.
        name: What to call it; by default made of dataset, scheme and agreement.
        version: Of the name.
    """
    scheme = spec.target_scheme(dataset)
    scored = targets[targets["label"].notna() | targets["mean"].notna()]
    rows = scored[["item_id", "annotator_group", "dimension", "label", "mean"]].astype(object)
    rows = rows.where(rows.notna(), None)
    made = f"{dataset.name} {spec.problem or scheme.name}"
    if spec.min_agreement is not None:
        made += f" min_agreement {spec.min_agreement}"
    return Protocol(
        name=name or made,
        version=version,
        dataset=f"{dataset.name} {dataset.version}",
        dataset_digest=dataset.digest,
        items=tuple(dict.fromkeys(str(item) for item in scored["item_id"])),
        scheme_digest=scheme.digest(),
        targets=spec.as_dict(),
        targets_digest=json_digest(rows.to_numpy().tolist(), length=16),
        min_agreement=spec.min_agreement,
        folds=None if fold_spec is None else fold_spec.as_dict(),
        folds_digest=""
        if folds is None
        else json_digest([[str(item), int(fold)] for item, fold in folds.items()], length=16),
        metric=metric,
    )
