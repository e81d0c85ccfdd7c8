"""Blind spots: what is planted is found, told by its size, and nothing is found where nothing is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from tests.analysis.small_evidence import make_evidence
from tests.report.sample_run import Recipe, make_run

from mllmsent.affect import get_scheme
from mllmsent.analysis import Evidence
from mllmsent.analysis.blind_spots.conditions import item_conditions
from mllmsent.analysis.blind_spots.find import CANDIDATE_COLUMNS, find_blind_spots
from mllmsent.analysis.blind_spots.losses import excess_losses
from mllmsent.analysis.blind_spots.questions import SHARED, questions_of
from mllmsent.analysis.blind_spots.search import Candidate, Halves, search_blind_spots
from mllmsent.analysis.blind_spots.words import blind_spot_statements
from mllmsent.analysis.material import Material
from mllmsent.analysis.registry import analyze
from mllmsent.dioramas.simulated.systems import BlindSpot, SystemSpec, simulate_systems
from mllmsent.foundation.tables import check_table
from mllmsent.metrics import Resampling

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FEW = Resampling(n_resamples=200)
LABELS = ("negative", "neutral", "positive")
COLUMNS = {
    "weather": ("clear", "rain", "snow", "fog"),
    "time": ("day", "night"),
    "setting": ("park", "room", "street", "sea"),
}
KEEN = SystemSpec("keen", accuracy=0.9)
PLAIN = SystemSpec("plain", accuracy=0.8)
RAIN_BLIND = SystemSpec("tiny", accuracy=0.76, blind_spot=BlindSpot("weather", "rain", 0.3))


def world(specs: Sequence[SystemSpec], *, n: int = 400, seed: int = 0) -> Evidence:
    """Items with three columns of metadata, three labels, and systems that err as they are told."""
    rng = np.random.default_rng(seed)
    ids = [f"i{number:04}" for number in range(n)]
    items = pd.DataFrame(
        {"item_id": ids} | {name: rng.choice(values, n) for name, values in COLUMNS.items()}
    )
    truth = dict(zip(ids, rng.choice(LABELS, n), strict=True))
    scheme = get_scheme("polarity3")
    # The systems may be blind in two conditions at once, of which no column tells.
    drawn = items.assign(both=items["weather"] + " " + items["time"])
    predictions, systems = simulate_systems(drawn, truth, scheme, specs, seed=seed)
    agreed = rng.choice([0.6, 0.8, 1.0], n)
    others = np.where(np.array(list(truth.values())) == "neutral", "positive", "neutral")
    targets = pd.DataFrame(
        {
            "item_id": ids,
            "scheme": scheme.name,
            "annotator_group": "all",
            "label": truth.values(),
            "distribution": [
                {label: share, other: 1 - share}
                for label, share, other in zip(truth.values(), agreed, others, strict=True)
            ],
        }
    )
    return Evidence(
        check_table("items", items),
        check_table("targets", targets),
        predictions,
        systems,
        {scheme.name: scheme},
    )


def found_in(evidence: Evidence, **more: Any) -> Any:
    return find_blind_spots(evidence, item_conditions(evidence, **more), resampling=FEW)


def findings(evidence: Evidence, **more: Any) -> Any:
    table = found_in(evidence, **more).tables["candidates"]
    return table[table["finding"].astype(bool)]


def named(rows: Any) -> set[tuple[str, str]]:
    return set(zip(rows["system"], rows["where"], strict=True))


def test_a_planted_blind_spot_is_found_named_and_told_with_its_size() -> None:
    found = found_in(world([KEEN, PLAIN, RAIN_BLIND]))
    table = found.tables["candidates"]
    assert list(table.columns) == list(CANDIDATE_COLUMNS)
    rows = table[table["finding"]]
    assert named(rows) == {("tiny", "weather is rain")}
    row = rows.iloc[0]
    assert row["loss"] == pytest.approx(0.7, abs=0.12)
    assert row["low"] < 0.46 < row["high"]
    assert row["loss"] - row["expected"] == pytest.approx(row["excess"])
    (statement,) = found.statements
    assert statement.scheme == "polarity3"
    assert statement.text.startswith(
        f"tiny is worse than expected where weather is rain: wrong in {row['loss']:.0%} of "
        f"{row['n_items']} items, expected {row['expected']:.0%} (difference {row['excess']:.2f}, "
    )
    assert "confirmed in both halves" in statement.text
    assert not found.lacking


def test_a_blind_spot_in_two_conditions_at_once_is_named_by_both() -> None:
    lost = SystemSpec("tiny", accuracy=0.85, blind_spot=BlindSpot("both", "rain night", 0.1))
    rows = findings(world([KEEN, PLAIN, lost], n=900))
    assert len(rows) == 1
    assert rows["system"].item() == "tiny"
    assert set(rows["where"].item().split(" and ")) == {"weather is rain", "time is night"}


def test_examples_are_of_the_confirming_half_and_were_lost() -> None:
    evidence = world([KEEN, PLAIN, RAIN_BLIND])
    found = found_in(evidence)
    table = found.tables["examples"]
    rows = table[table["finding"]]
    assert set(rows["where"]) == {"weather is rain"}
    assert len(rows) == 3
    assert rows["item_excess"].is_monotonic_decreasing
    assert rows["item_excess"].min() > 0
    weather = evidence.items.set_index("item_id")["weather"]
    assert set(weather[rows["item_id"]]) == {"rain"}
    truth = evidence.truth("polarity3")
    said = evidence.predictions[evidence.predictions["system_id"] == rows["system_id"].iloc[0]]
    answers = said.set_index("item_id")["label"]
    assert all(answers[item] != truth[item] for item in rows["item_id"])
    half = found.tables["candidates"].query("finding")["half"].item()
    halves = Halves.dealt(
        np.ones((400, 1), bool), np.unique(sorted(weather.index), return_inverse=True)[1], FEW.seed
    )
    place = {item: number for number, item in enumerate(sorted(weather.index))}
    assert all(halves.half[place[item]] != half for item in rows["item_id"])


def test_of_twins_one_is_an_example() -> None:
    once = world([KEEN, PLAIN, RAIN_BLIND])
    items, targets, said = (
        check_table(name, pd.concat([table, table.assign(item_id=table["item_id"] + "-twin")]))
        for name, table in (
            ("items", once.items.assign(group=once.items["item_id"])),
            ("targets", once.targets),
            ("predictions", once.predictions),
        )
    )
    table = found_in(replace(once, items=items, targets=targets, predictions=said)).tables[
        "examples"
    ]
    rows = table[table["finding"]]
    assert rows["item_id"].str.removesuffix("-twin").nunique() == len(rows) == 3


def test_the_places_say_how_every_system_does_there() -> None:
    found = found_in(world([KEEN, PLAIN, RAIN_BLIND]))
    places = found.tables["places"].set_index("system")
    assert set(places.index) == {"keen", "plain", "tiny"}
    assert places.loc["tiny", "low"] > 0
    assert (places.loc[["keen", "plain"], "excess"] < 0.1).all()


def test_what_is_hard_for_all_is_shared_and_nobodys_own() -> None:
    fog = BlindSpot("weather", "fog", 0.4)
    specs = [SystemSpec(name, accuracy=0.85, blind_spot=fog) for name in ("one", "two", "three")]
    found = found_in(world(specs))
    rows = found.tables["candidates"]
    assert named(rows[rows["finding"]]) == {("all", "weather is fog")}
    assert found.statements[0].text.startswith(
        "All models are worse than people's answers predict where weather is fog: wrong in"
    )


def test_who_merely_loses_a_lead_is_blind_to_nothing() -> None:
    """By day the rival is lost; that the other leads by less at night is no fault of the other."""
    lost = SystemSpec("rival", accuracy=0.9, blind_spot=BlindSpot("time", "day", 0.4))
    assert named(findings(world([lost, PLAIN]))) == {("rival", "time is day")}


def test_what_people_find_hard_is_no_blind_spot() -> None:
    """In snow people disagree and every system errs by as much as that predicts."""
    evidence = world([KEEN, PLAIN], n=600, seed=3)
    weather = evidence.items.set_index("item_id")["weather"]
    targets = evidence.targets
    hard = [weather[item] == "snow" for item in targets["item_id"]]
    even = dict.fromkeys(LABELS, 1 / 3)
    sure = [{label: 1.0} for label in targets["label"]]
    people = [even if each else own for each, own in zip(hard, sure, strict=True)]
    said = evidence.predictions
    rng = np.random.default_rng(0)
    lost = said["item_id"].map(weather).eq("snow").to_numpy() & (rng.random(len(said)) < 0.6)
    said = said.assign(status=np.where(lost, "refused", said["status"]))
    known = replace(
        evidence, predictions=said, targets=targets.assign(distribution=pd.Series(people))
    )
    assert len(findings(known)) == 0
    unknown = replace(known, targets=targets.drop(columns="distribution"))
    assert named(findings(unknown)) == {("all", "weather is snow")}
    assert "how much people disagree" in found_in(unknown).lacking[0]


def test_another_way_of_asking_the_same_model_is_no_rival() -> None:
    """Both pathways of a model are lost in rain; they do not excuse each other."""
    twin = replace(RAIN_BLIND, name="tiny, described")
    evidence = world([KEEN, RAIN_BLIND, twin])
    models = evidence.systems.assign(model=["keen", "tiny", "tiny"])
    rows = findings(replace(evidence, systems=models))
    assert named(rows) == {
        ("tiny", "weather is rain"),
        ("tiny, described", "weather is rain"),
    }


def test_one_system_alone_is_held_against_people() -> None:
    found = found_in(world([RAIN_BLIND]))
    rows = found.tables["candidates"]
    assert named(rows[rows["finding"]]) == {("tiny", "weather is rain")}
    assert any("one system only" in sentence for sentence in found.lacking)


def test_words_of_descriptions_and_measures_name_blind_spots_too() -> None:
    evidence = world([KEEN, RAIN_BLIND])
    rain = (evidence.items["weather"] == "rain").to_numpy()
    bare = replace(evidence, items=evidence.items.drop(columns=["weather", "time", "setting"]))
    texts = np.where(rain, "A street in a drizzle.", "A street in the sun.")
    descriptions = pd.DataFrame(
        {"item_id": bare.items["item_id"], "describer": "m/one", "text": texts}
    )
    assert named(findings(bare, descriptions=descriptions)) == {("tiny", "m/one writes “drizzle”")}
    rng = np.random.default_rng(0)
    measures = pd.DataFrame(
        {"item_id": bare.items["item_id"], "gray": rng.uniform(0, 0.5, 400) + 0.5 * rain}
    )
    ((_, where),) = named(findings(bare, measures=measures))
    assert where.startswith("gray is 0.")


def test_for_dimensions_the_error_is_what_is_lost() -> None:
    rng = np.random.default_rng(1)
    truth = {f"i{number}": float(value) for number, value in enumerate(rng.uniform(2, 8, 300))}
    night = {item: number % 3 == 0 for number, item in enumerate(truth)}
    said = {
        "near/direct": {item: value + rng.normal(0, 0.4) for item, value in truth.items()},
        "far/direct": {
            item: value + rng.normal(0, 2 if night[item] else 0.5) for item, value in truth.items()
        },
    }
    evidence = make_evidence("intensity", truth, said, dimension="intensity")
    evidence.items["time"] = ["night" if night[item] else "day" for item in truth]
    found = found_in(evidence)
    rows = found.tables["candidates"]
    assert named(rows[rows["finding"]]) == {("far/direct", "time is night")}
    assert "far/direct is worse than expected where time is night: off by 0." in (
        found.statements[0].text
    )


def test_what_a_describer_does_not_name_is_a_blind_spot_of_descriptions() -> None:
    evidence = world([KEEN, PLAIN])
    rng = np.random.default_rng(2)
    weather = evidence.items.set_index("item_id")["weather"]
    named = pd.DataFrame(
        [
            {
                "describer_id": f"{describer} · describe", "describer": describer,
                "item_id": item, "group": item, "factor": factor,
                "right": bool(
                    rng.random() < 0.9
                    and (describer, weather[item], factor) != ("m/dim", "rain", "weather")
                ),
            }
            for item in weather.index
            for describer in ("m/clear", "m/dim")
            for factor in ("weather", "time", "light", "setting")
        ]
    )  # fmt: skip
    found = find_blind_spots(evidence, item_conditions(evidence), named=named, resampling=FEW)
    told = [each.text for each in found.statements if not each.scheme]
    assert len(told) == 1
    assert told[0].startswith(
        "m/dim · describe names less of what was drawn than expected where weather is rain: misses"
    )
    rows = found.tables["candidates"]
    row = rows[rows["finding"] & (rows["scheme"] == "")].iloc[0]
    assert row["low"] < 0.9 / 4 < row["high"]


def test_where_nothing_is_found_that_is_said() -> None:
    found = found_in(world([KEEN, PLAIN], seed=1))
    assert not found.tables["candidates"]["finding"].any()
    (statement,) = found.statements
    assert statement.text.startswith("No blind spot is confirmed: of 10 conditions")


def test_what_was_not_tested_has_no_p_value() -> None:
    search = {
        "scheme": "ekman", "dimension": None, "n_conditions": 92, "n_systems": 1, "n_tests": 0,
    }  # fmt: skip
    (none,) = blind_spot_statements([], search)
    assert none.text.endswith("none stands out enough to be tested on the items that were not searched.")  # fmt: skip
    (one,) = blind_spot_statements([{"finding": False, "p_holm": 0.4}], search | {"n_systems": 3})
    assert "1 candidate was tested" in one.text
    assert "of 3 systems, least adjusted p = 0.40" in one.text


def test_too_few_items_and_items_of_which_nothing_is_known_are_told() -> None:
    few = found_in(world([KEEN, PLAIN], n=50))
    (sentence,) = few.lacking
    assert sentence.startswith(
        "polarity3: 50 items (or groups of them) have an answer and a target"
    )
    assert sentence.endswith("takes 60.")
    evidence = world([KEEN])
    bare = replace(evidence, items=evidence.items.drop(columns=["weather", "time", "setting"]))
    assert "Nothing is known of the items" in found_in(bare).lacking[0]


def test_constant_answers_and_systems_without_a_common_item_break_nothing() -> None:
    evidence = world([KEEN, PLAIN])
    said = evidence.predictions
    constant = said.assign(label="neutral")
    assert found_in(replace(evidence, predictions=constant)).statements
    first = said["system_id"] == evidence.systems["system_id"].iloc[0]
    half = said["item_id"] < "i0200"
    apart = found_in(replace(evidence, predictions=said[first == half]))
    assert apart.lacking == ("polarity3: no item was answered by systems of different models.",)


def test_twins_count_once_and_stay_in_one_half() -> None:
    group = np.repeat(np.arange(100), 2)
    halves = Halves.dealt(np.ones((200, 1), bool), group, 3)
    assert (halves.half[::2] == halves.half[1::2]).all()
    assert abs(halves.half.mean() - 0.5) < 0.01


def test_a_run_is_asked_by_name(tmp_path: Path) -> None:
    recipe = Recipe(
        n_items=200, models={"m/good": 0.9, "m/blind": 0.85}, images=False, pathways=("direct",),
        themes=("harbor", "indoors", "meadow"), blind={"m/blind": "harbor"}, status_shares={},
        schemes=("polarity3",),
    )  # fmt: skip
    material = Material(make_run(tmp_path / "run", recipe))
    found = analyze(material, ["blind_spots"])["blind_spots"]
    assert "m/blind" in found.statements[0].text
    assert "theme is harbor" in found.statements[0].text


def tried(
    seed: int,
    *,
    rates: Sequence[float] = (0.2, 0.25, 0.35),
    lost: Sequence[float] = (0.0, 0.0, 0.0),
    terms: tuple[int, ...] = (0,),
    n: int = 300,
) -> list[Candidate]:
    """What a search tests in a light world: losses by rates, disagreement, and what is planted.

    Args:
        seed: Of the world.
        rates: What each system loses.
        lost: What it loses more where all of `terms` hold.
        terms: Of twelve conditions.
        n: Items.
    """
    rng = np.random.default_rng([seed, 1])
    held = np.asarray(rng.random((n, 12)) < rng.uniform(0.3, 0.5, 12))
    undecided = rng.choice([0.0, 0.4, 0.8], n)
    inside = np.all(held[:, list(terms)], axis=1)[:, None]
    chance = np.array(rates) + 0.2 * (undecided - 0.4)[:, None] + inside * np.array(lost)
    losses = (rng.random(chance.shape) < chance).astype(float)
    difficulty, group = np.column_stack([undecided, undecided**2]), np.arange(n)
    items = Halves.dealt(held, group, seed)
    excess = np.full(losses.shape, np.nan)
    for half in (0, 1):
        own = items.half == half
        excess[own] = excess_losses(losses[own], difficulty[own], group[own])
    systems = {f"s{number}": f"m{number}" for number in range(len(rates))}
    return search_blind_spots(questions_of(systems, losses, excess), items, resampling=FEW)


@pytest.mark.slow
@pytest.mark.parametrize(("terms", "n", "size"), [((0,), 300, 0.35), ((0, 1), 700, 0.45)])
def test_planted_sizes_lie_in_their_intervals_as_often_as_they_should(
    terms: tuple[int, ...], n: int, size: float
) -> None:
    """Of the planted subgroup, once it is tested, whether or not that confirms it."""
    inside = [
        each.excess[1] <= size <= each.excess[2]
        for seed in range(200)
        for each in tried(seed, lost=(0, 0, size), terms=terms, n=n)
        if (each.system_id, each.terms, each.half) == ("s2", terms, 0)
    ]
    assert len(inside) > 150
    # 99 % binomial bounds of 95 % in 200 worlds
    assert 0.905 <= np.mean(inside) <= 0.985


@pytest.mark.slow
@pytest.mark.parametrize("rates", [(0.4,), (0.2, 0.25, 0.4)])
def test_false_discoveries_are_as_rare_as_the_level_says(rates: tuple[float, ...]) -> None:
    """With no blind spot, at most one search in twenty finds one: 99 % bound of 200 worlds."""
    alarms = [
        any(each.confirmed() for each in tried(seed, rates=rates, lost=[0.0] * len(rates)))
        for seed in range(200)
    ]
    assert np.mean(alarms) <= 0.095


def test_what_is_equally_hard_for_all_is_seldom_told_of_one() -> None:
    own = shared = 0
    for seed in range(40):
        found = [each for each in tried(seed, lost=(0.4, 0.4, 0.4)) if each.confirmed()]
        own += any(each.system_id != SHARED for each in found)
        shared += any((each.system_id, each.terms) == (SHARED, (0,)) for each in found)
    assert shared >= 36
    assert own <= 5
