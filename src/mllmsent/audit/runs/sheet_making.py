"""The sheets of a run: from the rows of files, or from predictions beside targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.audit.runs.sheets import SEPARATOR, UNREAD, Sheet
from mllmsent.data.conditions import plain_condition

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme

__all__ = ["sheets_of_files", "sheets_of_predictions"]

_COLUMNS = (
    "item_id",
    "fold",
    "file",
    "row",
    "text",
    "raw_target",
    "raw_label",
    "status",
    "id_from",
)
_TYPES = dict.fromkeys(("file", "text", "raw_target", "raw_label", "id_from"), "string") | {
    "fold": "Int64",
    "row": "Int64",
}


def sheets_of_files(
    imported: pd.DataFrame, systems: pd.DataFrame, schemes: Mapping[str, Scheme]
) -> Iterator[Sheet]:
    """A sheet for each system and scheme of table `imported_rows`, which holds labels only.

    Args:
        imported: The rows as they were read.
        systems: Table `systems`.
        schemes: Name to scheme.

    Yields:
        Sheets in the order of `systems`, their rows in the order of the files.
    """
    for name, scheme in schemes.items():
        if _is_closed(scheme):
            rows = imported[imported["scheme"] == name]
            status = rows["label"].notna().map({True: "ok", False: "unparsed"})
            yield from _of_labels(
                systems, scheme, rows.assign(status=status), rows["label"], rows["target"]
            )


def sheets_of_predictions(
    predictions: pd.DataFrame,
    targets: pd.DataFrame,
    systems: pd.DataFrame,
    schemes: Mapping[str, Scheme],
) -> Iterator[Sheet]:
    """A sheet for each system and scheme of table `predictions`, or each dimension of the scheme.

    They are of the first repeat and the plain condition. Rows without any answer (status "failed")
    are left out, as they are from scores.

    Args:
        predictions: Table `predictions`.
        targets: Table `targets`; all annotators together.
        systems: Table `systems`.
        schemes: Name to scheme.

    Yields:
        Sheets in the order of `schemes` and `systems`.
    """
    condition = plain_condition(list(dict.fromkeys(predictions["condition"])))
    asked = predictions[
        (predictions["condition"] == condition) & (predictions["status"] != "failed")
    ]
    asked = asked.sort_values("repeat", kind="stable")
    asked = asked.drop_duplicates(["system_id", "scheme", "item_id"]).sort_index()
    people = targets[targets["annotator_group"] == "all"]
    for name, scheme in schemes.items():
        rows, said = asked[asked["scheme"] == name], people[people["scheme"] == name]
        if _is_closed(scheme):
            known = said[said["label"].notna()]
            truth = rows["item_id"].map(dict(zip(known["item_id"], known["label"], strict=True)))
            yield from _of_labels(
                systems, scheme, rows, rows["label"].mask(rows["status"] != "ok"), truth
            )
        for dimension in scheme.dimension_names:
            known = said[(said["dimension"] == dimension) & said["mean"].notna()]
            truth = rows["item_id"].map(dict(zip(known["item_id"], known["mean"], strict=True)))
            yield from _of_numbers(systems, scheme, dimension, rows, truth)


def _of_labels(
    systems: pd.DataFrame,
    scheme: Scheme,
    rows: pd.DataFrame,
    labels: pd.Series[Any],
    targets: pd.Series[Any],
) -> Iterator[Sheet]:
    said = [[_in_order(one, scheme) for one in column] for column in (targets, labels)]
    classes = scheme.label_names
    if scheme.multi_label:
        classes = tuple(sorted({one for column in said for one in column if one is not None}))
    codes = {name: code for code, name in enumerate(classes)}
    coded = [
        np.array([UNREAD if one is None else codes[one] for one in column], dtype=np.intp)
        for column in said
    ]
    yield from _by_system(systems, scheme, rows, *coded, classes=classes)


def _in_order(label: Any, scheme: Scheme) -> str | None:
    """A label of the scheme, or a set in the scheme's order; None where it is neither."""
    if not isinstance(label, str):
        return None
    held = label.split(SEPARATOR) if scheme.multi_label else [label]
    if not set(held) <= set(scheme.label_names):
        return None
    return SEPARATOR.join(name for name in scheme.label_names if name in held)


def _of_numbers(
    systems: pd.DataFrame,
    scheme: Scheme,
    dimension: str,
    rows: pd.DataFrame,
    truth: pd.Series[Any],
) -> Iterator[Sheet]:
    answers = [
        values.get(dimension) if status == "ok" and isinstance(values, dict) else None
        for values, status in zip(rows["values"], rows["status"], strict=True)
    ]
    yield from _by_system(
        systems, scheme, rows, _numbers(truth), _numbers(answers), classes=(), dimension=dimension
    )


def _numbers(values: Iterable[Any]) -> NDArray[np.float64]:
    return np.array([np.nan if one is None else float(one) for one in values], dtype=np.float64)


def _by_system(
    systems: pd.DataFrame,
    scheme: Scheme,
    rows: pd.DataFrame,
    truth: NDArray[Any],
    answer: NDArray[Any],
    *,
    classes: tuple[str, ...],
    dimension: str = "",
) -> Iterator[Sheet]:
    places = rows.groupby("system_id", sort=False).indices
    rows = rows.reindex(columns=list(_COLUMNS)).astype(_TYPES)
    for system in systems.to_dict("records"):
        at = places.get(system["system_id"])
        if at is None:
            continue
        own = rows.iloc[at].reset_index(drop=True)
        # What answers, and never in this dimension, was not asked in it.
        if dimension and np.isnan(answer[at]).all() and (own["status"] == "ok").any():
            continue
        training = system.get("training")
        learned = isinstance(training, str) and training not in {"", "none", "zero-shot"}
        yield Sheet(
            system_id=str(system["system_id"]),
            name=str(system["name"]),
            model=str(system["model"]) if isinstance(system["model"], str) else "",
            trained=learned and bool(own["fold"].notna().any()),
            scheme=scheme,
            rows=own,
            truth=truth[at],
            answer=answer[at],
            classes=classes,
            dimension=dimension,
        )


def _is_closed(scheme: Scheme) -> bool:
    return bool(scheme.labels) and not scheme.open_vocabulary
