"""Whether a share is higher inside: exact where it can be, and an answer everywhere."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import fisher_exact

from mllmsent.metrics.membership import Blocks, excess_test
from mllmsent.metrics.share_test import share_test


def test_of_right_and_wrong_it_is_fishers_exact_test() -> None:
    rng = np.random.default_rng(0)
    inside = np.arange(90) < 17
    wrong = (rng.random((90, 5)) < np.where(inside, 0.6, 0.3)[:, None]).astype(float)
    found = share_test(Blocks(wrong, np.ones_like(wrong), inside))
    for column in range(5):
        a, b = wrong[inside, column].sum(), wrong[~inside, column].sum()
        table = np.array([[a, 17 - a], [b, 73 - b]])
        assert found[column] == pytest.approx(fisher_exact(table, "greater")[1], abs=1e-6)


def test_blocks_without_the_quantity_do_not_count() -> None:
    inside = np.array([True] * 6 + [False] * 6)
    wrong, asked = np.zeros((12, 1)), np.ones((12, 1))
    wrong[:3], asked[3:5] = 1, 0
    (found,) = share_test(Blocks(wrong, asked, inside))
    assert found == pytest.approx(fisher_exact(np.array([[3, 1], [0, 6]]), "greater")[1], abs=1e-6)


def test_what_is_partly_wrong_is_tested_by_its_standard_error() -> None:
    rng = np.random.default_rng(1)
    inside = np.arange(60) < 20
    both = np.column_stack([rng.random(60), rng.random(60) < 0.5]).astype(float)
    blocks = Blocks(both, np.ones_like(both), inside)
    found = share_test(blocks)
    assert found[0] == excess_test(blocks)[0]
    assert found[1] != excess_test(blocks)[1]


def test_a_side_without_rows_cannot_be_tested() -> None:
    wrong = np.ones((8, 1))
    for inside in (np.ones(8, bool), np.zeros(8, bool)):
        assert np.isnan(share_test(Blocks(wrong, wrong, inside))).all()
