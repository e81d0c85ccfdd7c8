"""A classifier that learns from changed copies of its training texts too."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from mllmsent.affect import dump_scheme, load_scheme
from mllmsent.foundation.config import Config
from mllmsent.foundation.digest import file_sha256
from mllmsent.foundation.errors import InputError
from mllmsent.text.augmentation import SYNONYMS, TextChanges, augment_text
from mllmsent.text.registry import get_classifier, load_classifier
from mllmsent.text.storage import read_saved, write_saved

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme
    from mllmsent.text.interface import Floats, ScoreKind, TextClassifier

__all__ = ["AugmentedClassifier", "AugmentedOptions"]

_INNER = "of"
"""Folder of the saved classifier that learned."""


class AugmentedOptions(Config):
    """Options of `augmented`."""

    model: str = Field(default="linear", min_length=1)
    """The classifier that learns: `linear`, `embedding`, `hf/OWNER/NAME`."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Its own options."""
    copies: int = Field(default=1, ge=1, le=20)
    """Changed copies of each training text, besides the text itself."""
    synonym: float = Field(default=0.1, ge=0, le=1)
    """Probability with which a word that has synonyms is replaced by one (English)."""
    swap: float = Field(default=0.05, ge=0, le=1)
    """Probability with which a word changes places with the next one."""
    deletion: float = Field(default=0.1, ge=0, lt=1)
    """Probability with which a word is left out."""


class AugmentedClassifier:
    """Another classifier, trained on changed copies of the texts too (synonyms, swaps, deletions).

    Copies share their text's group, so that whatever the other chooses by inner folds, no copy is
    held out of a text that it learns from. What is read is read as it is.

    Args:
        scheme: The scheme to read in.
        options: See `AugmentedOptions`.
    """

    name = "augmented"
    trains = True
    options = AugmentedOptions

    def __init__(self, scheme: Scheme, options: AugmentedOptions | None = None) -> None:
        self.scheme = scheme
        self._options = options or AugmentedOptions()

    @cached_property
    def _inner(self) -> TextClassifier:
        inner = get_classifier(self._options.model, self.scheme, self._options.options)
        if not inner.trains:
            raise InputError(
                f"{self._options.model!r} does not learn, so more texts are of no use to it.",
                item=self.name,
                cure="Use it by itself.",
            )
        return inner

    @property
    def parallel_folds(self) -> bool:
        """What the other says."""
        return self._inner.parallel_folds

    @property
    def score_kind(self) -> ScoreKind:
        """What the other says."""
        return self._inner.score_kind

    @property
    def identity(self) -> Mapping[str, Any]:
        """Name, the other's identity, how much is changed, and the digest of the synonyms."""
        return {
            "classifier": self.name,
            "of": dict(self._inner.identity),
            "options": self._options.model_dump(mode="json", exclude={"model", "options"}),
            "synonyms": file_sha256(SYNONYMS)[:16],
        }

    @property
    def fitted(self) -> Mapping[str, Any]:
        """What the other found."""
        return self._inner.fitted

    def supports(self, scheme: Scheme) -> str | None:
        """See `TextClassifier.supports`."""
        return self._inner.supports(scheme)

    def fit(
        self,
        texts: Sequence[str],
        targets: NDArray[Any],
        *,
        seed: int,
        groups: NDArray[Any] | None = None,
    ) -> None:
        """See `TextClassifier.fit`.

        Raises:
            InputError: What the other raises.
        """
        options = self._options
        changes = TextChanges(synonym=options.synonym, swap=options.swap, deletion=options.deletion)
        names = np.arange(len(texts)) if groups is None else groups
        rows = np.arange(len(texts))
        more = [
            augment_text(text, changes, seed=seed, copy=copy)
            for copy in range(options.copies)
            for text in texts
        ]
        every = np.tile(rows, options.copies + 1)
        self._inner.fit([*texts, *more], targets[every], seed=seed, groups=names[every])

    def predict(self, texts: Sequence[str]) -> Floats:
        """See `TextClassifier.predict`.

        Raises:
            InputError: If it was not trained.
        """
        return self._inner.predict(texts)

    def save(self, folder: Path) -> None:
        """Write it to a folder, the other to a folder within.

        Raises:
            InputError: If it was not trained.
        """
        self._inner.save(folder / _INNER)
        content = {
            "scheme": dump_scheme(self.scheme),
            "options": self._options.model_dump(mode="json"),
        }
        write_saved(folder, self.name, content, {})

    @classmethod
    def load(cls, folder: Path) -> AugmentedClassifier:
        """Read what `save` wrote.

        Raises:
            InputError: If the folder does not hold one, whole.
        """
        content, _ = read_saved(folder, cls.name)
        try:
            options = AugmentedOptions.model_validate(content["options"])
            classifier = cls(load_scheme(content["scheme"]), options)
        except (KeyError, TypeError, ValueError):
            raise InputError("This saved classifier is incomplete.", file=folder) from None
        inner = load_classifier(folder / _INNER)
        if inner.scheme.digest() != classifier.scheme.digest():
            raise InputError("This saved classifier's parts do not fit each other.", file=folder)
        classifier.__dict__["_inner"] = inner
        return classifier
