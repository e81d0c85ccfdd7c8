"""Rendering: a strategy, a scheme and an item become the messages that are sent."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.errors import InputError
from mllmsent.prompts.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jinja2 import Template
    from jinja2.sandbox import SandboxedEnvironment

    from mllmsent.affect.scheme import Scheme
    from mllmsent.data.images import ImageRef
    from mllmsent.prompts.message import Shown
    from mllmsent.prompts.strategy import Strategy

__all__ = ["Exemplar", "answer_words", "label_words", "render", "well_formed_answer"]

TARGET_WORDS = {
    "en": {
        "image": {
            "evoked": "the emotion that this image evokes in people who look at it",
            "expressed": "the emotion that the people or animals in this image express",
            "depicted": "the emotion that this image depicts as a whole",
        },
        "text": {
            "evoked": "the emotion that this text evokes in people who read it",
            "expressed": "the emotion that the people or animals in this text express",
            "depicted": "the emotion that this text depicts as a whole",
        },
        "both": {
            "evoked": "the emotion that this image and its text evoke in people who see them",
            "expressed": "the emotion that the people or animals in this image and its text express",
            "depicted": "the emotion that this image and its text depict as a whole",
        },
    },
    "de": {
        "image": {
            "evoked": "das Gefühl, das dieses Bild bei den Menschen auslöst, die es betrachten",
            "expressed": "das Gefühl, das die Menschen oder Tiere in diesem Bild ausdrücken",
            "depicted": "das Gefühl, das dieses Bild als Ganzes darstellt",
        },
        "text": {
            "evoked": "das Gefühl, das dieser Text bei den Menschen auslöst, die ihn lesen",
            "expressed": "das Gefühl, das die Menschen oder Tiere in diesem Text ausdrücken",
            "depicted": "das Gefühl, das dieser Text als Ganzes darstellt",
        },
        "both": {
            "evoked": "das Gefühl, das dieses Bild und sein Text bei den Menschen auslösen, die "
            "beides sehen",
            "expressed": "das Gefühl, das die Menschen oder Tiere in diesem Bild und seinem Text "
            "ausdrücken",
            "depicted": "das Gefühl, das dieses Bild und sein Text als Ganzes darstellen",
        },
    },
    "es": {
        "image": {
            "evoked": "la emoción que esta imagen provoca en las personas que la miran",
            "expressed": "la emoción que expresan las personas o los animales de esta imagen",
            "depicted": "la emoción que esta imagen representa en su conjunto",
        },
        "text": {
            "evoked": "la emoción que este texto provoca en las personas que lo leen",
            "expressed": "la emoción que expresan las personas o los animales de este texto",
            "depicted": "la emoción que este texto representa en su conjunto",
        },
        "both": {
            "evoked": "la emoción que esta imagen y su texto provocan en las personas que los ven",
            "expressed": "la emoción que expresan las personas o los animales de esta imagen y de "
            "su texto",
            "depicted": "la emoción que esta imagen y su texto representan en su conjunto",
        },
    },
}
"""The emotion target in words, per language and what is shown: who is asked about a picture with its
text must not be told that it is about the picture, or which of them is followed has been decided."""


@dataclass(frozen=True, slots=True)
class Exemplar:
    """A solved example for few-shot strategies.

    Attributes:
        item_id: Whose it is; never an item of the fold that is asked about.
        shown: Its image, its text, or both.
        answer: What people said, as a well-formed answer.
    """

    item_id: str
    shown: Shown
    answer: str


def render(
    strategy: Strategy,
    scheme: Scheme | None,
    shown: Shown,
    *,
    emotion_target: str,
    exemplars: Sequence[Exemplar] = (),
    labels: Sequence[str] | None = None,
    description: str = "",
) -> tuple[Message, ...]:
    """The messages that ask `strategy`'s question about one item.

    Args:
        strategy: The wording.
        scheme: The scheme asked in; None for descriptions, and marks for them, which are the same for
            every scheme.
        shown: The item's image, its text, or both, which stand side by side.
        emotion_target: The dataset's target: "evoked", "expressed" or "depicted".
        exemplars: Solved examples, for strategies that show some.
        labels: Order in which the labels are named; the scheme's own by default.
        description: What was said of the item, for strategies that have it marked.

    Returns:
        Messages in order.

    Raises:
        InputError: If the strategy does not fit the scheme, or a template cannot be rendered.
    """
    reason = None if scheme is None else strategy.supports(scheme)
    if scheme is not None and reason is not None:
        raise InputError(
            f"Strategy {strategy.name!r} does not ask in {scheme.kind} schemes such as "
            f"{scheme.name!r}. {reason}",
            cure="Take another strategy or scheme.",
        )
    context = _context(strategy, scheme, labels) | _target(strategy, emotion_target, shown)
    if strategy.marks is not None:
        context |= {"dimensions": strategy.marks.dimensions, "description": description}
    turns: list[Message] = []
    for turn in strategy.messages:
        if turn.exemplars and strategy.exemplars is not None:
            for exemplar in exemplars:
                own = context | _target(strategy, emotion_target, exemplar.shown)
                question = _fill(strategy, strategy.exemplars.question, own)
                turns.append(Message("user", (*_parts(exemplar.shown), question)))
                turns.append(Message("assistant", (exemplar.answer,)))
        text = _fill(strategy, turn.text, context)
        parts: list[str | ImageRef] = [text] if text else []
        if turn.image == "first":
            parts[:0] = _parts(shown)
        elif turn.image == "last":
            parts += _parts(shown)
        turns.append(Message(turn.role, tuple(parts)))
    return tuple(turns)


def label_words(strategy: Strategy, scheme: Scheme) -> dict[str, str]:
    """Each label's name to the words in which the strategy offers it, in the scheme's order."""
    words = {
        label.name: (label.translations.get(strategy.language) or (label.name,))[0]
        for label in scheme.labels
    }
    if strategy.answers == "labels":
        return words
    letters = answer_words(strategy, scheme)
    return {name: f"{letters[name]}. {word}" for name, word in words.items()}


def answer_words(strategy: Strategy, scheme: Scheme) -> dict[str, str]:
    """Each label's name to what is answered for it: its words, or its letter."""
    if strategy.answers == "labels":
        return label_words(strategy, scheme)
    return dict(zip(scheme.label_names, ascii_uppercase, strict=False))


