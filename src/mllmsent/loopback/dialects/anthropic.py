"""Anthropic: keys, errors, models, and what its images must be and cost."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mllmsent.loopback.call import text_tokens
from mllmsent.loopback.dialect import Provider
from mllmsent.loopback.images import decoded_image, image_size, image_type, tiles
from mllmsent.loopback.wire import ErrorBody, ErrorKind, WireError, record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.loopback.call import Call
    from mllmsent.loopback.rates import Standing

__all__ = ["ANTHROPIC", "check_sides", "input_tokens", "source_image"]

_LARGEST_IMAGE = 5 * 2**20
_MANY_IMAGES = 20
_LONGEST_SIDE, _LONGEST_SIDE_OF_MANY = 8000, 2000
_NATIVE_SIDE, _NATIVE_TOKENS, _PATCH = 1568, 1568, 28
# status, `type`, message
_ERRORS: dict[ErrorKind, tuple[int, str, str]] = {
    "invalid": (400, "invalid_request_error", "The request could not be read."),
    "no_key": (401, "authentication_error", "x-api-key header is required"),
    "unauthorized": (401, "authentication_error", "invalid x-api-key"),
    "forbidden": (
        403,
        "permission_error",
        "Your API key does not have permission to use the specified resource.",
    ),
    "not_found": (404, "not_found_error", "Not found"),
    "unknown_model": (404, "not_found_error", "model: {model}"),
    "too_large": (413, "request_too_large", "Request exceeds the maximum size"),
    "image_too_large": (
        400,
        "invalid_request_error",
        "messages.0.content.0.image.source.base64: image exceeds 5 MB maximum",
    ),
    "filtered": (400, "invalid_request_error", "Output blocked by content filtering policy"),
    "rate_limit": (
        429,
        "rate_limit_error",
        "This request would exceed your organization's rate limit of requests per minute.",
    ),
    "daily_limit": (
        400,
        "invalid_request_error",
        (
            "You have reached your specified API usage limits. You will regain access on the "
            "first day of next month at 00:00 UTC."
        ),
    ),
    "no_quota": (
        400,
        "invalid_request_error",
        (
            "Your credit balance is too low to access the Anthropic API. Please go to Plans & "
            "Billing to upgrade or purchase credits."
        ),
    ),
    "overloaded": (529, "overloaded_error", "Overloaded"),
    "server_error": (500, "api_error", "Internal server error"),
}


def source_image(value: object, at: str) -> bytes:
    """The image in a block's `source`.

    It must be base64 of at most 5 MB, and be what its `media_type` says.
    <https://platform.claude.com/docs/en/build-with-claude/vision>

    Raises:
        WireError: If it is not, or is an address to fetch or a file.
    """
    source = record(value, f"{at}.image.source")
    if source.get("type") != "base64":
        raise WireError(
            "invalid",
            f"{at}.image.source: only base64 images are read: this server fetches nothing.",
        )
    text = source.get("data")
    if isinstance(text, str) and len(text) > _LARGEST_IMAGE:
        raise WireError(
            "invalid",
            f"{at}.image.source.base64: image exceeds 5 MB maximum: {len(text)} bytes > "
            f"{_LARGEST_IMAGE} bytes",
        )
    try:
        data = decoded_image(text, at)
    except WireError:
        raise WireError(
            "invalid", f"{at}.image.source.base64.data: Could not process image"
        ) from None
    if source.get("media_type") != image_type(data):
        raise WireError(
            "invalid",
            f"{at}.image.source.base64.media_type: the image appears to be {image_type(data)}, "
            f"not {source.get('media_type')}",
        )
    return data


def check_sides(images: Mapping[str, bytes]) -> None:
    """Complain of images with too many pixels on a side: 8000, or 2000 where over 20 are sent.

    Args:
        images: Where each image stands in the body, and its bytes.

    Raises:
        WireError: If there are any, naming where each stands.
    """
    many = len(images) > _MANY_IMAGES
    limit = _LONGEST_SIDE_OF_MANY if many else _LONGEST_SIDE
    over = [at for at, data in images.items() if max(image_size(data) or (0, 0)) > limit]
    if over:
        raise WireError(
            "invalid",
            f"{over[0]}.image.source.base64.data: At least one of the image dimensions exceed max "
            f"allowed size{' for many-image requests' if many else ''}: {limit} pixels",
            details={
                "error_code": "image_dimensions_too_large",
                "max_side_length_pixels": limit,
                "paths": over,
            },
        )


def input_tokens(call: Call) -> int:
    """Tokens of a prompt: its text, and one for each patch of 28 pixels of an image.

    What is longer than 1568 pixels or has more than 1568 patches is made smaller first. That comes
    to about width * height / 750, as the documentation puts it too.
    <https://platform.claude.com/docs/en/build-with-claude/vision>
    """
    return text_tokens(call.text) + sum(map(_image_tokens, call.images)) + 8


def _image_tokens(data: bytes) -> int:
    size = image_size(data)
    if size is None:
        return 0
    width, height = size
    scale = min(1.0, _NATIVE_SIDE / max(size))
    count = tiles(width * scale, height * scale, _PATCH)
    scale *= min(1.0, math.sqrt(_NATIVE_TOKENS / count))
    while (count := tiles(width * scale, height * scale, _PATCH)) > _NATIVE_TOKENS:
        scale *= 0.999  # what padding adds
    return count


def _shown_key(headers: Mapping[str, str], query: Mapping[str, str]) -> str:  # noqa: ARG001 - a provider's form
    return headers.get("x-api-key") or headers.get("Authorization", "").removeprefix("Bearer ")


def _check_headers(headers: Mapping[str, str]) -> None:
    if not headers.get("anthropic-version"):
        raise WireError("invalid", "anthropic-version: header is required")


def _error(error: WireError, request_id: str) -> ErrorBody:
    usual, kind, message = _ERRORS[error.kind]
    inner: dict[str, Any] = {
        "type": kind,
        "message": error.message or message.replace("{model}", error.model),
    }
    if error.details is not None:
        inner["details"] = dict(error.details)
    payload = {"type": "error", "error": inner, "request_id": f"req_{request_id}"}
    return ErrorBody(error.status or usual, payload)


def _list_models(names: Sequence[str]) -> Mapping[str, Any]:
    return {
        "data": [_describe_model(name) for name in names],
        "has_more": False,
        "first_id": names[0] if names else None,
        "last_id": names[-1] if names else None,
    }


def _describe_model(name: str) -> Mapping[str, Any]:
    yes, no = {"supported": True}, {"supported": False}
    efforts = dict.fromkeys(("low", "medium", "high", "xhigh", "max"), yes)
    thinking = {"adaptive": yes, "enabled": yes, "disabled": yes, "between_tools": no}
    return {
        "id": name,
        "type": "model",
        "display_name": name,
        "created_at": "2025-01-01T00:00:00Z",
        "lifecycle": "active",
        "deprecated_at": None,
        "retires_at": None,
        "line": None,
        "max_input_tokens": 200_000,
        "max_tokens": 64_000,
        "capabilities": {
            "batch": yes,
            "citations": no,
            "code_execution": no,
            "context_management": no,
            "effort": yes | efforts,
            "image_input": yes,
            "pdf_input": no,
            "server_tools": no | {"code_execution": no, "web_search": no},
            "structured_outputs": yes,
            "thinking": yes | {"types": thinking},
        },
    }


def _rate_headers(standings: Mapping[str, Standing], now: float) -> Mapping[str, str]:
    named = dict(standings)
    if "tokens" in named:
        named["input-tokens"] = named["tokens"]
        named["tokens"] = min(  # the limit that is nearest
            named["tokens"], named["output-tokens"], key=lambda one: one.remaining
        )
    headers: dict[str, str] = {}
    for name, standing in named.items():
        # Tokens are told to the nearest thousand.
        remaining = int(standing.remaining) if name == "requests" else standing.remaining
        told = remaining if name == "requests" else round(remaining / 1000) * 1000
        reset = datetime.fromtimestamp(math.ceil(now + standing.full_s), UTC)
        headers[f"anthropic-ratelimit-{name}-limit"] = f"{standing.limit:.0f}"
        headers[f"anthropic-ratelimit-{name}-remaining"] = str(told)
        headers[f"anthropic-ratelimit-{name}-reset"] = reset.strftime("%Y-%m-%dT%H:%M:%SZ")
    return headers


def _over_limit(model: str, standing: Standing, wait_s: float) -> WireError:
    what = {"tokens": "input tokens", "output-tokens": "output tokens"}.get(
        standing.name, standing.name
    )
    return WireError(
        "rate_limit",
        f"This request would exceed your organization's rate limit of {standing.limit:,.0f} {what} "
        f"per minute (model: {model}). For details, refer to: "
        "https://docs.claude.com/en/api/rate-limits.",
        model=model,
        headers={"retry-after": str(math.ceil(wait_s))},
    )


ANTHROPIC = Provider(
    name="anthropic",
    base="/anthropic/v1",
    prefix="/anthropic/",
    shown_key=_shown_key,
    check_headers=_check_headers,
    error=_error,
    list_models=_list_models,
    describe_model=_describe_model,
    identify=lambda identifier: {"request-id": f"req_{identifier}"},
    rate_headers=_rate_headers,
    over_limit=_over_limit,
    tokens_taken=lambda call, tokens: tokens,  # noqa: ARG005 - what is answered is counted apart
    output_tokens=lambda payload: int(payload["usage"]["output_tokens"]),
    largest_body=32 * 2**20,
)
"""Anthropic, after its documentation: <https://platform.claude.com/docs/en/api/errors>."""
