"""Which answers change with the wording: flips and shifts, whatever is true."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.numbers import score_columns
from mllmsent.metrics import excess_changes, holm, label_changes, number_changes
from mllmsent.metrics.bootstrap import draw

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mllmsent.analysis.answers import Answers
    from mllmsent.metrics import Resampling, Score
    from mllmsent.metrics.metric import Floats

__all__ = ["Changes", "changes_of"]


@dataclass(frozen=True)
class Changes:
    """How answers change among the wordings of one family.

    Attributes:
        pairs: Two systems to the columns that tell how far their answers differ.
        n: Questions that were answered in all wordings.
        measure: What `changed` is.
        changed: Share of those to which not all answers are alike; of numbers, the mean of the
            highest less the lowest answer.
        read: System to the share of its answers that could be read.
    """

    pairs: Mapping[tuple[str, str], dict[str, Any]]
    n: int
    measure: str
    changed: Score
    read: Mapping[str, float]


def changes_of(answers: Answers, systems: Sequence[str], resampling: Resampling) -> Changes:
    """How the answers of some systems differ.

    Args:
        answers: The answers of a run in one scheme or dimension.
        systems: Systems of one family.
        resampling: How intervals are made.
    """
    pairs = list(combinations(range(len(systems)), 2))
    table: NDArray[Any]
    if answers.dimension:
        table = np.stack([answers.numbers[name] for name in systems], axis=1)
        found = number_changes(table, pairs, answers.grouping, resampling)
        read = ~np.isnan(table)
        change = np.where(read.all(axis=1), np.ptp(np.where(read, table, 0.0), axis=1), 0.0)
        measure = "distance"
    else:
        table = _codes(answers, systems)
        found = label_changes(table, pairs, answers.grouping, resampling)
        read = table >= 0
        change = (table != table[:, :1]).any(axis=1).astype(float)
        measure = "share of questions"
    p_holm = holm([one.shift_p for one in found])
    rows = {
        (systems[one], systems[other]): {
            "n": entry.n,
            "measure": measure,
            **score_columns("change", entry.change, "change_"),
            **score_columns("shift", entry.shift, "shift_"),
            "shift_p": entry.shift_p,
            "shift_p_holm": float(p),
        }
        | excess
        for (one, other), entry, p, excess in zip(
            pairs, found, p_holm, _excess(answers, table, pairs, resampling), strict=True
        )
    }
    in_all = read.all(axis=1)
    sums = answers.grouping.sums(np.column_stack([in_all, change * in_all]).astype(float))
    drawn = draw([lambda weights: weights @ sums], len(answers.grouping), resampling)[0]
    return Changes(
        pairs=rows,
        n=int(in_all.sum()),
        measure=measure,
        changed=drawn.score(
            _share,
            proportion=not answers.dimension,
            n_units=int(np.count_nonzero(sums[:, 0])),
        ),
        read={
            name: int(count) / answers.asked[name] if answers.asked[name] else float("nan")
            for name, count in zip(systems, read.sum(axis=0), strict=True)
        },
    )


def _excess(
    answers: Answers,
    table: NDArray[Any],
    pairs: Sequence[tuple[int, int]],
    resampling: Resampling,
) -> list[dict[str, float]]:
    """Against two answers in one wording, where labels were asked for several times."""
    index: Any = answers.rows.index
    repeated = index.get_level_values("repeat").nunique() > 1
    if answers.dimension or not repeated:
        none = {"by_repeats": float("nan")} | score_columns("excess", None, "excess_")
        return [none for _ in pairs]
    questions = index.droplevel(["repeat"]).factorize()[0].astype(np.intp)
    return [
        {"by_repeats": entry.by_repeats} | score_columns("excess", entry.excess, "excess_")
        for entry in excess_changes(table, pairs, questions, answers.grouping, resampling)
    ]


def _codes(answers: Answers, systems: Sequence[str]) -> NDArray[np.intp]:
    """Each answer as a number, -1 for none; sets of labels are alike in any order."""
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    said = answers.rows[list(systems)].to_numpy(dtype=object).ravel(order="F")
    if answers.scheme.multi_label:
        said = np.array(
            ["|".join(sorted(str(one).split("|"))) if pd.notna(one) else None for one in said],
            dtype=object,
        )
    codes = pd.factorize(said)[0].astype(np.intp)
    return codes.reshape((len(answers.rows), len(systems)), order="F")


def _share(sums: Floats) -> Floats:
    share: Floats = np.divide(
        sums[:, 1], sums[:, 0], out=np.full(len(sums), np.nan), where=sums[:, 0] > 0
    )
    return share
