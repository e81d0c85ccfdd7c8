"""What a study says of its data: images, items, targets and folds."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from mllmsent.foundation.config import Config, spelled_out

__all__ = ["DatasetChoice", "FoldChoice", "ItemFilter", "PartTargets", "SchemeChoice"]


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
        return [spelled_out(item, "source") for item in value] if isinstance(value, list) else value

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
