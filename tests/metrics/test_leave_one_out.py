"""People and systems against the same references: sums are those of writing every reference out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mllmsent.metrics import Resampling, get_metric
from mllmsent.metrics.grouping import Grouping
from mllmsent.metrics.leave_one_out import (
    person_class_counts,
    person_moments,
    system_class_counts,
    system_moments,
)
from mllmsent.metrics.means import draw_tables
from mllmsent.metrics.moments import concordance, correlation, root_mean_square

if TYPE_CHECKING:
    from numpy.typing import NDArray

VOTES = st.lists(st.tuples(*[st.integers(0, 4)] * 3), min_size=1, max_size=5)


def written_out(
    votes: NDArray[np.intp], answer: int | None, n_labels: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Class counts of a person and of a system on one item, reference by reference."""
    person, system = np.zeros((3, n_labels)), np.zeros((3, n_labels))
    for left_out, vote in enumerate(votes):
        others = np.bincount(np.delete(votes, left_out), minlength=n_labels)
        parts = (others == others.max()) / (others == others.max()).sum()
        for sums, said in ((person, vote), (system, answer)):
            sums[1] += parts / len(votes)
            if said is not None:
                sums[0, said] += parts[said] / len(votes)
                sums[2, said] += 1 / len(votes)
    return person, system


@settings(max_examples=60)
@given(VOTES, st.integers(0, 3))
def test_counts_give_what_every_reference_written_out_gives(
    votes: list[tuple[int, ...]], answer: int
) -> None:
    counts = np.array(votes, dtype=float)
    said = np.zeros(counts.shape)
    if answer < 3:
        said[:, answer] = 1.0
    people, systems = person_class_counts(counts), system_class_counts(counts, said)
    for row, own in enumerate(votes):
        each = np.repeat(np.arange(3), own)
        if len(each) < 2:
            assert not people[row].any()
            assert not systems[row].any()
            continue
        person, system = written_out(each, answer if answer < 3 else None, 3)
        assert people[row] == pytest.approx(person)
        assert systems[row] == pytest.approx(system)


def test_one_of_two_labels_that_are_tied_is_half_right() -> None:
    """Of a a b b c: who said c faces a tie of a and b, and is wrong; a system that says a, half."""
    counts = np.array([[2.0, 2.0, 1.0]])
    said = np.array([[1.0, 0.0, 0.0]])
    # Left out a: b wins. Left out b: a wins. Left out c: a and b are tied.
    assert system_class_counts(counts, said)[0, 0].sum() == pytest.approx((2 + 0.5) / 5)
    assert person_class_counts(counts)[0, 0].sum() == 0.0


def test_an_answer_that_could_not_be_read_is_wrong() -> None:
    counts = np.array([[3.0, 0.0]])
    half_read = np.array([[0.5, 0.0]])
    assert system_class_counts(counts, half_read)[0, 0].sum() == pytest.approx(0.5)


def rated(n_items: int, n: int, seed: int = 0) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    return 5 + rng.normal(0, 2, (n_items, 1)) + rng.normal(0, 1, (n_items, n))


def test_moments_give_what_every_rating_against_the_others_gives() -> None:
    ratings, answers = rated(30, 6), rated(30, 2, seed=1)
    n = np.full(30, 6.0)
    mean, sd = ratings.mean(axis=1), ratings.std(axis=1, ddof=1)
    others = (ratings.sum(axis=1, keepdims=True) - ratings) / 5
    own = person_moments(mean, sd, n, center=5.0).sum(axis=0, keepdims=True)
    square = ((answers - 5) ** 2).mean(axis=1)
    theirs = system_moments(mean, sd, n, answers.mean(axis=1), square, center=5.0)
    theirs = theirs.sum(axis=0, keepdims=True)
    every = np.stack(np.broadcast_arrays(others[:, :, None], answers[:, None, :]))
    for sums, (truth, said) in (
        (own, (others.ravel(), ratings.ravel())),
        (theirs, (every[0].ravel(), every[1].ravel())),
    ):
        assert correlation(sums)[0] == pytest.approx(np.corrcoef(truth, said)[0, 1], abs=1e-9)
        assert root_mean_square(sums)[0] == pytest.approx(np.sqrt(np.mean((truth - said) ** 2)))
        covariance = np.mean((truth - truth.mean()) * (said - said.mean()))
        lin = 2 * covariance / (truth.var() + said.var() + (truth.mean() - said.mean()) ** 2)
        assert concordance(sums)[0] == pytest.approx(lin, abs=1e-9)


def test_how_near_one_rating_comes_to_the_mean_of_others_follows_from_their_scatter() -> None:
    """Against the mean of n - 1 others of equal scatter, the error is sd * sqrt(1 + 1 / (n - 1))."""
    ratings = rated(20_000, 5)
    mean, sd = ratings.mean(axis=1), ratings.std(axis=1, ddof=1)
    sums = person_moments(mean, sd, np.full(len(mean), 5.0), center=5.0).sum(axis=0)
    assert root_mean_square(sums[None])[0] == pytest.approx(np.sqrt(1.25), abs=0.01)


QUICK = Resampling(n_resamples=200)


def differs(person: NDArray[np.float64], system: NDArray[np.float64], value: Any) -> bool:
    """Whether the interval of system less person leaves out 0."""
    width = person.shape[1]
    table = np.hstack([person, system])
    drawn = draw_tables([table], Grouping.of(None, len(table)), QUICK)[0]
    score = drawn.score(lambda sums: value(sums[:, width:]) - value(sums[:, :width]))
    return not score.interval.low <= 0 <= score.interval.high


def test_who_draws_one_vote_from_peoples_own_distribution_is_a_person() -> None:
    """200 worlds of 60 items and 5 people each."""
    told = {"accuracy": 0, "macro_f1": 0}
    for seed in range(200):
        rng = np.random.default_rng(seed)
        shares = rng.dirichlet(np.full(3, 0.5), 60)
        counts = np.array([rng.multinomial(5, own) for own in shares], dtype=float)
        said = np.array([rng.multinomial(1, own) for own in shares], dtype=float)
        person, system = person_class_counts(counts), system_class_counts(counts, said)
        for name in told:
            metric = get_metric(name)
            told[name] += differs(
                person.reshape(60, 9),
                system.reshape(60, 9),
                lambda sums, metric=metric: metric.value(sums.reshape(-1, 3, 3)),
            )
    for times in told.values():
        assert 0.905 <= 1 - times / 200 <= 0.985


def test_who_rates_with_peoples_own_scatter_is_a_person() -> None:
    told = {"ccc": 0, "rmse": 0}
    for seed in range(200):
        rng = np.random.default_rng(seed)
        means = rng.uniform(3, 7, 60)
        ratings = means[:, None] + rng.normal(0, 0.8, (60, 5))
        answer = means + rng.normal(0, 0.8, 60)
        people = ratings.mean(axis=1), ratings.std(axis=1, ddof=1), np.full(60, 5.0)
        person = person_moments(*people, center=5.0)
        system = system_moments(*people, answer, (answer - 5) ** 2, center=5.0)
        for name in told:
            told[name] += differs(person, system, get_metric(name).value)
    for times in told.values():
        assert 0.905 <= 1 - times / 200 <= 0.985
