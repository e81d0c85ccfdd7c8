"""Runs that have next to nothing to analyze: every analysis says what it lacks, and goes on."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from tests.report.sample_run import Recipe, make_run

from mllmsent.analysis.material import Material
from mllmsent.analysis.registry import ANALYSES, analyze
from mllmsent.runs.folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SMALL = Recipe(
    n_items=12,
    schemes=("polarity3", "mikels", "valence-arousal"),
    models={"m/a": 0.8, "m/b": 0.6},
    classifiers=("linear",),
    images=False,
    resamples=100,
)

RECIPES = {
    "one system only": {"models": {"m/a": 0.8}, "pathways": ("direct",)},
    "one item": {"n_items": 1},
    "two items": {"n_items": 2},
    "nobody said what is true": {"labelled": False},
    "nothing could be read": {"status_shares": {"unparsed": 1.0}},
    "every answer failed": {"status_shares": {"failed": 1.0}},
    "everything was refused": {"status_shares": {"refused": 1.0}},
    "sets of labels": {"schemes": ("mikels-multi",)},
    "free words": {"schemes": ("free",)},
}


def one_half_each(predictions: pd.DataFrame) -> pd.DataFrame:
    """Systems that answered different items."""
    place = {name: number % 2 for number, name in enumerate(predictions["system_id"].unique())}
    half = predictions["item_id"].str[-1].astype(int) % 2
    return predictions[half == predictions["system_id"].map(place)]


def always_the_same(predictions: pd.DataFrame) -> pd.DataFrame:
    """Every answer is the same label or numbers."""
    read = predictions["status"] == "ok"
    labeled = read & predictions["label"].notna()
    predictions.loc[labeled, "label"] = predictions.loc[labeled, "scheme"].map(
        {"polarity3": "neutral", "mikels": "fear"}
    )
    values: Any = [
        None if values is None else dict.fromkeys(values, 5.0) for values in predictions["values"]
    ]
    return predictions.assign(values=values)


CHANGES: dict[str, Callable[[dict[str, Any]], None]] = {
    "no overlap of items": lambda t: t.update(predictions=one_half_each(t["predictions"])),
    "constant predictions": lambda t: t.update(predictions=always_the_same(t["predictions"])),
    "no annotations": lambda t: t.update(annotations=t["annotations"].iloc[:0]),
    "no predictions": lambda t: t.update(predictions=t["predictions"].iloc[:0]),
    "one group of all items": lambda t: t.update(items=t["items"].assign(group="all")),
    "one annotator of another culture": lambda t: t.update(
        targets=pd.concat(
            [t["targets"], t["targets"].head(1).assign(annotator_group="culture=us", n=1)]
        )
    ),
    "empty descriptions": lambda t: t.update(descriptions=t["descriptions"].assign(text="")),
}


def changed(run: RunFolder, change: Callable[[dict[str, Any]], None]) -> RunFolder:
    names = (
        "items",
        "annotations",
        "targets",
        "predictions",
        "systems",
        "responses",
        "descriptions",
    )
    tables = {name: run.table(name) for name in names}
    change(tables)
    run.write(run.study, run.manifest, tables)
    return RunFolder(run.path)


@pytest.mark.slow
@pytest.mark.parametrize("what", [*RECIPES, *CHANGES])
def test_what_cannot_be_computed_is_said_and_the_rest_goes_on(what: str, tmp_path: Path) -> None:
    recipe = dataclasses.replace(SMALL, **RECIPES.get(what, {}))  # type: ignore[arg-type]  # a table of any of its fields
    run = make_run(tmp_path / "run", recipe)
    if what in CHANGES:
        run = changed(run, CHANGES[what])
    found = analyze(Material(run), ANALYSES.names())
    for name, each in found.items():
        assert each.statements or each.lacking, f"{name} says nothing at all"
        told = [*(statement.text for statement in each.statements), *each.lacking]
        assert not [text for text in told if "nan" in text.lower().split()], name
    if what == "no overlap of items":
        lacking = found["comparison"].lacking
        assert "polarity3: pairs of systems that answered no common item: 9." in lacking
