"""Sentence vectors with logistic regression for labels, with ridge regression for dimensions.

Reimers and Gurevych, "Sentence-BERT: Sentence embeddings using siamese BERT-networks", EMNLP 2019.
What a text is about counts here, and not which words it is said in: that is why its mistakes differ
from those of `linear`, and the two together read better than either.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field

from mllmsent.affect import dump_scheme, load_scheme
from mllmsent.foundation.errors import InputError
from mllmsent.text.head_options import HeadOptions, Several
from mllmsent.text.interface import CutWarning
from mllmsent.text.linear_models import Choice, LinearModel, choose, fit_model, saved_model
from mllmsent.text.sentence_model import find_sentence_model, library_version
from mllmsent.text.sentence_vectors import sentence_vectors
from mllmsent.text.sentences import split_sentences
from mllmsent.text.storage import read_saved, write_saved

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme
    from mllmsent.text.interface import Floats, ScoreKind
    from mllmsent.text.sentence_model import SentenceModel

__all__ = ["EmbeddingClassifier", "EmbeddingOptions"]


class EmbeddingOptions(HeadOptions):
    """Options of `embedding`."""

    c: Several = (1.0, 3.0, 10.0)
    """Labels: inverse strength of the L2 penalty (scikit-learn's `C`). What suits a few hundred texts
    is too much for a few thousand, so it is chosen."""
    model: str = Field(default="sentence-transformers/all-MiniLM-L6-v2", min_length=1)
    """A sentence-transformers model: OWNER/NAME on the Hugging Face hub, or a folder."""
    revision: str | None = Field(default=None, min_length=1)
    """Which weights of a repository: a commit, tag or branch."""
    read: Literal["text", "sentences", "both"] = "text"
    """What has a vector: the text as a whole; its sentences, whose mean (of length 1) is taken, so
    that nothing is beyond the model's limit; or both, side by side."""


@dataclass(frozen=True, slots=True)
class _Learned:
    model: LinearModel
    choice: Choice
    cut: int


class EmbeddingClassifier:
    """Sentence vectors (sentence-transformers), with logistic regression (dimensions: ridge).

    The vectors are computed once per text, whatever the folds, and remembered; only the linear model
    on them learns. One label: multinomial. Several labels: one against the rest, each for itself. A
    label that no training text has gets probability 0. Values beyond a scale's ends are put on its
    ends. The model reads a text up to its own limit and cuts the rest.

    Args:
        scheme: The scheme to read in.
        options: See `EmbeddingOptions`.
    """

    name = "embedding"
    trains = True
    parallel_folds = False
    """The network is loaded once, and uses every core by itself."""
    options = EmbeddingOptions

    def __init__(self, scheme: Scheme, options: EmbeddingOptions | None = None) -> None:
        self.scheme = scheme
        self._options = options or EmbeddingOptions()
        self._learned: _Learned | None = None

    @property
    def score_kind(self) -> ScoreKind:
        """Probabilities for labels, values for dimensions."""
        return "value" if self.scheme.kind == "dimensional" else "probability"

    @property
    def identity(self) -> Mapping[str, Any]:
        """Name, every option, the digest of the model's files and the libraries' versions.

        Raises:
            InputError: If the model is not here.
            MissingExtraError: If sentence-transformers is not installed.
        """
        options = self._options.model_dump(mode="json", exclude={"model", "revision"})
        return {
            "classifier": self.name,
            "model": self._model.digest,
            "options": options,
            "versions": {
                "scikit-learn": version("scikit-learn"),
                "sentence-transformers": library_version(),
            },
        }

    @property
    def fitted(self) -> Mapping[str, Any]:
        """What was chosen, and how many of the training texts are longer than the model reads."""
        if self._learned is None:
            return {}
        return {**self._learned.choice.as_dict(), "cut": self._learned.cut}

    @cached_property
    def _model(self) -> SentenceModel:
        return find_sentence_model(self._options.model, self._options.revision)

    def supports(self, scheme: Scheme) -> str | None:
        """See `TextClassifier.supports`."""
        if scheme.open_vocabulary:
            return "A linear model of sentence vectors needs a fixed list of labels to learn."
        return None

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
            InputError: If the scheme has no fixed labels, there is no text, or no model.
            MissingExtraError: If sentence-transformers is not installed.
        """
        self._check()
        if not len(texts):
            raise InputError("There are no texts to train on.")
        features, cut = self._read(texts)

        def divided(train: NDArray[np.intp], test: NDArray[np.intp]) -> tuple[Floats, Floats]:
            return features[train], features[test]

        choice = choose(
            divided,
            targets,
            self.scheme,
            candidates=self._options.candidates(self.scheme),
            choose_by=self._options.choose_by,
            n_folds=self._options.inner_folds,
            groups=groups,
            seed=seed,
        )
        model = fit_model(features, targets, self.scheme, choice)
        self._learned = _Learned(model, choice, cut)

    def predict(self, texts: Sequence[str]) -> Floats:
        """See `TextClassifier.predict`.

        Raises:
            InputError: If it was not trained, or the model is not here, or is another one now.
            MissingExtraError: If sentence-transformers is not installed.

        Warns:
            CutWarning: If a text is longer than the model reads.
        """
        self._check()
        model = self._trained().model
        scores = np.full((len(texts), len(model.intercepts)), np.nan)
        written = [row for row, text in enumerate(texts) if text.strip()]
        if written:
            features, cut = self._read([texts[row] for row in written])
            scores[written] = model.scores(features, self.scheme)
            if cut:
                warnings.warn(CutWarning(cut, len(texts)), stacklevel=2)
        return scores

    def save(self, folder: Path) -> None:
        """Write the linear model to a folder; of the sentence model, its name and digest.

        Raises:
            InputError: If it was not trained.
        """
        learned = self._trained()
        content = {
            "scheme": dump_scheme(self.scheme),
            "options": self._options.model_dump(mode="json"),
            "model_digest": self._model.digest,
            "choice": learned.choice.as_dict(),
            "cut": learned.cut,
        }
        write_saved(folder, self.name, content, learned.model.arrays())

    @classmethod
    def load(cls, folder: Path) -> EmbeddingClassifier:
        """Read what `save` wrote.

        Raises:
            InputError: If the folder does not hold one, whole; or the sentence model is not here, or
                is no longer the one it was trained with.
            MissingExtraError: If sentence-transformers is not installed.
        """
        content, arrays = read_saved(folder, cls.name)
        try:
            options = EmbeddingOptions.model_validate(content["options"])
            classifier = cls(load_scheme(content["scheme"]), options)
            choice, cut = Choice(**content["choice"]), int(content["cut"])
            digest = str(content["model_digest"])
        except (KeyError, TypeError, ValueError):
            raise InputError("This saved classifier is incomplete.", file=folder) from None
        model = saved_model(arrays, classifier.scheme, folder)
        if classifier._model.digest != digest:
            raise InputError(
                f"The sentence model {options.model!r} is not the one that this classifier was "
                "trained with: its files differ.",
                cure="Put the model back that was there then, or train again.",
                file=folder,
            )
        classifier._learned = _Learned(model, choice, cut)
        return classifier

    def _read(self, texts: Sequence[str]) -> tuple[Floats, int]:
        """(n, width) vectors, and how many of the texts were cut; of texts with something in them."""
        stripped = [text.strip() for text in texts]
        if self._options.read == "text":
            whole = sentence_vectors(self._model, stripped)
            return whole.vectors.astype(np.float64), int(whole.cut.sum())
        split = [split_sentences(text) or [text] for text in stripped]
        counts = np.array([len(sentences) for sentences in split])
        starts = np.cumsum(counts) - counts
        each = sentence_vectors(self._model, [one for sentences in split for one in sentences])
        summed = np.add.reduceat(each.vectors.astype(np.float64), starts)
        lengths = np.linalg.norm(summed, axis=1, keepdims=True)
        means = summed / np.where(lengths > 0, lengths, 1.0)
        # Read by sentences, a text is left out nowhere, unless a single sentence is too long.
        cut = int(np.logical_or.reduceat(each.cut, starts).sum())
        if self._options.read == "sentences":
            return means, cut
        whole = sentence_vectors(self._model, stripped)
        return np.hstack([whole.vectors.astype(np.float64), means]), cut

    def _check(self) -> None:
        reason = self.supports(self.scheme)
        if reason is not None:
            raise InputError(reason, item=self.scheme.name)

    def _trained(self) -> _Learned:
        if self._learned is None:
            raise InputError(
                "This classifier has learned nothing yet.", cure="Call `fit`, or load a saved one."
            )
        return self._learned
