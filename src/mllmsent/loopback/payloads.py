"""What the loopback server sends back: payloads of the OpenAI chat protocol."""

from __future__ import annotations

import math
import re
import time
from typing import TYPE_CHECKING, Any, Literal

from mllmsent.loopback.chat_call import image_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mllmsent.loopback.answerer import Reply
    from mllmsent.loopback.chat_call import ChatCall

__all__ = ["FinishReason", "completion", "model_list"]

FinishReason = Literal["stop", "length", "content_filter"]

_CHARACTERS_PER_TOKEN = 4


def completion(
    call: ChatCall,
    reply: Reply,
    *,
    identifier: str,
    finish_reason: FinishReason = "stop",
    no_choices: bool = False,
    null_content: bool = False,
) -> dict[str, Any]:
    """A chat completion.

    Args:
        call: What was asked.
        reply: The answer.
        identifier: The completion's `id`.
        finish_reason: Why the answer ends; "length" too where `call.max_tokens` cuts it.
        no_choices: Leave `choices` empty.
        null_content: Leave the message without content.
    """
    text = reply.text
    if call.max_tokens is not None and _tokens(text) > call.max_tokens:
        text, finish_reason = text[: call.max_tokens * _CHARACTERS_PER_TOKEN], "length"
    message: dict[str, Any] = {
        "role": "assistant",
        "content": None if null_content or reply.refusal else text,
        "refusal": reply.refusal or None,
        "annotations": [],
    }
    if reply.reasoning:
        message["reasoning_content"] = reply.reasoning
    logprobs = None
    if call.top_logprobs is not None and message["content"]:
        logprobs = {"content": list(_logprobs(text, reply, call.top_logprobs)), "refusal": None}
    choice = {
        "index": 0,
        "message": message,
        "logprobs": logprobs,
        "finish_reason": finish_reason,
    }
    reasoning_tokens = _tokens(reply.reasoning)
    written = _tokens(text if message["content"] else reply.refusal) + reasoning_tokens
    read = _tokens(call.text) + sum(_image_tokens(image) for image in call.images) + 8
    return {
        "id": identifier,
        "object": "chat.completion",
        "created": int(time.time()),
        "model": call.model,
        "choices": [] if no_choices else [choice],
        "usage": {
            "prompt_tokens": read,
            "completion_tokens": written,
            "total_tokens": read + written,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": reasoning_tokens,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        },
        "service_tier": "default",
        "system_fingerprint": "fp_loopback",
    }


def model_list(models: Sequence[str]) -> dict[str, Any]:
    """The body of GET /v1/models."""
    return {
        "object": "list",
        "data": [
            {"id": name, "object": "model", "created": 1735689600, "owned_by": "mllmsent"}
            for name in models
        ],
    }


def _logprobs(text: str, reply: Reply, wanted: int) -> Iterator[dict[str, Any]]:
    # Tokens are words here. Of all but the first, only the word that was said is known.
    for index, word in enumerate(re.findall(r"\s*\S+|\s+$", text)):
        chances = (reply.first_token or {}) if index == 0 else {}
        chances = chances or {word: 1.0}
        ranked = sorted(chances.items(), key=lambda chance: -chance[1])[:wanted]
        yield _token(word, chances.get(word.strip(), chances.get(word, 0.0))) | {
            "top_logprobs": [_token(token, chance) for token, chance in ranked]
        }


def _token(word: str, chance: float) -> dict[str, Any]:
    # -9999 stands for "practically never" in this protocol.
    logprob = max(math.log(chance), -9999.0) if chance > 0 else -9999.0
    return {"token": word, "logprob": logprob, "bytes": list(word.encode())}


def _tokens(text: str) -> int:
    return math.ceil(len(text) / _CHARACTERS_PER_TOKEN)


def _image_tokens(data: bytes) -> int:
    size = image_size(data)
    if size is None:
        return 0
    # A base and so much per tile of 512 pixels, the image fitted into 2048 and its short side
    # into 768 first: the manner of the models this protocol was made for.
    width, height = size
    scale = min(1.0, 2048 / max(width, height), 768 / min(width, height))
    tiles = math.ceil(width * scale / 512) * math.ceil(height * scale / 512)
    return 85 + 170 * max(tiles, 1)
