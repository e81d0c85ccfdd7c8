"""Differences of many pairs from one set of draws: those of each pair alone, and true ones inside."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import ttest_rel
from tests.analysis.test_agreement import world

from mllmsent.dioramas.simulated.systems import SystemSpec
from mllmsent.metrics import (
    LabelSample,
    RatingSample,
    Resampling,
    detectable_difference,
    get_metric,
    groups_needed,
    paired_differences,
    paired_test,
    rating_sample,
    score_difference,
    standardized_differences,
    win_shares,
)
from mllmsent.metrics.grouping import Grouping
from mllmsent.metrics.samples import take_groups

QUICK = Resampling(n_resamples=400)


def label_world(n: int, accuracies: dict[str, float], seed: int = 0) -> dict[str, LabelSample]:
    """Systems with planted accuracies, which share half of what makes items hard."""
    specs = [SystemSpec("first", 0.7)]
    specs += [
        SystemSpec(name, accuracy, follows="first", correlation=0.7)
        for name, accuracy in accuracies.items()
    ]
    scored = world(specs, n=n, seed=seed).scored("ekman")[1:]
    samples = {entry.name: entry.sample for entry in scored}
    assert all(isinstance(sample, LabelSample) for sample in samples.values())
    return cast("dict[str, LabelSample]", samples)


def some(sample: Any, rows: Any) -> Any:
    """Other items of the same world, each a group of its own."""
    return sample.rows(rows, Grouping.of(None, len(rows)))


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
def test_all_pairs_at_once_are_as_each_pair_alone(metric: str) -> None:
    systems = label_world(120, {"a": 0.8, "b": 0.7, "c": 0.6})
    pairs = [("a", "b"), ("a", "c"), ("b", "c")]
    chosen = get_metric(metric)
    for found in paired_differences(chosen, systems, pairs, QUICK):
        alone = score_difference(chosen, systems[found.first], systems[found.second], QUICK)
        assert found.score.value == pytest.approx(alone.value, abs=1e-12)
        assert found.score.interval.low == pytest.approx(alone.interval.low, abs=1e-9)
        assert found.score.interval.high == pytest.approx(alone.interval.high, abs=1e-9)
        assert found.n_groups == 120
    assert paired_differences(chosen, systems, [], QUICK) == []


@pytest.mark.parametrize("metric", ["ccc", "spearman"])
def test_of_systems_that_lack_items_those_that_both_have_are_compared(metric: str) -> None:
    rng = np.random.default_rng(3)
    truth = rng.uniform(1, 9, 80)
    whole: dict[str, RatingSample] = {
        name: rating_sample(
            truth.tolist(),
            np.clip(truth + rng.normal(0, error, 80), 1, 9).tolist(),
            low=1,
            high=9,
            groups=list(range(80)),
        )
        for name, error in (("a", 1.0), ("b", 2.0), ("c", 2.5))
    }
    systems = whole | {"b": take_groups(whole["b"], list(range(5, 80)))}
    chosen = get_metric(metric)
    pairs = [("a", "b"), ("a", "c")]
    lacking, full = paired_differences(chosen, systems, pairs, QUICK)
    assert (lacking.n_groups, full.n_groups) == (75, 80)
    alone = score_difference(chosen, systems["a"], systems["b"], QUICK)
    assert lacking.score.value == pytest.approx(alone.value, abs=1e-12)
    # Other draws of nearly the same groups.
    assert lacking.score.interval.low == pytest.approx(alone.interval.low, abs=0.03)
    both = score_difference(chosen, systems["a"], systems["c"], QUICK)
    assert full.score.value == pytest.approx(both.value, abs=1e-12)


def test_equal_systems_have_no_spread() -> None:
    systems = label_world(40, {"a": 0.8})
    twin = paired_differences(get_metric("accuracy"), systems | {"b": systems["a"]}, [("a", "b")])
    assert twin[0].score.value == 0
    assert not twin[0].score.interval.defined
    assert np.isnan(twin[0].spread)


def test_planted_differences_and_effects_lie_inside_their_intervals_as_often_as_these_say() -> None:
    """Two hundred samples of one large world, whose own difference and effect are the truth."""
    large = label_world(6000, {"a": 0.75, "b": 0.66})
    accuracy = get_metric("accuracy")
    planted = accuracy(large["a"]) - accuracy(large["b"])
    merits = np.stack([(s.truth == s.predicted).astype(float) for s in large.values()], axis=1)
    share = np.mean(merits[merits[:, 0] != merits[:, 1], 0])
    inside = {"difference": 0, "share": 0}
    for seed in range(200):
        rows = np.random.default_rng(seed).integers(6000, size=160)
        part = {name: some(sample, rows) for name, sample in large.items()}
        own = Resampling(n_resamples=400, seed=seed)
        score = paired_differences(accuracy, part, [("a", "b")], own)[0].score
        inside["difference"] += score.interval.low <= planted <= score.interval.high
        size = win_shares(merits[rows], [(0, 1)], Grouping.of(None, 160), own)[0].size
        inside["share"] += size.interval.low <= share <= size.interval.high
    # 99 % binomial bounds of 95 % in 200 worlds.
    for name, count in inside.items():
        assert 0.905 <= count / 200 <= 0.985, name


def test_the_smaller_error_wins_and_its_effect_size_is_that_of_a_paired_t_test() -> None:
    rng = np.random.default_rng(5)
    errors = np.abs(rng.normal(0, [1.0, 1.4], (90, 2)))
    found = standardized_differences(-errors, [(0, 1)], Grouping.of(None, 90), QUICK)[0]
    t = ttest_rel(errors[:, 1], errors[:, 0]).statistic
    assert found.size.value == pytest.approx(t / np.sqrt(90), abs=1e-9)
    assert found.wins == int((errors[:, 0] < errors[:, 1]).sum())
    assert found.wins + found.ties + found.losses == found.n == 90


def test_wins_are_counted_where_only_one_is_right_and_both_answered() -> None:
    merits = np.array([[1, 0], [1, 0], [0, 1], [1, 1], [0, 0], [np.nan, 1.0]])
    found = win_shares(merits, [(0, 1), (1, 0)], Grouping.of(None, 6), QUICK)
    assert (found[0].n, found[0].wins, found[0].ties, found[0].losses) == (5, 2, 2, 1)
    assert found[0].size.value == pytest.approx(2 / 3)
    assert found[1].size.value == pytest.approx(1 / 3)
    alike = win_shares(merits[3:5], [(0, 1)], Grouping.of(None, 2), QUICK)[0]
    assert np.isnan(alike.size.value)
    one_sided = win_shares(merits[:2], [(0, 1)], Grouping.of(None, 2), QUICK)[0].size
    assert one_sided.value == 1
    # Clopper-Pearson of two out of two.
    assert one_sided.interval.low == pytest.approx(0.025**0.5)


@given(
    hnp.arrays(
        float, st.tuples(st.integers(2, 30), st.just(2)), elements=st.sampled_from([0.0, 1.0])
    ),
    st.integers(1, 6),
)
@settings(max_examples=60, deadline=None)
def test_what_one_wins_the_other_loses(merits: Any, n_groups: int) -> None:
    grouping = Grouping.of([row % n_groups for row in range(len(merits))], len(merits))
    few = Resampling(n_resamples=100)
    one, other = win_shares(merits, [(0, 1), (1, 0)], grouping, few)
    assert (one.wins, one.ties, one.losses) == (other.losses, other.ties, other.wins)
    assert one.wins + one.ties + one.losses == one.n == len(merits)
    if one.wins + one.losses:
        assert one.size.value == pytest.approx(1 - other.size.value)
    else:
        assert np.isnan(one.size.value)


def test_errors_that_differ_by_one_number_throughout_have_no_standardized_difference() -> None:
    errors = np.full((20, 2), 0.1) * [1, 3]
    found = standardized_differences(-errors, [(0, 1)], Grouping.of(None, 20), QUICK)[0]
    assert np.isnan(found.size.value)
    assert found.wins == 20


def test_the_number_of_groups_is_that_of_a_normal_test() -> None:
    """N = ((z(.975) + z(.8)) sd / d)^2, as in statsmodels."""
    from statsmodels.stats.power import normal_sample_size_one_tail  # noqa: PLC0415 - slow to import

    sd, n, difference = 0.6, 100, 0.05
    wanted = normal_sample_size_one_tail(difference, 0.8, 0.025, std_null=sd)
    assert groups_needed(difference, sd / np.sqrt(n), n) == np.ceil(wanted)
    assert groups_needed(-difference, sd / np.sqrt(n), n) == np.ceil(wanted)
    assert groups_needed(detectable_difference(0.02), 0.02, 250) == 250
    assert groups_needed(0.0, 0.1, 50) == np.inf
    assert np.isnan(groups_needed(0.1, float("nan"), 50))
    assert groups_needed(0.05, 0.06, 100, level=0.99) > groups_needed(0.05, 0.06, 100)


def test_with_as_many_items_as_are_told_four_of_five_studies_find_the_difference() -> None:
    """Power by simulation: studies of a large world, of as many items as a first study asks for."""
    large = label_world(20_000, {"a": 0.75, "b": 0.66}, seed=1)
    metric = get_metric("accuracy")
    found = paired_differences(metric, large, [("a", "b")], QUICK)[0]
    n = int(groups_needed(found.score.value, found.spread, found.n_groups))
    assert 100 < n < 600
    rejected = 0
    for seed in range(250):
        rows = np.random.default_rng(seed).integers(20_000, size=n)
        test = paired_test(
            metric, some(large["a"], rows), some(large["b"], rows), n_permutations=999, seed=seed
        )
        rejected += test.p_value <= 0.05
    # 99 % binomial bounds of 80 % in 250 studies.
    assert 0.732 <= rejected / 250 <= 0.864
