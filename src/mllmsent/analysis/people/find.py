"""How near do systems come to people? To their soft labels, to a person, and to their doubts.

How near they come to the label that people agree on is the leaderboard. But people disagree, and
these look at all items that were asked and judged, also where people agree on no label:

- **Against the human ceiling**: each person is held against the others of the same item, that is
  against the label that most of them give (tied labels are right in parts: one of two half) or
  against their mean rating; a system is held against the very same references. A system that answers
  as one more person would differs from a person by nothing. For labels an answer that could not be
  read is wrong; for numbers the item is left out for both. Every item counts alike. p values of the
  difference are by its bootstrap standard error, Holm-corrected over systems.
- **Against soft labels**, the shares of people's votes: the distances of label distribution learning
  (Geng 2016), and the earth mover's for ordered labels, of systems that give a distribution: by
  scores that are one, or by the shares of their answers to repeats. Beside them stands the mean of
  all other items' shares, which takes no look. And each is held against a random half of each item's
  people, beside the other half: a floor that people set, since the shares of few people scatter.
- **Doubts**: Spearman's correlation over items of people's disagreement (entropy of the votes, SD of
  the ratings) with a system's (entropy of its distribution, minus the margin of scores that are
  none, entropy or SD of its answers to repeats), Holm-corrected.

Intervals come from drawing groups of items again. The people who judged are taken as they are: with
few of them an interval that drew people again too would be wider.

Sources: Geng (2016), Label distribution learning, IEEE TKDE 28, 1734-1748; Snow et al. (2008), Cheap
and fast - but is it good?, EMNLP, 254-263, for references of all but one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.answers import answers_of
from mllmsent.analysis.consistency.answered_again import over_repeats
from mllmsent.analysis.found import Analysis, Found, Statement
from mllmsent.analysis.people.distributions import (
    hesitation_of_margins,
    sampled_distributions,
    score_distributions,
)
from mllmsent.analysis.people.hesitation import FEWEST, HESITATION_COLUMNS, hesitation_rows
from mllmsent.analysis.people.human_ceiling import CEILING_COLUMNS, label_ceiling, rating_ceiling
from mllmsent.analysis.people.soft_labels import DISTANCE_COLUMNS, distance_rows
from mllmsent.analysis.people.votes import ratings_of, votes_of
from mllmsent.analysis.people.words import (
    ceiling_statements,
    distance_statements,
    hesitation_statements,
)
from mllmsent.metrics import Resampling, soft_label_entropy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mllmsent.analysis.answers import Answers
    from mllmsent.analysis.evidence import Evidence
    from mllmsent.analysis.material import Material
    from mllmsent.analysis.people.distributions import Distributions

    Hesitations = dict[tuple[str, str], NDArray[np.float64]]

__all__ = ["PEOPLE", "find_people"]


def find_people(
    evidence: Evidence, *, resampling: Resampling | None = None, condition: str = "none"
) -> Found:
    """How near systems come to people; see the module.

    Args:
        evidence: The run's tables.
        resampling: How intervals are made.
        condition: The condition under which systems answered.

    Returns:
        Statements, the tables `ceiling`, `distances` and `hesitation`, and what could not be
        computed.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    resampling = resampling or Resampling()
    alpha = 1 - resampling.level
    ceiling: list[dict[str, Any]] = []
    distances: list[dict[str, Any]] = []
    doubts: list[dict[str, Any]] = []
    statements: list[Statement] = []
    lacking: list[str] = []
    for scheme in evidence.schemes.values():
        if scheme.multi_label or scheme.open_vocabulary:
            lacking.append(f"{scheme.name}: people are compared by one label or number per item.")
            continue
        for dimension in scheme.dimension_names or ("",):
            board = answers_of(evidence, scheme, dimension, condition=condition)
            if not board.systems:
                lacking.append(f"{board.title}: no system gave an answer that could be read.")
                continue
            find = _numbers if dimension else _labels
            reached, far, hesitant, missing = find(evidence, board, resampling, condition)
            ceiling += reached
            distances += far
            doubts += hesitant
            lacking += [f"{board.title}: {sentence}" for sentence in missing]
            statements += ceiling_statements(board, reached, alpha)
            statements += distance_statements(board, far)
            statements += hesitation_statements(board, hesitant, alpha)
    return Found(
        statements=tuple(statements),
        tables={
            "ceiling": pd.DataFrame(ceiling, columns=list(CEILING_COLUMNS)),
            "distances": pd.DataFrame(distances, columns=list(DISTANCE_COLUMNS)),
            "hesitation": pd.DataFrame(doubts, columns=list(HESITATION_COLUMNS)),
        },
        lacking=tuple(lacking),
    )


