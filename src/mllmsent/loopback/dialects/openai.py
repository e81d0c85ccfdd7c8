"""What the OpenAI protocols share: keys, errors, models, tokens of images."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from mllmsent.loopback.call import text_tokens
from mllmsent.loopback.dialect import Provider
from mllmsent.loopback.images import decoded_image, image_size, tiles
from mllmsent.loopback.wire import ErrorBody, ErrorKind, WireError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.loopback.call import Call
    from mllmsent.loopback.rates import Standing

__all__ = ["OPENAI", "data_uri_image", "input_tokens", "json_schema"]

_DATA_URI = re.compile(r"data:(image/[a-z0-9.+-]+);base64,", re.ASCII)
_SCHEMA_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}", re.ASCII)
_SERVER_ERRORS = {
    500: "The server had an error while processing your request. Sorry about that!",
    502: "Bad gateway.",
    503: "The engine is currently overloaded, please try again later.",
}
# status, `type`, `code`, message
_ERRORS: dict[ErrorKind, tuple[int, str, str | None, str]] = {
    "invalid": (400, "invalid_request_error", None, "We could not read your request."),
    "no_key": (
        401,
        "invalid_request_error",
        None,
        "You didn't provide an API key. You need to provide it in an Authorization header.",
    ),
    "unauthorized": (401, "invalid_request_error", "invalid_api_key", ""),
    "forbidden": (
        403,
        "invalid_request_error",
        "unsupported_country_region_territory",
        "Country, region, or territory not supported",
    ),
    "not_found": (404, "invalid_request_error", None, "Not found."),
    "unknown_model": (
        404,
        "invalid_request_error",
        "model_not_found",
        "The model `{model}` does not exist or you do not have access to it.",
    ),
    "too_large": (413, "invalid_request_error", None, "Request body is too large."),
    "image_too_large": (
        400,
        "invalid_request_error",
        "image_too_large",
        "Image size exceeds the maximum allowed size.",
    ),
    "filtered": (
        400,
        "invalid_request_error",
        "content_policy_violation",
        "Your request was rejected as a result of our safety system.",
    ),
    "rate_limit": (
        429,
        "requests",
        "rate_limit_exceeded",
        "Rate limit reached for {model} on requests per min. Please try again later.",
    ),
    "daily_limit": (
        429,
        "requests",
        "rate_limit_exceeded",
        (
            "Rate limit reached for {model} on requests per day (RPD): Limit 10000, Used 10000, "
            "Requested 1. Please try again in 8.64s."
        ),
    ),
    "no_quota": (
        429,
        "insufficient_quota",
        "insufficient_quota",
        "You exceeded your current quota, please check your plan and billing details.",
    ),
    "overloaded": (
        503,
        "service_unavailable_error",
        "slow_down",
        (
            "The server is currently overloaded with other requests. Sorry about that! "
            "You can retry your request."
        ),
    ),
    "server_error": (500, "server_error", None, _SERVER_ERRORS[500]),
}


def data_uri_image(url: object, at: str) -> bytes:
    """The image in a data URI.

    Raises:
        WireError: If it is an address to fetch, or no image.
    """
    match = _DATA_URI.match(url) if isinstance(url, str) else None
    if match is None:
        raise WireError(
            "invalid",
            "Only images in data URIs are read: this server fetches nothing.",
            param=at,
            code="invalid_image_url",
        )
    return decoded_image(match.string[match.end() :], at)


def json_schema(wanted: Mapping[str, Any], at: str) -> Mapping[str, Any]:
    """The schema of what names one, `json_schema` in chat and `text.format` in responses.

    Raises:
        WireError: If name or schema are missing or wrong.
    """
    name, schema = wanted.get("name"), wanted.get("schema")
    if (
        not isinstance(name, str)
        or not _SCHEMA_NAME.fullmatch(name)
        or not isinstance(schema, dict)
    ):
        raise WireError(
            "invalid",
            "'json_schema' needs a name of letters, digits, dashes and underscores, and a schema.",
            param=at,
        )
    if wanted.get("strict"):
        _check_strict(schema, name, at)
    return dict(schema)


def _check_strict(schema: Mapping[str, Any], name: str, at: str) -> None:
    """Strict schemas have closed objects that require all they have.

    <https://developers.openai.com/api/docs/guides/structured-outputs>
    """
    properties = schema.get("properties") or {}
    fault = ""
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        fault = "'additionalProperties' is required to be supplied and to be false."
    elif missing := sorted(set(properties) - set(schema.get("required") or [])):
        fault = (
            "'required' is required to be supplied and to be an array including every key in "
            f"properties. Missing '{missing[0]}'."
        )
    if fault:
        raise WireError(
            "invalid",
            f"Invalid schema for response_format '{name}': {fault}",
            param=at,
            code="invalid_json_schema",
        )
    inner = [*properties.values(), *(schema.get("anyOf") or []), schema.get("items")]
    inner += (schema.get("$defs") or {}).values()
    for part in inner:
        if isinstance(part, dict):
            _check_strict(part, name, at)


def input_tokens(call: Call) -> int:
    """Tokens of a prompt: its text, and each image by the tiles of GPT-4o.

    The image is fitted into 2048 pixels and its short side into 768; it costs 85 tokens and 170 for
    each tile of 512 pixels, or 85 alone at low detail.
    <https://developers.openai.com/api/docs/guides/images-vision>
    """
    images = sum(
        _image_tokens(image, low=index in call.low_detail)
        for index, image in enumerate(call.images)
    )
    return text_tokens(call.text) + images + 8


def _image_tokens(data: bytes, *, low: bool) -> int:
    size = image_size(data)
    if size is None:
        return 0
    if low:
        return 85
    width, height = size
    scale = min(1.0, 2048 / max(width, height))
    scale = min(scale, 768 / min(width, height))
    return 85 + 170 * tiles(width * scale, height * scale, 512)


def _shown_key(headers: Mapping[str, str], query: Mapping[str, str]) -> str:  # noqa: ARG001 - a provider's form
    return headers.get("Authorization", "").removeprefix("Bearer ")


def _error(error: WireError, request_id: str) -> ErrorBody:  # noqa: ARG001 - likewise
    usual, kind, code, message = _ERRORS[error.kind]
    status = error.status or usual
    if error.kind == "server_error":
        message = _SERVER_ERRORS.get(status, "Server error.")
    elif error.kind == "unauthorized":
        # As the real one does, it says back a part of the key: callers must keep it from their logs.
        shown = error.shown
        message = (
            f"Incorrect API key provided: {shown[:7] + '***' + shown[-4:] if shown else 'none'}."
        )
    inner = {
        "message": error.message or message.replace("{model}", error.model),
        "type": kind,
        "param": error.param or ("messages" if error.kind == "image_too_large" else None),
        "code": error.code or code,
    }
    return ErrorBody(status, {"error": inner | dict(error.details or {})})


def _list_models(names: Sequence[str]) -> Mapping[str, Any]:
    return {"object": "list", "data": [_describe_model(name) for name in names]}


def _describe_model(name: str) -> Mapping[str, Any]:
    return {"id": name, "object": "model", "created": 1735689600, "owned_by": "mllmsent"}


def _rate_headers(standings: Mapping[str, Standing], now: float) -> Mapping[str, str]:  # noqa: ARG001 - likewise
    headers: dict[str, str] = {}
    for name, standing in standings.items():
        headers[f"x-ratelimit-limit-{name}"] = f"{standing.limit:.0f}"
        headers[f"x-ratelimit-remaining-{name}"] = str(int(standing.remaining))
        headers[f"x-ratelimit-reset-{name}"] = _duration(standing.full_s)
    return headers


def _duration(seconds: float) -> str:
    """Seconds as OpenAI writes them: `12ms`, `8.64s`, `6m0s`, `1h0m3s`."""
    if seconds < 1:
        return f"{math.ceil(seconds * 1000)}ms"
    whole, hours, minutes = round(seconds, 3), int(seconds // 3600), int(seconds // 60 % 60)
    if whole < 60:
        return f"{whole:g}s"
    return (f"{hours}h" if hours else "") + f"{minutes}m{whole % 60:g}s"


def _over_limit(model: str, standing: Standing, wait_s: float) -> WireError:
    short = "RPM" if standing.name == "requests" else "TPM"
    return WireError(
        "rate_limit",
        f"Rate limit reached for {model} in organization org-loopback on {standing.name} per min "
        f"({short}): Limit {standing.limit:.0f}, Used {standing.used:.0f}. Please try again in "
        f"{_duration(wait_s)}. Visit https://platform.openai.com/account/rate-limits to learn more.",
        model=model,
        headers={
            "retry-after": str(math.ceil(wait_s)),
            "retry-after-ms": str(math.ceil(wait_s * 1000)),
        },
        details={"type": standing.name},
    )


OPENAI = Provider(
    name="openai",
    base="/v1",
    prefix="/v1/",
    shown_key=_shown_key,
    check_headers=lambda headers: None,  # noqa: ARG005 - a provider's form
    error=_error,
    list_models=_list_models,
    describe_model=_describe_model,
    identify=lambda identifier: {"x-request-id": f"req_{identifier}"},
    rate_headers=_rate_headers,
    over_limit=_over_limit,
    tokens_taken=lambda call, tokens: max(tokens, call.max_tokens or 0),
)
"""OpenAI, and everything that speaks its protocols."""
