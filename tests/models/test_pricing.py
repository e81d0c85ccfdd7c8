"""What answers cost."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from genai_prices.data_snapshot import get_snapshot

from mllmsent.foundation.config import Document, read_config
from mllmsent.foundation.errors import InputError
from mllmsent.models import (
    OwnPrices,
    Pricing,
    estimate_cost,
    most_input_tokens,
    price_in_words,
    prices_as_of,
)
from mllmsent.models.interface import Request, Response, Settings
from mllmsent.prompts import Message


@pytest.mark.parametrize(
    ("model", "dollars"),
    # A million tokens read and a tenth of that written, by what the providers publish:
    # https://developers.openai.com/api/docs/pricing, https://platform.claude.com/docs/en/about-claude/pricing,
    # https://ai.google.dev/gemini-api/docs/pricing
    [
        ("openai/gpt-4o", 2.50 + 1.00),
        ("openai/gpt-5-mini", 0.25 + 0.20),
        ("anthropic/claude-haiku-4-5", 1.00 + 0.50),
        ("google/gemini-2.5-flash", 0.30 + 0.25),
        ("azure/gpt-4o", 2.50 + 1.00),
        ("xai/grok-4", 3.00 + 1.50),
        ("openrouter/openai/gpt-4o", 2.50 + 1.00),
    ],
)
def test_a_listed_model_costs_its_list_price(model: str, dollars: float) -> None:
    assert estimate_cost(model, 1_000_000, 100_000) == pytest.approx(dollars)


@pytest.mark.parametrize("name", ["gpt-4o", "openai/gpt-4o-2024-08-06", "gpt-4o-2024-08-06"])
def test_a_snapshot_or_a_reported_name_costs_what_its_model_costs(name: str) -> None:
    assert estimate_cost(name, 1000, 10) == estimate_cost("openai/gpt-4o", 1000, 10)


@pytest.mark.parametrize(
    "name",
    [
        "openai/gpt-99", "gpt-4o-enormous", "openrouter/x", "other/gpt-4o", "azure/my-deployment",
        "openai/text-embedding-3-small", "google/gemma-3-27b-it", "server/anything",
    ],
)  # fmt: skip
def test_an_unknown_price_is_unknown_and_not_zero(name: str) -> None:
    assert estimate_cost(name, 1000, 10) is None
    assert not Pricing.of(name, {}).is_known


def test_no_model_of_the_list_is_free_because_its_price_is_missing() -> None:
    for provider in get_snapshot().providers:
        for model in provider.models:
            cost = estimate_cost(f"{provider.id}/{model.id}", 1_000_000, 1_000_000)
            if cost == 0 and not model.id.endswith(":free"):
                price = model.get_prices(datetime.now(UTC))
                assert price.input_mtok == price.output_mtok == Decimal(0), model.id


def test_unknown_tokens_have_an_unknown_price() -> None:
    assert estimate_cost("openai/gpt-4o", None, 10) is None
    assert estimate_cost("openai/gpt-4o", 10, None) is None


@pytest.mark.parametrize("name", ["ollama/gemma3", "vllm/Qwen/Qwen3-VL-8B", "hf/a/b", "replay/a"])
def test_what_runs_at_home_is_free(name: str) -> None:
    assert estimate_cost(name, None, None) == 0.0
    assert Pricing.of(name, {}).cost(None, None) == 0.0


def test_what_openrouter_gives_away_is_free_and_its_other_variants_are_unknown() -> None:
    """See https://openrouter.ai/docs/guides/routing/model-variants/free."""
    name = "openrouter/qwen/qwen2.5-vl-72b-instruct"
    assert (estimate_cost(f"{name}:free", 9, 9), price_in_words(f"{name}:free")) == (0.0, "free")
    assert Pricing.of(f"{name}:free", {}).free
    assert estimate_cost(f"{name}:nitro", 9, 9) is None
    assert estimate_cost("openai/gpt-4o:free", 9, 9) is None


