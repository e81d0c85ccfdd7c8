"""Which claims are about uncertainty: ends of an interval, half its width, an SD, a standard error."""

from __future__ import annotations

import re
from typing import Literal

__all__ = ["Spread", "spread_of"]

Spread = Literal["low", "high", "half", "sd", "se"]

_WORDS: dict[str, Spread] = {
    "low": "low", "lower": "low", "lo": "low", "lcl": "low",
    "high": "high", "upper": "high", "hi": "high", "ucl": "high",
    "ci": "half", "ci95": "half", "margin": "half", "moe": "half", "pm": "half", "half": "half",
    "sd": "sd", "std": "sd", "stdev": "sd", "deviation": "sd",
    "se": "se", "sem": "se", "stderr": "se",
}  # fmt: skip
_IGNORED = frozenset({"95", "score", "interval", "confidence", "bound", "limit", "width"})


def spread_of(metric: str) -> tuple[str, Spread] | None:
    """The score that a claim of uncertainty is about, and what it is of it.

    Args:
        metric: As the file has it: "weighted_f1_ci_low", "accuracy_std".

    Returns:
        The score's name without these words ("weighted_f1"), and the kind; None for a score itself.
    """
    words = [word for word in re.split(r"[^a-z0-9]+", metric.lower()) if word]
    kinds = [_WORDS[word] for word in words if word in _WORDS]
    if not kinds:
        return None
    ends = [kind for kind in kinds if kind in {"low", "high"}]
    base = "_".join(word for word in words if word not in _WORDS and word not in _IGNORED)
    return base, (ends or kinds)[0]
