"""Direct against described against scene: what was planted is found, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analysis.small_evidence import make_evidence

from mllmsent.analysis.pathways import compare_pathways
from mllmsent.metrics import Resampling, get_metric

FEW = Resampling(n_resamples=200)
LABELS = ("negative", "neutral", "positive")


def test_who_is_right_where_the_other_is_not_is_counted() -> None:
    truth = dict.fromkeys("abcdef", "positive")
    evidence = make_evidence(
        "polarity3",
        truth,
        {
            "m/described": {"a": "positive", "b": "negative", "c": "positive", "d": "neutral",
                            "e": "refused", "f": "positive"},
            "m/direct": {"a": "positive", "b": "positive", "c": "neutral", "d": "unparsed",
                         "e": "positive", "f": "failed"},
        },
    )  # fmt: skip
    (row,) = compare_pathways(evidence, resampling=FEW).to_dict(orient="records")
    # The direct answer is named first; the question that had no answer is left out.
    assert (row["first_pathway"], row["second_pathway"], row["n"]) == ("direct", "described", 5)
    assert (row["both"], row["only_first"], row["only_second"], row["neither"]) == (1, 2, 1, 1)


def test_only_pathways_of_one_model_are_compared() -> None:
    told = {"a": "positive", "b": "negative"}
    evidence = make_evidence(
        "polarity3",
        told,
        {"m/direct": told, "n/described": told, "m/described/vader": told,
         "m/described/linear": told, "m/scene": told, "m/other": told},
    )  # fmt: skip
    table = compare_pathways(evidence, resampling=FEW)
    assert set(table["model"]) == {"m"}
    pairs = list(zip(table["first_pathway"], table["second_pathway"], strict=True))
    assert sorted(pairs) == sorted(
        [
            *[("direct", "described")] * 2, ("direct", "scene"), *[("described", "scene")] * 2,
            ("direct", "other"), *[("described", "other")] * 2, ("scene", "other"),
        ]
    )  # fmt: skip


def test_equal_answers_differ_in_nothing() -> None:
    """No difference is planted, so none is found."""
    truth = {f"i{number}": LABELS[number % 3] for number in range(30)}
    told = {item: LABELS[(number // 2) % 3] for number, item in enumerate(truth)}
    evidence = make_evidence("polarity3", truth, {"m/direct": told, "m/scene": told})
    (row,) = compare_pathways(evidence, resampling=FEW).to_dict(orient="records")
    assert (row["difference"], row["only_first"], row["only_second"]) == (0.0, 0, 0)


def test_a_planted_advantage_is_found_with_an_interval_that_leaves_zero_out() -> None:
    truth = {f"i{number}": LABELS[number % 3] for number in range(90)}
    bad = {item: LABELS[(number // 3) % 3] for number, item in enumerate(truth)}
    evidence = make_evidence("polarity3", truth, {"m/direct": bad, "m/scene": truth})
    (row,) = compare_pathways(evidence, resampling=FEW).to_dict(orient="records")
    assert row["high"] < 0
    assert row["difference"] == pytest.approx(
        get_metric("macro_f1")(evidence.scored("polarity3")[0].sample) - 1.0
    )


def test_positive_is_better_also_where_less_is_better() -> None:
    truth = {f"i{number}": 1 + number / 10 for number in range(60)}
    near = {item: value + 0.1 for item, value in truth.items()}
    far = {item: value + 3 for item, value in truth.items()}
    evidence = make_evidence(
        "intensity", truth, {"m/direct": near, "m/scene": far}, dimension="intensity"
    )
    (row,) = compare_pathways(evidence, metrics={"intensity": "rmse"}, resampling=FEW).to_dict(
        orient="records"
    )
    assert row["difference"] == pytest.approx(2.9)
    assert row["low"] <= row["difference"] <= row["high"] or row["low"] != row["low"]


def test_for_dimensions_the_closer_one_is_counted() -> None:
    truth = dict.fromkeys("abcd", 5.0)
    evidence = make_evidence(
        "intensity",
        truth,
        {"m/direct": {"a": 5.0, "b": 2.0, "c": 4.0, "d": "unparsed"},
         "m/scene": {"a": 6.0, "b": 5.5, "c": 6.0, "d": 5.0}},
        dimension="intensity",
    )  # fmt: skip
    (row,) = compare_pathways(evidence, resampling=FEW).to_dict(orient="records")
    assert (row["only_first"], row["only_second"], row["both"], row["neither"]) == (1, 1, 1, 1)


def test_a_set_of_labels_is_right_as_a_whole() -> None:
    evidence = make_evidence(
        "mikels-multi",
        {"a": "awe|fear", "b": "awe"},
        {"m/direct": {"a": "fear|awe", "b": "awe|fear"}, "m/scene": {"a": "awe", "b": "awe"}},
    )
    (row,) = compare_pathways(evidence, resampling=FEW).to_dict(orient="records")
    assert (row["only_first"], row["only_second"]) == (1, 1)


answer = st.sampled_from([*LABELS, "unparsed", "refused", "failed"])


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(LABELS), answer, answer), min_size=1, max_size=25))
def test_every_paired_question_is_counted_once(rows: list[tuple[str, str, str]]) -> None:
    items = [f"i{number}" for number in range(len(rows))]
    columns = list(zip(*rows, strict=True))
    truth, first, second = (dict(zip(items, column, strict=True)) for column in columns)
    evidence = make_evidence("polarity3", truth, {"m/direct": first, "m/scene": second})
    paired = sum("failed" not in row for row in rows)
    table = compare_pathways(evidence, resampling=Resampling(n_resamples=100))
    if not paired:
        assert len(table) == 0
        return
    (row,) = table.to_dict(orient="records")
    parts = [row[part] for part in ("both", "only_first", "only_second", "neither")]
    assert sum(parts) == row["n"] == paired
    right = sum(told == said and "failed" not in (said, other) for told, said, other in rows)
    assert row["both"] + row["only_first"] == right
