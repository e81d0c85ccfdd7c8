"""The measures of a run's pictures: kept in its folder, so that a run that is moved keeps them.

Pictures are measured where they lie, once, as the run's items name them: a file that has changed
since, or that lies outside the dataset's folder, is not measured.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from mllmsent.features import feature_names, measure_refs
from mllmsent.features.measuring import VERSION
from mllmsent.foundation.errors import InputError
from mllmsent.foundation.tables import write_table
from mllmsent.foundation.work import report_work
from mllmsent.runs.pictures import picture_refs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from mllmsent.runs.folder import RunFolder

__all__ = ["Measured", "measured_pictures"]

NEEDS = ("cv2", "skimage")
"""What measuring needs."""


@dataclass(frozen=True)
class Measured:
    """What could be measured in a run's pictures.

    Attributes:
        table: A row per item whose picture is measured: item_id, and a column per measure of
            `mllmsent.features`, NaN where it has none.
        lacking: Why items have no measures, in a sentence; empty where all have.
    """

    table: pd.DataFrame
    lacking: str = ""


def measured_pictures(run: RunFolder) -> Measured:
    """The measures of the pictures that a run asks about, or has targets of.

    Those that the run's table `features` does not hold are measured, and kept there where the
    folder can be written to.
    """
    items = _asked_about(run)
    pictures = items[items["path"].notna() & items["sha256"].notna()]
    digests = dict(
        zip(pictures["item_id"].astype(str), pictures["sha256"].astype(str), strict=True)
    )
    if not digests:
        return Measured(_table({}), "The items of this run have no pictures to measure.")
    kept = _kept(run, digests)
    missing = pictures[~pictures["item_id"].isin(list(kept))]
    if not len(missing):
        return Measured(_table(kept))
    if not all(find_spec(name) for name in NEEDS):
        why = "OpenCV or scikit-image is not here: pip install 'mllmsent[features]'"
        return Measured(_table(kept), _told(len(missing), len(digests), why))
    fresh, why = _measure(missing, run.dataset_root())
    if fresh:
        # A stranger's folder may be read-only: then the measures are kept for this time only.
        with suppress(OSError):
            write_table("features", _as_kept(kept | fresh, digests), run.path / "features.parquet")
    found = {item: numbers for item in digests if (numbers := (kept | fresh).get(item))}
    n_missing = len(digests) - len(found)
    return Measured(_table(found), _told(n_missing, len(digests), why) if n_missing else "")


def _asked_about(run: RunFolder) -> pd.DataFrame:
    items = run.table("items")
    known = {*run.table("predictions")["item_id"], *run.table("targets")["item_id"]}
    return items[items["item_id"].isin(known)]


def _kept(run: RunFolder, digests: Mapping[str, str]) -> dict[str, dict[str, float]]:
    """Item to what the run's folder holds of it, of the same picture and by the same measures."""
    import numpy as np  # noqa: PLC0415 - `--help` does without numpy
    import pandas as pd  # noqa: PLC0415 - likewise

    try:
        table = run.table("features")
    except InputError:
        return {}  # what cannot be read is measured anew
    names = list(feature_names())
    if not set(names) <= set(table.columns):
        return {}
    wanted = {(item, digest, VERSION) for item, digest in digests.items()}
    keys = zip(table["item_id"], table["sha256"], table["measures_version"], strict=True)
    table = table[[key in wanted for key in keys]]
    numbers = table[names].apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
    numbers = np.where(np.isfinite(numbers), numbers, np.nan)
    return {
        str(item): dict(zip(names, row, strict=True))
        for item, row in zip(table["item_id"], numbers.tolist(), strict=True)
    }


def _measure(pictures: pd.DataFrame, root: Path) -> tuple[dict[str, dict[str, float]], str]:
    """Item to its measures, and why the first that has none has none."""
    refs, why = picture_refs(pictures, root)
    with report_work("Measuring pictures", len({ref.digest for ref in refs.values()})) as done:
        measured = measure_refs(list(refs.values()), done=done)
    found: dict[str, dict[str, float]] = {}
    for item, ref in refs.items():
        numbers = measured[ref.digest]
        if isinstance(numbers, str):
            why = why or numbers
        else:
            found[item] = numbers
    return found, why


def _told(n: int, of: int, why: str) -> str:
    return f"{n:,} of {of:,} pictures could not be measured: {why.rstrip('.')}."


def _table(measures: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    rows = [{"item_id": item, **numbers} for item, numbers in measures.items()]
    table = pd.DataFrame(rows, columns=["item_id", *feature_names()])
    return table.astype({"item_id": "string"} | dict.fromkeys(feature_names(), float))


def _as_kept(
    measures: Mapping[str, Mapping[str, float]], digests: Mapping[str, str]
) -> pd.DataFrame:
    table = _table(measures)
    table.insert(1, "sha256", table["item_id"].map(digests))
    table.insert(2, "measures_version", VERSION)
    return table
