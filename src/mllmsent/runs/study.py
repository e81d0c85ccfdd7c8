"""A study: what is asked of which models about which images, read from one YAML file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from mllmsent.foundation.config import (
    Config,
    Document,
    parse_document,
    read_config,
    read_document,
    spelled_out,
)
from mllmsent.foundation.errors import InputError, nearest
from mllmsent.runs.study_data import DatasetChoice, FoldChoice, ItemFilter, SchemeChoice
from mllmsent.runs.study_models import (
    ClassifierChoice,
    JudgeChoice,
    Mode,
    ModelChoice,
    SettingsChoice,
    StrategyChoice,
)

__all__ = ["Intervals", "Study", "load_study", "parse_study"]


class Intervals(Config):
    """Confidence intervals."""

    level: float = Field(default=0.95, gt=0.5, lt=1)
    """Nominal coverage."""
    resamples: int = Field(default=2000, ge=100)
    """Bootstrap resamples and permutations."""


class Study(Config):
    """One study. Every key has a default but `name`, `dataset` and `schemes`."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")
    """Name of the study and of its run folder."""
    title: str = ""
    """Title of the report."""
    note: str = ""
    """Shown at the top of the report: what a reader must know."""
    dataset: DatasetChoice
    """Which images."""
    items: ItemFilter = ItemFilter()
    """Which of them."""
    schemes: tuple[SchemeChoice, ...] = Field(min_length=1)
    """What is asked for."""
    models: tuple[ModelChoice, ...] = ()
    """Who is asked."""
    describers: tuple[str, ...] | None = None
    """Whose descriptions are read: names of models, or `dataset/NAME`; by default every model."""
    pathways: tuple[Literal["direct", "described", "scene"], ...] = ("direct",)
    """How the emotion is reached."""
    strategies: tuple[StrategyChoice, ...] | None = None
    """Wordings; each belongs to a pathway. By default the plain one of each."""
    classifiers: tuple[ClassifierChoice, ...] = (
        ClassifierChoice(model="vader"),
        ClassifierChoice(model="linear"),
    )
    """What reads the descriptions."""
    judges: tuple[JudgeChoice, ...] = ()
    """Who marks the descriptions: models that are shown an item with each description of it."""
    encoder: str | None = None
    """Tells how alike pictures and descriptions are, for the analysis `description_quality`: an
    encoder such as CLIP or SigLIP, `hf/OWNER/NAME` or `hf/FOLDER`; by default none."""
    budget: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """US dollars that one run of the study does not pass; answers in the cache cost nothing."""
    conditions: tuple[str, ...] = ("none",)
    """Planned changes of what is shown, or of descriptions of it; `none` is the item as it is."""
    repeats: int = Field(default=1, ge=1, le=100)
    """How often each question is asked."""
    settings: SettingsChoice = SettingsChoice()
    """How models are to answer."""
    mode: Mode = "live"
    """`live`, or `batch`: by the batch endpoints of those providers that have one, within a day and
    at a lower price."""
    folds: FoldChoice = FoldChoice()
    """How items are divided."""
    intervals: Intervals = Intervals()
    """Confidence intervals."""
    analyses: tuple[str, ...] | None = None
    """Which analyses the report has, of those that `mllmsent analyses list` tells; by default all,
    and with an empty list none."""
    seed: int = 42
    """Seed of everything the study draws itself: item limit, exemplars, bootstrap."""

    @field_validator("dataset", mode="before")
    @classmethod
    def _dataset(cls, value: Any) -> Any:
        if isinstance(value, list):
            raise ValueError(  # noqa: TRY004 - what pydantic reports as a fault of the file
                "Several datasets are joined to be one: `dataset: {join: [...]}`."
            )
        return spelled_out(value, "source")

    @field_validator("schemes", mode="before")
    @classmethod
    def _schemes(cls, value: Any) -> Any:
        return [spelled_out(item, "scheme") for item in value] if isinstance(value, list) else value

    @field_validator("strategies", mode="before")
    @classmethod
    def _strategies(cls, value: Any) -> Any:
        return (
            [spelled_out(item, "strategy") for item in value] if isinstance(value, list) else value
        )

    @field_validator("models", "classifiers", "judges", mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return [spelled_out(item, "model") for item in value] if isinstance(value, list) else value

    @model_validator(mode="after")
    def _whoever_is_asked_is_told_apart(self) -> Study:
        apart: dict[str, list[tuple[str, str]]] = {
            "models": [(choice.shown, "") for choice in self.models],
            # Who reads everybody's descriptions together is told from who does not by the describer.
            "classifiers": [(choice.shown, choice.describers) for choice in self.classifiers],
            "judges": [(choice.shown, "") for choice in self.judges],
        }
        for kind, names in apart.items():
            for name in names:
                if names.count(name) > 1:
                    raise ValueError(
                        f"Two {kind} are called {name[0]!r}; give one of them a `name`."
                    )
        if not self.models and set(self.pathways) != {"described"}:
            raise ValueError("`models` is empty: there is nobody to ask.")
        return self

    @model_validator(mode="after")
    def _descriptions_have_authors_and_readers(self) -> Study:
        names = {model.shown for model in self.models}
        for describer in self.describers or ():
            if describer not in names and not describer.startswith("dataset/"):
                raise ValueError(
                    f"Describer {describer!r} is neither one of the models nor `dataset/NAME`."
                )
        if "described" not in self.pathways:
            return self
        if not self.models and not self.describers:
            raise ValueError(
                "Nobody describes: name `models`, or `describers: [dataset/NAME]` where the "
                "dataset comes with descriptions."
            )
        if not self.classifiers:
            raise ValueError("The described pathway needs `classifiers` to read the descriptions.")
        return self

    @model_validator(mode="after")
    def _judges_are_known(self) -> Study:
        if self.judges and "described" not in self.pathways:
            raise ValueError(
                "`judges` mark descriptions, and nobody describes: add `described` to `pathways`."
            )
        names = [model.shown for model in self.models]
        for judge in self.judges:
            if "/" not in judge.model and judge.model not in names:
                raise ValueError(
                    f"Judge {judge.model!r} is neither `provider/name` nor one of the study's models. "
                    f"{nearest(judge.model, names)}".strip()
                )
            if "/" not in judge.model and judge.options:
                raise ValueError(f"Judge {judge.model!r} has the options of that model.")
        return self

    @model_validator(mode="after")
    def _lists_have_each_value_once(self) -> Study:
        for key in ("pathways", "conditions", "strategies"):
            values = getattr(self, key)
            if values is not None and not values:
                raise ValueError(f"`{key}` is empty.")
            if values is not None and len(set(values)) < len(values):
                raise ValueError(f"`{key}` has a value twice.")
        return self


def load_study(path: str | Path) -> Study:
    """Read a study file.

    Raises:
        InputError: Naming file, line, key and the nearest right one.
    """
    return read_config(Study, read_document(Path(path)))


def parse_study(text: str, *, file: str = "<study>") -> Study:
    """Read a study from YAML text; see `load_study`."""
    document: Document = parse_document(text, file=file)
    if document.value is None:
        raise InputError("The study is empty.", file=file, cure="Start with `mllmsent init`.")
    return read_config(Study, document)
