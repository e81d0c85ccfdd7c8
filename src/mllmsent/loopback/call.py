"""What is asked and what is to be answered, apart from any protocol."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mllmsent.loopback.answerer import Reply

__all__ = ["CHARACTERS_PER_TOKEN", "Call", "Ending", "Outcome", "text_tokens"]

CHARACTERS_PER_TOKEN = 4
"""How long a token of text is taken to be."""

Ending = Literal["complete", "cut", "filtered"]


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was read and found right.

    Attributes:
        model: The model asked for.
        text: Every text of the conversation, with a blank line between turns.
        images: Every image's bytes, in order.
        schema: JSON Schema of the wanted answer, or None.
        temperature: Sampling temperature; where none is given, 1 as in every one of the protocols.
        seed: Sampling seed, where one is given.
        max_tokens: Longest answer, where one is given.
        top_logprobs: How many log probabilities are wanted per token; None for none at all.
        thinks: Whether the model was told to think first, where it does not of itself.
        shows_reasoning: Whether thinking is to be shown beside the answer.
        tool: The tool that the answer is to be given to as its arguments; empty for none.
        low_detail: Which images are to be looked at coarsely, where the protocol has that.
        echo: Members of the body that the protocol says back.
    """

    model: str
    text: str
    images: tuple[bytes, ...]
    schema: Mapping[str, Any] | None = None
    temperature: float = 1.0
    seed: int | None = None
    max_tokens: int | None = None
    top_logprobs: int | None = None
    thinks: bool = False
    shows_reasoning: bool = False
    tool: str = ""
    low_detail: frozenset[int] = frozenset()
    echo: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is to be said to a call.

    Attributes:
        reply: The answer.
        identifier: Letters and digits that name this response alone.
        created: When, in seconds since the epoch.
        ending: Whether the answer is complete, breaks off, or was taken away by a filter.
        missing: What is left out of the response: its choices (candidates, content blocks), or the
            content of the only choice; empty for nothing.
        cached_share: Share of the prompt, 0 to 1, that is said to have been read from a cache.
        batched: Whether it is an answer in a batch.
    """

    reply: Reply
    identifier: str
    created: float
    ending: Ending = "complete"
    missing: Literal["", "choices", "content"] = ""
    cached_share: float = 0.0
    batched: bool = False

    def said(self, call: Call) -> tuple[str, bool]:
        """The answer's text, no longer than allowed, and whether it breaks off."""
        text = self.reply.text
        if call.max_tokens is not None and text_tokens(text) > call.max_tokens:
            return text[: call.max_tokens * CHARACTERS_PER_TOKEN], True
        return text, self.ending == "cut"


def text_tokens(text: str) -> int:
    """How many tokens a text is taken for."""
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)
