"""Targets from single answers: votes are folded and counted, ratings averaged or cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.data.agreement import agreed_label, agreed_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Dimension, Scheme
    from mllmsent.data.target_spec import Resolved

__all__ = ["cut_labels", "label_rows", "rated_rows", "rescaled", "voted_rows"]


def voted_rows(
    answers: pd.DataFrame, resolved: Resolved
) -> tuple[list[str], list[str], NDArray[np.float64], NDArray[np.float64]]:
    """Votes folded into the target's labels and counted.

    An annotator counts once per item and label. Where the target takes one label and an annotator's
    answer folds into several, that answer is no vote.

    Args:
        answers: Rows of `annotations` in the source scheme.
        resolved: What is asked for.

    Returns:
        The items with a vote; the labels; votes per item and label, (N, L); annotators per item
        with a vote, (N,).
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    votes = _cut_votes(answers, resolved) if resolved.cuts_dimension else _folded(answers, resolved)
    voter = ["item_id", "annotator_id"]
    votes = votes.drop_duplicates([*voter, "label"])
    if not resolved.target.multi_label:
        votes = votes[~votes.duplicated(voter, keep=False)]
    labels = list(resolved.target.label_names)
    if resolved.target.open_vocabulary:
        labels = list(dict.fromkeys([*labels, *sorted(votes["label"].unique())]))
    codes, items = pd.factorize(votes["item_id"])
    counts = np.zeros((len(items), len(labels)))
    columns = votes["label"].map({label: index for index, label in enumerate(labels)})
    np.add.at(counts, (codes, columns.to_numpy(dtype=np.intp)), 1.0)
    voters = votes.drop_duplicates(voter)["item_id"].value_counts()
    n = np.array([voters[item] for item in items], dtype=np.float64)
    return [str(item) for item in items], labels, counts, n


def label_rows(
    items: Sequence[str],
    labels: Sequence[str],
    counts: NDArray[np.float64],
    n: NDArray[np.float64],
    resolved: Resolved,
) -> pd.DataFrame:
    """Rows of `targets` from counted votes.

    Args:
        items: N items.
        labels: L labels.
        counts: Votes, (N, L).
        n: Annotators, (N,), none below 1.
        resolved: What is asked for.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    least = resolved.min_agreement
    agreed: list[str | None]
    if resolved.target.multi_label:
        chosen = agreed_labels(counts, n, least)
        agreed = ["|".join(np.array(labels)[row]) or None for row in chosen]
    else:
        agreed = [labels[code] if code >= 0 else None for code in agreed_label(counts, least)]
    shares = counts / n[:, None]
    return pd.DataFrame(
        {
            "item_id": list(items),
            "min_agreement": [least] * len(items),
            "label": agreed,
            "distribution": [dict(zip(labels, row.tolist(), strict=True)) for row in shares],
            "n": n.astype(np.int64),
        }
    )


def rated_rows(answers: pd.DataFrame, resolved: Resolved) -> pd.DataFrame:
    """Rows of `targets` from ratings: mean, SD and number per item and dimension, rescaled."""
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    ratings = _one_per_annotator(answers)
    parts = []
    for name in resolved.target.dimension_names:
        rows = ratings[ratings["dimension"] == name]
        if name not in resolved.source.dimension_names or not len(rows):
            continue
        own, asked = resolved.source.dimension(name), resolved.target.dimension(name)
        moments = rows.groupby("item_id", sort=False)["value"].agg(["mean", "std", "count"])
        parts.append(
            pd.DataFrame(
                {
                    "item_id": moments.index.astype(str),
                    "dimension": name,
                    "mean": rescaled(moments["mean"].to_numpy(), own, asked),
                    "sd": moments["std"].to_numpy() * (asked.span / own.span),
                    "n": moments["count"].to_numpy(),
                }
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def rescaled(values: NDArray[np.float64], own: Dimension, asked: Dimension) -> NDArray[np.float64]:
    """Numbers on one scale as numbers on another, linearly: low to low, high to high."""
    if (own.low, own.high) == (asked.low, asked.high):
        return values
    return asked.low + (values - own.low) * (asked.span / own.span)


def cut_labels(values: NDArray[np.float64], cuts: Sequence[float], target: Scheme) -> list[str]:
    """The labels of numbers under cut points; a number at a cut has the label above it."""
    names = target.label_names
    return [names[code] for code in np.searchsorted(np.asarray(cuts), values, side="right")]


def _folded(answers: pd.DataFrame, resolved: Resolved) -> pd.DataFrame:
    votes = answers.loc[answers["label"].notna(), ["item_id", "annotator_id", "label"]]
    mapping = resolved.mapping()
    if mapping is not None:
        votes = votes.assign(label=votes["label"].map(mapping))
    return votes[votes["label"].notna()]


def _cut_votes(answers: pd.DataFrame, resolved: Resolved) -> pd.DataFrame:
    assert resolved.conversion is not None, "votes are cut by a conversion"
    ratings = _one_per_annotator(answers[answers["dimension"] == resolved.cuts_dimension])
    values = ratings["value"].to_numpy(dtype=np.float64)
    return ratings.assign(label=cut_labels(values, resolved.conversion.cuts, resolved.target))


def _one_per_annotator(answers: pd.DataFrame) -> pd.DataFrame:
    """Who rated an item twice counts once, with the mean of the two."""
    rated = answers[answers["value"].notna()]
    key = ["item_id", "annotator_id", "dimension"]
    values: Any = rated.groupby(key, sort=False)["value"].mean()
    table: pd.DataFrame = values.astype("float64").reset_index()
    return table
