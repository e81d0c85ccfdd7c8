"""Of items with an image and a text: which of the two does a system follow, and what does each add?

A study asks about such items three times: as they are, and under the conditions `image-only` and
`text-only`. What follows is then within a system: its answer to both against its own answers to the parts.

**Which part is followed.** On questions where a system's own answers to the image alone and to the text
alone differ, its answer to both is that of the image, that of the text, or a third. The two shares are
held against each other by a paired permutation test, in which the two answers change places within
groups of items. Numbers are regressed on those given to the parts, with an intercept and with weights
that need not add up to 1: the weighting of cues of Anderson (1981, Foundations of Information
Integration Theory) and of Ernst and Banks (2002, Nature 415, 429-433). Intervals, and the test of equal
weights, come from drawing groups of items again.

**By the people's own labels.** Where targets know what people said of the image alone and of the text
alone (groups of annotators `shown=image` and `shown=text`), items on which these differ are incongruent
whatever a system makes of their parts, and the same for all systems. The same shares and weights are
then given against the people's labels and means; that takes answers to both only.

**What a part adds.** The score for both less the score for the other part alone, on the same items,
against what people said; with an interval from drawing groups of items again, and a paired permutation
test.

P values are corrected by Holm's procedure (1979): of what parts add over all systems and both parts of a
scheme or dimension, of what is followed over all systems of it, by own answers and by people apart.

That an answer follows the image does not say that it should: what people said of the item as a whole may
be either's. Nor is it for certain that the parts contradict each other where the answers to them differ:
a system that answers at random differs from itself. How often it does is told by `consistency`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mllmsent.analysis.answers import answers_of
from mllmsent.analysis.boards import board_title
from mllmsent.analysis.found import Analysis, Found
from mllmsent.analysis.leaderboard import default_metric
from mllmsent.analysis.numbers import score_columns
from mllmsent.analysis.text_and_image.followed import followed_by_answers, followed_by_people
from mllmsent.analysis.text_and_image.parts_added import score_parts
from mllmsent.analysis.text_and_image.words import added_statements, followed_statements
from mllmsent.metrics import Resampling, get_metric, holm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from mllmsent.analysis.answers import Answers
    from mllmsent.analysis.evidence import Evidence
    from mllmsent.analysis.found import Statement
    from mllmsent.analysis.material import Material
    from mllmsent.analysis.text_and_image.followed import Rows
    from mllmsent.metrics import Sample

__all__ = ["TEXT_AND_IMAGE", "find_text_and_image"]

BOTH, IMAGE, TEXT = "none", "image-only", "text-only"
"""The conditions: an item as it is, and each of its parts alone."""

SHOWN = {IMAGE: "image", TEXT: "text", BOTH: "both"}

SCORE_COLUMNS = (
    "scheme", "dimension", "system_id", "system", "shown", "metric", "n", "value", "low", "high",
)  # fmt: skip
ADDED_COLUMNS = (
    "scheme", "dimension", "system_id", "system", "part", "metric", "without", "with", "added", "low",
    "high", "p", "p_holm",
)  # fmt: skip
FOLLOWED_COLUMNS = (
    "scheme", "dimension", "told_by", "system_id", "system", "n_read", "n_apart", "n", "image", "image_low",
    "image_high", "text", "text_low", "text_high", "neither", "neither_low", "neither_high", "lean",
    "low", "high", "p", "p_holm",
)  # fmt: skip
WEIGHT_COLUMNS = (
    "scheme", "dimension", "told_by", "system_id", "system", "n", "image", "image_low", "image_high", "text",
    "text_low", "text_high", "lean", "low", "high", "p", "p_holm",
)  # fmt: skip

SETS = "which part is followed is told of one label or number per answer."
NOBODY = "nobody said what is right, so no part adds to a score."


def find_text_and_image(
    evidence: Evidence,
    *,
    metrics: Mapping[str, str] | None = None,
    resampling: Resampling | None = None,
) -> Found:
    """Which part of items with an image and a text is followed, and what each adds; see the module.

    Args:
        evidence: The run's tables.
        metrics: Scheme to the metric of what a part adds; `default_metric` where absent.
        resampling: How intervals are made.

    Returns:
        Statements, the tables `followed`, `weights`, `added` and `scores`, and what could not be
        computed.
    """
    resampling = resampling or Resampling()
    everything, (evidence, lacking) = evidence, _of_items_with_both(evidence)
    asked = not lacking
    statements: list[Statement] = []
    followed: list[dict[str, Any]] = []
    weights: list[dict[str, Any]] = []
    added: list[dict[str, Any]] = []
    scores: list[dict[str, Any]] = []
    why: dict[str, list[str]] = {}
    for scheme in evidence.schemes.values():
        metric = (metrics or {}).get(scheme.name) or default_metric(scheme)
        single = not (scheme.multi_label or scheme.open_vocabulary)
        if not single and asked:
            why.setdefault(SETS, []).append(scheme.name)
        for dimension in scheme.dimension_names or ("",):
            title = board_title(scheme, dimension)
            boards = {
                condition: answers_of(evidence, scheme, dimension, condition=condition)
                for condition in (SHOWN if asked else ())
            }
            ways: list[Rows] = []
            if single and asked:
                parts = boards[BOTH], boards[IMAGE], boards[TEXT]
                ways.append(followed_by_answers(evidence, *parts, resampling=resampling))
            if single:
                ways.append(followed_by_people(everything, scheme, dimension, resampling))
            for rows, missed in ways:
                (weights if dimension else followed).extend(rows)
                statements += followed_statements(rows, 1 - resampling.level)
                for sentence in missed:
                    why.setdefault(sentence, []).append(title)
            if not asked:
                continue
            gains, own = _added(evidence, boards[BOTH], metric, resampling)
            if not gains:
                why.setdefault(NOBODY, []).append(title)
            statements += added_statements(boards[BOTH], gains, 1 - resampling.level)
            added += gains
            scores += own
    return Found(
        statements=tuple(statements),
        tables=_tables(followed, weights, added, scores),
        lacking=(
            *([lacking] if lacking else []),
            *(f"{'; '.join(dict.fromkeys(where))}: {text}" for text, where in why.items()),
        ),
    )


def _tables(
    followed: Sequence[Mapping[str, Any]],
    weights: Sequence[Mapping[str, Any]],
    added: Sequence[Mapping[str, Any]],
    scores: Sequence[Mapping[str, Any]],
) -> dict[str, pd.DataFrame]:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    return {
        "followed": pd.DataFrame(followed, columns=list(FOLLOWED_COLUMNS)),
        "weights": pd.DataFrame(weights, columns=list(WEIGHT_COLUMNS)),
        "added": pd.DataFrame(added, columns=list(ADDED_COLUMNS)),
        "scores": pd.DataFrame(scores, columns=list(SCORE_COLUMNS)),
    }


def _of_items_with_both(evidence: Evidence) -> tuple[Evidence, str]:
    """The answers to items that were asked about in all three ways; or why there are none."""
    said = evidence.predictions
    asked = {name: set(said.loc[said["condition"] == name, "item_id"]) for name in SHOWN}
    missing = [name for name, items in asked.items() if not items]
    if missing:
        return evidence, (
            f"No question was asked under condition {' or '.join(missing)}; a study of items that have "
            "an image and a text asks with `conditions: [none, image-only, text-only]`."
        )
    items = set.intersection(*asked.values())
    if not items:
        return (
            evidence,
            "No item was asked about as it is, by its image alone and by its text alone.",
        )
    if all(asked[name] == items for name in SHOWN):
        return evidence, ""  # whose answers may be scored already
    return replace(evidence, predictions=said[said["item_id"].isin(items)]), ""


def _added(
    evidence: Evidence, board: Answers, metric: str, resampling: Resampling
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What each part adds to the score of each system, and the scores."""
    chosen = get_metric(metric)
    samples: dict[str, dict[str, Sample]] = {}
    for condition, shown in SHOWN.items():
        for entry in evidence.scored(board.scheme.name, condition=condition):
            if entry.dimension == board.dimension and entry.sample is not None:
                samples.setdefault(entry.system_id, {})[shown] = entry.sample
    gains: list[dict[str, Any]] = []
    scores: list[dict[str, Any]] = []
    for system, own in samples.items():
        name = {
            "scheme": board.scheme.name,
            "dimension": board.dimension or None,
            "system_id": system,
            "system": evidence.names[system],
        }
        found = score_parts(chosen, own, resampling, n_tests=2 * len(samples))
        if found is None:
            continue
        for shown, score in found.scores.items():
            row = {"shown": shown, "metric": metric, "n": found.n[shown]}
            scores.append(name | row | score_columns("value", score))
        for part, other in (("text", "image"), ("image", "text")):
            row = {
                "part": part,
                "metric": metric,
                "without": found.scores[other].value,
                "with": found.scores["both"].value,
                **score_columns("added", found.added[part]),
                "p": found.p[part],
            }
            gains.append(name | row)
    for row, p in zip(gains, holm([row["p"] for row in gains]), strict=True):
        row["p_holm"] = float(p)
    return gains, scores


def _of_run(material: Material) -> Found:
    return find_text_and_image(
        material.evidence, metrics=material.metrics, resampling=material.resampling
    )


TEXT_AND_IMAGE = Analysis(
    name="text_and_image",
    title="Which of the two a system follows: text or picture",
    question="Of items with an image and a text, which does a system follow, and what does each add?",
    find=_of_run,
    tables={
        "followed": "a system in one scheme of labels, where its own labels for the parts differ, or people's",
        "weights": "a system in one dimension, by its own numbers for the parts, or by people's",
        "added": "a system and the part that is shown as well",
        "scores": "a system and what it is shown",
    },
)
