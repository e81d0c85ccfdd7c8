"""A baseline that is no model: what can be measured in a picture, in words or as a table.

    classical/words    measures in a few English sentences, for classifiers that read words
    classical/table    the same as JSON, name to number

It describes, and answers no question: what people feel is learned from its descriptions, out of
fold. Whoever asks whether a multimodal LLM sees more than color, light and composition compares it
with this.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mllmsent.features import measure_refs
from mllmsent.features.measuring import VERSION as FEATURES_VERSION
from mllmsent.foundation.config import read_document
from mllmsent.foundation.digest import json_digest
from mllmsent.foundation.errors import InputError, nearest
from mllmsent.models.interface import Capabilities, Response

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.models.interface import Request

__all__ = ["ClassicalModel", "in_words", "make_model"]

FORMS = ("words", "table")


@dataclass(frozen=True)
class ClassicalModel:
    """Measures of pictures behind the interface of models; a `Model`.

    Attributes:
        form: "words" or "table".
    """

    form: str

    @property
    def name(self) -> str:
        """As studies and tables call it."""
        return f"classical/{self.form}"

    @property
    def identity(self) -> Mapping[str, Any]:
        """Its form, the version of the measures, and the digest of its words."""
        words = {"words": json_digest(_phrases(), length=8)} if self.form == "words" else {}
        return {"name": self.name, "revision": FEATURES_VERSION, **words}

    @property
    def capabilities(self) -> Capabilities:
        """It describes images, many at a time."""
        return Capabilities(max_batch_size=64, max_in_flight=1, answers=False)

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        """Describe the last image of each request, whatever is asked."""
        shown = [request.images[-1] if request.images else None for request in requests]
        there = [image for image in shown if image is not None]
        # Other models are asked meanwhile.
        found = await asyncio.to_thread(measure_refs, there, workers=1)
        responses = []
        for image in shown:
            measured = "there is no image" if image is None else found[image.digest]
            if isinstance(measured, str):
                responses.append(Response("failed", error=measured))
                continue
            text = in_words(measured) if self.form == "words" else json.dumps(measured)
            sha256 = () if image is None else (image.sha256,)
            responses.append(
                Response("ok", text=text, reported_model=self.name, image_sha256=sha256)
            )
        return responses

    async def aclose(self) -> None:
        """There is nothing to let go of."""


def make_model(name: str, options: Mapping[str, Any]) -> ClassicalModel:
    """What can be measured in a picture, as a description: classical/words, classical/table.

    Raises:
        InputError: If there is no such form, or an option is given.
    """
    if name not in FORMS:
        raise InputError(f"No classical model is called {name!r}.", cure=nearest(name, FORMS))
    if options:
        raise InputError(
            f"classical/{name} takes no option {min(options)!r}.", cure="Leave `options` out."
        )
    return ClassicalModel(name)


def in_words(measured: Mapping[str, float]) -> str:
    """Measures of a picture, by name, in a few sentences."""
    phrases = _phrases()
    words = {name: _word(steps, measured[name]) for name, steps in phrases["words"].items()}
    return " ".join(sentence.format(**words) for sentence in phrases["sentences"])


def _word(steps: Sequence[tuple[float | None, str]], value: float) -> str:
    return next(word for bound, word in steps if bound is None or value < bound)


@cache
def _phrases() -> dict[str, Any]:
    phrases: dict[str, Any] = read_document(Path(__file__).with_name("classical.yaml")).value
    return phrases
