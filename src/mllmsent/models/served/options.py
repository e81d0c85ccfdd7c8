"""What is known of a kind of server, and what a study may say about a model behind one."""

from __future__ import annotations

import re
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from mllmsent.foundation.config import Config

__all__ = [
    "AnthropicOptions",
    "GoogleOptions",
    "OpenAIOptions",
    "ServedOptions",
    "ServedProvider",
]

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


class ServedProvider(Config):
    """A kind of server, as `providers.yaml` has it."""

    title: str
    """What it is, for people."""
    protocol: Literal["openai", "anthropic-messages", "google-generate"] = "openai"
    """What it speaks."""
    base_url: str
    """Where it is, unless told otherwise."""
    base_url_env: str = ""
    """Environment variable that names another address."""
    base_url_required: bool = False
    """Whether everybody has an address of their own there: `base_url` shows what it looks like."""
    base_path: str = ""
    """The way to its API, put behind an address that names the server alone."""
    lists_models: bool = True
    """Whether the models that it lists are those that can be asked."""
    api_key_env: str = ""
    """Environment variable of the key."""
    api_key_env_else: str = ""
    """Another name of that variable, for where the first is not set."""
    key_required: bool = False
    """Whether it answers nobody without a key."""
    sdk_environment: bool = False
    """Whether it is whom the SDK's own variables are about: organization, project, headers."""
    local: bool = False
    """Whether it is the user's own: its key, if it has one, is sent wherever it stands."""
    max_in_flight: int = 8
    """Requests at once that it can be expected to bear."""
    batches: bool = False
    """Whether it answers batches of requests later, for less."""
    token_parameter: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"  # noqa: S105 - no secret
    """What its dialect calls the longest answer."""
    logprobs: tuple[str, ...] = ()
    """Which of its models are known to tell log probabilities: their names, with `*` for anything."""
    counts_longest_answer: bool = False
    """Whether its limit on tokens counts the longest answer that is allowed, and not the one given."""
    media_types: tuple[str, ...] | None = None
    """Image formats it reads; None for any."""
    max_image_bytes: int | None = None
    """Largest image file it takes."""
    max_image_side: int | None = None
    """Longest side of an image that it takes, in pixels."""
    max_image_pixels: int | None = None
    """Most pixels of an image that it takes."""


class ServedOptions(Config):
    """What a study may say about a model behind any server."""

    base_url: str | None = None
    """Address of the server, for example http://localhost:8000/v1."""
    api_key_env: str | None = None
    """Environment variable that holds the key; the key itself is never written down."""
    server_name: str | None = Field(default=None, min_length=1)
    """Stands for the address in the cache's keys: set it where one server changes its address."""
    revision: str | None = None
    """Which weights, where the name does not say."""
    max_in_flight: int | None = Field(default=None, ge=1, le=1000)
    """Most requests at once."""
    max_retries: int = Field(default=6, ge=0, le=100)
    """How often a request is sent again after 408, 409, 5xx and broken connections. Rate limits do
    not count: they are waited for until the deadline, unless this is 0."""
    timeout_s: float = Field(default=600.0, gt=0)
    """Longest silence of the server; then the request is sent again."""
    deadline_s: float = Field(default=1800.0, gt=0)
    """Longest time for one answer, retries and their waits included."""
    poll_s: float = Field(default=30.0, gt=0, le=3600)
    """Seconds until a batch is first looked at; later pauses are longer, up to twenty times that."""
    images_per_request: int = Field(default=16, ge=0)
    """Most images in one request."""
    max_image_bytes: int | None = Field(default=None, ge=256)
    """Images with larger files are sent as a smaller copy, and that is recorded."""
    max_image_side: int | None = Field(default=None, ge=16)
    """Images with a longer side, in pixels, likewise."""
    max_image_pixels: int | None = Field(default=None, ge=256)
    """Images with more pixels likewise."""
    structured_answers: bool = True
    """Whether schemas are sent; false for servers that reject them."""

    @property
    def identity(self) -> dict[str, Any]:
        """What of it changes answers, where it is not as usual: a part of the model's identity."""
        return {
            "revision": self.revision,
            "max_image_bytes": self.max_image_bytes,
            "max_image_side": self.max_image_side,
            "max_image_pixels": self.max_image_pixels,
            "structured_answers": None if self.structured_answers else False,
        }

    @field_validator("api_key_env")
    @classmethod
    def _is_the_name_of_a_variable(cls, value: str | None) -> str | None:
        if value is not None and not _VARIABLE.fullmatch(value):
            # It is not said back: it may be a key.
            raise ValueError(
                "This is no name of an environment variable. Write the variable's name, such as "
                "OPENAI_API_KEY, and never the key itself."
            )
        return value


