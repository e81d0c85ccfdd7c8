"""Text classifiers on the published descriptions of PerceptSent, on the published folds.

    python benchmarks/text_classifiers.py ../shared/data/published-descriptions [--seeds 3]

Prints, for each problem and describer, the mean over the folds of weighted and macro F1. Nothing is
chosen by these numbers: options are the classifiers' defaults, and whatever a classifier chooses it
chooses within each training fold. Seeds move only those inner choices; several show how far.
"""

from __future__ import annotations

import time
import warnings
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

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
from mllmsent.text import CLASSIFIERS, OutOfFold, cross_validate, get_classifier

if TYPE_CHECKING:
    from numpy.typing import NDArray

PROBLEMS = [("P3", 3), ("P3", 5), ("P5", 3), ("P5", 5)]


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--seeds", default=1, show_default=True, help="How many seeds to try.")
def main(folder: Path, seeds: int) -> None:
    """Measure every classifier on the published descriptions in FOLDER."""
    warnings.simplefilter("ignore", FoldWarning)
    dataset = load_dataset("published-descriptions", root=folder)
    describers = sorted(dataset.descriptions["describer"].unique())
    print("problem sigma describer     classifier seed  weighted  macro  seconds")
    for problem, sigma in PROBLEMS:
        targets = compute_targets(dataset, TargetSpec(problem=problem, min_agreement=sigma))
        folds = assign_folds(dataset.items, targets, FoldSpec(kind="published"))
        labels = np.array(
            [str(label) for label in targets.set_index("item_id")["label"].loc[folds.index]]
        )
        scheme = get_scheme(str(targets["scheme"].iloc[0]))
        for describer in describers:
            rows = dataset.descriptions[dataset.descriptions["describer"] == describer]
            texts = rows.set_index("item_id")["text"].loc[folds.index].astype(str).tolist()
            for name in CLASSIFIERS.names():
                classifier = get_classifier(name, scheme)
                if classifier.supports(scheme) is not None:
                    continue
                for seed in range(seeds if classifier.trains else 1):
                    began = time.perf_counter()
                    result = cross_validate(
                        partial(get_classifier, name, scheme),
                        texts,
                        labels.tolist(),
                        folds.to_numpy(dtype=np.int64),
                        scheme=scheme,
                        ids=[str(item) for item in folds.index],
                        seed=seed,
                    )
                    took = time.perf_counter() - began
                    scores = [mean_f1(result, labels, average) for average in ("weighted", "macro")]
                    print(
                        f"{problem:7} {sigma:5} {describer:13} {name:10} {seed:4} "
                        f"{scores[0]:9.4f} {scores[1]:6.4f} {took:8.1f}",
                        flush=True,
                    )


def mean_f1(result: OutOfFold, labels: NDArray[np.str_], average: str) -> float:
    """The mean over the folds of one F1."""
    said = np.array(["|".join(names) for names in result.labels()])
    return float(
        np.mean(
            [
                f1_score(
                    labels[result.folds == fold], said[result.folds == fold],
                    average=average, zero_division=0,
                )
                for fold in np.unique(result.folds)
            ]
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()
