"""Are two systems different? A paired permutation test of the very metric they are ranked by.

If two systems were equally good, it would not matter which of them gave which answers to a group of
rows. So within each group the two systems' answers are swapped or not, in all ways (few groups) or
at random (many), and the p value is the share of ways in which the difference of the metric is at
least as large as the observed one. The test is two-sided, and exact for the null hypothesis that
the systems' answers are exchangeable within groups, which presumes that both answered each group in
the same way: as many repeats, the same conditions.

Swapping is weighting: with the groups of both systems side by side, one system's permuted answers
have weight 1 in its own groups that stay and in the other's that were swapped. So every `Metric`
can be tested. For additive statistics each system's swapped sums are computed once and serve every
pair (`swapped_sums`), which makes all pairs of a leaderboard cheap.

Sources: Good (2005), Permutation, Parametric and Bootstrap Tests of Hypotheses, ch. 3; Phipson and
Smyth (2010), Permutation p-values should never be zero, Stat. Appl. Genet. Mol. Biol. 9, 39; Holm
(1979), A simple sequentially rejective multiple test procedure, Scand. J. Statist. 6, 65-70.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.foundation import InputError
from mllmsent.metrics.samples import shared_groups, take_groups
from mllmsent.metrics.swapped_sums import Swaps, additive_differences, permutation_p

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from numpy.typing import NDArray

    from mllmsent.metrics.metric import Floats, Metric
    from mllmsent.metrics.samples import Sample

__all__ = ["PairedTest", "holm", "paired_test", "paired_tests"]

DEFAULT_PERMUTATIONS = 10_000


@dataclass(frozen=True, slots=True)
class PairedTest:
    """What the test says about two systems.

    Attributes:
        first: Name of the first system.
        second: Name of the second system.
        difference: Score of the first less score of the second, on the groups that both have; NaN
            where either is undefined.
        p_value: Two-sided; NaN where the difference is undefined.
        p_holm: The same after Holm's correction for all tests made together; equal to `p_value`
            for a single test.
        n_groups: Groups that both systems have.
        n_permutations: Ways of swapping that were tried.
        exact: Whether those were all ways there are.
    """

    first: str
    second: str
    difference: float
    p_value: float
    p_holm: float
    n_groups: int
    n_permutations: int
    exact: bool


def paired_test(
    metric: Metric[Any],
    first: Sample,
    second: Sample,
    *,
    n_permutations: int = DEFAULT_PERMUTATIONS,
    seed: int = 0,
) -> PairedTest:
    """Tests whether two systems differ by `metric` on the groups that both have.

    Args:
        metric: What to compare by.
        first: Truth and answers of the first system.
        second: Truth and answers of the second system, its groups named alike.
        n_permutations: With at most this many ways of swapping, all are tried; otherwise this many
            random ones.
        seed: Of the random ways.

    Raises:
        InputError: If the systems share no group, or answer on different scales.
    """
    systems = {"first": first, "second": second}
    return paired_tests(metric, systems, n_permutations=n_permutations, seed=seed)[0]


def paired_tests(
    metric: Metric[Any],
    systems: Mapping[str, Sample],
    *,
    n_permutations: int = DEFAULT_PERMUTATIONS,
    seed: int = 0,
) -> list[PairedTest]:
    """Tests every pair of systems, with Holm's correction for all of the tests together.

    Args:
        metric: What to compare by.
        systems: Name to truth and answers.
        n_permutations: As for `paired_test`.
        seed: Of the random ways of swapping; all pairs share them.

    Returns:
        One test for each pair, in the order of `systems`.

    Raises:
        InputError: If two systems share no group, or answer on different scales.
    """
    if n_permutations < 100:
        raise InputError(
            f"{n_permutations} permutations are too few for a test.",
            cure="Take 10000; 100 is the least.",
        )
    place: dict[Hashable, int] = {}
    for sample in systems.values():
        for name in sample.grouping.names:
            place.setdefault(name, len(place))
    shared = {
        (one, other): tuple(
            sorted(shared_groups(systems[one], systems[other]), key=place.__getitem__)
        )
        for one, other in combinations(systems, 2)
    }
    for one, other in zip(systems, list(systems)[1:], strict=False):
        systems[one].stacked(systems[other])  # raises where they are not answers on one scale
    swaps = {pair: Swaps(len(groups), n_permutations, seed) for pair, groups in shared.items()}
    together = [pair for pair in shared if metric.statistics.additive and not swaps[pair].exact]
    drawn = {}
    if together:
        wanted = {group for pair in together for group in shared[pair]}
        drawn = additive_differences(
            metric,
            systems,
            together,
            sorted(wanted, key=place.__getitem__),
            n_permutations=n_permutations,
            seed=seed,
        )
    tests = []
    for (one, other), groups in shared.items():
        own = swaps[one, other]
        if (one, other) in drawn:
            observed, permuted = drawn[one, other]
        else:
            pair = take_groups(systems[one], groups), take_groups(systems[other], groups)
            observed, permuted = _stacked_differences(metric, pair[0].stacked(pair[1]), own)
        p_value = permutation_p(observed, permuted, exact=own.exact)
        tests.append((one, other, observed, p_value, len(groups), len(permuted), own.exact))
    corrected = holm([test[3] for test in tests])
    return [
        PairedTest(one, other, difference, p_value, float(p_holm), n_groups, tried, exact)
        for (one, other, difference, p_value, n_groups, tried, exact), p_holm in zip(
            tests, corrected, strict=True
        )
    ]


def holm(p_values: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """P values corrected by Holm's step-down procedure, in the order given.

    A corrected value at or below alpha rejects its hypothesis with a family-wise error rate of at
    most alpha. NaN stays NaN and does not count as a test.
    """
    values = np.asarray(p_values, dtype=float)
    corrected = np.full(values.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(values))
    ascending = tested[np.argsort(values[tested], kind="stable")]
    stepped = values[ascending] * np.arange(len(ascending), 0, -1)
    corrected[ascending] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return corrected


def _stacked_differences(metric: Metric[Any], stack: Sample, swaps: Swaps) -> tuple[float, Floats]:
    totals = metric.statistics.prepare(stack)

    def differences(chunk: Floats) -> Floats:
        one = metric.value(totals(np.concatenate([1 - chunk, chunk], axis=1)))
        other = metric.value(totals(np.concatenate([chunk, 1 - chunk], axis=1)))
        return one - other

    observed = differences(np.zeros((1, swaps.n_groups)))
    return float(observed[0]), np.concatenate([differences(chunk) for chunk in swaps.chunks()])
