"""Whether confidence can be trusted: what is off is found, what is sound is left alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score
from tests.report.sample_run import Recipe, make_run

from mllmsent.affect import get_scheme
from mllmsent.analysis import Evidence
from mllmsent.analysis.calibration.confidences import Confidences, score_words
from mllmsent.analysis.calibration.find import find_calibration
from mllmsent.analysis.calibration.scores import score_all
from mllmsent.analysis.calibration.stages import judge, number_of_bins
from mllmsent.analysis.calibration.words import board_statements
from mllmsent.analysis.evidence import Scored
from mllmsent.analysis.material import Material
from mllmsent.analysis.registry import analyze
from mllmsent.foundation.tables import check_table
from mllmsent.metrics import Resampling
from mllmsent.metrics.grouping import Grouping
from mllmsent.metrics.temperature import tempered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

QUICK = Resampling(n_resamples=200)
SCHEME = get_scheme("polarity3")
LABELS = SCHEME.label_names


def world(
    n: int, temperatures: Mapping[str, float], seed: int = 0
) -> tuple[NDArray[np.intp], dict[str, Floats]]:
    """Truth drawn from true probabilities, and systems at temperatures that must be undone."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, (n, 3))
    points = rng.random(n)[:, None]
    truth = (points > np.cumsum(softmax(logits, axis=1), axis=1)).sum(axis=1).astype(np.intp)
    return truth, {name: softmax(logits * by, axis=1) for name, by in temperatures.items()}


def evidence_of_scores(
    truth: NDArray[np.intp],
    systems: Mapping[str, Floats],
    *,
    kind: str = "likelihood-sum",
    groups: Sequence[str] | None = None,
    people: Floats | None = None,
) -> Evidence:
    ids = [f"item-{number:05}" for number in range(len(truth))]
    targets = pd.DataFrame(
        {
            "item_id": ids,
            "scheme": SCHEME.name,
            "annotator_group": "all",
            "label": [LABELS[code] for code in truth],
        }
    )
    if people is not None:
        shares = [dict(zip(LABELS, row, strict=True)) for row in people]
        targets["distribution"] = pd.Series(shares, dtype=object)
    parts = [
        pd.DataFrame(
            {
                "item_id": ids,
                "system_id": name,
                "scheme": SCHEME.name,
                "condition": "none",
                "repeat": 0,
                "status": "ok",
                "label": [LABELS[code] for code in table.argmax(axis=1)],
                "scores": [dict(zip(LABELS, row, strict=True)) for row in table],
                "score_kind": kind,
            }
        )
        for name, table in systems.items()
    ]
    names = list(systems)
    table = pd.DataFrame({"system_id": names, "name": names, "model": names}).assign(
        pathway="direct"
    )
    items = pd.DataFrame({"item_id": ids, "group": list(groups or ids)})
    return Evidence(
        check_table("items", items),
        check_table("targets", targets),
        check_table("predictions", pd.concat(parts, ignore_index=True)),
        check_table("systems", table),
        {SCHEME.name: SCHEME},
    )


def row_of(table: pd.DataFrame, system: str) -> Any:
    return table.set_index("system").loc[system]


def test_a_system_that_is_too_sure_is_found_and_a_calibrated_one_is_not() -> None:
    truth, systems = world(600, {"sure": 3.0, "sound": 1.0}, seed=1)
    found = find_calibration(evidence_of_scores(truth, systems), resampling=QUICK)
    table = found.tables["calibration"]
    sure, sound = row_of(table, "sure"), row_of(table, "sound")
    assert sure["p_holm"] < 0.01
    assert sure["overconfidence_low"] > 0.1
    assert sure["temperature_low"] <= 3.0 <= sure["temperature_high"]
    assert sure["ece_after"] < 2 * sure["ece_after_by_chance"] < sure["ece"]
    assert sure["rmsce_low"] > 0.1
    assert sound["rmsce_low"] == 0
    assert sure["nll_gain_low"] > 0
    assert sure["brier_gain_low"] > 0
    assert sound["p_holm"] > 0.05
    assert sound["overconfidence_low"] < 0 < sound["overconfidence_high"]
    assert sound["temperature_low"] <= 1.0 <= sound["temperature_high"]
    assert sound["ece"] < 2 * sound["ece_by_chance"]
    first = found.statements[0].text
    assert "Of 2 systems with scores, 1 is miscalibrated" in first
    assert "sure (label likelihoods, summed over tokens)" in first


