"""Several classifiers read each text, and the mean of what they say decides.

Where mistakes differ, the mean has fewer of them (Kittler, Hatef, Duin and Matas, "On combining
classifiers", IEEE PAMI 1998: the sum rule bears errors of its members best).

Only probabilities have a mean that means something. Margins are made probabilities first, by a
logistic regression on them (Platt 1999, for any number of labels) that learns from margins of
training texts which the member had not learned from: out-of-fold ones, where it learns. Weights,
where they are chosen, are chosen by such out-of-fold scores too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field, field_validator

from mllmsent.affect import dump_scheme, load_scheme
from mllmsent.foundation.config import Config
from mllmsent.foundation.digest import canonical_json
from mllmsent.foundation.errors import InputError
from mllmsent.text.late_fusion import (
    as_probabilities,
    best_weights,
    fit_calibration,
    mean_scores,
)
from mllmsent.text.linear_models import LinearModel, inner_folds
from mllmsent.text.registry import get_classifier, load_classifier
from mllmsent.text.storage import read_saved, write_saved

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme
    from mllmsent.text.interface import Floats, ScoreKind, TextClassifier

__all__ = ["FusionClassifier", "FusionMember", "FusionOptions"]


class FusionMember(Config):
    """One of the classifiers."""

    model: str
    """Its name, as in a study: `linear`, `embedding`, `hf/OWNER/NAME`."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Its own options."""


DEFAULT_MEMBERS = (
    FusionMember(model="linear"),
    FusionMember(model="embedding", options={"read": "both", "class_weight": "root", "c": 1.0}),
)
"""How they were found, and what they reach: docs/text-classifiers.md."""


def _named(value: Any) -> Any:
    if not isinstance(value, (list, tuple)):
        return value
    return [{"model": each} if isinstance(each, str) else each for each in value]


class FusionOptions(Config):
    """Options of `fusion`."""

    members: Annotated[
        tuple[FusionMember, ...], BeforeValidator(_named), Field(min_length=2, max_length=8)
    ] = DEFAULT_MEMBERS
    """Who reads: names, or names with options."""
    weights: Literal["equal", "chosen"] = "equal"
    """Whether each counts the same, or as inner folds of the training texts show it should."""
    choose_by: Literal["weighted_f1", "macro_f1"] = "weighted_f1"
    """Labels: the score by which weights are chosen. Dimensions go by their mean squared error."""
    inner_folds: int = Field(default=5, ge=2)
    """Folds of the training texts by which weights are chosen, and margins made probabilities."""
    neutral_as: str | None = None
    """What members with an option of this name are told: the class that neutral texts belong to."""

    @field_validator("members")
    @classmethod
    def _differ(cls, value: tuple[FusionMember, ...]) -> tuple[FusionMember, ...]:
        seen = [canonical_json(member.model_dump(mode="json")) for member in value]
        for place, member in enumerate(value):
            if seen.index(seen[place]) < place:
                raise ValueError(f"Member {member.model!r} is there twice.")
        return value


@dataclass(frozen=True)
class _Learned:
    """A trained member.

    Attributes:
        classifier: It.
        weight: Its share of the mean, 0 to 1.
        calibration: Margins to probabilities; None where it gives those itself.
    """

    classifier: TextClassifier
    weight: float
    calibration: LinearModel | None

    def scores(self, texts: Sequence[str], scheme: Scheme) -> Floats:
        read = self.classifier.predict(texts)
        if self.calibration is None:
            return read
        return as_probabilities(read, self.calibration, scheme)


