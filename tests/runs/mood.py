"""A model that runs here and knows likelihoods: the brighter the picture, the better the mood."""

import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from mllmsent.models.interface import Capabilities, Request, Response

MADE: list["Mood"] = []
"""Every model that a study had made, in order."""

MOODS = {"negative": 0.0, "negativ": 0.0, "neutral": 0.5, "positive": 1.0, "positiv": 1.0}


class Mood:
    """Says the word nearest to the brightness, and how likely each candidate is there.

    Its likelihoods are those of a model that prefers "positive" whatever it is shown.
    """

    def __init__(self, name: str = "mood/mood", **can: Any) -> None:
        self.name = name
        self.identity: Mapping[str, Any] = {"name": name, "revision": "1"}
        can = {"max_batch_size": 8, "max_in_flight": 2, "label_scores": True, **can}
        self.capabilities = Capabilities(**can)
        self.batches: list[list[Request]] = []

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        self.batches.append(list(requests))
        return [self._one(request) for request in requests]

    async def aclose(self) -> None:
        """Nothing is held."""

    def _one(self, request: Request) -> Response:
        image = Image.open(io.BytesIO(request.images[-1].read_bytes())).convert("L")
        mood = float(np.asarray(image).mean()) / 255
        if not request.candidates:
            known = ("negative", "neutral", "positive")
            return Response("ok", text=min(known, key=lambda word: abs(MOODS[word] - mood)))
        return Response(
            "ok",
            label_scores=_likelihoods(request.candidates, mood),
            label_tokens={word: 1 + len(word) // 8 for word in request.candidates},
            label_prior=_likelihoods(request.candidates, None) if request.calibrated else None,
        )


def _likelihoods(candidates: Sequence[str], mood: float | None) -> dict[str, float]:
    powers = {
        word: math.exp(
            (0 if mood is None else -4 * abs(MOODS[word] - mood)) + 2.5 * (MOODS[word] == 1.0)
        )
        for word in candidates
    }
    return {word: math.log(power / sum(powers.values())) for word, power in powers.items()}


def make_model(name: str, options: Mapping[str, Any]) -> Mood:
    """A model whose mood is its picture's brightness."""
    MADE.append(Mood(f"mood/{name}", **options))
    return MADE[-1]
