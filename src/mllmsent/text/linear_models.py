"""Linear models: fitting them, and choosing their penalty without looking ahead."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from mllmsent.foundation.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mllmsent.affect.scheme import Scheme
    from mllmsent.text.interface import Floats

__all__ = [
    "Choice",
    "ClassWeight",
    "Features",
    "LinearModel",
    "choose",
    "fit_model",
    "goodness",
    "inner_folds",
    "saved_model",
]

Features: TypeAlias = "csr_array | Floats"
"""(n, features), sparse or not."""

ClassWeight: TypeAlias = Literal["none", "root", "balanced"]
"""What a class counts for in total: as many as its texts, the square root of that, or the same."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One setting of a linear model.

    Attributes:
        c: Inverse strength of the penalty of a logistic regression.
        class_weight: Whether each text counts the same, each class in total, or halfway between.
        alpha: Strength of the penalty of a ridge regression.
    """

    c: float | None = None
    class_weight: ClassWeight | None = None
    alpha: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """What is set, as plain JSON."""
        named = {"c": self.c, "class_weight": self.class_weight, "alpha": self.alpha}
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True, slots=True)
class LinearModel:
    """What fitting gives.

    Attributes:
        weights: (outputs, features); outputs are the scheme's labels or dimensions.
        intercepts: (outputs,); minus infinity for a label that no text had, infinity for one that
            every text of a multi-label scheme had.
    """

    weights: Floats
    intercepts: Floats

    def scores(self, features: Features, scheme: Scheme) -> Floats:
        """(n, labels) probabilities, or (n, dimensions) values within their scales."""
        from scipy.special import expit, softmax  # noqa: PLC0415 - heavy

        outputs: Floats = features @ self.weights.T + self.intercepts
        if scheme.kind == "dimensional":
            ends = np.array([[scale.low, scale.high] for scale in scheme.dimensions]).T
            values: Floats = np.clip(outputs, *ends)
            return values
        scores: Floats = expit(outputs) if scheme.multi_label else softmax(outputs, axis=1)
        return scores

    def arrays(self) -> dict[str, Floats]:
        """Both by name, as `saved_model` takes them."""
        return {"weights": self.weights, "intercepts": self.intercepts}


def saved_model(
    arrays: Mapping[str, NDArray[Any]], scheme: Scheme, folder: Path, n_features: int | None = None
) -> LinearModel:
    """The model whose arrays were saved.

    Args:
        arrays: What was read; other arrays may be among them.
        scheme: What it reads in.
        folder: Where it was saved, for the error.
        n_features: How many features it has; by default any number.

    Raises:
        InputError: If an array is absent, or does not fit the scheme or the other.
    """
    try:
        model = LinearModel(
            np.asarray(arrays["weights"], np.float64), np.asarray(arrays["intercepts"], np.float64)
        )
    except (KeyError, TypeError, ValueError):
        raise InputError("This saved classifier is incomplete.", file=folder) from None
    n_outputs = len(scheme.labels) or len(scheme.dimensions)
    if (
        model.weights.ndim != 2
        or len(model.weights) != n_outputs
        or model.intercepts.shape != (n_outputs,)
        or n_features not in {None, model.weights.shape[1]}
    ):
        raise InputError("This saved classifier's parts do not fit each other.", file=folder)
    return model


def fit_model(
    features: Features, targets: NDArray[Any], scheme: Scheme, choice: Choice
) -> LinearModel:
    """Fit a linear model.

    Args:
        features: (n, features).
        targets: As `TextClassifier.fit` takes them.
        scheme: What the targets are in.
        choice: The setting.
    """
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 - heavy

    # The matrices are too small for threads to help, and sums in one order are the same sums in a
    # child process as in this one.
    with threadpool_limits(1):
        if scheme.kind == "dimensional":
            return _fit_ridge(features, targets, choice)
        if not scheme.multi_label:
            return _fit_labels(features, targets, scheme.label_names, choice)
        each = [
            _fit_labels(features, targets[:, place], (False, True), choice)
            for place in range(len(scheme.labels))
        ]
        # The log-odds of a label are the difference between those of having it and of not.
        return LinearModel(
            np.stack([model.weights[1] - model.weights[0] for model in each]),
            np.array([model.intercepts[1] - model.intercepts[0] for model in each]),
        )


def choose(
    divided: Callable[[NDArray[np.intp], NDArray[np.intp]], tuple[Features, Features]],
    targets: NDArray[Any],
    scheme: Scheme,
    *,
    candidates: Sequence[Choice],
    choose_by: Literal["weighted_f1", "macro_f1"],
    n_folds: int,
    groups: NDArray[Any] | None,
    seed: int,
) -> Choice:
    """The candidate that does best on texts that were held out while it was fitted.

    Args:
        divided: Gives, for training and held-out rows, the features of both as they are when
            learned from the training rows alone.
        targets: As `TextClassifier.fit` takes them.
        scheme: What the targets are in.
        candidates: What to choose from; of equals the first.
        choose_by: For labels, the score to choose by.
        n_folds: Folds to hold out in turn, stratified by label; as many as there are groups where
            there are fewer.
        groups: (n,) rows of one name stay in one fold.
        seed: Seed of the folds.

    Returns:
        The one with the best mean score; where the rows cannot be divided, the middle one.
    """
    if len(candidates) == 1:
        return candidates[0]
    totals = np.zeros(len(candidates))
    n_scored = 0
    for train, test in inner_folds(targets, scheme, n_folds, groups, seed):
        features, held_out = divided(train, test)
        for place, candidate in enumerate(candidates):
            model = fit_model(features, targets[train], scheme, candidate)
            scores = model.scores(held_out, scheme)
            totals[place] += goodness(scores, targets[test], scheme, choose_by)
        n_scored += 1
    if not n_scored:
        return candidates[len(candidates) // 2]
    return candidates[int(totals.argmax())]


def inner_folds(
    targets: NDArray[Any], scheme: Scheme, n_folds: int, groups: NDArray[Any] | None, seed: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Divisions of training rows, stratified by label where rows have one.

    Args:
        targets: As `TextClassifier.fit` takes them.
        scheme: What they are in.
        n_folds: How many; as many as there are groups where there are fewer.
        groups: (n,) rows of one name stay in one fold.
        seed: Seed of the shuffle.

    Yields:
        Rows to learn from and rows held out; nothing where the rows cannot be divided.
    """
    from sklearn.model_selection import (  # noqa: PLC0415 - heavy
        GroupKFold,
        StratifiedGroupKFold,
        StratifiedKFold,
    )

    rows = np.arange(len(targets))
    names = rows if groups is None else np.unique(groups, return_inverse=True)[1]
    n_folds = min(n_folds, len(np.unique(names)))
    if n_folds < 2:
        return
    if scheme.kind != "dimensional" and not scheme.multi_label:
        _, classes = np.unique(targets.astype(str), return_inverse=True)
        if np.bincount(classes).max() >= n_folds:
            alone = len(np.unique(names)) == len(rows)
            kind = StratifiedKFold if alone else StratifiedGroupKFold
            folds = kind(n_folds, shuffle=True, random_state=seed)
            with warnings.catch_warnings():
                # A class with fewer texts than folds is missing from some; that is how it is.
                warnings.filterwarnings("ignore", message="The least populated class")
                pairs = list(folds.split(rows, classes, None if alone else names))
            yield from ((train, test) for train, test in pairs if len(train) and len(test))
            return
    yield from GroupKFold(n_folds, shuffle=True, random_state=seed).split(rows, groups=names)


