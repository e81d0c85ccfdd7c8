"""Clusters of mistakes: what is planted is found and confirmed, and random mistakes are no pattern."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom
from sklearn.metrics import adjusted_rand_score
from tests.report.sample_run import Recipe, make_run
from tests.text.minilm import minilm

from mllmsent.affect import get_scheme
from mllmsent.analysis import Evidence
from mllmsent.analysis.error_clusters.cases import error_cases
from mllmsent.analysis.error_clusters.find import find_error_clusters
from mllmsent.analysis.error_clusters.rates import region_rates
from mllmsent.analysis.error_clusters.regions import Regions, find_regions
from mllmsent.analysis.error_clusters.vectors import ItemVectors, item_texts, item_vectors
from mllmsent.analysis.material import Material
from mllmsent.analysis.registry import analyze
from mllmsent.foundation.tables import check_table
from mllmsent.metrics import Resampling
from mllmsent.runs import open_folder

if TYPE_CHECKING:
    from pathlib import Path

    from mllmsent.analysis.found import Found

QUICK = Resampling(n_resamples=200)
EKMAN = get_scheme("ekman")
NO_MEASURES = pd.DataFrame({"item_id": []})

TOPICS = {
    "storm": "rain clouds thunder lightning umbrella puddle wind flood",
    "feast": "cake candles balloons guests toast music dancing garland",
    "ruin": "rubble bricks dust collapse broken cracked debris abandoned",
}
GROUND = [f"thing{number}" for number in range(300)]


def texts_of(topics: list[str], seed: int) -> pd.DataFrame:
    """A text for each item: words of its topic, if it has one, and words of everything."""
    rng = np.random.default_rng(seed)
    texts = [
        " ".join(
            [
                *(rng.choice(TOPICS[topic].split(), 6, replace=False) if topic else ()),
                *rng.choice(GROUND, 6 if topic else 12, replace=False),
            ]
        )
        for topic in topics
    ]
    return pd.DataFrame({"item_id": ids(len(topics)), "describer": "m", "text": texts})


def ids(n: int) -> list[str]:
    return [f"item-{number:04}" for number in range(n)]


def evidence_of(
    wrong: np.ndarray, *, items: pd.DataFrame | None = None, groups: list[str] | None = None
) -> Evidence:
    """Systems (columns) that are wrong about items (rows) where it is said: happiness for anger."""
    names = ids(len(wrong))
    table = pd.DataFrame({"item_id": names, "group": groups or names})
    if items is not None:
        table = pd.concat([table, items], axis=1)
    said = pd.concat(
        [
            pd.DataFrame(
                {
                    "item_id": names,
                    "system_id": f"s{column}",
                    "scheme": "ekman",
                    "condition": "none",
                    "repeat": 0,
                    "status": "ok",
                    "label": np.where(wrong[:, column] > 0, "happiness", "anger"),
                }
            )
            for column in range(wrong.shape[1])
        ]
    )
    targets = pd.DataFrame(
        {"item_id": names, "scheme": "ekman", "annotator_group": "all", "label": "anger"}
    )
    systems = pd.DataFrame(
        {
            "system_id": [f"s{column}" for column in range(wrong.shape[1])],
            "name": [f"system {column}" for column in range(wrong.shape[1])],
            "pathway": "direct",
        }
    )
    return Evidence(
        check_table("items", table),
        check_table("targets", targets),
        check_table("predictions", said),
        check_table("systems", systems),
        {"ekman": EKMAN},
    )


@cache
def planted(seed: int, n: int = 480) -> tuple[list[str], ItemVectors]:
    """A quarter of the items in each of three topics, and a quarter of no topic."""
    rng = np.random.default_rng(seed)
    topics = rng.permutation(np.resize([*TOPICS, ""], n)).tolist()
    return topics, item_vectors(texts_of(topics, seed), NO_MEASURES)


def mistakes(
    topics: list[str], rates: dict[str, float], rest: float, systems: int, seed: int
) -> np.ndarray:
    rng = np.random.default_rng([seed, 1])
    chance = np.array([rates.get(topic, rest) for topic in topics])
    return (rng.random((len(topics), systems)) < chance[:, None]).astype(float)


def clusters_of(found: Found) -> Any:
    return found.tables["clusters"].set_index("name")


@pytest.mark.parametrize("seed", range(5))
def test_planted_clusters_are_recovered(seed: int) -> None:
    topics, vectors = planted(seed)
    wrong = mistakes(topics, dict.fromkeys(TOPICS, 0.8), 0.15, systems=1, seed=seed)
    found = find_error_clusters(evidence_of(wrong), vectors, resampling=QUICK)
    members = found.tables["members"]
    members = members[members["n_wrong"] > 0]
    truth = dict(zip(ids(len(topics)), topics, strict=True))
    planted_as = [truth[item] for item in members["item_id"]]
    assert adjusted_rand_score(planted_as, members["cluster"]) >= 0.8
    # They are named by their words, and typical are items of them.
    named = set()
    for name, row in clusters_of(found).iterrows():
        typical = members[(members["cluster"] == row["cluster"]) & (members["typical"] > 0)]
        (topic,) = {truth[item] for item in typical["item_id"]}
        assert not topic or set(name.split(", ")) <= set(TOPICS[topic].split())
        named.add(topic)
    assert named >= set(TOPICS)


@pytest.mark.parametrize("seed", range(3))
def test_clusters_of_pictures_are_recovered_without_a_text(seed: int) -> None:
    rng = np.random.default_rng(seed)
    look = rng.permutation(np.resize([0, 1, 2], 360))
    centers = rng.normal(0, 3, (3, 6))
    measures = pd.DataFrame(
        centers[look] + rng.normal(0, 1, (360, 6)), columns=[f"measure_{k}" for k in range(6)]
    )
    measures.insert(0, "item_id", ids(360))
    nothing = pd.DataFrame({"item_id": [], "describer": [], "text": []})
    vectors = item_vectors(nothing, measures)
    wrong = (rng.random((360, 2)) < 0.7).astype(float)
    found = find_error_clusters(evidence_of(wrong), vectors, resampling=QUICK)
    members = found.tables["members"]
    truth = dict(zip(ids(360), look, strict=True))
    recovered = adjusted_rand_score([truth[i] for i in members["item_id"]], members["cluster"])
    assert recovered >= 0.8
    assert "No item has a description" in found.lacking[0]
    assert all("measure" in name for name in clusters_of(found).index)


def test_a_pattern_is_confirmed_and_kinds_of_items_are_told_as_such() -> None:
    """Much goes wrong in storms only; feasts and ruins are many, and no worse than the rest."""
    topics, vectors = planted(1)
    wrong = mistakes(topics, {"storm": 0.85}, 0.4, systems=3, seed=1)
    found = find_error_clusters(evidence_of(wrong), vectors, resampling=QUICK)
    rows = clusters_of(found)
    storm = {name for name in rows.index if set(name.split(", ")) & set(TOPICS["storm"].split())}
    clear = set(rows.index[(rows["clearly_worse"] > 0) | (rows["p_holm"] <= 0.05)])
    assert clear == storm != set(rows.index)
    for name in storm:
        assert rows.loc[name, "worse_low"] > 0.2
        assert rows.loc[name, "confusion"] == "anger → happiness"
    told = " ".join(statement.text for statement in found.statements)
    assert all(name in told for name in storm)
    assert "kinds of items, not patterns of mistakes" in told


def test_a_spot_of_one_system_is_its_own() -> None:
    topics, vectors = planted(2)
    wrong = mistakes(topics, {}, 0.3, systems=3, seed=2)
    wrong[:, 1] = mistakes(topics, {"ruin": 0.9}, 0.3, systems=1, seed=3)[:, 0]
    found = find_error_clusters(evidence_of(wrong), vectors, resampling=QUICK)
    systems = found.tables["systems"]
    clear = systems[systems["p_holm"] <= 0.05]
    assert set(clear["system"]) == {"system 1"}
    assert set(clear["name"].str.split(", ").explode()) <= set(TOPICS["ruin"].split())
    shares = systems.groupby("system_id")["share_of_errors"].sum()
    assert (shares <= 1 + 1e-9).all()


@pytest.mark.slow
def test_random_mistakes_are_confirmed_no_oftener_than_the_level_says() -> None:
    """The items do cluster, and the mistakes have nothing to do with it: 200 worlds."""
    topics, vectors = planted(0, 240)
    evidence = evidence_of(np.ones((240, 2)))
    cases = error_cases(evidence, EKMAN)
    assert cases is not None
    confirmed, clustered = 0, 0
    for seed in range(200):
        wrong = mistakes(topics, {}, 0.35, systems=2, seed=seed)
        world = replace(cases, wrong=replace(cases.wrong, merits=wrong))
        regions = bare_regions(vectors, world, evidence, seed)
        if isinstance(regions, str):
            continue
        clustered += 1
        rows = region_rates(world, regions, resampling=Resampling(n_resamples=100))
        p_values = np.array([row["p"] for row in rows])
        n = np.count_nonzero(~np.isnan(p_values))
        confirmed += bool(n and np.nanmin(p_values) * n <= 0.05)
    assert clustered >= 190
    # Holm rejects something where the least p value, times the number of tests, is below alpha.
    assert confirmed <= binom.ppf(0.995, clustered, 0.05)


def bare_regions(vectors: ItemVectors, cases: Any, evidence: Evidence, seed: int) -> Regions | str:
    """Regions without a map, which takes most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "mllmsent.analysis.error_clusters.regions.lay_out",
            lambda points, **_: points[:, :2] * 0,
        )
        return find_regions(vectors, cases, evidence.groups, seed=seed)


