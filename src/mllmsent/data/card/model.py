"""The dataset card: one YAML file that says, without code, what the columns of a dataset mean.

Two kinds of words stand in a card. A *column* is the name of a column. A *template* is a text in
which `{column}` is replaced by the row's cell: `images/{file}`, or a text without braces, which is
then the same for every row. `docs/datasets.md` shows complete cards.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from mllmsent.data.table_files import TableFormat
from mllmsent.foundation.config import Config

__all__ = [
    "AnnotatorsCard",
    "Card",
    "DescriptionsCard",
    "EmotionTarget",
    "FileCard",
    "ItemsCard",
    "JoinCard",
    "LabelsCard",
    "MomentsCard",
    "NormsCard",
    "RatingColumns",
    "RatingsCard",
    "ScaleCard",
    "StackedFolds",
    "VotesCard",
]

EmotionTarget = Literal["evoked", "expressed", "depicted"]
Scalar = str | int | float | bool


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, (str, dict, int, float)) else value


def _as_file(value: Any) -> Any:
    return {"path": value} if isinstance(value, (str, list)) else value


def _as_scale(value: Any) -> Any:
    if isinstance(value, list):
        if len(value) != 2:
            raise ValueError("A scale is [low, high].")
        return {"low": value[0], "high": value[1]}
    return value


def _as_columns(value: Any) -> Any:
    return {name: name for name in value} if isinstance(value, list) else value


def _as_rating(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


Columns = Annotated[dict[str, str], BeforeValidator(_as_columns)]


class StackedFolds(Config):
    """The test parts of a shuffled `KFold`, written into one file one after another."""

    n: int = Field(default=5, ge=2)
    """Number of folds."""
    seed: int = 42
    """`random_state` of the shuffle."""


class FileCard(Config):
    """A table's file. `file: votes.csv` is short for `file: {path: votes.csv}`."""

    path: Annotated[tuple[str, ...], BeforeValidator(_as_list)] = Field(min_length=1)
    """The file, relative to the dataset's folder; or a list of files of one form."""
    format: TableFormat | None = None
    """csv, jsonl, json or parquet; by default what the file's name ends in."""
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    """What stands between fields; by default a comma, a tab for `.tsv`."""
    encoding: str = "utf-8"
    """Of the text: cp1252 and latin-1 are what older programs write."""
    decimal: Literal[".", ","] = "."
    """The sign before decimal places."""
    where: dict[str, Scalar | tuple[Scalar, ...]] = Field(default_factory=dict)
    """Column to the value (or values) of the rows that are read; others are left out."""
    stacked_folds: StackedFolds | None = None
    """Set where the rows are a `KFold`'s test parts, fold after fold: they are put back into the
    order in which they were divided, so that the same `KFold` divides them in the same way."""


File = Annotated[FileCard, BeforeValidator(_as_file)]


class ScaleCard(Config):
    """The ends of a rating scale. `[1, 9]` is short for `{low: 1, high: 9}`."""

    low: float
    """Number of the low end."""
    high: float
    """Number of the high end."""
    low_anchor: str = ""
    """What the low end means in words."""
    high_anchor: str = ""
    """What the high end means in words."""

    @model_validator(mode="after")
    def _rises(self) -> ScaleCard:
        if not self.low < self.high:
            raise ValueError(f"A scale rises from low to high, not from {self.low} to {self.high}.")
        return self


Scales = dict[str, Annotated[ScaleCard, BeforeValidator(_as_scale)]]


class JoinCard(Config):
    """A second table with columns about the items."""

    file: File
    """The table."""
    column: str
    """Its column that names the item."""
    matches: str | None = None
    """The items' column that holds the same names; by default the items' id."""


class ItemsCard(Config):
    """The table of items."""

    file: File
    """The table."""
    id: str
    """Column that names each item; other tables refer to it."""
    distinct: bool = False
    """Whether an item may stand in several rows, of which the first counts."""
    join: Annotated[tuple[JoinCard, ...], BeforeValidator(_as_list)] = ()
    """Further tables whose columns are added, row by row, to this one."""
    image: Annotated[tuple[str, ...], BeforeValidator(_as_list)] = ()
    """Template of the image's path, `images/{file}`; or several, of which the first that is there
    counts. A folder may have a `*`: `part*/{id}.jpg`. Left out for items without images."""
    text: str | None = None
    """Column with words that belong to the item: a caption, a tweet."""
    group: str | None = None
    """Column whose equal values stay together in folds and resampling: near-duplicates, themes."""
    split: str | None = None
    """Column that says to which of the dataset's own parts (train, test) an item belongs."""
    metadata: Columns = Field(default_factory=dict)
    """Further columns to keep: a list of columns, or new name to column."""