def goodness(
    scores: Floats,
    targets: NDArray[Any],
    scheme: Scheme,
    choose_by: Literal["weighted_f1", "macro_f1"],
) -> float:
    """How good scores are; what is chosen is chosen by this.

    Args:
        scores: (n, labels) probabilities, or (n, dimensions) values.
        targets: As `TextClassifier.fit` takes them.
        scheme: What both are in.
        choose_by: For labels, the F1 that counts.

    Returns:
        The F1 of labels; of dimensions the mean squared error, in spans of the scale, times -1.
    """
    from sklearn.metrics import f1_score  # noqa: PLC0415 - heavy

    if scheme.kind == "dimensional":
        spans = np.array([scale.span for scale in scheme.dimensions])
        return -float((((scores - targets) / spans) ** 2).mean())
    average = choose_by.removesuffix("_f1")
    if scheme.multi_label:
        return float(f1_score(targets, scores >= 0.5, average=average, zero_division=0))
    said = np.array(scheme.label_names, dtype=object)[scores.argmax(axis=1)]
    return float(f1_score(targets.astype(str), said.astype(str), average=average, zero_division=0))


def _fit_labels(
    features: Features, targets: NDArray[Any], names: Sequence[Any], choice: Choice
) -> LinearModel:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - heavy

    present = [place for place, name in enumerate(names) if (targets == name).any()]
    weights = np.zeros((len(names), features.shape[1]))
    intercepts = np.full(len(names), -np.inf)
    if len(present) == 1 or not features.shape[1]:
        # Nothing to tell apart, or nothing to tell it by: the shares of the labels are all there is.
        shares = np.array([(targets == names[place]).mean() for place in present])
        intercepts[present] = np.log(shares)
        return LinearModel(weights, intercepts)
    codes = np.select([targets == names[place] for place in present], present)
    # Newton's method needs a tenth of the time of the default solver on features as wide as these.
    model = LogisticRegression(
        C=choice.c,
        class_weight=_class_weights(codes, choice.class_weight),
        solver="newton-cg",
        max_iter=1000,
    ).fit(features, codes)
    if len(present) == 2:
        # One row stands for two classes: half of it for each side is the same model.
        weights[present] = np.stack([-model.coef_[0] / 2, model.coef_[0] / 2])
        intercepts[present] = np.array([-model.intercept_[0] / 2, model.intercept_[0] / 2])
    else:
        weights[present], intercepts[present] = model.coef_, model.intercept_
    return LinearModel(weights, intercepts)


def _class_weights(codes: NDArray[Any], kind: ClassWeight | None) -> dict[int, float] | None:
    """What a text of each class counts for; 1 on average over the texts."""
    if kind in {None, "none"}:
        return None
    classes, counts = np.unique(codes, return_counts=True)
    weights = 1 / counts if kind == "balanced" else 1 / np.sqrt(counts)
    weights *= counts.sum() / (weights * counts).sum()
    return dict(zip(classes.tolist(), weights.tolist(), strict=True))


def _fit_ridge(features: Features, targets: NDArray[Any], choice: Choice) -> LinearModel:
    from sklearn.linear_model import Ridge  # noqa: PLC0415 - heavy

    if not features.shape[1]:
        return LinearModel(np.zeros((targets.shape[1], 0)), targets.mean(axis=0))
    model = Ridge(alpha=choice.alpha).fit(features, targets)
    return LinearModel(np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_))
