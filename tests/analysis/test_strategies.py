"""How much the wording matters: what was planted in wordings of one model, and what was not."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from tests.analysis.test_agreement import world

from mllmsent.analysis.leaderboard import leaderboard
from mllmsent.analysis.material import Material
from mllmsent.analysis.registry import analyze
from mllmsent.analysis.strategies.families import Family, families_of
from mllmsent.analysis.strategies.find import find_strategies
from mllmsent.analysis.strategies.scores import StrategyScores
from mllmsent.analysis.strategies.words import family_statements
from mllmsent.dioramas.simulated.systems import SystemSpec
from mllmsent.foundation.tables import check_table
from mllmsent.metrics import Resampling, get_metric, holm, paired_tests
from mllmsent.metrics.grouping import Grouping
from mllmsent.runs import open_folder
from mllmsent.runs.imports import import_run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mllmsent.analysis import Evidence
    from mllmsent.analysis.found import Found

QUICK = Resampling(n_resamples=300)


def asked(accuracies: Mapping[str, float], n: int = 300, seed: int = 0) -> Evidence:
    """Models in wordings, "model/wording" with its accuracy; wordings share what is hard."""
    specs = [SystemSpec("hard", 0.7)]
    specs += [
        SystemSpec(name, accuracy, follows="hard", correlation=0.8)
        for name, accuracy in accuracies.items()
    ]
    evidence = world(specs, n=n, seed=seed)
    systems = evidence.systems.iloc[1:].reset_index(drop=True)
    parts = [name.split("/") for name in systems["name"]]
    systems = systems.assign(
        model=[part[0] for part in parts], strategy=[part[1] for part in parts]
    )
    said = evidence.predictions
    said = said[said["system_id"].isin(systems["system_id"])]
    return replace(evidence, systems=systems, predictions=said)


def find(evidence: Evidence, responses: Any = None, metric: str = "accuracy") -> Found:
    board = leaderboard(evidence, metrics=dict.fromkeys(evidence.schemes, metric), resampling=QUICK)
    return find_strategies(evidence, board, responses, resampling=QUICK)


def priced(evidence: Evidence, usd: Mapping[str, float | None]) -> tuple[Evidence, pd.DataFrame]:
    """A response for each prediction, which costs what its wording does."""
    said = evidence.predictions.copy()
    wording = dict(zip(evidence.systems["system_id"], evidence.systems["strategy"], strict=True))
    keys = [f"{row.system_id}-{row.item_id}" for row in said.itertuples()]
    said["request_keys"] = [[key] for key in keys]
    wordings = [wording[system] for system in said["system_id"]]
    responses = pd.DataFrame(
        {
            "request_key": keys,
            "item_id": said["item_id"].to_numpy(),
            "stage": "direct",
            "model": "m",
            "settings": "{}",
            "prompt": wordings,
            "prompt_version": "1",
            "condition": "none",
            "repeat": 0,
            "status": "ok",
            "text": "",
            "attempts": 1,
            "created_at": pd.Timestamp("2026-01-05T10:00:00Z"),
            "cost_usd": [usd[name] for name in wordings],
            "input_tokens": 100,
            "output_tokens": [20 if name == "zero-shot" else 220 for name in wordings],
            "latency_s": 0.5,
        }
    )
    return replace(evidence, predictions=said), check_table("responses", responses)


def test_a_planted_gain_is_found_and_priced() -> None:
    evidence = asked({"m/zero-shot": 0.6, "m/role": 0.8, "m/definitions": 0.6}, n=400)
    evidence, responses = priced(
        evidence, {"zero-shot": 0.001, "role": 0.003, "definitions": 0.002}
    )
    found = find(evidence, responses)
    table: Any = found.tables["strategies"].set_index("strategy")
    assert list(table.index) == ["zero-shot", "role", "definitions"]
    assert table["plain"].tolist() == [True, False, False]
    role = table.loc["role"]
    assert role["gain"] == pytest.approx(0.2)
    assert 0.1 < role["gain_low"] < 0.2 < role["gain_high"] < 0.3
    assert role["usd_per_1000"] == pytest.approx(3)
    assert role["extra_cost"] == pytest.approx(2)
    assert role["cost_per_point"] == pytest.approx(2 / 20)
    assert role["cost_low"] == pytest.approx(0.02 / role["gain_high"])
    assert role["latency_s"] == 0.5
    none = table.loc["definitions"]
    assert np.isnan(none["cost_per_point"])
    assert none["cost_note"] == "no gain beyond its interval"
    assert np.isnan(table.loc["zero-shot", "gain"])
    texts = [statement.text for statement in found.statements]
    assert any("role gains 0.200 (" in text and "USD 0.10" in text for text in texts)


def test_without_prices_tokens_say_what_a_point_costs() -> None:
    evidence = asked({"m/zero-shot": 0.6, "m/role": 0.8}, n=300)
    for usd in ({"zero-shot": 0.0, "role": 0.0}, {"zero-shot": None, "role": 0.1}):
        own, responses = priced(evidence, usd)
        row = find(own, responses).tables["strategies"].iloc[1]
        assert row["cost_in"] == "tokens"
        assert row["tokens_per_1000"] == 320_000
        assert row["cost_per_point"] == pytest.approx(200_000 / 20)
    unknown = find(evidence).tables["strategies"].iloc[1]
    assert unknown["cost_note"] == "not known"
    assert "ekman: what answers cost is not known." in find(evidence).lacking


def test_a_gain_that_costs_no_more_has_no_cost_per_point() -> None:
    evidence = asked({"m/zero-shot": 0.6, "m/role": 0.8}, n=300)
    evidence, responses = priced(evidence, {"zero-shot": 0.002, "role": 0.001})
    row = find(evidence, responses).tables["strategies"].iloc[1]
    assert row["cost_note"] == "a gain that costs no more"
    assert np.isnan(row["cost_per_point"])


def test_sensitivity_is_that_of_the_planted_scores() -> None:
    found = find(asked({"m/zero-shot": 0.6, "m/role": 0.8, "m/definitions": 0.7}, n=400))
    row = found.tables["sensitivity"].iloc[0]
    assert row["spread"] == pytest.approx(0.2)
    assert row["sd"] == pytest.approx(0.1)
    assert row["spread_low"] < 0.2 < row["spread_high"]
    assert row["spread_p"] < 0.01
    assert row["spread_by_chance"] < 0.06
    assert (row["best"], row["worst"]) == ("role", "zero-shot")
    said = found.tables["pairs"]
    assert (said["change"] <= row["changed"]).all()
    assert 0 < row["changed_low"] <= row["changed"] <= row["changed_high"] <= 1


def test_equal_wordings_are_not_told_apart() -> None:
    found = find(asked({"m/zero-shot": 0.7, "m/role": 0.7, "m/definitions": 0.7}, n=300))
    row = found.tables["sensitivity"].iloc[0]
    assert row["spread"] == 0
    assert row["spread_p"] == 1
    assert (found.tables["pairs"]["p_holm"] > 0.5).all()
    texts = [statement.text for statement in found.statements]
    assert any("no wording can be said to gain on the plain one" in text for text in texts)


def test_the_tests_are_the_leaderboards_with_holms_correction_within_a_model() -> None:
    evidence = asked({"m/a": 0.8, "m/b": 0.7, "m/c": 0.7, "k/a": 0.6, "k/b": 0.5}, n=200)
    metrics = {"ekman": "accuracy"}
    board = leaderboard(evidence, metrics=metrics, resampling=QUICK)
    table = find_strategies(evidence, board, resampling=QUICK).tables["pairs"]
    tests = board.differences["ekman"]
    p = {
        frozenset(pair): value
        for *pair, value in zip(tests["first_id"], tests["second_id"], tests["p"], strict=True)
    }
    for _, rows in table.groupby("family"):
        raw = [p[frozenset(pair)] for pair in zip(rows["first_id"], rows["second_id"], strict=True)]
        assert rows["p"].tolist() == raw
        assert rows["p_holm"].tolist() == pytest.approx(holm(raw).tolist())
    assert len(table) == 3 + 1


def test_the_ranking_of_models_that_swap_places_is_told() -> None:
    stable = {"m/a": 0.8, "m/b": 0.7, "k/a": 0.6, "k/b": 0.5}
    row = find(asked(stable, n=300)).tables["ranking"].iloc[0]
    assert (row["w"], row["swapped"], row["clearly_swapped"]) == (1, 0, 0)
    assert row["sd_models"] > row["sd_wordings"]
    turned = {"m/a": 0.8, "m/b": 0.5, "k/a": 0.6, "k/b": 0.75}
    found = find(asked(turned, n=300))
    row = found.tables["ranking"].iloc[0]
    assert (row["w"], row["swapped"], row["clearly_swapped"], row["model_pairs"]) == (0, 1, 1, 1)
    assert any("1 of 1 beyond their intervals" in each.text for each in found.statements)


def test_planted_gains_and_spreads_lie_inside_their_intervals_as_often_as_these_say() -> None:
    """Two hundred samples of one large world, whose own accuracies are the truth."""
    large = asked({"m/zero-shot": 0.6, "m/role": 0.72, "m/definitions": 0.66}, n=6000)
    samples: dict[str, Any] = {
        entry.name.split("/")[1]: entry.sample for entry in large.scored("ekman")
    }
    inside = {"gain": 0, "spread": 0, "sd": 0}
    for seed in range(200):
        rows = np.random.default_rng(seed).integers(6000, size=200)
        part = {name: s.rows(rows, Grouping.of(None, 200)) for name, s in samples.items()}
        scores = StrategyScores.of(
            get_metric("accuracy"), part, Resampling(n_resamples=300, seed=seed)
        )
        assert scores is not None
        told = {
            "gain": (scores.gain("role", "zero-shot"), 0.12),
            "spread": (scores.spread(list(samples))[0], 0.12),
            "sd": (scores.deviation(list(samples)), 0.06),
        }
        for name, (score, truth) in told.items():
            inside[name] += score.interval.low <= truth <= score.interval.high
    # 99 % binomial bounds of 95 % in 200 worlds.
    assert {name: 0.905 <= count / 200 <= 0.985 for name, count in inside.items()} == {
        "gain": True,
        "spread": True,
        "sd": True,
    }, inside


def test_among_equal_wordings_differences_are_found_no_oftener_than_by_chance() -> None:
    """Four equal wordings: any of six tests after Holm's correction, and the test of the spread."""
    large = asked({f"m/{number}": 0.65 for number in range(4)}, n=6000)
    samples: dict[str, Any] = {entry.name: entry.sample for entry in large.scored("ekman")}
    metric = get_metric("accuracy")
    false = {"pairs": 0, "spread": 0}
    for seed in range(200):
        rows = np.random.default_rng(seed).integers(6000, size=150)
        part = {name: s.rows(rows, Grouping.of(None, 150)) for name, s in samples.items()}
        tests = paired_tests(metric, part, n_permutations=500, seed=seed)
        false["pairs"] += any(test.p_holm <= 0.05 for test in tests)
        scores = StrategyScores.of(metric, part, Resampling(n_resamples=300, seed=seed))
        assert scores is not None
        false["spread"] += scores.spread(list(part))[2] <= 0.05
    # The upper 99.5 % binomial bound of 5 % in 200 worlds.
    assert max(false.values()) <= 19, false