class _Block(Config):
    """A table that refers to items."""

    file: File | None = None
    """The table; by default the items' own."""
    item: str | None = None
    """Column that names the item; by default called as the items' id is."""


class _LabelBlock(_Block):
    scheme: str
    """The label scheme: a built-in one (polarity3, ekman, ...) or one under `schemes`."""
    label: str | None = None
    """Column with the label."""
    values: dict[str | int | bool | float, str | None] = Field(default_factory=dict)
    """What is written in the file to the label it means: `{0: neutral, 1: negative}`. null leaves
    such rows out. Labels written as the scheme has them need not be listed."""
    separator: str | None = Field(default=None, min_length=1)
    """What stands between labels where one cell holds several (schemes with several labels)."""
    missing: Annotated[tuple[Scalar, ...], BeforeValidator(_as_list)] = ()
    """What is written where there is no label; an empty cell always means that."""


class LabelsCard(_LabelBlock):
    """Labels that the dataset gives once per item, already agreed upon or counted."""

    counts: dict[str, str] = Field(default_factory=dict)
    """Label to the column with its number of votes, where votes come counted."""
    shares: dict[str, str] = Field(default_factory=dict)
    """Label to the column with its share of votes."""
    n: str | None = None
    """Column with the number of annotators; needed with `shares` for agreement."""
    min_agreement: str | int | None = None
    """How many annotators agreed on the label: a number, or a template (`"{sigma}"`)."""
    annotator_group: str = "all"
    """Template of who gave the labels: `sex=female`; `all` is everybody."""

    @model_validator(mode="after")
    def _has_labels(self) -> LabelsCard:
        if self.counts and self.shares:
            raise ValueError("`counts` and `shares` say the same in two ways: keep one.")
        if not (self.label or self.counts or self.shares):
            raise ValueError("Say where the labels are: `label`, `counts` or `shares`.")
        return self


class _AnnotatedBlock(Config):
    annotator: str | None = None
    """Template of the annotator's name: `"{rater}"`."""
    annotator_columns: Columns = Field(default_factory=dict)
    """Columns about the annotator (sex, culture): a list, or new name to column. Tables call them
    `annotator_sex`; the groups of annotators are made of them."""
    metadata: Columns = Field(default_factory=dict)
    """Further columns of the table to keep: a list, or new name to column."""


class VotesCard(_LabelBlock, _AnnotatedBlock):
    """Labels by single annotators: a row per vote, or a column per annotator."""

    columns: tuple[str, ...] = ()
    """The annotators' columns, where each has one; the column's name is the annotator's."""

    @model_validator(mode="after")
    def _one_form(self) -> VotesCard:
        if self.label and self.columns:
            raise ValueError("`label` and `columns` are two forms of a table: keep one.")
        if not self.label and not self.columns:
            raise ValueError("Say where the votes are: `label`, or `columns` (one per annotator).")
        _check_annotator(by_column=bool(self.columns), annotator=self.annotator)
        return self


class RatingColumns(Config):
    """Where the ratings on one dimension are. `valence: val` is short for `{column: val}`."""

    column: str | None = None
    """Column with the rating, where a row is one annotator's rating of an item."""
    columns: tuple[str, ...] = ()
    """The annotators' columns, where each has one."""

    @model_validator(mode="after")
    def _one_form(self) -> RatingColumns:
        if (self.column is None) != bool(self.columns):
            raise ValueError("A dimension has either `column` or `columns`.")
        return self


