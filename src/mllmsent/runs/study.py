"""A study: what is asked of which models about which images, read from one YAML file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from mllmsent.foundation.config import Config, Document, parse_document, read_config, read_document
from mllmsent.foundation.errors import InputError
from mllmsent.prompts.strategy import Likelihood, Readout, StrategyName

__all__ = [
    "ClassifierChoice",
    "DatasetChoice",
    "FoldChoice",
    "Intervals",
    "ItemFilter",
    "ModelChoice",
    "PartTargets",
    "SchemeChoice",
    "SettingsChoice",
    "StrategyChoice",
    "Study",
    "load_study",
    "parse_study",
]


def _short(value: Any, key: str) -> Any:
    return {key: value} if isinstance(value, str) else value


def _paper_names(value: Any) -> Any:
    """The paper's names of agreement as ours."""
    if not isinstance(value, dict):
        return value
    for short, name in (("sigma", "min_agreement"), ("train_sigma", "train_min_agreement")):
        if short not in value:
            continue
        if name in value:
            raise ValueError(f"`{short}` and `{name}` are two names of one thing.")
        value = {name if key == short else key: said for key, said in value.items()}
    return value


class DatasetChoice(Config):
    """Which images, and what people said of them."""

    source: str | None = None
    """A built-in card (`bass`), the path of a card or of a folder, `hf:NAME`, or `dioramas`."""
    join: tuple[DatasetChoice, ...] = ()
    """Several datasets as one, instead of a `source`; items have a column `dataset`, and ids that
    begin with its name."""
    name: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,79}$")
    """What tables and reports call it; by default what it calls itself."""
    root: str | None = None
    """Folder that holds the files of a built-in card; relative to the study file."""
    options: dict[str, Any] = Field(default_factory=dict)
    """What the format takes: for dioramas `n`, `seed`, `size`, and `balanced` with the scheme over
    whose classes (by the majority of their annotators) they fall evenly: `polarity3`, `polarity5`
    or `mikels`."""

    @field_validator("join", mode="before")
    @classmethod
    def _parts(cls, value: Any) -> Any:
        return [_short(item, "source") for item in value] if isinstance(value, list) else value

    @model_validator(mode="after")
    def _one_or_several(self) -> DatasetChoice:
        if (self.source is None) == (not self.join):
            raise ValueError("Say either one `source`, or which datasets to `join`.")
        if self.join and (self.root is not None or self.options):
            raise ValueError("`root` and `options` belong to each of the datasets that are joined.")
        if any(part.join for part in self.join):
            raise ValueError("Datasets are joined at once: write all of them in one list.")
        return self


class ItemFilter(Config):
    """Which of the dataset's items take part."""

    limit: int | None = Field(default=None, ge=1)
    """At most this many, chosen with the study's seed; whole groups are not kept together."""
    ids: tuple[str, ...] = ()
    """Only these."""
    where: dict[str, Any] = Field(default_factory=dict)
    """Only items whose metadata column has this value (or one of a list of values)."""
    unscored: bool = False
    """Whether items without a target are asked about too; they cost money and give no score."""

    @field_validator("ids", mode="before")
    @classmethod
    def _ids_are_text(cls, value: Any) -> Any:
        # YAML reads 12 as a number, and item ids are texts.
        if not isinstance(value, list):
            return value
        return [str(each) if type(each) is int else each for each in value]


class PartTargets(Config):
    """How the targets of one of several joined datasets are made, where it is another way.

    It stands instead of what the scheme says under these keys, of which it inherits none: means that
    are cut, for example, know no `min_agreement`.
    """

    source: str | None = None
    """The scheme of its annotations to start from."""
    dimension: str | None = None
    """Of the source, the dimension that is cut into labels."""
    cuts: tuple[float, ...] | None = None
    """Cut points in the source's own units."""
    fold: str | dict[str, str | None] | None = None
    """Name of a conversion, or source label to target label."""
    min_agreement: int | None = Field(default=None, ge=1)
    """How many of its annotators must agree (also: `sigma`)."""

    @model_validator(mode="before")
    @classmethod
    def _aliases(cls, value: Any) -> Any:
        return _paper_names(value)


