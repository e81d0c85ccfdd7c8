"""Targets: what people said of each item, in the scheme that a study asks for.

Votes are folded into the scheme's labels first and counted then, ratings are averaged, both for
everybody and for groups of annotators. What a dataset gives itself (labels already agreed upon,
means with SD and n) passes through. Table `targets`, in the dataset's order of items:

- Label schemes: `label` is the agreed one, missing where there is none (too few votes, or a tie);
  several labels stand as `awe|fear`. `distribution` has every label's share of the votes, that is
  the soft label, kept for items without a majority too. `n` is the number of annotators.
- Dimensions: a row per dimension with `mean`, `sd` (sample SD, missing for one rating) and `n`.
- `annotator_group` is "all", or like "sex=Female".

Sigma of the published problems is `min_agreement`: an image stays where some class has at least
sigma votes after folding. Two classes with equally many are a tie, and no label. It is asked of
everybody; the label of a group of annotators, who are fewer, is the one with most of their votes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.data.given_targets import given_labels, given_moments
from mllmsent.data.target_spec import resolve
from mllmsent.data.vote_targets import label_rows, rated_rows, voted_rows
from mllmsent.foundation import InputError, nearest
from mllmsent.foundation.tables import check_table, empty_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from mllmsent.data.dataset import Dataset
    from mllmsent.data.target_spec import Resolved, TargetSpec

__all__ = ["agreement_counts", "annotator_groups", "compute_targets"]

ALL = "all"


def compute_targets(dataset: Dataset, spec: TargetSpec) -> pd.DataFrame:
    """The targets of a dataset's items.

    Where a dataset has both single answers and norms in the scheme started from, the targets are
    computed from the answers. Where its norms are for groups alone (two cultures), "all" is
    everybody pooled, exactly, from means, SDs and numbers of ratings.

    Args:
        dataset: The items and what people said of them.
        spec: What is asked for.

    Of a joined dataset each part's targets are made by themselves, from its own scales and votes.

    Returns:
        Table `targets`, "all" first; within a group the items in the dataset's order. Items of
        which nobody said anything have no row.

    Raises:
        InputError: If the dataset has nothing that can become the scheme, an annotator column is
            not there, or no item at all reaches `min_agreement`.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    if dataset.parts:
        return _targets_of_parts(dataset, spec)
    if spec.by_dataset:
        raise InputError(
            f"{dataset.name!r} is one dataset.",
            item="by_dataset",
            cure="Leave `by_dataset` out; it is for datasets that are joined.",
        )
    resolved = resolve(spec, dataset)
    columns = [_annotator_column(name, dataset) for name in spec.annotator_groups]
    answers = dataset.annotations[dataset.annotations["scheme"] == resolved.source.name]
    given = dataset.norms[dataset.norms["scheme"] == resolved.source.name]
    if len(answers):
        parts = [
            _from_answers(
                answers[mask], resolved if group == ALL else replace(resolved, min_agreement=None)
            ).assign(annotator_group=group)
            for group, mask in annotator_groups(answers, columns)
        ]
        table = pd.concat(parts, ignore_index=True)
    elif resolved.target.kind == "dimensional":
        table = given_moments(given, resolved)
    else:
        table = given_labels(given, resolved)
    if not len(table):
        return empty_table("targets")
    table["scheme"] = resolved.target.name
    table = _ordered(table, dataset.items["item_id"], resolved)
    _refuse_none_agreed(table, resolved)
    return check_table("targets", table)


def annotator_groups(
    answers: pd.DataFrame, columns: Iterable[str]
) -> list[tuple[str, pd.Series[bool]]]:
    """Groups of annotators and which rows are theirs: everybody, then each value of each column.

    Args:
        answers: Table `annotations`.
        columns: Annotator columns, `annotator_sex`.

    Returns:
        Pairs such as ("sex=Female", rows); annotators without a value are in no group of a column.
    """
    groups = [(ALL, answers["item_id"].notna())]
    for column in columns:
        short = column.removeprefix("annotator_")
        values = sorted(answers[column].dropna().unique())
        groups += [
            (f"{short}={value}", (answers[column] == value).fillna(value=False).astype(bool))
            for value in values
        ]
    return groups


