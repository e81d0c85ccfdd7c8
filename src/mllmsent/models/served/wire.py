"""What a protocol has to give so that models behind it can be asked: a link, and what came of a try.

`ServedModel` does what all protocols have in common: keys, images, pace, trying again, deadlines. A
protocol is a function that makes a `Link` for an `Endpoint`: it puts one request into the protocol's
words, sends it once through the provider's official SDK, and reads what comes back. To add one, write
that function and name it where providers are made (`providers.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mllmsent.models.interface import Message, Request, Response
    from mllmsent.models.served.batch_wire import BatchLink
    from mllmsent.models.served.encoded_images import EncodedImage
    from mllmsent.models.served.options import ServedOptions, ServedProvider
    from mllmsent.models.served.proxies import Proxy

__all__ = [
    "Allowance",
    "Blamed",
    "Connect",
    "Endpoint",
    "Fault",
    "FaultKind",
    "Limited",
    "Link",
    "Outcome",
    "system_apart",
    "without_none",
]

FaultKind = Literal[
    "rate_limit",  # more in a minute than is allowed; passes
    "overloaded",  # the provider has too much to do, whoever asks; passes
    "server_error",
    "connection",
    "timeout",
    "schema",  # it takes no schema, or not this one; asked without it may help
    "lasting",  # asking again brings the same: a wrong key, a request that it does not take
]

Blamed = Literal["", "address", "key", "model", "image", "schema", "setting"]
"""What has to be put right before asking again helps; empty for none of these. An empty account is the
key's fault, and a proxy or a firewall the address's."""

Limited = Literal["requests", "tokens", "input tokens", "output tokens"]
"""What providers limit, per minute; `tokens` are both read and written."""

_PASSING: frozenset[FaultKind] = frozenset(
    {"rate_limit", "overloaded", "server_error", "connection", "timeout"}
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a try brought no answer.

    Attributes:
        kind: What it was. `schema` and `lasting` do not pass by themselves.
        retry_after_s: How long the server asks to wait, in seconds; None where it does not say.
        blames: What is at fault.
        cure: What to do about it, in words; the response's error ends with them.
    """

    kind: FaultKind
    retry_after_s: float | None = None
    blames: Blamed = ""
    cure: str = ""

    @property
    def passes(self) -> bool:
        """Whether asking again may help."""
        return self.kind in _PASSING


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a provider says of one of its limits, beside an answer or with a refusal to give one.

    Attributes:
        what: What is limited.
        per_minute: The limit.
        remaining: What may be used now; None where it does not say.
    """

    what: Limited
    per_minute: float
    remaining: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of sending a request once.

    Attributes:
        response: The answer, or the failure in words. Attempts and images are filled in later.
        fault: Why there is no answer; None where there is one, a refusal included.
        allowances: What the provider said of its limits.
    """

    response: Response
    fault: Fault | None = None
    allowances: tuple[Allowance, ...] = ()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Whom a link asks.

    Attributes:
        url: Where it is, without credentials.
        address: The same, to be shown.
        model: The model's name there.
        key: The key; empty for none. It is never shown.
        key_env: The environment variable of the key, for messages.
        is_near: Whether it is this machine: no proxy stands before it.
        most_at_once: How many requests may be under way.
        provider: What is known of the provider.
        options: What the study says.
        takes_environment: Whether what the environment tells the SDK beside the key (an organization,
            headers for a gateway) may go there.
        login: User and password that its address has; None for none. They are never shown.
        proxy: The proxy before it; None where it is asked directly.
    """

    url: str
    address: str
    model: str
    key: str
    key_env: str
    is_near: bool
    most_at_once: int
    provider: ServedProvider
    options: ServedOptions
    takes_environment: bool = False
    login: tuple[str, str] | None = None
    proxy: Proxy | None = None

    def __repr__(self) -> str:
        """Everything but the key, which must not come into a log by way of an exception."""
        return f"Endpoint({self.address}, {self.model})"


class Link(Protocol):
    """A client of a server, in one event loop."""

    @property
    def batches(self) -> BatchLink | None:
        """Its batch half; None where the protocol has none."""
        ...

    async def send(
        self, request: Request, images: Sequence[EncodedImage], *, attempt: int
    ) -> Outcome:
        """Send a request once, without trying again. Raises nothing: what goes wrong is the outcome.

        Args:
            request: What to ask.
            images: Its images, in order.
            attempt: Which try it is, from 0.
        """
        ...

    async def served(self) -> tuple[str, ...]:
        """The names of the models there, for messages; empty where it does not tell."""
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...


Connect: TypeAlias = "Callable[[Endpoint], Link]"
"""Makes links: what a protocol is. Nothing is sent yet."""


def system_apart(messages: Sequence[Message]) -> tuple[str, list[Message]]:
    """The system's words, and the turns of the others, for protocols that keep them apart.

    Args:
        messages: A conversation.
    """
    said = [str(part) for message in messages if message.role == "system" for part in message.parts]
    turns = [message for message in messages if message.role != "system"]
    return "\n\n".join(said), turns


def without_none(body: dict[str, Any]) -> dict[str, Any]:
    """A request's body without the settings that are left to the model."""
    return {key: value for key, value in body.items() if value is not None}
