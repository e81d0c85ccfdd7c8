"""What a part of an item adds to a system's score: the score for both, less that for the other alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.metrics import paired_tests
from mllmsent.metrics.bootstrap import draw
from mllmsent.metrics.samples import shared_groups, take_groups

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mllmsent.metrics import Metric, Resampling, Sample, Score
    from mllmsent.metrics.bootstrap import Draws

__all__ = ["Added", "score_parts"]

LEAST_PERMUTATIONS = 2000
"""How many permutations a test takes at least."""


@dataclass(frozen=True, slots=True)
class Added:
    """What a system scores by each part and by both.

    Attributes:
        scores: "image", "text" and "both" to the score.
        n: The same to the number of rows.
        added: "image" and "text" to how much higher the score for both is than that for the other
            part alone.
        p: The same to the p value of a paired permutation test; not corrected.
    """

    scores: Mapping[str, Score]
    n: Mapping[str, int]
    added: Mapping[str, Score]
    p: Mapping[str, float]


def score_parts(
    metric: Metric[Any], samples: Mapping[str, Sample], resampling: Resampling, *, n_tests: int
) -> Added | None:
    """Score a system by each part and by both, on the groups of items that all three have.

    Args:
        metric: What to score by.
        samples: "image", "text" and "both" to truth and answers.
        resampling: How intervals are made.
        n_tests: How many tests are corrected together.

    Returns:
        The scores and their differences; None where one of the three, or a shared group, is missing.
    """
    if len(samples) < 3:
        return None
    image, text, both = (samples[shown] for shown in ("image", "text", "both"))
    if not set(image.grouping.names) & set(text.grouping.names) & set(both.grouping.names):
        return None
    of_two = take_groups(both, shared_groups(both, image))
    names = shared_groups(of_two, text)
    own = {
        shown: take_groups(sample, names)
        for shown, sample in (("image", image), ("text", text), ("both", both))
    }
    # All see the same draws, so that what makes an item hard cancels out of differences.
    draws = dict(
        zip(
            own,
            draw(
                [metric.statistics.prepare(each) for each in own.values()], len(names), resampling
            ),
            strict=True,
        )
    )
    # The least p value, times the number of tests, must still be able to fall below alpha.
    n = max(LEAST_PERMUTATIONS, int(np.ceil(2 * n_tests / (1 - resampling.level))))
    tests = {
        frozenset((test.first, test.second)): test.p_value
        for test in paired_tests(metric, own, n_permutations=n, seed=resampling.seed)
    }
    other = {"text": "image", "image": "text"}
    return Added(
        scores={
            shown: drawn.score(metric.value, proportion=metric.proportion)
            for shown, drawn in draws.items()
        },
        n={shown: len(each.read) for shown, each in own.items()},
        added={part: _less(metric, draws["both"], draws[other[part]]) for part in other},
        p={part: tests[frozenset(("both", other[part]))] for part in other},
    )


def _less(metric: Metric[Any], one: Draws, other: Draws) -> Score:
    """The score of one sample less that of another, draw by draw."""
    pair = replace(
        one,
        whole=np.stack([one.whole, other.whole], axis=1),
        resampled=np.stack([one.resampled, other.resampled], axis=1),
        left_out=np.stack([one.left_out, other.left_out], axis=1),
    )
    return pair.score(lambda totals: metric.value(totals[:, 0]) - metric.value(totals[:, 1]))
