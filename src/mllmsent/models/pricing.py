"""What answers cost, by dated list prices or by what a study says.

The list is that of the package genai-prices, which needs no connection: prices of input, output and
cached input per model, in tiers by the length of the prompt where a provider has such, in batches,
and since when each holds. A price that it does not have is unknown, and never zero.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from mllmsent.foundation.config import Config
from mllmsent.models.served.address import LOCAL_HOSTS
from mllmsent.models.served.first_tokens import asked_for_tokens
from mllmsent.models.token_counts import most_input_tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from genai_prices.types import ModelPrice

    from mllmsent.models.interface import Request, Response

__all__ = ["OwnPrices", "Pricing", "estimate_cost", "prices_as_of"]

FREE = frozenset({
    "builtin", "classical", "hf", "llamacpp", "lmstudio", "ollama", "replay", "simulated", "vllm",
})  # fmt: skip
"""Providers that take no money: what answers is the user's own."""

LISTED_AS = {"xai": "x-ai"}
"""Providers that the list has under another name than we."""


class OwnPrices(Config):
    """What a study says of a model's prices: in US dollars per million tokens, or as another's."""

    like: str | None = None
    """The model whose list prices it has: `openai/gpt-4o`, for a deployment of that."""
    input: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """Of tokens read."""
    output: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """Of tokens written, reasoning included."""
    cached: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """Of tokens read from the provider's cache; by default as `input`."""
    batch: float = Field(default=1.0, ge=0, le=1)
    """Share of these that a batch costs: 0.5 for half the price."""

    @model_validator(mode="after")
    def _one_or_the_other(self) -> OwnPrices:
        both = self.input is not None and self.output is not None
        either = both or self.input is not None or self.output is not None
        if (self.like is None) != both or (self.like is not None and either):
            raise ValueError(
                "`prices` are `input` and `output`, in US dollars per million tokens, or the name "
                "of the model whose prices they are: `prices: openai/gpt-4o`."
            )
        if self.like is not None and "/" not in self.like:
            raise ValueError(f"Models are written `provider/name`, not {self.like!r}.")
        return self

    def cost(self, read: int, written: int, *, cached: int, batched: bool) -> float:
        """US dollars for so many tokens, of which `cached` came from a cache."""
        of_input, of_output = self.input or 0.0, self.output or 0.0
        of_cached = of_input if self.cached is None else self.cached
        money = (read - cached) * of_input + cached * of_cached + written * of_output
        return money * (self.batch if batched else 1.0) / 1e6


@dataclass(frozen=True, slots=True)
class Pricing:
    """How one model's answers are charged: what a request counts as, and what tokens cost.

    Attributes:
        model: The model as price lists have it: `provider/name`.
        identity: `Model.identity`, which has a study's limits on images.
        own: What the study says of its prices, where it does.
        free: Whether it costs nothing, whatever a list says.
        batched: Whether it is asked by a batch endpoint, but for likelihoods.
    """

    model: str
    identity: Mapping[str, Any] = field(default_factory=dict)
    own: OwnPrices | None = None
    free: bool = False
    batched: bool = False

    @classmethod
    def of(
        cls,
        model: str,
        identity: Mapping[str, Any],
        *,
        own: OwnPrices | None = None,
        batched: bool = False,
    ) -> Pricing:
        """The pricing of a model of a study.

        Args:
            model: `provider/name`.
            identity: `Model.identity`. A server of any kind is free where it is this machine.
            own: What the study says of its prices.
            batched: Whether it is asked by a batch endpoint.
        """
        if own is not None and own.like is not None:
            return cls(own.like, identity, batched=batched)
        free = _is_free(model) or (model.startswith("server/") and _is_here(identity))
        return cls(model, identity, own, free=free and own is None, batched=batched)

    @property
    def is_known(self) -> bool:
        """Whether there is a price."""
        return self.cost(1, 1) is not None

    def is_batched(self, request: Request) -> bool:
        """Whether a request is asked by a batch endpoint: likelihoods are asked for live."""
        return self.batched and not request.candidates

    def cost(
        self,
        input_tokens: int | None,
        output_tokens: int | None,
        *,
        cached_tokens: int | None = None,
        batched: bool = False,
        at: datetime | None = None,
    ) -> float | None:
        """US dollars for so many tokens; see `estimate_cost`."""
        if self.free:
            return 0.0
        if self.own is None:
            return estimate_cost(
                self.model,
                input_tokens,
                output_tokens,
                cached_tokens=cached_tokens,
                batched=batched,
                at=at,
            )
        if input_tokens is None or output_tokens is None:
            return None
        cached = min(cached_tokens or 0, input_tokens)
        return self.own.cost(input_tokens, output_tokens, cached=cached, batched=batched)

    def cost_of(self, response: Response, *, at: datetime | None = None) -> float | None:
        """US dollars that a response cost; None where that is unknown.

        Args:
            response: What came back.
            at: When; by default now.
        """
        return self.cost(
            response.input_tokens,
            response.output_tokens,
            cached_tokens=response.cached_tokens,
            batched=response.batched,
            at=at,
        )

    def most(self, request: Request, *, at: datetime | None = None) -> float | None:
        """US dollars that the answer to a request cannot pass, once it is sent.

        Some prices are lower at night, and one in the list is higher for cached tokens: it is the
        dearest hour of the day that begins, and the dearer of the two.

        Args:
            request: What is asked.
            at: When that day begins; by default now.

        Returns:
            None where the price is unknown, or nothing limits the answer's length.
        """
        longest = asked_for_tokens(request).settings.max_tokens
        if self.free:
            return 0.0
        if longest is None:
            return None
        read = most_input_tokens(request, self.model, self.identity)
        hour = _dearest_hour(self.model, _hour(at))
        batched = self.is_batched(request)
        costs = [
            self.cost(read, longest, cached_tokens=cached, batched=batched, at=hour)
            for cached in (0, read)
        ]
        return max((each for each in costs if each is not None), default=None)


