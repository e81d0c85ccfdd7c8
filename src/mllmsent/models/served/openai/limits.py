"""What servers of OpenAI's protocols say of their limits, beside an answer or a refusal to give one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mllmsent.models.served.payloads import number_in
from mllmsent.models.served.wire import Allowance

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mllmsent.models.served.wire import Limited

__all__ = ["openai_allowances"]

_A_MINUTE_S, _A_DAY_S = 90.0, 86_400.0
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|d|h|m|s)", re.ASCII)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def openai_allowances(headers: Mapping[str, str]) -> tuple[Allowance, ...]:
    """What OpenAI's headers say, and those of many who speak its protocol.

    <https://platform.openai.com/docs/guides/rate-limits>. Some say by the same names what may be
    asked in a day (Groq, small accounts): that sets no pace, and is told from a limit per minute by
    the time that it takes to be whole again.

    Args:
        headers: Of a response; names in any case, as httpx has them.
    """
    return tuple(_openai(headers))


def _openai(headers: Mapping[str, str]) -> Iterator[Allowance]:
    what: Limited
    for what in ("requests", "tokens"):
        limit = number_in(headers.get(f"x-ratelimit-limit-{what}"))
        if not limit:
            continue
        remaining = number_in(headers.get(f"x-ratelimit-remaining-{what}"))
        whole_s = _seconds(headers.get(f"x-ratelimit-reset-{what}", ""))
        if whole_s is not None and _is_of_a_day(limit, remaining, whole_s):
            continue
        yield Allowance(what, limit, remaining)


def _is_of_a_day(limit: float, remaining: float | None, whole_s: float) -> bool:
    if whole_s > _A_MINUTE_S:
        return True
    used = limit - (limit if remaining is None else remaining)
    return used > 0 and 0.75 < whole_s * limit / used / _A_DAY_S < 1.25


def _seconds(value: str) -> float | None:
    """A duration such as `12ms`, `8.64s`, `6m0s` or `1h0m3s`."""
    parts = _DURATION.findall(value)
    if "".join(f"{number}{unit}" for number, unit in parts) != value.strip() or not parts:
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)
