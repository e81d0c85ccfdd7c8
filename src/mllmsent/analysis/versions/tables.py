"""What changed between versions, as rows of tables and as sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.found import Statement
from mllmsent.analysis.numbers import p_value, score_columns, with_interval
from mllmsent.analysis.versions.changes import SHARES, quantities

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from mllmsent.analysis.versions.changes import Change
    from mllmsent.analysis.versions.matching import SystemMatch
    from mllmsent.metrics import PairedTest

__all__ = [
    "CHANGE_COLUMNS",
    "CLASS_COLUMNS",
    "FLIP_COLUMNS",
    "ITEM_COLUMNS",
    "MATCH_COLUMNS",
    "STATUS_COLUMNS",
    "change_rows",
    "class_rows",
    "flip_rows",
    "item_table",
    "match_row",
    "statement_of",
    "status_rows",
]

OF_PAIR = ("run", "scheme", "dimension", "system", "base_id", "new_id")
MATCH_COLUMNS = ("run", "system", "base_id", "new_id", "changed", "said")
CHANGE_COLUMNS = (
    *OF_PAIR, "metric", "ranked", "n", "n_items", "before", "before_low", "before_high", "after",
    "after_low", "after_high", "difference", "low", "high", "p", "p_holm",
)  # fmt: skip
FLIP_COLUMNS = (
    *OF_PAIR, "n", "negative", "positive", "changed", "negative_flips", "negative_low",
    "negative_high", "positive_flips", "positive_low", "positive_high", "churn", "churn_low",
    "churn_high", "independent_churn", "independent_negative_flips",
)  # fmt: skip
CLASS_COLUMNS = (*OF_PAIR, "label", "n", "before", "after", "difference", "low", "high")
STATUS_COLUMNS = (*OF_PAIR, "before", "after", "n")
ITEM_COLUMNS = (*OF_PAIR, "item_id", "repeat", "frame_t", "truth", "before", "after", "change")


def match_row(run: str, match: SystemMatch) -> dict[str, Any]:
    """A system in two runs, and what was changed in it."""
    return {
        "run": run,
        "system": match.name,
        "base_id": match.base_id,
        "new_id": match.new_id,
        "changed": ", ".join(match.changed),
        "said": match.said,
    }


def change_rows(change: Change, ranked: str, test: PairedTest | None) -> Iterator[dict[str, Any]]:
    """A row for each metric, and for what else can be subtracted.

    Args:
        change: What changed.
        ranked: The metric that systems are ranked by.
        test: Its paired test.
    """
    pair, known = change.pair, change.metrics
    for name, quantity in quantities(pair.scheme).items():
        is_metric = quantity.better and name not in SHARES
        if quantity.is_rate or name.startswith("recall[") or (is_metric and name not in known):
            continue
        metric = known.get(name)
        is_ranked = name == ranked
        before = None if metric is None else change.before(metric)
        after = None if metric is None else change.after(metric)
        tested = test if is_ranked else None
        yield {
            **_of_pair(change),
            "metric": name,
            "ranked": is_ranked,
            "n": pair.n,
            "n_items": pair.n_items,
            **score_columns("before", before, "before_"),
            **score_columns("after", after, "after_"),
            **_shares(change, name),
            **score_columns("difference", change.score(name)),
            "p": np.nan if tested is None else tested.p_value,
            "p_holm": np.nan if tested is None else tested.p_holm,
        }


def flip_rows(change: Change) -> Iterator[dict[str, Any]]:
    """Gains, losses and churn of labels; nothing for dimensions."""
    if change.flips is None:
        return
    own = change.flips
    yield {
        **_of_pair(change),
        "n": change.pair.n,
        "negative": int(own.negative.sum()),
        "positive": int(own.positive.sum()),
        "changed": int(own.changed.sum()),
        **score_columns("negative_flips", change.score("negative_flips"), "negative_"),
        **score_columns("positive_flips", change.score("positive_flips"), "positive_"),
        **score_columns("churn", change.score("churn"), "churn_"),
        "independent_churn": own.independent_churn,
        "independent_negative_flips": own.independent_negative_rate,
    }


def class_rows(change: Change) -> Iterator[dict[str, Any]]:
    """The recall of each label; nothing for dimensions."""
    if change.flips is None:
        return
    counts = change.true_rows
    for code, label in enumerate(change.pair.scheme.label_names):
        yield {
            **_of_pair(change),
            "label": label,
            "n": int(counts[code]),
            "before": change.recall("old", code),
            "after": change.recall("new", code),
            **score_columns("difference", change.score(f"recall[{label}]")),
        }


def status_rows(change: Change) -> Iterator[dict[str, Any]]:
    """What became of the questions: read, unparsed or refused, before and after."""
    sides = ["status_old", "status_new"]
    counts = change.pair.rows.groupby(sides, sort=True).size().rename("n").reset_index()
    for before, after, n in counts[[*sides, "n"]].itertuples(index=False):
        yield {**_of_pair(change), "before": before, "after": after, "n": int(n)}


def item_table(changes: Sequence[Change]) -> pd.DataFrame:
    """Every question whose answer changed, as a table; nothing for dimensions."""
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    tables = []
    for change in changes:
        if change.flips is None:
            continue
        own, pair = change.flips, change.pair
        kinds = np.where(own.positive, "positive flip", "other")
        told = pair.rows.assign(
            **_of_pair(change),
            truth=pair.truth,
            before=pair.answers(pair.old),
            after=pair.answers(pair.new),
            change=np.where(own.negative, "negative flip", kinds),
        )
        tables.append(told.loc[own.changed, list(ITEM_COLUMNS)])
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=ITEM_COLUMNS)


def statement_of(row: Mapping[str, Any], flip: Mapping[str, Any] | None, tests: int) -> Statement:
    """What became of a system, in a sentence or two.

    Args:
        row: Its row of the ranked metric.
        flip: Its row of flips; None for dimensions.
        tests: How many tests the p value is corrected for.
    """
    by = with_interval(row["difference"], row["low"], row["high"], digits=3)
    by = f"+{by}" if row["difference"] > 0 else by
    text = (
        f"{row['system']}, {row['run']}: {row['metric']} went from {row['before']:.3f} to "
        f"{row['after']:.3f}, by {by}"
    )
    if not np.isnan(row["p_holm"]):
        text += f", {p_value(row['p_holm'])}"
        text += f" (Holm over {tests} tests)" if tests > 1 else ""
    text += "."
    if flip is not None:
        share = with_interval(
            flip["negative_flips"], flip["negative_low"], flip["negative_high"], digits=3
        )
        text += (
            f" Of {flip['n']:,} answers {flip['negative']:,} were right and are wrong now (share "
            f"{share}), {flip['positive']:,} the other way round; {flip['changed']:,} changed"
        )
        if not np.isnan(flip["independent_churn"]):
            independent = flip["independent_churn"] * flip["n"]
            text += f", where independent errors would change about {independent:,.0f}"
        text += "."
    return Statement(text, row["scheme"], row["dimension"] or "")


def _of_pair(change: Change) -> dict[str, Any]:
    pair = change.pair
    return {
        "run": pair.run,
        "scheme": pair.scheme.name,
        "dimension": pair.dimension or None,
        "system": pair.match.name,
        "base_id": pair.match.base_id,
        "new_id": pair.match.new_id,
    }


def _shares(change: Change, name: str) -> dict[str, float]:
    """Before and after of what is a share of the questions with a status."""
    status = {"coverage": "ok"}.get(name, name)
    if status not in {"ok", "unparsed", "refused"}:
        return {}
    rows = change.pair.rows
    return {
        "before": float((rows["status_old"] == status).mean()),
        "after": float((rows["status_new"] == status).mean()),
    }
