"""Published experiments with a file of scores: whether their rows give what the file says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.data import get_problem
from mllmsent.metrics import fold_mean, get_metric, label_sample
from mllmsent.runs.imports.asking import CodeTables
from mllmsent.runs.imports.experiments import find_experiments
from mllmsent.runs.imports.logs import read_logs
from mllmsent.runs.imports.reading import Reading

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["raw_scores"]

_FOLDER = "published-raw"


def raw_scores(folder: Path) -> list[dict[str, Any]]:
    """Weighted F1 by their file and by their rows; empty where the folder has no such experiments.

    Args:
        folder: The published data.

    Returns:
        For each experiment its name, both means over the folds, and the largest difference of a
        fold.

    Raises:
        InputError: If a file cannot be read.
    """
    place = folder / _FOLDER
    if not place.is_dir():
        return []
    found = []
    for experiment in find_experiments([place]):
        if experiment.summary is None:
            continue
        read = read_logs(
            [experiment.folder], codes=CodeTables(), reading=Reading(), given={},
            progress=lambda *_: None,
        )  # fmt: skip
        claims = {
            claim.fold: claim.value
            for claim in read.claims
            if claim.metric == "f1_score" and claim.fold is not None
        }
        codes = {str(code): label for code, label in get_problem(experiment.problem).codes.items()}
        sample = label_sample(
            [codes[target] for sheet in read.sheets for target in sheet.raw_targets],
            [codes[label] for sheet in read.sheets for label in sheet.raw_labels],
            tuple(codes.values()),
        )
        folds = [sheet.fold for sheet in read.sheets for _ in sheet.ids]
        ours = fold_mean(get_metric("weighted_f1"), sample, folds)
        found.append(
            {
                "experiment": f"{experiment.folder.parent.name}/{experiment.folder.name}",
                "claimed": sum(claims.values()) / len(claims),
                "recomputed": ours.mean.value,
                "largest_difference": max(
                    abs(score - claims[fold])  # type: ignore[index] # folds are numbers here
                    for fold, score in ours.by_fold.items()
                ),
            }
        )
    return found
