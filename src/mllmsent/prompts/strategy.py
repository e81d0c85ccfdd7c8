"""A prompt strategy: one file that says what is asked, of which pathway, and how it is answered.

A new strategy is one YAML file: beside the built-in ones in `prompts/strategies/`, named by its
path in a study, or offered by another package through the entry-point group
`mllmsent.strategies` (an entry point that loads to the path of such a file).
"""

from __future__ import annotations

from functools import cache, cached_property
from importlib.metadata import entry_points
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from mllmsent.affect.scheme import SchemeKind
from mllmsent.foundation.config import Config, read_config, read_document
from mllmsent.foundation.digest import json_digest
from mllmsent.foundation.errors import InputError, nearest

__all__ = [
    "Exemplars",
    "Strategy",
    "Turn",
    "get_strategy",
    "load_strategy",
    "strategy_names",
]

_FOLDER = Path(__file__).parent / "strategies"


class Exemplars(Config):
    """Solved examples shown before the question; they come from training folds only."""

    per_label: int = Field(default=1, ge=1, le=16)
    """How many per label: the choice is balanced, so that no label is suggested by its share."""
    total: int = Field(default=6, ge=1, le=64)
    """How many for schemes without labels, spread over the range of the first dimension."""
    question: str
    """Template of what is asked about each exemplar; its image stands before it."""


class Turn(Config):
    """One message; the image stands where `image: true` puts it."""

    role: Literal["system", "user", "assistant"]
    text: str = ""
    """Jinja template."""
    image: Literal["first", "last", "none"] = "none"
    """Where the item's image (or, without one, its text) stands in this message."""
    exemplars: bool = False
    """Whether the solved examples come before this message."""


class Strategy(Config):
    """The wording in which a model is asked.

    Templates see: `labels` (names), `definitions` (label to sentence), `dimensions` (with name,
    low, high, low_anchor, high_anchor), `scheme`, `target` (the emotion target in words) and
    `answer_form` (how a well-formed answer looks).
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")
    """Name in studies and tables."""
    version: str
    """Changes when a word of the templates changes."""
    title: str
    """Name for people."""
    description: str = ""
    """What the strategy is for, and the source of its wording."""
    pathway: Literal["direct", "described", "scene"]
    """The pathway that uses it; for `described` it words the request for a description."""
    language: str = "en"
    """Language of the wording and of the labels."""
    emotion_target: Literal["any", "evoked", "expressed", "depicted"] = "any"
    """What it asks about; `any` strategies say the dataset's target in words."""
    schemes: tuple[SchemeKind, ...] = ("ordered", "categorical", "dimensional")
    """The kinds of scheme it can ask in."""
    readout: Literal["text", "json"] = "text"
    """Whether the answer is free text to be read or JSON in the scheme's schema."""
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
        if self.pathway != "direct" and (self.samples > 1 or self.exemplars is not None):
            raise ValueError("`samples` and `exemplars` are for the direct pathway.")
        wants = any(turn.exemplars for turn in self.messages)
        if wants != (self.exemplars is not None):
            raise ValueError("`exemplars` and a message with `exemplars: true` go together.")
        return self

    @cached_property
    def digest(self) -> str:
        """Identity of the wording: two files with one name and version but other words differ."""
        return json_digest(self.model_dump(mode="json", exclude={"title", "description"}), length=8)


@cache
def _built_in() -> dict[str, Path]:
    return {path.stem: path for path in sorted(_FOLDER.glob("*.yaml"))}


@cache
def _load_built_in(name: str) -> Strategy:
    return load_strategy(_built_in()[name])


def strategy_names(pathway: str | None = None) -> tuple[str, ...]:
    """Names of the built-in and plugged-in strategies, of one pathway or of all."""
    plugins = [point.name for point in entry_points(group="mllmsent.strategies")]
    names = dict.fromkeys([*_built_in(), *plugins])
    return tuple(name for name in names if pathway in {None, get_strategy(name).pathway})


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
    for point in entry_points(group="mllmsent.strategies"):
        if point.name == name:
            return load_strategy(Path(point.load()))
    known = [*_built_in(), *(point.name for point in entry_points(group="mllmsent.strategies"))]
    raise InputError(f"No prompt strategy is called {name!r}.", cure=nearest(name, known))


def load_strategy(path: Path) -> Strategy:
    """Read a strategy file.

    Raises:
        InputError: If it cannot be read; the message names file, line and key.
    """
    return read_config(Strategy, read_document(path))
