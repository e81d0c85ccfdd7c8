"""Targets that a dataset gives itself: agreed labels, shares of votes, means for groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.data.agreement import pooled_moments
from mllmsent.data.vote_targets import cut_labels, label_rows, rescaled
from mllmsent.foundation import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme
    from mllmsent.data.target_spec import Resolved

__all__ = ["given_labels", "given_moments"]


def given_moments(norms: pd.DataFrame, resolved: Resolved) -> pd.DataFrame:
    """Rows of `targets` from means, SDs and numbers of ratings, rescaled; "all" pooled if absent.

    Args:
        norms: Rows of `targets` in the source scheme.
        resolved: What is asked for.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    parts = []
    for name in resolved.target.dimension_names:
        rows = norms[(norms["dimension"] == name) & norms["mean"].notna()]
        if not len(rows):
            continue
        own, asked = resolved.source.dimension(name), resolved.target.dimension(name)
        part = rows[["item_id", "annotator_group", "dimension", "n"]].assign(
            mean=rescaled(_floats(rows["mean"]), own, asked),
            sd=_floats(rows["sd"]) * (asked.span / own.span),
        )
        parts += [part, _pooled(part)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def given_labels(norms: pd.DataFrame, resolved: Resolved) -> pd.DataFrame:
    """Rows of `targets` from labels, shares of votes, or means that are cut into labels.

    Args:
        norms: Rows of `targets` in the source scheme.
        resolved: What is asked for.

    Raises:
        InputError: If the labels were not agreed on as asked for, or are asked to become what only
            votes can become.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    if resolved.cuts_dimension:
        return _cut_means(norms, resolved)
    counted = norms[norms["distribution"].notna()]
    if len(counted):
        parts = [
            _counted_rows(rows, resolved).assign(annotator_group=group)
            for group, rows in counted.groupby("annotator_group", sort=False)
        ]
        return pd.concat(parts, ignore_index=True)
    labeled = norms[norms["label"].notna()]
    if not len(labeled):
        return pd.DataFrame()
    labeled = _with_agreement(labeled, resolved)
    if resolved.min_agreement is not None and resolved.merges:
        raise InputError(
            f"The dataset gives agreed labels in {resolved.source.name}, not votes: "
            f"`min_agreement` in {resolved.target.name} needs the votes, folded before they are "
            "counted.",
            cure="Leave `min_agreement` out to fold the labels as they are, or find the votes.",
        )
    table = labeled[["item_id", "annotator_group", "min_agreement", "label", "n"]]
    mapping = resolved.mapping()
    if mapping is not None:
        labels: list[Any] = [_fold(label, mapping, resolved.target) for label in table["label"]]
        table = table.assign(label=labels)
    return table


def _with_agreement(labeled: pd.DataFrame, resolved: Resolved) -> pd.DataFrame:
    levels = sorted(labeled["min_agreement"].dropna().unique())
    known = ", ".join(str(level) for level in levels)
    if resolved.min_agreement is not None:
        found = labeled[labeled["min_agreement"] == resolved.min_agreement]
        if not len(found):
            raise InputError(
                f"The dataset gives no labels in {resolved.source.name} with min_agreement "
                f"{resolved.min_agreement}.",
                cure=f"It gives them for {known}." if known else "It does not say who agreed.",
            )
        return found
    if len(levels) > 1:
        raise InputError(
            f"The dataset gives labels in {resolved.source.name} for several agreements.",
            cure=f"Write `min_agreement`: one of {known}.",
        )
    return labeled


def _fold(label: str, mapping: Mapping[str, str | None], target: Scheme) -> str | None:
    """A label, or several as `awe|fear`, in the target's labels; None where none is left.

    Several that become different ones of a scheme that takes one label are none of it.
    """
    found = {mapping[part] for part in label.split("|")} - {None}
    if len(found) > 1 and not target.multi_label:
        return None
    return "|".join(name for name in target.label_names if name in found) or None


def _counted_rows(rows: pd.DataFrame, resolved: Resolved) -> pd.DataFrame:
    if resolved.min_agreement is not None and rows["n"].isna().any():
        raise InputError(
            "`min_agreement` needs numbers of votes; the dataset gives only their shares.",
            cure="Say under `n` which column of its card has the number of annotators.",
        )
    if resolved.source.multi_label and (resolved.merges or not resolved.target.multi_label):
        raise InputError(
            f"Who gave which labels together is not known: shares in {resolved.source.name} cannot "
            f"be folded into {resolved.target.name}.",
            cure="Use single votes, or a scheme of several labels with as many of them.",
        )
    mapping = resolved.mapping()
    labels = list(resolved.target.label_names)
    if resolved.target.open_vocabulary:
        labels = list(dict.fromkeys(label for shares in rows["distribution"] for label in shares))
    index = {label: position for position, label in enumerate(labels)}
    counts = np.zeros((len(rows), len(labels)))
    # Without a number of votes, shares are counted as if there were one vote.
    weights = _floats(rows["n"].fillna(1))
    for row, (shares, weight) in enumerate(zip(rows["distribution"], weights, strict=True)):
        for label, share in shares.items():
            becomes = label if mapping is None else mapping[label]
            if becomes is not None:
                counts[row, index[becomes]] += share * weight
    n = weights if resolved.target.multi_label else counts.sum(axis=1)
    voted = n > 0
    items = rows["item_id"].to_numpy()[voted].tolist()
    table = label_rows(items, labels, counts[voted], n[voted], resolved)
    known = rows["n"].notna().to_numpy()[voted]
    # Rounded, because counts that came from shares are whole numbers but for rounding.
    whole = np.rint(n[voted])
    table["n"] = [int(number) if ok else None for number, ok in zip(whole, known, strict=True)]
    return table


def _cut_means(norms: pd.DataFrame, resolved: Resolved) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    assert resolved.conversion is not None, "means are cut by a conversion"
    if resolved.min_agreement is not None:
        raise InputError(
            "A mean that is cut has no votes: `min_agreement` cannot be asked for.",
            cure="Leave it out.",
        )
    rows = norms[(norms["dimension"] == resolved.cuts_dimension) & norms["mean"].notna()]
    columns = ["item_id", "annotator_group", "dimension", "n"]
    table = rows[columns].assign(mean=_floats(rows["mean"]), sd=_floats(rows["sd"]))
    table = pd.concat([table, _pooled(table)], ignore_index=True)
    means = table["mean"].to_numpy(dtype=np.float64)
    table["label"] = cut_labels(means, resolved.conversion.cuts, resolved.target)
    return table.drop(columns=["dimension", "mean", "sd"])


def _pooled(part: pd.DataFrame) -> pd.DataFrame:
    """Everybody, where a dataset gives one dimension for the groups of one annotator column only."""
    groups = part["annotator_group"].unique()
    columns = {str(group).partition("=")[0] for group in groups}
    if "all" in columns or len(columns) != 1 or part["n"].isna().any() or (part["n"] < 1).any():
        return part.iloc[:0]
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    rows: list[dict[str, Any]] = []
    for item, found in part.groupby("item_id", sort=False):
        mean, sd, n = pooled_moments(
            _floats(found["mean"]), _floats(found["sd"]), _floats(found["n"])
        )
        rows.append({"item_id": item, "annotator_group": "all", "mean": mean, "sd": sd, "n": n})
    return pd.DataFrame(rows).assign(dimension=part["dimension"].iloc[0])


def _floats(column: pd.Series[Any]) -> NDArray[np.float64]:
    return column.to_numpy(dtype=np.float64, na_value=np.nan)
