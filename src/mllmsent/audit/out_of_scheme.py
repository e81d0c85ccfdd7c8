"""Labels that the scheme does not have, and values outside the scale's ends."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mllmsent.audit.finding import AffectedRow, Finding, counted
from mllmsent.audit.registry import Audit
from mllmsent.foundation import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from mllmsent.affect.scheme import Scheme
    from mllmsent.data.dataset import Dataset

__all__ = ["OUT_OF_SCHEME"]

_ENOUGH_VALUES = 30
_NARROW = 0.25  # of the scale's length


def check(dataset: Dataset) -> Iterator[Finding]:
    """Labels and values that their scheme does not allow, and scales that are declared too wide."""
    yield from _labels(dataset)
    yield from _values(dataset)


def _labels(dataset: Dataset) -> Iterator[Finding]:
    rows, words, known = [], Counter[str](), set[str]()
    for scheme in dataset.schemes:
        if scheme.kind == "dimensional" or scheme.open_vocabulary:
            continue
        allowed = set(scheme.label_names)
        for item, annotator, label in _labels_in(dataset, scheme):
            if label not in allowed:
                known |= allowed
                words[label] += 1
                rows.append(
                    AffectedRow(item, annotator_id=annotator, note=f"{label!r} in {scheme.name}")
                )
    if rows:
        shown = ", ".join(repr(word) for word, _ in words.most_common(5))
        likely = nearest(words.most_common(1)[0][0], known)
        yield Finding(
            code="label-outside-scheme",
            severity="error",
            message=f"{counted(len(rows), 'label')} not in the scheme: {shown}.",
            cure=f"Map them to labels of the scheme, or declare a scheme that has them. {likely}",
            effect="They can be neither predicted nor scored: every model is wrong on these items.",
            rows=tuple(rows),
        )


def _labels_in(dataset: Dataset, scheme: Scheme) -> Iterator[tuple[str, str | None, str]]:
    votes = dataset.annotations[dataset.annotations["scheme"] == scheme.name]
    for item, annotator, label in zip(
        votes["item_id"], votes["annotator_id"], votes["label"], strict=True
    ):
        if isinstance(label, str):
            yield str(item), str(annotator), label
    norms = dataset.norms[dataset.norms["scheme"] == scheme.name]
    for item, label, distribution in zip(
        norms["item_id"], norms["label"], norms["distribution"], strict=True
    ):
        labels = set(distribution) if isinstance(distribution, dict) else set()
        for one in labels | ({label} if isinstance(label, str) else set()):
            yield str(item), None, one


def _values(dataset: Dataset) -> Iterator[Finding]:
    outside, narrow = [], []
    for scheme in dataset.schemes:
        for scale in scheme.dimensions:
            ratings = _of(dataset.annotations, scheme.name, scale.name, "value")
            means = _of(dataset.norms, scheme.name, scale.name, "mean")
            where = f"{scheme.name} {scale.name} runs from {scale.low:g} to {scale.high:g}"
            for table, column in ((ratings, "value"), (means, "mean")):
                wrong = table[(table[column] < scale.low) | (table[column] > scale.high)]
                people = wrong.get("annotator_id", wrong["item_id"].map(lambda _: None))
                outside += [
                    AffectedRow(str(item), annotator_id=person, note=f"{column} {value:g}; {where}")
                    for item, person, value in zip(
                        wrong["item_id"], people, wrong[column], strict=True
                    )
                ]
            values = [*ratings["value"], *means["mean"]]
            if len(values) >= _ENOUGH_VALUES:
                low, high = min(values), max(values)
                if high - low < _NARROW * scale.span:
                    narrow.append(f"{where}, and all {len(values)} values lie in {low:g}..{high:g}")
    if outside:
        yield Finding(
            code="value-outside-scale",
            severity="error",
            message=f"{counted(len(outside), 'value')} outside the scale.",
            cure="Correct them, or declare the scale's true ends.",
            effect="Rescaled values leave their range, and errors are measured against the wrong span.",
            rows=tuple(outside),
        )
    if narrow:
        yield Finding(
            code="scale-mismatch",
            severity="warning",
            message=f"A scale is hardly used: {'; '.join(narrow)}.",
            cure="Declare the ends that annotators saw.",
            effect="Rescaled values crowd together, and every model looks right.",
        )


def _of(table: pd.DataFrame, scheme: str, dimension: str, column: str) -> pd.DataFrame:
    chosen = (table["scheme"] == scheme) & (table["dimension"] == dimension)
    return table[chosen.fillna(value=False) & table[column].notna()]


OUT_OF_SCHEME = Audit("out-of-scheme", "Labels and values that their scheme does not allow.", check)
