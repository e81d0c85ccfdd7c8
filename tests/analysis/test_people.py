"""How near systems come to people: who answers as a person does is not told apart from one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from tests.report.sample_run import Recipe, make_run

from mllmsent.affect import get_scheme, load_scheme
from mllmsent.analysis import Evidence
from mllmsent.analysis.answers import answers_of
from mllmsent.analysis.material import Material
from mllmsent.analysis.people.find import find_people
from mllmsent.analysis.people.words import ceiling_statements
from mllmsent.analysis.registry import analyze
from mllmsent.foundation.tables import check_table
from mllmsent.metrics import Resampling
from mllmsent.metrics.distribution_distances import distribution_distance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.affect.scheme import Scheme
    from mllmsent.metrics.metric import Floats

QUICK = Resampling(n_resamples=200)
OASIS = Path(__file__).parents[3] / "shared" / "data" / "oasis-raters" / "ratings.csv"


def names_of(n: int) -> list[str]:
    return [f"item-{number:03}" for number in range(n)]


def world(
    targets: Sequence[Mapping[str, Any]],
    predictions: Sequence[Mapping[str, Any]],
    scheme: Scheme,
    n: int,
) -> Evidence:
    ids = names_of(n)
    rows = [
        {"scheme": scheme.name, "condition": "none", "repeat": 0, "status": "ok", **row}
        for row in predictions
    ]
    known = dict.fromkeys(str(row["system_id"]) for row in rows)
    systems = [{"system_id": name, "name": name, "pathway": "direct"} for name in known]
    people = [{"scheme": scheme.name, "annotator_group": "all", **row} for row in targets]
    return Evidence(
        items=check_table("items", pd.DataFrame({"item_id": ids})),
        targets=check_table("targets", pd.DataFrame(people)),
        predictions=check_table("predictions", pd.DataFrame(rows)),
        systems=check_table("systems", pd.DataFrame(systems)),
        schemes={scheme.name: scheme},
    )


def voted(counts: Floats, scheme: Scheme) -> list[dict[str, Any]]:
    """Targets of counted votes; whether anybody agrees on a label is left open."""
    return [
        {
            "item_id": item,
            "distribution": dict(zip(scheme.label_names, (row / row.sum()).tolist(), strict=True)),
            "n": int(row.sum()),
        }
        for item, row in zip(names_of(len(counts)), counts, strict=True)
    ]


def drawn(shares: Floats, rng: np.random.Generator) -> list[int]:
    """One vote for each item from people's own distribution."""
    beyond = rng.random((len(shares), 1)) > np.cumsum(shares, axis=1)
    return [int(code) for code in beyond.sum(axis=1)]


def labels(
    system: str, codes: Sequence[int], scheme: Scheme, repeat: int = 0
) -> list[dict[str, Any]]:
    return [
        {"item_id": item, "system_id": system, "repeat": repeat,
         "label": scheme.label_names[code] if code >= 0 else None,
         "status": "ok" if code >= 0 else "refused"}
        for item, code in zip(names_of(len(codes)), codes, strict=True)
    ]  # fmt: skip


def row_of(found: Any, table: str, system: str, **where: str) -> Any:
    rows = found.tables[table]
    for column, value in {"system": system, **where}.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1
    return rows.iloc[0]


POLARITY = get_scheme("polarity3")


def test_systems_that_answer_as_one_more_person_would_are_not_told_apart_from_a_person() -> None:
    """30 systems draw from what people draw from; 200 worlds: `tests/metrics/test_leave_one_out`."""
    rng = np.random.default_rng(4)
    shares = rng.dirichlet(np.full(3, 0.5), 150)
    votes = np.array([rng.multinomial(5, own) for own in shares], dtype=float)
    said = [
        row for number in range(30) for row in labels(f"s{number}", drawn(shares, rng), POLARITY)
    ]
    found = find_people(world(voted(votes, POLARITY), said, POLARITY, 150), resampling=QUICK)
    rows = found.tables["ceiling"]
    assert len(rows) == 60
    assert (rows["p_holm"] > 0.05).all()
    assert "30 cannot be told apart from a person" in found.statements[1].text


def test_who_knows_the_majority_comes_nearer_than_a_person_and_who_guesses_less_near() -> None:
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.full(3, 0.6), 200)
    votes = np.array([rng.multinomial(5, own) for own in shares], dtype=float)
    said = labels("oracle", shares.argmax(axis=1).tolist(), POLARITY)
    said += labels("guesses", rng.integers(0, 3, 200).tolist(), POLARITY)
    found = find_people(world(voted(votes, POLARITY), said, POLARITY, 200), resampling=QUICK)
    oracle = row_of(found, "ceiling", "oracle", metric="accuracy")
    assert oracle["difference_low"] > 0
    assert oracle["p_holm"] < 0.001
    assert row_of(found, "ceiling", "guesses", metric="accuracy")["difference_high"] < 0
    assert oracle["n_people"] == 5
    assert (
        "1 of 2 systems come nearer to the others than a person, 1 less" in found.statements[1].text
    )


