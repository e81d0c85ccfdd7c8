"""Google's Gemini API: keys, errors, models, tokens of images."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mllmsent.loopback.call import text_tokens
from mllmsent.loopback.dialect import Provider
from mllmsent.loopback.images import image_size, tiles
from mllmsent.loopback.wire import ErrorBody, ErrorKind, WireError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.loopback.call import Call
    from mllmsent.loopback.rates import Standing

__all__ = ["GOOGLE", "IMAGE_TOKENS", "image_tokens", "input_tokens", "member", "unknown_members"]

IMAGE_TOKENS = 258
# <https://blog.google/innovation-and-ai/technology/developers-tools/gemini-api-new-file-limits>
_LARGEST_BODY = 100 * 2**20
_SHORTEST_DEADLINE_S = 10
_SMALL, _SMALLEST_TILE, _LARGEST_TILE = 384, 256, 768
_RPC = "type.googleapis.com/google.rpc."
_METRIC = "generativelanguage.googleapis.com/generate_content_requests"
_INPUT_METRIC = "generativelanguage.googleapis.com/generate_content_input_token_count"
_EXHAUSTED = (
    "You exceeded your current quota, please check your plan and billing details. For more "
    "information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits."
)
_STATUSES = {
    400: "INVALID_ARGUMENT",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    504: "DEADLINE_EXCEEDED",
}
# HTTP status, message
_ERRORS: dict[ErrorKind, tuple[int, str]] = {
    "invalid": (400, "Request contains an invalid argument."),
    "no_key": (
        403,
        (
            "Method doesn't allow unregistered callers (callers without established identity). "
            "Please use API Key or other form of API consumer identity to call this API."
        ),
    ),
    "unauthorized": (400, "API key not valid. Please pass a valid API key."),
    "forbidden": (403, "The caller does not have permission"),
    "not_found": (404, "Requested entity was not found."),
    "unknown_model": (
        404,
        (
            "models/{model} is not found for API version v1beta, or is not supported for "
            "generateContent. Call ListModels to see the list of available models and their "
            "supported methods."
        ),
    ),
    "too_large": (400, "Request payload size exceeds the limit: {limit} bytes."),
    "image_too_large": (400, "Unable to process input image. Please retry or report."),
    "filtered": (400, "The request was blocked."),
    "rate_limit": (429, _EXHAUSTED),
    "daily_limit": (429, _EXHAUSTED),
    "no_quota": (429, _EXHAUSTED),
    "overloaded": (503, "The model is overloaded. Please try again later."),
    "server_error": (500, "An internal error has occurred. Please retry or report."),
}


def member(payload: Mapping[str, Any], name: str) -> Any:
    """A member by its JSON name, `maxOutputTokens`, or by its field's, `max_output_tokens`.

    Protocol Buffers take both: <https://protobuf.dev/programming-guides/json/>
    """
    return payload.get(name, payload.get(_field_name(name)))


def unknown_members(payload: Mapping[str, Any], known: frozenset[str], at: str = "") -> None:
    """Complain of members that a message has no field for.

    Raises:
        WireError: Naming the first of them.
    """
    names = known | {_field_name(name) for name in known}
    for name in payload:
        if name not in names:
            where = f" at '{at}'" if at else ""
            raise WireError(
                "invalid",
                f'Invalid JSON payload received. Unknown name "{name}"{where}: Cannot find field.',
            )


def _field_name(name: str) -> str:
    return re.sub(r"[A-Z]", lambda letter: "_" + letter[0].lower(), name)


def input_tokens(call: Call) -> int:
    """Tokens of a prompt: its text, and its images."""
    return text_tokens(call.text) + image_tokens(call.images) + 8


def image_tokens(images: Sequence[bytes]) -> int:
    """Tokens of images: 258 for a small one, and 258 for each tile of a larger one.

    Small is what has no side over 384 pixels. A tile's side is the shorter side divided by 1.5, at
    least 256 and at most 768 pixels: 960 by 540 makes six tiles.
    <https://ai.google.dev/gemini-api/docs/image-understanding>
    """
    return sum(IMAGE_TOKENS * _tiles(image) for image in images)


def _tiles(data: bytes) -> int:
    size = image_size(data)
    if size is None:
        return 0
    if max(size) <= _SMALL:
        return 1
    side = min(max(int(min(size) / 1.5), _SMALLEST_TILE), _LARGEST_TILE)
    return tiles(*size, side)


def _shown_key(headers: Mapping[str, str], query: Mapping[str, str]) -> str:
    return headers.get("x-goog-api-key") or query.get("key", "")


def _check_headers(headers: Mapping[str, str]) -> None:
    """The SDK tells its timeout: <https://github.com/livekit/agents/issues/3723>."""
    told = headers.get("x-server-timeout", "")
    if told.isdecimal() and int(told) < _SHORTEST_DEADLINE_S:
        raise WireError(
            "invalid",
            f"Manually set deadline {told}s is too short. Minimum allowed deadline is "
            f"{_SHORTEST_DEADLINE_S}s.",
        )


