"""What is measured in a picture, read number by number: the second stage of `classical/table`.

It parses the table that `classical/table` gives as a description back into numbers and puts the
linear models of `linear` on them. Text that is no such table, whole, is refused: nothing is guessed
from a sentence.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.affect import dump_scheme, load_scheme
from mllmsent.features import feature_names
from mllmsent.foundation.errors import InputError
from mllmsent.text.head_options import HeadOptions, Several
from mllmsent.text.linear_models import Choice, LinearModel, choose, fit_model, saved_model
from mllmsent.text.storage import read_saved, write_saved

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme
    from mllmsent.text.interface import Floats, ScoreKind

__all__ = ["TABLES_BY", "MeasuresClassifier", "MeasuresOptions", "read_measures"]

TABLES_BY = "classical/table"
"""The model that gives what is read."""

CURE = f"Let it read the descriptions of {TABLES_BY}, and another classifier those in words."


class MeasuresOptions(HeadOptions):
    """Options of `measures`.

    Penalties are strong, since measures are many and nearly restate each other, and chosen among
    several within the training texts. They are those of `linear` else; see `HeadOptions`.
    """

    c: Several = (0.001, 0.01, 0.1, 1.0)
    """Labels: inverse strength of the L2 penalty (scikit-learn's `C`)."""
    alpha: Several = (1.0, 10.0, 100.0, 1000.0)
    """Dimensions: strength of the L2 penalty (scikit-learn's `alpha`)."""


@dataclass(frozen=True, slots=True)
class _Learned:
    """What training gives.

    Attributes:
        middle: (features,) means of the training texts.
        spread: (features,) their standard deviations; 1 where all are alike.
        model: The linear model of standardized measures.
        choice: Its setting.
    """

    middle: Floats
    spread: Floats
    model: LinearModel
    choice: Choice


class MeasuresClassifier:
    """Logistic or ridge regression on the numbers of `classical/table`, standardized.

    The hue, an angle, is read as its sine and cosine. One label: multinomial. Several labels: one
    against the rest. Values beyond a scale's ends are put on its ends.

    Args:
        scheme: The scheme to read in.
        options: See `MeasuresOptions`.
    """

    name = "measures"
    trains = True
    parallel_folds = True
    options = MeasuresOptions

    def __init__(self, scheme: Scheme, options: MeasuresOptions | None = None) -> None:
        self.scheme = scheme
        self._options = options or MeasuresOptions()
        self._learned: _Learned | None = None

    @property
    def score_kind(self) -> ScoreKind:
        """Probabilities for labels, values for dimensions."""
        return "value" if self.scheme.kind == "dimensional" else "probability"

    @property
    def identity(self) -> Mapping[str, Any]:
        """Name, every option, the measures it reads, and the library's version."""
        return {
            "classifier": self.name,
            "options": self._options.model_dump(mode="json"),
            "measures": list(feature_names()),
            "versions": {"scikit-learn": version("scikit-learn")},
        }

    @property
    def fitted(self) -> Mapping[str, Any]:
        """What was chosen; empty before."""
        return {} if self._learned is None else self._learned.choice.as_dict()

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
            InputError: If the scheme has no fixed labels, there is no text, or one is no table of
                measures.
        """
        self._check()
        if not len(texts):
            raise InputError("There are no texts to train on.")
        numbers = np.stack([_features(read_measures(text)) for text in texts])

        def divided(train: NDArray[np.intp], test: NDArray[np.intp]) -> tuple[Floats, Floats]:
            middle, spread = _scale(numbers[train])
            return (numbers[train] - middle) / spread, (numbers[test] - middle) / spread

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
        middle, spread = _scale(numbers)
        model = fit_model((numbers - middle) / spread, targets, self.scheme, choice)
        self._learned = _Learned(middle, spread, model, choice)

    def predict(self, texts: Sequence[str]) -> Floats:
        """See `TextClassifier.predict`; what is no table of measures decides nothing.

        Raises:
            InputError: If it was not trained.
        """
        self._check()
        learned = self._trained()
        found = np.full((len(texts), len(learned.model.intercepts)), np.nan)
        for row, text in enumerate(texts):
            try:
                numbers = _features(read_measures(text))
            except InputError:
                continue
            standard = (numbers - learned.middle) / learned.spread
            found[row] = learned.model.scores(standard[None], self.scheme)[0]
        return found

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
            "measures": list(feature_names()),
        }
        arrays = {"middle": learned.middle, "spread": learned.spread}
        write_saved(folder, self.name, content, arrays | learned.model.arrays())

    @classmethod
    def load(cls, folder: Path) -> MeasuresClassifier:
        """Read what `save` wrote.

        Raises:
            InputError: If the folder does not hold one, whole, or it reads other measures.
        """
        content, arrays = read_saved(folder, cls.name)
        try:
            options = MeasuresOptions.model_validate(content["options"])
            classifier = cls(load_scheme(content["scheme"]), options)
            choice = Choice(**content["choice"])
            middle, spread = (np.asarray(arrays[name], np.float64) for name in ("middle", "spread"))
            measures = [str(name) for name in content["measures"]]
        except (KeyError, TypeError, ValueError):
            raise InputError("This saved classifier is incomplete.", file=folder) from None
        if measures != list(feature_names()):
            raise InputError(
                "This saved classifier reads other measures than there are.",
                file=folder,
                cure="Train it again, or use the version of mllmsent that saved it.",
            )
        model = saved_model(arrays, classifier.scheme, folder, len(measures) + 1)
        if middle.shape != spread.shape or middle.shape != (len(measures) + 1,):
            raise InputError("This saved classifier's parts do not fit each other.", file=folder)
        classifier._learned = _Learned(middle, spread, model, choice)
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


def read_measures(text: str) -> dict[str, float]:
    """The numbers of a description by `classical/table`.

    Args:
        text: A JSON object of every measure and nothing else, each a finite number.

    Raises:
        InputError: If it is anything else; the message says what.
    """
    try:
        table = json.loads(text)
    except (ValueError, RecursionError):
        start = f"{text[:40]!r} and so on" if len(text) > 40 else repr(text)
        raise InputError(f"This is no table of measures: {start}.", cure=CURE) from None
    if not isinstance(table, dict):
        raise InputError("This is no table of measures: no JSON object.", cure=CURE)
    names = feature_names()
    missing = [name for name in names if name not in table]
    other = [str(name) for name in table if name not in names]
    if missing or other:
        what = f"it has no {missing[0]!r}" if missing else f"{other[0][:40]!r} is no measure"
        raise InputError(f"This is no table of measures: {what}.", cure=CURE)
    numbers = {}
    for name in names:
        value = table[name]
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        # A whole number of JSON may be too large for a float.
        if not is_number or not abs(value) < 1e15 or not math.isfinite(value):
            raise InputError(
                f"This is no table of measures: {name!r} is no finite number.", cure=CURE
            )
        numbers[name] = float(value)
    return numbers


def _features(measures: Mapping[str, float]) -> Floats:
    """Measures as a vector, the angle of the hue as its cosine and sine."""
    angle = np.deg2rad(measures["hue"])
    others = [value for name, value in measures.items() if name != "hue"]
    return np.array([np.cos(angle), np.sin(angle), *others])


def _scale(numbers: Floats) -> tuple[Floats, Floats]:
    """Means and standard deviations of columns; 1 for one that does not vary."""
    spread = numbers.std(axis=0)
    return numbers.mean(axis=0), np.where(spread > 1e-12, spread, 1.0)
