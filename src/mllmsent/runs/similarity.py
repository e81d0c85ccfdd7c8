"""A column of the table `descriptions`: how alike the picture and its description are.

The picture is that of the item, as it is, whatever the describer was shown, so that numbers under
several conditions can be compared. How it is measured is in `text/picture_similarity.py`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.foundation.errors import InputError, MllmsentError
from mllmsent.foundation.tables import write_table
from mllmsent.models.local.dual_encoder import PROVIDER, find_dual_encoder
from mllmsent.runs.pictures import picture_refs
from mllmsent.text.picture_similarity import picture_text_likeness

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pandas as pd

    from mllmsent.data.images import ImageRef
    from mllmsent.models.local.checkpoint import Checkpoint
    from mllmsent.runs.folder import RunFolder
    from mllmsent.runs.prepare import Prepared
    from mllmsent.runs.study import Study

__all__ = [
    "CUT",
    "ENCODER",
    "SIMILARITY",
    "add_similarity",
    "moved_encoder",
    "similarity_notes",
    "study_encoder",
    "study_similarity",
]

SIMILARITY = "quality_similarity"
"""Column of `descriptions`: the similarity, missing where there is no picture or no text."""

CUT = "similarity_cut"
"""Column of `descriptions`: how many sentences were longer than the encoder reads."""

ENCODER = "similarity_encoder"
"""Column of `descriptions`: whose similarity that is, and which weights."""


def study_encoder(study: Study, base: Path) -> Checkpoint | None:
    """The encoder that a study names, found before anybody is asked; None where it names none.

    Args:
        study: The study.
        base: The folder in which its relative paths start.

    Raises:
        InputError: If nobody describes, or there is no such encoder.
        MissingExtraError: If the extra `local` is not installed.
    """
    if study.encoder is None:
        return None
    if "described" not in study.pathways:
        raise InputError(
            "An encoder measures descriptions, and nobody describes.",
            item="encoder",
            cure="Add `described` to `pathways`, or leave `encoder` out.",
        )
    return find_dual_encoder(study.encoder, base)


def moved_encoder(name: str | None, moved: Callable[[str], str]) -> str | None:
    """The encoder as it reads from another folder.

    Args:
        name: What a study says.
        moved: Gives a path of the study as it is from the other folder; what is no path as it is.
    """
    return None if name is None else PROVIDER + moved(name.removeprefix(PROVIDER))


def study_similarity(
    prepared: Prepared, descriptions: pd.DataFrame
) -> tuple[pd.DataFrame, list[str]]:
    """The descriptions of a run with what its study's encoder makes of them.

    A run is not lost for an encoder that does not load: that is told.

    Args:
        prepared: The study.
        descriptions: Table `descriptions`.

    Returns:
        The table, and what its reader must know, one sentence each.
    """
    if prepared.encoder is None or not len(descriptions):
        return descriptions, []
    items = dict.fromkeys(descriptions["item_id"].astype(str))
    shown = {item: prepared.dataset.image(item) for item in items}
    pictures = {item: ref for item, ref in shown.items() if ref is not None}
    try:
        table, why = _with_similarity(descriptions, pictures, prepared.encoder)
    except MllmsentError as error:
        told = " ".join(filter(None, (error.message, error.cure)))
        return descriptions, [f"No similarity of pictures and descriptions was measured: {told}"]
    return table, similarity_notes(table, why)


def add_similarity(run: RunFolder, encoder: str, base: Path | None = None) -> list[str]:
    """Measure the descriptions of a finished run, an imported one too, and keep it in its folder.

    Args:
        run: The run.
        encoder: `hf/OWNER/NAME` or `hf/FOLDER`.
        base: What a relative folder is relative to; by default the working directory.

    Returns:
        What a reader of the numbers must know, one sentence each.

    Raises:
        InputError: If the encoder cannot be used, the run has no descriptions or none of their
            pictures is here, or its folder cannot be written to; with the cure.
        MissingExtraError: If the extra `local` is not installed.
    """
    checkpoint = find_dual_encoder(encoder, base)
    descriptions = run.table("descriptions")
    if not len(descriptions):
        raise InputError("This run has no descriptions to measure.", file=run.path)
    if not os.access(run.path, os.W_OK):
        raise _not_written(run, "permission denied")
    items = run.table("items")
    described = items[items["item_id"].isin(descriptions["item_id"])]
    pictures, why = picture_refs(described, run.dataset_root())
    table, other = _with_similarity(descriptions, pictures, checkpoint)
    if table[SIMILARITY].isna().all():
        told = (why or other or "the items of this run have none").rstrip(".")
        raise InputError(
            f"No picture of these descriptions can be read: {told}.",
            file=run.path,
            cure="Put the dataset where the run's manifest.json says it is (`root`).",
        )
    try:
        write_table("descriptions", table, run.path / "descriptions.parquet")
    except OSError as error:
        raise _not_written(run, error.strerror or type(error).__name__) from None
    return similarity_notes(table, why or other)


def _with_similarity(
    descriptions: pd.DataFrame, pictures: Mapping[str, ImageRef], checkpoint: Checkpoint
) -> tuple[pd.DataFrame, str]:
    """Descriptions with their similarity to the pictures.

    Args:
        descriptions: Table `descriptions`.
        pictures: Item to its picture.
        checkpoint: The encoder.

    Returns:
        The table with columns `SIMILARITY`, `CUT` and `ENCODER`; and why the first picture that
        cannot be read cannot, empty where all can.

    Raises:
        InputError: If the encoder is needed and cannot be loaded.
    """
    pairs = [
        (pictures.get(str(item)), str(text))
        for item, text in zip(descriptions["item_id"], descriptions["text"], strict=True)
    ]
    found, why = picture_text_likeness(pairs, checkpoint)
    name = checkpoint.repo or checkpoint.folder.resolve().name
    columns: dict[str, Any] = {
        SIMILARITY: np.array([np.nan if each is None else each.similarity for each in found]),
        CUT: np.array([0 if each is None else each.cut for each in found], dtype=np.int64),
        ENCODER: f"{name}@{(checkpoint.revision or checkpoint.digest)[:12]}",
    }
    return descriptions.assign(**columns), why


def similarity_notes(descriptions: pd.DataFrame, why: str = "") -> list[str]:
    """What a reader of similarities must know, one sentence each.

    Args:
        descriptions: Table `descriptions`; of one without similarities there is nothing to say.
        why: Why a picture could not be read, where that is known.
    """
    if SIMILARITY not in descriptions or ENCODER not in descriptions or CUT not in descriptions:
        return []
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    n = len(descriptions)
    missing = int(descriptions[SIMILARITY].isna().sum())
    # An imported table may have anything in a column of this name.
    cuts = pd.to_numeric(descriptions[CUT], errors="coerce").fillna(0)
    cut, sentences = int((cuts > 0).sum()), int(cuts.sum())
    notes = []
    if missing:
        reason = why.rstrip(".") or "they have no picture that can be read, or no words"
        notes.append(
            f"{missing:,} of {n:,} descriptions have no similarity to a picture: {reason}."
        )
    if cut:
        name = str(descriptions[ENCODER].iloc[0])
        notes.append(
            f"In {cut:,} of {n:,} descriptions, {sentences:,} sentences are longer than {name} reads; "
            "their ends are not in the similarity."
        )
    return notes


def _not_written(run: RunFolder, reason: str) -> InputError:
    return InputError(
        f"The run folder cannot be written to: {reason.lower()}.",
        file=run.path,
        cure="Copy the run to a folder of your own.",
    )
