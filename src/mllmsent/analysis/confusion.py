"""What is taken for what: confusions of labels, the recall of each, and answers beside the truth.

An answer that could not be read, or that was refused, has a column of its own: it is the confusion
of a label with silence. Questions that had no answer at all are not counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.metrics import (
    LabelSample,
    LabelSetSample,
    Resampling,
    class_intervals,
    class_scores,
    confusion_matrix,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from mllmsent.analysis.evidence import Scored

__all__ = ["NO_LABEL", "confusions", "label_scores", "paired_values"]

NO_LABEL = "no label"
"""What the column of unread and refused answers is called."""


def confusions(scored: Sequence[Scored]) -> pd.DataFrame:
    """How often each true label was answered as each label, for every system.

    Schemes in which an item may have several labels have no confusions, and give no rows.

    Args:
        scored: Systems in one label scheme, from `Evidence.scored`.

    Returns:
        A row per system, true label and answer (`NO_LABEL` last), in the scheme's order: columns
        system_id, system, truth, answer, count, and share, the count over all rows of that true
        label (NaN where there are none).
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    rows: list[dict[str, Any]] = []
    for entry in scored:
        if not isinstance(entry.sample, LabelSample):
            continue
        counts = confusion_matrix(entry.sample)
        answers = [*map(str, entry.sample.labels), NO_LABEL]
        for truth, line in zip(entry.sample.labels, counts, strict=True):
            total = int(line.sum())
            rows.extend(
                {
                    "system_id": entry.system_id,
                    "system": entry.name,
                    "truth": str(truth),
                    "answer": answer,
                    "count": int(count),
                    "share": int(count) / total if total else float("nan"),
                }
                for answer, count in zip(answers, line, strict=True)
            )
    return pd.DataFrame(rows, columns=["system_id", "system", "truth", "answer", "count", "share"])


def label_scores(scored: Sequence[Scored], resampling: Resampling | None = None) -> pd.DataFrame:
    """Precision, recall and F1 of each label, for every system.

    Args:
        scored: Systems in one label scheme.
        resampling: How the intervals of recall are made.

    Returns:
        A row per system and label: columns system_id, system, label, precision, recall,
        recall_low, recall_high, f1, support (rows where the label is true) and answered.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    resampling = resampling or Resampling()
    rows = []
    for entry in scored:
        if not isinstance(entry.sample, LabelSample | LabelSetSample):
            continue
        intervals = class_intervals(entry.sample, resampling)
        for label in class_scores(entry.sample):
            recall = intervals[label.label]["recall"].interval
            rows.append(
                {
                    "system_id": entry.system_id,
                    "system": entry.name,
                    "label": str(label.label),
                    "precision": label.precision,
                    "recall": label.recall,
                    "recall_low": recall.low,
                    "recall_high": recall.high,
                    "f1": label.f1,
                    "support": label.support,
                    "answered": label.answered,
                }
            )
    columns = [
        "system_id", "system", "label", "precision", "recall", "recall_low", "recall_high", "f1",
        "support", "answered",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def paired_values(scored: Sequence[Scored]) -> pd.DataFrame:
    """What people said beside what each system said, on one dimension.

    Args:
        scored: Systems in one dimension of a dimensional scheme.

    Returns:
        A row per answer that could be read: columns system_id, system, item_id, truth (the mean
        rating) and answer.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    parts = []
    for entry in scored:
        read = entry.rows[entry.rows["status"] == "ok"]
        answers = [(values or {}).get(entry.dimension) for values in read["values"]]
        part = pd.DataFrame(
            {
                "system_id": entry.system_id,
                "system": entry.name,
                "item_id": read["item_id"].astype(str).to_numpy(),
                "truth": read["truth"].astype(float).to_numpy(),
                "answer": pd.array(answers, dtype="Float64").to_numpy(float, na_value=float("nan")),
            }
        )
        parts.append(part[part["answer"].notna()])
    if not parts:
        return pd.DataFrame(columns=["system_id", "system", "item_id", "truth", "answer"])
    return pd.concat(parts, ignore_index=True)
