"""The pace of asking through the official SDKs, against servers on loopback that enforce limits."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from tests.models.samples import request

from mllmsent.loopback import ConstantAnswerer, Faults, LoopbackServer, serve
from mllmsent.models import Response, Settings, get_model
from mllmsent.models.served.model import ServedModel
from mllmsent.models.served.options import ServedOptions
from mllmsent.models.served.providers import get_provider
from mllmsent.models.served.wire import Endpoint, Link

PROTOCOLS = {"openai": "url", "anthropic": "anthropic_url", "google": "google_url"}


def ask_all(
    server: LoopbackServer,
    provider: str,
    n: int,
    *,
    settings: Settings = Settings(),  # noqa: B008 - frozen
    **options: Any,
) -> Sequence[Response]:
    async def go() -> Sequence[Response]:
        address = getattr(server, PROTOCOLS[provider])
        model = get_model(f"{provider}/tester", base_url=address, **options)
        try:
            return await model.answer(
                [request(f"question {number}", settings=settings) for number in range(n)]
            )
        finally:
            await model.aclose()

    return asyncio.run(go())


@pytest.mark.parametrize("provider", PROTOCOLS)
def test_what_a_provider_says_of_its_limits_is_kept_to(provider: str) -> None:
    """Once it was told: by Google only who is turned away is."""

    async def go(server: LoopbackServer) -> tuple[Sequence[Response], int]:
        model = get_model(f"{provider}/tester", base_url=getattr(server, PROTOCOLS[provider]))
        await model.answer([request(f"to be told {number}") for number in range(100)])
        before = len(server.log.entries)
        responses = await model.answer([request(f"question {number}") for number in range(100)])
        await model.aclose()
        return responses, before

    with serve(ConstantAnswerer(), requests_per_minute=3000, burst_s=1.0) as server:
        responses, before = asyncio.run(go(server))
        later = server.log.entries[before:]
    assert {response.status for response in responses} == {"ok"}
    # None, as it is; a third to a half of them where limits are not kept to.
    assert len([entry for entry in later if entry.fault == "over_limit"]) < 0.2 * len(later)


def test_tokens_are_counted_as_openai_counts_them() -> None:
    """Each asks for no more than 500 and takes far fewer, and counts as 500."""
    with serve(ConstantAnswerer(), tokens_per_minute=500 * 6000, burst_s=1.0) as server:
        responses = ask_all(server, "openai", 200, settings=Settings(max_tokens=500))
        turned_away = [entry for entry in server.log.entries if entry.fault == "over_limit"]
    assert {response.status for response in responses} == {"ok"}
    assert len(turned_away) <= 4


@pytest.mark.parametrize("provider", PROTOCOLS)
def test_a_server_that_only_fails_is_left_alone_and_the_model_given_up(provider: str) -> None:
    faults = Faults(server_error=1.0)
    with serve(ConstantAnswerer(), faults=faults) as server:
        responses = ask_all(server, provider, 30, max_retries=100, deadline_s=2.0)
        asked = len(server.log.entries)
    assert {response.status for response in responses} == {"failed"}
    assert any(response.hopeless for response in responses)
    # Thirty that each try as often as they may would be some hundred.
    assert asked < 60


def test_one_that_comes_too_late_says_what_was_wrong_before() -> None:
    faults = Faults(server_error=1.0, error_statuses=(500,))
    with serve(ConstantAnswerer(), faults=faults) as server:
        (response,) = ask_all(server, "openai", 1, max_retries=100, deadline_s=1.0)
    assert response.attempts > 1
    assert "500 server error" in response.error


def test_a_wrong_key_is_shown_by_the_first_twenty_only() -> None:
    with serve(ConstantAnswerer(), faults=Faults(unauthorized=1.0)) as server:
        responses = ask_all(server, "openai", 200)
        asked = len(server.log.entries)
    assert all(response.hopeless for response in responses)
    assert len({response.error for response in responses}) == 1
    assert asked <= 20


def test_a_model_that_was_given_up_may_be_asked_again() -> None:
    faults = Faults(unauthorized=1.0, only_first=1)

    async def go(server: LoopbackServer) -> list[str]:
        model = get_model("openai/tester", base_url=server.url)
        said = [await model.answer([request("the same")]) for _ in range(2)]
        await model.aclose()
        return [responses[0].status for responses in said]

    with serve(ConstantAnswerer(), faults=faults) as server:
        assert asyncio.run(go(server)) == ["failed", "ok"]


def test_a_client_that_cannot_be_made_fails_with_its_reason() -> None:
    def broken(_: Endpoint) -> Link:
        raise ImportError("a transport that the environment names is not installed")

    model = ServedModel("vllm", "tester", get_provider("vllm"), ServedOptions(), broken)
    (response,) = asyncio.run(model.answer([request("x")]))
    assert (response.status, response.hopeless) == ("failed", True)
    assert "is not installed" in response.error
