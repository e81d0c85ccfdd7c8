"""What answers cost, estimated from a dated price list."""

from __future__ import annotations

import functools
import math
import re
from importlib import resources

from pydantic import Field

from mllmsent.foundation.config import Config, parse_document, read_config

__all__ = ["estimate_cost", "estimate_image_tokens", "prices_as_of"]

_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$", re.ASCII)
_BASE_TOKENS, _TILE_TOKENS, _TILE = 85, 170, 512


class _Price(Config):
    input: float = Field(ge=0)
    """Dollars per million tokens read."""
    output: float = Field(ge=0)
    """Dollars per million tokens written."""


class _PriceList(Config):
    as_of: str
    """When these prices were published: year and month."""
    free: tuple[str, ...]
    """Providers that take no money."""
    models: dict[str, _Price]
    """Model to price."""


def estimate_cost(model: str, input_tokens: int | None, output_tokens: int | None) -> float | None:
    """US dollars for so many tokens, by the list prices; no discounts.

    Args:
        model: `provider/name`, or a bare name as servers report it; a dated snapshot
            ("gpt-4o-2024-08-06") costs what its model costs.
        input_tokens: Tokens read; None where unknown.
        output_tokens: Tokens written; None where unknown.

    Returns:
        None where the price, or any number of tokens, is unknown.
    """
    prices = _prices()
    if model.partition("/")[0] in prices.free and "/" in model:
        return 0.0
    if input_tokens is None or output_tokens is None:
        return None
    price = _find(_SNAPSHOT.sub("", model), prices)
    if price is None:
        return None
    return (input_tokens * price.input + output_tokens * price.output) / 1e6


def estimate_image_tokens(width: int, height: int) -> int:
    """Roughly how many tokens an image is read as.

    Models count differently, from some hundred to a few thousand. This is the tile rule that OpenAI
    publishes for GPT-4o: the image is fitted into 2048 pixels, its short side into 768, and a base
    of 85 tokens is joined by 170 for each tile of 512 pixels.

    Args:
        width: Pixels.
        height: Pixels.
    """
    width, height = max(width, 1), max(height, 1)
    scale = min(1.0, 2048 / max(width, height))
    scale *= min(1.0, 768 / (min(width, height) * scale))
    tiles = math.ceil(width * scale / _TILE) * math.ceil(height * scale / _TILE)
    return _BASE_TOKENS + _TILE_TOKENS * tiles


def prices_as_of() -> str:
    """Year and month of the price list: "2026-04"."""
    return _prices().as_of


def _find(model: str, prices: _PriceList) -> _Price | None:
    if "/" in model:
        return prices.models.get(model)
    for listed, price in prices.models.items():
        if listed.partition("/")[2] == model:
            return price
    return None


@functools.cache
def _prices() -> _PriceList:
    file = "prices.yaml"
    text = resources.files("mllmsent.models").joinpath(file).read_text(encoding="utf-8")
    return read_config(_PriceList, parse_document(text, file=file))
