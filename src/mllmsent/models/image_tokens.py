"""How many tokens an image is read as, by the rules that the providers publish.

The rules are data, `image_tokens.yaml`, dated and with their sources. They are held to the
documentation's own worked examples by the tests, and to nothing that we count ourselves.
"""

from __future__ import annotations

import bisect
import functools
import math
from fnmatch import fnmatchcase
from importlib import resources
from typing import Any, Literal

from pydantic import Field

from mllmsent.foundation.config import Config, parse_document, read_config

__all__ = ["ImageRule", "image_rule", "image_tokens"]


class ImageRule(Config):
    """A rule; `image_tokens.yaml` says what each key means."""

    models: tuple[str, ...]
    """Patterns of names."""
    kind: Literal["tiles", "patches", "crops", "levels"]
    """How it counts."""
    source: str
    """Where the provider says so; empty for a rule of thumb."""
    unconfirmed: str = ""
    """What the provider does not say, or what was measured otherwise."""
    text: float = Field(default=1.0, gt=0)
    """Tokens of a text over those by OpenAI's tokenizer o200k_base."""
    base: int = 0
    """Tokens of any image."""
    tile: int = 0
    """Tokens of a tile."""
    side: int = 512
    """Side of a tile or patch, in pixels; of crops the largest."""
    fit: int = 2048
    """Side of the square that tiles are cut from, in pixels."""
    short: int = 768
    """Longest shorter side of what tiles are cut from, in pixels."""
    most: int | None = None
    """Most patches."""
    longest: int | None = None
    """Longest side of what patches are cut from, in pixels."""
    shrink: Literal["whole", "largest"] = "whole"
    """How an image of too many patches is made smaller."""
    multiplier: float = 1.0
    """Tokens of a patch."""
    small: int = 0
    """Longest side of an image that is one crop, in pixels."""
    smallest: int = 1
    """Smallest side of a crop, in pixels."""
    tokens: int = 0
    """Tokens at a resolution."""
    by_detail: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Detail or resolution that is asked for to what is another way there."""

    @property
    def is_known(self) -> bool:
        """Whether it is somebody's rule, and no rule of thumb."""
        return bool(self.source)


class _Rules(Config):
    as_of: str
    """When the documentation was read: year and month."""
    rules: tuple[ImageRule, ...]
    """The first that fits holds."""
    otherwise: ImageRule
    """Where none fits."""


@functools.lru_cache(maxsize=16384)
def image_tokens(model: str, width: int, height: int, *, detail: str | None = None) -> int:
    """How many tokens an image is read as.

    Args:
        model: Its name, with that of a provider before it or not.
        width: Pixels, as sent.
        height: Pixels, as sent.
        detail: OpenAI's `image_detail` or Gemini's `media_resolution`, where one is asked for.
    """
    rule = image_rule(model)
    if detail in rule.by_detail:
        rule = rule.model_copy(update=rule.by_detail[detail])
    width, height = max(width, 1), max(height, 1)
    if rule.kind == "levels":
        return rule.tokens
    if rule.kind == "tiles":
        return rule.base if detail == "low" else _tiles(rule, width, height)
    if rule.kind == "crops":
        return _crops(rule, width, height)
    return math.ceil(_patches(rule, width, height) * rule.multiplier)


@functools.cache
def image_rule(model: str) -> ImageRule:
    """The rule for a model.

    Args:
        model: Its name, with that of a provider before it or not.
    """
    name = model.lower().rpartition("/")[2].removeprefix("ft:")  # fine-tuned, at OpenAI
    rules = _rules()
    return next(
        (rule for rule in rules.rules if any(fnmatchcase(name, each) for each in rule.models)),
        rules.otherwise,
    )


def _tiles(rule: ImageRule, width: int, height: int) -> int:
    width, height = _within(width, height, rule.fit)
    # A small image is not made larger: 128x64 pixels were billed as one tile.
    scale = min(1.0, rule.short / min(width, height))
    return rule.base + rule.tile * _squares(
        _floor(width * scale), _floor(height * scale), rule.side
    )


def _crops(rule: ImageRule, width: int, height: int) -> int:
    if max(width, height) <= rule.small:
        return rule.tile
    side = min(max(int(min(width, height) / 1.5), rule.smallest), rule.side)
    return rule.tile * _squares(width, height, side)


def _patches(rule: ImageRule, width: int, height: int) -> int:
    if rule.shrink == "largest":
        return _largest(rule, width, height)
    width, height = _within(width, height, rule.longest)
    if rule.most is None or _squares(width, height, rule.side) <= rule.most:
        return _squares(width, height, rule.side)
    # Shrunk to the area of so many patches, then until one side is a whole number of them.
    scale = math.sqrt(rule.most * rule.side**2 / (width * height))
    across, down = width * scale / rule.side, height * scale / rule.side
    scale *= min(max(math.floor(side), 1) / side for side in (across, down))
    return min(_squares(_floor(width * scale), _floor(height * scale), rule.side), rule.most)


def _largest(rule: ImageRule, width: int, height: int) -> int:
    """Patches of the largest image of this shape, in whole pixels, that is within the limits."""
    long, short = max(width, height), min(width, height)

    def count(side: int) -> int:
        return _squares(side, round(side * short / long), rule.side)

    sides = range(1, min(long, rule.longest or long) + 1)
    most = math.inf if rule.most is None else rule.most
    fitting = bisect.bisect_right(sides, most, key=count)
    return count(sides[max(fitting, 1) - 1])


def _within(width: int, height: int, longest: int | None) -> tuple[int, int]:
    """A size in whole pixels of which no side is longer than that."""
    scale = 1.0 if longest is None else min(1.0, longest / max(width, height))
    return max(round(width * scale), 1), max(round(height * scale), 1)


def _floor(length: float) -> int:
    # What is a whole number but for rounding is that number.
    return math.floor(round(length, 6))


def _squares(width: int, height: int, side: int) -> int:
    return math.prod(max(math.ceil(length / side), 1) for length in (width, height))


@functools.cache
def _rules() -> _Rules:
    file = "image_tokens.yaml"
    text = resources.files("mllmsent.models").joinpath(file).read_text(encoding="utf-8")
    return read_config(_Rules, parse_document(text, file=file))
