"""What an emotion label is: a scheme is a vocabulary of labels, or of dimensions with their scales.

Polarity (2, 3 or 5 ordered classes), categories (Ekman, Mikels, Plutchik, your own), and dimensions
(valence, arousal, dominance, intensity) are one type, so everything that takes a scheme takes all
of them. Synonyms and translations belong to the scheme: they are part of what a label means.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from mllmsent.foundation.digest import json_digest
from mllmsent.foundation.errors import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Dimension", "Label", "Scheme", "SchemeKind"]

SchemeKind = Literal["ordered", "categorical", "dimensional"]


@dataclass(frozen=True, slots=True)
class Label:
    """One word of a label vocabulary.

    Attributes:
        name: The label as tables and reports show it, lower case: "slightly negative".
        rank: Position in an ordered scheme, lowest first; None in an unordered one.
        definition: One sentence that tells a rater or a model what the label means.
        synonyms: Other English words or spellings that mean this label and no other.
        translations: Language code ("de") to the words that mean this label in it.
    """

    name: str
    rank: int | None = None
    definition: str = ""
    synonyms: tuple[str, ...] = ()
    translations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dimension:
    """One scale on which something is rated.

    Attributes:
        name: "valence", "arousal", "dominance", "intensity", or your own.
        low: Number of the scale's low end.
        high: Number of the scale's high end; greater than `low`.
        low_anchor: What the low end means in words: "very unpleasant".
        high_anchor: What the high end means in words.
        synonyms: Other names by which an answer may call the dimension.
    """

    name: str
    low: float
    high: float
    low_anchor: str = ""
    high_anchor: str = ""
    synonyms: tuple[str, ...] = ()

    @property
    def span(self) -> float:
        """Distance between the scale's ends."""
        return self.high - self.low


@dataclass(frozen=True, slots=True)
class Scheme:
    """A vocabulary in which emotion is asked about, answered and scored.

    Attributes:
        name: "polarity3", "ekman", "valence-arousal".
        kind: "ordered" (labels with ranks), "categorical" (labels), "dimensional" (scales).
        labels: The labels, lowest first where ordered; empty for dimensional schemes.
        dimensions: The scales; empty for label schemes.
        title: Name for people: "Polarity, three classes".
        description: What the scheme is and where it comes from (a citation).
        multi_label: Whether one answer may hold several labels.
        open_vocabulary: Whether labels outside the list are kept as they are written, rather than
            unparsed.
        version: Changes when the meaning of the scheme changes.
    """

    name: str
    kind: SchemeKind
    labels: tuple[Label, ...] = ()
    dimensions: tuple[Dimension, ...] = ()
    title: str = ""
    description: str = ""
    multi_label: bool = False
    open_vocabulary: bool = False
    version: str = "1"

    def __post_init__(self) -> None:
        names = [label.name for label in self.labels] + [scale.name for scale in self.dimensions]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise InputError(f"Scheme {self.name!r} has {', '.join(doubled)} more than once.")
        if self.kind == "dimensional":
            if not self.dimensions or self.labels:
                raise InputError(f"Scheme {self.name!r}: a dimensional scheme has dimensions only.")
            for scale in self.dimensions:
                if not scale.low < scale.high:
                    raise InputError(
                        f"Scheme {self.name!r}: {scale.name} runs from {scale.low} to {scale.high}.",
                        cure="`low` must be less than `high`.",
                    )
            return
        if self.dimensions or (not self.labels and not self.open_vocabulary):
            raise InputError(f"Scheme {self.name!r}: a label scheme has labels only.")
        ranks = [label.rank for label in self.labels]
        if self.kind == "ordered" and ranks != list(range(len(ranks))):
            raise InputError(
                f"Scheme {self.name!r}: labels of an ordered scheme have ranks 0, 1, 2, ... in order."
            )

    @property
    def label_names(self) -> tuple[str, ...]:
        """The labels' names, in the scheme's order."""
        return tuple(label.name for label in self.labels)

    @property
    def dimension_names(self) -> tuple[str, ...]:
        """The dimensions' names, in the scheme's order."""
        return tuple(scale.name for scale in self.dimensions)

    @property
    def neutral(self) -> str | None:
        """The label called "neutral", where the scheme has one."""
        return "neutral" if "neutral" in self.label_names else None

    def label(self, name: str) -> Label:
        """The label called `name`.

        Raises:
            InputError: If the scheme has no such label; the message offers the nearest.
        """
        for label in self.labels:
            if label.name == name:
                return label
        raise InputError(
            f"Scheme {self.name!r} has no label {name!r}.", cure=nearest(name, self.label_names)
        )

    def dimension(self, name: str) -> Dimension:
        """The dimension called `name`.

        Raises:
            InputError: If the scheme has no such dimension; the message offers the nearest.
        """
        for scale in self.dimensions:
            if scale.name == name:
                return scale
        raise InputError(
            f"Scheme {self.name!r} has no dimension {name!r}.",
            cure=nearest(name, self.dimension_names),
        )

    def digest(self) -> str:
        """Identity of what is asked and how it is read; part of a protocol's hash."""
        return json_digest(
            {
                "name": self.name,
                "version": self.version,
                "kind": self.kind,
                "labels": self.label_names,
                "dimensions": [[scale.name, scale.low, scale.high] for scale in self.dimensions],
                "multi_label": self.multi_label,
                "open_vocabulary": self.open_vocabulary,
            },
            length=16,
        )
