"""Log probabilities of an answer's tokens."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mllmsent.loopback.answerer import Reply

__all__ = ["logprobs"]

_LEAST_LOGPROB = -9999.0  # stands for "practically never" in OpenAI's protocols


def logprobs(text: str, reply: Reply, wanted: int) -> Iterator[dict[str, Any]]:
    """Log probabilities of an answer's tokens, and of `wanted` others that might have stood there.

    Tokens are words here. Of all but the first, only the word that was said is known.
    """
    for index, word in enumerate(re.findall(r"\s*\S+|\s+$", text)):
        chances = (reply.first_token or {}) if index == 0 else {}
        chances = chances or {word: 1.0}
        ranked = sorted(chances.items(), key=lambda chance: -chance[1])[:wanted]
        yield _token(word, chances.get(word.strip(), chances.get(word, 0.0))) | {
            "top_logprobs": [_token(token, chance) for token, chance in ranked]
        }


def _token(word: str, chance: float) -> dict[str, Any]:
    logprob = max(math.log(chance), _LEAST_LOGPROB) if chance > 0 else _LEAST_LOGPROB
    return {"token": word, "logprob": logprob, "bytes": list(word.encode())}
