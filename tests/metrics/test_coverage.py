"""How often intervals and tests hold what they promise, in worlds whose truth is known."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats
from tests.metrics.worlds import simulated_labels, simulated_ratings

from mllmsent.metrics import LabelSample, Resampling, Sample, get_metric, paired_test, score_sample
from mllmsent.metrics.grouping import Grouping

pytestmark = pytest.mark.slow

World = Callable[[np.random.Generator, int], Sample]


def five_unequal_labels(rng: np.random.Generator, n_groups: int) -> Sample:
    return simulated_labels(
        rng,
        n_groups=n_groups,
        prior=[0.4, 0.3, 0.15, 0.1, 0.05],
        recall=[0.9, 0.7, 0.6, 0.6, 0.5],
    )


def three_labels_repeated(rng: np.random.Generator, n_groups: int) -> Sample:
    return simulated_labels(
        rng, n_groups=n_groups, n_repeats=5, prior=[1 / 3] * 3, recall=[0.8, 0.7, 0.75]
    )


def ratings_repeated(rng: np.random.Generator, n_groups: int) -> Sample:
    return simulated_ratings(rng, n_groups=n_groups, n_repeats=3)


def drawing_rows(rng: np.random.Generator, n_groups: int) -> Sample:
    """The repeats of `three_labels_repeated`, taken for images of their own."""
    sample = three_labels_repeated(rng, n_groups)
    n_rows = sample.read.size
    return sample.rows(np.arange(n_rows), Grouping.of(None, n_rows))


def coverage(
    world: World, names: tuple[str, ...], *, n_groups: int = 200, n_samples: int = 300
) -> dict[str, float]:
    """How often the intervals of samples hold the score of a huge one, by metric."""
    metrics = [get_metric(name) for name in names]
    huge = [world(np.random.default_rng([7, seed]), 20_000) for seed in range(5)]
    truth = {metric.name: np.mean([metric(sample) for sample in huge]) for metric in metrics}
    held = dict.fromkeys(names, 0)
    for seed in range(n_samples):
        sample = world(np.random.default_rng([8, seed]), n_groups)
        scores = score_sample(metrics, sample, Resampling(n_resamples=400, seed=seed))
        for name in names:
            interval = scores[name].interval
            held[name] += int(interval.low <= truth[name] <= interval.high)
    return {name: count / n_samples for name, count in held.items()}


@pytest.mark.parametrize(
    ("world", "names"),
    [
        (five_unequal_labels, ("accuracy", "macro_f1", "weighted_f1", "kappa_quadratic")),
        (three_labels_repeated, ("accuracy", "macro_f1", "weighted_f1", "mae_ranks")),
        (ratings_repeated, ("rmse", "mae", "pearson", "spearman", "ccc")),
    ],
)
def test_a_95_percent_interval_holds_the_truth_about_that_often(
    world: World, names: tuple[str, ...]
) -> None:
    for name, share in coverage(world, names).items():
        # 99 % binomial bounds of 95 % in 300 worlds
        assert 0.917 <= share <= 0.98, (name, share)


def test_drawing_rows_instead_of_groups_would_promise_too_much() -> None:
    """Five repeats that fail together are taken for five images, and the truth is missed often."""
    assert coverage(drawing_rows, ("accuracy",), n_samples=300)["accuracy"] < 0.8


def exchangeable_pair(rng: np.random.Generator) -> tuple[LabelSample, LabelSample]:
    """Two systems of which each, image by image, has the better answers with an even chance."""
    better = simulated_labels(
        rng, n_groups=60, n_repeats=5, prior=[0.5, 0.3, 0.2], recall=[0.9, 0.8, 0.7]
    )
    worse = np.where(rng.random(300) < 0.3, (better.truth + 1) % 3, better.predicted)
    swapped = rng.random(60)[better.grouping.index] < 0.5
    answers = (better.predicted, worse)
    first, second = np.where(swapped, answers[::-1], answers)
    return (
        LabelSample(better.truth, first, better.labels, better.grouping),
        LabelSample(better.truth, second, better.labels, better.grouping),
    )


@pytest.mark.parametrize("name", ["accuracy", "macro_f1", "kappa_quadratic"])
def test_between_equal_systems_small_p_values_are_as_rare_as_they_should_be(name: str) -> None:
    p_values = [
        paired_test(
            get_metric(name),
            *exchangeable_pair(np.random.default_rng([9, seed])),
            n_permutations=999,
            seed=seed,
        ).p_value
        for seed in range(500)
    ]
    # Equal differences make p values of a share of right rows a little conservative.
    assert stats.kstest(p_values, "uniform", alternative="greater").pvalue > 0.01
    assert 0.03 <= np.mean(np.array(p_values) <= 0.05) <= 0.07
    assert 0.45 <= np.mean(p_values) <= 0.56


def test_a_planted_difference_is_found() -> None:
    """One answer in eight spoiled on 300 images: found nearly always."""
    found = 0
    for seed in range(100):
        rng = np.random.default_rng([10, seed])
        better = simulated_labels(rng, n_groups=300, prior=[1 / 3] * 3, recall=[0.8] * 3)
        spoiled = rng.random(300) < 0.125
        answers = np.where(spoiled, (better.truth + 1) % 3, better.predicted)
        worse = LabelSample(better.truth, answers, better.labels, better.grouping)
        test = paired_test(get_metric("macro_f1"), better, worse, n_permutations=999, seed=seed)
        found += int(test.p_value <= 0.05 and test.difference > 0)
    assert found >= 95