def estimate_cost(
    model: str,
    input_tokens: int | None,
    output_tokens: int | None,
    *,
    cached_tokens: int | None = None,
    batched: bool = False,
    at: datetime | None = None,
) -> float | None:
    """US dollars for so many tokens, by the list prices.

    Args:
        model: `provider/name`, or a bare name as servers report it; a dated snapshot
            ("gpt-4o-2024-08-06") costs what its model costs.
        input_tokens: Tokens read; None where unknown.
        output_tokens: Tokens written, reasoning included; None where unknown.
        cached_tokens: Of the tokens read, those from the provider's cache.
        batched: Whether a batch endpoint answered. Where the list has no price for batches, the
            full price is taken.
        at: When; prices change. By default now.

    Returns:
        None where the price, or any number of tokens, is unknown.
    """
    provider, slash, name = model.partition("/")
    if _is_free(model):
        return 0.0
    if input_tokens is None or output_tokens is None:
        return None
    return _list_cost(
        name if slash else model,
        LISTED_AS.get(provider, provider) if slash else None,
        _hour(at),
        (input_tokens, output_tokens, min(cached_tokens or 0, input_tokens)),
        batched=batched,
    )


@functools.cache
def prices_as_of() -> str:
    """Day of the latest price in the list, and the list's version: "2026-11-09, genai-prices 0.2"."""
    from genai_prices import __version__  # noqa: PLC0415 - a list of two thousand models
    from genai_prices.data_snapshot import get_snapshot  # noqa: PLC0415 - likewise
    from genai_prices.types import StartDateConstraint  # noqa: PLC0415 - likewise

    days = [
        price.constraint.start_date
        for provider in get_snapshot().providers
        for model in provider.models
        if isinstance(model.prices, list)
        for price in model.prices
        if isinstance(price.constraint, StartDateConstraint)
    ]
    # Prices are announced ahead.
    today = datetime.now(UTC).date()
    return f"{max(day for day in days if day <= today)}, genai-prices {__version__}"


def _is_free(model: str) -> bool:
    provider, slash, name = model.partition("/")
    given_away = provider == "openrouter" and name.endswith(":free")
    return bool(slash) and (provider in FREE or given_away)


def _is_here(identity: Mapping[str, Any]) -> bool:
    try:
        return urlsplit(str(identity.get("address", ""))).hostname in LOCAL_HOSTS
    except ValueError:
        return False  # a study may call its server what it likes


def _hour(at: datetime | None) -> datetime:
    return (at or datetime.now(UTC)).replace(minute=0, second=0, microsecond=0)


@functools.lru_cache(maxsize=512)
def _dearest_hour(model: str, at: datetime) -> datetime:
    hours = [at + timedelta(hours=later) for later in range(25)]
    return max(hours, key=lambda hour: estimate_cost(model, 1000, 1000, at=hour) or 0.0)


@functools.lru_cache(maxsize=16384)
def _list_cost(
    name: str,
    provider: str | None,
    at: datetime,
    tokens: tuple[int, int, int],
    *,
    batched: bool,
) -> float | None:
    price = _listed(name, provider, at, batched=batched)
    if price is None:
        return None
    from genai_prices import Usage  # noqa: PLC0415 - a list of two thousand models

    read, written, cached = tokens
    usage = Usage(input_tokens=read, output_tokens=written, cache_read_tokens=cached)
    return float(price.calc_price(usage)["total_price"])


@functools.lru_cache(maxsize=512)
def _listed(name: str, provider: str | None, at: datetime, *, batched: bool) -> ModelPrice | None:
    """The list's prices at an hour; None where it has none of input or output."""
    from genai_prices.data_snapshot import get_snapshot  # noqa: PLC0415 - likewise

    snapshot = get_snapshot()
    if provider is not None and provider not in {each.id for each in snapshot.providers}:
        return None  # the list would take what is near for it
    try:
        owner, model = snapshot.find_provider_model(name.lower(), None, provider, None)
    except LookupError:
        return None
    own = any(model is each for each in owner.models)
    price = model.get_prices(at, {"processing": "batch"} if batched and own else None)
    # An entry without a price is no entry with the price zero.
    return None if price.input_mtok is None or price.output_mtok is None else price
