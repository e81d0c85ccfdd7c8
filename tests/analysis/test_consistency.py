"""Whether a system says the same twice: what was planted is found, and nothing where nothing is."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from tests.report.sample_run import Recipe, make_run

from mllmsent.affect import get_scheme
from mllmsent.analysis import Evidence
from mllmsent.analysis.consistency.find import find_consistency
from mllmsent.analysis.material import Material
from mllmsent.analysis.registry import analyze
from mllmsent.foundation.tables import check_table
from mllmsent.metrics import Resampling

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

QUICK = Resampling(n_resamples=200)
QWEN = Path(__file__).parents[3] / "shared" / "data" / "qwen3vl-direct"


def evidence_of(
    answers: Mapping[tuple[str, str], NDArray[Any]],
    truth: NDArray[Any] | None = None,
    *,
    scheme: str = "polarity3",
    groups: Sequence[str] | None = None,
    strategies: Mapping[str, str] | None = None,
) -> Evidence:
    """Tables of planted answers.

    Args:
        answers: System and condition to its answers, (items, repeats), codes of labels or -1 for
            unread; of a dimensional scheme, valences.
        truth: True codes, or means.
        scheme: The scheme.
        groups: Group of each item.
        strategies: System to its strategy; systems with one are wordings of one model.
    """
    kind = get_scheme(scheme)
    dimension = "valence" if kind.dimension_names else ""
    names = list(dict.fromkeys(system for system, _ in answers))
    n = len(next(iter(answers.values())))
    ids = [f"item-{number:03}" for number in range(n)]
    rows: list[dict[str, Any]] = []
    for (system, condition), said in answers.items():
        for (item, repeat), answer in np.ndenumerate(said):
            row: dict[str, Any] = {
                "item_id": ids[item], "system_id": system, "scheme": scheme, "condition": condition,
                "repeat": repeat, "status": "ok",
            }  # fmt: skip
            if dimension:
                row["values"] = {dimension: float(answer)}
            elif answer < 0:
                row["status"] = "unparsed"
            else:
                row["label"] = kind.label_names[answer]
            rows.append(row)
    people: list[dict[str, Any]] = []
    for item, true in zip(ids, truth if truth is not None else (), strict=False):
        said_of = {"item_id": item, "scheme": scheme, "annotator_group": "all"}
        value = {"dimension": dimension, "mean": float(true)} if dimension else {
            "label": kind.label_names[int(true)]
        }  # fmt: skip
        people.append({**said_of, **value})
    systems = [
        {
            "system_id": name, "name": name, "pathway": "direct",
            "model": name if strategies is None else "m", "strategy": (strategies or {}).get(name),
        }
        for name in names
    ]  # fmt: skip
    targets = pd.DataFrame(people, columns=None if people else ["item_id", "scheme"])
    if not people:
        targets["annotator_group"] = pd.Series(dtype="str")
    return Evidence(
        items=check_table("items", pd.DataFrame({"item_id": ids, "group": groups or ids})),
        targets=check_table("targets", targets),
        predictions=check_table("predictions", pd.DataFrame(rows)),
        systems=check_table("systems", pd.DataFrame(systems)),
        schemes={scheme: kind},
    )


def right_with(
    chance: float | NDArray[np.float64], truth: NDArray[np.intp], repeats: int, seed: int = 0
) -> NDArray[np.intp]:
    """Answers that are right with a chance, each drawn anew, and else one of the other two."""
    rng = np.random.default_rng(seed)
    chances = np.broadcast_to(np.asarray(chance), truth.shape)
    shape = (len(truth), repeats)
    wrong = (truth[:, None] + rng.integers(1, 3, shape)) % 3
    return np.where(rng.random(shape) < chances[:, None], truth[:, None], wrong)


def truths(n: int, seed: int = 9) -> NDArray[np.intp]:
    return np.random.default_rng(seed).integers(0, 3, n)


def within(found: Any, system: str, over: str = "repeats") -> Any:
    table = found.tables["within"]
    return table[(table["system_id"] == system) & (table["over"] == over)].iloc[0]


def test_what_repeats_agree_on_follows_from_how_they_were_drawn() -> None:
    """Right with .8, else one of two others: same .64 + 2 * .01, nominal alpha from a third each."""
    truth = truths(2000)
    evidence = evidence_of(
        {("steady", "none"): right_with(1.0, truth, 5), ("a", "none"): right_with(0.8, truth, 5)},
        truth,
    )
    scheme = replace(get_scheme("polarity3"), kind="categorical")
    found = find_consistency(replace(evidence, schemes={"polarity3": scheme}), resampling=QUICK)
    row = within(found, "a")
    assert row["same"] == pytest.approx(0.66, abs=0.01)
    assert row["measure"] == "alpha, nominal"
    assert row["alpha"] == pytest.approx((0.66 - 1 / 3) / (2 / 3), abs=0.02)
    assert row["changes"] == pytest.approx(1 - 0.8**5 - 2 * 0.1**5, abs=0.03)
    assert (row["answers"], row["n"], row["read"]) == (5, 2000, 1.0)
    steady = within(found, "steady")
    assert steady["same"] == steady["alpha"] == 1
    assert steady["changes"] == 0
    assert "steady is the steadiest" in found.statements[0].text
    assert found.statements[1].text.startswith("a answers 0.6")


def test_planted_sameness_is_inside_its_interval_as_often_as_it_says() -> None:
    """200 systems, each a world of its own, on 60 items in 30 groups; any two answers: .66."""
    truth = truths(60)
    groups = [f"g{number // 2}" for number in range(60)]
    answers = {(f"s{seed}", "none"): right_with(0.8, truth, 4, seed) for seed in range(200)}
    rows = find_consistency(evidence_of(answers, groups=groups), resampling=QUICK).tables["within"]
    inside = (rows["same_low"] <= 0.66) & (rows["same_high"] >= 0.66)
    assert len(rows) == 200
    assert 0.905 <= inside.mean() <= 0.985


def test_sameness_tells_right_from_wrong_where_some_items_are_hard_and_not_where_all_are_alike() -> (
    None
):
    truth = truths(400)
    hard = np.where(np.arange(400) % 2, 0.95, 0.35)
    found = find_consistency(
        evidence_of({("a", "none"): right_with(hard, truth, 5)}, truth), resampling=QUICK
    )
    row = found.tables["telling"].iloc[0]
    assert row["right_same"] > 0.9
    assert row["right_other"] < 0.6
    assert row["gap_low"] > 0.2
    assert row["area_low"] > 0.6
    assert "tells right answers from wrong ones" in found.statements[-1].text


def test_sameness_tells_nothing_where_a_system_is_steadily_wrong() -> None:
    """On a third of the items every answer is drawn around a wrong label, as around the right one."""
    truth = truths(150)
    meant = np.where(np.arange(150) % 3 == 0, (truth + 1) % 3, truth)
    answers = {(f"s{seed}", "none"): right_with(0.85, meant, 5, seed) for seed in range(100)}
    found = find_consistency(evidence_of(answers, truth), resampling=QUICK)
    rows = found.tables["telling"]
    alike = (rows["area_low"] <= 0.5) & (rows["area_high"] >= 0.5)
    assert alike.mean() >= 0.88  # 99 % binomial bounds of 95 % in 100 worlds
    one = {key: said for key, said in answers.items() if key == ("s0", "none")}
    (told,) = [
        each.text
        for each in find_consistency(evidence_of(one, truth), resampling=QUICK).statements
        if "saying the same over" in each.text
    ]
    assert "is not seen to tell right answers from wrong ones" in told


def test_wordings_are_held_against_each_other_and_models_are_not() -> None:
    truth = truths(500)
    answers = {
        ("plain", "none"): right_with(1.0, truth, 1),
        ("role", "none"): right_with(0.7, truth, 1),
    }
    strategies = {"plain": "zero-shot", "role": "role"}
    found = find_consistency(evidence_of(answers, truth, strategies=strategies), resampling=QUICK)
    row = within(found, "plain", "wordings")
    assert row["system"] == "m · direct"
    assert row["same"] == pytest.approx(0.7, abs=0.05)
    assert "Asked in 2 wordings, m · direct gives two answers" in found.statements[0].text
    assert any("asked twice" in sentence for sentence in found.lacking)
    models = find_consistency(evidence_of(answers, truth), resampling=QUICK)
    assert any("differ by strategy only" in sentence for sentence in models.lacking)
    assert not len(models.tables["within"])


def test_an_answer_that_could_not_be_read_is_no_other_answer() -> None:
    truth = truths(50)
    answers = right_with(1.0, truth, 3)
    answers[:20, 0] = -1
    answers[:5, 1] = -1
    row = within(find_consistency(evidence_of({("a", "none"): answers}, truth)), "a")
    assert row["same"] == 1
    assert row["n"] == 45
    assert row["read"] == pytest.approx(125 / 150)


def test_scatter_of_numbers_is_that_which_was_planted() -> None:
    rng = np.random.default_rng(4)
    means = rng.uniform(2, 8, 600)
    numbers = means[:, None] + rng.normal(0, 0.4, (600, 3))
    evidence = evidence_of({("a", "none"): numbers}, means, scheme="valence-arousal")
    found = find_consistency(evidence, resampling=QUICK)
    row = within(found, "a")
    assert row["within_sd_low"] < 0.4 < row["within_sd_high"]
    assert row["icc"] == pytest.approx(3 / (3 + 0.16), abs=0.02)
    assert row["alpha"] == pytest.approx(row["icc"], abs=0.005)
    assert row["dimension"] == "valence"
    assert any("valence-arousal, arousal" in sentence for sentence in found.lacking)


def conditions(
    flips: float,
    *,
    n: int = 120,
    repeats: int = 1,
    own: float = 1.0,
    systems: int = 1,
    judged: bool = True,
) -> Any:
    """Systems whose answers a condition replaces by another label with a chance."""
    truth = truths(n)
    answers = {}
    for seed in range(systems):
        rng = np.random.default_rng(seed)
        plain = right_with(own, truth, repeats, seed)
        again = plain if own == 1 else right_with(own, truth, repeats, seed + 10_000)
        answers[f"s{seed}", "none"] = plain
        moved = rng.random(plain.shape) < flips
        answers[f"s{seed}", "gray"] = np.where(moved, (again + 1) % 3, again)
    evidence = evidence_of(answers, truth if judged else None)
    return find_consistency(evidence, resampling=QUICK)


def test_a_condition_that_flips_answers_is_found_and_moves_the_score() -> None:
    found = conditions(0.3)
    row = found.tables["conditions"].iloc[0]
    assert row["moved_low"] < 0.3 < row["moved_high"]
    assert row["change_high"] < 0
    assert row["p_holm"] < 0.01
    assert "The condition 'gray' flips" in found.statements[0].text
    assert "in 1 of 1 pairs" in found.statements[1].text


def test_planted_flips_are_inside_their_interval_as_often_as_it_says() -> None:
    rows = conditions(0.3, n=60, systems=200, judged=False).tables["conditions"]
    inside = (rows["moved_low"] <= 0.3) & (rows["moved_high"] >= 0.3)
    assert len(rows) == 200
    assert 0.905 <= inside.mean() <= 0.985


def test_what_flips_by_itself_is_no_effect_of_a_condition() -> None:
    told = conditions(0.0, n=80, repeats=3, own=0.7, systems=200, judged=False)
    rows = told.tables["conditions"]
    assert (rows["moved"] > 0.3).all()
    nothing = (rows["excess_low"] <= 0) & (rows["excess_high"] >= 0)
    assert 0.905 <= nothing.mean() <= 0.985


def test_a_condition_that_changes_nothing_moves_no_score() -> None:
    rows = conditions(0.0, n=80, repeats=2, own=0.7, systems=40).tables["conditions"]
    assert (rows["p"] <= 0.05).sum() <= 6  # 99 % binomial bound of 5 % of 40
    assert (rows["p_holm"] > 0.05).all()


def test_numbers_shift_under_a_condition() -> None:
    rng = np.random.default_rng(0)
    means = rng.uniform(3, 7, (100, 1))
    answers = {("a", "none"): means, ("a", "gray"): means - 0.5 + rng.normal(0, 0.2, (100, 1))}
    evidence = evidence_of(answers, means[:, 0], scheme="valence-arousal")
    row = find_consistency(evidence, resampling=QUICK).tables["conditions"].iloc[0]
    assert row["shift_low"] < -0.5 < row["shift_high"]
    assert row["moved"] == pytest.approx(0.5, abs=0.05)
    assert row["metric"] == "ccc"


def test_what_cannot_be_said_is_told_and_the_rest_goes_on() -> None:
    truth = truths(30)
    constant = evidence_of({("a", "none"): np.zeros((30, 2), dtype=int)}, truth)
    row = within(find_consistency(constant, resampling=QUICK), "a")
    assert row["same"] == 1
    assert np.isnan(row["alpha"])
    nobody = evidence_of({("a", "none"): right_with(0.8, truth, 2)})
    found = find_consistency(nobody, resampling=QUICK)
    assert len(found.tables["within"]) == 1
    assert not len(found.tables["telling"])
    unread = evidence_of({("a", "none"): np.full((30, 2), -1)}, truth)
    assert any("asked twice" in text for text in find_consistency(unread).lacking)
    one = evidence_of({("a", "none"): right_with(0.8, truth[:1], 2)}, truth[:1])
    assert np.isnan(within(find_consistency(one, resampling=QUICK), "a")["same_low"])
    sets = replace(constant, schemes={"polarity3": replace(get_scheme("ekman"), multi_label=True)})
    assert "one label or number per answer" in find_consistency(sets).lacking[0]


def test_a_run_is_asked_by_name(tmp_path: Path) -> None:
    recipe = Recipe(n_items=30, models={"m/one": 0.8}, images=False)
    found = analyze(Material(make_run(tmp_path / "run", recipe)), ["consistency"])["consistency"]
    assert not found.statements
    assert len(found.lacking) == 3


@pytest.mark.skipif(not QWEN.exists(), reason="needs ../shared/data/qwen3vl-direct")
def test_qwen_says_nearly_the_same_five_times_with_and_without_thinking() -> None:
    """50 photographs, five answers to each, as their authors publish them."""
    kind = get_scheme("polarity5")
    words = {
        "Negative": "negative", "SlightlyNegative": "slightly negative", "Neutral": "neutral",
        "SlightlyPositive": "slightly positive", "Positive": "positive",
    }  # fmt: skip
    rows, pairs = [], {}
    for mode in ("no_think", "think"):
        file = QWEN / f"annotations_no_persona_{mode}.jsonl"
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        rows += [
            {
                "item_id": line["image_id"], "system_id": mode, "scheme": "polarity5",
                "condition": "none", "repeat": int(line["persona_id"][-1]) - 1, "status": "ok",
                "label": words[line["predicted_sentiment"].replace(" ", "")],
            }
            for line in lines
        ]  # fmt: skip
        said = pd.DataFrame(lines).groupby("image_id")["predicted_sentiment"].agg(list)
        pairs[mode] = np.mean([(pd.Series(own).value_counts() ** 2).sum() - 5 for own in said]) / 20
    ids = sorted({row["item_id"] for row in rows})
    systems = pd.DataFrame(
        {"system_id": ["no_think", "think"], "name": ["no_think", "think"], "pathway": "direct",
         "model": ["no_think", "think"]}
    )  # fmt: skip
    targets = pd.DataFrame({"item_id": ids[:0], "scheme": ids[:0], "annotator_group": ids[:0]})
    evidence = Evidence(
        items=check_table("items", pd.DataFrame({"item_id": ids})),
        targets=check_table("targets", targets),
        predictions=check_table("predictions", pd.DataFrame(rows)),
        systems=check_table("systems", systems),
        schemes={"polarity5": kind},
    )
    found = find_consistency(evidence, resampling=QUICK)
    for mode in ("no_think", "think"):
        row = within(found, mode)
        assert (row["answers"], row["n"]) == (5, 50)
        assert row["same"] == pytest.approx(pairs[mode])
        assert row["alpha_low"] > 0.8