def test_an_answer_that_could_not_be_read_is_a_wrong_one_and_people_who_agree_are_right() -> None:
    votes = np.tile([5.0, 0.0, 0.0], (20, 1))
    half = labels("s", [0, -1] * 10, POLARITY)
    found = find_people(world(voted(votes, POLARITY), half, POLARITY, 20), resampling=QUICK)
    row = row_of(found, "ceiling", "s", metric="accuracy")
    assert row["person"] == 1
    assert row["value"] == 0.5


def rated(ratings: Floats) -> list[dict[str, Any]]:
    return [
        {"item_id": item, "dimension": "valence", "mean": float(own.mean()), "n": len(own),
         "sd": float(own.std(ddof=1))}
        for item, own in zip(names_of(len(ratings)), ratings, strict=True)
    ]  # fmt: skip


VALENCE = get_scheme("valence-arousal")


def numbers(system: str, values: Sequence[float], repeat: int = 0) -> list[dict[str, Any]]:
    return [
        {"item_id": item, "system_id": system, "repeat": repeat, "values": {"valence": value}}
        for item, value in zip(names_of(len(values)), values, strict=True)
    ]


def test_who_rates_as_a_person_does_is_not_told_apart_and_who_is_off_is() -> None:
    rng = np.random.default_rng(6)
    means = rng.uniform(3, 7, 150)
    ratings = means[:, None] + rng.normal(0, 0.8, (150, 5))
    said = numbers("person", (means + rng.normal(0, 0.8, 150)).tolist())
    said += numbers("off", (means + rng.normal(1, 0.8, 150)).tolist())
    found = find_people(world(rated(ratings), said, VALENCE, 150), resampling=QUICK)
    assert row_of(found, "ceiling", "person", metric="ccc")["p_holm"] > 0.05
    assert row_of(found, "ceiling", "off", metric="ccc")["difference_high"] < 0
    assert row_of(found, "ceiling", "off", metric="rmse")["difference_low"] > 0


def scored(system: str, shares: Floats, scheme: Scheme, kind: str) -> list[dict[str, Any]]:
    return [
        {"item_id": item, "system_id": system, "label": scheme.label_names[int(own.argmax())],
         "scores": dict(zip(scheme.label_names, own.tolist(), strict=True)), "score_kind": kind}
        for item, own in zip(names_of(len(shares)), shares, strict=True)
    ]  # fmt: skip


def test_distances_from_soft_labels_stand_beside_those_of_people_and_of_not_looking() -> None:
    rng = np.random.default_rng(1)
    shares = rng.dirichlet(np.full(3, 0.5), 300)
    votes = np.array([rng.multinomial(6, own) for own in shares], dtype=float)
    said = scored("knows", shares, POLARITY, "probability")
    said += scored("blind", np.tile(shares.mean(axis=0), (300, 1)), POLARITY, "stated")
    said += scored("margins", shares - 0.5, POLARITY, "margin")
    found = find_people(world(voted(votes, POLARITY), said, POLARITY, 300), resampling=QUICK)
    halves, overall = "people: the other half", "shares of all items, whatever the item"
    for name in ("chebyshev", "earth_movers", "kullback_leibler"):
        rows = {
            system: row_of(found, "distances", system, distance=name)
            for system in ("knows", "blind", halves, overall)
        }
        own = distribution_distance(name, votes, shares).mean()
        assert rows["knows"]["value"] == pytest.approx(own)
        # Who knows what people say in the long run is nearer to a half of them than another half.
        assert rows["knows"]["gap_high"] < 0
        assert rows["knows"]["gap"] == pytest.approx(
            rows["knows"]["to_half"] - rows[halves]["to_half"]
        )
        if name != "kullback_leibler":  # by which two zeros of three people cost more than that
            assert rows["blind"]["gap_low"] > 0
        assert rows["blind"]["value"] == pytest.approx(rows[overall]["value"], rel=0.05)
    assert "intersection" in set(found.tables["distances"]["distance"])
    assert "margins gave no distribution" in found.lacking[0]
    assert any("a random half of the people" in each.text for each in found.statements)


