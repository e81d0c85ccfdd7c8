"""What the engine computed, as the response that everything else reads."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.errors import InputError
from mllmsent.models.interface import Response
from mllmsent.models.thinking import OPENING, without_thinking

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mllmsent.models.interface import Request
    from mllmsent.models.local.checkpoint import Checkpoint
    from mllmsent.models.local.engine import Job, Result

_ENOUGH = 8
"""So many tokens hold `<think>` and a line break, in any vocabulary."""

__all__ = ["Asked", "in_a_sentence", "mean_likelihood", "read_result"]


@dataclass(frozen=True)
class Asked:
    """Who was asked.

    Attributes:
        name: As studies call it.
        checkpoint: Its files.
        tokenizer: What makes words of its tokens.
        took: Seconds that the whole batch took.
    """

    name: str
    checkpoint: Checkpoint
    tokenizer: Any
    took: float

    @property
    def reported(self) -> str:
        """The model with its revision, as a server would report it."""
        return f"{self.name}@{(self.checkpoint.revision or self.checkpoint.digest)[:12]}"


def read_result(
    asked: Asked,
    request: Request,
    job: Job,
    result: Result,
    prior: Sequence[float] | None,
) -> Response:
    """The response of one request.

    Args:
        asked: Who was asked.
        request: What.
        job: The request as it was prepared.
        result: What came of it.
        prior: Summed log-likelihood of each candidate given no content, where that was wanted.
    """
    if result.error is not None:
        return Response(status="failed", error=in_a_sentence(result.error))
    common: dict[str, Any] = {
        "status": "ok",
        "reported_model": asked.reported,
        "image_sha256": tuple(image.sha256 for image in job.images),
        "input_tokens": len(job.ids),
        "cached_tokens": result.shared,
        "latency_s": asked.took,
    }
    if request.candidates:
        names = request.candidates
        return Response(
            label_scores=dict(zip(names, result.scores, strict=True)),
            label_tokens=dict(zip(names, map(len, job.candidates), strict=True)),
            label_prior=None if prior is None else dict(zip(names, prior, strict=True)),
            output_tokens=0,
            stop_reason="scored",
            **common,
        )
    # Templates of models that always think open the thinking at the prompt's end.
    is_opened = asked.tokenizer.decode(job.ids[-_ENOUGH:]).rstrip().endswith(OPENING)
    said = asked.tokenizer.decode(result.ids, skip_special_tokens=True).strip()
    text, thought = without_thinking(said, is_opened=is_opened and request.answer_schema is None)
    return Response(
        text=text,
        reasoning=thought,
        stop_reason=result.stop_reason,
        output_tokens=len(result.ids),
        is_json=_is_json(text) if request.answer_schema is not None else None,
        **common,
    )


def mean_likelihood(scores: Sequence[float]) -> float:
    """The logarithm of the mean of likelihoods that are given as logarithms."""
    top = max(scores)
    return top + math.log(sum(math.exp(score - top) for score in scores) / len(scores))


def in_a_sentence(error: BaseException) -> str:
    """An error as a response tells it: where, what, and the cure."""
    if isinstance(error, InputError):
        return str(error).replace("\n", " ")
    return f"{type(error).__name__}: {error}"[:500]


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
