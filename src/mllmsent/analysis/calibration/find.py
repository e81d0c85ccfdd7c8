"""Can confidence be trusted? Is a system as often right as it is sure, and surer where it is right?

Only systems with scores that can be probabilities are judged: likelihoods of the labels, a
classifier's probabilities, shares of several samples, confidence stated in the answer. Which of them
it was is named with every number, since they mean different things. Scores are made to add up to 1;
the confidence of an answer is the probability of the label that was answered.

Calibration: the expected calibration error (ECE) over bins of equally many rows, as many as leave 25
rows to each, at most 15; beside it the same with half and with twice the bins. It is above zero by
chance, and more so in resamples, so that an interval of it would be too high: beside it stand what
chance gives a calibrated system, and the root mean square error from which chance is taken, with an
interval. Whether a system is miscalibrated is tested by flipping signs by groups of items, with
Holm's correction for all systems of a board (`metrics.calibration`). Too sure or not sure enough is
the mean of confidence less accuracy. The Brier score is that of all classes, 0 to 2 (Brier 1950,
Monthly Weather Review 78, 1-3), with its skill against always forecasting the base rates, and of
each class; beside it the negative log-likelihood in nats, where no probability is below one in a
million.

Use: the area under the ROC curve of confidence for being right, accuracy when only the surest
answers are taken, and the area under the risk-coverage curve.

Cure: a temperature (Guo et al. 2017), fitted on the other folds' groups of items and applied out of
fold; gains are on rows that it has not seen, given the folds' temperatures. The temperature of all
rows has an interval of its own.

People disagree: the Brier score and the negative log-likelihood are also taken against the
distribution of people's votes, with the divergence (Kullback-Leibler), which is 0 for a system that
says what share of people would say.

An answer without scores or that could not be read is not judged; the table says how many were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.calibration.confidences import confidences_of, score_words
from mllmsent.analysis.calibration.scores import COVERAGES, score_all
from mllmsent.analysis.calibration.stages import STAGES, judge
from mllmsent.analysis.calibration.words import board_statements
from mllmsent.analysis.found import Analysis, Found
from mllmsent.analysis.numbers import score_columns
from mllmsent.metrics import Resampling, holm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.calibration.stages import Judged
    from mllmsent.analysis.evidence import Evidence
    from mllmsent.analysis.found import Statement
    from mllmsent.analysis.material import Material
    from mllmsent.metrics import Score

__all__ = ["CALIBRATION", "find_calibration"]

Row = dict[str, Any]

SCORES = (
    "accuracy", "confidence", "overconfidence", "rmsce", "brier", "brier_skill", "nll", "auroc", "aurc",
    "temperature", "overconfidence_after", "rmsce_after", "brier_after", "brier_gain", "nll_after",
    "nll_gain", "people_brier", "people_nll", "people_divergence",
)  # fmt: skip
"""Columns of the table `calibration` that have an interval."""

PLACE_COLUMNS = ("scheme", "system_id", "system", "score_kind", "scores")
COLUMNS = (
    *PLACE_COLUMNS, "n", "n_items", "n_groups", "coverage", "n_rescaled", "bins",
    "ece", "ece_by_chance", "p_value", "p_holm", "ece_half_the_bins", "ece_twice_the_bins",
    "ece_after", "ece_after_by_chance", "p_value_after", "least_temperature", "most_temperature", "n_people",
    *(f"{name}{part}" for name in SCORES for part in ("", "_low", "_high")),
)  # fmt: skip
BIN_COLUMNS = (
    *PLACE_COLUMNS, "stage", "bin", "n", "least", "most", "confidence", "accuracy", "low", "high",
)  # fmt: skip
CLASS_COLUMNS = (
    *PLACE_COLUMNS, "label", "n", "base_rate", "mean_probability",
    "brier", "brier_low", "brier_high", "skill", "skill_low", "skill_high",
)  # fmt: skip
SELECTIVE_COLUMNS = (*PLACE_COLUMNS, "answered", "accuracy", "low", "high")


def find_calibration(
    evidence: Evidence, *, resampling: Resampling | None = None, condition: str = "none"
) -> Found:
    """Whether the confidence of a run's systems can be trusted; see the module.

    Args:
        evidence: The run's tables.
        resampling: How intervals are made.
        condition: The condition under which systems answered.

    Returns:
        Statements, the tables `calibration`, `reliability`, `classes` and `selective`, and what
        could not be computed.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    resampling = resampling or Resampling()
    rows: dict[str, list[Row]] = {
        name: [] for name in ("calibration", "reliability", "classes", "selective")
    }
    statements: list[Statement] = []
    lacking: list[str] = []
    for scheme in evidence.schemes.values():
        if scheme.dimensions or scheme.multi_label or scheme.open_vocabulary:
            what = (
                "numbers have" if scheme.dimensions else "answers of no closed list of labels have"
            )
            lacking.append(f"{scheme.name}: {what} no probability of being right.")
            continue
        confidences, silent = confidences_of(evidence, scheme, condition=condition)
        lacking += [f"{scheme.name}: {sentence}" for sentence in silent]
        judged = judge(confidences, seed=resampling.seed)
        own_rows: list[Row] = []
        for each, scores in zip(judged, score_all(judged, resampling), strict=True):
            place = _place(each)
            own_rows.append(place | _row(each, scores))
            rows["reliability"] += [place | row for row in _bins(each, scores)]
            rows["classes"] += [place | row for row in _classes(each, scheme, scores)]
            rows["selective"] += [place | row for row in _selective(scores)]
        _correct(own_rows)
        rows["calibration"] += own_rows
        statements += board_statements(scheme, own_rows, 1 - resampling.level)
        lacking += _too_little(scheme, judged)
    columns = (COLUMNS, BIN_COLUMNS, CLASS_COLUMNS, SELECTIVE_COLUMNS)
    return Found(
        statements=tuple(statements),
        tables={
            name: pd.DataFrame(rows[name], columns=list(own))
            for name, own in zip(rows, columns, strict=True)
        },
        lacking=tuple(lacking),
    )


