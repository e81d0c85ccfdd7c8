"""Azure OpenAI: an address and deployments of one's own, and filters before the model."""

from typing import Any

import pytest
from tests.models.listener import listening
from tests.models.samples import one as ask_one
from tests.models.samples import request

from mllmsent.foundation import InputError
from mllmsent.loopback import ConstantAnswerer, serve
from mllmsent.models import Response, get_model
from mllmsent.models.served.address import is_told_by_user
from mllmsent.models.served.openai.reply import read_reply
from mllmsent.models.served.providers import get_provider

KEY = "azure-planted-0123456789abcdef"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def one(**options: Any) -> Response:
    """Ask a deployment, wherever the environment or the options say that it is."""
    return ask_one(None, request("x"), name="azure/my-deployment", max_retries=0, **options)


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_a_deployment_is_asked_with_the_variables_that_users_of_azure_have(
    api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(ConstantAnswerer("positive"), api_key=KEY) as server:
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", server.url)
        monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)
        response = one(api=api)
        (entry,) = server.log.entries
    assert (response.text, entry.model, entry.protocol) == (
        "positive",
        "my-deployment",
        f"openai-{api}",
    )


@pytest.mark.parametrize(
    "endpoint",
    ["https://mine.openai.azure.com", "https://mine.openai.azure.com/openai/v1/"],
)
def test_the_way_to_the_api_is_known(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The portal shows the address of the resource; documentation, that of the API."""
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", endpoint)
    model = get_model("azure/my-deployment")
    assert model.identity["address"] == "https://mine.openai.azure.com/openai/v1"


def test_without_an_address_nothing_is_begun() -> None:
    message = "No address is told for Azure OpenAI"
    with pytest.raises(InputError, match=message) as caught:
        get_model("azure/my-deployment")
    assert "AZURE_OPENAI_ENDPOINT" in str(caught.value)


def test_a_missing_key_is_told_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening() as server:
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", server.url)
        response = one()
        assert server.heard == []
    assert response.error == "no key: the environment variable AZURE_OPENAI_API_KEY is not set"


def test_the_key_goes_to_ones_own_resource_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A study may name a resource, anybody's; one's own is the one that the environment names."""
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)
    with listening() as server:
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "https://mine.openai.azure.com")
        one(base_url=server.url)
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", server.url)
        one(base_url=f"{server.url}/openai/v1")
        shown = [headers["authorization"] for _, headers in server.heard]
    assert shown == ["Bearer none", f"Bearer {KEY}"]


def test_the_example_of_an_address_is_nobodys() -> None:
    """A resource may well be called RESOURCE, and a study may name it."""
    azure = get_provider("azure")
    assert not is_told_by_user(azure, azure.base_url)


def test_a_deployment_that_is_not_there_is_not_looked_for_in_the_list_of_models(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Azure lists what could be deployed."""
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)
    with listening() as server:
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", server.url)
        response = one()
        assert [path for path, _ in server.heard] == ["/openai/v1/chat/completions"]
    assert response.error.startswith("404 not found: ")
    assert "Is 'my-deployment' the model's name there" in response.error


def test_what_its_filter_takes_from_an_answer_is_refused() -> None:
    """As Azure tells it: a finish reason, no content, and what was found in question and answer."""
    found = {"violence": {"filtered": True, "severity": "medium"}}
    payload = {
        "model": "gpt-4o-2024-11-20",
        "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {}}],
        "choices": [
            {
                "index": 0,
                "finish_reason": "content_filter",
                "content_filter_results": found,
                "message": {"role": "assistant"},
            }
        ],
    }
    response = read_reply(payload, schema_wanted=False)
    assert (response.status, response.stop_reason) == ("refused", "content_filter")
