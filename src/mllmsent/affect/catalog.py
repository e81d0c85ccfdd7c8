"""Where schemes come from: the built-in files, other packages, and a user's own file.

A scheme is a YAML file in `affect/schemes/`, named after itself; a new one is a new file and nothing
else. Another package adds one by an entry point in the group `mllmsent.schemes` whose object is a
`Scheme`, or a function without arguments that returns one. A user's own scheme is a file anywhere:

    name: art
    kind: categorical
    labels:
      - name: awe
        like: mikels/awe          # its definition, synonyms and translations
      - name: boredom
        definition: Wishing to be elsewhere.
        synonyms: [bored, boring]
        translations: {de: [Langeweile, gelangweilt]}
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from mllmsent.affect.scheme import Dimension, Label, Scheme, SchemeKind
from mllmsent.foundation import InputError, Registry, nearest
from mllmsent.foundation.config import Config, Document, parse_document, read_config, read_document

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["dump_scheme", "get_scheme", "load_scheme", "scheme_names"]

_PLUGINS: Registry[Any] = Registry(kind="scheme", builtin={}, group="mllmsent.schemes")


class LabelConfig(Config):
    """One label of a scheme file."""

    name: str
    """The label, as tables and reports show it."""
    definition: str = ""
    """One sentence that tells a rater or a model what it means."""
    synonyms: tuple[str, ...] = ()
    """Other English words that mean this label and no other."""
    translations: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Language code to the words that mean this label in it."""
    like: str | None = None
    """`scheme/label` whose definition, synonyms and translations stand where none are given."""


class DimensionConfig(Config):
    """One dimension of a scheme file."""

    name: str
    """The dimension, as tables and reports show it."""
    low: float | None = None
    """Number of the low end."""
    high: float | None = None
    """Number of the high end."""
    low_anchor: str = ""
    """What the low end means."""
    high_anchor: str = ""
    """What the high end means."""
    synonyms: tuple[str, ...] = ()
    """Other names by which an answer may call it, in any language."""
    like: str | None = None
    """`scheme/dimension` whose ends, anchors and synonyms stand where none are given."""

    @model_validator(mode="after")
    def _has_ends(self) -> DimensionConfig:
        if self.like is None and (self.low is None or self.high is None):
            raise ValueError(
                f"The dimension {self.name!r} needs `low` and `high`, its scale's ends."
            )
        return self


def _spelled_out(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


class SchemeConfig(Config):
    """A scheme file."""

    name: str
    """What studies and tables call it."""
    kind: SchemeKind
    """ordered (labels, lowest first), categorical (labels) or dimensional (dimensions)."""
    title: str = ""
    """Name for people."""
    description: str = ""
    """What it is and where it comes from."""
    version: str = "1"
    """Changes when the meaning of the scheme changes."""
    multi_label: bool = False
    """Whether one answer may hold several labels."""
    open_vocabulary: bool = False
    """Whether words outside the labels are kept as they are."""
    labels: tuple[Annotated[LabelConfig, BeforeValidator(_spelled_out)], ...] = ()
    """The labels; a label that is only a name may be written as just that."""
    dimensions: tuple[DimensionConfig, ...] = ()
    """The dimensions."""


def scheme_names() -> tuple[str, ...]:
    """Every scheme that `get_scheme` knows, built-in first, then those of other packages."""
    return tuple(dict.fromkeys([*_builtin_names(), *_PLUGINS.names()]))


@cache
def get_scheme(name: str) -> Scheme:
    """The scheme called `name`, built-in or from another package.

    Raises:
        InputError: If there is none of that name (the message offers the nearest), or if what
            another package registered under it is not a scheme.
    """
    if name in _builtin_names():
        text = (files("mllmsent.affect") / "schemes" / f"{name}.yaml").read_text(encoding="utf-8")
        return _build(parse_document(text, file=f"{name}.yaml"))
    if name not in _PLUGINS.names():
        raise InputError(f"No scheme is called {name!r}.", cure=nearest(name, scheme_names()))
    plugin = _PLUGINS.get(name)
    scheme = plugin() if callable(plugin) else plugin
    if not isinstance(scheme, Scheme):
        raise InputError(
            f"The plug-in scheme {name!r} is {type(plugin).__name__}, not a scheme.",
            cure="Its entry point must name a `Scheme` or a function that returns one.",
        )
    return scheme


def load_scheme(source: Path | str | Mapping[str, Any]) -> Scheme:
    """A user's own scheme.

    Args:
        source: A YAML file, or what such a file would hold.

    Raises:
        InputError: Naming file, line and key, what is wrong there, and the nearest right word.
    """
    if isinstance(source, (str, Path)):
        return _build(read_document(Path(source)))
    return _build(Document(value=dict(source), file="scheme", lines={}))


def dump_scheme(scheme: Scheme) -> dict[str, Any]:
    """What `load_scheme` makes the same scheme of: plain JSON, complete, for a run's folder."""
    if scheme.kind == "dimensional":
        parts: dict[str, Any] = {
            "dimensions": [
                {
                    "name": scale.name,
                    "low": scale.low,
                    "high": scale.high,
                    "low_anchor": scale.low_anchor,
                    "high_anchor": scale.high_anchor,
                    "synonyms": list(scale.synonyms),
                }
                for scale in scheme.dimensions
            ]
        }
    else:
        parts = {
            "multi_label": scheme.multi_label,
            "open_vocabulary": scheme.open_vocabulary,
            "labels": [
                {
                    "name": label.name,
                    "definition": label.definition,
                    "synonyms": list(label.synonyms),
                    "translations": {key: list(words) for key, words in label.translations.items()},
                }
                for label in scheme.labels
            ],
        }
    return {
        "name": scheme.name,
        "kind": scheme.kind,
        "title": scheme.title,
        "description": scheme.description,
        "version": scheme.version,
        **parts,
    }


@cache
def _builtin_names() -> tuple[str, ...]:
    folder = files("mllmsent.affect") / "schemes"
    found = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in found if name.endswith(".yaml")))