def test_a_spread_that_chance_explains_has_an_interval_from_nothing_on() -> None:
    about_equal = {"m/zero-shot": 0.65, "m/role": 0.66, "m/definitions": 0.67}
    (row,) = find(asked(about_equal, n=200)).tables["sensitivity"].to_dict("records")
    assert row["spread_p"] > 0.05
    assert row["spread"] > 0
    assert (row["spread_low"], row["sd_low"]) == (0, 0)
    unequal = {"m/zero-shot": 0.9, "m/role": 0.5}
    (row,) = find(asked(unequal, n=200)).tables["sensitivity"].to_dict("records")
    assert row["spread_p"] < 0.05
    assert min(row["spread_low"], row["sd_low"]) > 0


def test_of_many_models_those_are_told_that_wordings_move_most() -> None:
    models = {f"m{number}": 0.02 * number for number in range(6)}
    asked_twice = {
        f"{model}/{wording}": 0.6 + gain * (wording == "role")
        for model, gain in models.items()
        for wording in ("zero-shot", "role")
    }
    found = find(asked(asked_twice, n=200))
    assert len(found.tables["sensitivity"]) == 6
    told = " ".join(statement.text for statement in found.statements)
    assert [model for model in models if f"{model}, direct:" in told] == ["m2", "m3", "m4", "m5"]
    assert "2 more models are in the tables." in told


