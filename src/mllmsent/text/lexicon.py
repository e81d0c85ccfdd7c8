"""VADER: words and rules that people agreed on, and nothing learned.

Hutto and Gilbert, "VADER: A parsimonious rule-based model for sentiment analysis of social media
text", ICWSM 2014. Its compound score, from -1 to 1, is read by the authors' thresholds: positive
from 0.05 up, negative from -0.05 down, neutral between. (The shares `pos`, `neu` and `neg` that it
also gives are proportions of the text; the largest is nearly always `neu`, whatever the text says.)

It knows English only. A text without a word it knows has compound 0.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.affect import dump_scheme, load_scheme
from mllmsent.affect.vader import vader
from mllmsent.foundation.config import Config
from mllmsent.foundation.errors import InputError
from mllmsent.text.storage import read_saved, write_saved

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Dimension, Label, Scheme
    from mllmsent.text.interface import Floats, ScoreKind

__all__ = ["THRESHOLD", "LexiconClassifier", "LexiconOptions"]

THRESHOLD = 0.05
"""Compound scores at or beyond it, on either side, are not neutral."""

# Compound scores have four decimals. Half of the last one keeps neutral above both sides strictly
# between the thresholds, and below the right side on them, where the published rule includes them.
_NEUTRAL_MARGIN = -0.00005


class LexiconOptions(Config):
    """Options of `vader`."""

    neutral_as: str | None = None
    """In a scheme of two classes, the one that neutral texts belong to; without it they get no label."""


class LexiconClassifier:
    """VADER's published rule: English words and how they are used, without training.

    Reads schemes whose labels are negative and positive, with or without neutral, and the dimension
    valence. Scores of labels are margins: how far the compound score is on the label's side of its
    threshold. Valence is the compound score, its range stretched linearly onto the scale's ends.

    Args:
        scheme: The scheme to read in.
        options: See `LexiconOptions`.
    """

    name = "vader"
    trains = False
    parallel_folds = True
    options = LexiconOptions

    def __init__(self, scheme: Scheme, options: LexiconOptions | None = None) -> None:
        self.scheme = scheme
        self._neutral_as = (options or LexiconOptions()).neutral_as

    @property
    def score_kind(self) -> ScoreKind:
        """Margins for labels, values for dimensions."""
        return "value" if self.scheme.kind == "dimensional" else "margin"

    @property
    def identity(self) -> Mapping[str, Any]:
        """Name, rule, and the version of the lexicon."""
        return {
            "classifier": self.name,
            "threshold": THRESHOLD,
            "neutral_as": self._neutral_as,
            "versions": {"vaderSentiment": version("vaderSentiment")},
        }

    @property
    def fitted(self) -> Mapping[str, Any]:
        """Nothing: there is nothing to fit."""
        return {}

    def supports(self, scheme: Scheme) -> str | None:
        """See `TextClassifier.supports`."""
        if scheme.kind == "dimensional":
            others = [scale.name for scale in scheme.dimensions if not _is_valence(scale)]
            if others:
                return f"VADER tells valence only, not {' or '.join(others)}."
            return None
        sides = {_side(label) for label in scheme.labels}
        told = {"negative", "neutral", "positive"}
        if scheme.multi_label or scheme.open_vocabulary or not {"negative", "positive"} <= sides:
            return "VADER tells negative, neutral and positive, and no other emotion."
        if len(scheme.labels) != len(sides & told):
            return "VADER's authors published thresholds for three classes, and for no more."
        return self._wrong_neutral(scheme, has_neutral="neutral" in sides)

    def _wrong_neutral(self, scheme: Scheme, *, has_neutral: bool) -> str | None:
        if self._neutral_as is None:
            return None
        if has_neutral:
            return "VADER's option `neutral_as` is for schemes without a neutral class."
        if self._neutral_as not in scheme.label_names:
            return f"VADER's option `neutral_as` names no label: {self._neutral_as!r}."
        return None

    def fit(
        self,
        texts: Sequence[str],
        targets: NDArray[Any],
        *,
        seed: int,
        groups: NDArray[Any] | None = None,
    ) -> None:
        """Does nothing."""

    def compound(self, texts: Sequence[str]) -> Floats:
        """VADER's compound score of each text.

        Returns:
            (n,) from -1 (most negative) to 1, rounded to four decimals; NaN for a blank text.
        """
        analyzer = vader()
        return np.array(
            [
                analyzer.polarity_scores(text)["compound"] if text.strip() else np.nan
                for text in texts
            ],
            dtype=np.float64,
        )

    def predict(self, texts: Sequence[str]) -> Floats:
        """See `TextClassifier.predict`.

        Raises:
            InputError: If VADER cannot read in the scheme.
        """
        reason = self.supports(self.scheme)
        if reason is not None:
            raise InputError(reason, item=self.scheme.name)
        compound = self.compound(texts)
        if self.scheme.kind == "dimensional":
            columns = [
                scale.low + (compound + 1) / 2 * scale.span for scale in self.scheme.dimensions
            ]
            return np.stack(columns, axis=1)
        return self._margins(compound)

    def save(self, folder: Path) -> None:
        """Write it to a folder."""
        content = {"scheme": dump_scheme(self.scheme), "options": {"neutral_as": self._neutral_as}}
        write_saved(folder, self.name, content, {})

    @classmethod
    def load(cls, folder: Path) -> LexiconClassifier:
        """Read what `save` wrote.

        Raises:
            InputError: If the folder does not hold one.
        """
        content, _ = read_saved(folder, cls.name)
        try:
            return cls(
                load_scheme(content["scheme"]), LexiconOptions.model_validate(content["options"])
            )
        except (KeyError, TypeError, ValueError):
            raise InputError("This saved classifier is incomplete.", file=folder) from None

    def _margins(self, compound: Floats) -> Floats:
        beyond = {"negative": -compound - THRESHOLD, "positive": compound - THRESHOLD}
        neutral = np.where(np.isnan(compound), np.nan, _NEUTRAL_MARGIN)
        labels = {_side(label): label.name for label in self.scheme.labels}
        if self._neutral_as is not None:
            side = next(side for side, name in labels.items() if name == self._neutral_as)
            beyond[str(side)] = np.maximum(beyond[str(side)], neutral)
        margins = np.stack(
            [beyond.get(str(_side(label)), neutral) for label in self.scheme.labels], axis=1
        )
        if "neutral" not in labels and self._neutral_as is None:
            margins[np.abs(compound) < THRESHOLD] = np.nan
        return margins


def _is_valence(scale: Dimension) -> bool:
    return scale.name == "valence" or "valence" in scale.synonyms


def _side(label: Label) -> str | None:
    for side in ("negative", "neutral", "positive"):
        if label.name == side or side in label.synonyms:
            return side
    return None