def _error(error: WireError, request_id: str) -> ErrorBody:  # noqa: ARG001 - a provider's form
    usual, message = _ERRORS[error.kind]
    status = error.status or usual
    name = _STATUSES.get(status, "UNAVAILABLE" if status > 500 else "INVALID_ARGUMENT")
    limit = (error.details or {}).get("limit", _LARGEST_BODY)
    usual_words = message.replace("{model}", error.model).replace("{limit}", str(limit))
    inner: dict[str, Any] = {
        "code": status,
        "message": error.message or usual_words,
        "status": name,
    }
    details = list(_details(error))
    return ErrorBody(status, {"error": inner | ({"details": details} if details else {})})


def _details(error: WireError) -> Sequence[Mapping[str, Any]]:
    if error.kind == "unauthorized":
        reason = {"reason": "API_KEY_INVALID", "domain": "googleapis.com"}
        service = {"metadata": {"service": "generativelanguage.googleapis.com"}}
        return [{"@type": f"{_RPC}ErrorInfo"} | reason | service]
    if error.kind not in {"rate_limit", "daily_limit", "no_quota"}:
        return []
    link = {
        "description": "Learn more about Gemini API quotas",
        "url": "https://ai.google.dev/gemini-api/docs/rate-limits",
    }
    help_ = {"@type": f"{_RPC}Help", "links": [link]}
    if error.kind == "no_quota":  # told from a passed limit by what is not there
        return [help_]
    day = error.kind == "daily_limit"
    given = error.details or {}
    violation = {
        "quotaMetric": given.get("quotaMetric", _METRIC),
        "quotaId": given.get(
            "quotaId", f"GenerateRequestsPer{'Day' if day else 'Minute'}PerProjectPerModel"
        ),
        "quotaDimensions": {"location": "global", "model": error.model},
        "quotaValue": str(given.get("quotaValue", 250 if day else 60)),
    }
    failure = {"@type": f"{_RPC}QuotaFailure", "violations": [violation]}
    # A passed limit of the day is told to come back in seconds too, though that does not help.
    wait = 26.0 if day else error.retry_s
    retry = (
        {"@type": f"{_RPC}RetryInfo", "retryDelay": f"{wait:.9g}s"} if wait is not None else None
    )
    return [failure, help_, *([retry] if retry else [])]


def _list_models(names: Sequence[str]) -> Mapping[str, Any]:
    return {"models": [_describe_model(name) for name in names]}


def _describe_model(name: str) -> Mapping[str, Any]:
    return {
        "name": f"models/{name}",
        "version": "001",
        "displayName": name,
        "description": "Answers on this machine.",
        "inputTokenLimit": 1_048_576,
        "outputTokenLimit": 65_536,
        "supportedGenerationMethods": [
            "generateContent",
            "countTokens",
            "batchGenerateContent",
        ],
        "temperature": 1,
        "topP": 0.95,
        "topK": 64,
        "maxTemperature": 2,
        "thinking": True,
    }


def _over_limit(model: str, standing: Standing, wait_s: float) -> WireError:
    requests = standing.name == "requests"
    metric = _METRIC if requests else _INPUT_METRIC
    quota = (
        "GenerateRequestsPerMinutePerProjectPerModel"
        if requests
        else "GenerateContentInputTokensPerModelPerMinute"
    )
    return WireError(
        "rate_limit",
        f"{_EXHAUSTED}\n* Quota exceeded for metric: {metric}, limit: {standing.limit:.0f}, "
        f"model: {model}\nPlease retry in {wait_s:.9g}s.",
        model=model,
        retry_s=wait_s,
        details={
            "quotaMetric": metric,
            "quotaId": quota,
            "quotaValue": f"{standing.limit:.0f}",
        },
    )


GOOGLE = Provider(
    name="google",
    base="/google/{version:v1(?:alpha|beta)?}",
    prefix="/google/",
    shown_key=_shown_key,
    check_headers=_check_headers,
    error=_error,
    list_models=_list_models,
    describe_model=_describe_model,
    identify=lambda identifier: {},  # noqa: ARG005 - responses have their name in the body
    rate_headers=lambda standings, now: {},  # noqa: ARG005 - it tells how limits stand nowhere
    over_limit=_over_limit,
    tokens_taken=lambda call, tokens: tokens,  # noqa: ARG005 - only input is limited
    largest_body=_LARGEST_BODY,
    retry_headers=False,
)
"""The Gemini API, with errors as `google.rpc.Status`: <https://google.aip.dev/193>."""
