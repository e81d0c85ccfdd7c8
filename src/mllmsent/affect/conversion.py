"""From one scheme into another: explicit, named, and complete or refused.

Nothing in the framework converts silently. A study that compares five classes with three names the
conversion; the same is then applied to people's votes and to models' answers. Those in
`conversions.yaml` have names of their own; others are made by `relabel`, `rescale` and `cut`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING

from mllmsent.affect.catalog import get_scheme
from mllmsent.foundation import InputError, nearest
from mllmsent.foundation.config import Config, parse_document, read_config

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mllmsent.affect.scheme import Scheme

__all__ = [
    "Conversion",
    "conversion_names",
    "cut",
    "get_conversion",
    "relabel",
    "rescale",
]


@dataclass(frozen=True, slots=True)
class Conversion:
    """How labels or values of one scheme become those of another.

    Attributes:
        name: What studies and reports call it.
        source: The scheme converted from.
        target: The scheme converted into.
        mapping: Each label (or dimension) of the source to one of the target, or to None where it
            is left out on purpose. It names every one of the source's.
        cuts: Where the target's labels are cut from a dimension: the values between them, rising,
            one fewer than labels. A value at a cut belongs to the label above it.
        dimension: The dimension that is cut; empty where none is.
        description: What the conversion takes for granted, in a sentence.
    """

    name: str
    source: Scheme
    target: Scheme
    mapping: Mapping[str, str | None] = field(default_factory=dict)
    cuts: tuple[float, ...] = ()
    dimension: str = ""
    description: str = ""

    def __post_init__(self) -> None:
        if self.dimension:
            self._check_cuts()
        elif (self.source.kind == "dimensional") != (self.target.kind == "dimensional"):
            raise InputError(
                f"Conversion {self.name!r}: {self.source.name} and {self.target.name} are of "
                "different kinds.",
                cure="A dimension becomes labels by `cut`; labels do not become numbers.",
            )
        elif self.source.open_vocabulary or self.target.open_vocabulary:
            raise InputError(f"Conversion {self.name!r}: an open vocabulary has no end to map.")
        else:
            self._check_mapping()

    def _check_mapping(self) -> None:
        known, wanted = _parts(self.source), _parts(self.target)
        for key, value in self.mapping.items():
            if key not in known:
                raise InputError(
                    f"Conversion {self.name!r}: {self.source.name} has no {key!r}.",
                    cure=nearest(key, known),
                )
            if value is not None and value not in wanted:
                raise InputError(
                    f"Conversion {self.name!r}: {self.target.name} has no {value!r}.",
                    cure=nearest(value, wanted),
                )
        uncovered = [key for key in known if key not in self.mapping]
        if uncovered:
            raise InputError(
                f"Conversion {self.name!r} does not cover {', '.join(map(repr, uncovered))}.",
                cure="Map each to what it becomes, or to null to leave it out.",
            )
        if self.target.kind == "dimensional":
            given = [value for value in self.mapping.values() if value is not None]
            if sorted(given) != sorted(wanted):
                raise InputError(
                    f"Conversion {self.name!r} must give each dimension of {self.target.name} once."
                )

    def _check_cuts(self) -> None:
        if self.target.kind != "ordered":
            raise InputError(
                f"Conversion {self.name!r}: {self.target.name} is not ordered.",
                cure="A dimension is cut into ordered labels only.",
            )
        scale = self.source.dimension(self.dimension)
        needed = len(self.target.labels) - 1
        if len(self.cuts) != needed:
            raise InputError(
                f"Conversion {self.name!r}: {len(self.target.labels)} labels need {needed} cut "
                f"points, not {len(self.cuts)}."
            )
        inside = all(scale.low < value < scale.high for value in self.cuts)
        if not inside or any(a >= b for a, b in pairwise(self.cuts)):
            raise InputError(
                f"Conversion {self.name!r}: cut points {list(self.cuts)} do not rise between "
                f"{scale.low:g} and {scale.high:g}, the ends of {scale.name}."
            )


def relabel(
    name: str, source: Scheme, target: Scheme, mapping: Mapping[str, str | None]
) -> Conversion:
    """Labels into labels: fold classes, shift neutral, or give categories their polarity.

    Args:
        name: What to call it.
        source: The scheme converted from.
        target: The scheme converted into; with fewer or more labels, but only those mapped to come
            out.
        mapping: Every label of `source` to one of `target`, or None to leave it out.

    Raises:
        InputError: If a label is not covered, or is not one of its scheme's.
    """
    return Conversion(name, source, target, dict(mapping))


def rescale(
    name: str, source: Scheme, target: Scheme, mapping: Mapping[str, str | None] | None = None
) -> Conversion:
    """Dimensions between other scale ends, linearly: low to low, high to high.

    Args:
        name: What to call it.
        source: The dimensional scheme converted from.
        target: The dimensional scheme converted into.
        mapping: Every dimension of `source` to one of `target`, or None to leave it out; by
            default each to that of the same name.

    Raises:
        InputError: If a dimension is not covered, or the target's are not each given once.
    """
    if mapping is None:
        mapping = {one: one for one in source.dimension_names}
    return Conversion(name, source, target, dict(mapping))


def cut(
    name: str, source: Scheme, target: Scheme, *, dimension: str, cuts: Iterable[float]
) -> Conversion:
    """A dimension into ordered labels.

    Args:
        name: What to call it.
        source: The dimensional scheme converted from.
        target: The ordered scheme converted into.
        dimension: The dimension of `source` that is cut.
        cuts: Values between its ends, rising, one fewer than `target` has labels. A value at a cut
            belongs to the label above it.

    Raises:
        InputError: If the cuts do not fit the scale or the labels.
    """
    return Conversion(name, source, target, cuts=tuple(cuts), dimension=dimension)


def conversion_names() -> tuple[str, ...]:
    """Every conversion that has a name of its own."""
    return tuple(_named())


def get_conversion(name: str) -> Conversion:
    """The conversion called `name`.

    Raises:
        InputError: If there is none; the message offers the nearest.
    """
    if name not in _named():
        raise InputError(f"No conversion is called {name!r}.", cure=nearest(name, _named()))
    return _named()[name]


class _NamedConfig(Config):
    source: str
    target: str
    description: str
    mapping: dict[str, str | None]


class _FileConfig(Config):
    conversions: dict[str, _NamedConfig]


@cache
def _named() -> dict[str, Conversion]:
    text = (files("mllmsent.affect") / "conversions.yaml").read_text(encoding="utf-8")
    config = read_config(_FileConfig, parse_document(text, file="conversions.yaml"))
    return {
        name: Conversion(
            name,
            get_scheme(part.source),
            get_scheme(part.target),
            part.mapping,
            description=part.description,
        )
        for name, part in config.conversions.items()
    }


def _parts(scheme: Scheme) -> Sequence[str]:
    return scheme.dimension_names if scheme.kind == "dimensional" else scheme.label_names