def agreement_counts(targets: pd.DataFrame) -> pd.DataFrame:
    """How many items have a label, and why the others have none.

    Args:
        targets: Table `targets` of a label scheme.

    Returns:
        A row per annotator group: items, labeled, tied (the most votes are shared), disagreed (the
        most votes are fewer than `min_agreement`), unknown (the dataset gives no votes to tell by).
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    rows = []
    for group, part in targets.groupby("annotator_group", sort=False):
        bare = part[part["label"].isna()]
        counted = bare[bare["distribution"].notna()]
        tied = sum(_is_tie(shares) for shares in counted["distribution"])
        rows.append(
            {
                "annotator_group": group,
                "items": len(part),
                "labeled": len(part) - len(bare),
                "tied": tied,
                "disagreed": len(counted) - tied,
                "unknown": len(bare) - len(counted),
            }
        )
    return pd.DataFrame(rows)


def _targets_of_parts(dataset: Dataset, spec: TargetSpec) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    names = [part.name for part in dataset.parts]
    for name in spec.by_dataset:
        if name not in names:
            raise InputError(
                f"None of the datasets is called {name!r}.",
                item="by_dataset",
                cure=nearest(name, names),
            )
    for column in spec.annotator_groups:
        _annotator_column(column, dataset)
    scheme = spec.target_scheme(dataset)
    tables = []
    for part in dataset.parts:
        own = spec.of_part(part.name)
        # Who is in a group is known of the datasets that tell; the others have everybody.
        there = _annotator_columns(part)
        known = tuple(
            name for name in spec.annotator_groups if name.removeprefix("annotator_") in there
        )
        try:
            tables.append(
                compute_targets(part, replace(own, scheme=scheme, annotator_groups=known))
            )
        except InputError as error:
            cure = f"{error.cure} For this dataset alone: `by_dataset: {{{part.name}: ...}}`."
            raise InputError(error.message, item=part.name, cure=cure.strip()) from None
    filled = [table for table in tables if len(table)]
    if not filled:
        return empty_table("targets")
    table = pd.concat(filled, ignore_index=True)
    everybody = table["annotator_group"] == ALL
    return check_table("targets", pd.concat([table[everybody], table[~everybody]]))


def _is_tie(shares: dict[str, float]) -> bool:
    top = max(shares.values())
    return sum(bool(np.isclose(share, top)) for share in shares.values()) > 1


def _from_answers(answers: pd.DataFrame, resolved: Resolved) -> pd.DataFrame:
    if resolved.target.kind == "dimensional":
        return rated_rows(answers, resolved)
    return label_rows(*voted_rows(answers, resolved), resolved)


def _annotator_column(name: str, dataset: Dataset) -> str:
    short = name.removeprefix("annotator_")
    names = _annotator_columns(dataset)
    if short not in names:
        raise InputError(
            f"Dataset {dataset.name!r} knows nothing of its annotators called {name!r}.",
            cure=nearest(short, names) or "It has no columns about its annotators.",
        )
    return f"annotator_{short}"


def _annotator_columns(dataset: Dataset) -> list[str]:
    """What is known of a dataset's annotators, of single ones or in its norms for groups."""
    columns = {
        str(column).removeprefix("annotator_")
        for column in dataset.annotations.columns
        if str(column).startswith("annotator_") and column != "annotator_id"
    }
    given = {str(group).partition("=")[0] for group in dataset.norms["annotator_group"].unique()}
    return sorted(columns | (given - {ALL}))


def _ordered(table: pd.DataFrame, items: pd.Series[str], resolved: Resolved) -> pd.DataFrame:
    item_ranks = {item: rank for rank, item in enumerate(items)}
    group_ranks: dict[str, int] = {ALL: -1}
    for group in table["annotator_group"]:
        group_ranks.setdefault(group, len(group_ranks))
    names = resolved.target.dimension_names
    keys = {
        "group": table["annotator_group"].map(group_ranks),
        "item": table["item_id"].map(item_ranks),
    }
    if names and "dimension" in table:
        keys["dimension"] = table["dimension"].map({name: rank for rank, name in enumerate(names)})
    order = np.lexsort([column.to_numpy() for column in reversed(keys.values())])
    return table.iloc[order].reset_index(drop=True)


def _refuse_none_agreed(table: pd.DataFrame, resolved: Resolved) -> None:
    everybody = table[table["annotator_group"] == ALL]
    if resolved.min_agreement is None or everybody["label"].notna().any():
        return
    most = int(table["n"].max()) if table["n"].notna().any() else 0
    raise InputError(
        f"No item has {resolved.min_agreement} annotators who agree; the most annotators of an "
        f"item are {most}.",
        cure="Lower `min_agreement`.",
    )
