"""Rows on what is followed: by a system's own answers to the parts, and by what people said of them.

What people said of the parts is in the targets, as of groups of annotators: `shown=image` are those
who saw the image alone, or who were asked about it alone, and `shown=text` those of the text. A
dataset's card says so (`annotator_group: shown=image`, or a column `shown` of its annotators).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.answers import answers_of
from mllmsent.analysis.numbers import score_columns
from mllmsent.analysis.text_and_image.parts_followed import (
    Following,
    label_following,
    number_weights,
)
from mllmsent.metrics import holm
from mllmsent.metrics.grouping import Grouping
from mllmsent.metrics.samples import UNREAD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.answers import Answers
    from mllmsent.analysis.evidence import Evidence
    from mllmsent.analysis.text_and_image.parts_followed import Weights
    from mllmsent.metrics import Resampling

__all__ = ["PEOPLE", "SYSTEM", "followed_by_answers", "followed_by_people"]

SYSTEM, PEOPLE = "system", "people"
"""Who says what a part says: the system itself, or people."""

SHOWN_IMAGE, SHOWN_TEXT = "shown=image", "shown=text"
"""The groups of annotators who said something of one part."""

Rows = tuple[list[dict[str, Any]], list[str]]
"""A row for each system that says which part it follows, and why there is none of others."""


def followed_by_answers(
    evidence: Evidence, both: Answers, image: Answers, text: Answers, *, resampling: Resampling
) -> Rows:
    """Which part each system follows where its own answers to the two differ.

    Args:
        evidence: The run's tables.
        both: What systems said to items as they are.
        image: What they said to their images.
        text: What they said to their texts.
        resampling: How intervals are made.
    """
    questions: Any = both.rows.index.union(image.rows.index).union(text.rows.index)
    answers = {
        system: tuple(_answers(board, system, questions) for board in (image, text, both))
        for system in both.systems
    }
    return _followed(evidence, both, _grouping(evidence, questions), answers, resampling)


def followed_by_people(
    evidence: Evidence, scheme: Scheme, dimension: str, resampling: Resampling
) -> Rows:
    """Which part each system follows where people said different things of the two.

    Args:
        evidence: The run's tables.
        scheme: The scheme.
        dimension: The dimension; empty for labels.
        resampling: How intervals are made.

    Returns:
        No row where people said nothing of the parts; and no reason, unless they did of one.
    """
    said = [evidence.truth(scheme.name, dimension, group) for group in (SHOWN_IMAGE, SHOWN_TEXT)]
    if not all(said):
        return [], _half_told(evidence, scheme, dimension)
    both = answers_of(evidence, scheme, dimension)
    image, text = (_targets(both, truth) for truth in said)
    answers = {
        system: (image, text, _answers(both, system, both.rows.index)) for system in both.systems
    }
    rows, missed = _followed(evidence, both, both.grouping, answers, resampling)
    return (
        [row | {"told_by": PEOPLE} for row in rows],
        [f"by what people said of the parts, {sentence}" for sentence in missed],
    )


def _half_told(evidence: Evidence, scheme: Scheme, dimension: str) -> list[str]:
    """Why what people said of one part, or under another name, says nothing; none where nobody did."""
    targets = evidence.targets
    rows = targets[targets["scheme"] == scheme.name]
    if dimension:
        rows = rows[rows["dimension"] == dimension]
    known = [name for name in rows["annotator_group"].unique() if name.startswith("shown=")]
    if not known:
        return []
    sentence = (
        f"people said something of {', '.join(known)} alone; to tell which part is followed by what they "
        f"said takes labels or means of {SHOWN_IMAGE} and of {SHOWN_TEXT}."
    )
    return [sentence]


def _grouping(evidence: Evidence, questions: Any) -> Grouping:
    groups = [evidence.groups[item] for item in questions.get_level_values("item_id")]
    return Grouping.of(groups, len(questions))


def _followed(
    evidence: Evidence,
    board: Answers,
    grouping: Grouping,
    answers: Mapping[str, tuple[NDArray[Any], ...]],
    resampling: Resampling,
) -> Rows:
    """By what is said of image, text and both, of each system."""
    # The least p value, times the number of tests, must still be able to fall below alpha.
    n_permutations = max(2000, int(np.ceil(2 * len(board.systems) / (1 - resampling.level))))
    rows, missed = [], []
    for system, (image, text, both) in answers.items():
        if board.dimension:
            found: Following | Weights | str = number_weights(
                image, text, both, grouping, resampling=resampling
            )
        else:
            found = label_following(
                image,
                text,
                both,
                board.scheme.label_names,
                grouping,
                resampling=resampling,
                n_permutations=n_permutations,
            )
        name = evidence.names[system]
        if isinstance(found, str):
            missed.append(f"{name}: {found}")
        else:
            rows.append(_row(board, system, name, found))
    for row, p in zip(rows, holm([row["p"] for row in rows]), strict=True):
        row["p_holm"] = float(p)
    return rows, missed


def _answers(board: Answers, system: str, questions: Any) -> NDArray[Any]:
    """A system's codes of labels, or numbers, at the places of a longer list of questions."""
    answers: NDArray[Any] = _nothing(board, len(questions))
    if system in board.systems:
        own = board.numbers if board.dimension else board.codes
        answers[questions.get_indexer(board.rows.index)] = own[system]
    return answers


def _targets(board: Answers, truth: Mapping[str, Any]) -> NDArray[Any]:
    """What people said of the item of each question, as codes of labels or numbers."""
    place = {name: number for number, name in enumerate(board.scheme.label_names)}
    said = _nothing(board, len(board.items))
    for row, item in enumerate(board.items):
        if item in truth:
            said[row] = truth[item] if board.dimension else place.get(truth[item], UNREAD)
    return said


def _nothing(board: Answers, n: int) -> NDArray[Any]:
    return np.full(n, np.nan) if board.dimension else np.full(n, UNREAD, dtype=np.intp)


def _row(board: Answers, system: str, name: str, found: Following | Weights) -> dict[str, Any]:
    row: dict[str, Any] = {
        "scheme": board.scheme.name,
        "dimension": board.dimension or None,
        "told_by": SYSTEM,
        "system_id": system,
        "system": name,
        "n": found.n,
        **score_columns("image", found.first, "image_"),
        **score_columns("text", found.second, "text_"),
        **score_columns("lean", found.lean),
        "p": found.p,
    }
    if isinstance(found, Following):
        row |= {"n_read": found.n_read, "n_apart": found.n_apart}
        row |= score_columns("neither", found.neither, "neither_")
    return row
