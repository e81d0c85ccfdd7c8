"""How strongly do systems feel? Their answers' distribution beside people's, and whether middles go.

A system may be right as often as another and still call everything very positive or very negative.
So distributions are compared, not items: by the largest distance of the distribution functions
(Kolmogorov-Smirnov), by how far answers would have to be moved (Wasserstein, in units of the scale
and as a share of it), and by the Jensen-Shannon distance to base 2 over stated bins (labels; whole
points or tenths of a scale); with the difference of means and of standard deviations and the ratio
of variances. Intervals draw groups of items again.

Whether two distributions differ at all is tested by swapping the system's and people's answer
within groups of items (`metrics.distributions.swap_tests`): both answered the same images, so that
the Kolmogorov-Smirnov test's own p values, made for independent samples without ties, are wrong
here. A distance is never below zero and above it by chance, in resamples even more so: beside each
stands how large it is by chance alone, and where the test (uncorrected) does not tell it from zero
its interval begins there, as all that a test does not reject belongs to it. Distances from single
votes have no such test; their intervals are for distances that are clear. All tests of a board are
corrected by Holm.

Intensity is a dimension of its own where the scheme has one, else the distance from neutral: ranks
from the neutral label, or the distance from the middle of the scale of valence. Arousal is never
taken for it. Extremity bias: the shares of extreme, mild and neutral answers less people's, and the
slope of answered on human intensity. A slope below 1 is no proof of timid answers, since noise in
what people said flattens it (regression dilution; Fuller 1987, Measurement Error Models, ch. 1).

People are their targets: a majority's label, a mean of ratings. The votes or ratings behind them
stand beside, in rows of their own, because a mean of many is less extreme than any of them and a
majority is surer than its voters. Answers that could not be read are in no distribution; the tables
say how many were read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.boards import board_title, boards
from mllmsent.analysis.found import Analysis, Found
from mllmsent.analysis.intensity.counted_answers import count_answers, people_votes
from mllmsent.analysis.intensity.levels import ZONES, why_no_strength
from mllmsent.analysis.intensity.rows import (
    distance_row,
    extremity_row,
    place_row,
    share_rows,
)
from mllmsent.analysis.intensity.scores import DISTANCES, SPREADS, Lens
from mllmsent.analysis.intensity.words import board_statements
from mllmsent.metrics import Resampling, holm
from mllmsent.metrics.distributions import DEFAULT_SWAPS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.evidence import Evidence
    from mllmsent.analysis.found import Statement
    from mllmsent.analysis.intensity.counted_answers import CountedAnswers
    from mllmsent.analysis.material import Material

__all__ = ["INTENSITY", "find_intensity"]

Row = dict[str, Any]

PLACE_COLUMNS = (
    "scheme", "dimension", "against", "system_id", "system", "n", "n_items", "n_groups", "coverage",
)  # fmt: skip
DISTANCE_COLUMNS = (
    *PLACE_COLUMNS, "of", "unit",
    *(f"{name}{part}" for name in DISTANCES for part in ("", "_low", "_high", "_by_chance")),
    "bins", "wasserstein_share", "wasserstein_share_low", "wasserstein_share_high",
    "mean", "people_mean", "sd", "people_sd",
    *(f"{name}{part}" for name in SPREADS for part in ("", "_low", "_high")),
    "p_value", "p_holm",
)  # fmt: skip
EXTREMITY_COLUMNS = (
    *PLACE_COLUMNS,
    *(
        column
        for zone in ZONES
        for column in (
            zone, f"people_{zone}", f"{zone}_difference", f"{zone}_low", f"{zone}_high",
            f"{zone}_p_value", f"{zone}_p_holm",
        )
    ),
    "slope", "slope_low", "slope_high",
)  # fmt: skip
SHARE_COLUMNS = ("scheme", "dimension", "of", "who", "system_id", "level", "count", "share")


def find_intensity(
    evidence: Evidence,
    annotations: pd.DataFrame | None = None,
    *,
    resampling: Resampling | None = None,
    condition: str = "none",
) -> Found:
    """How the answers of a run's systems are distributed beside people's; see the module.

    Args:
        evidence: The run's tables.
        annotations: Table `annotations`, for single ratings; votes are in the targets.
        resampling: How intervals are made.
        condition: The condition under which systems answered.

    Returns:
        Statements, the tables `distances`, `extremity` and `shares`, and what could not be computed.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    resampling = resampling or Resampling()
    distances: list[Row] = []
    extremity: list[Row] = []
    shares: list[Row] = []
    statements: list[Statement] = []
    lacking: list[str] = []
    for scheme, dimension in boards(evidence):
        title = board_title(scheme, dimension)
        if scheme.multi_label or scheme.open_vocabulary:
            lacking.append(f"{title}: a distribution is of one label or number per item.")
            continue
        counted, silent = _counted(evidence, scheme, dimension, annotations, condition)
        lacking += [f"{title}: {sentence}" for sentence in silent]
        if not counted:
            lacking.append(f"{title}: no system has an answer beside what people said.")
            continue
        lens = Lens.of(scheme, dimension)
        if lens.strength is None:
            why = why_no_strength(scheme, dimension)
            lacking.append(f"{title}: nobody can say how strong an answer is, since {why}.")
        own_distances, own_extremity = _board(counted, lens, resampling)
        distances += own_distances
        extremity += own_extremity
        shares += share_rows(counted, lens)
        statements += board_statements(
            scheme, dimension, own_distances, own_extremity, 1 - resampling.level
        )
    return Found(
        statements=tuple(statements),
        tables={
            "distances": pd.DataFrame(distances, columns=list(DISTANCE_COLUMNS)),
            "extremity": pd.DataFrame(extremity, columns=list(EXTREMITY_COLUMNS)),
            "shares": pd.DataFrame(shares, columns=list(SHARE_COLUMNS)),
        },
        lacking=tuple(lacking),
    )


