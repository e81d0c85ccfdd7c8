"""How batches go, as switches."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.errors import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BatchRules"]


@dataclass(frozen=True, slots=True)
class BatchRules:
    """How long batches take, and what becomes of their requests.

    Faults befall the requests of a batch as they befall others; those of the connection become
    errors of the server.

    Attributes:
        takes_s: Seconds from a batch's submission to its end; its requests are answered one after
            the other in that time.
        expires_s: Seconds after which a batch ends, whatever is unanswered then.
        failed_share: Share of the requests, 0 to 1, that end in an error of the server.
        expired_share: Share of the requests that are never come to, and expire.
        busy_share: Share of what is asked of the batch and file addresses themselves, as of a
            batch's state, that is told that the server is overloaded.
        lost_share: Share of it that is done, and its answer lost on the way: a batch may be taken
            that its caller never hears of.
        most_waiting: Requests that may wait in batches at once; OpenAI, who counts their tokens,
            fails a batch beyond that. None for any number.
    """

    takes_s: float = 0.0
    expires_s: float = 24 * 3600.0
    failed_share: float = 0.0
    expired_share: float = 0.0
    busy_share: float = 0.0
    lost_share: float = 0.0
    most_waiting: int | None = None

    def __post_init__(self) -> None:
        if not (self.takes_s >= 0 and self.expires_s > 0):
            raise InputError("A batch cannot take less than no time.")
        for one, other in (("failed_share", "expired_share"), ("busy_share", "lost_share")):
            shares = (getattr(self, one), getattr(self, other))
            if min(shares) < 0 or sum(shares) > 1:
                raise InputError(
                    f"{one!r} and {other!r} of batches are {shares[0]!r} and {shares[1]!r}.",
                    cure="Each is a share from 0 to 1, and both add up to no more than 1.",
                )

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> BatchRules:
        """Rules from JSON or YAML.

        Raises:
            InputError: If a key is unknown (with the nearest known one) or a value does not fit.
        """
        known = {field.name for field in fields(cls)}
        for key in values:
            if key not in known:
                raise InputError(f"There is no rule {key!r} of batches.", cure=nearest(key, known))
        try:
            return cls(**values)
        except TypeError as error:
            raise InputError(f"These rules of batches cannot be used: {error}.") from None
