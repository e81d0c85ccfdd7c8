"""Google's Gemini: POST /v1beta/models/{model}:generateContent."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from mllmsent.loopback.call import Call, Outcome, text_tokens
from mllmsent.loopback.dialect import Dialect, TokenCounter
from mllmsent.loopback.dialects.google import (
    GOOGLE,
    image_tokens,
    input_tokens,
    member,
    unknown_members,
)
from mllmsent.loopback.dialects.google_schema import wanted_schema
from mllmsent.loopback.images import decoded_image, image_type
from mllmsent.loopback.logprobs import logprobs
from mllmsent.loopback.wire import WireError, integer, number, record

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["GOOGLE_GENERATE"]

_KNOWN = frozenset(
    {
        "cachedContent",
        "contents",
        "generationConfig",
        "labels",
        "model",
        "safetySettings",
        "serviceTier",
        "store",
        "systemInstruction",
        "toolConfig",
        "tools",
    }
)
_KNOWN_CONFIG = frozenset(
    {
        "audioTranscriptionConfig",
        "candidateCount",
        "continuationToken",
        "enableEnhancedCivicAnswers",
        "frequencyPenalty",
        "imageConfig",
        "logprobs",
        "maxOutputTokens",
        "mediaResolution",
        "presencePenalty",
        "responseJsonSchema",
        "responseLogprobs",
        "responseMimeType",
        "responseModalities",
        "responseSchema",
        "seed",
        "speechConfig",
        "stopSequences",
        "temperature",
        "thinkingConfig",
        "topK",
        "topP",
    }
)
_LEVELS = {"MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH", "THINKING_LEVEL_UNSPECIFIED"}


def _read(body: object, model_in_path: str) -> Call:
    payload = record(body)
    unknown_members(payload, _KNOWN)
    texts: list[str] = []
    images: list[bytes] = []
    if (system := member(payload, "systemInstruction")) is not None:
        _read_content(system, "system_instruction", texts, [])
    contents = payload.get("contents")
    if not isinstance(contents, list) or not contents:
        raise WireError("invalid", "* GenerateContentRequest.contents: contents is not specified\n")
    for index, content in enumerate(contents):
        _read_content(content, f"contents[{index}]", texts, images)
    config = record(member(payload, "generationConfig") or {}, "generation_config")
    unknown_members(config, _KNOWN_CONFIG, "generation_config")
    plain = {name: member(config, name) for name in _KNOWN_CONFIG}
    temperature = number(plain, "temperature", 0.0, 2.0)
    number(plain, "topP", 0.0, 1.0)
    if (integer(plain, "candidateCount", 1) or 1) > 1:
        raise WireError("invalid", "Multiple candidates is not enabled for this model")
    return Call(
        model=model_in_path,
        text="\n\n".join(texts),
        images=tuple(images),
        schema=wanted_schema(plain),
        temperature=1.0 if temperature is None else temperature,
        seed=integer(plain, "seed", -(2**31), 2**31 - 1),
        max_tokens=integer(plain, "maxOutputTokens", 1),
        top_logprobs=_top_logprobs(plain),
        shows_reasoning=_shows_thoughts(plain["thinkingConfig"]),
    )


def _read_content(value: object, at: str, texts: list[str], images: list[bytes]) -> None:
    content = record(value, at)
    unknown_members(content, frozenset({"parts", "role"}), at)
    if content.get("role", "user") not in {"user", "model"} and at != "system_instruction":
        raise WireError("invalid", "Please use a valid role: user, model.")
    parts = content.get("parts")
    if not isinstance(parts, list) or not parts:
        raise WireError(
            "invalid", f"* GenerateContentRequest.{at}.parts: contents.parts must not be empty.\n"
        )
    for index, raw in enumerate(parts):
        place = f"{at}.parts[{index}]"
        part = record(raw, place)
        blob = member(part, "inlineData")
        if isinstance(part.get("text"), str):
            texts.append(part["text"])
        elif blob is not None:
            images.append(_image(record(blob, place), place))
        else:
            raise WireError(
                "invalid",
                f"* GenerateContentRequest.{place}.data: required oneof field 'data' must have one "
                "initialized field\n",
            )


def _image(blob: Mapping[str, Any], at: str) -> bytes:
    kind = member(blob, "mimeType")
    if not isinstance(kind, str) or not kind.startswith("image/"):
        raise WireError("invalid", f"Unsupported MIME type: {kind}")
    text = blob.get("data")
    if isinstance(text, str):  # both alphabets of base64 are taken, and missing padding
        text = text.replace("-", "+").replace("_", "/")
        text += "=" * (-len(text) % 4)
    try:
        data = decoded_image(text, at)
    except WireError:
        raise WireError("image_too_large") from None
    if not image_type(data):
        raise WireError("image_too_large")
    return data


def _top_logprobs(config: Mapping[str, Any]) -> int | None:
    wanted = integer(config, "logprobs", 0, 20)
    if config["responseLogprobs"]:
        return wanted or 0
    if wanted is not None:
        raise WireError(
            "invalid", "Invalid value: logprobs can only be set when response_logprobs is true."
        )
    return None


def _shows_thoughts(value: object) -> bool:
    config = record(value or {}, "generation_config.thinking_config")
    known = frozenset({"includeThoughts", "thinkingBudget", "thinkingLevel"})
    unknown_members(config, known, "generation_config.thinking_config")
    integer({"thinkingBudget": member(config, "thinkingBudget")}, "thinkingBudget", -1)
    level = member(config, "thinkingLevel")
    if level is not None and str(level).upper() not in _LEVELS:
        raise WireError("invalid", f"Invalid value at 'thinking_level': {level!r}")
    if level is not None and member(config, "thinkingBudget") is not None:
        raise WireError(
            "invalid", "You can only set only one of thinking budget and thinking level."
        )
    return bool(member(config, "includeThoughts"))


def _render(call: Call, outcome: Outcome) -> Mapping[str, Any]:
    reply = outcome.reply
    text, is_cut = outcome.said(call)
    blocked, declined = outcome.ending == "filtered", bool(reply.refusal)
    parts: list[dict[str, Any]] = []
    if reply.reasoning and call.shows_reasoning:
        parts.append({"text": reply.reasoning, "thought": True})
    parts.append({"text": text})
    candidate: dict[str, Any] = {
        "content": {"parts": parts, "role": "model"},
        "finishReason": "MAX_TOKENS" if is_cut else "STOP",
        "index": 0,
    }
    if declined:
        rating = {"category": "HARM_CATEGORY_HARASSMENT", "probability": "HIGH", "blocked": True}
        candidate = {"finishReason": "SAFETY", "index": 0, "safetyRatings": [rating]}
    elif outcome.missing == "content":
        candidate["content"] = {"role": "model"}
    elif call.top_logprobs is not None:
        candidate |= _chances(text, outcome, call.top_logprobs)
    said = "" if blocked or declined or outcome.missing else text
    payload: dict[str, Any] = {
        "candidates": [candidate],
        "usageMetadata": _usage(call, outcome, said),
        "modelVersion": call.model,
        "responseId": outcome.identifier,
    }
    if blocked or outcome.missing == "choices":
        del payload["candidates"]
    if blocked:
        payload["promptFeedback"] = {"blockReason": "PROHIBITED_CONTENT"}
    return payload


def _chances(text: str, outcome: Outcome, wanted: int) -> dict[str, Any]:
    numbers = itertools.count(1)

    def candidate(token: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "token": token["token"],
            "tokenId": next(numbers),
            "logProbability": token["logprob"],
        }

    tokens = list(logprobs(text, outcome.reply, wanted))
    whole = sum(token["logprob"] for token in tokens)
    result: dict[str, Any] = {
        "chosenCandidates": [candidate(token) for token in tokens],
        "logProbabilitySum": whole,
    }
    if wanted:
        result["topCandidates"] = [
            {"candidates": [candidate(one) for one in token["top_logprobs"]]} for token in tokens
        ]
    return {"avgLogprobs": whole / max(len(tokens), 1), "logprobsResult": result}


def _usage(call: Call, outcome: Outcome, said: str) -> dict[str, Any]:
    read, shown = input_tokens(call), image_tokens(call.images)
    thought, written = text_tokens(outcome.reply.reasoning), text_tokens(said)
    usage: dict[str, Any] = {
        "promptTokenCount": read,
        "totalTokenCount": read + thought + written,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": read - shown}],
    }
    if shown:
        usage["promptTokensDetails"].append({"modality": "IMAGE", "tokenCount": shown})
    # What is zero is left out, as Protocol Buffers do.
    cached = int(read * outcome.cached_share)
    named = {"candidatesTokenCount": written, "thoughtsTokenCount": thought}
    named["cachedContentTokenCount"] = cached
    return usage | {name: value for name, value in named.items() if value}


def _read_counted(body: object, model_in_path: str) -> Call:
    payload = record(body)
    inner = member(payload, "generateContentRequest")
    return _read(payload if inner is None else inner, model_in_path)


GOOGLE_GENERATE = Dialect(
    name="google-generate",
    provider=GOOGLE,
    path="/models/{model}:generateContent",
    conversation=frozenset({"contents", "model", "systemInstruction", "system_instruction"}),
    read=_read,
    render=_render,
    input_tokens=input_tokens,
    counter=TokenCounter(
        "/models/{model}:countTokens", _read_counted, lambda tokens: {"totalTokens": tokens}
    ),
    schema_parameter="response_json_schema",
)
"""The protocol of Gemini."""
