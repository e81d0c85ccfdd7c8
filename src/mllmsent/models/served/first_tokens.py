"""How likely each label is as the answer, from the likeliest tokens that a server tells.

A model that runs here is asked how likely every answer is, to its end. A server tells only what it
would likely have written: at each place of the answer that it gave, its likeliest tokens (20 of them,
mostly) with their log probabilities. Those that begin one label and no other are that label's, in
whatever capitals and with or without a space before them; along what was written, tokens are followed
until one label is left. This is known as first-token probability; it may differ from what a model
goes on to write (Wang et al. 2024, "My Answer is C", arXiv 2402.14499).

What is not known stays so. Beginnings of several labels that were not followed ("slightly") belong to
one of them; what is not among the likeliest tokens, or begins with a quotation mark that was not
written, may be any label's: all of it is in the most that each label's likelihood can be.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mllmsent.models.served.cures import NO_LOGPROBS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mllmsent.models.interface import Request, Response

__all__ = [
    "TOP_TOKENS",
    "LabelScores",
    "TokenStep",
    "asked_for_tokens",
    "score_first_tokens",
    "told_step",
    "told_token",
    "with_first_tokens",
]

TOP_TOKENS = 20
"""How many of the likeliest tokens are asked for: the most that providers give."""

_TELLING = 3
"""Bytes from which a beginning stands for its label: "an" more often begins a sentence."""

_WORDS_OF_ONE_LETTER = frozenset("aeiouy")
"""Letters that are words of their own in English or the languages of our wordings."""

_LEAST_LOGPROB = -9999.0
"""What OpenAI tells of tokens that are as good as impossible; a number may be larger than a float."""

_ROUNDING = 1e-6
"""Probabilities are told with so many digits; what is left of them is no better known."""


@dataclass(frozen=True, slots=True)
class TokenStep:
    """One token of an answer, and what might have stood in its place.

    Attributes:
        token: The token that was written, as UTF-8; it may be a part of a character.
        chances: The likeliest tokens to their probabilities, 0 to 1, the written one among them.
    """

    token: bytes
    chances: Mapping[bytes, float]


@dataclass(frozen=True, slots=True)
class LabelScores:
    """What an answer's first tokens tell of the labels; see `Response`.

    Attributes:
        scores: Label to log-likelihood, in nats; to its limit where nothing was told of it.
        tokens: Label to how many tokens that is of.
        limits: Label to the most that its log-likelihood can be.
    """

    scores: Mapping[str, float]
    tokens: Mapping[str, int]
    limits: Mapping[str, float]


@dataclass
class _Tally:
    """Probabilities, as they are found.

    Attributes:
        seen: Label to the probability of beginnings that are its own.
        shared: Label to the probability of beginnings that may be another's too.
        depth: Label to how many tokens were read for it.
        untold: Probability of what may be any label's: all that is not among the likeliest tokens, and
            dressing of which it is not told what would have followed.
    """

    seen: dict[str, float]
    shared: dict[str, float]
    depth: dict[str, int]
    untold: float = field(default=0.0)

    def give(self, labels: Iterable[str], chance: float, depth: int, *, certain: bool) -> None:
        """Count a beginning for the labels that it may be of."""
        fitting = tuple(labels)
        for label in fitting:
            if len(fitting) == 1 and certain:
                self.seen[label] += chance
                self.depth[label] = max(self.depth[label], depth)
            else:
                self.shared[label] += chance


def told_token(entry: object, chance_as: str) -> tuple[bytes, float] | None:
    """A token in foreign JSON and its probability; None where it is none.

    Args:
        entry: An object with `token`, perhaps `bytes`, and a log probability.
        chance_as: What the protocol calls that.
    """
    if not isinstance(entry, dict):
        return None
    text, logprob, numbers = (entry.get(name) for name in ("token", chance_as, "bytes"))
    if isinstance(logprob, bool) or not isinstance(logprob, int | float):
        return None
    if isinstance(logprob, float) and math.isnan(logprob):
        return None
    chance = math.exp(min(max(logprob, _LEAST_LOGPROB), 0))
    if isinstance(numbers, list) and all(isinstance(n, int) and 0 <= n < 256 for n in numbers):
        return bytes(numbers), chance
    # Half of a character, as JSON can escape it, begins no label.
    return (text.encode("utf-8", "ignore"), chance) if isinstance(text, str) else None


def told_step(
    written: tuple[bytes, float], others: Iterable[tuple[bytes, float] | None]
) -> TokenStep:
    """A token that was written, with the likeliest that might have been.

    Args:
        written: The token and its probability.
        others: The likeliest, itself among them or not; None for what is no token.
    """
    token, chance = written
    chances: dict[bytes, float] = {}
    for other in filter(None, others):
        # Two tokens may be written alike.
        chances[other[0]] = chances.get(other[0], 0.0) + other[1]
    return TokenStep(token, {token: chance} | chances)


def asked_for_tokens(request: Request) -> Request:
    """A request for likelihoods as it is put to a server: a short answer, without chance.

    At temperature 0 the likeliest way is the one that is written, and so the one that is followed.
    """
    if not request.candidates:
        return request
    # No label has more tokens than bytes; a word or two may come before it.
    longest = max(len(candidate.encode()) for candidate in request.candidates)
    settings = replace(request.settings, temperature=0.0, max_tokens=max(16, longest))
    return replace(request, settings=settings)


def with_first_tokens(request: Request, response: Response, steps: Sequence[TokenStep]) -> Response:
    """A response with the likelihoods of the labels; a failure where no token is told.

    Args:
        request: One with candidates.
        response: The answer, read.
        steps: Its tokens.
    """
    if not steps:
        reason = f"the server told no log probabilities of its answer's tokens. {NO_LOGPROBS}"
        return replace(response, status="failed", error=reason)
    found = score_first_tokens(request.candidates, steps)
    return replace(
        response,
        label_scores=found.scores,
        label_tokens=found.tokens,
        label_limits=found.limits,
    )


def score_first_tokens(labels: Sequence[str], steps: Sequence[TokenStep]) -> LabelScores:
    """The likelihoods of labels, as far as an answer's tokens tell them.

    Args:
        labels: Every answer that is possible, as the question words it.
        steps: The tokens of the answer that was given at temperature 0; at least one.
    """
    words = {label: _folded(label) for label in labels}
    tally = _Tally(dict.fromkeys(labels, 0.0), dict.fromkeys(labels, 0.0), dict.fromkeys(labels, 1))
    weight, written = 1.0, b""
    for number, step in enumerate(steps, start=1):
        tally.untold += weight * max(0.0, 1.0 - math.fsum(step.chances.values()))
        for token, chance in step.chances.items():
            if token == step.token:
                continue
            word = _folded((written + token).decode("utf-8", "ignore"))
            if not word:  # dressing: the way to any label, which was not taken
                tally.untold += weight * chance
                continue
            fitting = _fitting(word, words)
            certain = len(word.encode()) >= _TELLING or any(
                words[label] == word for label in fitting
            )
            tally.give(fitting, weight * chance, number, certain=certain)
        weight *= step.chances.get(step.token, 0.0)
        written += step.token
        word = _folded(written.decode("utf-8", "ignore"))
        fitting = _fitting(word, words)
        is_told = len(fitting) == 1 and len(word) > len(words[next(iter(fitting))])
        if not fitting or is_told or number == len(steps):
            tally.give(fitting if word else (), weight, number, certain=True)
            break
    return _summed_up(tally)


def _summed_up(tally: _Tally) -> LabelScores:
    untold = max(tally.untold, _ROUNDING)
    limits = {
        label: math.log(seen + tally.shared[label] + untold) for label, seen in tally.seen.items()
    }
    scores = {
        label: math.log(seen) if seen > 0 else limits[label] for label, seen in tally.seen.items()
    }
    return LabelScores(scores, tally.depth, limits)


def _folded(text: str) -> str:
    """A text as it is compared: no capitals, no dressing before it, one space between words."""
    line = " ".join(text.casefold().split())
    return line.lstrip("".join({c for c in line if not c.isalnum()}))


def _fitting(word: str, words: Mapping[str, str]) -> tuple[str, ...]:
    """The labels that a text begins, or that it says and ends."""
    return tuple(
        label
        for label, whole in words.items()
        if whole.startswith(word) or (word.startswith(whole) and _ends(whole, word[len(whole) :]))
    )


def _ends(label: str, rest: str) -> bool:
    """Whether a label is said before the rest of a text, and not a word that begins with it."""
    # "A photo shows" does not choose A.
    is_word = label in _WORDS_OF_ONE_LETTER and rest[:1] == " " and rest[1:2].isalnum()
    return not rest[:1].isalnum() and not is_word
