"""What went wrong with a server of Google's Gemini protocol.

Errors are `google.rpc.Status`, with details that say more: <https://google.aip.dev/193>. Kinds of
errors: <https://ai.google.dev/gemini-api/docs/troubleshooting>. Nothing tells how limits stand but the
error of a request that would pass one.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mllmsent.models.served.failures import failed, failure_of_status, redact, said_of
from mllmsent.models.served.wire import Allowance, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from google.genai import errors

    from mllmsent.models.served.wire import Endpoint, Limited, Outcome

__all__ = ["failure"]

_WORDS = {
    "thinking": "reasoning_effort",
    "budget": "reasoning_effort",
    "max_output_tokens": "max_tokens",
    "response_schema": "json_schema",
    "response_json_schema": "json_schema",
    "response_mime_type": "json_schema",
    "json mode": "json_schema",
    "request payload size": "image size",
    "unable to process input image": "image size",
}
"""What Google calls things, and what studies do."""


def failure(error: errors.APIError, endpoint: Endpoint, *, served: Sequence[str] = ()) -> Outcome:
    """The outcome for an error of the SDK.

    Args:
        error: What the SDK raised.
        endpoint: Whom was asked.
        served: Names of the models the server has, where it told them.

    Returns:
        "failed", with what the provider said of its limits. What its filters take away is no error in
        this protocol.
    """
    status, said = error.code, said_of(error.message)
    if 300 <= status < 400:
        what = f"{status} sent elsewhere: a key is not sent along"
        return failed(
            what, Fault("lasting"), cure="Name where it leads in `base_url`", hopeless=True
        )
    told = list(_details(error.details))
    violations = list(_violations(told))
    daily = next((one for one in violations if "PerDay" in _text(one, "quotaId")), None)
    wait = next(filter(None, (_seconds(_text(one, "retryDelay")) for one in told)), None)
    no_credit = _no_credit(error, said, waits=bool(violations) or wait is not None)
    if status == 429 and daily is not None and not no_credit:
        limit = f"{_text(daily, 'quotaValue')} ({_text(daily, 'quotaId')})".strip()
        return failed(
            redact(f"429 daily limit: {limit}", endpoint.key),
            Fault("lasting"),
            cure="It ends at midnight, Pacific time: go on then, or raise it at the provider",
            hopeless=True,
        )
    reasons = {_text(one, "reason") for one in told}
    outcome = failure_of_status(
        status,
        said,
        _headers(error) if wait is None else {"retry-after": f"{wait:.9g}"},
        endpoint,
        served=served,
        complaint=" ".join(
            [said, *(ours for words, ours in _WORDS.items() if words in said.lower())]
        ),
        no_credit=no_credit,
        wrong_key="API_KEY_INVALID" in reasons,
    )
    return replace(outcome, allowances=tuple(_allowances(violations)))


def _no_credit(error: errors.APIError, said: str, *, waits: bool) -> bool:
    """Whether the account may ask nothing: it has no quota, or none that comes back by waiting."""
    if error.code == 400:
        return error.status == "FAILED_PRECONDITION"  # no free use here, and no billing
    if error.code != 429:
        return False
    # <https://github.com/gke-labs/gemini-for-kubernetes-development/issues/1215>
    return "limit: 0," in said or (not waits and "billing" in said.lower())


def _details(body: object) -> Iterator[Mapping[str, Any]]:
    """The details of an error, whatever came in their place."""
    inner = body.get("error") if isinstance(body, dict) else None
    told = inner.get("details") if isinstance(inner, dict) else None
    for one in told if isinstance(told, list) else []:
        if isinstance(one, dict):
            yield one


def _violations(details: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for one in details:
        told = one.get("violations")
        for violation in told if isinstance(told, list) else []:
            if isinstance(violation, dict):
                yield violation


def _allowances(violations: Sequence[Mapping[str, Any]]) -> Iterator[Allowance]:
    for one in violations:
        name, value = _text(one, "quotaId"), _text(one, "quotaValue")
        if "PerMinute" in name and re.fullmatch(r"[1-9][0-9]{0,14}", value):
            yield Allowance(_limited(name), float(value))


def _limited(quota: str) -> Limited:
    """What a quota is of; those on tokens count what is read, and not what is written."""
    if "InputToken" in quota:
        return "input tokens"
    return "tokens" if "Token" in quota else "requests"


def _seconds(duration: str) -> float | None:
    """Seconds of a `google.protobuf.Duration` in JSON: "26.5s"."""
    return float(duration[:-1]) if re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,9})?s", duration) else None


def _headers(error: errors.APIError) -> Mapping[str, str]:
    return getattr(error.response, "headers", None) or {}


def _text(holder: Mapping[str, Any], name: str) -> str:
    value = holder.get(name)
    return value if isinstance(value, str) else ""
