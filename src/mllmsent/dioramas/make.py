"""Making the sample dataset: a folder with pictures, masks, truth, annotations and a card."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from mllmsent.dioramas.annotators import annotate, annotators_version
from mllmsent.dioramas.causes import causes_version, explain, feeling
from mllmsent.dioramas.describe import describe, true_reading
from mllmsent.dioramas.oracle import oracle_scores
from mllmsent.dioramas.painting import MASK_FOLDER, PICTURE_FOLDER
from mllmsent.dioramas.painting_shares import paint_dataset
from mllmsent.dioramas.recipe import AGREEING, Recipe
from mllmsent.dioramas.scene import DIORAMAS_VERSION
from mllmsent.foundation import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from mllmsent.data import Dataset
    from mllmsent.dioramas.annotators import Annotation
    from mllmsent.dioramas.sampling import Diorama

__all__ = ["dioramas_dataset", "make_dioramas"]

_OURS = {
    PICTURE_FOLDER,
    MASK_FOLDER,
    "scenes.jsonl",
    "items.csv",
    "annotations.csv",
    "descriptions.csv",
    "dataset.yaml",
    "README.md",
}


def make_dioramas(
    out: Path,
    *,
    n: int,
    seed: int,
    size: int = 384,
    balanced: str | None = None,
    progress: Callable[[int], None] | None = None,
    workers: int | None = None,
) -> Path:
    """Draw the sample dataset into a folder.

    The folder then holds `images/`, `masks/` (see `load_masks`), `scenes.jsonl` (every factor, the
    truth, what causes it, the masks' elements), `annotations.csv`, `items.csv`, `descriptions.csv`
    (truthful ones), the card `dataset.yaml`, which is written last, and a README.

    Args:
        out: The folder; made if absent. A folder with anything else in it is refused.
        n: Number of dioramas.
        seed: Seed of everything.
        size: Width and height of the pictures in pixels.
        balanced: The scheme over whose classes the annotators' majorities fall evenly: "polarity3",
            "polarity5" or "mikels"; see `Recipe`. None takes scenes as they come.
        progress: Called with the number of pictures drawn so far.
        workers: Drawing processes; by default one per processor.

    Returns:
        `out`.

    Raises:
        InputError: If a number is out of range, there is no such balance, or the folder holds
            something else.
    """
    recipe = Recipe(n, seed, size, balanced)
    _prepare(out)
    dioramas = recipe.dioramas()
    elements = paint_dataset(
        out, recipe, dioramas, progress=progress or (lambda _done: None), workers=workers
    )
    annotations = [vote for diorama in dioramas for vote in annotate(diorama, seed)]
    _write_scenes(out, dioramas, elements)
    _write_csv(out / "items.csv", _item_rows(dioramas))
    _write_csv(out / "annotations.csv", _annotation_rows(annotations))
    _write_csv(
        out / "descriptions.csv",
        ({"item_id": d.item_id, "describer": "truth", "text": describe(d.scene)} for d in dioramas),
    )
    (out / "README.md").write_text(_readme(dioramas, recipe), encoding="utf-8")
    card = files("mllmsent.dioramas").joinpath("card.yaml").read_text(encoding="utf-8")
    version = f'version: "{recipe.version}"'
    (out / "dataset.yaml").write_text(card.replace('version: "0"', version), encoding="utf-8")
    return out


def dioramas_dataset(
    n: int, seed: int, cache: Path, *, size: int = 384, balanced: str | None = None
) -> Dataset:
    """The sample dataset, drawn into a folder of `cache` unless it is there already.

    Args:
        n: Number of dioramas.
        seed: Seed of everything.
        cache: Folder that holds made datasets.
        size: Width and height of the pictures in pixels.
        balanced: As `make_dioramas` takes it.

    Raises:
        InputError: If a number is out of range, or there is no such balance.
    """
    from mllmsent.data import load_dataset  # noqa: PLC0415 - draws on pandas

    folder = cache / Recipe(n, seed, size, balanced).folder
    if not (folder / "dataset.yaml").exists():
        make_dioramas(folder, n=n, seed=seed, size=size, balanced=balanced)
    return load_dataset(folder)


def _prepare(out: Path) -> None:
    """Make the folder, or clear it of an earlier, perhaps unfinished, making."""
    if out.exists() and not out.is_dir():
        raise InputError("This is a file; dioramas need a folder.", file=out)
    if out.is_dir():
        foreign = sorted(entry.name for entry in out.iterdir() if entry.name not in _OURS)
        if foreign:
            raise InputError(
                f"This folder holds something else: {foreign[0]}.",
                file=out,
                cure="Name a new folder, or an empty one.",
            )
    (out / "dataset.yaml").unlink(missing_ok=True)
    for name in (PICTURE_FOLDER, MASK_FOLDER):
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("diorama-*.png"):
            old.unlink()


def _write_scenes(
    out: Path, dioramas: Sequence[Diorama], elements: dict[str, list[dict[str, Any]]]
) -> None:
    with (out / "scenes.jsonl").open("w", encoding="utf-8") as file:
        for diorama in dioramas:
            felt = feeling(diorama.scene)
            row = {
                "item_id": diorama.item_id,
                "image": f"{PICTURE_FOLDER}/{diorama.item_id}.png",
                "mask": f"{MASK_FOLDER}/{diorama.item_id}.png",
                "group": diorama.group,
                "twin_of": diorama.twin_of,
                "changed": diorama.changed,
                "scene": diorama.scene.as_dict(),
                "truth": {
                    "valence": round(felt.valence, 4),
                    "arousal": round(felt.arousal, 4),
                    "polarity5": felt.polarity,
                    "mikels": felt.emotion,
                    "mikels_scores": {k: round(v, 4) for k, v in felt.emotion_scores.items()},
                },
                "causes": [
                    {
                        "factor": cause.factor,
                        "value": cause.value,
                        "kind": cause.kind,
                        "elements": list(cause.elements),
                        "valence": round(cause.valence, 4),
                        "arousal": round(cause.arousal, 4),
                    }
                    for cause in explain(diorama.scene)
                ],
                "reading": true_reading(diorama.scene),
                "elements": elements[diorama.item_id],
            }
            file.write(json.dumps(row) + "\n")


def _item_rows(dioramas: Iterable[Diorama]) -> Iterable[dict[str, Any]]:
    for diorama in dioramas:
        scene, felt = diorama.scene, feeling(diorama.scene)
        faces = sorted({subject.expression for subject in scene.subjects})
        yield {
            "item_id": diorama.item_id,
            "image": f"{PICTURE_FOLDER}/{diorama.item_id}.png",
            "group": diorama.group,
            "setting": scene.setting,
            "time": scene.time,
            "weather": scene.weather,
            "light": scene.light,
            "palette": scene.palette,
            "company": scene.company,
            "expression": faces[0] if len(faces) == 1 else "mixed" if faces else "none",
            "objects": "; ".join(scene.objects) or "none",
            "twin_of": diorama.twin_of,
            "changed": diorama.changed,
            "true_valence": f"{felt.valence:.4f}",
            "true_arousal": f"{felt.arousal:.4f}",
            "true_polarity5": felt.polarity,
            "true_mikels": felt.emotion,
        }


def _annotation_rows(annotations: Iterable[Annotation]) -> Iterable[dict[str, Any]]:
    for annotation in annotations:
        yield {
            "item_id": annotation.item_id,
            "annotator_id": annotation.annotator.annotator_id,
            "cohort": annotation.annotator.cohort,
            "age_band": annotation.annotator.age_band,
            "polarity5": annotation.polarity5,
            "mikels": annotation.mikels,
            "valence": annotation.valence,
            "arousal": annotation.arousal,
        }


def _write_csv(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    import csv  # noqa: PLC0415 - only here

    listed = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(listed[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(listed)


def _readme(dioramas: Sequence[Diorama], recipe: Recipe) -> str:
    template = files("mllmsent.dioramas").joinpath("readme.md").read_text(encoding="utf-8")
    scores = oracle_scores(dioramas, recipe.seed)
    table = "\n".join(
        f"| {score.scheme} | {score.min_agreement} | "
        + (f"{score.accuracy:.3f}" if score.n else "-")
        + f" | {score.n} |"
        for score in scores
    )
    balance = (
        ""
        if recipe.balanced is None
        else f"- balanced over {recipe.balanced}: on every item at least {AGREEING} of the five "
        "annotators agree,\n  and their labels fall evenly over its classes. Scenes that do not fit "
        "are left out, so numbers\n  have gaps; a twin whose original is left out names none\n"
    )
    return template.format(
        n=recipe.n,
        seed=recipe.seed,
        size=recipe.size,
        balance=balance,
        options=recipe.options,
        version=DIORAMAS_VERSION,
        causes=causes_version(),
        annotators=annotators_version(),
        oracle=table,
        groups=len({diorama.group for diorama in dioramas}),
    )
