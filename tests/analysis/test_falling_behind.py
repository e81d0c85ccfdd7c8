"""Blind spots that were planted are found, and where none was planted nothing is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from tests.analysis.small_evidence import make_evidence

from mllmsent.affect import get_scheme
from mllmsent.analysis import Evidence, leaderboard
from mllmsent.analysis.falling_behind import GAP_COLUMNS, GapSearch, falling_behind
from mllmsent.dioramas.simulated.systems import BlindSpot, SystemSpec, simulate_systems
from mllmsent.foundation.tables import check_table
from mllmsent.metrics import Resampling, get_metric, label_sample

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FEW = Resampling(n_resamples=200)
LABELS = ("negative", "neutral", "positive")
COLUMNS = {
    "weather": ("clear", "cloudy", "rain", "snow", "fog", "storm"),
    "time": ("day", "dusk", "night", "dawn"),
    "light": ("warm", "cold"),
    "setting": ("park", "room", "street", "sea"),
}


def world(specs: Sequence[SystemSpec], *, n: int = 300, seed: int = 0) -> Evidence:
    """Items with four columns of metadata, three labels, and systems that err as they are told."""
    rng = np.random.default_rng(seed)
    ids = [f"i{number:04}" for number in range(n)]
    columns = {name: rng.choice(values, n) for name, values in COLUMNS.items()}
    items = check_table("items", pd.DataFrame({"item_id": ids, **columns}))
    truth = dict(zip(ids, rng.choice(LABELS, n), strict=True))
    scheme = get_scheme("polarity3")
    predictions, systems = simulate_systems(items, truth, scheme, specs, seed=seed)
    targets = pd.DataFrame(
        {"item_id": ids, "scheme": scheme.name, "annotator_group": "all", "label": truth.values()}
    )
    return Evidence(
        items, check_table("targets", targets), predictions, systems, {scheme.name: scheme}
    )


def searched(evidence: Evidence, *, least: int = 15) -> GapSearch:
    board = leaderboard(evidence, resampling=Resampling(n_resamples=100))
    (search,) = falling_behind(evidence, board, resampling=FEW, least=least).values()
    return search


def places(rows: pd.DataFrame) -> set[tuple[str, str, str]]:
    return set(zip(rows["column"], rows["value"], rows["system"], strict=True))


KEEN = SystemSpec("keen", accuracy=0.9)
RAIN_BLIND = SystemSpec("tiny", accuracy=0.76, blind_spot=BlindSpot("weather", "rain", 0.3))


def test_a_planted_blind_spot_is_found_and_nothing_else_is() -> None:
    search = searched(world([KEEN, RAIN_BLIND]))
    (row,) = search.clear().to_dict(orient="records")
    assert (row["column"], row["value"], row["system"]) == ("weather", "rain", "tiny")
    assert row["leader"] == "keen"
    assert row["score"] == pytest.approx(0.3, abs=0.02)
    assert row["elsewhere"] == pytest.approx(0.76, abs=0.01)
    assert row["further_low"] > 0
    assert places(search.clear("worse")) == {("weather", "rain", "tiny")}


def test_a_blind_spot_of_the_leader_is_found_too() -> None:
    """Against a leader that is lost at night the others gain there: they are less far behind."""
    night_blind = SystemSpec("keen", accuracy=0.97, blind_spot=BlindSpot("time", "night", 0.5))
    search = searched(world([night_blind, SystemSpec("plain", accuracy=0.8)]))
    (row,) = search.clear().to_dict(orient="records")
    assert (row["value"], row["system"], row["leader"]) == ("night", "plain", "keen")
    assert row["further"] < 0
    assert ("time", "night", "keen") in places(search.clear("worse"))


def test_what_is_hard_for_all_is_worse_there_but_puts_nobody_further_behind() -> None:
    fog = BlindSpot("weather", "fog", 0.45)
    specs = [
        SystemSpec("one", accuracy=0.85, blind_spot=fog),
        SystemSpec("two", accuracy=0.85, blind_spot=fog, follows="one", correlation=0.9),
    ]
    search = searched(world(specs))
    assert {place[1:] for place in places(search.clear("worse"))} == {
        ("fog", "one"),
        ("fog", "two"),
    }
    assert len(search.clear()) == 0


def test_the_numbers_are_those_of_the_metrics() -> None:
    """Scores inside and outside, and their differences, are plain accuracies."""
    evidence = world([KEEN, RAIN_BLIND])
    search = searched(evidence)
    entries = {entry.name: entry for entry in evidence.scored("polarity3")}
    accuracy = get_metric("accuracy")
    of_item = evidence.items.set_index("item_id")["time"]
    for row in search.rows[search.rows["value"] == "night"].to_dict(orient="records"):
        told = {}
        for name, entry in entries.items():
            inside = (of_item[entry.rows["item_id"]] == "night").to_numpy()
            told[name] = [
                accuracy(label_sample(part["truth"], part["label"], LABELS))
                for part in (entry.rows[inside], entry.rows[~inside])
            ]
        own = told[row["system"]]
        assert [row["score"], row["elsewhere"]] == pytest.approx(own)
        assert row["worse"] == pytest.approx(own[1] - own[0])
        assert row["low"] <= row["score"] <= row["high"]
        if row["system"] == "tiny":
            lead = [one - other for one, other in zip(told["keen"], own, strict=True)]
            assert [row["leader_score"], row["leader_elsewhere"]] == pytest.approx(told["keen"])
            assert row["further"] == pytest.approx(lead[0] - lead[1])


def test_the_width_of_the_search_is_told() -> None:
    """16 values, of which warm and cold divide alike; two systems alone and one against the other."""
    search = searched(world([KEEN, RAIN_BLIND]))
    assert (search.n_subgroups, search.n_tests) == (15, 45)
    assert len(search.rows) == 2 * 16
    assert list(search.rows.columns) == list(GAP_COLUMNS)
    light = search.rows[(search.rows["column"] == "light") & (search.rows["system"] == "tiny")]
    assert light["p_further"].nunique() == 1
    assert sorted(light["further"]) == pytest.approx(
        [-light["further"].max(), light["further"].max()]
    )


def test_what_divides_alike_is_told_once_and_from_the_worse_side() -> None:
    cold_blind = SystemSpec("tiny", accuracy=0.9, blind_spot=BlindSpot("light", "cold", 0.45))
    search = searched(world([SystemSpec("keen", accuracy=0.95), cold_blind]))
    for gap in ("further", "worse"):
        rows = search.clear(gap)
        assert list(rows["value"]) == ["cold"]
        assert (rows[gap] > 0).all()


def test_the_rest_of_a_column_is_no_finding_of_its_own() -> None:
    """Lost at night is, just so, better by day: of a column only the clearest direction is told."""
    lost = SystemSpec("tiny", accuracy=0.95, blind_spot=BlindSpot("time", "night", 0.1))
    search = searched(world([SystemSpec("keen", accuracy=0.96), lost]))
    echoes = search.rows[(search.rows["p_further_holm"] <= 0.05) & (search.rows["further"] < 0)]
    assert set(echoes["column"]) == {"time"}
    for gap in ("further", "worse"):
        assert places(search.clear(gap)) == {("time", "night", "tiny")}


def test_for_dimensions_the_error_is_what_is_worse() -> None:
    rng = np.random.default_rng(1)
    truth = {f"i{number}": float(value) for number, value in enumerate(rng.uniform(1, 9, 120))}
    at_night = {item: number % 3 == 0 for number, item in enumerate(truth)}
    near = {item: value + rng.normal(0, 0.3) for item, value in truth.items()}
    far = {
        item: "unparsed" if item == "i5" else value + rng.normal(0, 2.5 if at_night[item] else 0.5)
        for item, value in truth.items()
    }
    evidence = make_evidence(
        "intensity", truth, {"near/direct": near, "far/direct": far}, dimension="intensity"
    )
    evidence.items["time"] = ["night" if at_night[item] else "day" for item in truth]
    search = searched(evidence)
    (row,) = search.clear().to_dict(orient="records")
    assert (row["metric"], row["value"], row["system"]) == ("mae", "night", "far/direct")
    errors = [abs(far[item] - truth[item]) for item in truth if at_night[item]]  # type: ignore[operator]
    assert row["score"] == pytest.approx(np.mean(errors))
    assert row["score"] > row["elsewhere"] > row["leader_elsewhere"]
    assert row["worse"] == pytest.approx(row["score"] - row["elsewhere"])
    day = search.rows[(search.rows["value"] == "day") & (search.rows["system"] == "far/direct")]
    # The answer that could not be read is neither right nor wrong.
    assert day["n_items"].item() == 79


def test_repeats_and_twins_are_no_further_evidence() -> None:
    """Two items in one group count as one where support is asked for."""
    truth = dict.fromkeys((f"i{number}" for number in range(56)), "positive")
    told = {item: LABELS[number % 3] for number, item in enumerate(truth)}
    groups = {item: f"g{number // 2}" for number, item in enumerate(truth)}
    evidence = make_evidence("polarity3", truth, {"m/direct": told}, groups=groups)
    evidence.items["time"] = ["day"] * 28 + ["night"] * 28
    assert len(searched(evidence).rows) == 0
    assert len(searched(evidence, least=14).rows) == 2


def test_one_model_is_only_held_against_itself() -> None:
    search = searched(world([RAIN_BLIND]))
    assert places(search.clear("worse")) == {("weather", "rain", "tiny")}
    assert search.rows["further"].isna().all()
    assert len(search.clear()) == 0


def test_without_metadata_there_is_nothing_to_search() -> None:
    evidence = make_evidence("polarity3", {"a": "positive"}, {"m/direct": {"a": "positive"}})
    search = searched(evidence)
    assert (len(search.rows), search.n_subgroups, search.n_tests) == (0, 0, 0)
    assert len(search.clear()) == len(search.clear("worse")) == 0


def test_a_run_in_which_nothing_is_ranked_is_not_searched() -> None:
    evidence = make_evidence("polarity3", {"a": "positive"}, {"m/direct": {"a": "failed"}})
    assert falling_behind(evidence, leaderboard(evidence, resampling=FEW), resampling=FEW) == {}


def test_the_same_seed_finds_the_same() -> None:
    evidence = world([KEEN, RAIN_BLIND])
    pd.testing.assert_frame_equal(searched(evidence).rows, searched(evidence).rows)


def found_in(worlds: int, specs: Sequence[SystemSpec]) -> Mapping[str, int]:
    """In how many worlds something is found, and in how many a falling behind in rain."""
    counts = {"anything": 0, "rain": 0}
    for seed in range(worlds):
        search = searched(world(specs, seed=seed))
        clear = places(search.clear())
        counts["anything"] += bool(clear or len(search.clear("worse")))
        counts["rain"] += ("weather", "rain", specs[-1].name) in clear
    return counts


@pytest.mark.slow
def test_false_alarms_are_as_rare_as_the_level_says() -> None:
    """Of 60 worlds without a blind spot, each with 45 questions, about one in twenty finds one."""
    plain = [KEEN, SystemSpec("tiny", accuracy=0.7, follows="keen", correlation=0.5)]
    # With a chance of 0.05, seven or more of 60 would be seen in fewer than 3 of 100 such tests.
    assert found_in(60, plain)["anything"] <= 6


@pytest.mark.slow
def test_a_blind_spot_of_fifty_items_is_seldom_missed() -> None:
    assert found_in(20, [KEEN, RAIN_BLIND])["rain"] >= 18
