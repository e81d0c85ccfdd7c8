"""Judges of descriptions: marks that carry something are found to, and how far each can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from tests.analysis.describers import Describer, descriptions_of, some_scenes
from tests.analysis.small_evidence import make_evidence
from tests.analysis.test_description_quality import NAMES, text

from mllmsent.analysis.description_quality.find import find_description_quality
from mllmsent.analysis.description_quality.judges import judge_marks
from mllmsent.analysis.description_quality.measured import measured_descriptions
from mllmsent.foundation.tables import check_table
from mllmsent.metrics import Resampling

if TYPE_CHECKING:
    from mllmsent.analysis import Evidence
    from mllmsent.analysis.found import Found

GOOD, BLIND = "accuracy, by vllm/gemma3:4b", "accuracy, by chance; or luck"
"""The marks of two judges, one of whom sees what is invented; names may hold anything."""

SEEN = 0.08
"""What each invention costs of the right answers."""


def world(seed: int = 0, n: int = 300) -> tuple[Evidence, pd.DataFrame]:
    """Describers a and b, who invents three things more, in words that say nothing else."""
    rng = np.random.default_rng(seed)
    ids = [f"item-{number:03}" for number in range(n)]
    truth = dict(zip(ids, rng.choice(NAMES, n).tolist(), strict=True))
    answers: dict[str, dict[str, Any]] = {}
    rows = []
    for name, least in (("a", 0), ("b", 3)):
        inventions = least + rng.integers(0, 3, n)
        right = rng.random(n) < 0.9 - SEEN * inventions
        answers[f"{name}/described/reader"] = {
            item: truth[item] if is_right else NAMES[truth[item] == NAMES[0]]
            for item, is_right in zip(ids, right, strict=True)
        }
        rows += [
            {
                "item_id": item,
                "describer": name,
                "text": text(int(rng.integers(2, 9)), 40, rng),
                f"quality_{GOOD}": float(max(1, 5 - count)),
                f"quality_{BLIND}": float(rng.integers(1, 6)),
            }
            for item, count in zip(ids, inventions, strict=True)
        ]
    evidence = make_evidence("polarity2", truth, answers)
    return evidence, check_table("descriptions", pd.DataFrame(rows))


def find(seed: int = 0, n: int = 300, n_resamples: int = 200) -> Found:
    return find_description_quality(*world(seed, n), resampling=Resampling(n_resamples=n_resamples))


def table(found: Found, name: str, *index: str) -> Any:
    """A table by its index, whose numbers are read one by one."""
    return found.tables[name].set_index(list(index))


def test_marks_that_follow_what_costs_answers_carry_it_and_marks_at_random_carry_nothing() -> None:
    found = find(n=600)
    paths = table(found, "paths", "quality")
    assert paths.loc[GOOD, "p_holm"] < 0.05
    # b's marks are three below a's, but for those that would be below the scale.
    assert paths.loc[GOOD, "low"] < -0.16
    assert paths.loc[GOOD, "high"] < 0
    assert (paths.drop(GOOD)["p_holm"] > 0.05).all()
    sentences = " ".join(statement.text for statement in found.statements)
    assert f"goes through {GOOD}: by" in sentences
    assert BLIND not in sentences.replace(f"Judges {GOOD.partition(', by ')[2]} and", "")


def test_marks_at_random_are_seldom_called_something() -> None:
    """In no more of 8 worlds than the 99 % binomial bound of 5 % allows."""
    false = 0
    for seed in range(8):
        paths = table(find(seed, n=120, n_resamples=100), "paths", "quality")
        false += int(paths.loc[BLIND, "p_holm"] < 0.05)
    assert false <= 2


def test_a_judge_that_has_no_marks_for_many_is_left_out_by_its_whole_name() -> None:
    evidence, descriptions = world(n=120)
    few = descriptions.assign(**{f"quality_{GOOD}": descriptions[f"quality_{GOOD}"].where(
        np.arange(len(descriptions)) % 10 > 0
    )})  # fmt: skip
    found = find_description_quality(evidence, few, resampling=Resampling(n_resamples=100))
    assert GOOD not in set(found.tables["paths"]["quality"])
    assert f"{GOOD} (1)" in " ".join(found.lacking)
    assert "12 of 120 pairs lack it" in found.tables["effects"]["left_out"].iloc[0]


def test_where_nothing_is_known_of_the_pictures_nobody_knows_whom_to_trust() -> None:
    found = find()
    assert not len(found.tables["judges"])
    untold = [
        sentence for sentence in found.lacking if "can be trusted here is not known" in sentence
    ]
    assert len(untold) == 2


def drawn(n: int = 150) -> tuple[Evidence, pd.DataFrame, Any]:
    """Scenes that two describers describe, one worse, and three judges.

    `true` marks by what is known, `twin` almost as that, and `random` at random.
    """
    rng = np.random.default_rng(0)
    scenes = some_scenes(n)
    told = descriptions_of(scenes, [Describer("a", slips=0.05), Describer("b", slips=0.3)])
    answers = {f"{who}/described/reader": dict.fromkeys(scenes, "positive") for who in "ab"}
    evidence = make_evidence("polarity2", dict.fromkeys(scenes, "positive"), answers)
    said = check_table("descriptions", told)
    measured = measured_descriptions(evidence, said, scenes=scenes).rows
    true = np.round(5 - 4 * measured["invented"].to_numpy())
    near = np.clip(true + rng.integers(-1, 1, len(true)), 1, 5)
    marks: dict[str, Any] = {
        "quality_accuracy, by true": true,
        "quality_completeness, by true": np.round(5 - 4 * measured["missing"].to_numpy()),
        "quality_accuracy, by twin": near,
        "quality_accuracy, by random": rng.integers(1, 6, len(true)).astype(float),
        "quality_affect, by random": 3.0,
    }
    return evidence, said.assign(**marks), scenes


def test_a_judge_who_knows_is_told_from_one_who_does_not() -> None:
    evidence, marked, scenes = drawn()
    found = find_description_quality(
        evidence, marked, scenes=scenes, resampling=Resampling(n_resamples=100)
    )
    rows = table(found, "judges", "judge", "criterion", "describer")
    accuracy = rows.xs("accuracy", level="criterion")
    assert accuracy.loc[("true", "all"), "rho"] > 0.9
    assert accuracy.loc[("true", "all"), "n"] == 300
    assert accuracy.loc[("true", "a"), "n"] == 150
    assert accuracy.loc[("twin", "all"), "low"] > 0.5
    assert accuracy.loc[("random", "all"), "low"] < 0 < accuracy.loc[("random", "all"), "high"]
    assert ("random", "affect", "all") not in rows.index, "nobody knows what should move people"
    sentences = [each.text for each in found.statements if "can be trusted here" in each.text]
    told = {sentence.split()[3]: "make nothing of them" in sentence for sentence in sentences}
    assert told == {"true": False, "twin": False, "random": True}


def test_rho_is_spearmans_of_the_mark_with_how_little_is_wrong() -> None:
    from scipy.stats import spearmanr  # noqa: PLC0415 - slow to import

    evidence, marked, scenes = drawn(60)
    measured = measured_descriptions(evidence, marked, scenes=scenes).rows
    found = find_description_quality(
        evidence, marked, scenes=scenes, resampling=Resampling(n_resamples=100)
    )
    rows = table(found, "judges", "judge", "criterion", "describer")["rho"]
    expected = spearmanr(measured["accuracy, by twin"], 1 - measured["invented"]).statistic
    assert rows["twin", "accuracy", "all"] == pytest.approx(expected, abs=1e-6)


def test_a_judge_that_is_never_wrong_is_trusted_though_no_interval_can_be_had() -> None:
    evidence, marked, scenes = drawn(60)
    measured = measured_descriptions(evidence, marked, scenes=scenes).rows
    exact = marked.assign(**{"quality_accuracy, by true": -measured["invented"].to_numpy()})
    found = find_description_quality(
        evidence, exact, scenes=scenes, resampling=Resampling(n_resamples=100)
    )
    (said,) = (each.text for each in found.statements if "judge true can be" in each.text)
    assert "accuracy with how little is invented by 1.00." in said
    assert "make nothing of them" not in said


def test_judges_agree_in_what_they_mark_alike() -> None:
    evidence, marked, scenes = drawn()
    found = find_description_quality(
        evidence, marked, scenes=scenes, resampling=Resampling(n_resamples=100)
    )
    pairs = table(found, "judge_agreement", "criterion", "first", "second")
    assert set(pairs.index.get_level_values("criterion")) == {"accuracy"}, "that two of them mark"
    assert pairs.loc[("accuracy", "true", "twin"), "low"] > 0.4
    assert pairs.loc[("accuracy", "true", "random"), "low"] < 0.1
    assert set(pairs["n"]) == {300}
    assert set(pairs["n_groups"]) == {150}


def test_few_items_are_too_few_to_trust_anybody() -> None:
    evidence, marked, scenes = drawn(20)
    found = find_description_quality(
        evidence, marked, scenes=scenes, resampling=Resampling(n_resamples=100)
    )
    assert found.tables["judges"]["rho"].isna().all()
    assert "nothing, or too little, is known" in " ".join(found.lacking)


def test_only_a_quality_with_an_author_is_a_mark() -> None:
    names = ["words", "likeness", "accuracy, by a, by b", "wit, by ", "affect, by x"]
    assert judge_marks(names) == {
        "a, by b": {"accuracy": "accuracy, by a, by b"},
        "x": {"affect": "affect, by x"},
    }
