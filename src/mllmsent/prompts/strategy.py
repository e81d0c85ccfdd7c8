"""A prompt strategy: one file that says what is asked, of which pathway, and how it is answered.

A new strategy is one YAML file: beside the built-in ones in `prompts/strategies/`, named by its
path in a study, or offered by another package through the entry-point group
`mllmsent.strategies` (an entry point that loads to the path of such a file).
"""

from __future__ import annotations

import re
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from mllmsent.affect.scheme import SchemeKind
from mllmsent.foundation.config import Config, Document, read_config, read_document
from mllmsent.foundation.digest import json_digest
from mllmsent.foundation.errors import InputError, nearest
from mllmsent.foundation.registry import Registry
from mllmsent.prompts.criteria import Criterion, marks_scheme

if TYPE_CHECKING:
    from mllmsent.affect.scheme import Scheme

__all__ = [
    "Answers",
    "Exemplars",
    "Likelihood",
    "Readout",
    "Strategy",
    "StrategyName",
    "Turn",
    "get_strategy",
    "load_strategy",
    "strategy_names",
    "with_readout",
]

_FOLDER = Path(__file__).parent / "strategies"

_PLUGINS: Registry[str | Path] = Registry(
    kind="prompt strategy", builtin={}, group="mllmsent.strategies"
)
"""Paths of the files that other packages offer."""

_DESCRIPTION = re.compile(r"\{\{-?[^}]*\bdescription\b")
"""The description in a judge's template."""

StrategyName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
"""How a strategy may be called."""

Readout = Literal["text", "json", "likelihood"]
"""How a label is taken from a model: from what it writes, from JSON in a schema, or as the
likelihood of each label."""

Likelihood = Literal["sum", "mean"]
"""How the likelihood of a label's tokens is put into one number."""

Answers = Literal["labels", "letters"]
"""What is answered: a label itself, or the letter that stands before it in the question."""

MOST_LETTERS = 26


class Exemplars(Config):
    """Solved examples shown before the question; they come from training folds only."""

    per_label: int = Field(default=1, ge=1, le=16)
    """How many per label: the choice is balanced, so that no label is suggested by its share."""
    total: int = Field(default=6, ge=1, le=64)
    """How many for schemes without labels, spread over the range of the first dimension."""
    question: str
    """Template of what is asked about each exemplar; its image, or description, stands before it."""


class Turn(Config):
    """One message; the image stands where `image: true` puts it."""

    role: Literal["system", "user", "assistant"]
    text: str = ""
    """Jinja template."""
    image: Literal["first", "last", "none"] = "none"
    """Where the item stands in this message: its image, and after it its text; or its description."""
    exemplars: bool = False
    """Whether the solved examples come before this message."""