def well_formed_answer(scheme: Scheme, answer: Mapping[str, float] | str) -> str:
    """A label, or numbers on the scheme's dimensions, as a model is asked to write them.

    Args:
        scheme: The scheme.
        answer: A label's name, or dimension to number.
    """
    if isinstance(answer, str):
        return answer
    return ", ".join(f"{name}: {answer[name]:.1f}" for name in scheme.dimension_names)


def _parts(shown: Shown) -> tuple[ImageRef | str, ...]:
    return shown if isinstance(shown, tuple) else (shown,)


def _target(strategy: Strategy, emotion_target: str, shown: Shown) -> dict[str, str]:
    """What is asked about; of who reads a description, the image that it describes."""
    words = TARGET_WORDS.get(strategy.language, TARGET_WORDS["en"])
    what = "both" if isinstance(shown, tuple) else "text" if isinstance(shown, str) else "image"
    if strategy.shows == "description":
        what = "image"
    return {"target": words[what][emotion_target]}


def _context(
    strategy: Strategy, scheme: Scheme | None, labels: Sequence[str] | None
) -> dict[str, Any]:
    if scheme is None:
        return {}

    words = label_words(strategy, scheme)
    if scheme.kind == "dimensional":
        form = ", ".join(f"{d.name}: <{d.low:g} to {d.high:g}>" for d in scheme.dimensions)
    elif scheme.open_vocabulary:
        form = "one or more emotion words, separated by commas"
    elif scheme.multi_label:
        form = "every label that applies, separated by commas"
    elif strategy.answers == "letters":
        form = "the letter of one label"
    else:
        form = "one label"
    return {
        "scheme": scheme,
        "labels": [words[name] for name in labels or scheme.label_names],
        "definitions": {words[label.name]: label.definition for label in scheme.labels},
        "dimensions": scheme.dimensions,
        "answer_form": form,
    }


def _fill(strategy: Strategy, template: str, context: Mapping[str, Any]) -> str:
    from jinja2 import TemplateError  # noqa: PLC0415 - `--help` does without templates

    try:
        return _template(template).render(context).strip()
    except TemplateError as error:
        raise InputError(
            f"A template of strategy {strategy.name!r} cannot be filled: {error.message}.",
            cure="Templates see: labels, definitions, dimensions, scheme, target, answer_form; "
            "those with `criteria`: dimensions, description, target.",
        ) from None


@lru_cache(maxsize=256)
def _template(text: str) -> Template:
    # Compiling takes a hundred times as long as filling in, and a study has few wordings.
    return _environment().from_string(text)


@cache
def _environment() -> SandboxedEnvironment:
    from jinja2 import StrictUndefined  # noqa: PLC0415 - jinja2 is slow to import
    from jinja2.sandbox import SandboxedEnvironment  # noqa: PLC0415 - likewise

    # The text goes to a model, not into a page: escaping would change the question.
    return SandboxedEnvironment(
        autoescape=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
