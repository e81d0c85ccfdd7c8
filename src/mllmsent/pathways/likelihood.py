"""The readout `likelihood`: a distribution over the labels, from how likely each is as the answer.

Nothing is written, so nothing has to be read: every label of a closed list is put in the place of
the answer, and the model says how likely it is there, its end included. A server tells less, the
likeliest first tokens of an answer: `first_tokens.py` reads those.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.errors import InputError
from mllmsent.pathways.first_tokens import read_first_tokens
from mllmsent.prompts import answer_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mllmsent.affect.scheme import Scheme
    from mllmsent.models.interface import Response
    from mllmsent.prompts import Strategy

__all__ = ["candidate_answers", "read_likelihoods"]

TIE = 1e-6
"""Nats within which two labels are equally likely: less than rounding may change."""


def candidate_answers(strategy: Strategy, scheme: Scheme) -> tuple[str, ...]:
    """The answers that are possible: each label in the words and the order of the question.

    Args:
        strategy: The wording.
        scheme: The scheme asked in, which `strategy` supports.

    Returns:
        The candidates; none where the strategy is not read so.

    Raises:
        InputError: If two labels are one word in the language of the strategy.
    """
    if strategy.readout != "likelihood":
        return ()
    words = tuple(answer_words(strategy, scheme).values())
    doubled = next((word for word in words if words.count(word) > 1), None)
    if doubled is not None:
        raise InputError(
            f"Two labels of {scheme.name!r} are {doubled!r} in the language of strategy "
            f"{strategy.name!r}, so that one likelihood would be that of both.",
            cure="Give each label of the scheme a first translation of its own.",
        )
    return words


def read_likelihoods(
    strategy: Strategy, scheme: Scheme, response: Response | None
) -> dict[str, Any]:
    """The distribution over the labels, and the likeliest of them.

    The score of a label is its log-likelihood, or that over its number of tokens, as the strategy
    says; where it calibrates, less the same score given content-free images. The shares are the
    softmax of the scores: with sums and without calibration, the model's own probabilities of the
    labels, given that it answers with one of them. Calibration is that of Zhao et al. (2021,
    arXiv 2102.09690): each probability over its content-free one, made to add up to 1.

    Args:
        strategy: A wording with the readout `likelihood`.
        scheme: The scheme asked in.
        response: What came back; None where nothing did.

    Returns:
        The columns status, label, scores (label's name to share), score_kind and note of table
        `predictions`. Never unparsed, but for two labels that are equally likely.
    """
    if response is None or response.status == "failed":
        note = response.error if response is not None else ""
        return {"status": "failed", "note": note or "never answered"}
    if response.status == "refused":
        return {"status": "refused", "note": response.stop_reason or "declined"}
    if response.label_limits is not None:
        return read_first_tokens(strategy, scheme, response)
    scores = response.label_scores
    tokens = response.label_tokens if strategy.likelihood == "mean" else {}
    prior = response.label_prior if strategy.calibrate else {}
    if scores is None or tokens is None or prior is None:
        return {"status": "failed", "note": "the answer came without likelihoods"}
    words = answer_words(strategy, scheme)
    ranked = {
        name: (scores[word] - prior.get(word, 0.0)) / tokens.get(word, 1)
        for name, word in words.items()
    }
    shares = _softmax(ranked)
    columns: dict[str, Any] = {"scores": shares, "score_kind": strategy.score_kind}
    best = max(ranked.values())
    first, *others = (name for name, score in ranked.items() if best - score <= TIE)
    if others:
        return {"status": "unparsed", "note": "a tie", **columns}
    return {"status": "ok", "label": first, "note": "", **columns}


def _softmax(scores: Mapping[str, float]) -> dict[str, float]:
    best = max(scores.values())  # which keeps the largest power at 1
    powers = {name: math.exp(score - best) for name, score in scores.items()}
    total = math.fsum(powers.values())
    return {name: power / total for name, power in powers.items()}
