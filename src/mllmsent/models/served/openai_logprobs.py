"""Log probabilities of an answer's tokens, as OpenAI's protocols tell them."""

from __future__ import annotations

import math
from typing import Any

from mllmsent.models.served.first_tokens import TokenStep

__all__ = ["read_steps", "steps_in"]


def read_steps(payload: object) -> tuple[TokenStep, ...]:
    """The tokens of a chat completion; none where it tells none."""
    choices = payload.get("choices") if isinstance(payload, dict) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    told = first.get("logprobs") if isinstance(first, dict) else None
    return steps_in(told.get("content") if isinstance(told, dict) else None)


def steps_in(content: object) -> tuple[TokenStep, ...]:
    """The tokens of a list of `{token, logprob, bytes, top_logprobs}`.

    The list is read as far as it can be: what comes after a token of another form is not known.

    Args:
        content: The list, as it came.
    """
    steps: list[TokenStep] = []
    for entry in content if isinstance(content, list) else []:
        written = _token(entry)
        if written is None:
            break
        others = entry.get("top_logprobs")
        told = filter(None, map(_token, others if isinstance(others, list) else []))
        chances: dict[bytes, float] = {}
        for token, chance in told:
            # Two tokens may be written alike.
            chances[token] = chances.get(token, 0.0) + chance
        token, chance = written
        steps.append(TokenStep(token, {token: chance} | chances))
    return tuple(steps)


def _token(entry: Any) -> tuple[bytes, float] | None:
    """A token as it is written, and its probability."""
    if not isinstance(entry, dict):
        return None
    text, logprob, numbers = (entry.get(name) for name in ("token", "logprob", "bytes"))
    if isinstance(logprob, bool) or not isinstance(logprob, int | float) or math.isnan(logprob):
        return None
    chance = math.exp(min(float(logprob), 0.0))
    if isinstance(numbers, list) and all(isinstance(n, int) and 0 <= n < 256 for n in numbers):
        return bytes(numbers), chance
    # Half of a character, as JSON can escape it, begins no label.
    return (text.encode("utf-8", "ignore"), chance) if isinstance(text, str) else None
