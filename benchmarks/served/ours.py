"""The same questions asked by us: the adapter alone, and what a study does."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.served.question import ANSWER, LONGEST_ANSWER, QUESTION

from mllmsent.models import Message, Request, Settings, get_model
from mllmsent.pathways.interface import Question
from mllmsent.runs import AnswerCache, execute
from mllmsent.runs.progress import Silent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mllmsent.data.images import ImageRef
    from mllmsent.models.interface import Model

__all__ = ["adapter", "executor", "questions"]


async def adapter(name: str, url: str, images: list[ImageRef], in_flight: int) -> int:
    """Our adapter alone, in a loop with a semaphore.

    Args:
        name: The model's name.
        url: Where it is.
        images: What to ask about.
        in_flight: Most requests at once; the adapter itself begins with fewer.

    Returns:
        How many answers are right.
    """
    model = get_model(name, base_url=url, max_in_flight=in_flight)
    at_once = asyncio.Semaphore(in_flight)

    async def one(request: Request) -> bool:
        async with at_once:
            (response,) = await model.answer([request])
        return response.status == "ok" and response.text == ANSWER

    try:
        return sum(await asyncio.gather(*map(one, map(_request, images))))
    finally:
        await model.aclose()


async def executor(name: str, url: str, images: list[ImageRef], in_flight: int) -> int:
    """What a study does: the adapter under the executor, every answer committed to disk.

    Arguments and result are those of `adapter`.
    """
    model = get_model(name, base_url=url, max_in_flight=in_flight)
    asked = questions(model, images)
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(AnswerCache(Path(folder) / "answers.sqlite")) as cache,
    ):
        try:
            await execute(
                asked, {model.name: model}, cache, Silent(), in_flight={model.name: in_flight}
            )
        finally:
            await model.aclose()
        committed = cache.get_many(question.key for question in asked)
        return sum(answer.response.text == ANSWER for answer in committed.values())


def questions(model: Model, images: Iterable[ImageRef], *, samples: int = 1) -> list[Question]:
    """A question about each image, as a study plans them; so many times, where many are wanted."""
    asked = []
    for image, sample in itertools.product(images, range(samples)):
        request = replace(_request(image), sample=sample)
        asked.append(
            Question(
                key=request.key(model.identity),
                request=request,
                model=model.name,
                stage="direct",
                item_id=image.path.name,
                strategy="benchmark",
                strategy_version="1",
                scheme=None,
                condition="none",
                repeat=0,
                sample=sample,
            )
        )
    return asked


def _request(image: ImageRef) -> Request:
    settings = Settings(temperature=0.0, max_tokens=LONGEST_ANSWER)
    return Request((Message("user", (QUESTION, image)),), settings)
