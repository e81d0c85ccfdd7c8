"""What a text classifier is: something that reads a description and gives scores in one scheme.

To add one, write a class with the members of `TextClassifier` in a file of its own, with a second
class for its options, and name it in `text/registry.py`; or, from another package, in the
entry-point group `mllmsent.classifiers`:

    [project.entry-points."mllmsent.classifiers"]
    my-classifier = "my_package.my_module:MyClassifier"

The class itself is what the registry holds (`ClassifierKind`): called with a scheme and its options
it gives a fresh classifier, which knows nothing yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mllmsent.affect.scheme import Scheme
    from mllmsent.foundation.config import Config

__all__ = ["ClassifierKind", "CutWarning", "Floats", "ScoreKind", "TextClassifier"]

Floats: TypeAlias = NDArray[np.float64]

ScoreKind = Literal["probability", "margin", "value"]
"""What scores are.

"probability": 0 to 1, of each label; summing to 1 where one label is chosen, each for itself where
several may be. "margin": any number, comparable within a row, and 0 where a label just begins to
hold; the largest decides. "value": a number on each dimension's own scale.
"""


class CutWarning(UserWarning):
    """Ends of texts are left out by a classifier that reads texts up to some length.

    Given by `predict`; of training texts, `fitted` says under "cut" how many there were.

    Args:
        cut: How many texts.
        of: Of how many.
    """

    def __init__(self, cut: int, of: int) -> None:
        super().__init__(
            f"{cut} of {of} texts are longer than the classifier reads; their ends were left out."
        )
        self.cut = cut


@runtime_checkable
class TextClassifier(Protocol):
    """Reads texts in one scheme, after learning from others where it learns.

    A classifier is made for one scheme and keeps it. It may be made for a scheme that it cannot
    read; `supports` then says why, and `fit` and `predict` raise `InputError` with the same words.
    """

    @property
    def name(self) -> str:
        """The name in the registry, by which a saved one finds its class again: "linear"."""
        ...

    @property
    def scheme(self) -> Scheme:
        """The scheme it reads in."""
        ...

    @property
    def identity(self) -> Mapping[str, Any]:
        """What makes it itself, before any training, as plain JSON.

        Its name, every option resolved, and the versions of whatever decides its answers. Part of a
        system's identity, so it holds no seed, path, time or result of a fit.
        """
        ...

    @property
    def trains(self) -> bool:
        """Whether `fit` does anything; where False, `predict` may be called at once."""
        ...

    @property
    def parallel_folds(self) -> bool:
        """Whether folds may be fitted in processes of their own.

        True for what computes in Python on the CPU and can be pickled to a child process; False for
        what holds an accelerator or a connection.
        """
        ...

    @property
    def score_kind(self) -> ScoreKind:
        """What the numbers of `predict` are."""
        ...

    @property
    def fitted(self) -> Mapping[str, Any]:
        """What the last `fit` chose or found, as plain JSON, for the record; empty before it."""
        ...

    def supports(self, scheme: Scheme) -> str | None:
        """None where it can read in `scheme`; otherwise why not, in one sentence for people."""
        ...

    def fit(
        self,
        texts: Sequence[str],
        targets: NDArray[Any],
        *,
        seed: int,
        groups: NDArray[Any] | None = None,
    ) -> None:
        """Learn, forgetting whatever was learned before.

        Whatever is chosen (a hyper-parameter, a moment to stop) must be chosen from these rows
        alone, by divisions of them that keep `groups` whole. Not every label need occur.

        Args:
            texts: The training texts, none of them blank.
            targets: One row each, none missing: (n,) label names; or, for a multi-label scheme,
                (n, labels) booleans in the scheme's order; or (n, dimensions) floats in the scale's
                units.
            seed: Seeds everything random; equal seeds give equal classifiers.
            groups: (n,) names; rows of one name are about one item or one group of items.
        """
        ...

    def predict(self, texts: Sequence[str]) -> Floats:
        """Scores for each text.

        Args:
            texts: Any texts.

        Returns:
            (n, labels) in the order of `scheme.label_names`, of the kind that `score_kind` says; or
            (n, dimensions) values within each scale's ends. A row of NaN says that the text decides
            nothing (it is blank, say); it counts as unparsed and never as some label.
        """
        ...

    def save(self, folder: Path) -> None:
        """Write everything `load` needs into `folder`, as JSON, NumPy arrays or safetensors.

        Never as a pickle: a saved classifier is a file that people send each other.
        `mllmsent.text.storage` does the writing and the checking.
        """
        ...


class ClassifierKind(Protocol):
    """What the registry holds: usually the classifier's class. Its docstring's first line lists it."""

    @property
    def options(self) -> type[Config]:
        """The model of its options, every field documented under it and with a default."""
        ...

    def __call__(self, scheme: Scheme, options: Any = None) -> TextClassifier:
        """A fresh classifier; without options, with the default ones."""
        ...

    def load(self, folder: Path) -> TextClassifier:
        """The classifier that `save` wrote.

        Raises:
            InputError: If the folder does not hold one, whole.
        """
        ...