def test_temperature_changes_no_answer() -> None:
    truth, systems = world(200, {"s": 2.0})
    found = find_calibration(evidence_of_scores(truth, systems), resampling=QUICK)
    bins = found.tables["reliability"]
    n = bins.groupby("stage")["n"].sum()
    right = (bins["accuracy"] * bins["n"]).groupby(bins["stage"]).sum()
    assert n.to_dict() == {"as given": 200, "after temperature": 200}
    assert right["as given"] == pytest.approx(right["after temperature"])


def test_scores_are_those_of_scikit_learn() -> None:
    truth, systems = world(300, {"s": 1.7})
    table = systems["s"]
    found = find_calibration(evidence_of_scores(truth, systems), resampling=QUICK).tables
    row = row_of(found["calibration"], "s")
    right = table.argmax(axis=1) == truth
    assert row["brier"] == pytest.approx(
        brier_score_loss(truth, table, labels=[0, 1, 2], scale_by_half=False), abs=1e-6
    )
    assert row["nll"] == pytest.approx(log_loss(truth, table, labels=[0, 1, 2]), abs=1e-6)
    levels = np.argsort(np.argsort(table.max(axis=1)))
    assert row["auroc"] == pytest.approx(roc_auc_score(right, levels), abs=1e-3)
    for code, own in enumerate(found["classes"].to_dict(orient="records")):
        assert own["brier"] == pytest.approx(
            brier_score_loss(truth == code, table[:, code]), abs=1e-6
        )
    base = np.bincount(truth) / 300
    always = np.tile(base, (300, 1))
    climate = brier_score_loss(truth, always, labels=[0, 1, 2], scale_by_half=False)
    assert row["brier_skill"] == pytest.approx(1 - row["brier"] / climate, abs=1e-6)


def test_always_forecasting_the_base_rates_has_no_skill_and_tells_nothing_apart() -> None:
    truth, _ = world(120, {})
    always = np.tile(np.bincount(truth) / 120, (120, 1))
    found = find_calibration(evidence_of_scores(truth, {"s": always}), resampling=QUICK)
    row = row_of(found.tables["calibration"], "s")
    assert row["brier_skill"] == pytest.approx(0)
    assert row["auroc"] == 0.5
    assert row["bins"] == 1
    assert "always equally sure" in " ".join(found.lacking)


def test_probabilities_are_held_against_what_share_of_people_said() -> None:
    truth, systems = world(100, {"s": 1.0})
    people = systems["s"]
    found = find_calibration(
        evidence_of_scores(truth, {"s": people, "flat": np.full((100, 3), 1 / 3)}, people=people),
        resampling=QUICK,
    )
    table = found.tables["calibration"]
    same = row_of(table, "s")
    assert same["people_brier"] == pytest.approx(0, abs=1e-9)
    assert same["people_divergence"] == pytest.approx(0, abs=1e-9)
    flat = row_of(table, "flat")
    entropy = -(people * np.log(people)).sum(axis=1).mean()
    assert flat["people_divergence"] == pytest.approx(np.log(3) - entropy)
    assert "divided are the probabilities of s" in found.statements[-1].text


