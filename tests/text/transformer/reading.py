"""Texts that say plainly what they are, and classifiers that read them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from tests.text.corpus import FILLER, WORDS

from mllmsent.affect import get_scheme
from mllmsent.text.transformer.classifier import TransformerClassifier
from mllmsent.text.transformer.options import TransformerOptions

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from mllmsent.affect import Scheme
    from mllmsent.text.interface import Floats

POLARITY = get_scheme("polarity3")

_FAR = {"head_learning_rate": 1e-2, "batch_size": 8, "epochs": 10, "patience": 10}
QUICK: dict[str, dict[str, Any]] = {
    "frozen": {"head_learning_rate": 1e-2, "epochs": 60},
    "fine-tuned": {"learning_rate": 5e-3, **_FAR},
    "lora": {"learning_rate": 1e-2, **_FAR},
    "qlora": {"learning_rate": 1e-2, **_FAR},
}
"""Rates for weights that are random, and so far from anything: they may move a long way."""


@dataclass
class Told:
    """An observer of work that remembers what it was told."""

    begun: list[tuple[str, int]] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def begins(self, what: str, total: int) -> None:
        """See `WorkObserver`."""
        self.begun.append((what, total))

    def advances(self, what: str, steps: int) -> None:
        """See `WorkObserver`."""
        self.steps.append(steps)

    def ends(self, what: str) -> None:
        """See `WorkObserver`."""
        self.ended.append(what)


def plain(n: int, *, seed: int = 0) -> tuple[list[str], NDArray[Any]]:
    """Texts of 4 to 12 words, half of them of the label's own."""
    random = np.random.default_rng(seed)
    labels = random.choice(list(WORDS), size=n)
    texts = []
    for label in labels:
        many = int(random.integers(2, 7))
        words = [*random.choice(WORDS[str(label)], many), *random.choice(FILLER, many)]
        texts.append(" ".join(map(str, random.permutation(words))))
    return texts, labels.astype(object)


def made(folder: Path, training: str, scheme: Scheme = POLARITY, **options: Any) -> Any:
    """An untrained classifier that learns quickly."""
    told = {"model": str(folder), "training": training, **QUICK.get(training, {}), **options}
    return TransformerClassifier(scheme, TransformerOptions.model_validate(told))


def accuracy(scores: Floats, labels: NDArray[Any], scheme: Scheme = POLARITY) -> float:
    """Share of labels that the scores decide for."""
    said = np.array(scheme.label_names, dtype=object)[scores.argmax(axis=1)]
    return float((said == labels).mean())
