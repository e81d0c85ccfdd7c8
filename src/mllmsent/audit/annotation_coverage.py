"""Items that nobody judged, or hardly anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.audit.finding import AffectedRow, Finding, counted
from mllmsent.audit.known_tables import by_card, tables_in
from mllmsent.audit.registry import Audit
from mllmsent.audit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mllmsent.data.dataset import Dataset

__all__ = ["ANNOTATION_COVERAGE"]

_FEW = 0.5  # of the dataset's own median


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
    tables = tables_in(dataset.root) if dataset.root.is_dir() else []
    unread = f", though there is {listed(tables)}" if tables else ""
    card = by_card(dataset.root) if tables else ""
    return Finding(
        code="no-annotations",
        severity="info",
        message=f"Nobody's judgment was read with this dataset{unread}.",
        cure=card or "Name the columns of labels, votes or ratings in its card, if there are any.",
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
