"""Random samples with known causes, and strategies that hypothesis draws inputs from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from scipy.special import ndtr

from mllmsent.metrics.grouping import Grouping
from mllmsent.metrics.samples import LabelSample, RatingSample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import DrawFn

examples = settings(max_examples=40, deadline=None)
"""For tests by example: the references are slow, and a busy machine is no failure."""

LabelRows = tuple[list[str], list[str | None]]
"""True and answered labels."""

RatingRows = tuple[list[float], list[float]]
"""True and answered ratings."""

LABELS = ("negative", "slightly negative", "neutral", "slightly positive", "positive")


@st.composite
def answered_labels(draw: DrawFn, *, min_size: int = 1, max_size: int = 40) -> LabelRows:
    """Truth and answers, some of them unread."""
    label = st.sampled_from(LABELS)
    pair = st.tuples(label, st.one_of(label, st.none()))
    rows = draw(st.lists(pair, min_size=min_size, max_size=max_size))
    return [row[0] for row in rows], [row[1] for row in rows]


@st.composite
def answered_ratings(draw: DrawFn, *, min_size: int = 3, max_size: int = 40) -> RatingRows:
    """Truth on a scale of 1 to 9 with ties, and answers that may overshoot it."""
    truth = st.integers(4, 36).map(lambda quarter: quarter / 4)
    answer = st.integers(-40, 400).map(lambda tenth: tenth / 10)
    rows = draw(st.lists(st.tuples(truth, answer), min_size=min_size, max_size=max_size))
    return [row[0] for row in rows], [row[1] for row in rows]


def repeated(n_groups: int, n_repeats: int) -> Grouping:
    """`n_groups` items of `n_repeats` rows each."""
    return Grouping(tuple(range(n_groups)), np.repeat(np.arange(n_groups), n_repeats))


def simulated_labels(
    rng: np.random.Generator,
    *,
    n_groups: int,
    prior: Sequence[float],
    recall: Sequence[float],
    n_repeats: int = 1,
    correlation: float = 0.8,
) -> LabelSample:
    """A system with a given recall per label whose repeats of an item tend to fail together.

    `correlation` is that of the latent ease of two repeats of one item.
    """
    n_labels, n_rows = len(prior), n_groups * n_repeats
    truth = np.repeat(rng.choice(n_labels, p=prior, size=n_groups), n_repeats)
    shared = np.repeat(rng.normal(size=n_groups), n_repeats)
    ease = np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * rng.normal(size=n_rows)
    right = ndtr(ease) < np.asarray(recall)[truth]
    wrong = (truth + rng.integers(1, n_labels, size=n_rows)) % n_labels
    predicted = np.where(right, truth, wrong)
    return LabelSample(truth, predicted, tuple(range(n_labels)), repeated(n_groups, n_repeats))


def simulated_ratings(
    rng: np.random.Generator, *, n_groups: int, n_repeats: int = 1, noise: float = 1.0
) -> RatingSample:
    """A system that shrinks ratings to the middle and errs alike on the repeats of an item."""
    truth = np.repeat(rng.uniform(1, 9, size=n_groups), n_repeats)
    error = np.repeat(rng.normal(size=n_groups), n_repeats) * noise
    predicted = 1 + 0.6 * truth + error + 0.5 * rng.normal(size=n_groups * n_repeats)
    return RatingSample(truth, predicted, 1.0, 9.0, repeated(n_groups, n_repeats))