def test_one_wording_each_is_told() -> None:
    found = find(asked({"m/zero-shot": 0.8, "k/zero-shot": 0.7}, n=40))
    assert found.lacking == ("No model was asked in more than one wording.",)
    assert not found.statements
    # Tables are there all the same, with nothing in them.
    assert {name: len(table) for name, table in found.tables.items()} == {
        "strategies": 0, "pairs": 0, "sensitivity": 0, "ranking": 0,
    }  # fmt: skip


def test_without_labels_answers_are_compared_all_the_same() -> None:
    evidence = asked({"m/zero-shot": 0.9, "m/role": 0.5}, n=100)
    found = find(replace(evidence, targets=evidence.targets.head(0)))
    assert any("only answers are compared" in reason for reason in found.lacking)
    row = found.tables["pairs"].iloc[0]
    assert np.isnan(row["difference"])
    assert row["change_low"] > 0.2
    assert "changes with the wording" in found.statements[0].text


def test_an_item_that_one_wording_lacks_is_left_out_for_all() -> None:
    evidence = asked({"m/zero-shot": 0.8, "m/role": 0.6}, n=60)
    said = evidence.predictions
    role = said["system_id"] == evidence.systems["system_id"].iloc[1]
    short = replace(evidence, predictions=said[~role | (said["item_id"] < "item-0040")])
    found = find(short)
    assert set(found.tables["strategies"]["n_items"]) == {40}
    apart = replace(evidence, predictions=said[role == (said["item_id"] < "item-0040")])
    told = find_strategies(apart, None, resampling=QUICK)
    assert any("only answers are compared" in reason for reason in told.lacking)