class SchemeChoice(Config):
    """A label scheme, and how what people said becomes its targets."""

    scheme: str | None = None
    """Name of a scheme, or path of a scheme file; may be left out where `problem` says it."""
    problem: str | None = None
    """A published problem: P5, P3, P2+ or P2-."""
    source: str | None = None
    """The scheme of the annotations to start from; by default the same, or the only one."""
    dimension: str | None = None
    """Of the source, the dimension that is cut into labels."""
    cuts: tuple[float, ...] | None = None
    """Cut points in the source's own units; a value on a cut belongs to the upper class."""
    fold: str | dict[str, str | None] | None = None
    """Name of a conversion, or source label to target label (null leaves it out), every one."""
    min_agreement: int | None = Field(default=None, ge=1)
    """How many annotators must agree for an item to stay in (also: `sigma`)."""
    train_min_agreement: int | None = Field(default=None, ge=1)
    """Text classifiers that learn also learn from items on which only so many agree (also:
    `train_sigma`). Those are described where models describe, and scored nowhere."""
    annotator_groups: tuple[str, ...] = ()
    """Annotator columns by whose values targets are given apart as well."""
    by_dataset: dict[str, PartTargets] = Field(default_factory=dict)
    """Of joined datasets: name to how targets are made of that one, instead of the keys above."""
    metric: str | None = None
    """What systems are ranked by: `macro_f1` for labels and `ccc` for dimensions by default."""

    @model_validator(mode="before")
    @classmethod
    def _aliases(cls, value: Any) -> Any:
        return _paper_names(value)

    @model_validator(mode="after")
    def _something_is_asked(self) -> SchemeChoice:
        if self.scheme is None and self.problem is None:
            raise ValueError("Say which `scheme`, or which published `problem`.")
        return self

    @model_validator(mode="after")
    def _training_asks_for_less(self) -> SchemeChoice:
        if self.train_min_agreement is None:
            return self
        if self.min_agreement is None or self.train_min_agreement >= self.min_agreement:
            than = "none" if self.min_agreement is None else str(self.min_agreement)
            raise ValueError(
                f"`train_min_agreement` is {self.train_min_agreement} and `min_agreement` is {than}: "
                "it adds items on which fewer agree, so it must be the lower of two."
            )
        return self


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
    options: dict[str, Any] = Field(default_factory=dict)
    """What the provider takes: `base_url`, `api_key_env`, `timeout_s`, `max_retries` and others."""

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
    describers: Literal["each", "together"] = "each"
    """Whether each describer's descriptions are read by themselves, or those of all describers of an
    item together, as one system: the mean of what is said of each."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Its own parameters; for a language model, what its provider takes."""

    @field_validator("strategy", mode="before")
    @classmethod
    def _strategy(cls, value: Any) -> Any:
        return _short(value, "strategy")

    @model_validator(mode="after")
    def _language_models_are_asked(self) -> ClassifierChoice:
        if not self.is_asked:
            for key in ("shots", "strategy", "settings"):
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


class FoldChoice(Config):
    """How items are divided for whatever is trained, and for few-shot examples."""

    kind: Literal["published", "stratified", "grouped", "by-column"] = "stratified"
    """`published` is KFold(shuffle, seed) over the rows in order; `grouped` keeps groups whole."""
    n: int = Field(default=5, ge=2)
    """Number of folds."""
    seed: int = 42
    """Seed of the shuffle."""
    column: str | None = None
    """For `by-column`: the item column whose values are the folds."""


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
    encoder: str | None = None
    """Tells how alike pictures and descriptions are, for the analysis `description_quality`: an
    encoder such as CLIP or SigLIP, `hf/OWNER/NAME` or `hf/FOLDER`; by default none."""
    conditions: tuple[str, ...] = ("none",)
    """Planned changes of what is shown, or of descriptions of it; `none` is the item as it is."""
    repeats: int = Field(default=1, ge=1, le=100)
    """How often each question is asked."""
    settings: SettingsChoice = SettingsChoice()
    """How models are to answer."""
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
        return _short(value, "source")

    @field_validator("schemes", mode="before")
    @classmethod
    def _schemes(cls, value: Any) -> Any:
        return [_short(item, "scheme") for item in value] if isinstance(value, list) else value

    @field_validator("strategies", mode="before")
    @classmethod
    def _strategies(cls, value: Any) -> Any:
        return [_short(item, "strategy") for item in value] if isinstance(value, list) else value

    @field_validator("models", "classifiers", mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return [_short(item, "model") for item in value] if isinstance(value, list) else value

    @model_validator(mode="after")
    def _models_and_classifiers_are_told_apart(self) -> Study:
        apart: dict[str, list[tuple[str, str]]] = {
            "models": [(choice.shown, "") for choice in self.models],
            # Who reads everybody's descriptions together is told from who does not by the describer.
            "classifiers": [(choice.shown, choice.describers) for choice in self.classifiers],
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
