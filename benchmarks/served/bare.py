"""The three SDKs as their READMEs show them, in a loop with a semaphore: what a user would write.

Each opens a client and gives a function that asks about one image with the SDK's own typed call, in
the same words and with the same settings as ours. All of a loop's requests go out at once from the
start; nothing of it learns a limit, looks into a cache or writes to disk.
"""

from __future__ import annotations

import asyncio
import base64
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from benchmarks.served.question import ANSWER, LONGEST_ANSWER, QUESTION

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    from mllmsent.data.images import ImageRef

__all__ = [
    "Ask",
    "Connect",
    "Transport",
    "anthropic_messages",
    "bare_loop",
    "google",
    "openai_chat",
]

Ask: TypeAlias = "Callable[[bytes], Awaitable[str | None]]"
"""Asks about an image file's bytes; gives the text of the answer."""

Transport = Literal["default", "aiohttp", "httpx 0.28"]
Connect: TypeAlias = "Callable[[str, Transport], AbstractAsyncContextManager[Ask]]"
"""A client for an address."""


async def bare_loop(
    connect: Connect, url: str, images: list[ImageRef], in_flight: int, transport: Transport
) -> int:
    """Ask about every image.

    Returns:
        How many answers are right.
    """
    at_once = asyncio.Semaphore(in_flight)
    async with connect(url, transport) as ask:

        async def one(image: ImageRef) -> bool:
            async with at_once:
                return await ask(image.path.read_bytes()) == ANSWER

        return sum(await asyncio.gather(*map(one, images)))


@asynccontextmanager
async def openai_chat(url: str, transport: Transport) -> AsyncIterator[Ask]:
    """OpenAI's chat completions."""
    import openai  # noqa: PLC0415 - only the protocol that is measured

    client = openai.AsyncOpenAI(base_url=url, api_key="none", http_client=_http(openai, transport))

    async def ask(image: bytes) -> str | None:
        data = base64.b64encode(image).decode()
        completion = await client.chat.completions.create(
            model="benchmark",
            messages=[
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": QUESTION},
                        {
                            "type": "image_url",
                            "image_url": {"url": f"data:image/jpeg;base64,{data}"},
                        },
                    ],
                }
            ],
            temperature=0,
            max_completion_tokens=LONGEST_ANSWER,
        )
        return completion.choices[0].message.content

    async with client:
        yield ask


@asynccontextmanager
async def anthropic_messages(url: str, transport: Transport) -> AsyncIterator[Ask]:
    """Anthropic's Messages."""
    import anthropic  # noqa: PLC0415 - only the protocol that is measured

    client = anthropic.AsyncAnthropic(
        base_url=url, api_key="none", http_client=_http(anthropic, transport)
    )

    async def ask(image: bytes) -> str | None:
        data = base64.b64encode(image).decode()
        message = await client.messages.create(
            model="benchmark",
            max_tokens=LONGEST_ANSWER,
            messages=[
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": QUESTION},
                        {
                            "type": "image",
                            "source": {"type": "base64", "media_type": "image/jpeg", "data": data},
                        },
                    ],
                }
            ],
            extra_body={"temperature": 0},  # no parameter of its typed call any more
        )
        (block,) = message.content
        return block.text if block.type == "text" else None

    async with client:
        yield ask


@asynccontextmanager
async def google(
    url: str,
    transport: Transport,  # noqa: ARG001 - it chooses by itself
) -> AsyncIterator[Ask]:
    """Google's `generate_content`; its SDK takes the bytes and encodes them itself."""
    from google import genai  # noqa: PLC0415 - only the protocol that is measured
    from google.genai import types  # noqa: PLC0415 - likewise

    client = genai.Client(api_key="none", http_options=types.HttpOptions(base_url=url))
    config = types.GenerateContentConfig(temperature=0, max_output_tokens=LONGEST_ANSWER)

    async def ask(image: bytes) -> str | None:
        picture = types.Part.from_bytes(data=image, mime_type="image/jpeg")
        asked: list[types.PartUnionDict] = [QUESTION, picture]
        reply = await client.aio.models.generate_content(
            model="benchmark", contents=asked, config=config
        )
        return reply.text

    try:
        async with client.aio:
            yield ask
    finally:
        client.close()


def _http(sdk: Any, transport: Transport) -> Any:
    """What an SDK of that make is to send with; None for its own default."""
    if transport == "aiohttp":
        return sdk.DefaultAioHttpClient()
    if transport == "httpx 0.28":
        import httpx  # noqa: PLC0415 - no dependency of ours

        limits = httpx.Limits(max_connections=1000, max_keepalive_connections=100)
        return httpx.AsyncClient(limits=limits, timeout=60)
    return None
