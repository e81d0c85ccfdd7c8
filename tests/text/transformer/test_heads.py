"""Heads: probabilities, losses and weights, against their definitions and scikit-learn."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.utils.class_weight import compute_class_weight

from mllmsent.affect import get_scheme
from mllmsent.text.transformer.heads import (
    encode_for_head,
    losses,
    new_head,
    outputs_of,
    plan_head,
    row_weights,
    scores_of,
)

POLARITY = get_scheme("polarity5")


def names(codes: Any) -> Any:
    return np.array(POLARITY.label_names, dtype=object)[np.asarray(codes)]


@given(st.lists(st.integers(0, 4), min_size=5, max_size=40), st.integers(0, 99))
def test_a_head_that_has_learned_nothing_says_the_shares_of_the_labels(
    codes: list[int], seed: int
) -> None:
    codes = [*codes, 0, 3]
    vectors = torch.tensor(np.random.default_rng(seed).normal(size=(7, 4)), dtype=torch.float32)
    shares = np.bincount(codes, minlength=5) / len(codes)
    for head_kind in ("nominal", "cumulative"):
        plan = plan_head(POLARITY, names(codes), head_kind)
        encoded = encode_for_head(plan, POLARITY, names(codes))
        head = new_head(plan, encoded, np.ones_like(encoded), 4)
        scores = scores_of(plan, outputs_of(plan, head, vectors), POLARITY)
        np.testing.assert_allclose(scores, np.tile(shares, (7, 1)), atol=2e-3)


@given(st.integers(0, 10_000), st.floats(0.01, 50))
def test_cumulative_probabilities_are_differences_of_sigmoids(seed: int, scale: float) -> None:
    random = np.random.default_rng(seed)
    codes = [0, 1, 2, 3, 4] * 3
    plan = plan_head(POLARITY, names(codes), "auto")
    assert plan.kind == "cumulative"
    encoded = encode_for_head(plan, POLARITY, names(codes))
    head = {
        key: torch.tensor(random.normal(size=value.shape) * scale, dtype=torch.float32)
        for key, value in new_head(plan, encoded, np.ones_like(encoded), 3).items()
    }
    vectors = torch.tensor(random.normal(size=(9, 3)), dtype=torch.float32)
    scores = scores_of(plan, outputs_of(plan, head, vectors), POLARITY)
    seen = torch.nn.functional.layer_norm(vectors, (3,)).double()
    steps = torch.nn.functional.softplus(head["steps"].double()) + 1e-3
    thresholds = torch.cat([head["bias"].double(), head["bias"].double() + steps.cumsum(0)])
    below = torch.sigmoid(thresholds - seen @ head["weight"].double().T).numpy()
    ends = np.hstack([np.zeros((9, 1)), below, np.ones((9, 1))])
    np.testing.assert_allclose(scores, np.diff(ends, axis=1), atol=1e-5)
    assert (scores >= 0).all()


def test_the_loss_of_a_label_is_minus_the_logarithm_of_its_probability() -> None:
    codes = [0, 1, 2, 3, 4, 2]
    for head_kind in ("nominal", "cumulative"):
        plan = plan_head(POLARITY, names(codes), head_kind)
        encoded = encode_for_head(plan, POLARITY, names(codes))
        head = new_head(plan, encoded, np.ones_like(encoded), 3)
        outputs = outputs_of(plan, head, torch.randn(6, 3))
        found = losses(plan, outputs, torch.from_numpy(encoded))[:, 0]
        scores = scores_of(plan, outputs, POLARITY)
        np.testing.assert_allclose(found.detach(), -np.log(scores[range(6), codes]), rtol=1e-5)


def test_a_cumulative_head_stays_exact_far_from_its_thresholds() -> None:
    codes = [0, 1, 2, 3, 4]
    plan = plan_head(POLARITY, names(codes), "auto")
    encoded = encode_for_head(plan, POLARITY, names(codes))
    head = new_head(plan, encoded, np.ones_like(encoded), 2)
    head["weight"] = torch.tensor([[200.0, -200.0]], requires_grad=True)
    outputs = outputs_of(plan, head, torch.tensor([[1.0, -1.0], [-1.0, 1.0]]))
    loss = losses(plan, outputs, torch.tensor([[2.0], [2.0]])).sum()
    assert 700 < float(loss) < 900
    (gradient,) = torch.autograd.grad(loss, [head["bias"]])
    assert torch.isfinite(gradient).all()


@pytest.mark.parametrize("n_labels", [2, 3])
def test_a_nominal_head_learns_what_a_logistic_regression_does(n_labels: int) -> None:
    random = np.random.default_rng(0)
    scheme = get_scheme(f"polarity{n_labels}")
    codes = random.integers(n_labels, size=200)
    features = (random.normal(size=(200, 4)) + codes[:, None] * [0.5, -0.3, 0, 1]).astype("f4")
    targets = np.array(scheme.label_names, dtype=object)[codes]
    plan = plan_head(scheme, targets, "nominal")
    encoded = encode_for_head(plan, scheme, targets)
    weights = row_weights(plan, encoded, "balanced")
    head = new_head(plan, encoded, weights, 4, features)
    learned = [value for value in head.values() if value.requires_grad]
    optimizer: Any = torch.optim.LBFGS(learned, max_iter=500, tolerance_grad=1e-9)

    def closure() -> Any:
        optimizer.zero_grad()
        outputs = outputs_of(plan, head, torch.from_numpy(features))
        wrong = losses(plan, outputs, torch.from_numpy(encoded)) * torch.from_numpy(weights)
        total: Any = wrong.mean()
        total.backward()
        return total

    optimizer.step(closure)
    found = scores_of(plan, outputs_of(plan, head, torch.from_numpy(features)), scheme)
    reference = LogisticRegression(C=1e6, class_weight="balanced", tol=1e-8).fit(features, codes)
    np.testing.assert_allclose(found, reference.predict_proba(features), atol=1e-3)


def test_balanced_weights_are_those_of_scikit_learn() -> None:
    codes = np.array([0, 0, 0, 1, 3, 3])
    plan = plan_head(POLARITY, names(codes), "auto")
    encoded = encode_for_head(plan, POLARITY, names(codes))
    weights = row_weights(plan, encoded, "balanced")[:, 0]
    classes = np.unique(codes)
    each = dict(
        zip(classes, compute_class_weight("balanced", classes=classes, y=codes), strict=True)
    )
    np.testing.assert_allclose(weights, [each[code] for code in codes], rtol=1e-6)
    assert (row_weights(plan, encoded, "none") == 1).all()


def test_of_several_labels_having_one_counts_as_much_as_not_having_it() -> None:
    scheme = get_scheme("mikels-multi")
    targets = np.zeros((8, 8), dtype=bool)
    targets[:2, 0] = targets[:5, 1] = True
    plan = plan_head(scheme, targets, "auto")
    assert plan.learned == (0, 1)
    encoded = encode_for_head(plan, scheme, targets)
    weights = row_weights(plan, encoded, "balanced")
    for column in (0, 1):
        has = encoded[:, column] == 1
        assert weights[has, column].sum() == pytest.approx(weights[~has, column].sum())
