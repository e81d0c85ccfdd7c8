"""What answers cost."""

import re

import pytest

from mllmsent.models import estimate_cost, estimate_image_tokens, prices_as_of


def test_a_listed_model_costs_its_list_price() -> None:
    """A million tokens read and a tenth of that written, by the published 2.50 and 10.00 dollars."""
    assert estimate_cost("openai/gpt-4o", 1_000_000, 100_000) == pytest.approx(3.5)


@pytest.mark.parametrize("name", ["gpt-4o", "openai/gpt-4o-2024-08-06", "gpt-4o-2024-08-06"])
def test_a_snapshot_or_a_reported_name_costs_what_its_model_costs(name: str) -> None:
    assert estimate_cost(name, 1000, 10) == estimate_cost("openai/gpt-4o", 1000, 10)


@pytest.mark.parametrize(
    "name", ["openai/gpt-99", "gpt-4o-enormous", "openrouter/x", "other/gpt-4o"]
)
def test_an_unknown_price_is_unknown_and_not_zero(name: str) -> None:
    assert estimate_cost(name, 1000, 10) is None


def test_unknown_tokens_have_an_unknown_price() -> None:
    assert estimate_cost("openai/gpt-4o", None, 10) is None
    assert estimate_cost("openai/gpt-4o", 10, None) is None


@pytest.mark.parametrize("name", ["ollama/gemma3", "vllm/Qwen/Qwen3-VL-8B", "replay/answers"])
def test_what_runs_at_home_is_free(name: str) -> None:
    assert estimate_cost(name, None, None) == 0.0


@pytest.mark.parametrize(
    ("size", "tokens"),
    # Published examples of the rule: 1024x1024 is 765, 2048x4096 is 1105; then single tiles.
    [((1024, 1024), 765), ((2048, 4096), 1105), ((512, 512), 255), ((1, 1), 255), ((0, 0), 255)],
)
def test_image_tokens_follow_the_published_tile_rule(size: tuple[int, int], tokens: int) -> None:
    assert estimate_image_tokens(*size) == tokens


def test_prices_are_dated() -> None:
    assert re.fullmatch(r"20\d\d-[01]\d", prices_as_of())
