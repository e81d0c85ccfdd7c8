"""Measuring pictures: one, or all of a dataset's, each file once.

What was measured is kept by the digest of what is shown, so that a second run, another dataset with
the same picture, or an analysis after a study measure nothing again.
"""

from __future__ import annotations

import json
import os
from importlib.metadata import version
from typing import TYPE_CHECKING, TypeAlias

from mllmsent.data.image_faults import ImageError
from mllmsent.data.images import open_image
from mllmsent.data.result_cache import ResultCache
from mllmsent.features.catalog import feature_names
from mllmsent.features.color import measure_color
from mllmsent.features.composition import measure_composition
from mllmsent.features.contrast import measure_contrast
from mllmsent.features.faces import measure_faces
from mllmsent.features.light import measure_light
from mllmsent.features.picture import LONG_SIDE, Picture
from mllmsent.features.texture import measure_texture
from mllmsent.foundation.digest import json_digest
from mllmsent.foundation.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pandas as pd
    from PIL.Image import Image

    from mllmsent.data import Dataset
    from mllmsent.data.images import ImageRef

__all__ = ["GROUPS", "VERSION", "measure", "measure_items", "measure_refs"]

VERSION = "1"
"""Changes when the same picture gets other numbers."""

GROUPS: dict[str, Callable[[Picture], dict[str, float]]] = {
    "color": measure_color,
    "light": measure_light,
    "contrast": measure_contrast,
    "texture": measure_texture,
    "composition": measure_composition,
    "faces": measure_faces,
}
"""Group of measures to what measures them; to add one, name it here and in `features.yaml`."""

_CACHE = ResultCache("image-features")
_WORTH_A_PROCESS = 64
"""Pictures for which starting further processes pays."""
_AT_ONCE = 256
"""Pictures after which what was measured is kept."""

Measured: TypeAlias = "dict[str, float] | str"
"""Name to number; or why a picture could not be measured."""


def measure(image: Image) -> dict[str, float]:
    """Every measure of a picture, in the order of `features()`.

    Args:
        image: As `mllmsent.data.open_image` gives it: upright, in sRGB.

    Raises:
        MissingExtraError: If OpenCV or scikit-image is not installed.
    """
    try:
        picture = Picture.of(image)
        found = {name: value for group in GROUPS.values() for name, value in group(picture).items()}
    except ModuleNotFoundError as error:
        raise MissingExtraError("Measures of pictures", extra="features") from error
    return {name: found[name] for name in feature_names()}


def measure_refs(
    refs: Sequence[ImageRef],
    *,
    workers: int | None = None,
    done: Callable[[int], None] = lambda _: None,
) -> dict[str, Measured]:
    """The measures of pictures that are referred to, as they are shown.

    Args:
        refs: The pictures; equal ones are measured once.
        workers: Processes; by default as many as there are cores, where that pays.
        done: Is told how many more pictures are done.

    Returns:
        `ImageRef.digest` to name and number, or to why the picture could not be measured.
    """
    by_digest = {ref.digest: ref for ref in refs}
    keys = {digest: _key(digest) for digest in by_digest}
    kept = _CACHE.get_many(keys.values())
    found: dict[str, Measured] = {}
    for digest, key in keys.items():
        numbers = _numbers(kept.get(key))
        if numbers is not None:
            found[digest] = numbers
    done(len(found))
    missing = [ref for digest, ref in by_digest.items() if digest not in found]
    for part, measured in _measured(missing, workers):
        fresh = {ref.digest: numbers for ref, numbers in zip(part, measured, strict=True)}
        _CACHE.put_many(
            {
                keys[digest]: json.dumps(numbers).encode()
                for digest, numbers in fresh.items()
                if not isinstance(numbers, str)
            }
        )
        found |= fresh
        done(len(part))
    return found


def measure_items(
    dataset: Dataset,
    items: Sequence[str] | None = None,
    *,
    condition: str = "none",
    seed: int = 0,
    workers: int | None = None,
    done: Callable[[int], None] = lambda _: None,
) -> pd.DataFrame:
    """A dataset's pictures measured: a row per item that has one, a column per feature.

    Args:
        dataset: The items.
        items: Which of them; by default all.
        condition: The planned change under which the pictures are measured.
        seed: Of that change.
        workers: See `measure_refs`.
        done: See `measure_refs`.

    Returns:
        The table, indexed by item_id in the dataset's order. A picture that cannot be opened has a
        row of NaN.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    wanted = None if items is None else set(items)
    refs = {
        item: ref
        for item in dataset.items["item_id"]
        if (wanted is None or item in wanted)
        and (ref := dataset.image(item, condition, seed)) is not None
    }
    found = measure_refs(list(refs.values()), workers=workers, done=done)
    rows = {}
    for item, ref in refs.items():
        numbers = found[ref.digest]
        rows[item] = {} if isinstance(numbers, str) else numbers
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(feature_names()), dtype=float)
    return table.rename_axis(index="item_id")


def _key(digest: str) -> str:
    # Another version of a library may scale or find faces otherwise.
    made_by = [VERSION, LONG_SIDE, _versions()]
    return json_digest([digest, made_by])


def _versions() -> list[str]:
    try:
        return [version("opencv-python-headless"), version("scikit-image")]
    except ModuleNotFoundError:
        return []


def _numbers(kept: bytes | None) -> dict[str, float] | None:
    if kept is None:
        return None
    try:
        numbers: Mapping[str, float] = json.loads(kept)
        return {name: float(numbers[name]) for name in feature_names()}
    except (ValueError, TypeError, KeyError):
        return None


def _measured(
    refs: Sequence[ImageRef], workers: int | None
) -> Iterator[tuple[Sequence[ImageRef], list[Measured]]]:
    parts = [refs[start : start + _AT_ONCE] for start in range(0, len(refs), _AT_ONCE)]
    if workers is None:
        workers = os.cpu_count() or 1 if len(refs) >= _WORTH_A_PROCESS else 1
    if workers <= 1:
        for part in parts:
            yield part, [_one(ref) for ref in part]
        return
    from joblib import Parallel, delayed  # noqa: PLC0415 - heavy; it comes with scikit-learn

    # Its processes neither inherit the locks of our threads nor run the caller's script again, as
    # those of the standard library would in a script without a guard.
    with Parallel(workers) as pool:
        for part in parts:
            yield part, list(pool(delayed(_one)(ref) for ref in part))


def _one(ref: ImageRef) -> Measured:
    try:
        image = open_image(ref.read_bytes(), file=ref.path)
    except ImageError as error:
        return error.message
    return measure(image)