def test_intervals_hold_the_planted_difference_as_often_as_they_say() -> None:
    """Regions stay as they are, mistakes are drawn anew: 200 worlds, 95 % intervals."""
    topics, vectors = planted(0, 240)
    wrong = mistakes(topics, dict.fromkeys(TOPICS, 0.7), 0.3, systems=1, seed=0)
    evidence = evidence_of(wrong)
    cases = error_cases(evidence, EKMAN)
    assert cases is not None
    regions = bare_regions(vectors, cases, evidence, 0)
    assert isinstance(regions, Regions)
    rng = np.random.default_rng(4)
    topic_of = dict(zip(ids(240), topics, strict=True))
    chance = np.array([0.7 if topic_of[item] else 0.3 for item in cases.wrong.items])
    cluster = dict(zip(regions.vectors.items, regions.cluster, strict=True))
    held_out = set(regions.vectors.items[regions.held_out])
    asked = np.array([item in held_out for item in cases.wrong.items])
    inside = np.array([cluster[item] == 1 for item in cases.wrong.items])
    planted_gap = chance[asked & inside].mean() - chance[asked & ~inside].mean()
    covered = 0
    for seed in range(200):
        drawn = (rng.random(len(chance)) < chance).astype(float)[:, None]
        world = replace(cases, wrong=replace(cases.wrong, merits=drawn))
        resampling = Resampling(n_resamples=200, seed=seed)
        row = next(
            row
            for row in region_rates(world, regions, resampling=resampling)
            if row["cluster"] == 1 and row["system_id"]
        )
        covered += row["worse_low"] <= planted_gap <= row["worse_high"]
    # 99 % binomial bounds of 95 % in 200 worlds
    assert 0.905 <= covered / 200 <= 0.985