def test_the_floor_of_halves_is_what_chance_gives() -> None:
    """Two votes, a and b or the same: halves are one vote each, apart by 1 or by 0."""
    votes = np.array([[1.0, 1.0, 0.0]] * 30 + [[2.0, 0.0, 0.0]] * 10)
    said = scored("s", votes / 2, POLARITY, "probability")
    found = find_people(world(voted(votes, POLARITY), said, POLARITY, 40), resampling=QUICK)
    halves = row_of(found, "distances", "people: the other half", distance="earth_movers")
    assert halves["to_half"] == pytest.approx(0.75)
    assert row_of(found, "distances", "s", distance="earth_movers")["value"] == 0


def test_of_a_single_item_there_are_no_others_to_be_as_near_as() -> None:
    votes = np.array([[2.0, 1.0, 0.0]])
    said = scored("s", votes / 3, POLARITY, "probability")
    found = find_people(world(voted(votes, POLARITY), said, POLARITY, 1), resampling=QUICK)
    (told,) = [each.text for each in found.statements if "spread of people's votes" in each.text]
    assert told.endswith("(earth mover's distance, in ranks: 0.00).")


def test_as_many_answers_as_a_half_has_people_are_as_near_as_that_half() -> None:
    """Three answers, drawn as the votes of six people are, say as much as three of the six."""
    rng = np.random.default_rng(8)
    shares = rng.dirichlet(np.full(3, 0.5), 300)
    votes = np.array([rng.multinomial(6, own) for own in shares], dtype=float)
    said = []
    for number in range(12):
        sampled = np.array([rng.multinomial(3, own) for own in shares]) / 3
        said += scored(f"s{number}", sampled, POLARITY, "votes")
    found = find_people(world(voted(votes, POLARITY), said, POLARITY, 300), resampling=QUICK)
    rows = found.tables["distances"]
    rows = rows[(rows["distance"] == "earth_movers") & rows["system_id"].notna()]
    assert ((rows["gap_low"] <= 0) & (rows["gap_high"] >= 0)).sum() >= 10
    assert rows["gap"].abs().mean() < 0.04


def test_answers_to_repeats_are_a_distribution_and_one_answer_is_none() -> None:
    rng = np.random.default_rng(2)
    shares = rng.dirichlet(np.full(3, 0.5), 100)
    votes = np.array([rng.multinomial(5, own) for own in shares], dtype=float)
    said = [
        row for repeat in range(4) for row in labels("again", drawn(shares, rng), POLARITY, repeat)
    ]
    said += labels("once", drawn(shares, rng), POLARITY)
    found = find_people(world(voted(votes, POLARITY), said, POLARITY, 100), resampling=QUICK)
    row = row_of(found, "distances", "again", distance="chebyshev")
    assert row["source"] == "answers to 4 repeats"
    assert "once gave no distribution" in found.lacking[0]
    hesitates = row_of(found, "hesitation", "again")
    assert hesitates["low"] > 0
    assert hesitates["measure"] == "entropy of answers to 4 repeats"


def test_who_hesitates_where_people_disagree_is_found_and_who_hesitates_anywhere_is_not() -> None:
    rng = np.random.default_rng(3)
    shares = rng.dirichlet(np.full(3, 0.5), 150)
    votes = np.array([rng.multinomial(8, own) for own in shares], dtype=float)
    said = scored("by plan", shares, POLARITY, "likelihood-sum")
    others = [f"s{number}" for number in range(100)]
    for name in others:
        said += scored(name, rng.dirichlet(np.full(3, 0.5), 150), POLARITY, "probability")
    found = find_people(world(voted(votes, POLARITY), said, POLARITY, 150), resampling=QUICK)
    rows: Any = found.tables["hesitation"].set_index("system")
    assert rows.loc["by plan", "p_holm"] < 0.001
    assert rows.loc["by plan", "low"] > 0.4
    anywhere = rows.loc[others]
    assert ((anywhere["low"] <= 0) & (anywhere["high"] >= 0)).mean() >= 0.88
    assert (anywhere["p"] <= 0.05).mean() <= 0.12
    assert (anywhere["p_holm"] > 0.05).all()
    assert any("most by plan" in each.text for each in found.statements)


def test_numbers_scatter_where_people_do() -> None:
    rng = np.random.default_rng(5)
    means, doubt = rng.uniform(3, 7, 120), rng.uniform(0.1, 1.2, 120)
    ratings = means[:, None] + rng.normal(0, 1, (120, 8)) * doubt[:, None]
    said = [
        row
        for repeat in range(5)
        for row in numbers("s", (means + rng.normal(0, 1, 120) * doubt).tolist(), repeat)
    ]
    found = find_people(world(rated(ratings), said, VALENCE, 120), resampling=QUICK)
    row = row_of(found, "hesitation", "s")
    assert row["low"] > 0.4
    assert row["measure"] == "SD of answers to repeats"


