"""How true a structured reading is, field by field, where what is in the scene is known.

On dioramas every factor of a scene is known, so each field of the scene pathway can be scored:
precision (what is said is there), recall (what is there is said), and inventions (things named
that were never drawn). Counts are summed over scenes; intervals draw scenes again.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.dioramas import SCENE_FILE, read_scenes, score_reading
from mllmsent.metrics import Resampling
from mllmsent.metrics.bootstrap import draw

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from mllmsent.dioramas import Scene

__all__ = ["FIELD_COLUMNS", "known_scenes", "score_scene_fields"]

FIELD_COLUMNS = (
    "system_id", "system", "field", "n_readings", "n_items", "precision", "precision_low",
    "precision_high", "recall", "recall_low", "recall_high", "inventions",
    "inventions_per_reading", "most_invented",
)  # fmt: skip


def known_scenes(folder: Path) -> dict[str, Scene]:
    """Item to what was drawn, for a folder of dioramas; empty where the folder holds none."""
    return read_scenes(folder) if (folder / SCENE_FILE).is_file() else {}


def score_scene_fields(
    readings: pd.DataFrame,
    systems: pd.DataFrame,
    scenes: Mapping[str, Scene],
    *,
    condition: str = "none",
    resampling: Resampling | None = None,
) -> pd.DataFrame:
    """Score every field that the scene pathway read.

    Args:
        readings: Table `readings`.
        systems: Table `systems`.
        scenes: Item to what was drawn; items that are not in it are left out.
        condition: The condition under which the images were shown.
        resampling: How intervals are made.

    Returns:
        A row per system and field: `FIELD_COLUMNS`. Precision and recall are between 0 and 1, and
        missing where nothing was claimed or there was nothing to claim.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    resampling = resampling or Resampling()
    names = dict(zip(systems["system_id"], systems["name"], strict=True))
    known = readings[(readings["condition"] == condition) & readings["item_id"].isin(list(scenes))]
    rows: list[dict[str, Any]] = []
    for system, own in known.groupby("system_id", sort=False):
        counts: dict[str, list[tuple[str, tuple[int, int, int]]]] = {}
        invented: dict[str, Counter[str]] = {}
        for key, part in own.groupby(["item_id", "scheme", "repeat"], sort=False):
            item = str(key[0])
            for score in score_reading(scenes[item], _reading(part)).values():
                counts.setdefault(score.field, []).append(
                    (item, (score.right, score.claimed, score.true))
                )
                invented.setdefault(score.field, Counter()).update(score.inventions)
        for field, scored in counts.items():
            rows.append(
                {"system_id": system, "system": names[system], "field": field}
                | _summary(scored, invented[field], resampling)
            )
    return pd.DataFrame(rows, columns=list(FIELD_COLUMNS))


def _reading(rows: pd.DataFrame) -> dict[str, Any]:
    """One reading in the form in which a model gave it."""
    texts = {
        field: " ".join(rows.loc[rows["field"] == field, "value"].dropna())
        for field in ("atmosphere", "narrative")
    }
    subjects = rows[rows["field"] == "subject"]
    cues = rows[rows["field"] == "cue"]
    return {
        **texts,
        "subjects": [
            {"who": who, "expression": expression}
            for who, expression in zip(
                subjects["value"], subjects["expression"].fillna(""), strict=True
            )
        ],
        "cues": [
            {"cue": cue, "direction": direction}
            for cue, direction in zip(cues["value"], cues["direction"].fillna(""), strict=True)
        ],
    }


def _summary(
    scored: list[tuple[str, tuple[int, int, int]]], invented: Counter[str], resampling: Resampling
) -> dict[str, Any]:
    items = {item: place for place, item in enumerate(dict.fromkeys(item for item, _ in scored))}
    sums = np.zeros((len(items), 3))
    for item, numbers in scored:
        sums[items[item]] += numbers
    draws = draw([lambda weights: weights @ sums], len(items), resampling)[0]
    precision = draws.score(lambda totals: _ratio(totals[:, 0], totals[:, 1]))
    recall = draws.score(lambda totals: _ratio(totals[:, 0], totals[:, 2]))
    total = sum(invented.values())
    return {
        "n_readings": len(scored),
        "n_items": len(items),
        "precision": precision.value,
        "precision_low": precision.interval.low,
        "precision_high": precision.interval.high,
        "recall": recall.value,
        "recall_low": recall.interval.low,
        "recall_high": recall.interval.high,
        "inventions": total,
        "inventions_per_reading": total / len(scored),
        "most_invented": ", ".join(name for name, _ in invented.most_common(3)),
    }


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = np.full(len(part), np.nan)
    np.divide(part, whole, out=shares, where=whole > 0)
    return shares
