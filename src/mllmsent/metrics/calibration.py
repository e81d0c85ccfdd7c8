"""Is a system as often right as it is sure? Errors of calibration, and what the surest answers are worth.

Everything is computed from sums over groups of rows, so that resamples cost one matrix product.
Rows are binned by confidence into bins of about equally many rows, so that no bin is nearly empty;
equal confidences stay in one bin. The expected calibration error (ECE) is the mean distance of
confidence and accuracy over bins. It is never below zero and above it by chance even where a system
is calibrated, the more so the more bins there are; and resamples are above the sample in the same
way, so that percentile and BCa intervals of it miss small errors almost always. So it has none.
Beside it stands what chance gives, the root mean square error from which chance is taken
(`squared_error`), which has an interval, and `calibration_tests` says whether it is more: under calibration the sum of (right - confidence) over a
group's rows has mean zero in every bin, so its sign is flipped group by group (a wild bootstrap;
Cameron, Gelbach and Miller 2008, Review of Economics and Statistics 90, 414-427, for groups).

Sources: Naeini, Cooper and Hauskrecht (2015), AAAI, for the ECE; Nguyen and O'Connor (2015), EMNLP,
for bins of equal mass; Roelofs et al. (2022), AISTATS, arXiv 2012.08668, for its bias; Kumar, Liang
and Ma (2019), NeurIPS, arXiv 1909.10155, for the error without chance; Geifman and
El-Yaniv (2017), NeurIPS, and Geifman, Uziel and El-Yaniv (2019), ICLR, for the area under the
risk-coverage curve.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.metrics.ratio import ratio
from mllmsent.metrics.swapped_sums import Swaps, permutation_p

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mllmsent.metrics.metric import Floats

__all__ = [
    "CalibrationTest",
    "accuracy_at_coverage",
    "calibration_error",
    "calibration_tests",
    "equal_mass_bins",
    "gap_variances",
    "risk_coverage_area",
    "squared_error",
]

DEFAULT_FLIPS = 2000


@dataclass(frozen=True, slots=True)
class CalibrationTest:
    """A calibration error, and whether chance explains it.

    Attributes:
        error: The expected calibration error.
        by_chance: Its mean for a system that is calibrated.
        p_value: Share of the flips of signs with at least that error.
    """

    error: float
    by_chance: float
    p_value: float


def equal_mass_bins(confidence: Floats, n_bins: int) -> tuple[NDArray[np.intp], int]:
    """Bins of about equally many rows, lowest confidence first.

    Args:
        confidence: Of each row, (N,).
        n_bins: How many bins there are at most; equal confidences are never parted, so there may be
            fewer.

    Returns:
        The bin of each row, and the number of bins.
    """
    if not len(confidence):
        return np.zeros(0, dtype=np.intp), 0
    _, place, counts = np.unique(confidence, return_inverse=True, return_counts=True)
    # A value is where the middle one of its rows would be.
    middle = np.cumsum(counts) - counts / 2
    wanted = np.minimum((middle / len(confidence) * n_bins).astype(np.intp), n_bins - 1)
    _, of_value = np.unique(wanted, return_inverse=True)
    return of_value[place].astype(np.intp), int(of_value.max()) + 1


def calibration_error(excess: Floats, n: Floats) -> Floats:
    """Expected calibration error, (B,): mean over bins, by rows, of |accuracy - confidence|.

    Args:
        excess: Sum of (right - confidence) over the rows of each bin, (B, bins).
        n: Rows of each bin, (B, bins).
    """
    return ratio(np.abs(excess).sum(axis=1), n.sum(axis=1))


def gap_variances(excess: Floats, n: Floats) -> Floats:
    """How far chance scatters the mean excess of each bin, as a variance, (bins,).

    Args:
        excess: Sum of (right - confidence) over the rows of each bin in each group, (G, bins).
        n: Rows of each bin in each group, (G, bins).
    """
    rows, groups = n.sum(axis=0), (n > 0).sum(axis=0)
    gap = np.divide(excess.sum(axis=0), rows, out=np.zeros(len(rows)), where=rows > 0)
    scatter = ((excess - gap * n) ** 2).sum(axis=0)
    enough = groups > 1
    variance: Floats = np.divide(
        scatter * groups, rows**2 * (groups - 1.0), out=np.zeros(len(rows)), where=enough
    )
    return variance


def squared_error(excess: Floats, n: Floats, by_chance: Floats) -> Floats:
    """Mean over bins, by rows, of (accuracy - confidence)², less what chance adds to it, (B,).

    Args:
        excess: Sum of (right - confidence) over the rows of each bin, (B, bins).
        n: Rows of each bin, (B, bins).
        by_chance: What chance adds to each bin's square, (bins,): `gap_variances` for a sample, and
            twice that for its resamples, in which chance has been at work twice.
    """
    gap = np.divide(excess, n, out=np.zeros_like(n), where=n > 0)
    return ratio((n * (gap**2 - by_chance)).sum(axis=1), n.sum(axis=1))


def calibration_tests(
    excess: Sequence[csr_array],
    n_rows: Sequence[int],
    *,
    n_flips: int = DEFAULT_FLIPS,
    seed: int = 0,
) -> list[CalibrationTest]:
    """Whether calibration errors are more than chance gives a calibrated system.

    Args:
        excess: For each system the sum of (right - confidence) over the rows of each of its bins in
            each group, (G, bins); all over the same groups, which share the ways of flipping.
        n_rows: How many rows each system has.
        n_flips: With at most this many ways of flipping signs all are tried, otherwise so many at
            random.
        seed: Of the random ones.

    Returns:
        For each system the error, what chance gives, and the p value.
    """
    from scipy.sparse import csr_array, hstack  # noqa: PLC0415 - scipy is slow to import

    if not excess:
        return []
    flips = Swaps(excess[0].shape[0], n_flips, seed)
    wide = csr_array(hstack(list(excess)))
    flipped = np.abs(np.concatenate([(1 - 2 * chunk) @ wide for chunk in flips.chunks()]))
    found, start = [], 0
    for table, n in zip(excess, n_rows, strict=True):
        end = start + table.shape[1]
        errors = flipped[:, start:end].sum(axis=1) / n
        observed = float(np.abs(np.asarray(table.sum(axis=0))).sum() / n)
        p_value = permutation_p(observed, errors, exact=flips.exact)
        found.append(CalibrationTest(observed, float(errors.mean()), p_value))
        start = end
    return found


def accuracy_at_coverage(right: Floats, wrong: Floats, coverages: Sequence[float]) -> Floats:
    """Accuracy of the surest answers, (B, C); of equal confidences, a share of the level is taken.

    Args:
        right: Right answers at each level of confidence, lowest first, (B, L).
        wrong: Wrong ones, (B, L).
        coverages: C shares of the answers, above 0 to 1, surest first.
    """
    n = right + wrong
    surer = np.cumsum(n[:, ::-1], axis=1)[:, ::-1] - n
    accuracy = np.divide(right, n, out=np.zeros_like(n), where=n > 0)
    total = n.sum(axis=1)
    found = np.full((len(n), len(coverages)), np.nan)
    for column, coverage in enumerate(coverages):
        wanted = coverage * total
        taken = np.minimum(np.maximum(wanted[:, None] - surer, 0.0), n)
        np.divide((taken * accuracy).sum(axis=1), wanted, out=found[:, column], where=wanted > 0)
    return found


def risk_coverage_area(right: Floats, wrong: Floats) -> Floats:
    """Area under the risk-coverage curve (AURC), (B,): mean error of the surest 1, 2, ... N answers.

    Less is better; a system whose confidence says nothing has its error rate. Equal confidences are
    answered all or none.

    Args:
        right: Right answers at each level of confidence, lowest first, (B, L).
        wrong: Wrong ones, (B, L).
    """
    n = (right + wrong)[:, ::-1]
    so_many, so_wrong = np.cumsum(n, axis=1), np.cumsum(wrong[:, ::-1], axis=1)
    risk = np.divide(so_wrong, so_many, out=np.zeros_like(n), where=so_many > 0)
    return ratio((n * risk).sum(axis=1), n.sum(axis=1))
