"""How large the differences are: what was planted, and how many items would show it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from tests.analysis.small_evidence import make_evidence
from tests.analysis.test_agreement import world
from tests.report.sample_run import Recipe, make_run

from mllmsent.analysis.comparison.find import find_comparison
from mllmsent.analysis.leaderboard import leaderboard
from mllmsent.analysis.material import Material
from mllmsent.analysis.registry import analyze
from mllmsent.dioramas.simulated.systems import SystemSpec
from mllmsent.metrics import Resampling
from mllmsent.runs import open_folder
from mllmsent.runs.imports import import_run

if TYPE_CHECKING:
    from pathlib import Path

    from mllmsent.analysis import Evidence
    from mllmsent.analysis.found import Found

QUICK = Resampling(n_resamples=300)


def compare(evidence: Evidence, metric: str = "accuracy", **more: Any) -> Found:
    metrics = dict.fromkeys(evidence.schemes, metric)
    board = leaderboard(evidence, metrics=metrics, resampling=QUICK)
    return find_comparison(evidence, board, resampling=QUICK, **more)


def with_folds(evidence: Evidence, n: int = 5) -> Evidence:
    place = {item: number % n for number, item in enumerate(evidence.items["item_id"])}
    said = evidence.predictions
    return replace(
        evidence, predictions=said.assign(fold=said["item_id"].map(place).astype("Int64"))
    )


def test_a_large_difference_is_told_with_its_size_and_the_items_it_takes() -> None:
    found = compare(world([SystemSpec("good", 0.8), SystemSpec("poor", 0.6)], n=400))
    row = found.tables["pairs"].iloc[0]
    assert (row["first"], row["second"]) == ("good", "poor")
    assert row["difference"] == pytest.approx(0.2)
    assert 0 < row["low"] < 0.2 < row["high"]
    assert row["apart"]
    assert row["wins"] - row["losses"] == 80
    assert row["wins"] + row["ties"] + row["losses"] == row["n"] == 400
    assert row["odds_ratio"] == pytest.approx(row["wins"] / row["losses"])
    assert row["size"] == pytest.approx(row["wins"] / (row["wins"] + row["losses"]) - 0.5)
    assert row["odds_low"] > 1
    # Far fewer items would have done, and a far smaller difference would have shown.
    assert row["needed_low"] < row["needed_items"] < row["needed_high"] < 400
    assert row["detectable"] < 0.12
    texts = [statement.text for statement in found.statements]
    assert texts[0].startswith("good is ranked before poor, by 0.200 (")
    assert "can be told apart (p < 0.001" in texts[0]
    assert texts[1].startswith(f"On {row['wins'] + row['losses']} of 400 questions only one")
    assert "would be shown with 80% power" in texts[2]


def test_a_difference_that_is_none_is_not_sold_as_one() -> None:
    found = compare(world([SystemSpec("a", 0.7), SystemSpec("b", 0.7)], n=200))
    row = found.tables["pairs"].iloc[0]
    assert row["difference"] == 0
    assert not row["apart"]
    assert np.isinf(row["needed_items"])
    texts = [statement.text for statement in found.statements]
    assert texts[0].startswith("a and b differ by 0.000 (")
    assert "cannot be told apart" in texts[0]
    assert "no number of items would show it" in texts[-1]


def test_the_tests_are_those_of_the_leaderboard() -> None:
    specs = [SystemSpec("a", 0.8), SystemSpec("b", 0.75), SystemSpec("c", 0.6)]
    evidence = world(specs, n=150)
    board = leaderboard(evidence, resampling=QUICK)
    found = find_comparison(evidence, board, resampling=QUICK)
    told, tested = found.tables["pairs"], board.differences["ekman"]
    for column in ("first_id", "second_id", "p", "p_holm", "n_groups"):
        assert told[column].tolist() == tested[column].tolist()
    assert told["difference"].tolist() == pytest.approx(tested["difference"].tolist())
    apart = int((tested["p_holm"] <= 0.05).sum())
    assert any(f"{apart} of 3 pairs" in statement.text for statement in found.statements)


def test_of_errors_the_smaller_one_is_the_better() -> None:
    rng = np.random.default_rng(0)
    truth = {f"i{number}": float(value) for number, value in enumerate(rng.uniform(2, 8, 80))}
    near = {item: float(np.clip(value + rng.normal(0, 0.5), 1, 9)) for item, value in truth.items()}
    far = {item: float(np.clip(value + rng.normal(0, 1.5), 1, 9)) for item, value in truth.items()}
    evidence = make_evidence(
        "valence-arousal", truth, {"far/direct": far, "near/direct": near}, dimension="valence"
    )
    found = compare(evidence, "mae")
    row = found.tables["pairs"].iloc[0]
    assert row["first"] == "near/direct"
    assert 0 < row["low"] <= row["difference"] <= row["high"]
    assert row["effect"] == "d_z"
    assert row["size_low"] > 0
    assert row["wins"] > row["losses"]
    assert np.isnan(row["odds_ratio"])
    assert any("comes closer to people" in statement.text for statement in found.statements)
    assert found.lacking[0].startswith("valence-arousal, arousal: nothing could be scored")


def test_folds_have_a_secondary_test_in_a_table_of_its_own() -> None:
    evidence = world([SystemSpec("a", 0.8), SystemSpec("b", 0.6), SystemSpec("c", 0.6)], n=300)
    without = compare(evidence)
    assert not len(without.tables["folds"])
    assert without.lacking == ("No prediction has a fold, so there is no test over folds.",)
    found = compare(with_folds(evidence))
    table: Any = found.tables["folds"].set_index(["first", "second"])
    assert not found.lacking
    planted = table.loc["a", "b"]
    assert planted["n_folds"] == 5
    assert planted["df"] == 4
    assert planted["difference"] == pytest.approx(0.2)
    assert planted["low"] > 0
    assert planted["p"] < 0.05
    assert (table["p_holm"] >= table["p"]).all()


def test_systems_tested_in_other_folds_have_no_test_over_them() -> None:
    evidence = with_folds(world([SystemSpec("a", 0.8), SystemSpec("b", 0.6)], n=60))
    said = evidence.predictions
    second = said["system_id"] == evidence.systems["system_id"].iloc[1]
    moved = said["fold"].where(~second, (said["fold"] + 1) % 5)
    found = compare(replace(evidence, predictions=said.assign(fold=moved)))
    assert not len(found.tables["folds"])
    assert "tested in other folds" in found.lacking[0]


def test_one_system_and_no_labels_are_told_and_nothing_breaks() -> None:
    alone = compare(world([SystemSpec("a", 0.8)], n=40))
    assert alone.lacking == ("ekman: there are no two ranked systems to compare.",)
    evidence = world([SystemSpec("a", 0.8), SystemSpec("b", 0.8)], n=40)
    unlabeled = compare(replace(evidence, targets=evidence.targets.head(0)))
    assert "nothing could be scored" in unlabeled.lacking[0]
    assert not unlabeled.statements


def test_constant_and_equal_systems_are_told_without_numbers_they_do_not_have() -> None:
    evidence = world([SystemSpec("a", 0.8), SystemSpec("b", 0.8)], n=40)
    same = evidence.predictions.assign(label="happiness", status="ok")
    found = compare(replace(evidence, predictions=same))
    row = found.tables["pairs"].iloc[0]
    assert row["difference"] == 0
    assert np.isnan(row["low"])
    assert np.isnan(row["size"])
    assert np.isnan(row["detectable"])
    assert all("nan" not in statement.text for statement in found.statements)


def test_systems_without_a_common_item_are_told(tmp_path: Path) -> None:
    recipe = Recipe(
        n_items=20, models={"m/one": 0.8, "m/two": 0.6}, images=False, pathways=["direct"]
    )
    run = make_run(tmp_path / "run", recipe)
    said = run.table("predictions")
    first = said["system_id"] == said["system_id"].iloc[0]
    apart = said[first == (said["item_id"] < "scene-0010")]
    material = Material(run)
    material.__dict__["evidence"] = replace(material.evidence, predictions=apart)
    found = analyze(material, ["comparison"])["comparison"]
    assert "answered no common item" in found.lacking[0]


def test_items_of_one_group_are_no_common_items() -> None:
    """Of each pair of twins one system saw the one, and the other the other."""
    items = [f"i{number}" for number in range(80)]
    truth = dict.fromkeys(items, "positive")
    twins = {item: f"twins {number // 2}" for number, item in enumerate(items)}
    seen = {"a/direct": dict.fromkeys(items[::2], "positive")}
    seen["b/direct"] = dict.fromkeys(items[1::2], "negative")
    found = compare(make_evidence("polarity3", truth, seen, groups=twins))
    assert not len(found.tables["pairs"])
    assert not found.statements
    assert "polarity3: pairs of systems that answered no common item: 1." in found.lacking


def test_items_of_a_group_count_together() -> None:
    """Every item twice, as one group: the same difference is no surer, and takes twice the items."""
    evidence = world([SystemSpec("a", 0.75), SystemSpec("b", 0.7)], n=200)
    doubled = replace(
        evidence,
        items=twice(evidence.items),
        targets=twice(evidence.targets),
        predictions=twice(evidence.predictions),
    )
    one, two = (compare(each).tables["pairs"].iloc[0] for each in (evidence, doubled))
    assert (one["n_groups"], two["n_groups"]) == (200, 200)
    assert (one["n_items"], two["n_items"]) == (200, 400)
    assert two["detectable"] == pytest.approx(one["detectable"])
    assert two["needed_items"] == pytest.approx(2 * one["needed_items"], abs=2)


def twice(table: pd.DataFrame) -> pd.DataFrame:
    """A table with a second copy of every item, in the same group."""
    copy = table.assign(item_id=table["item_id"] + "-copy")
    return pd.concat([table, copy], ignore_index=True)


def test_published_classifiers_are_compared_over_their_folds(
    tmp_path: Path, shared_data: Path
) -> None:
    """What six classifiers made of one model's descriptions, P5 with all five votes alike."""
    published = pd.read_parquet(shared_data / "published-descriptions" / "predictions.parquet")
    few = published[(published["problem"] == "p5") & (published["sigma"] == 5)]
    few = few[few["captioner"] == "gpt-4o-mini"]
    few.to_parquet(tmp_path / "few.parquet")
    import_run([tmp_path / "few.parquet"], tmp_path / "run")
    material = Material(open_folder(tmp_path / "run"))
    material.__dict__["resampling"] = QUICK
    found = analyze(material, ["comparison"])["comparison"]
    pairs, folds = found.tables["pairs"], found.tables["folds"]
    assert set(pairs["n_items"]) == {445}
    assert len(pairs) == len(folds) == 15
    assert set(folds["n_folds"]) == {5}
    assert "modernbert" in pairs["first"].iloc[0]
    # The mean of five folds' differences is near the difference of all rows together.
    assert np.corrcoef(pairs["difference"], folds["difference"])[0, 1] > 0.9
    # A test that knows five numbers of each system finds less.
    assert (folds["p_holm"] <= 0.05).sum() < pairs["apart"].sum()
