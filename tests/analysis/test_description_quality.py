"""What the description does to the answer: planted paths are found, and silence where there are none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from tests.analysis.small_evidence import make_evidence
from tests.report.sample_run import Recipe, make_run

from mllmsent.analysis.description_quality.effects import description_effects, pairs_of
from mllmsent.analysis.description_quality.find import find_description_quality
from mllmsent.analysis.description_quality.measured import ReadDescriptions, measured_descriptions
from mllmsent.analysis.description_quality.words import effect_sentences
from mllmsent.analysis.material import Material
from mllmsent.analysis.pathways import compare_pathways, pathway_flips
from mllmsent.analysis.registry import analyze
from mllmsent.foundation.tables import check_table
from mllmsent.metrics import Resampling

if TYPE_CHECKING:
    from pathlib import Path

    from mllmsent.analysis import Evidence
    from mllmsent.analysis.found import Found

QUICK = Resampling(n_resamples=200)

NAMES = ("positive", "negative")


FEELING = (
    "lovely",
    "beautiful",
    "happy",
    "joyful",
    "pleasant",
    "peaceful",
    "warm",
    "friendly",
    "charming",
    "cheerful",
    "delightful",
    "wonderful",
    "sad",
    "gloomy",
    "lonely",
    "scary",
    "ugly",
    "horrible",
    "angry",
    "terrible",
    "painful",
    "grim",
    "awful",
    "tragic",
    "bad",
)
PLAIN = [f"thing{number}" for number in range(200)]
"""So many that a word of feeling is as rare as another."""


def text(n_feeling: int, n_words: int, rng: np.random.Generator) -> str:
    """So many words, of which so many carry feeling."""
    words = (
        rng.choice(FEELING, n_feeling).tolist() + rng.choice(PLAIN, n_words - n_feeling).tolist()
    )
    return " ".join(rng.permutation(words)) + "."


def world(
    seed: int = 0, n: int = 300, per_word: float = 0.04, direct: float = 0.0
) -> tuple[Evidence, pd.DataFrame]:
    """Describers a and b, who has four more words of feeling in forty, read by one classifier.

    Each word of feeling makes the right answer likelier by `per_word`, b's descriptions by `direct`.
    A third system looks at the pictures.
    """
    rng = np.random.default_rng(seed)
    ids = [f"item-{number:03}" for number in range(n)]
    ease = rng.normal(0, 0.1, n)
    feeling = {
        "a": rng.poisson(3, n).clip(0, 12),
        "b": rng.poisson(7, n).clip(0, 16),
    }
    truth = dict(zip(ids, rng.choice(NAMES, n).tolist(), strict=True))
    answers: dict[str, dict[str, Any]] = {}
    descriptions = []
    for name, counts in feeling.items():
        chance = 0.4 + per_word * (counts - 5) + direct * (name == "b") + ease
        right = rng.random(n) < chance
        answers[f"{name}/described/reader"] = _said(ids, truth, right)
        descriptions += [
            {"item_id": item, "describer": name, "text": text(int(count), 40, rng)}
            for item, count in zip(ids, counts, strict=True)
        ]
    answers["c/direct"] = _said(ids, truth, rng.random(n) < 0.5 + 2 * ease)
    evidence = make_evidence("polarity2", truth, answers)
    return evidence, check_table("descriptions", pd.DataFrame(descriptions))


def _said(ids: list[str], truth: dict[str, str], right: Any) -> dict[str, str]:
    return {
        item: truth[item] if is_right else NAMES[truth[item] == NAMES[0]]
        for item, is_right in zip(ids, right, strict=True)
    }


def find(evidence: Evidence, descriptions: pd.DataFrame, **more: Any) -> Found:
    return find_description_quality(evidence, descriptions, resampling=QUICK, **more)


def path(found: Found, quality: str) -> Any:
    rows = found.tables["paths"]
    return rows[rows["quality"] == quality].iloc[0]


def test_words_of_feeling_that_matter_are_found_to_carry_the_effect() -> None:
    found = find(*world(n=600))
    effect = found.tables["effects"].iloc[0]
    assert (effect["first"], effect["second"], effect["reader"]) == ("a", "b", "reader")
    assert effect["total"] == pytest.approx(4 * 0.04, abs=0.08)
    carried = path(found, "affect")
    assert carried["indirect"] == pytest.approx(4 * 0.04, abs=0.08)
    assert carried["p_holm"] < 0.05
    assert carried["rho_low"] > 0
    assert carried["indirect_at_rho_01"] < carried["indirect"]
    others = found.tables["paths"]
    assert (others[others["quality"] != "affect"]["p_holm"] > 0.05).all()
    texts = " ".join(statement.text for statement in found.statements)
    assert "descriptions by b lead to the right label more often than those by a" in texts
    assert "goes through words of feeling" in texts


def test_an_effect_of_something_else_is_not_put_down_to_a_quality() -> None:
    found = find(*world(n=900, per_word=0.0, direct=0.2))
    effect = found.tables["effects"].iloc[0]
    assert 0 < effect["direct_low"] < 0.2 < effect["direct_high"]
    assert effect["indirect_low"] < 0 < effect["indirect_high"]
    assert "No measured quality is shown to carry an effect" in found.statements[2].text


def test_of_many_equal_describers_the_luckiest_makes_no_clear_difference() -> None:
    """Eight that are read equally well: of 28 pairs some exclude 0 by themselves."""
    rng = np.random.default_rng(5)
    ids = [f"i{number:03}" for number in range(150)]
    keys = pd.MultiIndex.from_product([ids, [0], [-1.0]], names=["item_id", "repeat", "moment"])
    ease = rng.random(len(ids))
    read = [
        ReadDescriptions(
            system_id=name, name=name, describer=name, reader=("reader", ""), condition="none",
            rows=pd.DataFrame({"outcome": (rng.random(150) < ease) * 1.0, "group": ids}, index=keys),
        )
        for name in "abcdefgh"
    ]  # fmt: skip
    pairs = pairs_of(read, [])
    rows, _ = description_effects(pairs, [], outcome="right", resampling=QUICK)
    assert any(row["low"] * row["high"] > 0 for row in rows)
    assert min(row["p_holm"] for row in rows) > 0.05
    (told,) = effect_sentences(rows, 0.05)
    assert "no clear difference" in told
    assert "of 28 pairs" in told


def test_planted_paths_lie_in_their_intervals_and_nothing_is_seldom_called_something() -> None:
    """10 worlds with a path and 10 without: 99 % binomial bounds of 95 % and of 5 %.

    `tests/metrics/test_paired_mediation.py` has 200.
    """
    inside = false = 0
    few = Resampling(n_resamples=100)
    for seed in range(10):
        planted = find_description_quality(*world(seed, n=120), resampling=few)
        row = path(planted, "affect")
        inside += int(row["low"] <= 0.16 <= row["high"])
        nothing = find_description_quality(
            *world(seed, n=120, per_word=0.0, direct=0.2), resampling=few
        )
        false += int((nothing.tables["paths"]["p_holm"] < 0.05).any())
        false += int((nothing.tables["associations"]["p_holm"] < 0.05).any())
    assert inside >= 7
    assert false <= 4  # of 20


def test_within_one_describer_the_quality_that_matters_goes_with_right_answers() -> None:
    rows = find(*world(n=600)).tables["associations"]
    feeling = rows[rows["quality"] == "affect"]
    assert (feeling["low"] > 1).all()
    assert (feeling["p_holm"] < 0.05).all()
    assert set(rows["measure"]) == {"odds ratio"}


def test_a_condition_is_a_treatment_too() -> None:
    """One describer, whose words of feeling are gone under a condition."""
    evidence, descriptions = world()
    said = evidence.predictions
    is_a = said["system_id"] == "s0"
    both = replace(
        evidence,
        predictions=pd.concat(
            [
                said[said["system_id"] != "s1"],
                said[said["system_id"] == "s1"].assign(system_id="s0", condition="grey"),
            ]
        ),
    )
    assert is_a.any()
    texts = descriptions.assign(
        condition=np.where(descriptions["describer"] == "a", "none", "grey"), describer="a"
    )
    found = find(both, texts)
    effect = found.tables["effects"].iloc[0]
    assert effect["treatment"] == "condition"
    assert (effect["first_condition"], effect["second_condition"]) == ("none", "grey")
    assert "descriptions by a lead to the right label more often under grey than under none" in (
        found.statements[1].text
    )
    assert path(found, "affect")["low"] > 0


def test_of_a_text_that_was_shortened_the_server_has_not_said_why_it_ends() -> None:
    texts = {
        "none": "A sad pier. It is late.",
        "mask-affect": "A [...] pier. It is late.",
        "shorten:words=4": "A sad pier. It",
        "shorten:words=3": "A sad pier.",
    }
    rows = [
        {"item_id": "x", "describer": "a", "text": text, "condition": name, "request_key": "k"}
        for name, text in texts.items()
    ]
    evidence = make_evidence("polarity2", {"x": "positive"}, {"a/direct": {"x": "positive"}})
    table = check_table("descriptions", pd.DataFrame(rows))
    for said, cut in (("stop", [0, 0, 1, 0]), ("length", [1, 1, 1, 0])):
        measured = measured_descriptions(evidence, table, stop_reasons={"k": said})
        assert measured.rows["cut off"].tolist() == cut


def test_an_answer_that_could_not_be_read_is_a_wrong_one() -> None:
    truth = dict.fromkeys("wxyz", "positive")
    said = {"w": "positive", "x": "negative", "y": "unparsed", "z": "failed"}
    evidence = make_evidence(
        "polarity2", truth, {"a/described/reader": said, "b/described/reader": truth}
    )
    rows = [{"item_id": item, "describer": who, "text": "A."} for who in "ab" for item in truth]
    effect = find(evidence, check_table("descriptions", pd.DataFrame(rows))).tables["effects"]
    assert effect["n"].tolist() == [3]  # nobody knows what z would have been
    assert effect["first_mean"].tolist() == pytest.approx([1 / 3])
    assert effect["second_mean"].tolist() == [1]


def test_a_mean_quality_has_the_interval_of_its_groups() -> None:
    from scipy.stats import t  # noqa: PLC0415 - slow to import

    found = find(*world()).tables["qualities"]
    row = found[(found["describer"] == "a") & (found["quality"] == "affect")].iloc[0]
    values = find(*world()).tables["descriptions"].query("describer == 'a'")["affect"]
    reach = t.ppf(0.975, len(values) - 1) * values.std() / np.sqrt(len(values))
    assert row["mean"] == pytest.approx(values.mean())
    assert row["low"] == pytest.approx(values.mean() - reach)


def test_the_further_from_the_mean_the_greater_the_error() -> None:
    """For dimensions the outcome is a distance, and less of it is better."""
    rng = np.random.default_rng(0)
    ids = [f"item-{number:03}" for number in range(120)]
    truth = dict.fromkeys(ids, 5.0)
    counts = {name: rng.poisson(mean, 120).clip(0, 16) for name, mean in (("a", 3), ("b", 7))}
    answers = {
        f"{name}/described/reader": {
            item: 5 + 3 - 0.2 * int(count) + float(rng.normal(0, 0.1))
            for item, count in zip(ids, feeling, strict=True)
        }
        for name, feeling in counts.items()
    }
    rows = [
        {"item_id": item, "describer": name, "text": text(int(count), 40, rng)}
        for name, feeling in counts.items()
        for item, count in zip(ids, feeling, strict=True)
    ]
    evidence = make_evidence("valence-arousal", truth, answers, dimension="valence")
    found = find(evidence, check_table("descriptions", pd.DataFrame(rows)))
    effect = found.tables["effects"].iloc[0]
    assert effect["outcome"] == "error"
    assert effect["total"] == pytest.approx(-0.8, abs=0.2)
    assert "descriptions by b are read more accurately than those by a" in found.statements[1].text
    assert path(found, "affect")["indirect"] == pytest.approx(effect["total"], abs=0.1)


def test_qualities_measured_elsewhere_are_read_from_their_columns() -> None:
    evidence, descriptions = world(n=120)
    marked = descriptions.assign(quality_likeness=np.random.default_rng(0).random(240))
    found = find(evidence, marked)
    assert "likeness" in set(found.tables["paths"]["quality"])


def test_descriptions_in_other_languages_are_not_measured_by_english_words() -> None:
    evidence, descriptions = world(n=60)
    systems = evidence.systems.assign(
        language=np.where(evidence.systems["model"] == "a", "pt", "en")
    )
    found = find(replace(evidence, systems=systems), descriptions)
    assert set(found.tables["qualities"]["describer"]) == {"b"}
    assert "60 descriptions are not in English" in found.lacking[0]
    assert any("no classifier read two descriptions" in sentence for sentence in found.lacking)


def test_a_run_without_descriptions_says_so() -> None:
    evidence, descriptions = world(n=30)
    found = find(evidence, descriptions.iloc[:0])
    assert not found.statements
    assert "There is no description to measure" in found.lacking[0]
    assert not len(found.tables["effects"])


def test_few_items_constant_answers_and_one_group_are_told_and_break_nothing() -> None:
    evidence, descriptions = world(n=30)
    few = find(evidence, descriptions)
    assert set(few.tables["paths"]["quality"]) == {"richness", "affect"}
    assert any("have not every quality in their equation" in sentence for sentence in few.lacking)
    assert any("too few" in sentence for sentence in few.lacking)
    evidence, descriptions = world(n=80)
    constant = find(
        replace(evidence, predictions=evidence.predictions.assign(label="positive")), descriptions
    )
    assert constant.tables["effects"].iloc[0]["total"] == 0
    together = find(replace(evidence, items=evidence.items.assign(group="one")), descriptions)
    assert np.isnan(together.tables["effects"].iloc[0]["low"])
    unread = find(
        replace(evidence, predictions=evidence.predictions.assign(status="unparsed", label=None)),
        descriptions,
    )
    assert unread.tables["effects"].iloc[0]["first_mean"] == 0
    alien = find(replace(evidence, targets=evidence.targets.iloc[:0]), descriptions)
    assert any("can be scored" in sentence for sentence in alien.lacking)


def test_flips_are_the_questions_that_one_pathway_gets_right(tmp_path: Path) -> None:
    """As many as are counted by `compare_pathways`, one by one."""
    recipe = Recipe(n_items=60, models={"m/one": 0.8}, schemes=("polarity3",), images=False)
    material = Material(make_run(tmp_path / "run", recipe))
    counted = compare_pathways(material.evidence, resampling=QUICK)
    flips = pathway_flips(material.evidence)
    for row in counted.to_dict(orient="records"):
        own = flips[
            (flips["first_id"] == row["first_id"]) & (flips["second_id"] == row["second_id"])
        ]
        assert (own["right"] == row["first_pathway"]).sum() == row["only_first"]
        assert (own["right"] == row["second_pathway"]).sum() == row["only_second"]
    found = analyze(material, ["description_quality"])["description_quality"]
    assert len(found.tables["flips"]) == len(flips) > 0
