"""What a study says of whom it asks: models, wordings, and readers and judges of descriptions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from mllmsent.foundation.config import Config, spelled_out
from mllmsent.models import OwnPrices
from mllmsent.models.served.address import has_login
from mllmsent.prompts.strategy import Answers, Likelihood, Readout, StrategyName

__all__ = [
    "ClassifierChoice",
    "JudgeChoice",
    "Mode",
    "ModelChoice",
    "SettingsChoice",
    "StrategyChoice",
]

Mode = Literal["live", "batch"]
"""Asked one by one and answered at once, or handed in together and answered later, for less."""


def _without_login(options: dict[str, Any]) -> dict[str, Any]:
    if has_login(options.get("base_url")):
        raise ValueError(
            "`base_url` has a user or a password, and every run's folder keeps its study. Leave "
            "`base_url` out, and set the whole address in the environment, as OPENAI_BASE_URL or "
            "VLLM_BASE_URL."
        )
    return options


_Options = Annotated[dict[str, Any], AfterValidator(_without_login)]


class SettingsChoice(Config):
    """How models are to answer."""

    temperature: float | None = Field(default=0.0, ge=0, le=2)
    """0 is as deterministic as the model can be; null leaves the model's default."""
    top_p: float | None = Field(default=None, gt=0, le=1)
    """Nucleus sampling mass."""
    max_tokens: int | None = Field(default=512, ge=1)
    """Longest answer, in tokens."""
    seed: int | None = None
    """Sampling seed, where the model takes one."""
    reasoning_effort: str | None = None
    """How long a reasoning model thinks, in its own words: low, medium, high."""
    extra: dict[str, Any] = Field(default_factory=dict)
    """Anything else that the server takes, passed on as it is."""


class ModelChoice(Config):
    """A model that is asked."""

    model: str
    """`provider/name`, for example `openai/gpt-4o`, `ollama/gemma3` or `simulated/keen`."""
    name: str | None = None
    """What tables and reports call it; by default `model`."""
    settings: SettingsChoice | None = None
    """Replaces the study's settings for this model."""
    in_flight: int | None = Field(default=None, ge=1, le=1000)
    """Most requests at once; by default what the model declares."""
    mode: Mode | None = None
    """`live` or `batch`, for this model; by default as the study says."""
    prices: OwnPrices | None = None
    """What it costs, where no list says so or yours is another price: `{input: 0.5, output: 2}`, in US
    dollars per million tokens, or the model whose list prices it has: `openai/gpt-4o`."""
    options: _Options = Field(default_factory=dict)
    """What the provider takes: `base_url`, `api_key_env`, `timeout_s`, `max_retries` and others."""

    @field_validator("prices", mode="before")
    @classmethod
    def _prices(cls, value: Any) -> Any:
        return spelled_out(value, "like")

    @field_validator("model")
    @classmethod
    def _has_provider(cls, value: str) -> str:
        if "/" not in value:
            raise ValueError(f"Models are written `provider/name`, not {value!r}.")
        return value

    @property
    def shown(self) -> str:
        """The name in tables and reports."""
        return self.name or self.model


class StrategyChoice(Config):
    """A wording, and how its answer is read."""

    strategy: str
    """Name of a strategy, or path of a strategy file."""
    name: StrategyName | None = None
    """What tables and reports call it; by default its own name, with what is changed below."""
    readout: Readout | None = None
    """`text`, `json`, or `likelihood`: the likelihood of each label as the answer."""
    likelihood: Likelihood | None = None
    """By what labels are compared: the `sum` over a label's tokens (the default), or the `mean`."""
    calibrate: bool | None = None
    """Whether each label is held against its likelihood given content-free images."""
    answers: Answers | None = None
    """For likelihoods, whether a label is answered (`labels`, the default), or the letter that stands
    before it (`letters`)."""
    samples: int | None = Field(default=None, ge=1, le=64)
    """How often each question is asked: the answer is what most of them say, its scores are their
    shares. More than one need a `temperature` above 0."""
    temperature: float | None = Field(default=None, ge=0, le=2)
    """Instead of that of the settings: at 1, shares of samples are the model's own probabilities."""


