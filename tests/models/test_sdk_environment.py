"""What SDKs read from the environment by themselves, and where it goes."""

import pytest
from tests.models.listener import Listener, listening
from tests.models.samples import one, request

PLANTED = "planted-0123456789abcdef"
VARIABLES = {
    "OPENAI_API_KEY": f"sk-{PLANTED}",
    "OPENAI_ADMIN_KEY": f"sk-admin-{PLANTED}",
    "OPENAI_ORG_ID": f"org-{PLANTED}",
    "OPENAI_PROJECT_ID": f"proj-{PLANTED}",
    "OPENAI_WEBHOOK_SECRET": f"whsec-{PLANTED}",
    "OPENAI_CUSTOM_HEADERS": (
        f"X-Gateway: {PLANTED}\nauthorization: Basic {PLANTED}\n openai-project : {PLANTED}\n"
        f"Cookie: a={PLANTED}\napi-key: {PLANTED}\nUser-Agent: {PLANTED}"
    ),
    "ANTHROPIC_API_KEY": f"sk-ant-{PLANTED}",
    "ANTHROPIC_AUTH_TOKEN": PLANTED,
    "ANTHROPIC_WEBHOOK_SIGNING_KEY": PLANTED,
    "ANTHROPIC_CUSTOM_HEADERS": (
        f"X-Gateway: {PLANTED}\nAuthorization: Basic {PLANTED}\nx-api-key: {PLANTED}"
    ),
    "AZURE_OPENAI_API_KEY": PLANTED,
    "AZURE_OPENAI_AD_TOKEN": PLANTED,
}
"""All that the SDKs of OpenAI and Anthropic look for."""

APIS = [
    ("openai/m", {}),
    ("openai/m", {"api": "responses"}),
    ("anthropic/m", {}),
    ("openrouter/m", {}),
    ("server/m", {}),
]


@pytest.fixture(autouse=True)
def _planted(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)


def heard(server: Listener) -> str:
    """All headers that came, once both the question and the list were asked for."""
    assert len(server.heard) == 2
    return repr(server.heard)


@pytest.mark.parametrize(("name", "options"), APIS)
def test_nothing_of_the_environment_goes_to_an_address_that_a_study_names(
    name: str, options: dict[str, str]
) -> None:
    with listening() as server:
        one(server.url, request("x"), name=name, **options)
        assert PLANTED not in heard(server)
        assert all(headers["authorization"] == "Bearer none" for _, headers in server.heard)


@pytest.mark.parametrize(("name", "options"), APIS)
def test_a_key_that_a_study_names_goes_alone(
    name: str, options: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who names one variable has not named the others."""
    monkeypatch.setenv("MY_KEY", "my-own-key")
    with listening() as server:
        one(server.url, request("x"), name=name, api_key_env="MY_KEY", **options)
        assert PLANTED not in heard(server)
        assert all(headers["authorization"] == "Bearer my-own-key" for _, headers in server.heard)


@pytest.mark.parametrize("provider", ["vllm", "server"])
def test_what_is_meant_for_one_provider_goes_to_no_other(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening() as server:
        monkeypatch.setenv(f"{provider.upper()}_BASE_URL", server.url)
        one(None, request("x"), name=f"{provider}/m")
        assert PLANTED not in heard(server)


def test_organization_and_headers_go_where_the_users_environment_sends_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with listening() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", f"X-Gateway: {PLANTED}")
        one(None, request("x"), name="openai/m")
        assert len(server.heard) == 2
        for _, headers in server.heard:
            assert headers["authorization"] == f"Bearer sk-{PLANTED}"
            assert headers["openai-organization"] == f"org-{PLANTED}"
            assert headers["openai-project"] == f"proj-{PLANTED}"
            assert headers["x-gateway"] == PLANTED


def test_headers_for_claude_go_where_the_users_environment_sends_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with listening() as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", f"X-Gateway: {PLANTED}")
        one(None, request("x"), name="anthropic/m")
        assert len(server.heard) == 2
        assert all(headers["x-gateway"] == PLANTED for _, headers in server.heard)


def test_what_the_protocol_needs_is_sent_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "anthropic-version: 2023-06-01\nContent-Type: x")
    with listening() as server:
        one(server.url, request("x"), name="anthropic/m")
        assert all("anthropic-version" in headers for _, headers in server.heard)
