"""Published descriptions with their labels and folds, and how well somebody reads them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from benchmarks.text_classifiers import read_cell
from sklearn.metrics import f1_score

from mllmsent.data import FoldWarning, load_dataset

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from mllmsent.affect import Scheme

_DRAWS = 500


@dataclass(frozen=True)
class Rows:
    """Texts, their labels and their folds."""

    scheme: Scheme
    texts: list[str]
    labels: NDArray[Any]
    folds: NDArray[np.int64]

    def only(self, rows: NDArray[np.intp]) -> Rows:
        """Some of them, in an order."""
        return replace(
            self,
            texts=[self.texts[row] for row in rows],
            labels=self.labels[rows],
            folds=self.folds[rows],
        )

    def said(self, scores: Any) -> NDArray[Any]:
        """The label of each row that scores decide for."""
        names = np.array(self.scheme.label_names, dtype=object)
        return np.asarray(names[scores.argmax(axis=1)])

    def weighted_f1(self, said: NDArray[Any]) -> float:
        """The mean over the folds."""
        parts = [self.folds == fold for fold in np.unique(self.folds)]
        each = [f1_score(self.labels[p], said[p], average="weighted") for p in parts]
        return round(float(np.mean(each)), 4)

    def difference(self, one: list[NDArray[Any]], other: list[NDArray[Any]]) -> dict[str, Any]:
        """How much better one way reads than the other: the mean over pairs, with its interval.

        Args:
            one: What each of several trainings says.
            other: What the same trainings, the other way, say.
        """

        def better(rows: NDArray[np.intp]) -> float:
            truth = self.labels[rows]
            return float(
                np.mean(
                    [
                        f1_score(truth, a[rows], average="weighted")
                        - f1_score(truth, b[rows], average="weighted")
                        for a, b in zip(one, other, strict=True)
                    ]
                )
            )

        n = len(self.labels)
        random = np.random.default_rng(0)
        drawn = [better(random.integers(n, size=n)) for _ in range(_DRAWS)]
        low, high = np.percentile(drawn, [2.5, 97.5])
        return {
            "weighted_f1": round(better(np.arange(n)), 4),
            "interval": [round(float(low), 4), round(float(high), 4)],
        }


def published(folder: Path) -> Rows:
    """P3, sigma 3, by GPT-4o mini, in an order that a seed decides."""
    warnings.simplefilter("ignore", FoldWarning)
    dataset = load_dataset("published-descriptions", root=folder)
    cell = read_cell(dataset, "P3", 3, ["gpt-4o-mini"])
    whole = Rows(cell.scheme, cell.texts["gpt-4o-mini"], cell.labels.astype(object), cell.folds)
    return whole.only(np.random.default_rng(0).permutation(len(cell.ids)))