class Strategy(Config):
    """The wording in which a model is asked.

    Templates see: `labels` (names), `definitions` (label to sentence), `dimensions` (with name,
    low, high, low_anchor, high_anchor), `scheme`, `target` (in words, the emotion target of what is
    shown: an image, a text, or both) and
    `answer_form` (how a well-formed answer looks). Those with `criteria` see only `dimensions` (the
    criteria with their scales), `description` and `target`.
    """

    name: StrategyName
    """Name in studies and tables."""
    version: str
    """Changes when a word of the templates changes."""
    title: str
    """Name for people."""
    description: str = ""
    """What the strategy is for, and the source of its wording."""
    pathway: Literal["direct", "described", "scene"]
    """The pathway that uses it. For `described` it words the request for a description, or the
    question to whoever reads one; see `shows`."""
    shows: Literal["image", "description"] = "image"
    """What stands where the item is shown: itself (its image, its text, or both), or a description of
    it that a language model reads as a text classifier does."""
    criteria: tuple[Criterion, ...] = ()
    """What a description is marked on: it makes a wording for judges, who are shown what was described
    and, where `{{ description }}` stands, the description."""
    language: str = "en"
    """Language of the wording and of the labels."""
    emotion_target: Literal["any", "evoked", "expressed", "depicted"] = "any"
    """What it asks about; `any` strategies say the dataset's target in words."""
    schemes: tuple[SchemeKind, ...] = ("ordered", "categorical", "dimensional")
    """The kinds of scheme it can ask in."""
    readout: Readout = "text"
    """Whether the answer is free text to be read, JSON in the scheme's schema, or the likelihood of
    each label as the answer. Likelihoods are of single labels from a closed list."""
    likelihood: Likelihood = "sum"
    """For the readout `likelihood`: by what labels are compared. The sum of the log-likelihoods of a
    label's tokens and of the end after them is what the model gives that very answer, so that the
    shares of the labels are its own probabilities. It goes against long labels where the model
    could continue in many ways, hardly so where the question offers the labels: once one has begun,
    the rest of it is all but certain. For the same reason the mean over the tokens goes in favor of
    long labels there; it suits wordings that do not name the labels (Brown et al. 2020,
    arXiv 2005.14165, section 2.4)."""
    calibrate: bool = False
    """For the readout `likelihood`: whether each label is held against its likelihood given
    content-free images (Zhao et al. 2021, "Calibrate Before Use", arXiv 2102.09690), which takes
    out what a model prefers to say whatever it is shown."""
    answers: Answers = "labels"
    """For the readout `likelihood`: whether a label is answered, or the letter that stands before it.
    Letters are one token each and begin no two labels, which is what first tokens of a server need; a
    model may prefer some (Zheng et al. 2024, "Large Language Models Are Not Robust Multiple Choice
    Selectors", arXiv 2309.03882)."""
    samples: int = Field(default=1, ge=1, le=64)
    """Answers per question; more than one are put together by majority (self-consistency)."""
    temperature: float | None = Field(default=None, ge=0, le=2)
    """Overrides the study's temperature where the strategy depends on it."""
    min_max_tokens: int = Field(default=0, ge=0)
    """Raises the study's `max_tokens` to at least this, for strategies that think aloud."""
    exemplars: Exemplars | None = None
    """Solved examples, for few-shot strategies."""
    messages: tuple[Turn, ...] = Field(min_length=1)
    """The conversation."""

    @model_validator(mode="after")
    def _one_image(self) -> Strategy:
        shown = sum(turn.image != "none" for turn in self.messages)
        if shown != 1:
            raise ValueError(f"Exactly one message shows the item (`image: first`), not {shown}.")
        if self.samples > 1 and not self.temperature:
            raise ValueError(
                "Several samples need a `temperature` above 0, or they are all the same."
            )
        if self.shows == "description" and self.pathway != "described":
            raise ValueError("`shows: description` is for the described pathway.")
        is_asked_once = self.pathway == "direct" or self.shows == "description"
        if not is_asked_once and (self.samples > 1 or self.exemplars is not None):
            raise ValueError(
                "`samples` and `exemplars` are for the direct pathway, and for reading descriptions."
            )
        wants = any(turn.exemplars for turn in self.messages)
        if wants != (self.exemplars is not None):
            raise ValueError("`exemplars` and a message with `exemplars: true` go together.")
        return self

    @model_validator(mode="after")
    def _judges_mark_descriptions(self) -> Strategy:
        if not self.criteria:
            return self
        if self.pathway != "described" or self.shows != "image":
            raise ValueError(
                "`criteria` are for the described pathway, and judges are shown the image: leave "
                "`shows` out."
            )
        names = [criterion.name for criterion in self.criteria]
        if len(set(names)) < len(names):
            raise ValueError("Two `criteria` have one name.")
        if not any(_DESCRIPTION.search(turn.text) for turn in self.messages):
            raise ValueError("No message says where the `{{ description }}` stands that is marked.")
        return self

    @model_validator(mode="after")
    def _likelihoods_are_of_one_answer(self) -> Strategy:
        if self.readout != "likelihood":
            for key in ("likelihood", "calibrate", "answers"):
                if key in self.model_fields_set:
                    raise ValueError(f"`{key}` goes with `readout: likelihood`.")
            return self
        if self.pathway != "direct" and self.shows != "description":
            raise ValueError(
                "`readout: likelihood` is for the direct pathway, and for reading descriptions."
            )
        if self.calibrate and self.shows == "description":
            raise ValueError(
                "`calibrate` holds labels against content-free images, and descriptions are none."
            )
        if self.answers == "letters" and not any("answer_form" in t.text for t in self.messages):
            raise ValueError(
                "`answers: letters` is for wordings that say `{{ answer_form }}`: others ask for labels."
            )
        if self.samples > 1:
            raise ValueError(
                "`samples` and `readout: likelihood` exclude each other: likelihoods are not drawn, "
                "so every sample would be the same."
            )
        return self

    @cached_property
    def digest(self) -> str:
        """Identity of the wording: two files with one name and version but other words differ."""
        told = {"title", "description"}
        if self.shows == "image":
            told.add("shows")  # as every wording did before some showed descriptions
        if not self.criteria:
            told.add("criteria")  # likewise, before some marked them
        if self.readout != "likelihood":
            told |= {"likelihood", "calibrate"}  # which mean nothing then
        if self.answers == "labels":
            told.add("answers")  # as in every wording before some had letters
        return json_digest(self.model_dump(mode="json", exclude=told), length=8)

    @property
    def wants_answer(self) -> bool:
        """Whether it asks for an answer in a scheme, and not for a description or marks for one."""
        return self.pathway != "described" or self.shows == "description"

    @cached_property
    def marks(self) -> Scheme | None:
        """The marks that it asks for, as scales; None where it asks for none."""
        return marks_scheme(self.name, self.criteria) if self.criteria else None

    @property
    def score_kind(self) -> str:
        """What a distribution read from likelihoods is called in table `predictions`."""
        return f"likelihood-{self.likelihood}" + ("-calibrated" if self.calibrate else "")

    def supports(self, scheme: Scheme) -> str | None:
        """Why it cannot ask in a scheme, in a sentence; None where it can."""
        if scheme.kind not in self.schemes:
            return f"It asks in {' and '.join(self.schemes)} schemes."
        if self.readout != "likelihood":
            return None
        reasons = {
            "Likelihoods are of labels, and scales have none.": scheme.kind == "dimensional",
            "Likelihoods are of a closed list of labels, and this one is open.": (
                scheme.open_vocabulary
            ),
            "Likelihoods are of one label, and answers in this scheme may hold several.": (
                scheme.multi_label
            ),
            f"There are {MOST_LETTERS} letters, and more labels.": (
                self.answers == "letters" and len(scheme.labels) > MOST_LETTERS
            ),
        }
        return next((reason for reason, is_so in reasons.items() if is_so), None)


