"""What can go wrong between a question and its answer, as switches."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, get_args

from mllmsent.foundation.errors import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FAULT_KINDS", "FaultKind", "Faults", "RetryAfter"]

FaultKind = Literal[
    "rate_limit",
    "server_error",
    "overloaded",
    "html_page",
    "dropped_before",
    "dropped_midway",
    "slow_body",
    "garbage",
    "truncated",
    "ignored_schema",
    "no_choices",
    "null_content",
    "refusal",
    "content_filter",
    "unauthorized",
    "forbidden",
    "unknown_model",
    "no_quota",
    "daily_limit",
    "image_too_large",
    "rejected_schema",
]
"""Names of the faults; each is a probability in `Faults`."""

FAULT_KINDS: tuple[FaultKind, ...] = get_args(FaultKind)

RetryAfter = Literal["seconds", "milliseconds", "date", "none"]

_BY_QUESTION: tuple[FaultKind, ...] = ("refusal", "content_filter")
_DOOMED: tuple[FaultKind, ...] = (
    "unauthorized",
    "forbidden",
    "unknown_model",
    "no_quota",
    "daily_limit",
    "rejected_schema",
)


@dataclass(frozen=True, slots=True)
class Faults:
    """How often each fault befalls a request, and how the server is slow.

    At most one fault befalls one attempt. Which one is drawn from the seed, what is asked and how
    often it was asked before: the same questions meet the same faults, in whatever order they
    arrive, and a question asked again gets a new draw. What a model declines, though, it declines
    whenever it is asked (`refusal`, `content_filter`).

    Attributes:
        seed: Seed of all draws.
        latency_s: Seconds that every answer takes.
        jitter_s: Up to this many seconds more, drawn per attempt.
        rate_limit: 429; when to come back is said as `retry_after` says.
        server_error: One of `error_statuses`.
        overloaded: What the provider says when it has too much to do: 503, or 529 of Anthropic.
        html_page: A proxy's HTML page with status `html_status`.
        dropped_before: The connection ends instead of a response.
        dropped_midway: The connection ends in the middle of the body.
        slow_body: The body comes in pieces over `slow_body_s` seconds.
        garbage: Status 200, and the body is none of the protocol's.
        truncated: The answer breaks off in the middle, and says so.
        ignored_schema: The answer is prose although a schema was given.
        no_choices: There are no choices (candidates, content blocks).
        null_content: The only choice has no content.
        refusal: The model declines, as the protocol has it.
        content_filter: A filter took the question or the answer away, as the protocol has it.
        unauthorized: 401 (400 of Google): the key is none.
        forbidden: 403: the key is not allowed this.
        unknown_model: 404.
        no_quota: Nothing is left to pay with: 429, or 400 of Anthropic.
        daily_limit: A limit that no wait of minutes helps against: 429, or 400 of Anthropic.
        image_too_large: 400 that complains of the image.
        rejected_schema: 400 that complains of the schema, where one is given.
        retry_after: How headers of 429 and 503 say when to come back; a date counts whole seconds.
            Google says it in the body.
        retry_after_s: What they say, in seconds.
        error_statuses: Statuses of `server_error`, drawn alike.
        html_status: Status of `html_page`.
        slow_body_s: Duration of `slow_body`.
        only_first: Faults befall only so many askings of one question; None: any.
    """

    seed: int = 0
    latency_s: float = 0.0
    jitter_s: float = 0.0
    rate_limit: float = 0.0
    server_error: float = 0.0
    overloaded: float = 0.0
    html_page: float = 0.0
    dropped_before: float = 0.0
    dropped_midway: float = 0.0
    slow_body: float = 0.0
    garbage: float = 0.0
    truncated: float = 0.0
    ignored_schema: float = 0.0
    no_choices: float = 0.0
    null_content: float = 0.0
    refusal: float = 0.0
    content_filter: float = 0.0
    unauthorized: float = 0.0
    forbidden: float = 0.0
    unknown_model: float = 0.0
    no_quota: float = 0.0
    daily_limit: float = 0.0
    image_too_large: float = 0.0
    rejected_schema: float = 0.0
    retry_after: RetryAfter = "seconds"
    retry_after_s: float = 0.05
    error_statuses: tuple[int, ...] = (500, 502, 503)
    html_status: int = 502
    slow_body_s: float = 2.0
    only_first: int | None = None

    def __post_init__(self) -> None:
        for kind in FAULT_KINDS:
            if not 0.0 <= self.probability(kind) <= 1.0:
                raise InputError(
                    f"The probability of the fault {kind!r} is {self.probability(kind)!r}.",
                    cure="Probabilities run from 0 to 1.",
                )
        if sum(map(self.probability, FAULT_KINDS)) > 1.0 + 1e-9:
            raise InputError(
                "The probabilities of all faults add up to more than 1.",
                cure="At most one fault befalls one attempt: lower some of them.",
            )
        for name in ("latency_s", "jitter_s", "retry_after_s", "slow_body_s"):
            if not getattr(self, name) >= 0.0:
                raise InputError(f"{name!r} of faults is {getattr(self, name)!r}, not 0 or more.")

    @classmethod
    def mixed(cls, rate: float, **others: Any) -> Faults:
        """Every kind that spares later requests alike, adding up to `rate`.

        Args:
            rate: Share of attempts that meet a fault, 0 to 1.
            others: Any other attribute.
        """
        kinds = [kind for kind in FAULT_KINDS if kind not in _DOOMED]
        values: dict[str, Any] = {kind: rate / len(kinds) for kind in kinds}
        return cls(**(values | others))

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Faults:
        """Faults from JSON or YAML.

        Raises:
            InputError: If a key is unknown (with the nearest known one) or a value does not fit.
        """
        known = {field.name for field in fields(cls)}
        for key in values:
            if key not in known:
                raise InputError(f"There is no fault {key!r}.", cure=nearest(key, known))
        plain = dict(values)
        if "error_statuses" in plain:
            plain["error_statuses"] = tuple(plain["error_statuses"])
        try:
            return cls(**plain)
        except TypeError as error:
            raise InputError(f"These faults cannot be used: {error}.") from None

    def probability(self, kind: FaultKind) -> float:
        """The probability of one kind, 0 to 1."""
        return float(getattr(self, kind))

    def draw(self, key: str, attempt: int) -> FaultKind | None:
        """The fault that befalls an attempt, if any.

        Args:
            key: What is asked (`content_key`).
            attempt: How often it was asked before.
        """
        if self.only_first is not None and attempt >= self.only_first:
            return None
        # One number places the question, another the attempt; a question that is declined by the
        # first is declined at every attempt.
        by_question = self.unit(key, "question")
        declined = 0.0
        for kind in _BY_QUESTION:
            declined += self.probability(kind)
            if by_question < declined:
                return kind
        by_attempt = declined + self.unit(key, f"attempt {attempt}") * (1.0 - declined)
        reached = declined
        for kind in FAULT_KINDS:
            if kind in _BY_QUESTION:
                continue
            reached += self.probability(kind)
            if by_attempt < reached:
                return kind
        return None

    def delay(self, key: str, attempt: int) -> float:
        """Seconds before an attempt is answered."""
        if not self.jitter_s:
            return self.latency_s
        return self.latency_s + self.jitter_s * self.unit(key, f"jitter {attempt}")

    def unit(self, key: str, purpose: str) -> float:
        """A number in [0, 1) that depends on the seed, the question and the purpose alone."""
        digest = hashlib.sha256(f"{self.seed}|{purpose}|{key}".encode()).digest()
        return int.from_bytes(digest[:8]) / 2**64
