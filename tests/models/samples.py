"""Images on disk, requests about them, and one-off asking."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

from tests.loopback.samples import jpeg

from mllmsent.data.images import ImageRef
from mllmsent.loopback import LoopbackServer
from mllmsent.models import Message, Request, Response, Settings, get_model

__all__ = ["LABEL_SCHEMA", "ask", "image_ref", "request"]

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


def ask(server: LoopbackServer | str, *requests: Request, **options: Any) -> list[Response]:
    """Ask `openai/tester` at a server, and close."""
    url = server if isinstance(server, str) else server.url

    async def go() -> list[Response]:
        model = get_model("openai/tester", **({"base_url": url, "max_retries": 1} | options))
        try:
            return list(await model.answer(requests))
        finally:
            await model.aclose()

    return asyncio.run(go())
