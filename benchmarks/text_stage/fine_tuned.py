"""Fine-tuning in batches of texts of one length, beside the same with every text filled up."""

from __future__ import annotations

import os
import tempfile
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
from benchmarks.text_stage.checkpoint import CONTEXT
from benchmarks.text_stage.clock import Took
from benchmarks.text_stage.fixed_padding import fixed_padding

from mllmsent.text.transformer.classifier import TransformerClassifier
from mllmsent.text.transformer.options import TransformerOptions

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from benchmarks.text_stage.published import Rows
    from numpy.typing import NDArray

BATCH = 16


def measure_fine_tuned(
    model: Path, rows: Rows, learned_from: int, epochs: int, rounds: int
) -> dict[str, Any]:
    """Both in turns: the same loop, rates, epochs and number of texts in a batch.

    Args:
        model: A checkpoint.
        rows: What is read; the last fold is tested.
        learned_from: Texts of the other folds that are learned from.
        epochs: Epochs, none of them spared.
        rounds: How often, each with a seed of its own.
    """
    options = TransformerOptions(
        model=str(model),
        training="fine-tuned",
        epochs=epochs,
        patience=epochs,
        learning_rate=1e-3,
        batch_tokens=BATCH * CONTEXT,
    )
    is_tested = rows.folds == rows.folds.max()
    train = rows.only(np.flatnonzero(~is_tested)[:learned_from])
    test = rows.only(np.flatnonzero(is_tested))

    def once(seed: int) -> tuple[Took, NDArray[Any]]:
        classifier = TransformerClassifier(rows.scheme, options)
        # Where a training is remembered, the other way to pad would be taken for it.
        with (
            tempfile.TemporaryDirectory() as fresh,
            patch.dict(os.environ, {"MLLMSENT_CACHE": fresh}),
        ):
            took, _ = Took.of(lambda: classifier.fit(train.texts, train.labels, seed=seed))
        learning = sum(row["seconds"] for row in classifier.fitted["epochs"])
        return Took(learning, took.processor), test.said(classifier.predict(test.texts))

    ways: dict[str, Callable[[], AbstractContextManager[None]]] = {
        "bucketed": nullcontext,
        "fixed": fixed_padding,
    }
    times: dict[str, list[Took]] = {name: [] for name in ways}
    said: dict[str, list[NDArray[Any]]] = {name: [] for name in ways}
    for number in range(rounds):
        for name, way in ways.items():
            with way():
                took, found = once(number)
            times[name].append(took)
            said[name].append(found)
    medians = {name: Took.median(each) for name, each in times.items()}
    return {
        "texts": len(train.texts),
        "epochs": epochs,
        "rounds": rounds,
        "seconds": {name: took.told() for name, took in medians.items()},
        "times": medians["fixed"].over(medians["bucketed"]),
        "tested_on": len(test.texts),
        "weighted_f1": {
            name: [test.weighted_f1(one) for one in each] for name, each in said.items()
        },
        "bucketed_less_fixed": test.difference(said["bucketed"], said["fixed"]),
    }