def _place(each: Judged) -> Row:
    entry, kind = each.own.entry, each.own.score_kind
    return {
        "scheme": entry.scheme,
        "system_id": entry.system_id,
        "system": entry.name,
        "score_kind": kind,
        "scores": score_words(kind),
    }


def _row(each: Judged, scores: Mapping[str, Score]) -> Row:
    own = each.own
    given, after = each.stages[STAGES[0]], each.stages.get(STAGES[1])
    row: Row = {
        "n": len(own.truth),
        "n_items": own.n_items,
        "n_groups": len(np.unique(own.grouping.index)),
        "coverage": own.coverage,
        "n_rescaled": own.n_rescaled,
        "bins": given.n_bins,
        "ece": given.test.error,
        "ece_by_chance": given.test.by_chance,
        "p_value": given.test.p_value,
        "ece_half_the_bins": each.error_in(max(1, given.n_bins // 2)),
        "ece_twice_the_bins": each.error_in(2 * given.n_bins),
        "ece_after": np.nan if after is None else after.test.error,
        "ece_after_by_chance": np.nan if after is None else after.test.by_chance,
        "p_value_after": np.nan if after is None else after.test.p_value,
        "least_temperature": np.nan if each.cooled is None else min(each.cooled.temperatures),
        "most_temperature": np.nan if each.cooled is None else max(each.cooled.temperatures),
        "n_people": int((~np.isnan(own.people).any(axis=1)).sum()),
    }
    for name in SCORES:
        row |= score_columns(name, scores.get(name), f"{name}_")
    return row | {"temperature": each.temperature}


def _bins(each: Judged, scores: Mapping[str, Score]) -> list[Row]:
    found = []
    for name, stage in each.stages.items():
        for number in range(stage.n_bins):
            inside = stage.confidence[stage.bins == number]
            found.append(
                {
                    "stage": name,
                    "bin": number + 1,
                    "n": len(inside),
                    "least": float(inside.min()),
                    "most": float(inside.max()),
                    "confidence": float(inside.mean()),
                    **score_columns("accuracy", scores[f"{name} accuracy {number}"]),
                }
            )
    return found


def _classes(each: Judged, scheme: Scheme, scores: Mapping[str, Score]) -> list[Row]:
    own = each.own
    return [
        {
            "label": label,
            "n": int((own.truth == code).sum()),
            "base_rate": float((own.truth == code).mean()),
            "mean_probability": float(own.probabilities[:, code].mean()),
            **score_columns("brier", scores[f"brier {code}"], "brier_"),
            **score_columns("skill", scores[f"skill {code}"], "skill_"),
        }
        for code, label in enumerate(scheme.label_names)
    ]


def _selective(scores: Mapping[str, Score]) -> list[Row]:
    return [
        {"answered": coverage, **score_columns("accuracy", scores[f"accuracy at {coverage}"])}
        for coverage in COVERAGES
    ]


def _correct(rows: Sequence[Row]) -> None:
    for row, value in zip(rows, holm([row["p_value"] for row in rows]), strict=True):
        row["p_holm"] = float(value)


def _too_little(scheme: Scheme, judged: Sequence[Judged]) -> list[str]:
    found = []
    for each in judged:
        title = f"{scheme.name}: {each.own.entry.name}"
        if each.cooled is None:
            found.append(f"{title} answered one group of items, so nothing has an interval.")
        elif len(np.unique(each.right)) == 1:
            always = "right" if each.right[0] else "wrong"
            found.append(f"{title} is always {always}, so confidence has nothing to tell apart.")
        elif each.stages[STAGES[0]].n_bins == 1:
            found.append(f"{title} is always equally sure, so confidence tells nothing apart.")
    return found


def _of_run(material: Material) -> Found:
    return find_calibration(
        material.evidence, resampling=material.resampling, condition=material.condition
    )


CALIBRATION = Analysis(
    name="calibration",
    title="Whether confidence can be trusted",
    question="Are systems as often right as they are sure, and surer where they are right?",
    find=_of_run,
    tables={
        "calibration": "a system with scores, and how well they are calibrated",
        "reliability": "a bin of confidence of a system, as given or after temperature",
        "classes": "a label and the Brier score of a system's probability of it",
        "selective": "a share of a system's answers, surest first, and their accuracy",
    },
)
