"""A frozen transformer: here, beside a loop that has it read every text in every epoch."""

from __future__ import annotations

import os
import tempfile
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
import torch
from benchmarks.text_stage.checkpoint import CONTEXT
from benchmarks.text_stage.clock import Took
from benchmarks.text_stage.fixed_padding import fixed_padding
from sklearn.metrics import f1_score

from mllmsent.text import cross_validate
from mllmsent.text.transformer import features
from mllmsent.text.transformer.backbone import find_backbone, open_backbone
from mllmsent.text.transformer.classifier import TransformerClassifier
from mllmsent.text.transformer.inner_split import hold_out
from mllmsent.text.transformer.options import TransformerOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from benchmarks.text_stage.published import Rows
    from numpy.typing import NDArray

    from mllmsent.text import OutOfFold
    from mllmsent.text.transformer.backbone import Backbone

    Vectors = Callable[[Sequence[int]], torch.Tensor]

MOST_EPOCHS, PATIENCE, BATCH = 100, 25, 16


def measure_frozen(model: Path, rows: Rows, rounds: int) -> dict[str, Any]:
    """Both in turns: all five folds here, and one epoch of one fold of the loop.

    Args:
        model: A checkpoint.
        rows: What is read.
        rounds: How often.
    """
    # The loop's head is a softmax whose texts count the same, and so is this one's.
    options = TransformerOptions(
        model=str(model), training="frozen", head="nominal", class_weight="none"
    ).resolved()
    with fixed_padding():
        reader = open_backbone(find_backbone(options), options)
    ids = reader.tokens.encode(rows.texts, CONTEXT).ids
    folds = [int(fold) for fold in np.unique(rows.folds)]
    here: list[Took] = []
    an_epoch: list[Took] = []
    for number in range(rounds):
        took, result = Took.of(partial(_here, rows, options))
        here.append(took)
        one = partial(
            _Loop(
                lambda at: reader.vectors([ids[row] for row in at]),
                rows,
                folds[number % len(folds)],
            ).epoch
        )
        an_epoch.append(Took.of(one)[0])
    told: list[NDArray[Any]] = []
    ran: list[int] = []
    known = _read_all(reader, ids)
    for honest in (True, False):
        said = np.empty(len(rows.texts), dtype=object)
        ran = []
        for fold in folds:
            loop = _Loop(lambda at: known[at], rows, fold)
            epochs, said[rows.folds == fold] = loop.whole(honest=honest)
            ran.append(epochs)
        told.append(said)
    ours = rows.said(result.scores)
    whole = Took.median(an_epoch).times(sum(ran))
    return {
        "texts": len(rows.texts),
        "rounds": rounds,
        "seconds_here": Took.median(here).told(),
        "epochs_here": [len(fit.chosen["epochs"]) for fit in result.fits],
        "seconds_an_epoch_of_the_loop": Took.median(an_epoch).told(),
        "epochs_of_the_loop": ran,
        "seconds_of_the_loop_extrapolated": whole.told(),
        "times": whole.over(Took.median(here)),
        "weighted_f1": {
            "here": rows.weighted_f1(ours),
            "loop, epoch chosen on held-out training texts": rows.weighted_f1(told[0]),
            "loop, epoch chosen on the test fold": rows.weighted_f1(told[1]),
        },
        "here_less_loop_that_chose_as_here": rows.difference([ours], [told[0]]),
    }


def _here(rows: Rows, options: TransformerOptions) -> OutOfFold:
    """All folds, with nothing remembered."""
    features._KNOWN.clear()  # noqa: SLF001 - a fresh process would have none
    with (
        tempfile.TemporaryDirectory() as fresh,
        patch.dict(os.environ, {"MLLMSENT_CACHE": fresh}),
    ):
        return cross_validate(
            partial(TransformerClassifier, rows.scheme, options),
            rows.texts,
            rows.labels,
            rows.folds,
            scheme=rows.scheme,
        )


def _read_all(backbone: Backbone, ids: Sequence[Sequence[int]]) -> torch.Tensor:
    with torch.no_grad():
        return torch.cat(
            [backbone.vectors(ids[at : at + BATCH]) for at in range(0, len(ids), BATCH)]
        )


class _Loop:
    """One fold of the loop.

    Args:
        vectors: Gives vectors of rows.
        rows: What is read.
        fold: Which is tested.
    """

    def __init__(self, vectors: Vectors, rows: Rows, fold: int) -> None:
        torch.manual_seed(fold)
        self._vectors, self._rows, self._fold = vectors, rows, fold
        self._train = np.flatnonzero(rows.folds != fold)
        self._test = np.flatnonzero(rows.folds == fold)
        self._codes = torch.tensor([rows.scheme.label_names.index(label) for label in rows.labels])
        width = vectors([0]).shape[1]
        self._head = torch.nn.Linear(width, len(rows.scheme.labels))
        self._optimizer = torch.optim.AdamW(self._head.parameters(), lr=1e-3)
        self._number = 0

    def epoch(self) -> NDArray[Any]:
        """Learn from every training text once, then read every test text; what is said of these."""
        train = np.random.default_rng([self._fold, self._number]).permutation(self._train)
        self._number += 1
        for at in range(0, len(train), BATCH):
            rows = train[at : at + BATCH].tolist()
            with torch.no_grad():
                seen = self._vectors(rows)
            loss: Any = torch.nn.functional.cross_entropy(self._head(seen), self._codes[rows])
            self._optimizer.zero_grad()
            loss.backward()
            self._optimizer.step()
        return self._said(self._test)

    def whole(self, *, honest: bool) -> tuple[int, NDArray[Any]]:
        """All epochs: how many there were, and what the best one says of the test texts.

        Args:
            honest: Whether the best one is found by training texts that are held out; else by the
                test fold, as the published code does.
        """
        chosen_by = self._test
        if honest:
            labels = self._rows.labels[self._train]
            kept, held = hold_out(self._rows.scheme, labels, None, 0.1, self._fold)
            self._train, chosen_by = self._train[kept], self._train[held]
        best, best_f1, waited = self._said(self._test), -1.0, 0
        while self._number < MOST_EPOCHS and waited < PATIENCE:
            said = self.epoch()
            read = self._said(chosen_by) if honest else said
            f1 = float(f1_score(self._rows.labels[chosen_by], read, average="weighted"))
            waited += 1
            if f1 > best_f1:
                best, best_f1, waited = said, f1, 0
        return self._number, best

    def _said(self, rows: NDArray[np.intp]) -> NDArray[Any]:
        with torch.no_grad():
            parts = [
                self._head(self._vectors(rows[at : at + BATCH].tolist()))
                for at in range(0, len(rows), BATCH)
            ]
        return self._rows.said(torch.cat(parts).numpy())
