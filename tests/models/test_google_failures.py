"""Google's errors: what passes, what lasts, and what it says of its limits."""

from typing import Any

import pytest
from google.genai import errors
from hypothesis import given
from hypothesis import strategies as st

from mllmsent.models.served.google.failures import failure
from mllmsent.models.served.options import GoogleOptions, ServedProvider
from mllmsent.models.served.wire import Allowance, Endpoint, Outcome

RPC = "type.googleapis.com/google.rpc."
ENDPOINT = Endpoint(
    url="http://host",
    address="http://host",
    model="gemini-2.5-por",
    key="secret-key-of-mine",
    key_env="MY_KEY",
    is_near=False,
    most_at_once=1,
    provider=ServedProvider(title="A host", base_url="http://host"),
    options=GoogleOptions(),
)
QUOTA = "You exceeded your current quota, please check your plan and billing details."


def told(code: int, message: str, *details: Any, status: str = "", **others: Any) -> Outcome:
    """The outcome of an error, in the form that the API gives it."""
    inner = {"code": code, "message": message, "status": status, "details": list(details)}
    return failure(errors.ClientError(code, {"error": inner}), ENDPOINT, **others)


def quota(*violations: tuple[str, str]) -> dict[str, Any]:
    named = [{"quotaId": name, "quotaValue": value} for name, value in violations]
    return {"@type": f"{RPC}QuotaFailure", "violations": named}


def wait(delay: str) -> dict[str, Any]:
    return {"@type": f"{RPC}RetryInfo", "retryDelay": delay}


def test_a_limit_of_the_minute_says_how_much_and_when_again() -> None:
    outcome = told(
        429,
        QUOTA,
        quota(
            ("GenerateRequestsPerMinutePerProjectPerModel-FreeTier", "15"),
            ("GenerateContentInputTokensPerModelPerMinute-FreeTier", "250000"),
        ),
        wait("26.5s"),
    )
    assert outcome.fault is not None
    assert (outcome.fault.kind, outcome.fault.retry_after_s) == ("rate_limit", 26.5)
    # Thoughts, which are written, are many more than what is read, and do not count.
    assert outcome.allowances == (Allowance("requests", 15.0), Allowance("input tokens", 250000.0))
    assert outcome.response.error.endswith("It asks to wait 26.5 s")


def test_a_limit_of_the_day_is_not_waited_for_though_it_says_so() -> None:
    outcome = told(
        429,
        QUOTA,
        quota(
            ("GenerateRequestsPerMinutePerProjectPerModel", "15"),
            ("GenerateRequestsPerDayPerProjectPerModel", "250"),
        ),
        wait("26s"),
    )
    assert outcome.fault is not None
    assert not outcome.fault.passes
    assert outcome.response.hopeless
    assert outcome.response.error == (
        "429 daily limit: 250 (GenerateRequestsPerDayPerProjectPerModel). It ends at midnight, "
        "Pacific time: go on then, or raise it at the provider"
    )


@pytest.mark.parametrize(
    ("message", "details", "passes"),
    [
        # Nothing to wait for, and money is spoken of.
        (QUOTA, (), False),
        # The free tier has none of this model.
        (f"{QUOTA} limit: 0, model: m", (quota(("GenerateRequestsPerDay", "")), wait("5s")), False),
        # Google itself has too much to do.
        ("Resource has been exhausted (e.g. check quota).", (), True),
    ],
)
def test_an_empty_account_is_told_from_a_busy_provider(
    message: str, details: tuple[Any, ...], passes: bool
) -> None:
    outcome = told(429, message, *details)
    assert outcome.fault is not None
    assert (outcome.fault.passes, outcome.response.hopeless) == (passes, not passes)
    assert ("429 no credit" in outcome.response.error) is not passes


@pytest.mark.parametrize(
    ("code", "message", "status", "reason", "error"),
    [
        (400, "API key not valid.", "INVALID_ARGUMENT", "API_KEY_INVALID", "400 not allowed: API"),
        (403, "Your API key was reported as leaked.", "PERMISSION_DENIED", "", "403 not allowed"),
        (400, "User location is not supported", "FAILED_PRECONDITION", "", "400 no credit: User"),
    ],
)
def test_what_every_request_would_meet_is_hopeless(
    code: int, message: str, status: str, reason: str, error: str
) -> None:
    info = {"@type": f"{RPC}ErrorInfo", "reason": reason}
    response = told(code, message, info, status=status).response
    assert response.hopeless
    assert response.error.startswith(error)


@pytest.mark.parametrize(
    ("message", "cure"),
    [
        ("Thinking level is not supported for this model.", "`reasoning_effort`"),
        ("Budget 0 is invalid. This model only works in thinking mode.", "`reasoning_effort`"),
        ("max_output_tokens must be below 65537", "`max_tokens`"),
        ("temperature must be in [0, 2]", "`temperature`"),
        ("JSON mode is not enabled for this model", "`structured_answers: false`"),
        ("Request payload size exceeds the limit: 20971520 bytes.", "`max_image_bytes`"),
        ("Unable to process input image. Please retry or report.", "`max_image_bytes`"),
    ],
)
def test_a_setting_is_complained_of_by_the_name_that_studies_have(message: str, cure: str) -> None:
    response = told(400, message, status="INVALID_ARGUMENT").response
    assert response.error.startswith("400 bad request: ")
    assert cure in response.error.rpartition(". ")[2]
    assert not response.hopeless


def test_a_wrong_name_is_answered_with_the_nearest() -> None:
    response = told(404, "models/gemini-2.5-por is not found", served=["gemini-2.5-pro"]).response
    assert "Did you mean 'gemini-2.5-pro'" in response.error


def test_the_key_is_in_no_message() -> None:
    assert ENDPOINT.key not in told(400, f"{ENDPOINT.key} is no key").response.error


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["error", "details", "violations", "quotaId", "quotaValue", "retryDelay", "message"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(code=st.sampled_from([302, 400, 403, 404, 429, 500, 503]), body=JSON)
def test_whatever_stands_in_an_error_it_becomes_a_failure(code: int, body: Any) -> None:
    outcome = failure(errors.APIError(code, body), ENDPOINT)
    assert outcome.response.status == "failed"
    assert outcome.fault is not None
    assert all(one.per_minute > 0 for one in outcome.allowances)
