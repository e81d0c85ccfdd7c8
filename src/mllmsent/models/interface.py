"""The one interface through which every model is asked: a batch of requests in, responses out.

A model is anything that takes images and words and answers: a served one, a cloud one, a local one,
or a table of answers given earlier. To add one, write a class with the members of `Model`, and add
its provider's name to the registry beside this file (or to the entry-point group
`mllmsent.models`). A model never raises for one request: what went wrong is that request's response.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from mllmsent.foundation.digest import json_digest
from mllmsent.prompts.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.data.images import ImageRef

__all__ = [
    "Capabilities",
    "Message",
    "Model",
    "Request",
    "Response",
    "ResponseStatus",
    "Settings",
]

ResponseStatus = Literal["ok", "refused", "failed"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How a model is to answer. None leaves the model's own default.

    Attributes:
        temperature: 0 is as deterministic as the model can be.
        top_p: Nucleus sampling mass, 0 to 1.
        max_tokens: Longest answer, in tokens.
        seed: Sampling seed, where the model takes one.
        reasoning_effort: "low", "medium", "high", where the model reasons; "none" for not at all.
        extra: Anything else the server takes, passed through as it is.
    """

    temperature: float | None = 0.0
    top_p: float | None = None
    max_tokens: int | None = 512
    seed: int | None = None
    reasoning_effort: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The settings that are set, as plain JSON."""
        named = {
            "temperature": self.temperature,
            "top_p": self.top_p,
            "max_tokens": self.max_tokens,
            "seed": self.seed,
            "reasoning_effort": self.reasoning_effort,
        }
        return {key: value for key, value in named.items() if value is not None} | (
            {"extra": dict(self.extra)} if self.extra else {}
        )


@dataclass(frozen=True, slots=True)
class Request:
    """One question to one model.

    Attributes:
        messages: The conversation so far; the model gives the next turn.
        settings: How to answer.
        answer_schema: JSON Schema of the wanted answer, or None for free text.
        candidates: Every answer that is possible, as the model would write it. Where there are any,
            the likelihood of each is wanted in place of a text (readout `likelihood`).
        calibrated: Whether the likelihoods of the candidates given content-free images are wanted
            as well, to be held against them.
        sample: Number of this sample where the same question is asked several times; part of the
            key, so that a second sample is a second answer and not a cache hit.
        about: Where the question comes from (item_id, stage, prompt, condition, repeat), for models
            that look answers up. Never sent, and not part of the key.
    """

    messages: tuple[Message, ...]
    settings: Settings = field(default_factory=Settings)
    answer_schema: Mapping[str, Any] | None = None
    candidates: tuple[str, ...] = ()
    calibrated: bool = False
    sample: int = 0
    about: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def images(self) -> tuple[ImageRef, ...]:
        """The images of all messages, in order."""
        return tuple(
            part for message in self.messages for part in message.parts if not isinstance(part, str)
        )

    def key(self, model_identity: Mapping[str, Any]) -> str:
        """What was truly asked, as 64 hexadecimal digits: the cache's key.

        Args:
            model_identity: `Model.identity`.
        """
        # What is not asked for leaves no trace in the key: answers to older questions stay found.
        scored = {"candidates": list(self.candidates)} if self.candidates else {}
        calibrated = {"calibrated": True} if self.calibrated else {}
        return json_digest(
            {
                "model": dict(model_identity),
                "messages": [
                    [
                        message.role,
                        [
                            part if isinstance(part, str) else {"image": part.digest}
                            for part in message.parts
                        ],
                    ]
                    for message in self.messages
                ],
                "settings": self.settings.as_dict(),
                "answer_schema": None if self.answer_schema is None else dict(self.answer_schema),
                "sample": self.sample,
                **scored,
                **calibrated,
            }
        )


@dataclass(frozen=True, slots=True)
class Response:
    """What came back for one request.

    Attributes:
        status: "ok" (there is a text to read), "refused" (the model or its safety system declined),
            "failed" (no answer was had: transport, quota, garbage; `error` says why).
        text: The answer; empty unless status is "ok" or the refusal has words.
        reasoning: The model's reasoning, where it is given apart from the answer.
        stop_reason: The server's word: "stop", "length", "content_filter".
        reported_model: The name the server says answered.
        label_scores: Candidate to the summed log-likelihood, in nats, of its tokens and of the token
            that ends the answer, so that no candidate is the beginning of another; None where no
            candidates were asked about.
        label_tokens: Candidate to the number of tokens summed over: score by tokens is the
            length-normalized likelihood.
        label_prior: Candidate to the summed log-likelihood given content-free images, where
            `calibrated` asked for it.
        label_limits: Where only the likeliest first tokens were told (`Capabilities.first_tokens`),
            candidate to the most that its log-likelihood can be. One of which nothing was told has
            this for its score. None where scores are those of whole answers.
        image_sha256: SHA-256 of each image's bytes as they were sent, in order.
        image_note: How the images sent differ from the files, empty where they do not.
        input_tokens: Tokens read, as the server counts them.
        output_tokens: Tokens written, reasoning included.
        cached_tokens: Of the input tokens, those served from the provider's cache.
        reasoning_tokens: Of the output tokens, those spent on reasoning.
        latency_s: Seconds from sending to the complete answer, last attempt.
        attempts: How many times it was sent, the SDK's own retries included.
        error: Why there is no answer, in words safe to show (never a key).
        hopeless: Whether every other request to this model would fail alike: a wrong key, no such
            model, no credit, no server. Whoever asks many may stop asking.
        is_json: Whether the text is JSON, where it was asked for by a schema; None where it was
            not. False shows a server that ignores schemas.
        schema_rejected: Whether the server does not take `answer_schema`, so that the question was
            asked without it.
        batched: Whether it came by a provider's batch endpoint, which has prices of its own.
    """

    status: ResponseStatus
    text: str = ""
    reasoning: str = ""
    stop_reason: str = ""
    reported_model: str = ""
    label_scores: Mapping[str, float] | None = None
    label_tokens: Mapping[str, int] | None = None
    label_prior: Mapping[str, float] | None = None
    label_limits: Mapping[str, float] | None = None
    image_sha256: tuple[str, ...] = ()
    image_note: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    latency_s: float | None = None
    attempts: int = 1
    error: str = ""
    hopeless: bool = False
    is_json: bool | None = None
    schema_rejected: bool = False
    batched: bool = False


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a model can do, declared before it is asked.

    Attributes:
        max_batch_size: Most requests one call of `answer` takes; 1 for servers.
        max_in_flight: Sensible number of calls at once; a study may lower or raise it.
        images_per_request: Most images in one request; 0 for text only.
        structured_answers: Whether `answer_schema` is enforced (rather than ignored).
        label_scores: Whether label likelihoods can be had.
        first_tokens: Whether they are read off the likeliest first tokens of an answer, which is
            what servers tell, and not those of whole answers.
        logprobs: Whether token log probabilities come with the text.
        attention: Whether attention over image tokens can be had.
        answers: Whether it answers questions; what describes images only is asked nothing else.
        shares_images: Whether questions about one image are cheaper when they are asked together;
            a run then sends them side by side.
    """

    max_batch_size: int = 1
    max_in_flight: int = 16
    images_per_request: int = 16
    structured_answers: bool = False
    label_scores: bool = False
    first_tokens: bool = False
    logprobs: bool = False
    attention: bool = False
    answers: bool = True
    shares_images: bool = False


@runtime_checkable
class Model(Protocol):
    """A model that can be asked."""

    @property
    def name(self) -> str:
        """The name by which tables and reports call it: "openai/gpt-4o"."""
        ...

    @property
    def identity(self) -> Mapping[str, Any]:
        """What makes its answers its own (name, revision, address), as plain JSON without keys."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        ...

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        """Answer a batch, one response per request in order; at most `max_batch_size` at once."""
        ...

    async def aclose(self) -> None:
        """Let go of connections, processes and memory."""
        ...
