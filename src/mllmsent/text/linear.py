"""TF-IDF with logistic regression for labels, with ridge regression for dimensions.

The baseline that anything heavier has to beat: on a laptop's processor it takes seconds, and on
descriptions of images it comes near a large fine-tuned transformer.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import AfterValidator, Field

from mllmsent.affect import dump_scheme, load_scheme
from mllmsent.foundation.errors import InputError
from mllmsent.text.head_options import HeadOptions
from mllmsent.text.linear_models import Choice, LinearModel, choose, fit_model, saved_model
from mllmsent.text.storage import read_saved, write_saved
from mllmsent.text.tfidf import Terms, Vocabulary, count_terms, learn_terms, weigh

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mllmsent.affect.scheme import Scheme
    from mllmsent.text.interface import Floats, ScoreKind

__all__ = ["LinearClassifier", "LinearOptions"]


def _in_order(bounds: tuple[int, int]) -> tuple[int, int]:
    if not 1 <= bounds[0] <= bounds[1]:
        raise ValueError("The shortest and the longest are needed, in this order, from 1 up.")
    return bounds


Lengths = Annotated[tuple[int, int], AfterValidator(_in_order)]


class LinearOptions(HeadOptions):
    """Options of `linear`.

    The defaults are scikit-learn's, except that word pairs are terms too, that counts are sublinear,
    that a term must stand in two texts, and that classes count the same: a text is not to be read
    as something else because what it says is rare. Where several values are given, see `HeadOptions`.
    """

    words: Lengths = (1, 2)
    """Shortest and longest run of words that is a term."""
    characters: Lengths | None = None
    """Shortest and longest run of characters that is a term too; for languages that do not part words."""
    min_texts: int = Field(default=2, ge=1)
    """A term must stand in at least so many training texts."""

    def kinds(self) -> tuple[Terms, ...]:
        """The kinds of terms to count."""
        words = (Terms("word", *self.words),)
        return words if self.characters is None else (*words, Terms("char_wb", *self.characters))


@dataclass(frozen=True, slots=True)
class _Learned:
    vocabularies: tuple[Vocabulary, ...]
    model: LinearModel
    choice: Choice


class LinearClassifier:
    """TF-IDF of words and word pairs, with logistic regression (dimensions: ridge regression).

    One label: multinomial. Several labels: one against the rest, each for itself. A label that no
    training text has gets probability 0. Values beyond a scale's ends are put on its ends.

    Args:
        scheme: The scheme to read in.
        options: See `LinearOptions`.
    """

    name = "linear"
    trains = True
    parallel_folds = True
    options = LinearOptions

    def __init__(self, scheme: Scheme, options: LinearOptions | None = None) -> None:
        self.scheme = scheme
        self._options = options or LinearOptions()
        self._learned: _Learned | None = None

    @property
    def score_kind(self) -> ScoreKind:
        """Probabilities for labels, values for dimensions."""
        return "value" if self.scheme.kind == "dimensional" else "probability"

    @property
    def identity(self) -> Mapping[str, Any]:
        """Name, every option, and the library's version.

        Options that only one kind of scheme uses are there for every kind: what reads a study's
        labels and what reads its dimensions is one system.
        """
        return {
            "classifier": self.name,
            "options": self._options.model_dump(mode="json"),
            "versions": {"scikit-learn": version("scikit-learn")},
        }

    @property
    def fitted(self) -> Mapping[str, Any]:
        """What was chosen, and how many terms were learned."""
        if self._learned is None:
            return {}
        terms = sum(len(vocabulary.terms) for vocabulary in self._learned.vocabularies)
        return {**self._learned.choice.as_dict(), "terms": terms}

    def supports(self, scheme: Scheme) -> str | None:
        """See `TextClassifier.supports`."""
        if scheme.open_vocabulary:
            return "A linear classifier needs a fixed list of labels to learn."
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
            InputError: If the scheme has no fixed labels, or there is no text.
        """
        self._check()
        if not len(texts):
            raise InputError("There are no texts to train on.")
        counted = [(kind, *count_terms(texts, kind)) for kind in self._options.kinds()]

        def divided(train: NDArray[np.intp], test: NDArray[np.intp]) -> tuple[csr_array, csr_array]:
            seen, held_out = [], []
            for _, counts, _ in counted:
                kept, idf = learn_terms(counts[train], self._options.min_texts)
                seen.append(weigh(counts[train][:, kept], idf))
                held_out.append(weigh(counts[test][:, kept], idf))
            return _side_by_side(seen), _side_by_side(held_out)

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
        vocabularies, features = [], []
        for kind, counts, terms in counted:
            kept, idf = learn_terms(counts, self._options.min_texts)
            vocabularies.append(Vocabulary(kind, tuple(terms[place] for place in kept), idf))
            features.append(weigh(counts[:, kept], idf))
        model = fit_model(_side_by_side(features), targets, self.scheme, choice)
        self._learned = _Learned(tuple(vocabularies), model, choice)

    def predict(self, texts: Sequence[str]) -> Floats:
        """See `TextClassifier.predict`.

        Raises:
            InputError: If it was not trained.
        """
        self._check()
        learned = self._trained()
        features = _side_by_side(
            [
                weigh(count_terms(texts, vocabulary.kind, vocabulary.terms)[0], vocabulary.idf)
                for vocabulary in learned.vocabularies
            ]
        )
        scores = learned.model.scores(features, self.scheme)
        scores[[not text.strip() for text in texts]] = np.nan
        return scores

    def save(self, folder: Path) -> None:
        """Write it to a folder.

        Raises:
            InputError: If it was not trained.
        """
        learned = self._trained()
        content = {
            "scheme": dump_scheme(self.scheme),
            "options": self._options.model_dump(mode="json"),
            "choice": learned.choice.as_dict(),
            "terms": [list(vocabulary.terms) for vocabulary in learned.vocabularies],
        }
        arrays = {f"idf_{n}": each.idf for n, each in enumerate(learned.vocabularies)}
        write_saved(folder, self.name, content, arrays | learned.model.arrays())

    @classmethod
    def load(cls, folder: Path) -> LinearClassifier:
        """Read what `save` wrote.

        Raises:
            InputError: If the folder does not hold one, whole.
        """
        content, arrays = read_saved(folder, cls.name)
        try:
            options = LinearOptions.model_validate(content["options"])
            classifier = cls(load_scheme(content["scheme"]), options)
            vocabularies = tuple(
                Vocabulary(kind, tuple(map(str, terms)), np.asarray(arrays[f"idf_{n}"], np.float64))
                for n, (kind, terms) in enumerate(
                    zip(options.kinds(), content["terms"], strict=True)
                )
            )
            choice = Choice(**content["choice"])
        except (KeyError, TypeError, ValueError):
            raise InputError("This saved classifier is incomplete.", file=folder) from None
        n_terms = sum(len(vocabulary.terms) for vocabulary in vocabularies)
        model = saved_model(arrays, classifier.scheme, folder, n_terms)
        if any(each.idf.shape != (len(each.terms),) for each in vocabularies):
            raise InputError("This saved classifier's parts do not fit each other.", file=folder)
        classifier._learned = _Learned(vocabularies, model, choice)
        return classifier

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


def _side_by_side(parts: Sequence[csr_array]) -> csr_array:
    from scipy.sparse import csr_array, hstack  # noqa: PLC0415 - heavy

    return parts[0] if len(parts) == 1 else csr_array(hstack(parts))
