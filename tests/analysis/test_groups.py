"""Whom systems side with: what is planted is found, by labels and by numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from tests.report.sample_run import Recipe, make_run

from mllmsent import load_dataset
from mllmsent.affect import get_scheme
from mllmsent.analysis import Evidence
from mllmsent.analysis.groups.find import GROUPS, find_groups
from mllmsent.analysis.material import Material
from mllmsent.analysis.registry import ANALYSES
from mllmsent.data import TargetSpec, compute_targets
from mllmsent.foundation.tables import check_table, empty_table
from mllmsent.metrics import Resampling

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

QUICK = Resampling(n_resamples=300)
EKMAN = get_scheme("ekman")
SCALES = get_scheme("valence-arousal")


def label_evidence(
    first: Sequence[str],
    second: Sequence[str],
    said: dict[str, Sequence[str | None]],
    *,
    votes: bool = False,
) -> Evidence:
    """Labels of two cultures and of systems, item by item; with votes, of ten people each."""
    ids = [f"i{number:04}" for number in range(len(first))]
    targets = []
    for group, labels in (("all", first), ("culture=a", first), ("culture=b", second)):
        for item, label in zip(ids, labels, strict=True):
            row: dict[str, Any] = {
                "item_id": item, "scheme": "ekman", "annotator_group": group, "label": label, "n": 10,
            }  # fmt: skip
            if votes:
                row["distribution"] = {name: 0.9 if name == label else 0.02 for name in LABELS}
            targets.append(row)
    predictions = [
        {
            "item_id": item, "system_id": name, "scheme": "ekman", "condition": "none", "repeat": 0,
            "status": "unparsed" if label is None else "ok", "label": label,
        }
        for name, labels in said.items()
        for item, label in zip(ids, labels, strict=True)
    ]  # fmt: skip
    systems = [{"system_id": name, "name": name, "pathway": "direct"} for name in said]
    return Evidence(
        items=check_table("items", pd.DataFrame({"item_id": ids})),
        targets=check_table("targets", pd.DataFrame(targets)),
        predictions=check_table("predictions", pd.DataFrame(predictions)),
        systems=check_table("systems", pd.DataFrame(systems)),
        schemes={"ekman": EKMAN},
    )


LABELS = EKMAN.label_names


def planted(n: int = 400, seed: int = 0, *, votes: bool = False) -> Evidence:
    """Cultures that differ on a third of the items; `loyal` sides with b, `even` with neither."""
    rng = np.random.default_rng(seed)
    first = rng.choice(LABELS, n)
    second = np.where(rng.random(n) < 0.6, first, rng.choice(LABELS, n))
    lot = rng.random(n)
    loyal = np.where(lot < 0.7, second, first)
    even = np.where(lot < 0.5, second, first)
    return label_evidence(
        first.tolist(),
        second.tolist(),
        {"loyal": loyal.tolist(), "even": even.tolist()},
        votes=votes,
    )


def test_a_planted_side_is_found_and_the_impartial_one_is_left_in_peace() -> None:
    found = find_groups(planted(), resampling=QUICK)
    siding: Any = found.tables["siding"].set_index("system_id")
    loyal, even = siding.loc["loyal"], siding.loc["even"]
    assert loyal["with_second_low"] <= 0.7 <= loyal["with_second_high"]
    assert loyal["with_first_low"] <= 0.3 <= loyal["with_first_high"]
    assert loyal["high"] < 0
    assert loyal["p_holm"] < 0.01
    assert even["p_holm"] > 0.05
    assert even["low"] <= 0 <= even["high"]
    assert loyal["lean"] == pytest.approx(loyal["with_first"] - loyal["with_second"])
    texts = [statement.text for statement in found.statements]
    assert any("Of 2 systems 0 side with culture=a and 1 with culture=b" in text for text in texts)
    assert any("Most of all loyal sides with culture=b" in text for text in texts)


def test_all_systems_together_side_as_their_mean_does() -> None:
    found = find_groups(planted(), resampling=QUICK)
    (together,) = found.tables["together"].to_dict(orient="records")
    leans = found.tables["siding"]["lean"]
    assert together["lean"] == pytest.approx(leans.mean())
    assert together["systems"] == 2
    assert together["low"] < together["lean"] < together["high"] < 0


def test_scores_stand_for_every_group_and_their_difference_is_that_of_the_same_items() -> None:
    evidence = planted()
    found = find_groups(evidence, resampling=QUICK)
    scores: Any = found.tables["scores"].set_index(["group", "system_id", "metric"])["value"]
    for group, position in (("culture=a", "first"), ("culture=b", "second")):
        truth = evidence.truth("ekman", annotators=group)
        said = evidence.predictions[evidence.predictions["system_id"] == "loyal"]
        right = np.mean(
            [truth[i] == x for i, x in zip(said["item_id"], said["label"], strict=True)]
        )
        assert scores[group, "loyal", "accuracy"] == pytest.approx(right)
        differences: Any = found.tables["differences"].set_index("system_id")
        value = differences.loc["loyal", f"{position}_value"]
        assert value == pytest.approx(scores[group, "loyal", "macro_f1"])
    row = differences.loc["loyal"]
    assert row["difference"] == pytest.approx(row["first_value"] - row["second_value"])
    assert row["low"] < row["difference"] < row["high"] < 0
    assert set(found.tables) == set(GROUPS.tables)


def test_people_are_the_ceiling_beside_the_systems() -> None:
    evidence = planted()
    (row,) = find_groups(evidence, resampling=QUICK).tables["people"].to_dict(orient="records")
    truths = [evidence.truth("ekman", annotators=f"culture={name}") for name in "ab"]
    contested = sum(truths[0][item] != truths[1][item] for item in truths[0])
    assert row["n_contested"] == contested
    assert row["contested"] == pytest.approx(contested / 400)
    assert row["contested_low"] < row["contested"] < row["contested_high"]
    assert row["first_predicts_second"] == pytest.approx(row["second_predicts_first"])  # symmetric


def test_what_people_say_stands_beside_the_label_where_votes_are_known() -> None:
    siding: Any = find_groups(planted(votes=True), resampling=QUICK).tables["siding"]
    loyal = siding.set_index("system_id").loc["loyal"]
    assert loyal["people_lean"] == pytest.approx(loyal["people_first"] - loyal["people_second"])
    assert loyal["people_high"] < 0
    assert loyal["people_second"] < 0.9
    without: Any = find_groups(planted(), resampling=QUICK).tables["siding"]
    assert without["people_lean"].isna().all()


def test_an_answer_that_could_not_be_read_sides_with_nobody() -> None:
    evidence = label_evidence(
        ["happiness"] * 20, ["fear"] * 20, {"half": ["happiness"] * 5 + ["fear"] * 5 + [None] * 10}
    )
    (row,) = find_groups(evidence, resampling=QUICK).tables["siding"].to_dict(orient="records")
    assert (row["with_first"], row["with_second"], row["with_neither"]) == (0.25, 0.25, 0.5)


def number_evidence(*, n_second: int | None = 10) -> Evidence:
    """Valence by two cultures; `one` follows a, `both` neither more than the other."""
    rng = np.random.default_rng(2)
    ids = [f"i{number:03}" for number in range(200)]
    truth = rng.multivariate_normal([5, 5], [[1, 0.3], [0.3, 1]], 200)
    means = truth + rng.normal(0, 1.5, (200, 2)) / np.array([40, 10]) ** 0.5
    targets = [
        {
            "item_id": item, "scheme": SCALES.name, "dimension": "valence",
            "annotator_group": group, "mean": mean, "sd": 1.5, "n": count,
        }
        for group, column, count in (("culture=a", 0, 40), ("culture=b", 1, n_second))
        for item, mean in zip(ids, means[:, column], strict=True)
    ]  # fmt: skip
    said = {
        "one": truth[:, 0] + rng.normal(0, 0.5, 200),
        "both": truth.mean(axis=1) + rng.normal(0, 0.5, 200),
    }
    predictions = [
        {
            "item_id": item, "system_id": name, "scheme": SCALES.name, "condition": "none",
            "repeat": 0, "status": "ok", "values": {"valence": float(value), "arousal": 5.0},
        }
        for name, values in said.items()
        for item, value in zip(ids, values, strict=True)
    ]  # fmt: skip
    systems = [{"system_id": name, "name": name, "pathway": "direct"} for name in said]
    return Evidence(
        items=check_table("items", pd.DataFrame({"item_id": ids})),
        targets=check_table("targets", pd.DataFrame(targets)),
        predictions=check_table("predictions", pd.DataFrame(predictions)),
        systems=check_table("systems", pd.DataFrame(systems)),
        schemes={SCALES.name: SCALES},
    )


def test_numbers_side_by_correlations_that_are_corrected_for_noise() -> None:
    found = find_groups(number_evidence(), resampling=QUICK)
    siding: Any = found.tables["siding"].set_index("system_id")
    assert set(siding["measure"]) == {"correlation, corrected for noise"}
    assert siding.loc["one", "low"] > 0.3
    assert siding.loc["one", "p_holm"] < 0.01
    assert siding.loc["both", "p_holm"] > 0.05
    (people,) = found.tables["people"].to_dict(orient="records")
    assert people["correlation_low"] < people["correlation"] < people["correlation_high"]
    assert any("arousal: the targets know no groups" in text for text in found.lacking)


def test_where_errors_of_means_are_unknown_it_is_told() -> None:
    found = find_groups(number_evidence(n_second=None), resampling=QUICK)
    assert set(found.tables["siding"]["measure"]) == {"correlation"}
    assert any("not corrected for noise" in text for text in found.lacking)


def test_what_cannot_be_computed_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    def lacking(evidence: Evidence) -> str:
        found = find_groups(evidence, resampling=QUICK)
        assert not len(found.tables["siding"])
        return " ".join(found.lacking)

    same = label_evidence(
        ["happiness", "fear"] * 20, ["happiness", "fear"] * 20, {"s": ["happiness"] * 40}
    )
    assert "say different things of fewer than 10" in lacking(same)
    few = label_evidence(["happiness"] * 5, ["fear"] * 5, {"s": ["happiness"] * 5})
    assert "fewer than 10 items in common" in lacking(few)
    targets = planted().targets
    alone = replace(planted(), targets=targets[targets["annotator_group"] != "culture=b"])
    assert "culture=a is the only group of its kind" in lacking(alone)
    nobody = replace(planted(), targets=targets[targets["annotator_group"] == "all"])
    assert "know no groups of annotators" in lacking(nobody)
    silent = replace(planted(), predictions=empty_table("predictions"))
    assert "no system answered" in lacking(silent)
    sets = replace(planted(), schemes={"ekman": replace(EKMAN, multi_label=True)})
    assert "one label or number per item" in lacking(sets)
    assert "no groups" in lacking(Material(make_run(tmp_path / "run", Recipe(n_items=30))).evidence)


def test_two_groups_of_other_kinds_are_not_held_against_each_other() -> None:
    evidence = planted()
    targets = evidence.targets
    other = targets[targets["annotator_group"] == "culture=a"].assign(annotator_group="sex=x")
    mixed = replace(evidence, targets=pd.concat([targets, other], ignore_index=True))
    found = find_groups(mixed, resampling=QUICK)
    assert set(found.tables["people"]["first"]) == {"culture=a"}
    assert any("sex=x is the only group of its kind" in text for text in found.lacking)


def test_it_is_known_by_name() -> None:
    assert ANALYSES.get("groups") is GROUPS


def test_two_cultures_agree_on_the_valence_of_silhouettes_and_hardly_on_their_arousal(
    shared_data: Path,
) -> None:
    """What Kawai, Lukács and Ansorge (2021) published of BASS: r = .94 and r = .28."""
    found = find_groups(
        norms(shared_data, "bass", TargetSpec(scheme="valence-arousal")), resampling=QUICK
    )
    people: Any = found.tables["people"].set_index("dimension")
    assert people.loc["valence", "correlation"] == pytest.approx(0.94, abs=0.005)
    assert people.loc["arousal", "correlation"] == pytest.approx(0.28, abs=0.005)
    assert people["n_items"].tolist() == [583, 583]


def test_men_and_women_agree_on_photographs(shared_data: Path) -> None:
    asked = TargetSpec(
        scheme="valence-arousal", source="valence-0-100", annotator_groups=("sex", "age_band")
    )
    evidence = norms(shared_data, "oasis-raters", asked)
    people: Any = find_groups(evidence, resampling=QUICK).tables["people"]
    by_pair = people.set_index(["first", "second"])
    assert by_pair.loc[("sex=Female", "sex=Male"), "correlation_low"] > 0.9
    assert {first.partition("=")[0] for first in people["first"]} == {"sex", "age_band"}


def norms(shared_data: Path, name: str, asked: TargetSpec) -> Evidence:
    """A dataset's targets, and nobody who answered."""
    dataset = load_dataset(name, root=shared_data / name)
    return Evidence(
        items=dataset.items,
        targets=compute_targets(dataset, asked),
        predictions=empty_table("predictions"),
        systems=empty_table("systems"),
        schemes={SCALES.name: SCALES},
    )
