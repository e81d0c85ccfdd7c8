"""Simulated systems have what was planted in them, so that analyses can be held to it."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mllmsent.affect import get_scheme
from mllmsent.dioramas import BlindSpot, SystemSpec, simulate_systems
from mllmsent.foundation import InputError

SCHEME = get_scheme("polarity5")
N = 2000
RNG = np.random.default_rng(1)
ITEMS = pd.DataFrame(
    {
        "item_id": [f"i{number}" for number in range(N)],
        "time": RNG.choice(["day", "night"], N, p=[0.7, 0.3]),
    }
)
TRUTH = dict(zip(ITEMS["item_id"], RNG.choice(SCHEME.label_names, N), strict=True))


def simulate(*specs: SystemSpec, seed: int = 0, repeat: int = 0) -> dict[str, pd.DataFrame]:
    table, systems = simulate_systems(ITEMS, TRUTH, SCHEME, specs, seed=seed, repeat=repeat)
    table["true"] = table["item_id"].map(TRUTH)
    table["right"] = table["label"].fillna("").astype(str) == table["true"]
    names = dict(zip(systems["system_id"], systems["name"], strict=True))
    table["name"] = table["system_id"].map(names)
    return {str(name): part.reset_index(drop=True) for name, part in table.groupby("name")}


@settings(max_examples=20, deadline=None)
@given(st.floats(0, 1), st.integers(0, 100))
def test_accuracy_is_what_was_asked_for_to_one_item(accuracy: float, seed: int) -> None:
    table = simulate(SystemSpec("x", accuracy), seed=seed)["x"]
    assert abs(table["right"].sum() - accuracy * N) <= 0.5


def test_errors_go_to_adjacent_labels_where_that_is_planted() -> None:
    table = simulate(SystemSpec("x", 0.5, errors="adjacent"))["x"]
    ranks = {name: rank for rank, name in enumerate(SCHEME.label_names)}
    distance = (table["label"].map(ranks) - table["true"].map(ranks)).abs()
    assert set(distance) == {0, 1}


def test_a_label_bias_shows_where_the_system_errs() -> None:
    table = simulate(SystemSpec("x", 0.5, label_bias={"negative": 6.0}))["x"]
    wrong = table[~table["right"] & (table["true"] != "negative")]
    share = (wrong["label"] == "negative").mean()
    assert share == pytest.approx(6 / 9, abs=0.05)


def test_a_confusion_is_as_planted() -> None:
    spec = SystemSpec("x", 0.4, confusion={"neutral": {"positive": 1.0}})
    table = simulate(spec)["x"]
    wrong = table[~table["right"] & (table["true"] == "neutral")]
    assert set(wrong["label"]) == {"positive"}


def test_a_blind_spot_has_its_own_accuracy_and_the_rest_keeps_the_systems() -> None:
    table = simulate(SystemSpec("x", 0.9, blind_spot=BlindSpot("time", "night", 0.3)))["x"]
    table["time"] = ITEMS["time"]
    by_time = table.groupby("time")["right"].mean()
    assert by_time["night"] == pytest.approx(0.3, abs=0.01)
    assert by_time["day"] == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9, 1.0])
def test_a_follower_errs_on_the_leaders_items_as_far_as_it_is_correlated(
    correlation: float,
) -> None:
    parts = simulate(
        SystemSpec("leader", 0.6),
        SystemSpec("follower", 0.6, follows="leader", correlation=correlation),
    )
    phi = np.corrcoef(parts["leader"]["right"], parts["follower"]["right"])[0, 1]
    # for two equally likely halves phi is (2/pi) asin(r); at 0.6 it is a little less
    expected = 2 / np.pi * np.arcsin(correlation)
    assert phi == pytest.approx(expected, abs=0.08)


def test_a_perfect_follower_makes_the_same_mistakes() -> None:
    parts = simulate(
        SystemSpec("leader", 0.6), SystemSpec("twin", 0.6, follows="leader", correlation=1.0)
    )
    assert (parts["leader"]["label"] == parts["twin"]["label"]).all()


def test_invalid_answers_come_at_their_rate_and_hold_no_label() -> None:
    table = simulate(SystemSpec("x", 0.8, invalid=0.1))["x"]
    counts = Counter(table["status"])
    assert counts["unparsed"] + counts["refused"] == pytest.approx(0.1 * N, rel=0.25)
    assert table.loc[table["status"] != "ok", "label"].isna().all()
    assert table.loc[table["status"] == "ok", "label"].notna().all()


def test_other_systems_and_repeats_are_independent_draws() -> None:
    first, second = (simulate(SystemSpec("x", 0.5), repeat=repeat)["x"] for repeat in (0, 1))
    assert abs(np.corrcoef(first["right"], second["right"])[0, 1]) < 0.08
    again = simulate(SystemSpec("x", 0.5))["x"]
    assert (again["label"] == first["label"]).all()


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (SystemSpec("x", 1.5), "no share"),
        (SystemSpec("x", 0.5, label_bias={"postive": 2.0}), "Did you mean 'positive'"),
        (SystemSpec("x", 0.5, blind_spot=BlindSpot("tme", "night", 0.1)), "Did you mean 'time'"),
        (SystemSpec("x", 0.5, follows="y"), "no earlier system"),
        (SystemSpec("x", 0.5, confusion={"neutral": {"neutral": 1.0}}), "no wrong label left"),
    ],
)
def test_a_spec_that_cannot_be_is_named(spec: SystemSpec, message: str) -> None:
    with pytest.raises(InputError, match=message):
        simulate(spec)


def test_categories_have_no_adjacent_errors() -> None:
    with pytest.raises(InputError, match="no order"):
        simulate_systems(
            ITEMS,
            dict.fromkeys(ITEMS["item_id"], "awe"),
            get_scheme("mikels"),
            [SystemSpec("x", 0.5, errors="adjacent")],
        )
