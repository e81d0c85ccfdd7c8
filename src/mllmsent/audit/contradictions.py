"""Labels and means that contradict one another where they cannot both be right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.audit.finding import AffectedRow, Finding, counted
from mllmsent.audit.item_labels import item_labels
from mllmsent.audit.registry import Audit

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from mllmsent.data.dataset import Dataset

__all__ = ["CONTRADICTIONS"]

_KEY = ["item_id", "scheme", "annotator_group"]
_SIGNS = {"negative": -1, "slightly negative": -1, "positive": 1, "slightly positive": 1}
_FAR = 0.25  # of the scale's length between the means of one picture


def check(dataset: Dataset) -> Iterator[Finding]:
    """One item, or one picture under two items, that is said to be two things."""
    several = {scheme.name for scheme in dataset.schemes if scheme.multi_label}
    labels = item_labels(dataset)
    labels = labels[~labels["scheme"].isin(several)]
    yield from _one_item(labels)
    yield from _across_schemes(labels)
    yield from _one_picture(dataset, labels)


def _one_item(labels: pd.DataFrame) -> Iterator[Finding]:
    several = labels[labels.duplicated(_KEY, keep=False)]
    rows = [
        AffectedRow(str(item), note=f"{scheme}: {_shown(found['label'])}")
        for (item, scheme, _), found in several.groupby(_KEY, sort=False)
        if len(set(found["label"])) > 1
    ]
    if rows:
        yield Finding(
            code="contradictory-labels",
            severity="error",
            message=f"{counted(len(rows), 'item')} with more than one label in one scheme.",
            cure="Find out which is right; at different `min_agreement` a label must be the same.",
            effect="Which label counts depends on which row is read last.",
            rows=tuple(rows),
        )


def _across_schemes(labels: pd.DataFrame) -> Iterator[Finding]:
    signed = labels.assign(sign=labels["label"].map(_SIGNS))
    signed = signed[signed["sign"].notna() & signed["scheme"].str.startswith("polarity")]
    rows = [
        AffectedRow(
            str(item),
            note=", ".join(
                f"{label!r} in {scheme}"
                for scheme, label in zip(found["scheme"], found["label"], strict=True)
            ),
        )
        for (item, _), found in signed.groupby(["item_id", "annotator_group"], sort=False)
        if len(set(found["sign"])) > 1 and len(set(found["scheme"])) > 1
    ]
    if rows:
        yield Finding(
            code="contradictory-polarity",
            severity="error",
            message=f"{counted(len(rows), 'item')} positive in one scheme and negative in another.",
            cure="Check the order of the classes' codes in each table.",
            effect="At least one of the schemes is scored against wrong labels.",
            rows=tuple(rows),
        )


def _one_picture(dataset: Dataset, labels: pd.DataFrame) -> Iterator[Finding]:
    items = dataset.items[dataset.items["sha256"].notna()]
    copies = items[items.duplicated("sha256", keep=False)][["item_id", "sha256"]]
    if not len(copies):
        return
    rows: list[AffectedRow] = []
    for _, found in labels.merge(copies, on="item_id").groupby(
        ["sha256", "scheme", "annotator_group"], sort=False
    ):
        if len(set(found["label"])) > 1:
            rows += _told(found, [repr(label) for label in found["label"]])
    spans = {
        (scheme.name, scale.name): scale.span
        for scheme in dataset.schemes
        for scale in scheme.dimensions
    }
    for key, found in (
        _means(dataset)
        .merge(copies, on="item_id")
        .groupby(["sha256", "scheme", "dimension", "annotator_group"], sort=False)
    ):
        span = spans.get((str(key[1]), str(key[2])))
        means = found["mean"].astype(float)
        if span is not None and means.max() - means.min() > _FAR * span:
            rows += _told(found, [f"{key[2]} {mean:.3g}" for mean in means])
    if rows:
        yield Finding(
            code="contradictory-copies",
            severity="warning",
            message=f"{counted(len(rows), 'item')} with the picture of another and another judgment.",
            cure="Keep one item per picture, with all of its annotations.",
            effect="No answer can be right for both: the best possible score is below perfect.",
            rows=tuple(dict.fromkeys(rows)),
        )


def _means(dataset: Dataset) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    columns = ["item_id", "scheme", "dimension", "annotator_group"]
    norms = dataset.norms[dataset.norms["mean"].notna()][[*columns, "mean"]]
    ratings = dataset.annotations[dataset.annotations["value"].notna()]
    means = ratings.groupby(["item_id", "scheme", "dimension"], sort=False)["value"].mean()
    own = means.rename("mean").reset_index().assign(annotator_group="all")
    return pd.concat([part for part in (norms, own) if len(part)] or [norms], ignore_index=True)


def _told(found: pd.DataFrame, judged: list[str]) -> list[AffectedRow]:
    items = [str(item) for item in found["item_id"]]
    pairs = list(zip(items, judged, strict=True))
    return [
        AffectedRow(item, note=f"{word}; the same picture is {_other(pairs, item, word)}")
        for item, word in pairs
    ]


def _other(pairs: list[tuple[str, str]], item: str, word: str) -> str:
    for other, judged in pairs:
        if other != item and judged != word:
            return f"{judged} as {other!r}"
    return "judged differently under another id"


def _shown(labels: Any) -> str:
    return " and ".join(repr(label) for label in dict.fromkeys(labels))


CONTRADICTIONS = Audit("contradictions", "Labels and means that cannot both be right.", check)