def test_a_group_is_in_one_half_as_a_whole() -> None:
    topics, vectors = planted(1)
    groups = [f"g{number // 4}" for number in range(len(topics))]
    wrong = mistakes(topics, dict.fromkeys(TOPICS, 0.8), 0.2, systems=2, seed=1)
    members = find_error_clusters(
        evidence_of(wrong, groups=groups), vectors, resampling=QUICK
    ).tables["members"]
    group = members["item_id"].map(dict(zip(ids(len(topics)), groups, strict=True)))
    assert (members.groupby(group)["held_out"].nunique() == 1).all()
    assert members["held_out"].nunique() == 2


def test_metadata_takes_no_part_and_is_tested() -> None:
    """Storms are mostly at night, and the source of a picture says nothing."""
    topics, vectors = planted(3)
    rng = np.random.default_rng(3)
    night = np.where(
        rng.random(len(topics)) < np.where(np.array(topics) == "storm", 0.9, 0.3), 1, 0
    )
    items = pd.DataFrame(
        {"time": np.where(night, "night", "day"), "source": rng.choice(["a", "b"], len(topics))}
    )
    wrong = mistakes(topics, dict.fromkeys(TOPICS, 0.8), 0.2, systems=1, seed=3)
    found = find_error_clusters(evidence_of(wrong, items=items), vectors, resampling=QUICK)
    marks = found.tables["marks"]
    clear = marks[(marks["kind"] == "metadata") & (marks["p_holm"] <= 0.05)]
    night_rows = clear[clear["mark"] == "time night"]
    names = found.tables["clusters"].set_index("cluster")["name"]
    words = set(TOPICS["storm"].split())
    assert {bool(words & set(names[k].split(", "))) for k in night_rows["cluster"]} == {True}
    assert not clear["mark"].str.startswith("source").any()


