"""Pictures and questions for a chat server."""

import base64
import io
from typing import Any

from PIL import Image

__all__ = ["SCHEMA_FORMAT", "jpeg", "question"]

SCHEMA_FORMAT: dict[str, Any] = {
    "type": "json_schema",
    "json_schema": {
        "name": "answer",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"label": {"type": "string", "enum": ["negative", "positive"]}},
            "required": ["label"],
            "additionalProperties": False,
        },
    },
}
"""A `response_format` that asks for a label."""


def jpeg(color: tuple[int, int, int] = (200, 120, 40), size: tuple[int, int] = (48, 32)) -> bytes:
    """A JPEG of one color."""
    buffer = io.BytesIO()
    Image.new("RGB", size, color).save(buffer, "JPEG")
    return buffer.getvalue()


def question(text: str = "Which sentiment?", image: bytes = jpeg()) -> list[dict[str, Any]]:
    """Messages, as the protocol has them, that ask a text about a picture."""
    url = "data:image/jpeg;base64," + base64.b64encode(image).decode()
    return [
        {"role": "system", "content": "You are a careful annotator."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": text},
                {"type": "image_url", "image_url": {"url": url}},
            ],
        },
    ]