def test_wordings_are_named_by_what_tells_them_apart() -> None:
    rows = [
        {"strategy": "zero-shot", "language": "en"},
        {"strategy": "zero-shot", "language": "de"},
        {"strategy": "zero-shot", "language": "en", "readout": "likelihood"},
        {"strategy": "role", "language": "en", "training": "3 examples"},
    ]
    systems = pd.DataFrame(
        [
            {"system_id": f"s{number}", "name": "m", "pathway": "direct", "model": "m"} | row
            for number, row in enumerate(rows)
        ]
        + [
            {
                "system_id": "c1",
                "name": "m",
                "pathway": "described",
                "model": "m",
                "classifier": "a",
            },
            {
                "system_id": "c2",
                "name": "m",
                "pathway": "described",
                "model": "m",
                "classifier": "b",
            },
        ]
    )
    family, *others = families_of(check_table("systems", systems))
    assert not others
    assert list(family.wordings.values()) == [
        "zero-shot, en", "zero-shot, de", "zero-shot, en, likelihood", "role",
    ]  # fmt: skip
    assert family.plain == "s0"
    assert family.name == "m, direct"


def test_thinking_changes_answers_about_as_often_as_asking_again(
    tmp_path: Path, shared_data: Path
) -> None:
    """One answer in seven changes with thinking, and nearly as many between two repeats."""
    columns = {
        "id": "image_id", "label": "predicted_sentiment", "system": "condition", "target": "=",
        "text": "=", "scheme": "=polarity5", "model": "=qwen3-vl-8b",
    }  # fmt: skip
    files = sorted((shared_data / "qwen3vl-direct").glob("*.jsonl"))
    import_run(files, tmp_path / "run", columns=columns)
    found = analyze(Material(open_folder(tmp_path / "run")), ["strategies"])["strategies"]
    row = found.tables["pairs"].iloc[0]
    assert {row["first"], row["second"]} == {"no_persona_no_think", "no_persona_think"}
    assert row["n"] == 250
    assert row["change"] == pytest.approx(0.152)
    assert row["by_repeats"] == pytest.approx(0.141)
    assert row["excess_low"] <= 0 <= row["excess_high"]
    assert row["shift_p"] > 0.5
    assert any("differ about as often as two answers" in each.text for each in found.statements)


def test_a_sure_gain_is_told_before_a_larger_one_that_may_be_chance() -> None:
    family = Family("m", "direct", {"s0": "plain", "s1": "role", "s2": "terse"}, "s0")
    nothing: dict[str, float] = defaultdict(lambda: np.nan)
    unsure = {
        "strategy": "role", "gain": 0.05, "gain_low": -0.02, "gain_high": 0.12, "gain_p_holm": 0.3,
        "cost_note": "no gain beyond its interval", "cost_per_point": np.nan,
    }  # fmt: skip
    sure = unsure | {
        "strategy": "terse", "gain": 0.03, "gain_low": 0.02, "gain_high": 0.04,
        "gain_p_holm": 0.001, "cost_note": "not known",
    }  # fmt: skip
    tables: dict[str, list[Any]] = {
        "strategies": [unsure, sure],
        "pairs": [],
        "sensitivity": [nothing],
    }
    (told,) = family_statements(family, tables, "Macro F1")
    assert "terse gains 0.030" in told
    tables["strategies"] = [unsure]
    (told,) = family_statements(family, tables, "Macro F1")
    assert "no wording can be said to gain" in told
