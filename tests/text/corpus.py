"""Small corpora whose truth is known, and classifiers that tell what they are given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.affect import get_scheme

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mllmsent.affect import Scheme
    from mllmsent.text.interface import Floats, ScoreKind

WORDS = {
    "negative": ["grave", "ruin", "storm", "ashes"],
    "neutral": ["table", "street", "office", "paper"],
    "positive": ["picnic", "garland", "puppy", "sunrise"],
}
FILLER = ["a", "picture", "of", "some", "thing", "near", "another", "one", "with", "light"]


def described(n: int, *, seed: int = 0, signal: float = 1.0) -> tuple[list[str], list[str]]:
    """Texts of ten filler words and, with probability `signal`, one that tells the label."""
    random = np.random.default_rng(seed)
    labels = [str(label) for label in random.choice(list(WORDS), size=n)]
    texts = []
    for label in labels:
        words = list(random.choice(FILLER, size=10))
        if random.random() < signal:
            words.insert(int(random.integers(10)), str(random.choice(WORDS[label])))
        texts.append(" ".join(words))
    return texts, labels


@dataclass
class Memory:
    """A classifier that knows the very texts it has learned from, and nothing else."""

    scheme: Scheme = field(default_factory=lambda: get_scheme("polarity3"))
    name: str = "memory"
    trains: bool = True
    parallel_folds: bool = False
    score_kind: ScoreKind = "probability"
    known: dict[str, int] = field(default_factory=dict)
    seen: list[tuple[list[str], NDArray[Any] | None, int]] = field(default_factory=list)

    @property
    def identity(self) -> Mapping[str, Any]:
        """Its name."""
        return {"classifier": self.name}

    @property
    def fitted(self) -> Mapping[str, Any]:
        """How much it knows."""
        return {"texts": len(self.known)}

    def supports(self, scheme: Scheme) -> str | None:
        """Whether there are labels."""
        return None if scheme.label_names else "It remembers labels only."

    def fit(
        self,
        texts: Sequence[str],
        targets: NDArray[Any],
        *,
        seed: int,
        groups: NDArray[Any] | None = None,
    ) -> None:
        """Remember the texts, and what was told with them."""
        self.seen.append((list(texts), groups, seed))
        self.known = {
            text: self.scheme.label_names.index(label)
            for text, label in zip(texts, targets, strict=True)
        }

    def predict(self, texts: Sequence[str]) -> Floats:
        """Certainty for known texts, nothing for others."""
        scores = np.full((len(texts), len(self.scheme.labels)), np.nan)
        for row, text in enumerate(texts):
            if text in self.known:
                scores[row] = np.eye(len(self.scheme.labels))[self.known[text]]
        return scores

    def save(self, folder: Path) -> None:
        """Never called."""
        raise NotImplementedError