class OpenAIOptions(ServedOptions):
    """What a study may say about a model behind one of OpenAI's protocols."""

    api: Literal["chat", "responses"] = "chat"
    """By which API it is asked: `responses` gives summaries of what a model thought, and has models
    that chat has not; every server speaks `chat`, and that alone takes a `seed`."""
    reasoning_summary: Literal["auto", "concise", "detailed", "none"] | None = None
    """How closely `responses` sums up what the model thought; by default auto where
    `reasoning_effort` lets it think, else not at all."""
    image_detail: Literal["auto", "low", "high", "original"] | None = None
    """How closely an OpenAI model looks."""
    logprobs: bool | None = None
    """Whether label likelihoods are read off the log probabilities of an answer's first tokens; by
    default where the model is known to tell them."""

    @property
    def identity(self) -> dict[str, Any]:
        """See `ServedOptions`."""
        return super().identity | {
            "api": None if self.api == "chat" else self.api,
            "reasoning_summary": self.reasoning_summary,
            "image_detail": self.image_detail,
        }

    @model_validator(mode="after")
    def _has_summaries(self) -> Self:
        if self.reasoning_summary is not None and self.api != "responses":
            raise ValueError("`reasoning_summary` needs `api: responses`: chat has no summaries.")
        return self


class AnthropicOptions(ServedOptions):
    """What a study may say about a model behind Anthropic's Messages protocol."""

    thinking_tokens: int | None = Field(default=None, ge=1024)
    """Most tokens it may think, for models that take a budget; others take `reasoning_effort` of the
    settings. `max_tokens` must be larger: it counts both."""

    @property
    def identity(self) -> dict[str, Any]:
        """See `ServedOptions`."""
        return super().identity | {"thinking_tokens": self.thinking_tokens}


class GoogleOptions(ServedOptions):
    """What a study may say about a model behind Google's Gemini protocol."""

    thinking_tokens: int | None = Field(default=None, ge=-1)
    """Most tokens it may think, for Gemini 2.5: 0 for none, -1 for as many as it likes. Later models
    take `reasoning_effort` of the settings. `max_tokens` counts both."""
    media_resolution: Literal["low", "medium", "high"] | None = None
    """How closely it looks at images, and how many tokens each costs."""
    safety_threshold: (
        Literal[
            "OFF",
            "BLOCK_NONE",
            "BLOCK_ONLY_HIGH",
            "BLOCK_MEDIUM_AND_ABOVE",
            "BLOCK_LOW_AND_ABOVE",
        ]
        | None
    ) = None
    """From which probability of harm on its filters take questions and answers away, all four alike."""
    logprobs: bool | None = None
    """Whether label likelihoods are read off the log probabilities of an answer's first tokens; some
    models tell them. One that thinks needs `reasoning_effort: none` for that."""

    @property
    def identity(self) -> dict[str, Any]:
        """See `ServedOptions`."""
        return super().identity | {
            "thinking_tokens": self.thinking_tokens,
            "media_resolution": self.media_resolution,
            "safety_threshold": self.safety_threshold,
        }
