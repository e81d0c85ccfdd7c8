"""Questions and their right answers: the framework's own wordings and some besides."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mllmsent.affect import get_scheme
from mllmsent.dioramas import describe, true_reading
from mllmsent.dioramas.dice import Dice
from mllmsent.foundation.config import read_document
from mllmsent.prompts import Strategy, get_strategy, render, well_formed_answer
from mllmsent.prompts.strategy import Turn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.affect import Scheme
    from mllmsent.dioramas.scene import Scene
    from mllmsent.prompts import Message
    from training.votes import Verdict

__all__ = [
    "IMAGE",
    "Answer",
    "Asked",
    "Form",
    "ask",
    "describe_question",
    "label_question",
    "own_strategies",
    "phrasings",
    "rating_question",
    "reasoned_question",
    "scene_question",
    "wordings",
]

IMAGE = "<image>"
"""Stands for the picture among the parts of a message."""

Form = Literal["direct", "rating", "json", "json_rating", "describe", "scene"]

RATING = "valence-arousal"
_PHRASINGS = 400
"""Wordings that are put together for each form."""
_PICTURE_FIRST = 0.8
"""Share of them in which the picture comes before the words."""
_LISTS = (
    '{{ labels | join(", ") }}',
    '{{ labels | join(" / ") }}',
    '{{ labels | join("; ") }}',
    '{{ labels | join(" | ") }}',
    '{{ labels[:-1] | join(", ") }} or {{ labels[-1] }}',
    '{{ labels[:-1] | join(", ") }} and {{ labels[-1] }}',
    '"{{ labels | join(\'", "\') }}"',
)
"""How labels may be told."""
_TARGETS = ("evoked", "evoked", "expressed", "depicted")
_NOTHING = {
    "text": "Nothing can be made out in this picture.",
    "atmosphere": "Nothing can be made out.",
    "narrative": "Nothing can be told.",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What is to be answered: a text with a choice in it.

    Attributes:
        head: Text before the choice.
        choices: Each text that may stand there, with its share; shares sum to one.
        tail: Text after it.
    """

    head: str = ""
    choices: Mapping[str, float] = field(default_factory=lambda: {"": 1.0})
    tail: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its answer."""

    messages: tuple[Message, ...]
    answer: Answer


def label_question(
    strategy: Strategy, scheme_name: str, verdict: Verdict, dice: Dice | None = None
) -> Asked:
    """A question for a label; the right answers are the annotators' votes in their shares.

    Args:
        strategy: The wording, direct; asked for JSON or for text.
        scheme_name: One of `votes.LABEL_SCHEMES`.
        verdict: What the annotators say.
        dice: Chooses emotion target and, at times, another order of the labels; without them the
            question is as the framework asks it.
    """
    scheme = get_scheme(scheme_name)
    messages = ask(strategy, scheme, dice)
    shares: dict[str, float] = {}
    for label, share in verdict.shares[scheme_name].items():
        own = scheme.label(label).translations.get(strategy.language, ())
        name = own[0] if own else label
        shares[name] = shares.get(name, 0.0) + share
    if strategy.readout == "json":
        return Asked(messages, Answer('{"label": "', shares, '"}'))
    return Asked(messages, Answer("", shares))


def rating_question(strategy: Strategy, verdict: Verdict, dice: Dice | None = None) -> Asked:
    """A question for valence and arousal."""
    scheme = get_scheme(RATING)
    text = _rating_json(verdict)
    if strategy.readout == "text":
        text = well_formed_answer(scheme, _rating(verdict))
    return Asked(ask(strategy, scheme, dice), Answer(text))


def describe_question(strategy: Strategy, scene: Scene | None, seed: int) -> Asked:
    """A question for a description; None is a picture of nothing."""
    return Asked(ask(strategy, None), Answer(_description(scene, seed)))


def scene_question(
    strategy: Strategy,
    scheme_name: str,
    scene: Scene | None,
    verdict: Verdict,
    *,
    seed: int,
    dice: Dice | None = None,
) -> Asked:
    """A question for a reading of the scene as JSON with a verdict in a scheme."""
    messages = ask(strategy, get_scheme(scheme_name), dice)
    reading: dict[str, Any] = {
        "atmosphere": _NOTHING["atmosphere"],
        "subjects": [],
        "cues": [],
        "narrative": _NOTHING["narrative"],
    }
    if scene is not None:
        truth = true_reading(scene, seed)
        reading = {**truth, "cues": [cue for cue in truth["cues"] if _is_telling(scene, cue)]}
    head = json.dumps(reading).removesuffix("}") + ', "verdict": '
    if scheme_name == RATING:
        return Asked(messages, Answer(head + _rating_json(verdict) + "}"))
    return Asked(messages, Answer(head + '"', verdict.shares[scheme_name], '"}'))


def reasoned_question(
    strategy: Strategy,
    scheme_name: str,
    scene: Scene | None,
    verdict: Verdict,
    *,
    seed: int,
    dice: Dice | None = None,
) -> Asked:
    """A question that asks to think first: what is to be seen, and a last line with the answer."""
    scheme = get_scheme(scheme_name)
    messages = ask(strategy, scheme, dice)
    head = f"{_description(scene, seed)}\nAnswer: "
    if scheme_name == RATING:
        return Asked(messages, Answer(head + well_formed_answer(scheme, _rating(verdict))))
    return Asked(messages, Answer(head, verdict.shares[scheme_name]))


def ask(strategy: Strategy, scheme: Scheme | None, dice: Dice | None = None) -> tuple[Message, ...]:
    """The messages of a question, with `IMAGE` where the picture stands."""
    target: str = strategy.emotion_target
    labels = None
    if target == "any":
        target = dice.choose(_TARGETS) if dice else "evoked"
    if dice and scheme and scheme.labels and dice.happens(0.3):
        labels = dice.shuffled(scheme.label_names)
    return render(strategy, scheme, IMAGE, emotion_target=target, labels=labels)


@cache
def wordings(form: Form, *, held_out: bool = False) -> tuple[Strategy, ...]:
    """The wordings besides the framework's own, as strategies.

    Args:
        form: What they ask for.
        held_out: Those that are never trained on, rather than those that are.
    """
    part = "held_out" if held_out else "trained"
    path = Path(__file__).with_name("wordings.yaml")
    listed: Sequence[str] = read_document(path).value[part].get(form, ())
    return tuple(_strategy(form, part, number, text) for number, text in enumerate(listed, start=1))


@cache
def phrasings(form: Form) -> tuple[Strategy, ...]:
    """Many wordings put together from parts (`phrasings.yaml`), as strategies.

    Args:
        form: "direct", "rating" or "describe".
    """
    path = Path(__file__).with_name("phrasings.yaml")
    patterns: Sequence[str] = read_document(path).value[form]
    texts: dict[str, bool] = {}
    for number in range(_PHRASINGS):
        dice = Dice("phrasing", form, number)
        text = _put_together(dice.choose(patterns), dice)
        texts.setdefault(text, dice.happens(_PICTURE_FIRST))
    return tuple(
        _worded(form, "phrased", number, text, is_first=is_first)
        for number, (text, is_first) in enumerate(texts.items(), start=1)
    )


def _put_together(pattern: str, dice: Dice) -> str:
    """A wording with one of each group of parts."""
    text = pattern
    while (group := re.search(r"\[([^\[\]]*)\]", text)) is not None:
        text = text[: group.start()] + dice.choose(group[1].split("|")) + text[group.end() :]
    text = text.strip().replace("FORM", "{{ answer_form }}").replace("LIST", dice.choose(_LISTS))
    return text if text.startswith("{") else text[0].upper() + text[1:]


def own_strategies(*names: str) -> tuple[Strategy, ...]:
    """The framework's own wordings of these names."""
    return tuple(get_strategy(name) for name in names)


