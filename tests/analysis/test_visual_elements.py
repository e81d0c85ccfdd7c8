"""What pictures do to people and models: what is planted is found, and nothing where nothing is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from tests.report.sample_run import Recipe, make_run

from mllmsent.affect import get_scheme
from mllmsent.analysis import Evidence
from mllmsent.analysis.material import Material
from mllmsent.analysis.registry import analyze
from mllmsent.analysis.visual_elements.elements import Elements
from mllmsent.analysis.visual_elements.find import find_visual_elements
from mllmsent.analysis.visual_elements.leanings import Leanings, adjusted, find_leanings
from mllmsent.analysis.visual_elements.outcomes import Outcome
from mllmsent.dioramas import feeling, render, sample_scene
from mllmsent.dioramas.causes import effect_of
from mllmsent.features import feature_names, features, measure
from mllmsent.foundation.tables import check_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mllmsent.analysis.found import Found

Columns = dict[str, np.ndarray[Any, np.dtype[np.float64]]]
VALENCE = get_scheme("valence-arousal")


def measures(n: int, seed: int = 0) -> pd.DataFrame:
    """Measures of pictures that know nothing of each other."""
    table = pd.DataFrame(
        np.random.default_rng(seed).normal(size=(n, len(feature_names()))),
        columns=list(feature_names()),
    )
    table.insert(0, "item_id", [f"item-{number:04}" for number in range(n)])
    return table


def rated(
    people: Columns,
    answers: Mapping[tuple[str, str], Columns],
    items: pd.DataFrame | None = None,
) -> Evidence:
    """Evidence in valence and arousal: dimension to numbers, and system and condition to such."""
    n = len(next(iter(people.values()))) if people else len(next(iter(answers.values()))["valence"])
    ids = [f"item-{number:04}" for number in range(n)]
    items = pd.DataFrame({"item_id": ids}) if items is None else items.assign(item_id=ids)
    targets = [
        {"item_id": item, "scheme": VALENCE.name, "annotator_group": "all",
         "dimension": dimension, "mean": mean}
        for dimension, means in people.items()
        for item, mean in zip(ids, means, strict=True)
    ]  # fmt: skip
    predictions = [
        {"item_id": item, "system_id": system, "scheme": VALENCE.name, "condition": condition,
         "repeat": 0, "status": "ok",
         "values": {name: float(numbers[row]) for name, numbers in said.items()}}
        for (system, condition), said in answers.items()
        for row, item in enumerate(ids)
    ]  # fmt: skip
    names = list(dict.fromkeys(system for system, _ in answers))
    systems = pd.DataFrame({"system_id": names, "name": names, "pathway": "direct"})
    columns = ["item_id", "scheme", "annotator_group"]
    return Evidence(
        check_table("items", items),
        check_table("targets", pd.DataFrame(targets, columns=None if targets else columns)),
        check_table("predictions", pd.DataFrame(predictions)),
        check_table("systems", systems),
        {VALENCE.name: VALENCE},
    )


def world(seed: int = 0, n: int = 240, more: float = 0.0) -> tuple[Evidence, pd.DataFrame]:
    """People and a model lean on warmth alike; the model by `more` on saturation, too."""
    table, rng = measures(n, seed), np.random.default_rng(1000 + seed)
    people = 5 + 0.5 * table["warmth"] + rng.normal(size=n)
    model = 5 + 0.5 * table["warmth"] + more * table["saturation"] + rng.normal(size=n)
    found = {"valence": people.to_numpy()}, {("model", "none"): {"valence": model.to_numpy()}}
    return rated(*found), table


def texts(found: Found, dimension: str = "valence") -> str:
    return " ".join(each.text for each in found.statements if each.dimension == dimension)


def by(found: Found, table: str, *keys: str) -> Any:
    """A table by some of its columns."""
    return found.tables[table].set_index(list(keys))


def test_what_a_model_leans_on_more_than_people_is_found() -> None:
    found = find_visual_elements(*world(more=1.0))
    differences = found.tables["differences"]
    clear = differences[differences["p_fdr"] <= 0.05]
    assert list(clear["element"]) == ["saturation"]
    (row,) = clear.to_dict(orient="records")
    assert row["low"] > 0.3
    assert row["difference"] == pytest.approx(row["rho"] - row["people"])
    how = "more" if row["people"] > 0 else "otherwise"
    assert f"model leans on saturation {how} than people do: rho 0." in texts(found)
    own = found.tables["elements"]
    of_people = own[(own["who_id"] == "people") & (own["p_fdr"] <= 0.05)]
    assert list(of_people["element"]) == ["warmth"]
    assert "rho is largest for warmth" in texts(found)


def test_what_another_kind_of_measure_explains_has_no_partial_rho() -> None:
    """Faces that stand in the light go with valence by the light alone."""
    table, rng = measures(400), np.random.default_rng(5)
    mean = 5 + table["lightness"].to_numpy() + rng.normal(size=400)
    table["faces"] = table["lightness"] + 0.7 * rng.normal(size=400)
    answers = {("model", "none"): {"valence": rng.normal(5, 1, 400)}}
    found = find_visual_elements(rated({"valence": mean}, answers), table)
    rows = by(found, "elements", "who_id", "element")
    row, light = (rows.loc["people", name] for name in ("faces", "lightness"))
    assert row["low"] > 0.3
    assert row["partial_low"] < 0 < row["partial_high"]
    assert light["partial_low"] > 0.3


def leanings(seed: int, people: Any, model: Any, names: Sequence[str]) -> Leanings:
    """What is found of measures beside one outcome of people and a model."""
    numbers = measures(len(people), seed).set_index("item_id")[list(names)]
    kinds = {feature.name: feature.group for feature in features()}
    said = pd.DataFrame({"model": model}, index=numbers.index)
    outcome = Outcome("", pd.Series(people, index=numbers.index), said)
    alone = {item: item for item in numbers.index}
    return find_leanings(Elements(numbers, kinds, ()), [outcome], alone, {})


def test_where_nothing_leans_hardly_a_world_has_a_discovery() -> None:
    """Without any effect a false discovery rate of 5 % is the share of worlds with a discovery."""
    worlds = 60
    found = {"associations": 0, "partial": 0, "differences": 0}
    for seed in range(worlds):
        rng = np.random.default_rng(seed)
        rows = leanings(seed, rng.normal(size=60), rng.normal(size=60), feature_names()[1:])
        found["associations"] += bool(
            (adjusted([row["p"] for row in rows.associations]) <= 0.05).any()
        )
        partial = adjusted([row["partial_p"] for row in rows.associations])
        found["partial"] += bool((partial <= 0.05).any())
        found["differences"] += bool(
            (adjusted([row["p"] for row in rows.differences]) <= 0.05).any()
        )
    # 99 % binomial bound of 5 % in 60 worlds
    assert max(found.values()) <= 8, found


def test_intervals_hold_what_is_planted_in_as_many_worlds_as_they_say() -> None:
    """The model goes with saturation as normals of correlation .5 do, and people not at all."""
    truth, held = 6 / np.pi * np.arcsin(0.5 / 2), 0
    for seed in range(200):
        rng = np.random.default_rng(1000 + seed)
        saturation = measures(80, seed)["saturation"].to_numpy()
        model = 0.5 * saturation + np.sqrt(0.75) * rng.normal(size=80)
        (row,) = leanings(seed, rng.normal(size=80), model, ["saturation"]).differences
        held += row["low"] <= truth <= row["high"]
    assert 181 <= held <= 197


def test_a_value_of_metadata_is_told_by_its_difference_of_means() -> None:
    evidence, table = world()
    rain = np.arange(240) % 3 == 0
    items = pd.DataFrame({"weather": np.where(rain, "rain", "sun")})
    rng = np.random.default_rng(1)
    people = 6 - 2.0 * rain + rng.normal(size=240)
    model = 6 - 0.2 * rain + rng.normal(size=240)
    evidence = rated({"valence": people}, {("model", "none"): {"valence": model}}, items)
    found = find_visual_elements(evidence, table.iloc[:0])
    rows = by(found, "categories", "value", "who_id")
    own = rows.loc["rain", "people"]
    assert own["low"] <= -2 <= own["high"] < 0
    assert own["mean_inside"] - own["mean_outside"] == pytest.approx(own["difference"])
    beside = rows.loc["rain", "model"]
    assert beside["more_low"] <= 1.8 <= beside["more_high"]
    assert beside["more_p_fdr"] < 0.001
    said = texts(found)
    assert "weather rain" in said or "weather sun" in said
    assert not len(found.tables["elements"])


def test_numbers_of_metadata_are_elements_and_what_holds_the_truth_is_none() -> None:
    evidence, table = world()
    means = [float(row["mean"]) for row in evidence.targets.to_dict(orient="records")]
    items = evidence.items.assign(height_m=means, true_valence=means, item_id=table["item_id"])
    found = find_visual_elements(replace(evidence, items=items), table)
    rows = by(found, "elements", "element", "who_id")
    assert rows.loc[("height_m", "people"), "rho"] == pytest.approx(1)
    assert rows.loc[("height_m", "model"), "kind"] == "metadata"
    assert "true_valence" not in rows.index.get_level_values("element")
    assert "hue" not in rows.index.get_level_values("element")


def changed(shift: float, leaning: float) -> dict[str, Any]:
    """The row of a warmed condition that moves answers by `shift`, of a model that leans so."""
    table, rng = measures(200), np.random.default_rng(2)
    plain = 5 + leaning * table["warmth"].to_numpy() + rng.normal(size=200)
    warm = plain + shift + 0.3 * rng.normal(size=200)
    answers = {("model", "none"): {"valence": plain}, ("model", "warm"): {"valence": warm}}
    found = find_visual_elements(rated({"valence": plain}, answers), table)
    assert not found.lacking[1:]
    (row,) = found.tables["changes"].to_dict(orient="records")
    return {str(key): value for key, value in row.items()} | {"said": texts(found)}


@pytest.mark.parametrize(
    ("shift", "leaning", "verdict", "said"),
    [
        (0.4, 0.8, "agrees", "as its correlation with warmth has it"),
        (-0.4, 0.8, "contradicts", "against its correlation with warmth"),
        (0.4, 0.0, "answers move", "while no correlation with warmth is clear"),
        (0.0, 0.8, "correlation only", "none moves a system's answers clearly"),
    ],
)
def test_changing_pictures_tells_whether_a_correlation_is_a_cause(
    shift: float, leaning: float, verdict: str, said: str
) -> None:
    row = changed(shift, leaning)
    assert row["verdict"] == verdict
    assert row["low"] <= shift <= row["high"]
    assert said in row["said"]


def test_changed_pictures_are_held_against_those_that_were_only_saved_anew() -> None:
    table, rng = measures(60), np.random.default_rng(2)
    plain = rng.normal(5, 1, 60)
    answers = {
        ("model", "none"): {"valence": plain},
        ("model", "rendered"): {"valence": plain + 1},
        ("model", "grey"): {"valence": plain + 1},
        ("model", "blur:sigma=8"): {"valence": plain - 3},
        ("model", "no condition of ours"): {"valence": plain},
    }
    changes = find_visual_elements(rated({"valence": plain}, answers), table).tables["changes"]
    (row,) = changes.to_dict(orient="records")
    assert (row["condition"], row["held_against"], row["shift"]) == ("grey", "rendered", 0)
    assert row["element"] == "chroma"
    assert np.isnan(row["p"])


def test_labels_are_held_each_for_itself_and_rare_ones_are_told(tmp_path: Path) -> None:
    recipe = Recipe(
        n_items=160,
        models={"m/one": 0.9},
        pathways=("direct",),
        schemes=("mikels", "polarity3"),
        images=False,
    )
    evidence = Material(make_run(tmp_path / "run", recipe)).evidence
    table = measures(160).assign(item_id=evidence.items["item_id"])
    found = find_visual_elements(evidence, table)
    rows = found.tables["elements"]
    labels = set(rows.loc[rows["scheme"] == "mikels", "label"])
    assert len(labels) > 1
    rare = [sentence for sentence in found.lacking if "fewer than 15 pictures" in sentence]
    assert all(label not in rare[0] for label in labels)
    ordered = rows[(rows["scheme"] == "polarity3") & (rows["who_id"] == "people")]
    assert set(ordered["label"]) == {""}


def test_people_are_compared_on_the_items_that_a_system_answered() -> None:
    evidence, table = world(n=120)
    said = evidence.predictions.copy()
    said.loc[said.index < 60, "status"] = "unparsed"
    found = find_visual_elements(replace(evidence, predictions=said), table)
    assert set(found.tables["differences"]["n"]) == {60}
    rows = found.tables["elements"].groupby("who_id")["n"].first()
    assert dict(rows) == {"people": 120, "model": 60}


def test_without_people_systems_are_told_of_and_without_pictures_nothing() -> None:
    evidence, table = world(n=60)
    alone = find_visual_elements(replace(evidence, targets=evidence.targets.iloc[:0]), table)
    assert set(alone.tables["elements"]["who_id"]) == {"model"}
    assert not len(alone.tables["differences"])
    nothing = find_visual_elements(evidence, table.iloc[:0])
    assert "Nothing is known of the pictures" in nothing.lacking[0]
    assert not nothing.statements


def test_too_few_pictures_and_one_group_are_told() -> None:
    evidence, table = world(n=12)
    few = find_visual_elements(evidence, table)
    assert "fewer than 15 groups" in few.lacking[0]
    assert "people, model" in few.lacking[0]
    evidence, table = world(n=60)
    one = replace(evidence, items=evidence.items.assign(group="all of them"))
    assert "fewer than 15 groups" in find_visual_elements(one, table).lacking[0]


def test_a_system_that_always_says_the_same_leans_on_nothing() -> None:
    table = measures(60)
    people = np.random.default_rng(0).normal(5, 1, 60)
    answers = {("model", "none"): {"valence": np.full(60, 5.0)}}
    found = find_visual_elements(rated({"valence": people}, answers), table)
    assert found.tables["differences"]["difference"].isna().all()
    assert "leans on" not in texts(found)


def test_a_run_is_asked_by_name_and_says_what_has_no_pictures(tmp_path: Path) -> None:
    recipe = Recipe(
        n_items=60,
        models={"m/one": 0.8},
        pathways=("direct",),
        schemes=("polarity3",),
        images=False,
    )
    found = analyze(Material(make_run(tmp_path / "run", recipe)), ["visual_elements"])
    assert found["visual_elements"].lacking[0].startswith("The items of this run have no pictures")
    assert set(found["visual_elements"].tables["categories"]["column"]) == {"theme"}


def test_what_makes_drawn_scenes_pleasant_is_found_in_their_pictures() -> None:
    """The causes of a diorama's valence are known: warm light raises it, rain lowers it."""
    scenes = [sample_scene(7, number) for number in range(120)]
    table = pd.DataFrame([measure(Image.fromarray(render(scene, size=96))) for scene in scenes])
    table.insert(0, "item_id", [f"item-{number:04}" for number in range(120)])
    items = pd.DataFrame(
        {"light": [scene.light for scene in scenes], "weather": [s.weather for s in scenes]}
    )
    people = np.array([feeling(scene).valence for scene in scenes])
    rng = np.random.default_rng(0)
    # One that sees colors and no faces: it can lean on nothing else.
    colors = 5 + 2 * (table["warmth"] - table["warmth"].mean()) / table["warmth"].std()
    answers = {("colors alone", "none"): {"valence": colors.to_numpy() + rng.normal(size=120)}}
    found = find_visual_elements(rated({"valence": people}, answers, items), table)
    rho = by(found, "elements", "who_id", "element")
    assert rho.loc[("people", "warmth"), "p_fdr"] < 0.05
    assert rho.loc[("people", "warmth"), "low"] > 0
    means = by(found, "categories", "who_id", "value")
    assert effect_of("light", "warm")[0] > 0 > effect_of("weather", "rain")[0]
    assert means.loc[("people", "warm"), "low"] > 0 > means.loc[("people", "rain"), "high"]
    beside = by(found, "differences", "element")
    assert beside.loc["warmth", "low"] > 0.2
    assert "colors alone leans on warmth more than people do" in texts(found)