def _counted(
    evidence: Evidence,
    scheme: Scheme,
    dimension: str,
    annotations: pd.DataFrame | None,
    condition: str,
) -> tuple[list[CountedAnswers], list[str]]:
    """Every system's counts, and what is lacking."""
    votes = people_votes(evidence, scheme, dimension, annotations)
    lacking: list[str] = []
    entries = [
        entry
        for entry in evidence.scored(scheme.name, condition=condition)
        if entry.dimension == dimension
    ]
    there = [entry for entry in entries if entry.sample is not None and entry.sample.read.any()]
    lacking += [
        f"{entry.name} has no answer that could be read." for entry in entries if entry not in there
    ]
    found = count_answers(there, scheme, votes)
    for each in found:
        name = each.entry.name
        if each.n_groups < 2:
            lacking.append(f"{name} answered one group of items, so nothing has an interval.")
        if len(np.unique(each.predicted)) == 1:
            lacking.append(
                f"{name} always says the same, so its answers do not vary with people's."
            )
    if found and all(each.votes is None for each in found):
        single = "ratings" if dimension else "votes"
        lacking.append(f"single {single} are not known, so answers are held against targets only.")
    return found, lacking


def _board(
    counted: Sequence[CountedAnswers], lens: Lens, resampling: Resampling
) -> tuple[list[Row], list[Row]]:
    distances: list[Row] = []
    extremity: list[Row] = []
    tests = lens.tests(counted, n_swaps=DEFAULT_SWAPS, seed=resampling.seed)
    all_scores = lens.scores(counted, resampling)
    for each, tested, of_system in zip(counted, tests, all_scores, strict=True):
        for against, scores in of_system.items():
            people = each.people if against == "targets" else each.votes
            place = place_row(each, against)
            known = tested if against == "targets" else {}
            distances += [
                place | distance_row(ladder, each, people, scores, known) for ladder in lens.ladders
            ]
            if lens.zones is not None:
                extremity.append(place | extremity_row(lens, each, people, scores, known))
    _correct(distances, extremity)
    return distances, extremity


def _correct(distances: Iterable[Row], extremity: Iterable[Row]) -> None:
    """Holm's correction of all tests of a board together."""
    places = [(row, "p_value", "p_holm") for row in distances]
    places += [(row, f"{zone}_p_value", f"{zone}_p_holm") for row in extremity for zone in ZONES]
    corrected = holm([row[p] for row, p, _ in places])
    for (row, _, column), value in zip(places, corrected, strict=True):
        row[column] = float(value)


def _of_run(material: Material) -> Found:
    return find_intensity(
        material.evidence,
        material.run.table("annotations"),
        resampling=material.resampling,
        condition=material.condition,
    )


INTENSITY = Analysis(
    name="intensity",
    title="How strongly systems feel",
    question="Are answers distributed as people's are, or do middles vanish?",
    find=_of_run,
    tables={
        "distances": "a system's answers, or their intensity, beside people's targets or votes",
        "extremity": "a system's extreme, mild and neutral answers beside people's",
        "shares": "a level of answers and how often somebody gave it",
    },
)
