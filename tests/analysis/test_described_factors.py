"""What descriptions name is counted rightly, a planted blind spot is found, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from tests.analysis.describers import Describer, descriptions_of, some_scenes

from mllmsent.analysis import DescribedFactors, described_factors
from mllmsent.analysis.described_factors import (
    BLIND_SPOT_COLUMNS,
    DESCRIBER_COLUMNS,
    FACTOR_COLUMNS,
    VALUE_COLUMNS,
)
from mllmsent.analysis.factor_namings import LONGEST_READ, name_factors
from mllmsent.analysis.item_subgroups import LEAST_SUPPORT
from mllmsent.dioramas import Scene, Subject, describe
from mllmsent.dioramas.terms import find_terms
from mllmsent.metrics import Resampling, get_metric, label_sample
from mllmsent.metrics.bootstrap import score_sample

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FEW = Resampling(n_resamples=200)
KEEN = Describer("keen")
RAIN_BLIND = Describer("tiny", slips=0.15, blind={"rain": "cloudy"})


def found_in(
    scenes: Mapping[str, Scene],
    descriptions: pd.DataFrame,
    *,
    groups: Mapping[str, str] | None = None,
    least: int = LEAST_SUPPORT,
) -> DescribedFactors:
    groups = groups or {item: item for item in scenes}
    return described_factors(descriptions, scenes, groups, resampling=FEW, least=least)


def world(describers: Sequence[Describer], *, n: int = 200, seed: int = 0) -> DescribedFactors:
    scenes = some_scenes(n, seed)
    return found_in(scenes, descriptions_of(scenes, describers, seed))


def told(scene: Scene, text: str, **more: object) -> pd.DataFrame:
    rows = pd.DataFrame([{"item_id": "i", "describer": "d", "text": text, **more}])
    return name_factors(rows, {"i": scene}, {"i": "i"})[0].set_index("factor")


def places(rows: pd.DataFrame) -> list[tuple[str, str, str]]:
    return list(zip(rows["describer"], rows["factor"], rows["value"], strict=True))


@pytest.fixture(scope="module")
def planted() -> DescribedFactors:
    return world([RAIN_BLIND, KEEN])


def test_a_describer_that_never_names_rain_is_found_and_nothing_else_is(
    planted: DescribedFactors,
) -> None:
    (row,) = planted.blind_spots().to_dict(orient="records")
    assert (row["describer"], row["factor"], row["value"]) == ("tiny", "weather", "rain")
    assert row["rival"] == "keen"
    assert row["n_right"] == row["share"] == 0
    assert row["rival_right"] >= 0.8 * row["rival_n"]
    assert row["instead"] == "cloudy"
    assert row["n_instead"] >= 0.7 * row["n"]
    assert row["gap"] == pytest.approx(
        (row["rival_share"] - row["share"]) - (row["rival_elsewhere"] - row["elsewhere"])
    )
    assert row["gap_low"] < row["gap"] < row["gap_high"]
    assert row["p_holm"] < 0.01
    assert places(planted.weak_spots()) == [("tiny", "weather", "rain")]


def test_the_tables_have_the_columns_they_promise(planted: DescribedFactors) -> None:
    assert tuple(planted.describers.columns) == DESCRIBER_COLUMNS
    assert tuple(planted.by_factor.columns) == FACTOR_COLUMNS
    assert tuple(planted.by_value.columns) == VALUE_COLUMNS
    assert tuple(planted.blind_spots().columns) == BLIND_SPOT_COLUMNS
    assert tuple(planted.weak_spots().columns) == BLIND_SPOT_COLUMNS


def test_the_best_describer_comes_first_and_is_the_one_to_be_measured_by(
    planted: DescribedFactors,
) -> None:
    assert list(planted.describers["describer"]) == ["keen", "tiny"]
    assert planted.describers["share"].is_monotonic_decreasing
    assert set(planted.search.rows["leader"].dropna()) == {"keen · describe"}


def test_counts_and_shares_are_those_of_the_texts() -> None:
    scenes = some_scenes(60)
    descriptions = descriptions_of(scenes, [RAIN_BLIND])
    found = found_in(scenes, descriptions)
    texts = dict(zip(descriptions["item_id"], descriptions["text"], strict=True))
    for factor in ("setting", "weather", "palette"):
        named = {item: find_terms(text, factor) for item, text in texts.items()}
        truth = {item: getattr(scene, factor) for item, scene in scenes.items()}
        right = [named[item] == (truth[item],) for item in scenes]
        none = [not named[item] for item in scenes]
        (row,) = found.by_factor[found.by_factor["factor"] == factor].to_dict(orient="records")
        assert (row["n"], row["n_right"], row["share"]) == (60, sum(right), sum(right) / 60)
        assert row["none"] == sum(none) / 60
        assert row["other"] == pytest.approx(1 - row["share"] - row["none"])
        for part in found.by_value[found.by_value["factor"] == factor].to_dict(orient="records"):
            known = zip(right, truth.values(), strict=True)
            own = [is_right for is_right, value in known if value == part["value"]]
            assert (part["n"], part["n_right"]) == (len(own), sum(own))
            assert not part["low"] > part["share"]
            assert not part["high"] < part["share"]
    of_factors = found.by_factor[["n", "n_right"]].sum()
    (overall,) = found.describers.to_dict(orient="records")
    assert (overall["n"], overall["n_right"]) == tuple(of_factors)
    assert overall["share"] == overall["n_right"] / overall["n"]


def test_intervals_are_those_of_accuracy_over_groups() -> None:
    scenes = some_scenes(60)
    groups = {item: f"g{number // 2:02}" for number, item in enumerate(scenes)}
    descriptions = descriptions_of(scenes, [Describer("one", slips=0.3)])
    found = (
        found_in(scenes, descriptions, groups=groups).by_factor.set_index("factor").loc["weather"]
    )
    answers = [
        named[0] if len(named := find_terms(text, "weather")) == 1 else None
        for text in descriptions["text"]
    ]
    truth = [scene.weather for scene in scenes.values()]
    sample = label_sample(truth, answers, sorted(set(truth)), list(groups.values()))
    score = score_sample([get_metric("accuracy")], sample, FEW)["accuracy"]
    assert found["share"] == score.value
    assert [found["low"], found["high"]] == pytest.approx([score.interval.low, score.interval.high])
    assert found["n_groups"] == 30


def test_a_truthful_description_names_all_that_is_there() -> None:
    scenes = some_scenes(120)
    rows = [
        {"item_id": item, "describer": "truth", "text": describe(scene, number)}
        for number, (item, scene) in enumerate(scenes.items())
    ]
    found = found_in(scenes, pd.DataFrame(rows))
    assert set(found.by_value["share"]) == {1.0}
    assert len(found.weak_spots()) == 0
    # All of it is right, which leaves doubt only by how little was seen.
    assert (found.by_value["low"] < 1).all()


@pytest.mark.parametrize(
    ("text", "right", "other", "none"),
    [
        ("It is raining.", True, False, False),
        ("Rain, drizzle, more rain.", True, False, False),
        ("It is foggy.", False, True, False),
        ("It rains under a clear sky.", False, True, False),
        ("There is no fog. It rains.", True, False, False),
        ("A street.", False, False, True),
        ("", False, False, True),
    ],
)
def test_a_factor_is_named_right_where_its_value_and_no_other_is_named(
    text: str, right: bool, other: bool, none: bool
) -> None:
    row = told(Scene(weather="rain"), text).loc["weather"]
    assert (row["right"], row["other"], row["none"]) == (right, other, none)


@pytest.mark.parametrize(
    ("text", "right", "other", "none"),
    [
        ("All look sad.", True, False, False),
        ("Two are sad, one is smiling.", True, False, False),
        ("One is smiling.", False, True, False),
        ("Three people.", False, False, True),
    ],
)
def test_of_several_expressions_the_leading_one_must_be_named(
    text: str, right: bool, other: bool, none: bool
) -> None:
    faces = ("sad", "sad", "happy")
    crowd = Scene(subjects=tuple(Subject(expression=face) for face in faces))
    row = told(crowd, text).loc["expression"]
    assert row["truth"] == "sad"
    assert (row["right"], row["other"], row["none"]) == (right, other, none)


@pytest.mark.parametrize("faces", [(), ("sad", "happy")])
def test_where_no_expression_leads_none_is_asked_for(faces: tuple[str, ...]) -> None:
    scene = Scene(subjects=tuple(Subject(expression=face) for face in faces))
    assert "expression" not in told(scene, "A sad and a happy face.").index


def test_what_is_hard_for_both_is_nobodys_blind_spot() -> None:
    lapses = {"snow": 0.9}
    found = world([Describer("one", lapses=lapses), Describer("two", lapses=lapses)])
    assert len(found.blind_spots()) == 0
    assert {place[1:] for place in places(found.weak_spots())} == {("weather", "snow")}


def test_two_describers_that_are_alike_have_no_blind_spots() -> None:
    found = world([Describer("one", slips=0.1), Describer("two", slips=0.1)])
    assert len(found.blind_spots()) == len(found.weak_spots()) == 0
    assert found.search.n_tests > 60


def test_a_blind_spot_of_the_leader_is_told_as_the_leaders() -> None:
    night_blind = Describer("keen", slips=0.0, blind={"night": "dusk"})
    found = world([night_blind, Describer("plain", slips=0.2)])
    assert list(found.describers["describer"]) == ["keen", "plain"]
    row = found.blind_spots().iloc[0]
    assert (row["describer"], row["value"], row["rival"]) == ("keen", "night", "plain")
    assert (row["n_right"], row["elsewhere"]) == (0, 1.0)
    assert row["rival_share"] > 0.6
    assert row["gap_low"] < row["gap"] < row["gap_high"]


def test_who_merely_loses_a_lead_is_blind_to_nothing() -> None:
    """The other always says "park": in parks it is as good as the leader, who is right everywhere."""
    others = dict.fromkeys(("meadow", "sea", "mountains", "street", "room", "ruin"), "park")
    found = world([Describer("keen", slips=0.0), Describer("parks", slips=0.0, blind=others)])
    lead = found.search.clear("further")
    assert (lead["value"].iloc[0], lead["further"].iloc[0]) == ("park", pytest.approx(-1))
    assert "park" not in set(found.blind_spots()["value"])
    assert set(found.blind_spots()["describer"]) <= {"parks"}


def test_what_a_describer_says_when_in_doubt_does_not_hide_what_it_never_sees() -> None:
    """It is best by far in clear weather, which is the clearest of its gaps, and no blind spot."""
    doubtful = dict.fromkeys(("cloudy", "snow", "fog", "storm"), 0.8)
    unsure = Describer("unsure", lapses=doubtful, blind={"rain": "clear"})
    found = world([Describer("keen", slips=0.02), unsure])
    assert found.search.clear("further")["value"].iloc[0] == "clear"
    assert places(found.blind_spots())[0] == ("unsure", "weather", "rain")
    assert set(found.blind_spots()["describer"]) == {"unsure"}
    alone = world([unsure])
    assert ("unsure", "weather", "rain") in places(alone.weak_spots())


def test_a_describer_alone_is_held_against_itself() -> None:
    found = world([RAIN_BLIND])
    assert len(found.blind_spots()) == 0
    (row,) = found.weak_spots().to_dict(orient="records")
    assert (row["describer"], row["value"], row["n_right"]) == ("tiny", "rain", 0)
    assert row["elsewhere"] > 0.7
    assert pd.isna(row["rival"])


def test_one_model_asked_in_two_ways_is_two_describers() -> None:
    scenes = some_scenes(30)
    asked = [Describer("m", strategy="short"), Describer("m", slips=0.5, strategy="long")]
    found = found_in(scenes, descriptions_of(scenes, asked))
    assert list(found.describers["describer_id"]) == ["m · short", "m · long"]
    assert set(found.by_factor["strategy"]) == {"short", "long"}


def test_descriptions_without_strategy_condition_or_repeat_are_read_too() -> None:
    scenes = some_scenes(20)
    given = descriptions_of(scenes, [KEEN])[["item_id", "describer", "text"]]
    found = found_in(scenes, given)
    assert list(found.describers["describer_id"]) == ["keen"]
    assert found.by_factor["n"].max() == 20


def test_other_conditions_and_unknown_items_are_left_out() -> None:
    scenes = some_scenes(20)
    rows = descriptions_of(scenes, [KEEN])
    gray = rows.assign(condition="grayscale", text="Nothing.")
    unknown = rows.assign(item_id="photograph", text="Nothing.")
    both = pd.concat([rows, gray, unknown], ignore_index=True)
    pd.testing.assert_frame_equal(
        found_in(scenes, both).by_factor, found_in(scenes, rows).by_factor
    )


def test_repeats_count_as_descriptions_but_not_as_further_groups() -> None:
    scenes = some_scenes(20)
    rows = descriptions_of(scenes, [KEEN])
    again = pd.concat([rows, rows.assign(repeat=1), rows], ignore_index=True)
    found = found_in(scenes, again).by_factor
    (weather,) = found[found["factor"] == "weather"].to_dict(orient="records")
    assert (weather["n"], weather["n_items"], weather["n_groups"]) == (60, 20, 20)


def test_values_of_too_few_scenes_are_counted_and_not_searched() -> None:
    scenes = {f"i{number}": Scene(weather="rain" if number < 14 else "fog") for number in range(40)}
    rows = descriptions_of(scenes, [KEEN, RAIN_BLIND])
    found = found_in(scenes, rows)
    assert {"rain", "fog"} <= set(found.by_value["value"])
    assert len(found.search.rows) == len(found.blind_spots()) == 0
    assert "weather" in found.search.left_out
    assert set(found_in(scenes, rows, least=14).search.rows["value"]) == {"rain", "fog"}


def test_where_no_scene_is_known_there_is_nothing() -> None:
    empty = pd.DataFrame(columns=["item_id", "describer", "text"])
    for rows in (empty, descriptions_of(some_scenes(3), [KEEN])):
        found = found_in({}, rows)
        assert len(found.describers) == len(found.by_factor) == len(found.by_value) == 0
        assert len(found.blind_spots()) == len(found.weak_spots()) == 0


def test_a_text_without_end_is_read_in_part_and_counted() -> None:
    text = "It rains. " + "The sky is clear. " * 100_000
    rows = pd.DataFrame([{"item_id": "i", "describer": "d", "text": text}])
    found = found_in({"i": Scene(weather="rain")}, rows)
    assert found.n_cut == 1
    late = pd.DataFrame([{"item_id": "i", "describer": "d", "text": "x" * LONGEST_READ + " rain"}])
    assert found_in({"i": Scene(weather="rain")}, late).by_factor["n_right"].sum() == 0


def test_the_same_seed_finds_the_same(planted: DescribedFactors) -> None:
    again = world([RAIN_BLIND, KEEN])
    pd.testing.assert_frame_equal(again.by_value, planted.by_value)
    pd.testing.assert_frame_equal(again.blind_spots(), planted.blind_spots())


def test_twins_stay_together() -> None:
    """Two pictures of one scene are one group: the interval is as wide as that of half as many."""
    scenes = some_scenes(40)
    twins = {f"{item}-twin": replace(scene, layout=1) for item, scene in scenes.items()}
    both = {**scenes, **twins}
    rows = descriptions_of(scenes, [Describer("one", slips=0.3)])
    rows = pd.concat([rows, rows.assign(item_id=rows["item_id"] + "-twin")], ignore_index=True)
    together = {item: item.removesuffix("-twin") for item in both}
    wide, narrow = (
        found_in(both, rows, groups=groups).by_factor.set_index("factor").loc["weather"]
        for groups in (together, None)
    )
    assert wide["share"] == narrow["share"]
    assert wide["high"] - wide["low"] > 1.2 * (narrow["high"] - narrow["low"])


@pytest.mark.slow
def test_false_alarms_are_as_rare_as_the_level_says() -> None:
    """Of 20 worlds in which two describers err alike everywhere, about one finds one."""
    alike = [Describer("one", slips=0.1), Describer("two", slips=0.2)]
    alarms = 0
    for seed in range(20):
        found = world(alike, n=150, seed=seed)
        alarms += bool(len(found.blind_spots()) or len(found.weak_spots()))
    # With a chance of 0.05, five or more of 20 would be seen in about 1 of 400 such tests.
    assert alarms <= 4


@pytest.mark.slow
def test_a_value_that_is_never_named_is_seldom_missed() -> None:
    found = [
        ("tiny", "weather", "rain") in places(world([KEEN, RAIN_BLIND], seed=seed).blind_spots())
        for seed in range(10)
    ]
    assert np.mean(found) >= 0.9