def test_what_cannot_be_said_is_told_and_the_rest_goes_on() -> None:
    ids = names_of(30)
    said = labels("s", [0] * 30, POLARITY)
    bare = [{"item_id": item, "label": "neutral"} for item in ids]
    assert (
        "how people's votes are spread" in find_people(world(bare, said, POLARITY, 30)).lacking[0]
    )
    lonely = voted(np.tile([1.0, 0.0, 0.0], (30, 1)), POLARITY)
    found = find_people(world(lonely, said, POLARITY, 30), resampling=QUICK)
    assert any("the votes of two people" in sentence for sentence in found.lacking)
    shares = [{"item_id": item, "distribution": {"neutral": 1.0}} for item in ids]
    found = find_people(world(shares, said, POLARITY, 30), resampling=QUICK)
    assert not len(found.tables["ceiling"])
    several = np.tile([3.0, 2.0, 0.0], (30, 1))
    steady = scored("s", np.tile([0.5, 0.3, 0.2], (30, 1)), POLARITY, "probability")
    found = find_people(world(voted(several, POLARITY), steady, POLARITY, 30), resampling=QUICK)
    assert any("does not vary" in sentence for sentence in found.lacking)
    half = find_people(world(voted(several, POLARITY), said[:10], POLARITY, 30), resampling=QUICK)
    assert any(sentence.startswith("polarity3: 20 of 30 items") for sentence in half.lacking)
    sets = {"polarity3": replace(POLARITY, multi_label=True)}
    told = find_people(replace(world(bare, said, POLARITY, 30), schemes=sets))
    assert "one label or number per item" in told.lacking[0]


def test_a_run_is_asked_by_name(tmp_path: Path) -> None:
    recipe = Recipe(n_items=40, models={"m/one": 0.8, "m/two": 0.6}, images=False)
    found = analyze(Material(make_run(tmp_path / "run", recipe)), ["people"])["people"]
    assert {"polarity3", "mikels", "valence-arousal"} == set(found.tables["ceiling"]["scheme"])
    assert (found.tables["ceiling"]["n_items"] == 40).sum() > 10


@pytest.mark.skipif(not OASIS.exists(), reason="needs ../shared/data/oasis-raters")
def test_people_of_oasis_come_as_near_to_one_another_as_their_ratings_written_out_do() -> None:
    """102 raters of 62 photographs, and the published norms in place of a system."""
    table: Any = pd.read_csv(OASIS)
    table["item"] = table["image"].astype("category").cat.codes
    wide = table.groupby(["rater", "item"])["valence_0_100"].mean().unstack()  # noqa: PD010 - a series has no pivot_table
    scheme = load_scheme(
        {"name": "slider", "kind": "dimensional",
         "dimensions": [{"name": "valence", "low": 0, "high": 100}]}
    )  # fmt: skip
    ids = names_of(wide.shape[1])
    targets, truth, said = [], [], []
    for item in wide.columns:
        own = wide[item].dropna().to_numpy()
        targets.append(
            {"item_id": ids[item], "dimension": "valence", "mean": own.mean(), "n": len(own),
             "sd": own.std(ddof=1)}
        )  # fmt: skip
        truth.append((own.sum() - own) / (len(own) - 1))
        said.append(own)
    norms = table.groupby("item")["norm_valence_0_100"].first()
    found = find_people(
        world(targets, numbers("norms", norms.tolist()), scheme, len(ids)), resampling=QUICK
    )
    row = row_of(found, "ceiling", "norms", metric="rmse")
    error = np.mean([((a - b) ** 2).mean() for a, b in zip(truth, said, strict=True)]) ** 0.5
    assert row["person"] == pytest.approx(error, abs=1e-6)
    assert row["difference_high"] < 0  # means of many people come nearer than one person
    assert row_of(found, "ceiling", "norms", metric="ccc")["difference_low"] > 0


def test_nearer_than_a_person_is_decided_at_the_level_of_the_study() -> None:
    votes = np.array([[2.0, 1.0, 0.0]])
    evidence = world(voted(votes, POLARITY), labels("s", [0], POLARITY), POLARITY, 1)
    row: dict[str, Any] = {
        "metric": "accuracy", "system": "s", "n_items": 50, "p_holm": 0.03, "value": 0.8, "low": 0.7,
        "high": 0.9, "person": 0.7, "person_low": 0.6, "person_high": 0.8, "difference": 0.1,
        "difference_low": 0.01, "difference_high": 0.2,
    }  # fmt: skip
    for alpha, nearer in ((0.05, "2 of 2"), (0.01, "0 of 2")):
        told = ceiling_statements(answers_of(evidence, POLARITY), [row, row], alpha)[1].text
        assert told.startswith(f"{nearer} systems come nearer")