@cache
def _built_in() -> dict[str, Path]:
    return {path.stem: path for path in sorted(_FOLDER.glob("*.yaml"))}


@cache
def _load_built_in(name: str) -> Strategy:
    return load_strategy(_built_in()[name])


def strategy_names(pathway: str | None = None) -> tuple[str, ...]:
    """Names of the built-in and plugged-in strategies, of one pathway or of all."""
    return tuple(name for name in _names() if pathway in {None, get_strategy(name).pathway})


def get_strategy(name: str, *, folder: Path | None = None) -> Strategy:
    """The strategy called `name`, or the one in the file `name`.

    Args:
        name: A built-in or plugged-in name, or a path that ends in `.yaml`.
        folder: Where relative paths start; the working folder by default.

    Raises:
        InputError: If there is none; the message offers the nearest name.
    """
    if name.endswith((".yaml", ".yml")):
        return load_strategy((folder or Path()) / name)
    if name in _built_in():
        return _load_built_in(name)
    if name in _PLUGINS.names():
        return load_strategy(Path(_PLUGINS.get(name)))
    raise InputError(f"No prompt strategy is called {name!r}.", cure=nearest(name, _names()))


def with_readout(
    strategy: Strategy,
    *,
    readout: Readout | None = None,
    likelihood: Likelihood | None = None,
    calibrate: bool | None = None,
    answers: Answers | None = None,
    samples: int | None = None,
    temperature: float | None = None,
    name: str | None = None,
) -> Strategy:
    """The same words, read in another way or drawn several times: another strategy.

    Args:
        strategy: The wording.
        readout: How its answer is read; None leaves it.
        likelihood: By what labels are compared; None leaves it.
        calibrate: Whether likelihoods are calibrated; None leaves it.
        answers: Whether labels are answered, or their letters; None leaves it.
        samples: How often each question is asked; None leaves it.
        temperature: At which temperature; None leaves it.
        name: What it is called; by default its name with what is changed: "role-likelihood-mean".

    Raises:
        InputError: If its answer cannot be read so.
    """
    wanted: dict[str, float | str | None] = {
        "readout": readout,
        "likelihood": likelihood,
        "calibrate": calibrate,
        "answers": answers,
        "samples": samples,
        "temperature": temperature,
    }
    said = {key: value for key, value in wanted.items() if value is not None}
    changed = {key: value for key, value in said.items() if value != getattr(strategy, key)}
    parts = [strategy.name, *(_said_of(key, value) for key, value in changed.items())]
    gone = {"likelihood", "calibrate", "answers"} if readout in {"text", "json"} else set()
    old: dict[str, Any] = strategy.model_dump(exclude_unset=True, exclude=gone)
    values = old | said | {"name": name or "-".join(parts)}
    return read_config(Strategy, Document(values, f"strategy {strategy.name}", {}))


def _said_of(key: str, value: float | str) -> str:
    """What a name says of how a wording is read."""
    match key:
        case "calibrate":
            return "calibrated" if value else "uncalibrated"
        case "samples":
            return f"{value}-samples"
        case "temperature":
            return f"at-{value:g}"
        case _:
            return str(value)


def _names() -> tuple[str, ...]:
    return tuple(dict.fromkeys([*_built_in(), *_PLUGINS.names()]))


def load_strategy(path: Path) -> Strategy:
    """Read a strategy file.

    Raises:
        InputError: If it cannot be read; the message names file, line and key.
    """
    return read_config(Strategy, read_document(path))
