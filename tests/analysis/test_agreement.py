"""Whether systems see alike: what was planted is found, and what cannot be said is told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from tests.report.sample_run import Recipe, make_run

from mllmsent.affect import get_scheme
from mllmsent.analysis import Evidence
from mllmsent.analysis.agreement import find_agreement, order_by_likeness
from mllmsent.analysis.material import Material
from mllmsent.analysis.registry import analyze
from mllmsent.dioramas.simulated.systems import SystemSpec, simulate_systems
from mllmsent.foundation import InputError
from mllmsent.foundation.tables import check_table
from mllmsent.metrics import Resampling

if TYPE_CHECKING:
    from pathlib import Path

QUICK = Resampling(n_resamples=200)


def world(specs: list[SystemSpec], n: int = 300, seed: int = 0, scheme: str = "ekman") -> Evidence:
    """Systems with planted accuracies and correlations."""
    kind = get_scheme(scheme)
    ids = [f"item-{number:04}" for number in range(n)]
    rng = np.random.default_rng(seed)
    truth = dict(zip(ids, rng.choice(kind.label_names, n).tolist(), strict=True))
    items = check_table("items", pd.DataFrame({"item_id": ids, "group": ids}))
    predictions, systems = simulate_systems(items, truth, kind, specs, seed=seed)
    targets = pd.DataFrame(
        {"item_id": ids, "scheme": scheme, "annotator_group": "all", "label": truth.values()}
    )
    return Evidence(items, check_table("targets", targets), predictions, systems, {scheme: kind})


def pairs(evidence: Evidence) -> Any:
    table = find_agreement(evidence, resampling=QUICK).tables["pairs"]
    return table.set_index(["first", "second"])


def test_systems_that_share_mistakes_are_found_and_stand_together() -> None:
    evidence = world(
        [
            SystemSpec("a", 0.7),
            SystemSpec("x", 0.7),
            SystemSpec("a's copy", 0.7, follows="a", correlation=0.9),
            SystemSpec("x's copy", 0.7, follows="x", correlation=0.9),
        ]
    )
    found = find_agreement(evidence, resampling=QUICK)
    table: Any = found.tables["pairs"].set_index(["first", "second"])
    for one in ("a", "x"):
        planted = table.loc[one, f"{one}'s copy"]
        assert planted["error_low"] > 0.5
        others = table.drop(index=[("a", "a's copy"), ("x", "x's copy")])
        assert planted["agreement"] > others["agreement"].max()
    strangers = table.loc["a", "x"]
    assert strangers["error_low"] < 0.1
    order = list(found.tables["order"]["system"])
    assert abs(order.index("a") - order.index("a's copy")) == 1
    assert abs(order.index("x") - order.index("x's copy")) == 1
    clear = int((table["error_low"] > 0).sum())
    assert f"In {clear} of 6 pairs" in found.statements[2].text


def test_independent_systems_are_wrong_together_as_often_as_chance_has_it() -> None:
    """Error consistency of systems that know nothing of each other covers 0 as often as it says."""
    inside = 0
    for seed in range(40):
        table = pairs(world([SystemSpec("a", 0.7), SystemSpec("b", 0.6)], n=200, seed=seed))
        row = table.loc["a", "b"]
        inside += row["error_low"] <= 0 <= row["error_high"]
    # 99 % binomial bounds of 95 % in 40 worlds
    assert inside >= 34


def test_kappa_of_systems_follows_from_their_accuracies() -> None:
    """Right together .64, wrong alike .2 * .2 / 5: the share that agree, and what chance gives."""
    row = pairs(world([SystemSpec("a", 0.8), SystemSpec("b", 0.8)], n=3000)).loc["a", "b"]
    same = 0.64 + 0.04 / 5
    assert row["same"] == pytest.approx(same, abs=0.02)
    assert row["agreement"] == pytest.approx((same - 1 / 6) / (1 - 1 / 6), abs=0.03)
    assert row["measure"] == "kappa"


def test_an_answer_that_could_not_be_read_is_no_disagreement() -> None:
    sure = [SystemSpec("a", 1.0), SystemSpec("b", 1.0, invalid=0.4)]
    evidence = world(sure)
    row = pairs(evidence).loc["a", "b"]
    read = evidence.predictions.groupby("system_id")["status"].agg(
        lambda all_: (all_ == "ok").sum()
    )
    assert row["n"] == read.min() < 240 < read.max() == 300
    assert row["same"] == row["agreement"] == 1


def test_ordered_labels_and_numbers_have_measures_of_their_own() -> None:
    ordered = find_agreement(
        world([SystemSpec("a", 0.8), SystemSpec("b", 0.8)], scheme="polarity5"), resampling=QUICK
    )
    assert set(ordered.tables["pairs"]["measure"]) == {"kappa, quadratic weights"}
    assert list(ordered.tables["together"]["measure"]) == ["alpha, ordinal", "Fleiss' kappa"]


def test_one_system_alone_and_sets_of_labels_are_told_and_the_rest_goes_on() -> None:
    evidence = world([SystemSpec("a", 0.8)])
    found = find_agreement(evidence, resampling=QUICK)
    assert not found.statements
    assert found.lacking == ("ekman: there is one system only, and nobody to agree with.",)
    sets = replace(evidence, schemes={"ekman": replace(get_scheme("ekman"), multi_label=True)})
    assert "one label or number per item" in find_agreement(sets).lacking[0]


def test_systems_that_share_no_item_are_told() -> None:
    evidence = world([SystemSpec("a", 0.8), SystemSpec("b", 0.8)])
    said = evidence.predictions
    first = said["system_id"] == evidence.systems["system_id"].iloc[0]
    half = said["item_id"] < "item-0150"
    apart = replace(evidence, predictions=said[first == half])
    found = find_agreement(apart, resampling=QUICK)
    assert found.lacking == ("ekman: no two systems answered the same item.",)


def test_constant_systems_have_no_kappa_and_nothing_breaks() -> None:
    evidence = world([SystemSpec("a", 0.8), SystemSpec("b", 0.8)])
    said = evidence.predictions.assign(label=get_scheme("ekman").label_names[0])
    found = find_agreement(replace(evidence, predictions=said), resampling=QUICK)
    row = found.tables["pairs"].iloc[0]
    assert row["same"] == 1
    assert np.isnan(row["agreement"])


def test_a_run_is_asked_by_name(tmp_path: Path) -> None:
    recipe = Recipe(n_items=40, models={"m/one": 0.8, "m/two": 0.6}, images=False)
    material = Material(make_run(tmp_path / "run", recipe))
    found = analyze(material)
    assert set(found) == set(material.run.study.analyses or ())
    agreement = found["agreement"]
    schemes = set(agreement.tables["pairs"]["scheme"])
    assert schemes
    assert {statement.scheme for statement in agreement.statements} == schemes
    with pytest.raises(InputError, match="No analysis is called 'agrement'"):
        analyze(material, ["agrement"])


def test_likeness_decides_the_order() -> None:
    alike = {("a", "c"): 0.9, ("b", "d"): 0.8, ("a", "b"): 0.1, ("c", "d"): 0.1}
    order = order_by_likeness(["a", "b", "c", "d"], alike)
    assert {frozenset(order[:2]), frozenset(order[2:])} == {frozenset("ac"), frozenset("bd")}
    assert order_by_likeness(["b", "a"], {}) == ["b", "a"]


def test_asking_again_is_no_more_items_to_agree_about() -> None:
    once = world([SystemSpec("a", 0.7), SystemSpec("b", 0.6)], n=80)
    again = [once.predictions.assign(repeat=repeat) for repeat in range(5)]
    often = replace(once, predictions=pd.concat(again, ignore_index=True))
    widths = [
        table["high"] - table["low"]
        for table in (
            find_agreement(evidence, resampling=QUICK).tables["together"].set_index("measure")
            for evidence in (once, often)
        )
    ]
    # The very same answers five times over say nothing that they did not say once.
    assert widths[1].to_numpy() == pytest.approx(widths[0].to_numpy(), rel=0.05)


def test_what_no_system_could_read_counts_as_asked() -> None:
    evidence = world([SystemSpec("a", 0.7), SystemSpec("b", 0.6)], n=80)
    first = set(evidence.items["item_id"].head(20))
    is_first = evidence.predictions["item_id"].isin(first)
    said = evidence.predictions.assign(
        status=evidence.predictions["status"].where(~is_first, "refused"),
        label=evidence.predictions["label"].where(~is_first),
    )
    order = find_agreement(replace(evidence, predictions=said), resampling=QUICK).tables["order"]
    assert list(order["n"]) == [80, 80]
    assert list(order["read"]) == [60, 60]


def test_of_two_systems_there_is_no_most_of_all() -> None:
    evidence = world([SystemSpec("a", 0.7), SystemSpec("b", 0.6)], n=80)
    (told,) = [
        each.text
        for each in find_agreement(evidence, resampling=QUICK).statements
        if "error consistency" in each.text
    ]
    assert told.startswith("a and b are")
    assert "most of all" not in told