def test_a_server_of_any_kind_is_free_on_this_machine_only() -> None:
    here = Pricing.of("server/m", {"address": "http://localhost:8000/v1"})
    there = Pricing.of("server/m", {"address": "https://models.example.org/v1"})
    named = Pricing.of("server/m", {"address": "[our server"})
    assert (here.cost(9, 9), there.cost(9, 9), named.cost(9, 9)) == (0.0, None, None)


def test_cached_tokens_cost_what_cached_tokens_cost() -> None:
    """GPT-4o: 2.50 dollars a million, 1.25 from the cache."""
    cost = estimate_cost("openai/gpt-4o", 1_000_000, 0, cached_tokens=400_000)
    assert cost == pytest.approx(0.6 * 2.50 + 0.4 * 1.25)
    assert estimate_cost("openai/gpt-4o", 10, 0, cached_tokens=99) == pytest.approx(1.25e-5)


def test_a_batch_costs_half_where_the_provider_says_so_and_all_where_nothing_is_known() -> None:
    for model in ("openai/gpt-4o", "anthropic/claude-sonnet-4-5", "google/gemini-2.5-flash"):
        full = estimate_cost(model, 1_000_000, 100_000)
        assert full is not None
        half = estimate_cost(model, 1_000_000, 100_000, batched=True)
        assert half == pytest.approx(full / 2)
    assert estimate_cost("openrouter/openai/gpt-4o", 10, 1, batched=True) == estimate_cost(
        "openrouter/openai/gpt-4o", 10, 1
    )


def test_a_long_prompt_costs_more_where_the_provider_says_so() -> None:
    """Gemini 2.5 Pro: 1.25 dollars a million up to 200,000 tokens, 2.50 beyond."""
    short = estimate_cost("google/gemini-2.5-pro", 100_000, 0)
    long = estimate_cost("google/gemini-2.5-pro", 400_000, 0)
    assert [short, long] == pytest.approx([0.125, 1.0])


def test_an_answer_costs_what_it_cost_on_its_day() -> None:
    """The list knows when o3 became cheaper: 10 and 40 dollars before June 10, 2025, then 2 and 8."""
    before = estimate_cost("openai/o3", 1_000_000, 0, at=datetime(2025, 6, 1, tzinfo=UTC))
    after = estimate_cost("openai/o3", 1_000_000, 0, at=datetime(2025, 7, 1, tzinfo=UTC))
    assert [before, after] == pytest.approx([10.0, 2.0])


def test_prices_are_dated() -> None:
    assert re.fullmatch(r"20\d\d-[01]\d-[0-3]\d, genai-prices [\d.]+", prices_as_of())
    assert prices_as_of() <= f"{datetime.now(UTC):%Y-%m-%d}, z", (
        "what is only announced is left out"
    )


def own(**prices: object) -> OwnPrices:
    return read_config(OwnPrices, Document(value=prices, file="study.yaml", lines={}))


def test_a_study_may_say_what_a_model_costs() -> None:
    mine = Pricing.of("openai/mine", {}, own=own(input=1, output=4, cached=0.1, batch=0.5))
    assert mine.cost(1_000_000, 100_000) == pytest.approx(1.4)
    assert mine.cost(1_000_000, 0, cached_tokens=1_000_000) == pytest.approx(0.1)
    assert mine.cost(1_000_000, 100_000, batched=True) == pytest.approx(0.7)
    assert mine.cost(None, 1) is None


def test_a_study_may_say_whose_prices_a_model_has() -> None:
    mine = Pricing.of("azure/my-deployment", {}, own=own(like="azure/gpt-4o"))
    assert mine.cost(1000, 10) == estimate_cost("openai/gpt-4o", 1000, 10)


def test_a_study_may_say_that_a_server_at_home_costs_something() -> None:
    assert Pricing.of("vllm/m", {}, own=own(input=1, output=1)).cost(500_000, 500_000) == 1.0


