"""What the loopback server is asked: bodies of the OpenAI chat protocol, read and checked."""

from __future__ import annotations

import base64
import binascii
import functools
import re
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["ChatCall", "WireError", "image_size", "read_call"]

_ROLES = ("system", "developer", "user", "assistant")
_DATA_URI = re.compile(r"data:(image/[a-z0-9.+-]+);base64,", re.ASCII)
_SCHEMA_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}", re.ASCII)


class WireError(Exception):
    """A response that is an error, in OpenAI's form.

    Args:
        status: HTTP status.
        message: What is wrong, for people.
        kind: The error's `type`.
        param: The parameter at fault.
        code: The error's `code`.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.payload = {
            "error": {"message": message, "type": kind, "param": param, "code": code},
        }


@dataclass(frozen=True, slots=True)
class ChatCall:
    """A request that was read and found right.

    Attributes:
        model: The model asked for.
        text: Every text of the conversation, with a blank line between turns.
        images: Every image's bytes, in order.
        schema: JSON Schema of the wanted answer, or None.
        temperature: Sampling temperature; the protocol's default is 1.
        seed: Sampling seed, where one is given.
        max_tokens: Longest answer, where one is given.
        top_logprobs: How many log probabilities are wanted per token; None for none at all.
    """

    model: str
    text: str
    images: tuple[bytes, ...]
    schema: Mapping[str, Any] | None
    temperature: float
    seed: int | None
    max_tokens: int | None
    top_logprobs: int | None


def read_call(payload: object) -> ChatCall:
    """Read the body of POST /v1/chat/completions.

    Raises:
        WireError: With status 400, naming the parameter at fault.
    """
    if not isinstance(payload, dict):
        raise WireError(400, "The body must be a JSON object.")
    model = payload.get("model")
    if not isinstance(model, str) or not model:
        raise WireError(400, "You must provide a model parameter.", param="model")
    if payload.get("stream"):
        raise WireError(400, "This server does not stream.", param="stream")
    if payload.get("n") not in (None, 1):
        raise WireError(400, "This server gives one choice.", param="n")
    messages = payload.get("messages")
    if not isinstance(messages, list) or not messages:
        raise WireError(
            400, "'messages' must be a list with at least one message.", param="messages"
        )
    texts: list[str] = []
    images: list[bytes] = []
    for index, message in enumerate(messages):
        for part in _parts(message, f"messages[{index}]"):
            if isinstance(part, str):
                texts.append(part)
            else:
                images.append(part)
    temperature = _number(payload, "temperature", 0.0, 2.0)
    _number(payload, "top_p", 0.0, 1.0)
    limits = [_integer(payload, name, 1) for name in ("max_completion_tokens", "max_tokens")]
    wanted = _integer(payload, "top_logprobs", 0, 20)
    return ChatCall(
        model=model,
        text="\n\n".join(texts),
        images=tuple(images),
        schema=_schema(payload.get("response_format")),
        temperature=1.0 if temperature is None else temperature,
        seed=_integer(payload, "seed", -(2**63)),
        max_tokens=limits[0] if limits[0] is not None else limits[1],
        top_logprobs=(wanted or 0) if payload.get("logprobs") else None,
    )


def _parts(message: object, at: str) -> Iterator[str | bytes]:
    if not isinstance(message, dict):
        raise WireError(400, f"'{at}' must be an object.", param=at)
    role = message.get("role")
    if role not in _ROLES:
        raise WireError(
            400,
            f"Invalid value: {role!r}. Supported values are: {', '.join(_ROLES)}.",
            param=f"{at}.role",
            code="invalid_value",
        )
    content = message.get("content")
    if isinstance(content, str):
        yield content
        return
    if not isinstance(content, list) or not content:
        raise WireError(
            400,
            f"Invalid value for 'content' of '{at}': expected a string or a list of parts.",
            param=f"{at}.content",
        )
    for index, part in enumerate(content):
        yield _part(part, f"{at}.content[{index}]", may_show=role == "user")


def _part(part: object, at: str, *, may_show: bool) -> str | bytes:
    kind = part.get("type") if isinstance(part, dict) else None
    if isinstance(part, dict) and kind == "text":
        if not isinstance(part.get("text"), str):
            raise WireError(400, f"'{at}.text' must be a string.", param=f"{at}.text")
        return str(part["text"])
    if isinstance(part, dict) and kind == "image_url" and may_show:
        image = part.get("image_url")
        url = image.get("url") if isinstance(image, dict) else None
        if not isinstance(url, str):
            raise WireError(400, f"'{at}.image_url.url' must be a string.", param=at)
        return _image(url, at)
    raise WireError(
        400, f"Invalid content part of type {kind!r}.", param=f"{at}.type", code="invalid_value"
    )


def _image(url: str, at: str) -> bytes:
    match = _DATA_URI.match(url)
    if match is None:
        raise WireError(
            400,
            "Only images in data URIs are read: this server fetches nothing.",
            param=at,
            code="invalid_image_url",
        )
    try:
        data = base64.b64decode(url[match.end() :], validate=True)
    except (binascii.Error, ValueError):
        raise WireError(
            400, "The image is not valid base64.", param=at, code="invalid_base64"
        ) from None
    if image_size(data) is None:
        raise WireError(
            400,
            "You uploaded an unsupported image. It must be PNG, JPEG, GIF or WebP.",
            param=at,
            code="invalid_image_format",
        )
    return data


def _schema(wanted: object) -> Mapping[str, Any] | None:
    if wanted is None:
        return None
    kind = wanted.get("type") if isinstance(wanted, dict) else None
    if kind == "text":
        return None
    if isinstance(wanted, dict) and kind == "json_object":
        return {"type": "object"}
    if not isinstance(wanted, dict) or kind != "json_schema":
        raise WireError(400, f"Invalid response_format type {kind!r}.", param="response_format")
    inner = wanted.get("json_schema")
    if (
        not isinstance(inner, dict)
        or not isinstance(inner.get("name"), str)
        or _SCHEMA_NAME.fullmatch(inner["name"]) is None
        or not isinstance(inner.get("schema"), dict)
    ):
        raise WireError(
            400,
            "'json_schema' needs a name of letters, digits, dashes and underscores, and a schema.",
            param="response_format.json_schema",
        )
    return dict(inner["schema"])


def _number(payload: Mapping[str, Any], name: str, low: float, high: float) -> float | None:
    value = payload.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise WireError(400, f"'{name}' must be from {low:g} to {high:g}.", param=name)
    return float(value)


def _integer(payload: Mapping[str, Any], name: str, low: int, high: int = 2**63) -> int | None:
    value = payload.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise WireError(400, f"'{name}' must be an integer, at least {low}.", param=name)
    return value


def image_size(data: bytes) -> tuple[int, int] | None:
    """Width and height from a file's first bytes; None for what is not PNG, JPEG, GIF or WebP."""
    return _size_from_head(data[:65536])


@functools.lru_cache(maxsize=256)
def _size_from_head(head: bytes) -> tuple[int, int] | None:
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 - clients never need it

    try:
        with Image.open(BytesIO(head), formats=("PNG", "JPEG", "GIF", "WEBP")) as image:
            return image.size
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