class RatingsCard(_Block, _AnnotatedBlock):
    """Numbers on scales by single annotators."""

    dimensions: dict[str, Annotated[RatingColumns, BeforeValidator(_as_rating)]] = Field(
        default_factory=dict
    )
    """Dimension (valence, arousal, dominance, intensity or your own) to its column or columns."""
    dimension: str | None = None
    """Column that names the dimension, where each row holds a rating on one of them."""
    value: str | None = None
    """Column with the rating, beside `dimension`."""
    scales: Scales = Field(default_factory=dict)
    """Dimension to the ends of its scale here, where they differ from the card's `scales`."""
    scheme: str | None = None
    """Name of the scheme these dimensions make; by default made of dimensions and scale ends."""
    missing: Annotated[tuple[Scalar, ...], BeforeValidator(_as_list)] = ()
    """What is written where there is no rating: -99. Empty cells and NA always mean that."""

    @model_validator(mode="after")
    def _one_form(self) -> RatingsCard:
        if (self.dimension is None) != (self.value is None):
            raise ValueError("`dimension` and `value` belong together.")
        if bool(self.dimensions) == (self.dimension is not None):
            raise ValueError("Say where the ratings are: `dimensions`, or `dimension` and `value`.")
        for where in self.dimensions.values():
            _check_annotator(by_column=bool(where.columns), annotator=self.annotator)
        if self.value is not None:
            _check_annotator(by_column=False, annotator=self.annotator)
        return self


class MomentsCard(Config):
    """Columns with the norms of one dimension."""

    mean: str
    """Column with the mean."""
    sd: str | None = None
    """Column with the standard deviation between annotators."""
    n: str | None = None
    """Column with the number of annotators."""


class NormsCard(_Block):
    """Means that the dataset gives per item, perhaps for a group of annotators."""

    dimensions: dict[str, MomentsCard] = Field(min_length=1)
    """Dimension to its columns: `valence: {mean: val_mean, sd: val_sd, n: val_n}`."""
    annotator_group: str = "all"
    """Template of who was asked: `culture=us`; `all` is everybody."""
    scales: Scales = Field(default_factory=dict)
    """Dimension to the ends of its scale here, where they differ from the card's `scales`."""
    scheme: str | None = None
    """Name of the scheme these dimensions make; by default made of dimensions and scale ends."""


class DescriptionsCard(_Block):
    """Descriptions of the images that come with the dataset."""

    describer: str
    """Template of who described: `"{captioner}"`, or a name."""
    text: str
    """Column with the description."""
    condition: str | None = None
    """Template of the condition under which the image was described."""
    repeat: str | None = None
    """Column that tells repeats apart; words are numbered as they appear, from 0."""


class AnnotatorsCard(Config):
    """A table about the annotators."""

    file: File
    """The table."""
    id: str
    """Column with the annotator's name, as in votes and ratings."""
    columns: Columns
    """Columns to keep: a list, or new name to column; tables call them `annotator_<name>`."""


class Card(Config):
    """A dataset card."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")
    """Short name of the dataset: letters, digits, `.`, `_` and `-`."""
    version: str = "1"
    """Changes when the data change."""
    title: str = ""
    """Name for people."""
    description: str = ""
    """What the dataset is."""
    emotion_target: EmotionTarget
    """What the annotators were asked about: evoked (what a viewer feels), expressed (what people in
    the image feel) or depicted (what the image shows as a whole)."""
    synthetic: bool = False
    """Whether images or annotations were made by a program and not by people."""
    license: str = ""
    """The terms, in words or as an identifier."""
    citation: str = ""
    """What to cite."""
    schemes: tuple[str | dict[str, Any], ...] = ()
    """Label schemes of the dataset's own: their files, or what such files hold."""
    scales: Scales = Field(default_factory=dict)
    """Dimension to the ends of the scale on which ratings and norms are."""
    items: ItemsCard
    """The images, or other items."""
    labels: Annotated[tuple[LabelsCard, ...], BeforeValidator(_as_list)] = ()
    """Labels given once per item."""
    votes: Annotated[tuple[VotesCard, ...], BeforeValidator(_as_list)] = ()
    """Labels by single annotators."""
    ratings: Annotated[tuple[RatingsCard, ...], BeforeValidator(_as_list)] = ()
    """Numbers on scales by single annotators."""
    norms: Annotated[tuple[NormsCard, ...], BeforeValidator(_as_list)] = ()
    """Means, standard deviations and numbers of ratings."""
    descriptions: Annotated[tuple[DescriptionsCard, ...], BeforeValidator(_as_list)] = ()
    """Descriptions that come with the dataset."""
    annotators: AnnotatorsCard | None = None
    """A table about the annotators."""


def _check_annotator(*, by_column: bool, annotator: str | None) -> None:
    if by_column and annotator is not None:
        raise ValueError("With `columns`, each column is an annotator: take `annotator` out.")
    if not by_column and annotator is None:
        raise ValueError("`annotator` is missing: who gave each row? Write the column in braces.")
