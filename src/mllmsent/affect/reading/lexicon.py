"""The words around a label, by language, and text marked with them.

Each file in `words/` is one language: kind of word to phrases. A new language is a new file. The
kinds, and what each is for:

    cue         what is asked about: "sentiment", "mood"; weak where it may be of other things too
    answer      what an answer is called: "label", "choice"; key where only before a colon: "output"
    final       makes it the last word: "in conclusion"; summary: "overall", "so", "primary"
    image       the image; viewer: who looks at it; pronoun: "it", for either
    person      somebody in the image; people: several; somebody: some viewers and not others
    elsewhere   what is in the image and is not its emotion: "background", "caption"
    secondary   not the main one: "second best"; explain: a key beside the answer's: "reason"
    idiom       a turn of phrase that holds a label word by chance: "I'm positive that"
    copula      "is"; verb: "evokes"; have: "has"; feel: "feels"; make: "makes"; find: "finds"
    choose      "I'd go with"; classify: "classified"; as: "as", "under"; fits: "fits best"
    evoked      what joins a cue to its cause: "(the mood) created (by)"
    filler      says nothing either way; rather: "only", "instead"
    intense     stronger; slight: weaker; partial: weaker in no agreed degree; notjust: more than
    minor       "a touch of": what follows is in passing; part: "elements": what precedes is
    negator     denies; without: denies up to the next clause's subject
    hedge       leaves open; blend: "a mix of"; or: offers another; and: joins
    contrast    "but"; concession: "although"; condition: "if"
    reason      why, or under what circumstances: the label before it is complete
    prep        "in", "of": the label before it is complete if the image follows
    early       a view not yet final: "at first"; correction: takes back what was said
    yes, no     marks in a list of labels
    cannot, task, sorry, missing    what refusals are made of
    rating      what may stand between a dimension and its number; towhich: "(7) for (valence)"
    upto, between, outof, points    how scales are spoken of: "1 to 9", "7 out of 9", "9-point scale"
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from mllmsent.affect.reading.text import tokenize
from mllmsent.foundation.config import parse_document

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mllmsent.affect.reading.text import Token

__all__ = [
    "KINDS", "Phrases", "active_languages", "among_likely", "lexicon", "likely_languages", "tokens_of",
]  # fmt: skip

KINDS = frozenset(
    {
        "and", "answer", "as", "between", "blend", "cannot", "choose", "classify", "concession",
        "condition", "contrast", "copula", "correction", "cue", "early", "elsewhere", "evoked",
        "explain", "feel", "filler", "final", "find", "fits", "have", "hedge", "idiom", "image",
        "intense", "key", "make", "minor", "missing", "negator", "no", "notjust", "or", "outof",
        "part", "partial", "people", "person", "points", "prep", "pronoun", "rather", "rating",
        "reason", "secondary", "slight", "somebody", "sorry", "summary", "task", "towhich",
        "upto", "verb", "viewer", "weak", "without", "yes",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Phrases:
    """Phrases to find in tokens, the longest first.

    Attributes:
        entries: Tokens of a phrase to what it means: pairs of a meaning and a language.
        lengths: First token to the lengths of the phrases it begins, longest first.
    """

    entries: dict[tuple[str, ...], frozenset[tuple[str, str]]]
    lengths: dict[str, tuple[int, ...]]

    @classmethod
    def of(cls, meanings: Iterable[tuple[str, str, str]]) -> Phrases:
        """Phrases from (phrase, meaning, language); a phrase may come more than once."""
        entries: dict[tuple[str, ...], set[tuple[str, str]]] = {}
        for phrase, meaning, language in meanings:
            key = tokens_of(phrase)
            if key:
                entries.setdefault(key, set()).add((meaning, language))
        lengths: dict[str, set[int]] = {}
        for key in entries:
            lengths.setdefault(key[0], set()).add(len(key))
        return cls(
            {key: frozenset(value) for key, value in entries.items()},
            {key: tuple(sorted(value, reverse=True)) for key, value in lengths.items()},
        )

    def at(
        self, tokens: Sequence[Token], start: int, languages: frozenset[str] | None
    ) -> tuple[int, frozenset[str]]:
        """The longest phrase that begins at a place.

        Args:
            tokens: The text.
            start: Index of its first token.
            languages: Those to look in; None for all.

        Returns:
            How many tokens it has, 0 where there is none, and its meanings.
        """
        for length in self.lengths.get(tokens[start].text, ()):
            found = self.entries.get(tuple(t.text for t in tokens[start : start + length]))
            if found:
                meanings = frozenset(
                    m for m, code in found if languages is None or code in languages
                )
                if meanings:
                    return length, meanings
        return 0, frozenset()


def tokens_of(phrase: str) -> tuple[str, ...]:
    """A phrase as it is looked up."""
    return tuple(token.text for token in tokenize(phrase))


@cache
def lexicon() -> Phrases:
    """The words of all languages."""
    folder = files("mllmsent.affect.reading") / "words"
    meanings: list[tuple[str, str, str]] = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not entry.name.endswith(".yaml"):
            continue
        language = entry.name.removesuffix(".yaml")
        kinds = parse_document(entry.read_text(encoding="utf-8"), file=entry.name).value
        for kind, phrases in kinds.items():
            assert kind in KINDS, (entry.name, kind)
            meanings.extend((phrase, kind, language) for phrase in phrases)
    return Phrases.of(meanings)


def active_languages(tokens: Sequence[Token]) -> frozenset[str] | None:
    """The languages in which a text's words are to be read; None for all.

    A word like Portuguese "no" must not be read as the English one, so only those count whose words
    make up most of the text; English alone where it ties with others.
    """
    return among_likely(likely_languages(tokens))


def among_likely(likely: frozenset[str] | None) -> frozenset[str] | None:
    """Of the languages that a text is likely in, those in which its words are to be read."""
    return frozenset({"en"}) if likely and "en" in likely else likely


def likely_languages(tokens: Sequence[Token]) -> frozenset[str] | None:
    """The languages whose words a text is made of: the best, and those that tie with it.

    None where the text has none of the words of any language, as a bare label has not.
    """
    known = lexicon()
    counts: dict[str, int] = {}
    position = 0
    while position < len(tokens):
        step = 1
        for length in known.lengths.get(tokens[position].text, ()):
            found = known.entries.get(tuple(t.text for t in tokens[position : position + length]))
            if found:
                for code in {code for _, code in found}:
                    counts[code] = counts.get(code, 0) + length
                step = length
                break
        position += step
    if not counts:
        return None
    best = max(counts.values())
    return frozenset(code for code, count in counts.items() if count == best)