def _strategy(form: Form, part: str, number: int, text: str) -> Strategy:
    return _worded(form, part, number, text, is_first=bool(number % 3))


def _worded(form: Form, part: str, number: int, text: str, *, is_first: bool) -> Strategy:
    return Strategy(
        name=f"{form.replace('_', '-')}-{part.replace('_', '-')}-{number}",
        version="1",
        title=f"{form}, {part} {number}",
        pathway={"describe": "described", "scene": "scene"}.get(form, "direct"),
        readout="json" if form in {"json", "json_rating", "scene"} else "text",
        messages=(Turn(role="user", text=text, image="first" if is_first else "last"),),
    )


def _description(scene: Scene | None, seed: int) -> str:
    return _NOTHING["text"] if scene is None else describe(scene, seed)


def _is_telling(scene: Scene, cue: Mapping[str, str]) -> bool:
    """Whether a cue pulls somewhere, or is a thing or a face: those are named even so."""
    place = {scene.setting, scene.time, f"{scene.weather} weather"}
    return cue["direction"] != "neutral" or cue["cue"] not in place


def _rating(verdict: Verdict) -> dict[str, float]:
    return {"valence": round(verdict.valence, 1), "arousal": round(verdict.arousal, 1)}


def _rating_json(verdict: Verdict) -> str:
    return json.dumps(_rating(verdict))