def _build(document: Document) -> Scheme:
    config = read_config(SchemeConfig, document)
    labels = tuple(
        _label(part, index if config.kind == "ordered" else None, document, ("labels", index))
        for index, part in enumerate(config.labels)
    )
    dimensions = tuple(
        _dimension(part, document, ("dimensions", index))
        for index, part in enumerate(config.dimensions)
    )
    try:
        return Scheme(
            name=config.name,
            kind=config.kind,
            labels=labels,
            dimensions=dimensions,
            title=config.title,
            description=config.description,
            multi_label=config.multi_label,
            open_vocabulary=config.open_vocabulary,
            version=config.version,
        )
    except InputError as error:
        raise document.error(error.message, cure=error.cure) from None


def _label(
    part: LabelConfig, rank: int | None, document: Document, place: tuple[str, int]
) -> Label:
    model = Label("")
    if part.like is not None:
        owner, name = _model_of(part.like, document, place)
        try:
            model = owner.label(name)
        except InputError as error:
            raise document.error(error.message, cure=error.cure, at=(*place, "like")) from None
    given = part.model_fields_set
    return Label(
        name=part.name,
        rank=rank,
        definition=part.definition if "definition" in given else model.definition,
        synonyms=part.synonyms if "synonyms" in given else model.synonyms,
        translations=part.translations if "translations" in given else model.translations,
    )


def _dimension(part: DimensionConfig, document: Document, place: tuple[str, int]) -> Dimension:
    model = Dimension("", 0.0, 0.0)
    if part.like is not None:
        owner, name = _model_of(part.like, document, place)
        try:
            model = owner.dimension(name)
        except InputError as error:
            raise document.error(error.message, cure=error.cure, at=(*place, "like")) from None
    given = part.model_fields_set
    return Dimension(
        name=part.name,
        low=model.low if part.low is None else part.low,
        high=model.high if part.high is None else part.high,
        low_anchor=part.low_anchor if "low_anchor" in given else model.low_anchor,
        high_anchor=part.high_anchor if "high_anchor" in given else model.high_anchor,
        synonyms=part.synonyms if "synonyms" in given else model.synonyms,
    )


def _model_of(like: str, document: Document, place: tuple[str, int]) -> tuple[Scheme, str]:
    scheme, slash, name = like.partition("/")
    at = (*place, "like")
    if not slash:
        raise document.error(
            f"{like!r} names no label.", cure="Write scheme/label: mikels/awe.", at=at
        )
    try:
        return get_scheme(scheme), name
    except InputError as error:
        raise document.error(error.message, cure=error.cure, at=at) from None
