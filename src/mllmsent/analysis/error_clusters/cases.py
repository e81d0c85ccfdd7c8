"""Which answers are wrong, item by item and system by system, and what was said in place of what.

A wrong answer is another label than the people's, or another set of labels, or none that could be
read. Of a number, it is one farther from the people's mean than `gallery.CLOSE` of the scale's span;
one that could not be read is left out, as in every score of a dimension.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.analysis.gallery import CLOSE
from mllmsent.analysis.merits import Merits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.evidence import Evidence, Scored
    from mllmsent.metrics.metric import Floats

__all__ = ["ErrorCases", "error_cases"]

NOT_READ = "no answer"


@dataclass(frozen=True, eq=False)
class ErrorCases:
    """The wrong answers in a scheme, or in a dimension of it.

    Attributes:
        scheme: The scheme.
        dimension: The dimension; empty for labels.
        wrong: Questions by systems, in the run's order: of M systems the first M columns of its
            `merits` are 1 where the answer is wrong, 0 where right and NaN where there is none.
        confusions: A row for each wrong answer (of a set of labels, for each label too many or
            too few): item_id, system_id, and confusion, such as "sadness → fear".
        truth: Item to what people said, as text.
    """

    scheme: Scheme
    dimension: str
    wrong: Merits
    confusions: pd.DataFrame
    truth: Mapping[str, str]

    @property
    def systems(self) -> Mapping[str, str]:
        """Id of each system to its name."""
        return self.wrong.systems

    @property
    def rates(self) -> Floats:
        """(R, M) whether each answer to each question is wrong; NaN for none."""
        return self.wrong.merits[:, : len(self.systems)]


def error_cases(
    evidence: Evidence, scheme: Scheme, dimension: str = "", *, condition: str = "none"
) -> ErrorCases | None:
    """The wrong answers in a scheme or dimension; None where nothing can be scored.

    Args:
        evidence: The run's tables.
        scheme: The scheme.
        dimension: The dimension; empty for labels.
        condition: The condition under which systems answered.
    """
    systems = [
        entry
        for entry in evidence.scored(scheme.name, condition=condition)
        if entry.dimension == dimension and entry.n
    ]
    if not systems:
        return None
    field = Merits.of(scheme, systems)
    away = -field.merits[:, : len(systems)]
    if dimension:
        limit = CLOSE * scheme.dimension(dimension).span
        wrong = np.where(np.isnan(away), np.nan, (away > limit).astype(float))
    else:
        wrong = 1 + away
    return ErrorCases(
        scheme=scheme,
        dimension=dimension,
        wrong=replace(field, merits=wrong, sign=-1, metric="wrong"),
        confusions=_confusions(scheme, dimension, systems),
        truth={
            item: _text(scheme, truth)
            for item, truth in evidence.truth(scheme.name, dimension).items()
        },
    )


def _text(scheme: Scheme, truth: object) -> str:
    if isinstance(truth, frozenset):
        return ", ".join(name for name in scheme.label_names if name in truth)
    return f"{truth:.1f}" if isinstance(truth, float) else str(truth)


def _confusions(scheme: Scheme, dimension: str, systems: Sequence[Scored]) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    parts = [pd.DataFrame({"item_id": [], "system_id": [], "confusion": []}, dtype=object)]
    for entry in systems:
        rows = entry.rows
        read = (rows["status"] == "ok").to_numpy()
        items = rows["item_id"].to_numpy(dtype=object)
        truth = rows["truth"].tolist()
        if dimension:
            limit = CLOSE * scheme.dimension(dimension).span
            said = [(values or {}).get(dimension) for values in rows["values"]]
            away = np.array(
                [
                    np.nan if value is None or not ok else value - mean
                    for value, mean, ok in zip(said, truth, read, strict=True)
                ],
                dtype=np.float64,
            )
            found = np.where(away > limit, "too high", np.where(away < -limit, "too low", ""))
        elif scheme.multi_label:
            found, items = _sets(items, truth, rows["label"].tolist(), read)
        else:
            found = np.array(
                [
                    "" if ok and label == true else f"{true} → {label if ok else NOT_READ}"
                    for label, true, ok in zip(rows["label"], truth, read, strict=True)
                ],
                dtype=object,
            )
        wrong = found != ""
        parts.append(
            pd.DataFrame(
                {
                    "item_id": items[wrong],
                    "system_id": entry.system_id,
                    "confusion": found[wrong],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _sets(
    items: np.ndarray, truth: Sequence[frozenset[str]], labels: Sequence[object], read: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Each label too many or too few, and the item it is of."""
    found, of = [], []
    for item, true, label, ok in zip(items, truth, labels, read, strict=True):
        if not ok:
            found.append(NOT_READ)
            of.append(item)
            continue
        said = frozenset(str(label).split("|"))
        told = [f"without {name}" for name in sorted(true - said)]
        told += [f"with {name}" for name in sorted(said - true)]
        found += told
        of += [item] * len(told)
    return np.array(found, dtype=object), np.array(of, dtype=object)
