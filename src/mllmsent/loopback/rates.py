"""Limits on requests and tokens per minute, enforced as providers do: by buckets that refill."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mllmsent.foundation.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["RateLimits", "Rates", "Standing"]


@dataclass(frozen=True, slots=True)
class RateLimits:
    """How much may be asked of one model.

    A bucket holds what `burst_s` seconds are worth and refills all the time; a request that finds
    too little in it is turned away and takes nothing.
    <https://platform.claude.com/docs/en/api/rate-limits> says so of Anthropic, and
    <https://developers.openai.com/api/docs/guides/rate-limits> of OpenAI, that limits per minute
    may be enforced over shorter times.

    Attributes:
        requests_per_minute: Requests; None for any number.
        tokens_per_minute: Tokens, counted as the provider counts them; None for any number.
        burst_s: Seconds' worth that may be asked at once.
    """

    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    burst_s: float = 60.0

    def __post_init__(self) -> None:
        for name in ("requests_per_minute", "tokens_per_minute", "burst_s"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise InputError(f"{name!r} is {value!r}, not more than 0.")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a limit stands.

    Attributes:
        name: What is limited: `requests`, `tokens` or `output-tokens`.
        limit: Per minute.
        used: Of what the bucket holds.
        remaining: What the bucket still holds, at least 0.
        full_s: Seconds until the bucket is full again if nothing more is asked.
    """

    name: str
    limit: float
    used: float
    remaining: float
    full_s: float


@dataclass(slots=True)
class _Bucket:
    limit: float
    size: float
    level: float
    at: float

    def refill(self, now: float) -> None:
        self.level = min(self.size, self.level + (now - self.at) * self.limit / 60)
        self.at = now

    def wait(self, amount: float) -> float:
        """Seconds until so much is there; of what never fits, until the bucket is full."""
        return max(min(amount, self.size) - self.level, 0.0) * 60 / self.limit

    def standing(self, name: str) -> Standing:
        missing = self.size - self.level
        return Standing(name, self.limit, missing, max(self.level, 0.0), missing * 60 / self.limit)


@dataclass(slots=True)
class Rates:
    """The buckets of every model.

    Attributes:
        limits: How large they are.
        clock: Tells the time in seconds.
    """

    limits: RateLimits
    clock: Callable[[], float]
    _buckets: dict[tuple[str, str], dict[str, _Bucket]] = field(default_factory=dict)

    def take(
        self, provider: str, model: str, tokens: float, *, output_apart: bool
    ) -> tuple[Standing, float] | None:
        """Take a request's worth, or turn it away.

        Args:
            provider: Whose model.
            model: Its name; each model has buckets of its own.
            tokens: What the request counts for before it is answered.
            output_apart: Whether the tokens of answers have a bucket of their own.

        Returns:
            None where the request may pass; else the limit that it would break, and the seconds
            after which it would not.
        """
        buckets = self._of(provider, model, output_apart=output_apart)
        wanted = {"requests": 1.0, "tokens": tokens, "output-tokens": 1.0}
        waits = {name: bucket.wait(wanted[name]) for name, bucket in buckets.items()}
        worst = max(waits, key=lambda name: waits[name], default=None)
        # A request that is larger than its bucket passes when the bucket is full.
        if worst is not None and waits[worst] > 1e-9:
            return buckets[worst].standing(worst), waits[worst]
        for name, bucket in buckets.items():
            if name != "output-tokens":
                bucket.level -= min(wanted[name], bucket.size)
        return None

    def answered(self, provider: str, model: str, tokens: float) -> None:
        """Take the tokens of an answer, where they have a bucket of their own."""
        bucket = self._buckets.get((provider, model), {}).get("output-tokens")
        if bucket is not None:
            bucket.level -= tokens

    def standings(self, provider: str, model: str) -> Mapping[str, Standing]:
        """How each limit of a model stands; empty where nothing is limited."""
        buckets = self._buckets.get((provider, model), {})
        return {name: bucket.standing(name) for name, bucket in buckets.items()}

    def _of(self, provider: str, model: str, *, output_apart: bool) -> dict[str, _Bucket]:
        now, limits = self.clock(), self.limits
        if (provider, model) not in self._buckets:
            wanted = {"requests": limits.requests_per_minute, "tokens": limits.tokens_per_minute}
            if output_apart:
                wanted["output-tokens"] = limits.tokens_per_minute
            made = {}
            for name, limit in wanted.items():
                if limit is not None:
                    size = max(limit * limits.burst_s / 60, 1.0)
                    made[name] = _Bucket(limit, size, size, now)
            self._buckets[provider, model] = made
        for bucket in self._buckets[provider, model].values():
            bucket.refill(now)
        return self._buckets[provider, model]