Rows = list[dict[str, Any]]


def _labels(
    evidence: Evidence, board: Answers, resampling: Resampling, condition: str
) -> tuple[Rows, Rows, Rows, list[str]]:
    votes = votes_of(evidence, board.scheme)
    if not len(votes.items):
        return [], [], [], ["it is not known how people's votes are spread over the labels."]
    lacking = []
    reached = label_ceiling(evidence, board, votes, resampling, condition=condition)
    if not reached:
        lacking.append("no item that was asked has the votes of two people or more.")
    said = evidence.predictions
    said = said[
        (said["scheme"] == board.scheme.name)
        & (said["condition"] == condition)
        & said["item_id"].isin(votes.items)
    ]
    unasked = len(votes.items) - said["item_id"].nunique()
    if unasked:
        lacking.append(
            f"{unasked} of {len(votes.items)} items that people judged were not asked; where they "
            "were left out for want of agreement, people look more agreed than they are."
        )
    said = said[said["status"] == "ok"]
    soft: dict[str, Distributions] = {}
    hesitation: Hesitations = {}
    for system in board.systems:
        own = said[said["system_id"] == system]
        scored = score_distributions(own, board.scheme, votes.place)
        sampled = sampled_distributions(own, board.scheme, votes.place)
        for found in (sampled, scored):
            if found is not None and found.known.any():
                soft[system] = found  # scores say more than a few answers
                hesitation[system, f"entropy of {found.source}"] = found.entropy
        margins = hesitation_of_margins(own, board.scheme, votes.place)
        if not np.isnan(margins).all():
            hesitation[system, "minus the margin of scores"] = margins
    far = distance_rows(evidence, board.scheme, votes, soft, resampling) if soft else []
    without = [evidence.names[name] for name in board.systems if name not in soft]
    if without:
        lacking.append(
            f"{_listed(without)} gave no distribution over labels, by scores or by answers to "
            "repeats, to hold against the people's."
        )
    people = soft_label_entropy(votes.shares)
    doubts = hesitation_rows(
        evidence, board, people, hesitation, grouping=votes.grouping, resampling=resampling
    )
    return reached, far, doubts, [*lacking, *_undoubting(evidence, hesitation, doubts)]


def _numbers(
    evidence: Evidence, board: Answers, resampling: Resampling, condition: str
) -> tuple[Rows, Rows, Rows, list[str]]:
    del condition  # an answer that could not be read is left out, so what was asked is not counted
    ratings = ratings_of(evidence, board.scheme, board.dimension)
    if not len(ratings.items):
        return [], [], [], ["nobody's ratings are known."]
    lacking = []
    reached = rating_ceiling(evidence, board, ratings, resampling)
    if not reached:
        lacking.append(
            "of no item that was asked are the number and the SD of two ratings or more known."
        )
    again = over_repeats(evidence, board)
    rows = np.array([ratings.place.get(item, -1) for item in again.items], dtype=np.intp)
    hesitation: Hesitations = {}
    for system, numbers in again.numbers.items():
        known = (rows >= 0) & ((~np.isnan(numbers)).sum(axis=1) >= 2)
        scatter = np.full(len(ratings.items), np.nan)
        scatter[rows[known]] = np.nanstd(numbers[known], axis=1, ddof=1)
        hesitation[system, "SD of answers to repeats"] = scatter
    if not hesitation:
        lacking.append("no item was asked twice, which would show where systems hesitate.")
    doubts = hesitation_rows(
        evidence, board, ratings.sd, hesitation, grouping=ratings.grouping, resampling=resampling
    )
    return reached, [], doubts, [*lacking, *_undoubting(evidence, hesitation, doubts)]


def _undoubting(evidence: Evidence, hesitation: Hesitations, rows: Rows) -> list[str]:
    """Whose hesitation could not be correlated."""
    told = {(row["system_id"], row["measure"]) for row in rows if not np.isnan(row["rho"])}
    return [
        f"{evidence.names[system]}: {measure} does not vary, or is known of fewer than {FEWEST} items."
        for system, measure in hesitation
        if (system, measure) not in told
    ]


def _listed(names: list[str], most: int = 3) -> str:
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more systems" if rest > 0 else "")


def _of_run(material: Material) -> Found:
    return find_people(
        material.evidence, resampling=material.resampling, condition=material.condition
    )


PEOPLE = Analysis(
    name="people",
    title="How near the systems come to people",
    question="Do systems answer as a person would, spread as people do, and doubt where people do?",
    find=_of_run,
    tables={
        "ceiling": "a system beside a person, by one metric",
        "distances": "a system's distance from the people's soft labels",
        "hesitation": "a system's hesitation with the people's disagreement",
    },
)
