"""Likelihoods of labels from the first tokens of an answer, as far as a server tells them.

Each label has a likelihood that was seen and a most that it can be. A label is the answer where what
was seen of it is more than any other can be; a distribution is given where what is not known of it
would not show.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from mllmsent.prompts import answer_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mllmsent.affect.scheme import Scheme
    from mllmsent.models.interface import Response
    from mllmsent.prompts import Strategy

__all__ = ["FIRST_TOKENS", "first_token_notes", "read_first_tokens"]

FIRST_TOKENS = "first-tokens"
"""What such scores are called in table `predictions`."""

_NO_DISTRIBUTION = "no distribution"

LEAST_SEEN = 0.5
"""Probability with which an answer has to begin as a label: else the model says something else."""

MOST_UNKNOWN = 0.01
"""Share of what was seen of all labels that may be unknown of one, for a distribution to be given."""


def read_first_tokens(strategy: Strategy, scheme: Scheme, response: Response) -> dict[str, Any]:
    """The label that an answer begins as, and the distribution over how it might have begun.

    Args:
        strategy: A wording with the readout `likelihood`.
        scheme: The scheme asked in.
        response: An answer with `label_scores` and `label_limits`.

    Returns:
        The columns status, label, scores, score_kind and note of table `predictions`. Unparsed where
        the answer most likely begins otherwise, or where it is not known which label is likeliest.
    """
    scores, limits = response.label_scores or {}, response.label_limits or {}
    words = answer_words(strategy, scheme)
    if not all(word in scores and word in limits for word in words.values()):
        return {"status": "failed", "note": "the answer came without likelihoods"}
    most = {name: math.exp(limits[word]) for name, word in words.items()}
    # Of a label of which nothing was told, only the limit is known.
    seen = {
        name: math.exp(scores[word]) if scores[word] < limits[word] else 0.0
        for name, word in words.items()
    }
    total = math.fsum(seen.values())
    if total < LEAST_SEEN:
        note = f"only {total:.2f} of the probability is of answers that begin as one label"
        return {"status": "unparsed", "note": note}
    columns: dict[str, Any] = {}
    unknown = max(most[name] - seen[name] for name in words)
    bounded = ", ".join(name for name in words if not seen[name])
    if unknown <= MOST_UNKNOWN * total:
        shares = {name: chance / total for name, chance in seen.items()}
        columns = {"scores": shares, "score_kind": FIRST_TOKENS}
        note = f"not among the likeliest tokens: {bounded}" if bounded else ""
    else:
        note = f"{_NO_DISTRIBUTION}: {unknown:.2f} of the probability may be of another label"
    best = max(seen, key=lambda name: seen[name])
    if any(seen[best] <= most[name] for name in words if name != best):
        return {
            "status": "unparsed",
            "note": f"it is not known which label is likeliest; {note}".rstrip("; "),
        } | columns
    return {"status": "ok", "label": best, "note": note} | columns


def first_token_notes(name: str, notes: Sequence[str]) -> list[str]:
    """A sentence on the answers of a system whose distribution is not known; none where all are.

    Args:
        name: The system's.
        notes: Those of its predictions.
    """
    unknown = sum(_NO_DISTRIBUTION in note for note in notes)
    told = (
        f"{name}: {unknown:,} of {len(notes):,} answers have no distribution over the labels: first "
        "tokens leave too much of it open, as where labels begin alike. Letters do not: `answers: "
        "letters`."
    )
    return [told] if unknown else []
