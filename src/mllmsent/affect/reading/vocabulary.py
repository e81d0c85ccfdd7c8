"""The words that mean a scheme's labels, in all languages, ready to be found in text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from mllmsent.affect.reading.lexicon import Phrases, lexicon, tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mllmsent.affect.scheme import Scheme

__all__ = ["Vocabulary", "vocabulary_of"]

_SHORTEST_MISSPELLED = 7


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A scheme's words.

    Attributes:
        phrases: Words to the names of the labels they mean; more than one where languages collide.
        names: The labels' names, in the scheme's order.
        milder: A label to the scheme's own weaker one: "positive" to "slightly positive".
        stronger: The labels that have a stronger one: where there is "very positive", "extremely
            positive" is not "positive".
        graded: Whether a degree changes the label: it does on an ordered scale.
        multi_label: Whether several labels may be given.
    """

    phrases: Phrases
    names: tuple[str, ...]
    milder: Mapping[str, str]
    stronger: frozenset[str]
    graded: bool
    multi_label: bool

    def misspelled(self, word: str) -> str | None:
        """The one label whose name a word misses by a single slip, or None.

        Only long words are forgiven, and only inside: the first letter must be right, so that
        "unhappy" and "badness" are nobody's slip. A slip is a letter too many, too few, wrong, or
        two swapped.
        """
        if len(word) < _SHORTEST_MISSPELLED - 1:
            return None
        near = [
            name
            for name in self.names
            if len(name) >= _SHORTEST_MISSPELLED and name.isalpha() and _one_slip(word, name)
        ]
        return near[0] if len(near) == 1 else None


class _Same:
    """A scheme as a cache's key: the object itself, its translations being unhashable."""

    def __init__(self, scheme: Scheme) -> None:
        self.scheme = scheme

    def __hash__(self) -> int:
        return id(self.scheme)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.scheme is self.scheme


def vocabulary_of(scheme: Scheme) -> Vocabulary:
    """The words of a label scheme; made once."""
    return _vocabulary(_Same(scheme))


@lru_cache(maxsize=64)
def _vocabulary(key: _Same) -> Vocabulary:
    scheme = key.scheme
    names = scheme.label_names
    milder: dict[str, str] = {}
    stronger: set[str] = set()
    for name in names:
        words = tokens_of(name)
        for base in names:
            rest = tokens_of(base)
            if len(words) > len(rest) and words[-len(rest) :] == rest:
                kinds = _kinds(words[: -len(rest)])
                if "slight" in kinds:
                    milder[base] = name
                elif "intense" in kinds:
                    stronger.add(base)
    return Vocabulary(
        phrases=Phrases.of(_forms(scheme)),
        names=names,
        milder=milder,
        stronger=frozenset(stronger),
        graded=scheme.kind == "ordered",
        multi_label=scheme.multi_label,
    )


def _kinds(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(kind for kind, _ in lexicon().entries.get(words, frozenset()))


def _forms(scheme: Scheme) -> Iterator[tuple[str, str, str]]:
    for label in scheme.labels:
        for form in (label.name, *label.synonyms):
            yield form, label.name, "en"
            words = tokens_of(form)
            if len(words) > 1:
                yield "".join(words), label.name, "en"
        for language, forms in label.translations.items():
            for form in forms:
                yield form, label.name, language


def _one_slip(word: str, name: str) -> bool:
    if word[:1] != name[:1] or abs(len(word) - len(name)) > 1:
        return False
    same = 0
    while same < min(len(word), len(name)) and word[same] == name[same]:
        same += 1
    left, right = word[same:], name[same:]
    return (
        left[1:] == right
        or left == right[1:]
        or left[1:] == right[1:]
        or (left[:2] == right[1::-1] and len(left) > 1 and left[2:] == right[2:])
    )
