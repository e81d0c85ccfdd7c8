"""Prices and amounts as people read them."""

from __future__ import annotations

from mllmsent.models.pricing import estimate_cost, prices_as_of

__all__ = ["dollars", "price_in_words"]


def dollars(amount: float) -> str:
    """US dollars as people read them: "$12.30"; of less than ten cents, two digits that say something.

    Args:
        amount: US dollars, not negative.
    """
    if amount >= 0.1 or amount == 0:
        return f"${amount:,.2f}"
    return f"${amount:.2g}" if amount >= 0.0001 else "less than $0.0001"


def price_in_words(model: str) -> str:
    """The list prices of a model; empty where the list does not have it.

    Args:
        model: `provider/name`.
    """
    read, written = _per_million(model, 1, 0), _per_million(model, 0, 1)
    if read is None or written is None:
        return ""
    if not read and not written:
        return "free"
    parts = [f"{_exactly(read)} per million tokens read", f"{_exactly(written)} written"]
    cached = _per_million(model, 1, 0, cached=1)
    if cached is not None and cached < read:
        parts.append(f"{_exactly(cached)} from the cache")
    batch = _per_million(model, 0, 1, batched=True)
    if batch is not None and batch < written:
        parts.append(f"{batch / written:.0%} of that in batches")
    return f"{', '.join(parts)} ({prices_as_of()})"


def _exactly(price: float) -> str:
    """A price as it is listed: a cached token may cost half a cent less than whole cents."""
    digits = f"{price:.6f}".rstrip("0")
    cents = len(digits.partition(".")[2])
    return f"${price:,.{max(cents, 2)}f}"


def _per_million(
    model: str, read: int, written: int, *, cached: int = 0, batched: bool = False
) -> float | None:
    # A thousand are asked for: a prompt of a million at once may have another price.
    cost = estimate_cost(
        model, read * 1000, written * 1000, cached_tokens=cached * 1000, batched=batched
    )
    return None if cost is None else cost * 1000