def test_the_surest_answers_are_right_most_often() -> None:
    truth, systems = world(400, {"s": 1.0})
    found = find_calibration(evidence_of_scores(truth, systems), resampling=QUICK).tables
    curve = found["selective"].set_index("answered")["accuracy"]
    row = row_of(found["calibration"], "s")
    assert curve[1.0] == pytest.approx(row["accuracy"])
    assert curve[0.2] > curve[1.0] + 0.1
    assert row["aurc"] < 1 - row["accuracy"]


def test_images_of_one_group_are_never_parted_and_are_one_piece_of_evidence() -> None:
    truth, systems = world(40, {"s": 1.0})
    repeated = {"s": np.repeat(systems["s"], 10, axis=0)}
    groups = [f"g{number // 10}" for number in range(400)]
    alone = evidence_of_scores(np.repeat(truth, 10), repeated)
    together = evidence_of_scores(np.repeat(truth, 10), repeated, groups=groups)
    rows = [
        find_calibration(each, resampling=QUICK).tables["calibration"].iloc[0]
        for each in (alone, together)
    ]
    assert rows[1]["n_groups"] == 40
    assert rows[1]["ece_by_chance"] > 2 * rows[0]["ece_by_chance"]
    widths = [row["brier_high"] - row["brier_low"] for row in rows]
    assert widths[1] > 2 * widths[0]


def test_scores_that_are_no_probabilities_are_told() -> None:
    truth, systems = world(60, {"s": 1.0})
    margins = find_calibration(evidence_of_scores(truth, systems, kind="margin"), resampling=QUICK)
    assert margins.lacking == ("polarity3: s: its scores (margin) are no probabilities.",)
    assert not margins.statements
    broken = {"s": np.where(np.arange(60)[:, None] < 30, systems["s"], -1.0)}
    half = find_calibration(evidence_of_scores(truth, broken), resampling=QUICK)
    row = half.tables["calibration"].iloc[0]
    assert (row["n"], row["coverage"]) == (30, 0.5)
    doubled = find_calibration(
        evidence_of_scores(truth, {"s": 2 * systems["s"]}, kind="stated"), resampling=QUICK
    )
    assert doubled.tables["calibration"].iloc[0]["n_rescaled"] == 60
    silent = evidence_of_scores(truth, systems)
    silent = replace(silent, predictions=silent.predictions.assign(scores=None, score_kind=None))
    assert "1 of 1 systems gave no scores: s." in find_calibration(silent).lacking[0]


def test_who_is_always_right_and_who_answered_one_group_are_told() -> None:
    truth, _ = world(60, {})
    sure = np.eye(3)[truth] * 0.8 + 0.2 / 3
    found = find_calibration(evidence_of_scores(truth, {"s": sure}), resampling=QUICK)
    assert "always right" in " ".join(found.lacking)
    assert np.isnan(found.tables["calibration"].iloc[0]["auroc"])
    one = find_calibration(
        evidence_of_scores(truth, {"s": sure}, groups=["g"] * 60), resampling=QUICK
    )
    assert "one group of items" in " ".join(one.lacking)
    assert np.isnan(one.tables["calibration"].iloc[0]["brier_low"])


def test_numbers_and_sets_have_no_confidence() -> None:
    truth, systems = world(10, {"s": 1.0})
    evidence = evidence_of_scores(truth, systems)
    sets = replace(SCHEME, multi_label=True)
    lacking = find_calibration(
        replace(evidence, schemes={"polarity3": sets, "vad": get_scheme("vad")})
    ).lacking
    assert len(lacking) == 2


def confidences(truth: NDArray[np.intp], probabilities: Floats) -> Confidences:
    """One system's confidences without a run around them."""
    n = len(truth)
    entry = Scored("s", "s", SCHEME.name, "", pd.DataFrame({"item_id": []}), None, 0)
    return Confidences(
        entry=entry,
        score_kind="probability",
        probabilities=probabilities,
        truth=truth,
        answered=probabilities.argmax(axis=1),
        people=np.full((n, 3), np.nan),
        grouping=Grouping.of(None, n),
        n_items=n,
        coverage=1.0,
        n_rescaled=0,
    )


