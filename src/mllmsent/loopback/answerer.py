"""Who answers behind the loopback server: anything with one method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Answerer", "ConstantAnswerer", "Reply"]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with what may come beside its words.

    Attributes:
        text: The answer.
        reasoning: Thinking that the server gives apart from the answer.
        refusal: Why the model declines; then `text` is not sent.
        chances: Whole answer to probability, 0 to 1, of all that might have been answered, adding up
            to 1; sent as log probabilities of tokens to callers who ask for them.
    """

    text: str
    reasoning: str = ""
    refusal: str = ""
    chances: Mapping[str, float] | None = None


@runtime_checkable
class Answerer(Protocol):
    """What a loopback server asks for every answer it gives.

    It is called on the server's event loop, one request at a time: it must be quick, and need not
    be thread-safe. Give it the same arguments and it must give the same answer.
    """

    def answer(
        self,
        images: Sequence[bytes],
        text: str,
        schema: Mapping[str, Any] | None,
        model: str,
        sample_seed: int,
    ) -> str | Reply:
        """Answer one request.

        Args:
            images: Every image of the conversation as its file's bytes, in order; with few-shot
                examples, the last one is the one asked about.
            text: Every text of the conversation, in order, with a blank line between turns.
            schema: JSON Schema of the wanted answer, or None for free text.
            model: The model asked for.
            sample_seed: The request's `seed`; without one, 0 at temperature 0, else how often the
                same question was asked before.

        Returns:
            The answer's text (JSON where a schema is given), or a `Reply`.
        """
        ...


@dataclass(frozen=True, slots=True)
class ConstantAnswerer:
    """Answers everything alike, for benchmarks and for tests of transport.

    Attributes:
        text: The answer in words.
        structured: The answer where a schema is given, as JSON text.
    """

    text: str = "neutral"
    structured: str = '{"label": "neutral"}'

    def answer(
        self,
        images: Sequence[bytes],  # noqa: ARG002 - the protocol's arguments
        text: str,  # noqa: ARG002 - likewise
        schema: Mapping[str, Any] | None,
        model: str,  # noqa: ARG002 - likewise
        sample_seed: int,  # noqa: ARG002 - likewise
    ) -> str:
        """The constant; see `Answerer.answer`."""
        return self.text if schema is None else self.structured
