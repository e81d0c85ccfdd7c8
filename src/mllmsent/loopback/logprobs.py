"""Log probabilities of an answer's tokens."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from mllmsent.loopback.call import CHARACTERS_PER_TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mllmsent.loopback.answerer import Reply

__all__ = ["logprobs"]

_LEAST_LOGPROB = -9999.0  # stands for "practically never" in OpenAI's protocols
_TOKEN = re.compile(rf"\s*\S{{1,{CHARACTERS_PER_TOKEN}}}|\s+$")
_END = "<|end|>"


def logprobs(text: str, reply: Reply, wanted: int) -> Iterator[dict[str, Any]]:
    """Log probabilities of an answer's tokens, and of `wanted` others that might have stood there.

    They are those of a model that gives each whole answer with its probability in `Reply.chances`; what
    an answer ends with stands among the others, and is not written itself. Without any, no other
    answer was possible.
    """
    said = _TOKEN.findall(text)
    possible = [(_TOKEN.findall(answer), share) for answer, share in (reply.chances or {}).items()]
    for index, token in enumerate(said):
        chances = _next(said[:index], possible) or {token: 1.0}
        ranked = sorted(chances.items(), key=lambda chance: -chance[1])[:wanted]
        yield _told(token, chances.get(token, 0.0)) | {
            "top_logprobs": [_told(other, chance) for other, chance in ranked]
        }


def _next(
    said: Sequence[str], possible: Sequence[tuple[Sequence[str], float]]
) -> Mapping[str, float]:
    """The tokens that may come after some, to their probabilities; none where nothing may."""
    found: dict[str, float] = {}
    for answer, share in possible:
        if list(answer[: len(said)]) == list(said):
            token = answer[len(said)] if len(answer) > len(said) else _END
            found[token] = found.get(token, 0.0) + share
    whole = math.fsum(found.values())
    return {token: share / whole for token, share in found.items()} if whole else {}


def _told(token: str, chance: float) -> dict[str, Any]:
    logprob = max(math.log(chance), _LEAST_LOGPROB) if chance > 0 else _LEAST_LOGPROB
    return {"token": token, "logprob": logprob, "bytes": list(token.encode())}