@pytest.mark.slow
def test_a_planted_miscalibration_lies_in_its_interval_as_often_as_it_says() -> None:
    """The truth is what a sample so large that chance is gone says of the same system."""
    coarse = Resampling(n_resamples=100, method="percentile")
    truth, systems = world(50_000, {"s": 2.0}, seed=10_000)
    probabilities = systems["s"]
    (true,) = score_all(judge([confidences(truth, probabilities)]), coarse)

    def surprise(table: Floats) -> float:
        return float(log_loss(truth, table, labels=[0, 1, 2]))

    held = dict.fromkeys(("overconfidence", "brier", "nll", "auroc", "aurc", "rmsce", "gain"), 0)
    for seed in range(200):
        own, systems = world(150, {"s": 2.0}, seed=seed)
        (judged,) = judge([confidences(own, systems["s"])], seed=seed)
        (scores,) = score_all([judged], QUICK)
        for name in list(held)[:-1]:
            interval = scores[name].interval
            held[name] += interval.low <= true[name].value <= interval.high
        # A gain is that of the temperatures at hand.
        assert judged.cooled is not None
        temperature = float(np.mean(judged.cooled.temperatures))
        gain = surprise(probabilities) - surprise(tempered(probabilities, temperature))
        interval = scores["nll_gain"].interval
        held["gain"] += interval.low <= gain <= interval.high
    for name, count in held.items():
        assert 0.905 <= count / 200 <= 0.985, name


def test_bins_have_rows_enough() -> None:
    assert [number_of_bins(n) for n in (1, 100, 300, 10_000)] == [2, 4, 12, 15]


def test_what_scores_came_from_is_said_in_words() -> None:
    assert score_words("likelihood-mean-calibrated") == (
        "label likelihoods, mean per token, over those of content-free images"
    )
    assert score_words("stated") == "confidence stated in the answer"


def test_a_run_is_analyzed_by_name(tmp_path: Path) -> None:
    recipe = Recipe(n_items=40, models={"m/one": 0.8}, images=False, pathways=["direct"])
    found = analyze(Material(make_run(tmp_path / "run", recipe)), ["calibration"])["calibration"]
    assert not found.statements
    assert "gave no scores" in found.lacking[0]


def test_a_wide_interval_is_neither_the_best_nor_a_proof_of_nothing() -> None:
    row: dict[str, Any] = {
        "scores": "a classifier's probabilities", "p_holm": 1.0, "overconfidence_low": -1.0,
        "overconfidence_high": 1.0, "nll_gain_low": -1.0, "people_brier": np.nan,
    }  # fmt: skip
    sure = row | {"system": "sure", "auroc": 0.7, "auroc_low": 0.6, "auroc_high": 0.8}
    wide = row | {"system": "wide", "auroc": 0.8, "auroc_low": 0.4, "auroc_high": 1.0}
    both = [statement.text for statement in board_statements(SCHEME, [sure, wide], 0.05)][-1]
    assert "best in sure" in both
    assert "In 1 of 2 it is not seen to tell them apart" in both
    alone = [statement.text for statement in board_statements(SCHEME, [wide], 0.05)][-1]
    assert "is seen to tell right from wrong answers in no system" in alone


def test_what_is_a_finding_is_decided_at_the_level_of_the_study() -> None:
    row: dict[str, Any] = {
        "system": "a", "scores": "likelihoods", "p_holm": 0.03, "ece": 0.2, "bins": 4,
        "ece_by_chance": 0.1, "overconfidence_low": -1.0, "overconfidence_high": 1.0,
        "auroc": np.nan, "nll_gain_low": -1.0, "people_brier": np.nan,
    }  # fmt: skip
    (at_5,), (at_1,) = (board_statements(SCHEME, [row], alpha) for alpha in (0.05, 0.01))
    assert "miscalibrated beyond chance" in at_5.text
    assert "no more than chance explains" in at_1.text