def test_what_cannot_be_clustered_is_told() -> None:
    topics, vectors = planted(0, 240)
    none = find_error_clusters(evidence_of(np.zeros((240, 2))), vectors, resampling=QUICK)
    assert none.lacking == ("ekman: no answer is wrong, so that there are no mistakes to compare.",)
    few = np.zeros((240, 1))
    few[:20] = 1
    told = find_error_clusters(evidence_of(few), vectors, resampling=QUICK)
    assert "30 are needed" in told.lacking[0]
    assert not told.statements
    empty = item_vectors(pd.DataFrame({"item_id": [], "describer": [], "text": []}), NO_MEASURES)
    blind = find_error_clusters(evidence_of(np.ones((240, 1))), empty, resampling=QUICK)
    assert "neither a text nor a picture" in blind.lacking[-1]
    together = evidence_of(np.ones((240, 1)), groups=["one"] * 240)
    assert "of one group" in find_error_clusters(together, vectors).lacking[0]
    nobody = replace(evidence_of(np.ones((240, 1))), targets=evidence_of(few).targets.iloc[:0])
    assert find_error_clusters(nobody, vectors).lacking == ("ekman: nothing can be scored.",)
    same = pd.DataFrame({"item_id": ids(240), "describer": "m", "text": "an image of a thing"})
    alike = find_error_clusters(
        evidence_of(mistakes(topics, {}, 0.5, systems=1, seed=0)), item_vectors(same, NO_MEASURES)
    )
    assert not (alike.tables["systems"]["p_holm"] <= 0.05).any()


def test_a_describers_manner_is_no_likeness() -> None:
    """Two describers, each of half of the items: the one says "behold" before everything."""
    topics, _ = planted(0, 240)
    texts = texts_of(topics, 0)
    second = np.arange(240) % 2 == 1
    texts.loc[second, "describer"] = "other"
    texts.loc[second, "text"] = "behold lo verily forsooth " + texts.loc[second, "text"]
    points = item_vectors(texts, NO_MEASURES).points
    apart = np.linalg.norm(points[second].mean(axis=0) - points[~second].mean(axis=0))
    assert apart < 0.1


def test_without_a_sentence_model_words_are_counted_and_that_is_told() -> None:
    vectors = item_vectors(texts_of(["storm"] * 9, 0), NO_MEASURES, sentence_model="no/such-model")
    assert vectors.told == "TF-IDF with truncated SVD of their texts"
    assert "no/such-model is not here" in vectors.lacking[0]


@pytest.mark.slow
def test_sentence_vectors_are_taken_where_their_model_is() -> None:
    folder = str(minilm())
    vectors = item_vectors(texts_of(["storm", "feast"] * 4, 0), NO_MEASURES, sentence_model=folder)
    assert vectors.told == "sentence vectors of their texts"
    assert not vectors.lacking
    near = vectors.points @ vectors.points.T
    same = np.arange(8)[:, None] % 2 == np.arange(8) % 2
    assert near[same & ~np.eye(8, dtype=bool)].mean() > near[~same].mean()


def test_descriptions_come_before_an_items_own_text() -> None:
    items = pd.DataFrame({"item_id": ["a", "b"], "text": ["own words", None]})
    described = pd.DataFrame(
        {
            "item_id": ["a", "a", "a"],
            "describer": ["m", "m", "n"],
            "text": ["a dog", "a grey dog", " "],
            "condition": ["none", "grey", None],
        }
    )
    assert item_texts(items, described)["text"].tolist() == ["a dog"]
    assert item_texts(items, described.iloc[:0])["text"].tolist() == ["own words"]


def test_a_run_is_asked_by_name(tmp_path: Path) -> None:
    """Numbers and labels, words and no pictures; descriptions are hostile and nothing breaks."""
    recipe = Recipe(
        n_items=140,
        schemes=["polarity3", "valence-arousal"],
        models={"m/one": 0.5, "m/two": 0.4},
        pathways=["direct", "described"],
        classifiers=["vader"],
        images=False,
    )
    found = analyze(Material(make_run(tmp_path / "run", recipe)), ["error_clusters"])
    tables = found["error_clusters"].tables
    assert set(tables) == {"clusters", "systems", "members", "marks"}
    placed = tables["members"].dropna(subset=["x"])
    assert placed[["x", "y"]].to_numpy().min(initial=0) >= 0
    assert placed[["x", "y"]].to_numpy().max(initial=1) <= 1


@pytest.mark.slow
def test_published_mistakes_gather_in_streets(tmp_path: Path, shared_data: Path) -> None:
    """Of 1,679 photographs on which all people agree, systems err most on those of city streets."""
    from mllmsent import api  # noqa: PLC0415 - only here

    folder = shared_data / "published-descriptions"
    said = pd.read_parquet(folder / "predictions.parquet")
    said = said[(said["problem"] == "p3") & (said["sigma"] == 5)]
    texts = pd.read_parquet(folder / "descriptions.parquet")
    said.merge(texts, on=["id", "captioner"]).to_parquet(tmp_path / "said.parquet")
    api.import_predictions(str(tmp_path / "said.parquet"), tmp_path / "run")
    found = analyze(Material(open_folder(tmp_path / "run")), ["error_clusters"])["error_clusters"]
    clearest = clusters_of(found).sort_values("p").iloc[0]
    assert "street" in clearest.name
    assert clearest["p"] < 0.01
    assert clearest["worse_low"] > 0
