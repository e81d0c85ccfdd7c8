"""Blind spots where groups of annotators disagree: found where planted, and nothing where nothing is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from mllmsent.affect import get_scheme
from mllmsent.analysis import Evidence
from mllmsent.analysis.blind_spots.conditions import item_conditions
from mllmsent.analysis.blind_spots.find import find_blind_spots
from mllmsent.foundation.tables import check_table
from mllmsent.metrics import Resampling

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

FEW = Resampling(n_resamples=200)
LABELS = ("negative", "neutral", "positive")
DIVIDED = "people of different culture disagree about polarity3"
GROUPS = ("us", "cn")
VOTERS = {"us": 6, "cn": 5}
"""More of the one, so that where they disagree the label of all is mostly theirs."""


def world(seed: int, *, n: int = 500) -> tuple[Evidence, dict[str, NDArray[Any]]]:
    """Items with votes of two cultures, which see every fourth item differently; nobody answers yet.

    Returns:
        Tables without predictions, and for each item its label, the label of either culture, and
        how many of all people say each label.
    """
    rng = np.random.default_rng(seed)
    ids = [f"i{number:04}" for number in range(n)]
    seen = {"us": rng.integers(3, size=n)}
    turned = (seen["us"] + rng.integers(1, 3, size=n)) % 3
    seen["cn"] = np.where(rng.random(n) < 0.25, turned, seen["us"])
    clear = rng.choice([0.65, 0.8, 0.95], n)  # how sure people are, whatever their culture
    votes = {
        group: np.where(
            rng.random((VOTERS[group], n)) < clear, seen[group], rng.integers(3, size=n)
        )
        for group in GROUPS
    }
    votes["all"] = np.concatenate([votes[group] for group in GROUPS])
    counts = {
        group: np.stack([(cast == label).sum(axis=0) for label in range(3)], axis=1)
        for group, cast in votes.items()
    }
    label = {group: table.argmax(axis=1) for group, table in counts.items()}
    targets = [
        {
            "item_id": item, "scheme": "polarity3", "label": LABELS[label[group][row]],
            "annotator_group": group if group == "all" else f"culture={group}",
            "distribution": dict(zip(LABELS, table[row] / table[row].sum(), strict=True)),
        }
        for group, table in counts.items()
        for row, item in enumerate(ids)
    ]  # fmt: skip
    evidence = Evidence(
        items=check_table(
            "items", pd.DataFrame({"item_id": ids, "kind": rng.choice(["a", "b"], n)})
        ),
        targets=check_table("targets", pd.DataFrame(targets)),
        predictions=pd.DataFrame(),
        systems=pd.DataFrame(),
        schemes={"polarity3": get_scheme("polarity3")},
    )
    return evidence, label | {"counts": counts["all"]}


def answered(evidence: Evidence, said: Mapping[str, NDArray[Any]]) -> Evidence:
    """The same with the answers of systems, as places of labels."""
    ids = evidence.items["item_id"]
    rows = [
        pd.DataFrame({"item_id": ids, "system_id": name, "scheme": "polarity3", "condition": "none",
                      "repeat": 0, "status": "ok", "label": np.array(LABELS)[codes]})
        for name, codes in said.items()
    ]  # fmt: skip
    systems = pd.DataFrame({"system_id": list(said), "name": list(said), "model": list(said),
                            "pathway": "direct"})  # fmt: skip
    return Evidence(
        items=evidence.items,
        targets=evidence.targets,
        predictions=check_table("predictions", pd.concat(rows, ignore_index=True)),
        systems=check_table("systems", systems),
        schemes=evidence.schemes,
    )


def erring(
    label: NDArray[Any], chance: NDArray[Any] | float, rng: np.random.Generator
) -> NDArray[Any]:
    """Another label than that of all, this often."""
    wrong = rng.random(len(label)) < chance
    return np.where(wrong, (label + rng.integers(1, 3, len(label))) % 3, label)


def found_in(evidence: Evidence) -> set[tuple[str, str]]:
    conditions = item_conditions(evidence)
    table = find_blind_spots(evidence, conditions, resampling=FEW).tables["candidates"]
    rows = table[table["finding"].astype(bool)]
    return set(zip(rows["system"], rows["where"], strict=True))


def harmless(seed: int) -> Evidence:
    """Three systems that err, each in its own way, but no more where cultures disagree.

    One errs by chance, one never says negative, one answers as a person drawn from all would.
    """
    evidence, of = world(seed)
    rng = np.random.default_rng([seed, 1])
    label, counts = of["all"], of["counts"]
    person = (
        rng.random(len(label))[:, None] * counts.sum(1, keepdims=True) > counts.cumsum(1)
    ).sum(1)
    blithe = np.where(label == 0, rng.integers(1, 3, len(label)), erring(label, 0.1, rng))
    return answered(
        evidence, {"even": erring(label, 0.25, rng), "blithe": blithe, "person": person}
    )


def planted(inside: str, seed: int = 0) -> Evidence:
    """Three systems of which one is lost where cultures disagree, or where one alone is negative."""
    evidence, of = world(seed)
    rng = np.random.default_rng([seed, 2])
    label = of["all"]
    place = of["us"] != of["cn"]
    if inside == "us alone":
        place = (of["us"] == 0) & (of["cn"] != 0)
    said: dict[str, Any] = {"fair": 0.2, "plain": 0.3, "lost": np.where(place, 0.9, 0.2)}
    return answered(evidence, {name: erring(label, rate, rng) for name, rate in said.items()})


@pytest.mark.parametrize(
    ("inside", "where"),
    [("divided", DIVIDED), ("us alone", "only people of culture us say negative (polarity3)")],
)
def test_who_is_lost_where_cultures_disagree_is_found_there(inside: str, where: str) -> None:
    found = [found_in(planted(inside, seed)) for seed in range(6)]
    assert sum(each == {("lost", where)} for each in found) >= 5


@pytest.mark.parametrize("seed", range(5))
def test_who_merely_errs_is_not_held_to_be_blind_where_people_disagree(seed: int) -> None:
    assert found_in(harmless(seed)) == set()


@pytest.mark.slow
def test_alarms_where_nothing_is_planted_are_as_rare_as_the_level_says() -> None:
    alarms = sum(bool(found_in(harmless(seed))) for seed in range(60))
    assert alarms <= 8  # 99 % bound of 5 % in 60 worlds


def conditions_of(dimension: str = "", **answers: Sequence[object]) -> dict[str, list[int]]:
    """The conditions of items that groups answered about like this; and which items meet them."""
    n = len(next(iter(answers.values())))
    ids = [f"i{number:02}" for number in range(n)]
    scheme = "valence-arousal" if dimension else "polarity3"
    targets = [
        {
            "item_id": item, "scheme": scheme, "annotator_group": f"culture={group}",
            "dimension": dimension or None, ("mean" if dimension else "label"): said[row],
        }
        for group, said in answers.items()
        for row, item in enumerate(ids)
    ]  # fmt: skip
    evidence = Evidence(
        items=check_table("items", pd.DataFrame({"item_id": ids})),
        targets=check_table("targets", pd.DataFrame(targets)),
        predictions=pd.DataFrame({"item_id": ids}),
        systems=pd.DataFrame(),
        schemes={scheme: get_scheme(scheme)},
    )
    found = item_conditions(evidence)
    return {
        name: np.flatnonzero(found.holds[:, place]).tolist()
        for place, merged in enumerate(zip(found.names, found.also, strict=True))
        for name in (merged[0], *merged[1])
    }


def test_where_one_group_alone_says_something_is_a_condition() -> None:
    us = ["negative"] * 20 + ["neutral"] * 40
    cn = ["positive"] * 20 + ["neutral"] * 40
    found = conditions_of(us=us, cn=cn)
    assert set(found) == {
        DIVIDED,
        "only people of culture us say negative (polarity3)",
        "only people of culture cn say positive (polarity3)",
    }
    assert all(rows == list(range(20)) for rows in found.values())


def test_what_all_groups_say_and_what_but_one_group_answered_is_none() -> None:
    same = ["negative", "positive"] * 30
    assert conditions_of(us=same, cn=same) == {}
    assert conditions_of(us=same, cn=[None] * 60) == {}
    few = ["neutral"] * 10 + same[10:]
    assert conditions_of(us=same, cn=few) == {}


def test_of_numbers_the_third_in_which_they_are_furthest_apart_is_one() -> None:
    us = [5.0 + number / 60 for number in range(60)]
    cn = [5.0] * 60
    found = conditions_of("arousal", us=us, cn=cn)
    far = list(range(40, 60))
    assert found == {
        "people of different culture disagree about arousal": far,
        "people of culture us rate arousal higher than others": far,
    }
    assert conditions_of("arousal", us=cn, cn=cn) == {}
