"""The paper's four cells, beaten or not by a reader that learns in minutes on two CPU cores.

    python -m benchmarks.reproduce [--data FOLDER] [--seeds 10] [--out FOLDER]

(`make reproduce` does it from a fresh clone: `make reproduce DATA=FOLDER SEEDS=10`.)

For each cell of arXiv 2508.16873 (problems P3 and P5, sigma 3 and 5, descriptions by GPT-4o mini, the
published folds): what was published of a fine-tuned ModernBERT-large, the same recomputed from its
rows, and what `fusion` reaches with its default options. Where five annotators had to agree, it
learns from the items on which fewer agree too; no item that is tested is ever learned from. The
difference is paired: the same items are drawn again for both. `--seeds` divides the items anew as
often as is said (`KFold`, shuffled by 1000, 1001, ...), in folds that nothing was chosen by.

The table goes to standard output, and with JSON into the folder of results.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
import time
import warnings
from dataclasses import asdict, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from benchmarks.published import CELLS, PublishedCell, find_data, read_cells
from benchmarks.raw_scores import raw_scores
from benchmarks.reproduced import Comparison, SeedScores, markdown
from benchmarks.text_classifiers import options_of, packaged_model
from sklearn.model_selection import KFold

from mllmsent.cli.work import WorkBars
from mllmsent.foundation import InputError, MllmsentError
from mllmsent.foundation.work import watching
from mllmsent.metrics import (
    LabelSample,
    Resampling,
    Score,
    fold_mean,
    fold_mean_difference,
    get_metric,
    label_sample,
    score_difference,
)
from mllmsent.text import LeakageWarning, cross_validate, get_classifier

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

PUBLISHED = {("P3", 3): 0.7754, ("P3", 5): 0.9581, ("P5", 3): 0.5723, ("P5", 5): 0.8445}
"""Weighted F1 of ModernBERT-large, fine-tuned, as published."""
FIRST_SEED = 1000
RESULTS = Path(__file__).parent / "results"
_BY_VECTORS = ("embedding", "fusion")


@click.command()
@click.option("--data", type=click.Path(path_type=Path), help="Folder of the published data.")
@click.option(
    "--seeds", type=click.IntRange(0, 1000), default=0, show_default=True,
    help="New divisions to confirm by.",
)  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), default=RESULTS, help="Folder of results.")
@click.option("--classifier", default="fusion", show_default=True, help="Who reads.")
@click.option("--sentence-model", help="A sentence-transformers model: a folder or OWNER/NAME.")
@click.option(
    "--workers", type=click.IntRange(1),
    help="Processes that share the folds; by default one a core.",
)  # fmt: skip
def main(
    *,
    data: Path | None,
    seeds: int,
    out: Path,
    classifier: str,
    sentence_model: str | None,
    workers: int | None,
) -> None:
    """Print the table, and write it as JSON and Markdown."""
    try:
        _writable(out)
        with WorkBars() as bars, watching(bars):
            result = reproduce(
                data, seeds=seeds, classifier=classifier, sentence_model=sentence_model,
                workers=workers or os.cpu_count() or 1,
            )  # fmt: skip
            page = markdown(result)
            write(out, result, page)
    except MllmsentError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)
    click.echo(page)


def reproduce(
    data: Path | None,
    *,
    seeds: int = 0,
    classifier: str = "fusion",
    sentence_model: str | None = None,
    workers: int = 1,
) -> dict[str, Any]:
    """Everything the table shows, as plain JSON.

    Args:
        data: Folder of the published data; None where it is by default, or fetched.
        seeds: How many new divisions to confirm by.
        classifier: Who reads, by name.
        sentence_model: The model of whoever reads by sentence vectors; by default a package's.
        workers: Processes that share the folds.

    Raises:
        InputError: If the data is not there, or not whole.
    """
    folder = find_data(data)
    cells = {(cell.problem, cell.sigma): cell for cell in read_cells(folder)}
    options: Mapping[str, Any] = {}
    began = time.perf_counter()
    if classifier in _BY_VECTORS:
        options = options_of(sentence_model or packaged_model())[classifier]
        get_classifier(classifier, cells["P3", 3].scheme, options).fit(
            # Learning once from everything has each text's vector computed, before the processes
            # that share the folds would each compute their own. What it learned is let go.
            cells["P3", 3].texts, cells["P3", 3].labels.astype(object), seed=0
        )  # fmt: skip
    vectors_s = time.perf_counter() - began
    compared, confirmed = [], []
    for place in CELLS:
        cell = cells[place]
        read = partial(_read, cell, cells[cell.problem, 3], classifier, options, workers=workers)
        click.echo(f"{cell.problem}, sigma {cell.sigma}: {len(cell.ids)} items", err=True)
        began = time.perf_counter()
        ours = read(cell.folds)
        compared.append(compare(cell, ours, time.perf_counter() - began))
        if seeds:
            new = [FIRST_SEED + number for number in range(seeds)]
            folds = [_divided(len(cell.ids), seed) for seed in new]
            said = []
            for number, each in enumerate(folds, start=1):
                said.append(read(each))
                click.echo(f"  seed {number} of {seeds}", err=True)
            confirmed.append(confirm(cell, said, folds, new))
    return {
        "reader": {"classifier": classifier, "options": _without_folders(options)},
        "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
        "versions": {
            name: version(name) for name in ("mllmsent", "scikit-learn", "sentence-transformers")
        },
        "preparation_seconds": round(vectors_s, 1),
        "cells": [asdict(each) for each in compared],
        "new_seeds": [asdict(each) for each in confirmed],
        "raw": raw_scores(folder),
    }


def _read(
    cell: PublishedCell,
    lower: PublishedCell,
    classifier: str,
    options: Mapping[str, Any],
    folds: NDArray[np.int64],
    *,
    workers: int,
) -> NDArray[np.str_]:
    """(n,) what is said of each item by who has learned from other folds, and from lower agreement."""
    tested = set(cell.ids)
    more = [row for row, item in enumerate(lower.ids) if item not in tested]
    with warnings.catch_warnings():
        # The published items hold a few images twice; the published folds do not know.
        warnings.simplefilter("ignore", LeakageWarning)
        result = cross_validate(
            partial(get_classifier, classifier, cell.scheme, options),
            [*cell.texts, *(lower.texts[row] for row in more)],
            [*cell.labels, *(lower.labels[row] for row in more)],
            np.concatenate([folds, np.full(len(more), -1)]),
            scheme=cell.scheme,
            ids=[*cell.ids, *(lower.ids[row] for row in more)],
            workers=workers,
        )
    return np.array(["|".join(names) for names in result.labels()[: len(cell.ids)]])


def compare(cell: PublishedCell, ours: NDArray[np.str_], seconds: float) -> Comparison:
    """A cell on its published folds."""
    theirs_sample, ours_sample = _sample(cell, cell.predicted), _sample(cell, ours)
    weighted, macro = get_metric("weighted_f1"), get_metric("macro_f1")
    theirs = fold_mean(weighted, theirs_sample, cell.folds).mean
    return Comparison(
        problem=cell.problem,
        sigma=cell.sigma,
        n=len(cell.ids),
        published=PUBLISHED[cell.problem, cell.sigma],
        recomputed=_told(theirs),
        recomputed_macro=_told(fold_mean(macro, theirs_sample, cell.folds).mean),
        ours=_told(fold_mean(weighted, ours_sample, cell.folds).mean),
        ours_macro=_told(fold_mean(macro, ours_sample, cell.folds).mean),
        difference=_told(fold_mean_difference(weighted, ours_sample, theirs_sample, cell.folds)),
        difference_macro=_told(fold_mean_difference(macro, ours_sample, theirs_sample, cell.folds)),
        seconds=round(seconds, 1),
    )


def confirm(
    cell: PublishedCell,
    said: Sequence[NDArray[np.str_]],
    folds: Sequence[NDArray[np.int64]],
    seeds: Sequence[int],
) -> SeedScores:
    """A cell on new divisions; theirs keep the folds that they were published in."""
    weighted, macro = get_metric("weighted_f1"), get_metric("macro_f1")
    scores: dict[str, list[float]] = {"weighted_f1": [], "macro_f1": []}
    few = Resampling(n_resamples=100)  # of these the intervals are not told
    for labels, fold in zip(said, folds, strict=True):
        sample = _sample(cell, labels)
        scores["weighted_f1"].append(fold_mean(weighted, sample, fold, few).mean.value)
        scores["macro_f1"].append(fold_mean(macro, sample, fold, few).mean.value)
    # All divisions of an item move with it.
    times = len(seeds)
    together = replace(cell, ids=cell.ids * times, labels=np.tile(cell.labels, times))
    ours = _sample(together, np.concatenate(said))
    theirs = _sample(together, np.tile(cell.predicted, times))
    return SeedScores(
        problem=cell.problem,
        sigma=cell.sigma,
        seeds=tuple(seeds),
        weighted_f1=tuple(scores["weighted_f1"]),
        macro_f1=tuple(scores["macro_f1"]),
        difference=_told(score_difference(weighted, ours, theirs)),
        difference_macro=_told(score_difference(macro, ours, theirs)),
    )


def _sample(cell: PublishedCell, said: NDArray[np.str_]) -> LabelSample:
    answers = [str(label) if label else None for label in said]
    return label_sample(cell.labels.tolist(), answers, cell.scheme.label_names, list(cell.ids))


def _told(score: Score) -> tuple[float, float, float]:
    return score.value, score.interval.low, score.interval.high


def _divided(n: int, seed: int) -> NDArray[np.int64]:
    folds = np.zeros(n, dtype=np.int64)
    parts = KFold(5, shuffle=True, random_state=seed).split(np.arange(n))
    for fold, (_, test) in enumerate(parts, start=1):
        folds[test] = fold
    return folds


def _without_folders(options: Any) -> Any:
    """The same without where on this machine a model lies."""
    if isinstance(options, dict):
        return {name: _without_folders(value) for name, value in options.items()}
    if isinstance(options, (list, tuple)):
        return [_without_folders(each) for each in options]
    if isinstance(options, str) and Path(options).is_dir():
        return Path(options).name
    return options


def write(out: Path, result: Mapping[str, Any], page: str) -> None:
    """Write both files into a folder that is there."""
    text = json.dumps(result, indent=2, allow_nan=False)
    (out / "reproduce.json").write_text(text + "\n", encoding="utf-8")
    (out / "reproduce.md").write_text(page + "\n", encoding="utf-8")


def _writable(out: Path) -> None:
    """Better known before minutes of work than after."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise InputError(
            f"Nothing can be written here: {error.strerror}.",
            file=out,
            cure="Name another folder with --out (make reproduce OUT=FOLDER).",
        ) from None


if __name__ == "__main__":
    main()