class FusionClassifier:
    """The mean of what several classifiers say, equally weighted or as inner folds choose.

    Of probabilities, or of values on dimensions. A text that a member does not decide is decided by
    the others; a text that none decides is not decided.

    Args:
        scheme: The scheme to read in.
        options: See `FusionOptions`.
    """

    name = "fusion"
    options = FusionOptions

    def __init__(self, scheme: Scheme, options: FusionOptions | None = None) -> None:
        self.scheme = scheme
        self._options = options or FusionOptions()
        self._learned: tuple[_Learned, ...] = ()

    @property
    def score_kind(self) -> ScoreKind:
        """Probabilities for labels, values for dimensions."""
        return "value" if self.scheme.kind == "dimensional" else "probability"

    @property
    def trains(self) -> bool:
        """Whether a member does, or weights or probabilities must be learned."""
        chosen = self._options.weights == "chosen"
        return chosen or any(each.trains or each.score_kind == "margin" for each in self._fresh)

    @property
    def parallel_folds(self) -> bool:
        """Whether every member's folds may be fitted in processes of their own."""
        return all(each.parallel_folds for each in self._fresh)

    @property
    def identity(self) -> Mapping[str, Any]:
        """Name, every member's identity, every option, and the library's version."""
        return {
            "classifier": self.name,
            "members": [dict(each.identity) for each in self._fresh],
            "options": self._options.model_dump(mode="json", exclude={"members", "neutral_as"}),
            "versions": {"scikit-learn": version("scikit-learn")},
        }

    @property
    def fitted(self) -> Mapping[str, Any]:
        """Each member's weight, and what it chose."""
        if not self._learned:
            return {}
        members = [
            {"classifier": each.classifier.name, "weight": each.weight}
            | dict(each.classifier.fitted)
            for each in self._learned
        ]
        return {"members": members}

    def supports(self, scheme: Scheme) -> str | None:
        """See `TextClassifier.supports`."""
        for member in self._fresh:
            reason = member.supports(scheme)
            if reason is not None:
                return f"Its member {member.name} does not read in {scheme.name}: {reason}"
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
            InputError: If a member cannot read the scheme, or learn.
        """
        self._check()
        chosen = self._options.weights == "chosen"
        members, calibrations, held_out = [], [], []
        for place, member in enumerate(self._make()):
            own = int(np.random.SeedSequence([seed, place]).generate_state(1)[0])
            calibration = None
            if chosen or member.score_kind == "margin":
                scores, divided = self._out_of_fold(place, texts, targets, groups, seed=own)
                if member.score_kind == "margin":
                    calibration = fit_calibration(scores, targets, self.scheme)
                    if calibration is None:
                        raise InputError(
                            f"Member {member.name!r} decides nothing in any training text.",
                            cure="Leave it out of the fusion.",
                        )
                    scores = as_probabilities(scores, calibration, self.scheme)
                held_out.append(scores if divided else np.full_like(scores, np.nan))
            if member.trains:
                member.fit(texts, targets, seed=own, groups=groups)
            members.append(member)
            calibrations.append(calibration)
        weights = None
        if chosen:
            weights = best_weights(held_out, targets, self.scheme, self._options.choose_by)
        if weights is None:
            weights = [1 / len(members)] * len(members)
        self._learned = tuple(map(_Learned, members, weights, calibrations))

    def predict(self, texts: Sequence[str]) -> Floats:
        """See `TextClassifier.predict`.

        Raises:
            InputError: If it was not trained, where it learns.
        """
        self._check()
        learned = self._trained()
        return mean_scores(
            [each.scores(texts, self.scheme) for each in learned],
            [each.weight for each in learned],
        )

    def save(self, folder: Path) -> None:
        """Write it to a folder, each member to a folder within.

        Raises:
            InputError: If it was not trained.
        """
        learned = self._trained()
        content = {
            "scheme": dump_scheme(self.scheme),
            "options": self._options.model_dump(mode="json"),
            "weights": [each.weight for each in learned],
        }
        arrays = {}
        for place, each in enumerate(learned):
            each.classifier.save(_member_folder(folder, place))
            if each.calibration is not None:
                arrays[f"weights_{place}"] = each.calibration.weights
                arrays[f"intercepts_{place}"] = each.calibration.intercepts
        write_saved(folder, self.name, content, arrays)

    @classmethod
    def load(cls, folder: Path) -> FusionClassifier:
        """Read what `save` wrote.

        Raises:
            InputError: If the folder does not hold one, whole, with its members.
        """
        content, arrays = read_saved(folder, cls.name)
        try:
            options = FusionOptions.model_validate(content["options"])
            fusion = cls(load_scheme(content["scheme"]), options)
            weights = [float(weight) for weight in content["weights"]]
            calibrations = [
                LinearModel(
                    np.asarray(arrays[f"weights_{place}"], np.float64),
                    np.asarray(arrays[f"intercepts_{place}"], np.float64),
                )
                if f"weights_{place}" in arrays
                else None
                for place in range(len(weights))
            ]
        except (KeyError, TypeError, ValueError):
            raise InputError("This saved classifier is incomplete.", file=folder) from None
        members = [load_classifier(_member_folder(folder, n)) for n in range(len(weights))]
        n_labels = len(fusion.scheme.labels)
        if (
            len(members) != len(options.members)
            or any(each.scheme.digest() != fusion.scheme.digest() for each in members)
            or any(
                each is not None
                and (each.weights.shape, each.intercepts.shape) != ((n_labels,) * 2, (n_labels,))
                for each in calibrations
            )
        ):
            raise InputError("This saved classifier's parts do not fit each other.", file=folder)
        fusion._learned = tuple(map(_Learned, members, weights, calibrations))
        return fusion

    def _make(self) -> list[TextClassifier]:
        """Fresh members."""
        return [
            get_classifier(
                member.model, self.scheme, member.options, neutral_as=self._options.neutral_as
            )
            for member in self._options.members
        ]

    @cached_property
    def _fresh(self) -> list[TextClassifier]:
        """Members to ask what they are."""
        return self._make()

    def _out_of_fold(
        self,
        place: int,
        texts: Sequence[str],
        targets: NDArray[Any],
        groups: NDArray[Any] | None,
        *,
        seed: int,
    ) -> tuple[Floats, bool]:
        """A member's scores of the training texts, none of which it had learned from.

        Returns:
            The scores, NaN where it decides nothing; and whether the texts could be divided: where
            not, the member has learned from what it reads here.
        """
        member = self._make()[place]
        if not member.trains:
            return member.predict(texts), True
        scores = np.full(
            (len(texts), len(self.scheme.labels) or len(self.scheme.dimensions)), np.nan
        )
        divided = False
        for train, test in inner_folds(
            targets, self.scheme, self._options.inner_folds, groups, seed
        ):
            divided = True
            member = self._make()[place]
            member.fit(
                [texts[row] for row in train],
                targets[train],
                seed=seed,
                groups=None if groups is None else groups[train],
            )
            scores[test] = member.predict([texts[row] for row in test])
        if not divided:
            member.fit(texts, targets, seed=seed, groups=groups)
            scores = member.predict(texts)
        return scores, divided

    def _check(self) -> None:
        reason = self.supports(self.scheme)
        if reason is not None:
            raise InputError(reason, item=self.scheme.name)

    def _trained(self) -> tuple[_Learned, ...]:
        if self._learned:
            return self._learned
        if self.trains:
            raise InputError(
                "This classifier has learned nothing yet.", cure="Call `fit`, or load a saved one."
            )
        return tuple(_Learned(each, 1 / len(self._fresh), None) for each in self._fresh)


def _member_folder(folder: Path, place: int) -> Path:
    return folder / "members" / str(place)
