"""Items that nobody judged, or hardly anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.audit.finding import AffectedRow, Finding, counted
from mllmsent.audit.registry import Audit
from mllmsent.audit.wording import listed
from mllmsent.data import card_text, dataset_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mllmsent.data.dataset import Dataset

__all__ = ["ANNOTATION_COVERAGE"]

_FEW = 0.5  # of the dataset's own median
_TABLES = frozenset({".csv", ".jsonl", ".parquet", ".tsv", ".xlsx"})


def check(dataset: Dataset) -> Iterator[Finding]:
    """Items without annotations and norms, and items with far fewer annotators than the others."""
    judged = {*dataset.annotations["item_id"], *dataset.norms["item_id"]}
    if not judged:
        yield _none(dataset)
        return
    missing = [str(item) for item in dataset.items["item_id"] if item not in judged]
    if missing:
        yield Finding(
            code="unannotated-items",
            severity="warning",
            message=f"{len(missing)} of {counted(len(dataset.items), 'item')} without annotations or norms.",
            cure="Add their annotations, or leave the items out.",
            effect="They are asked and paid for, and count in no score.",
            rows=tuple(AffectedRow(item) for item in missing),
        )
    yield from _annotators(dataset)


def _none(dataset: Dataset) -> Finding:
    """Nobody's judgment was read; there may be some in tables that no card speaks of."""
    tables = sorted(
        path.name
        for path in (dataset.root.iterdir() if dataset.root.is_dir() else ())
        if path.suffix.lower() in _TABLES
    )
    cards = [name for name in dataset_names() if any(one in card_text(name) for one in tables)]
    unread = f", though there is {listed(tables)}" if tables else ""
    cure = "Name the columns of labels, votes or ratings in its card, if there are any."
    if cards:
        cure = (
            f"Read it by the built-in card {listed(cards)}, with `--root`, if that is what it is."
        )
    return Finding(
        code="no-annotations",
        severity="info",
        message=f"Nobody's judgment was read with this dataset{unread}.",
        cure=cure,
        effect="Models can be asked and compared with each other, but not scored.",
    )


def _annotators(dataset: Dataset) -> Iterator[Finding]:
    if not len(dataset.annotations):
        return
    people = dataset.annotations.groupby(["scheme", "item_id"], sort=False)[
        "annotator_id"
    ].nunique()
    rows, single = [], []
    for scheme, counts in people.groupby("scheme", sort=False):
        usual = float(counts.median())
        if usual < 2:
            single.append(str(scheme))
            continue
        few = counts[counts < max(2.0, _FEW * usual)]
        rows += [
            AffectedRow(str(item), note=f"{scheme}: {count} annotators, usually {usual:g}")
            for item, count in few.droplevel("scheme").items()
        ]
    if rows:
        yield Finding(
            code="few-annotators",
            severity="warning",
            message=f"{counted(len(rows), 'item')} with far fewer annotators than the others.",
            cure="Set `min_agreement`, which leaves them out, or annotate them again.",
            effect="Their labels are noisier, and models are marked wrong for it.",
            rows=tuple(rows),
        )
    if single:
        yield Finding(
            code="single-annotator",
            severity="info",
            message=f"In {', '.join(single)} one annotator stands for each item.",
            cure="Have a part of the items annotated by others too.",
            effect="How far people agree is unknown, and so is the best score a model can reach.",
        )


ANNOTATION_COVERAGE = Audit("coverage", "Items that nobody, or hardly anybody, judged.", check)
