"""Heads: what turns a text's vector into scores in a scheme, how they learn, and what of.

One label: a softmax (`nominal`), or, for ordered labels, the proportional-odds model
(`cumulative`): P(label <= k) = sigmoid(t_k - w x) with thresholds t_1 < t_2 < ... on one line
(McCullagh 1980, Journal of the Royal Statistical Society B 42, 109-142; in networks, with shared
weights as in CORAL, Cao, Mirjalili and Raschka 2020, Pattern Recognition Letters 140, 325-331). The
thresholds are kept in order by learning their distances, so that no probability is negative.
Several labels: a sigmoid each. Dimensions: a line each, clipped to the scale's ends.

Parameters are a dictionary of tensors: `weight` (outputs, width), `bias` (outputs,), for
`cumulative` also `steps`, and `center` and `scale`, which do not learn, where vectors are put to one
scale by what the training texts have; elsewhere each vector is put to mean 0 and variance 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mllmsent.foundation.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme
    from mllmsent.text.interface import Floats

__all__ = [
    "HeadPlan",
    "encode_for_head",
    "losses",
    "new_head",
    "outputs_of",
    "plan_head",
    "row_weights",
    "scores_of",
]

HeadKind = Literal["nominal", "cumulative", "several", "values"]
_LEAST_STEP = 1e-3


@dataclass(frozen=True, slots=True)
class HeadPlan:
    """What a head tells apart.

    Attributes:
        kind: How.
        learned: Places, in the scheme, of the labels (or dimensions) that are learned.
        fixed: (labels,) the probability of each label that is not: 0 where no training text has it,
            1 where every one does and several may be; of no meaning for those that are learned.
    """

    kind: HeadKind
    learned: tuple[int, ...]
    fixed: tuple[float, ...]


def plan_head(scheme: Scheme, targets: NDArray[Any], head: str) -> HeadPlan:
    """What a head for these training targets tells apart.

    Args:
        scheme: What the targets are in.
        targets: As `TextClassifier.fit` takes them.
        head: "auto", "nominal" or "cumulative".

    Raises:
        InputError: If there is nothing to tell apart, or the head does not suit the scheme.
    """
    if head == "cumulative" and (scheme.kind != "ordered" or scheme.multi_label):
        raise InputError(
            f"A cumulative head needs labels in an order; {scheme.name!r} has none.",
            cure="Leave the option `head` out.",
            item="options.head",
        )
    if scheme.kind == "dimensional":
        n = len(scheme.dimensions)
        return HeadPlan("values", tuple(range(n)), (0.0,) * n)
    if scheme.multi_label:
        shares = targets.mean(axis=0)
        learned = tuple(np.flatnonzero((shares > 0) & (shares < 1)).tolist())
        if not learned:
            raise InputError(
                f"Every one of the {len(targets)} training texts has the same labels of "
                f"{scheme.name!r}: there is nothing to tell apart.",
                cure="Give texts that differ in their labels.",
            )
        return HeadPlan("several", learned, tuple(float(share == 1) for share in shares))
    learned = tuple(
        place for place, name in enumerate(scheme.label_names) if (targets == name).any()
    )
    if len(learned) < 2:
        only = scheme.label_names[learned[0]] if learned else "none of its labels"
        raise InputError(
            f"All {len(targets)} training texts are {only!r} in {scheme.name!r}: there is nothing "
            "to tell apart.",
            cure="Give texts of at least two labels; or folds in which both occur.",
        )
    ordered = scheme.kind == "ordered" and len(learned) > 2
    kind: HeadKind = "cumulative" if ordered and head != "nominal" else "nominal"
    return HeadPlan(kind, learned, (0.0,) * len(scheme.labels))


def encode_for_head(plan: HeadPlan, scheme: Scheme, targets: NDArray[Any]) -> NDArray[np.float32]:
    """Targets as a head learns from them.

    Returns:
        (n, 1) the place of each label among the learned ones; (n, learned) whether a text has each;
        or (n, dimensions) where on its scale each value lies, 0 to 1.
    """
    if plan.kind == "values":
        low = np.array([scale.low for scale in scheme.dimensions])
        span = np.array([scale.span for scale in scheme.dimensions])
        return np.asarray((targets - low) / span, dtype=np.float32)
    if plan.kind == "several":
        return np.asarray(targets[:, plan.learned], dtype=np.float32)
    place_of = {scheme.label_names[place]: code for code, place in enumerate(plan.learned)}
    return np.array([[place_of[name]] for name in targets], dtype=np.float32)


def row_weights(
    plan: HeadPlan, encoded: NDArray[np.float32], class_weight: str
) -> NDArray[np.float32]:
    """(n, 1) or (n, learned) how much each row counts; 1 on average.

    Args:
        plan: What is told apart.
        encoded: What `encode_for_head` gave.
        class_weight: "balanced" where every label counts the same in total, and, of several, having
            it the same as not.
    """
    weights = np.ones_like(encoded)
    if class_weight == "none" or plan.kind == "values":
        return weights
    for column in range(encoded.shape[1]):
        codes = encoded[:, column].astype(int)
        counts = np.bincount(codes)
        present = (counts > 0).sum()
        weights[:, column] = len(codes) / (present * counts[codes])
    return weights


def new_head(
    plan: HeadPlan,
    encoded: NDArray[np.float32],
    weights: NDArray[np.float32],
    width: int,
    features: NDArray[np.float32] | None = None,
) -> dict[str, torch.Tensor]:
    """Parameters from which learning starts: the shares of the labels, whatever the text.

    Args:
        plan: What is told apart.
        encoded: (n, columns) the training rows' targets.
        weights: How much each counts.
        width: Of a vector.
        features: (n, width) the training rows' vectors, where they will not change.
    """
    import torch  # noqa: PLC0415 - heavy

    if plan.kind == "values":
        start = {"bias": encoded.mean(axis=0)}
    elif plan.kind == "several":
        share = (encoded * weights).sum(axis=0) / weights.sum(axis=0)
        start = {"bias": np.log(share / (1 - share))}
    else:
        codes = encoded[:, 0].astype(int)
        shares = np.bincount(codes, weights=weights[:, 0], minlength=len(plan.learned))
        shares = shares / shares.sum()
        start = {"bias": np.log(shares)}
        if plan.kind == "cumulative":
            below = shares.cumsum()[:-1]
            thresholds = np.log(below / (1 - below))
            gaps = np.maximum(np.diff(thresholds), 2 * _LEAST_STEP) - _LEAST_STEP
            # What softplus makes of these is the distance.
            start = {"bias": thresholds[:1], "steps": np.log(np.expm1(gaps))}
    outputs = 1 if plan.kind == "cumulative" else len(start["bias"])
    start["weight"] = np.zeros((outputs, width))
    head = {
        name: torch.tensor(value, dtype=torch.float32).requires_grad_()
        for name, value in start.items()
    }
    if features is not None:
        spread = features.std(axis=0)
        head["center"] = torch.tensor(features.mean(axis=0))
        head["scale"] = torch.tensor(np.where(spread > 1e-8, spread, 1).astype(np.float32))
    return head


def outputs_of(
    plan: HeadPlan, head: Mapping[str, torch.Tensor], vectors: torch.Tensor, dropout: float = 0.0
) -> torch.Tensor:
    """What the head says of vectors.

    Args:
        plan: What is told apart.
        head: Its parameters.
        vectors: (n, width).
        dropout: Share of what it sees that is left out, while it learns.

    Returns:
        (n, learned): logarithms of probabilities where one label is chosen, log-odds where several
        may be, else places on the scales, 0 to 1 and beyond.
    """
    import torch  # noqa: PLC0415 - heavy
    from torch.nn import functional  # noqa: PLC0415 - likewise

    if "center" in head:
        seen = (vectors - head["center"]) / head["scale"]
    else:
        seen = functional.layer_norm(vectors, vectors.shape[-1:])
    seen = functional.dropout(seen, dropout, training=dropout > 0)
    linear = seen @ head["weight"].T
    if plan.kind == "cumulative":
        steps = functional.softplus(head["steps"]) + _LEAST_STEP
        above = torch.cat([head["bias"], head["bias"] + steps.cumsum(0)]) - linear
        # sigmoid(a) - sigmoid(b) = sigmoid(a) sigmoid(-b) (1 - exp(b - a)), which nothing rounds off.
        up_to, from_on = functional.logsigmoid(above), functional.logsigmoid(-above)
        middle = up_to[:, 1:] + from_on[:, :-1] + torch.log(-torch.expm1(-steps))
        return torch.cat([up_to[:, :1], middle, from_on[:, -1:]], dim=1)
    linear = linear + head["bias"]
    return functional.log_softmax(linear, dim=1) if plan.kind == "nominal" else linear


def losses(plan: HeadPlan, outputs: torch.Tensor, encoded: torch.Tensor) -> torch.Tensor:
    """(n, columns) how wrong each output is: what is minimized, weighted and averaged."""
    from torch.nn import functional  # noqa: PLC0415 - heavy

    if plan.kind == "values":
        return functional.mse_loss(outputs, encoded, reduction="none")
    if plan.kind == "several":
        return functional.binary_cross_entropy_with_logits(outputs, encoded, reduction="none")
    return -outputs.gather(1, encoded.long())


def scores_of(plan: HeadPlan, outputs: torch.Tensor, scheme: Scheme) -> Floats:
    """(n, labels) probabilities, or (n, dimensions) values within their scales."""
    found: Floats = outputs.detach().double().cpu().numpy()
    if plan.kind == "values":
        low = np.array([scale.low for scale in scheme.dimensions])
        span = np.array([scale.span for scale in scheme.dimensions])
        return np.asarray(low + span * found.clip(0, 1))
    scores = np.tile(np.array(plan.fixed, dtype=np.float64), (len(found), 1))
    if plan.kind == "several":
        scores[:, plan.learned] = 1 / (1 + np.exp(-found))
    else:
        odds = np.exp(found)
        scores[:, plan.learned] = odds / odds.sum(axis=1, keepdims=True)
    return scores
