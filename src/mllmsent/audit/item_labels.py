"""What the items of a dataset are labeled, by votes and by norms, as the audits need it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from mllmsent.data.dataset import Dataset

__all__ = ["item_labels", "judgments", "single_votes"]


def single_votes(dataset: Dataset) -> pd.DataFrame:
    """The votes in schemes where each annotator gives one label: a row each."""
    several = {scheme.name for scheme in dataset.schemes if scheme.multi_label}
    votes = dataset.annotations
    return votes[votes["label"].notna() & ~votes["scheme"].isin(several)]


def judgments(dataset: Dataset) -> Iterator[tuple[str, pd.DataFrame]]:
    """Votes of each scheme and ratings of each dimension, for audits of annotators.

    Yields:
        What was judged ("polarity3", "valence-arousal valence"), and columns item_id,
        annotator_id, answer (a label, or a number).
    """
    columns = ["item_id", "annotator_id", "answer"]
    for scheme, votes in single_votes(dataset).groupby("scheme", sort=False):
        yield str(scheme), votes.rename(columns={"label": "answer"})[columns]
    ratings = dataset.annotations[dataset.annotations["value"].notna()]
    for key, rows in ratings.groupby(["scheme", "dimension"], sort=False):
        where = " ".join(str(part) for part in key)
        yield where, rows.rename(columns={"value": "answer"})[columns]


def item_labels(dataset: Dataset) -> pd.DataFrame:
    """One label per item, scheme and source, where there is one.

    Returns:
        Columns item_id, scheme, annotator_group, label: the most frequent vote (annotator_group
        "all"; ties have no label) and the labels of norms, as they are given.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    columns = ["item_id", "scheme", "annotator_group", "label"]
    parts = []
    votes = single_votes(dataset)
    if len(votes):
        counts = votes.groupby(["item_id", "scheme", "label"], sort=False).size().rename("n")
        ranked = counts.reset_index().sort_values("n", ascending=False, kind="stable")
        best = ranked.groupby(["item_id", "scheme"], sort=False)["n"].transform("max")
        top = ranked[ranked["n"] == best]
        top = top[~top.duplicated(["item_id", "scheme"], keep=False)]
        parts.append(top.assign(annotator_group="all")[columns])
    norms = dataset.norms[dataset.norms["label"].notna()]
    if len(norms):
        parts.append(norms[columns])
    if not parts:
        return pd.DataFrame({column: pd.Series(dtype="string") for column in columns})
    return pd.concat(parts, ignore_index=True).drop_duplicates(ignore_index=True)
