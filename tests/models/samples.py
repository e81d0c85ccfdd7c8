"""Images on disk, conversations and requests about them, and one-off asking."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

from tests.loopback.samples import jpeg

from mllmsent.data.images import ImageRef
from mllmsent.loopback import LoopbackServer
from mllmsent.models import Message, Request, Response, Settings, get_model

__all__ = ["LABEL_SCHEMA", "ask", "conversation", "image_ref", "one", "request"]

LABEL_SCHEMA = {
    "type": "object",
    "properties": {"label": {"type": "string"}},
    "required": ["label"],
    "additionalProperties": False,
}


def image_ref(
    folder: Path,
    name: str = "picture.jpg",
    data: bytes = jpeg(),
    *,
    size: tuple[int, int] = (48, 32),
    media_type: str = "image/jpeg",
    condition: str = "none",
) -> ImageRef:
    """A file in a folder, as a dataset refers to it."""
    path = folder / name
    path.write_bytes(data)
    return ImageRef(path, hashlib.sha256(data).hexdigest(), media_type, *size, condition)


def request(*parts: str | ImageRef, settings: Settings = Settings(), **others: Any) -> Request:  # noqa: B008 - frozen
    """One user's turn."""
    return Request((Message("user", parts),), settings, **others)


def conversation(folder: Path) -> tuple[Request, dict[str, Any]]:
    """A system's words, a solved example and a question, and what `Echo` heard of them."""
    one_image = image_ref(folder, "one.jpg", jpeg((255, 0, 0)))
    other = image_ref(folder, "other.jpg", jpeg((0, 0, 255)))
    messages = (
        Message("system", ("You judge.",)),
        Message("user", ("An example:", one_image)),
        Message("assistant", ("negative",)),
        Message("user", (other, "And this?")),
    )
    heard = {
        "text": "You judge.\n\nAn example:\n\nnegative\n\nAnd this?",
        "images": [one_image.sha256, other.sha256],
    }
    return Request(messages), heard


def ask(
    server: LoopbackServer | str | None,
    *requests: Request,
    name: str = "openai/tester",
    **options: Any,
) -> list[Response]:
    """Ask a model at a server, or where the environment says (None), and close."""
    told = {"base_url": _url(server, name), "max_retries": 1} | options

    async def go() -> list[Response]:
        model = get_model(name, **told)
        try:
            return list(await model.answer(requests))
        finally:
            await model.aclose()

    return asyncio.run(go())


def one(
    server: LoopbackServer | str | None,
    asked: Request,
    *,
    name: str = "openai/tester",
    **options: Any,
) -> Response:
    """Ask one thing; see `ask`."""
    (response,) = ask(server, asked, name=name, **options)
    return response


def _url(server: LoopbackServer | str | None, name: str) -> str | None:
    """Where a provider's clients find a server."""
    if server is None or isinstance(server, str):
        return server
    known = {"anthropic": server.anthropic_url, "google": server.google_url}
    return known.get(name.partition("/")[0], server.url)
