"""What a study may say about a transformer that reads texts."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from mllmsent.foundation.config import Config

__all__ = ["Head", "Training", "TransformerOptions"]

Training = Literal["frozen", "fine-tuned", "lora", "qlora", "zero-shot"]
Head = Literal["nominal", "cumulative"]

_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+)?")

# What suits each way to train, where the options say nothing else. A head alone takes a moment an
# epoch; an adapter bears a larger rate than weights that already know a language.
_SUITABLE: dict[str, dict[str, Any]] = {
    "frozen": {"epochs": 100, "patience": 10, "learning_rate": 0.0, "batch_size": 128},
    "fine-tuned": {"epochs": 10, "patience": 2, "learning_rate": 3e-5, "batch_size": 16},
    "lora": {"epochs": 10, "patience": 2, "learning_rate": 2e-4, "batch_size": 16},
    "qlora": {"epochs": 10, "patience": 2, "learning_rate": 2e-4, "batch_size": 16},
    "zero-shot": {"epochs": 0, "patience": 0, "learning_rate": 0.0, "batch_size": 16},
}


def _as_many(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class TransformerOptions(Config):
    """Options of `transformer`.

    Where `epochs`, `patience`, `learning_rate` or `batch_size` is not given, it is what suits the
    training.
    """

    model: str = Field(default="answerdotai/ModernBERT-base", min_length=1)
    """A folder that `save_pretrained` wrote, or a repository of the Hugging Face hub."""
    training: Training = "frozen"
    """What learns: `frozen` a head on what the model says of each text, which is computed once;
    `fine-tuned` the whole model; `lora` an adapter; `qlora` an adapter on weights of 4 bits;
    `zero-shot` nothing: a model of entailment is asked whether a text means a label."""
    revision: str | None = Field(default=None, min_length=1)
    """Which weights of a repository: a commit, tag or branch."""
    max_length: int = Field(default=512, ge=8)
    """Longest text in tokens; a longer one is cut, and `fitted` says how many were."""
    pooling: Literal["auto", "mean", "first", "last"] = "auto"
    """How the vectors of a text's tokens become one; `auto` is what suits the family: the mean for
    encoders, the last token where each token sees only those before it."""
    head: Literal["auto", Head] = "auto"
    """`nominal`: each label has weights of its own. `cumulative`: the labels are stretches of one
    line, for ordered schemes; `auto` takes it for those of three labels or more, where the model
    learns too and can put them there."""
    epochs: int | None = Field(default=None, ge=1)
    """How often every training text is learned from, at most; by default 100 for `frozen`, else 10."""
    patience: int | None = Field(default=None, ge=1)
    """Epochs without a better score on held-out training texts after which learning ends; by default
    10 for `frozen`, else 2."""
    held_out: float = Field(default=0.1, gt=0, le=0.5)
    """Share of the training texts, in whole groups, by which the best epoch is found."""
    choose_by: Literal["weighted_f1", "macro_f1"] = "weighted_f1"
    """Labels: the score by which it is found. Dimensions go by their mean squared error."""
    learning_rate: Positive | None = None
    """Largest learning rate of the model's weights (by default 3e-5), or the adapter's (2e-4)."""
    head_learning_rate: Positive = 1e-3
    """Largest learning rate of the head."""
    warmup: float = Field(default=0.1, ge=0, le=1)
    """Share of all steps over which rates rise; they then fall in a line to nothing."""
    weight_decay: float = Field(default=0.01, ge=0, allow_inf_nan=False)
    """Decoupled weight decay (AdamW), of matrices only."""
    class_weight: Literal["none", "balanced"] = "balanced"
    """Whether a text counts the same whatever its label, or each label the same in total."""
    dropout: float = Field(default=0.1, ge=0, lt=1)
    """Dropout before the head; the model keeps its own."""
    batch_size: int | None = Field(default=None, ge=1)
    """Most texts in a batch that is learned from; by default 128 for `frozen`, else 16."""
    batch_tokens: int = Field(default=8192, ge=8)
    """Most tokens in any batch, padding included; one text alone may be longer."""
    accumulate: int = Field(default=1, ge=1)
    """Batches whose gradients are added up for one step."""
    precision: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """What is computed in; `auto` is half precision on a GPU that has it, and full on a CPU. Weights
    that learn are kept in full."""
    device: str = "auto"
    """`auto`, `cpu`, `cuda`, `cuda:1` or `mps`."""
    rank: int = Field(default=8, ge=1)
    """Rank of the adapter's matrices."""
    alpha: int = Field(default=16, ge=1)
    """What the adapter is scaled by, times its rank."""
    adapter_dropout: float = Field(default=0.05, ge=0, lt=1)
    """Dropout before the adapter."""
    hypotheses: Annotated[tuple[str, ...], BeforeValidator(_as_many), Field(min_length=1)] = (
        "The feeling of this scene is {label}.",
    )
    """Zero-shot: sentences that a text of the label entails, with `{label}` in each; of several, the
    mean counts."""

    @field_validator("device")
    @classmethod
    def _is_a_device(cls, value: str) -> str:
        if not _DEVICE.fullmatch(value):
            raise ValueError(f"A device is auto, cpu, cuda, cuda:0, ... or mps, not {value!r}.")
        return value

    @field_validator("hypotheses")
    @classmethod
    def _has_a_place(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [sentence for sentence in value if sentence.count("{label}") != 1]
        if wrong:
            raise ValueError(f"{wrong[0]!r} needs {{label}} once, where the label goes.")
        return value

    @model_validator(mode="after")
    def _uses_what_it_sets(self) -> Self:
        if self.training == "frozen" and self.learning_rate is not None:
            raise ValueError(
                "A frozen model does not learn: give head_learning_rate, or another training."
            )
        return self

    @property
    def reading_tokens(self) -> int:
        """Most tokens in a batch that is only read: no gradients are kept of it."""
        return 4 * self.batch_tokens

    def resolved(self) -> TransformerOptions:
        """The same, with what suits the training where nothing was said."""
        suitable = _SUITABLE[self.training]
        update = {name: value for name, value in suitable.items() if getattr(self, name) is None}
        if self.training == "frozen" and self.head == "auto":
            # What a frozen model says of texts lies along no one line.
            update["head"] = "nominal"
        return self.model_copy(update=update)