@pytest.mark.parametrize(
    "prices",
    [
        {"input": 1}, {"output": 1}, {}, {"input": -1, "output": 1}, {"like": "gpt-4o"},
        {"like": "openai/gpt-4o", "input": 1}, {"input": float("nan"), "output": 1},
        {"input": 1, "output": 1, "batch": 2}, {"input": 1, "output": 1, "like": "a/b"},
        {"input": 1, "ouput": 1},
    ],
)  # fmt: skip
def test_half_a_price_is_refused(prices: dict[str, object]) -> None:
    with pytest.raises(InputError):
        own(**prices)


def test_what_a_response_cost_counts_its_cached_tokens_and_its_batch() -> None:
    response = Response(
        "ok", input_tokens=1_000_000, output_tokens=0, cached_tokens=1_000_000, batched=True
    )
    assert Pricing.of("anthropic/claude-haiku-4-5", {}).cost_of(response) == pytest.approx(0.05)


def test_the_most_that_an_answer_can_cost_needs_a_longest_answer() -> None:
    asked = (Message("user", ("Which sentiment?",)),)
    gpt, unknown = Pricing.of("openai/gpt-4o", {}), Pricing.of("openai/gpt-99", {})
    most = gpt.most(Request(asked, Settings(max_tokens=100)))
    assert most is not None
    # 10 dollars a million for the answer, and the question's bytes at 2.50 at least.
    assert most >= 100 * 10e-6 + len("Which sentiment?") * 2.5e-6
    assert gpt.most(Request(asked, Settings(max_tokens=None))) is None
    # A label is written by a server that is asked for likelihoods, whatever is said of its length.
    one, long = (
        gpt.most(Request(asked, Settings(max_tokens=limit), candidates=("positive " * 9, "no")))
        for limit in (1, None)
    )
    assert one == long
    assert one is not None
    assert one >= 9 * 9 * 10e-6
    assert unknown.most(Request(asked, Settings(max_tokens=100))) is None
    assert Pricing.of("ollama/m", {}).most(Request(asked, Settings(max_tokens=None))) == 0.0


def test_a_models_prices_can_be_told() -> None:
    told = price_in_words("openai/gpt-4o")
    assert told.startswith("$2.50 per million tokens read, $10.00 written, $1.25 from the cache, ")
    assert "50% of that in batches" in told
    assert prices_as_of() in told
    short = price_in_words("google/gemini-2.5-pro")
    assert short.startswith(
        "$1.25 per million tokens read, $10.00 written, $0.125 from the cache"
    ), "those of a short prompt, and not rounded"
    assert price_in_words("openrouter/openai/gpt-4o").count("batches") == 0
    assert (price_in_words("openai/gpt-99"), price_in_words("ollama/m")) == ("", "free")


def test_what_cannot_be_passed_is_not_passed_by_any_model_of_the_list_at_any_hour() -> None:
    """Not by night prices that end, nor where cached tokens are dearer, nor by a batch."""
    asked = Request((Message("user", ("Which sentiment?",)),), Settings(max_tokens=100))
    begins = datetime(2026, 11, 20, 20, tzinfo=UTC)
    checked = 0
    for provider in get_snapshot().providers:
        for model in provider.models:
            pricing = Pricing(f"{provider.id}/{model.id}")
            most = pricing.most(asked, at=begins)
            if most is None:
                continue
            checked += 1
            read = most_input_tokens(asked, pricing.model, {})
            for hours in (0, 6, 15):
                for cached, batched in ((0, False), (read, False), (read // 2, True)):
                    at = begins + timedelta(hours=hours)
                    cost = pricing.cost(read, 100, cached_tokens=cached, batched=batched, at=at)
                    assert cost is not None
                    assert 0 <= cost <= most, pricing.model
    assert checked > 1000
