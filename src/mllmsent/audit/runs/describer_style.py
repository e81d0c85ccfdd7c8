"""Descriptions whose style is another describer's.

Models have habits: openings, favorite words, how they end. A small classifier (TF-IDF of words and
pairs of words, logistic regression) learns to tell the describers of a run apart; each text is
judged by one that has seen neither it nor any other text of its item. What then looks like the other
describer's is left out, and the classifier learns anew: wrong names would blur what it learns. Where
hardly a text lies between the two styles, texts that look not merely a little but typically like the
other describer's are attributed to the wrong one.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.audit.finding import AffectedRow, Finding, counted
from mllmsent.audit.run_registry import RunAudit
from mllmsent.audit.runs.describers import described, readers_of
from mllmsent.audit.runs.scores import scores_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from mllmsent.audit.runs.tables import RunTables

__all__ = ["DESCRIBER_STYLE"]

FEWEST = 40
"""Texts of a describer, below which no style is learned."""

BETWEEN, MOST_BETWEEN = 0.3, 0.05
"""A text this share of the usual distance from the border is between two styles; and how many may be.

Of two styles that are normally distributed and of which 1 % is told wrong, 5 % lie so.
"""

MOST_DOUBTED = 0.5
"""Of more of a describer's texts nobody can tell which are the wrong ones."""

TYPICAL = 0.25
"""Quantile of the other describer's scores that a doubted text must reach."""

DOUBTED = 3
"""Doubted texts below which nothing is said."""

LEARNED = 1000
"""Most texts of each describer that a style is learned from."""

FOLDS = 5

_TOKEN = r"(?u)\w+|[^\w\s]"  # noqa: S105 - of a text, not of a key


def check(run: RunTables) -> Iterator[Finding]:
    """Texts that look like another describer's, for every two describers that can be told apart."""
    table = described(run).drop_duplicates(["describer", "item_id", "words"])
    counts = table["describer"].value_counts()
    describers = [str(name) for name in dict.fromkeys(table["describer"]) if counts[name] >= FEWEST]
    if len(describers) < 2:
        return
    parts = [table[table["describer"] == describer] for describer in describers]
    for (one, first), (other, second) in combinations(zip(describers, parts, strict=True), 2):
        yield from _pair(run, one, first, other, second)


def _pair(
    run: RunTables, one: str, first: pd.DataFrame, other: str, second: pd.DataFrame
) -> Iterator[Finding]:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    both = pd.concat([first, second], ignore_index=True)
    is_other = np.repeat([False, True], [len(first), len(second)])
    # Above 0 a text looks like the second describer's.
    scores = _style_scores(both["text"].tolist(), is_other, both["item_id"].tolist())
    between = np.abs(scores) < BETWEEN * np.median(np.abs(scores))
    if between.mean() > MOST_BETWEEN:
        return
    for claimed, is_claimed, true, sign in ((one, ~is_other, other, 1), (other, is_other, one, -1)):
        rightly = sign * scores[~is_claimed & (sign * scores > 0)]
        if not len(rightly):
            continue
        doubted = is_claimed & (sign * scores >= np.quantile(rightly, TYPICAL))
        if DOUBTED <= doubted.sum() <= MOST_DOUBTED * is_claimed.sum():
            yield _finding(run, both, doubted, claimed, true)


def _style_scores(
    texts: list[str], is_other: NDArray[np.bool_], items: list[str]
) -> NDArray[np.float64]:
    """Signed distance of each text from the border between two styles, out of fold by item."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - slow to import
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - likewise
    from sklearn.model_selection import StratifiedGroupKFold  # noqa: PLC0415 - likewise

    # Marks at the end of sentences and of the text are style too.
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=3, sublinear_tf=True, token_pattern=_TOKEN)
    model = LogisticRegression(C=10.0, class_weight="balanced", max_iter=1000)
    # The weights of words are learned from all texts, without knowing whose they are.
    features = words.fit_transform(texts)
    rng = np.random.default_rng(0)
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    splits = list(folds.split(texts, is_other, groups=items))
    found = np.where(is_other, 1.0, -1.0)
    for _ in range(2):
        learned = (found > 0) == is_other  # the first time all
        found = np.zeros(len(texts))
        for train, test in splits:
            sides = [train[learned[train] & (is_other[train] == side)] for side in (False, True)]
            if not all(map(len, sides)):
                return np.zeros(len(texts))
            some = np.concatenate(
                [rng.choice(side, min(LEARNED, len(side)), replace=False) for side in sides]
            )
            model.fit(features[some], is_other[some])
            found[test] = model.decision_function(features[test])
    return found


def _finding(
    run: RunTables, table: pd.DataFrame, doubted: NDArray[np.bool_], claimed: str, true: str
) -> Finding:
    rows = table[doubted]
    n_claimed = int((table["describer"] == claimed).sum())
    items = set(rows["item_id"])
    effects = []
    for sheet in readers_of(run, claimed)[:1]:
        apart = sheet.take(~sheet.rows["item_id"].isin(items).to_numpy())
        effects.append(f"{sheet.name} has {scores_of(sheet)}, without them {scores_of(apart)}")
    named = tuple(str(name) for name in rows["system"].dropna().unique())
    return Finding(
        code="describer-style",
        severity="warning",
        message=(
            f"{counted(len(rows), 'description')} of {n_claimed:,} attributed to {claimed} look like "
            f"{true}'s: a classifier that tells the two apart takes them for typical texts of {true}."
        ),
        cure=f"Read some beside others of both; if they are {true}'s, put them under that name.",
        effect="; ".join(["A score is credited to the wrong describer", *effects]) + ".",
        rows=tuple(
            AffectedRow(
                str(row["item_id"]),
                row["file"] if isinstance(row["file"], str) else None,
                int(row["row"]) if str(row["row"]).isdigit() else None,
                note=f"reads like {true}",
            )
            for row in rows.to_dict("records")
        ),
        systems=named or (claimed,),
    )


DESCRIBER_STYLE = RunAudit(
    "describer-style", "Descriptions in the style of another describer.", check
)