class ClassifierChoice(Config):
    """A text classifier that reads descriptions."""

    model: str
    """A name that `mllmsent classifiers list` tells, `hf/OWNER/NAME` for a transformer, or
    `provider/name` for a language model that is asked: `openai/gpt-4o-mini`."""
    name: str | None = None
    """What tables and reports call it; by default `model`, with its training where that is said."""
    training: str | None = None
    """How a transformer learns: `frozen`, `fine-tuned`, `lora`, `qlora` or `zero-shot`. How a
    language model is asked: `zero-shot` (the default) or `few-shot`."""
    shots: int | None = Field(default=None, ge=0, le=256)
    """For a language model, how many solved examples it is shown, from other folds; 8 where it is
    asked few-shot and nothing is said. Said of `hf/NAME`, that is one: a model that chats."""
    strategy: StrategyChoice | None = None
    """For a language model, the wording; by default `read`."""
    settings: SettingsChoice | None = None
    """For a language model, how it is to answer; by default as the study, or its model, says."""
    prices: OwnPrices | None = None
    """For a language model, what it costs, as for `models`."""
    describers: Literal["each", "together"] = "each"
    """Whether each describer's descriptions are read by themselves, or those of all describers of an
    item together, as one system: the mean of what is said of each."""
    options: _Options = Field(default_factory=dict)
    """Its own parameters; for a language model, what its provider takes."""

    @field_validator("strategy", mode="before")
    @classmethod
    def _strategy(cls, value: Any) -> Any:
        return spelled_out(value, "strategy")

    @field_validator("prices", mode="before")
    @classmethod
    def _prices(cls, value: Any) -> Any:
        return spelled_out(value, "like")

    @model_validator(mode="after")
    def _language_models_are_asked(self) -> ClassifierChoice:
        if not self.is_asked:
            for key in ("shots", "strategy", "settings", "prices"):
                if getattr(self, key) is not None:
                    raise ValueError(
                        f"`{key}` is for language models, such as openai/gpt-4o-mini, and "
                        f"{self.model!r} is none."
                    )
            return self
        if self.training not in {None, "zero-shot", "few-shot"}:
            raise ValueError(
                f"{self.model!r} is a language model that is asked: its `training` is zero-shot or "
                f"few-shot, not {self.training!r}. What is trained here is written hf/OWNER/NAME."
            )
        if (self.training == "zero-shot" and self.shots) or (
            self.training == "few-shot" and self.shots == 0
        ):
            raise ValueError(f"`training: {self.training}` with {self.shots} `shots` is neither.")
        if self.describers == "together":
            raise ValueError(
                "`describers: together` is the mean of classifiers' scores; a language model reads "
                "each describer's descriptions by themselves."
            )
        return self

    @model_validator(mode="after")
    def _training_is_said_once(self) -> ClassifierChoice:
        if self.training is not None and "training" in self.options:
            raise ValueError("`training` is said twice: here, and among the options.")
        return self

    @property
    def is_asked(self) -> bool:
        """Whether it is a language model that is asked, and not a classifier that is computed."""
        if self.model.startswith("hf/"):
            return self.training == "few-shot" or self.shots is not None
        return "/" in self.model

    @property
    def n_shots(self) -> int:
        """How many solved examples a language model is shown."""
        if self.shots is not None:
            return self.shots
        return 8 if self.training == "few-shot" else 0

    @property
    def shown(self) -> str:
        """The name in tables and reports."""
        how = self.training
        if self.is_asked:
            how = f"{self.n_shots}-shot" if self.n_shots else "zero-shot"
        return self.name or " ".join(filter(None, (self.model, how)))

    @property
    def all_options(self) -> dict[str, Any]:
        """Its own parameters, `training` among them."""
        return self.options if self.training is None else {"training": self.training} | self.options


class JudgeChoice(Config):
    """A model that is shown an item with a description of it and marks the description."""

    model: str
    """`provider/name`, or what the study calls one of its models."""
    name: str | None = None
    """What tables and reports call it; by default `model`."""
    strategy: StrategyChoice = StrategyChoice(strategy="judge")
    """The wording, which has `criteria`; by default `judge`."""
    settings: SettingsChoice | None = None
    """How it is to answer; by default as the study, or its model, says."""
    prices: OwnPrices | None = None
    """What it costs, as for `models`."""
    options: _Options = Field(default_factory=dict)
    """What its provider takes."""

    @field_validator("strategy", mode="before")
    @classmethod
    def _strategy(cls, value: Any) -> Any:
        return spelled_out(value, "strategy")

    @field_validator("prices", mode="before")
    @classmethod
    def _prices(cls, value: Any) -> Any:
        return spelled_out(value, "like")

    @property
    def shown(self) -> str:
        """The name in tables and reports."""
        return self.name or self.model
