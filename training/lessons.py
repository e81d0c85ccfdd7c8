"""What is asked about a picture in one step: a mixture of tasks, schemes and wordings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.dioramas.dice import Dice
from training.questions import (
    RATING,
    Asked,
    describe_question,
    label_question,
    own_strategies,
    phrasings,
    rating_question,
    reasoned_question,
    scene_question,
    wordings,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mllmsent.dioramas.scene import Scene
    from mllmsent.prompts import Strategy
    from training.pictures import TrainingSet
    from training.votes import Verdict

__all__ = ["lesson", "sample_texts"]

_SCHEMES = {
    "polarity3": 3.0,
    "polarity5": 2.0,
    "mikels": 2.0,
    "polarity2": 1.0,
    "ekman": 0.8,
    "ekman7": 0.7,
}
_VERDICTS = {"polarity3": 3.0, "polarity5": 1.5, "mikels": 1.5, "polarity2": 0.7, "ekman": 0.5}
_LONG = {"describe": 0.55, "scene": 0.33, "reasoned": 0.12}
# Share of the questions that are worded as the framework's own strategies are, of all.
_OWN = 0.7
# The same where wordings vary.
_OWN_VARIED = 0.4
_GERMAN = ("polarity2", "polarity3", "polarity5", "mikels")


def lesson(
    scene: Scene | None, verdict: Verdict, dice: Dice, *, is_varied: bool = False
) -> list[Asked]:
    """One long task and a few short ones.

    Args:
        scene: What the picture shows; None for nothing.
        verdict: What annotators say of it.
        dice: Chooses among everything.
        is_varied: Whether most wordings are put together from parts.
    """
    asked = [_long(scene, verdict, dice, is_varied=is_varied)]
    asked.extend(_label(verdict, dice, is_varied=is_varied) for _ in range(2))
    more = _rating if dice.happens(0.5) else _label
    asked.append(more(verdict, dice, is_varied=is_varied))
    if dice.happens(0.4):
        asked.append(_apart(scene, verdict, dice))
    return asked


def sample_texts(training_set: TrainingSet, count: int) -> Iterator[str]:
    """Questions and answers of the first pictures, from which a vocabulary is learned."""
    pairs = zip(training_set.items[:count], training_set.verdicts, strict=False)
    for number, (item, verdict) in enumerate(pairs):
        for one in lesson(item.scene, verdict, Dice("vocabulary", number)):
            for message in one.messages:
                yield "\n".join([message.role, *map(str, message.parts)])
            for choice in one.answer.choices:
                yield one.answer.head + choice + one.answer.tail


def _long(scene: Scene | None, verdict: Verdict, dice: Dice, *, is_varied: bool) -> Asked:
    task, seed = dice.weighted(_LONG), dice.whole(1_000_000)
    if task == "describe":
        own = own_strategies("describe")
        if not dice.happens(_OWN_VARIED if is_varied else _OWN):
            own = phrasings("describe") if is_varied else _first("describe")
        return describe_question(dice.choose(own), scene, seed)
    scheme = dice.weighted({**_VERDICTS, RATING: 1.5})
    if task == "scene":
        # nearly always as the framework words it: the keys are asked for by it alone
        own = own_strategies("scene") if dice.happens(0.85) else wordings("scene")
        return scene_question(dice.choose(own), scheme, scene, verdict, seed=seed, dice=dice)
    own = own_strategies("chain-of-thought")
    return reasoned_question(own[0], scheme, scene, verdict, seed=seed, dice=dice)


def _label(verdict: Verdict, dice: Dice, *, is_varied: bool) -> Asked:
    scheme = dice.weighted(_SCHEMES)
    if dice.happens(_OWN_VARIED if is_varied else _OWN):
        names = {"zero-shot": 0.55, "definitions": 0.15, "structured": 0.3}
        strategy = own_strategies(dice.weighted(names))[0]
    elif is_varied and dice.happens(0.8):
        strategy = dice.choose(phrasings("direct"))
    else:
        forms = _first("direct") if dice.happens(0.85) else _first("json")
        strategy = dice.choose(forms)
    return label_question(strategy, scheme, verdict, dice)


def _rating(verdict: Verdict, dice: Dice, *, is_varied: bool) -> Asked:
    if dice.happens(_OWN_VARIED if is_varied else _OWN):
        names = {"zero-shot": 0.5, "definitions": 0.15, "structured": 0.35}
        strategy = own_strategies(dice.weighted(names))[0]
    elif is_varied and dice.happens(0.8):
        strategy = dice.choose(phrasings("rating"))
    else:
        strategy = dice.choose(_first("rating") if dice.happens(0.7) else _first("json_rating"))
    return rating_question(strategy, verdict, dice)


def _apart(scene: Scene | None, verdict: Verdict, dice: Dice) -> Asked:
    """A question whose picture does not come first: its row shares nothing with the others."""
    kind = dice.weighted({"role": 0.25, "published": 0.25, "caption": 0.2, "other": 0.2, "de": 0.1})
    scheme = dice.weighted(_SCHEMES)
    if kind == "role":
        (strategy,) = own_strategies("role")
        if dice.happens(0.25):
            return rating_question(strategy, verdict, dice)
        return label_question(strategy, scheme, verdict, dice)
    if kind == "published":
        return label_question(own_strategies("published-direct")[0], scheme, verdict, dice)
    if kind == "de":
        (strategy,) = own_strategies("zero-shot-de")
        return label_question(strategy, dice.weighted(dict.fromkeys(_GERMAN, 1.0)), verdict, dice)
    if kind == "caption":
        late = [*own_strategies("published-describe"), *_last("describe")]
        return describe_question(dice.choose(late), scene, dice.whole(1_000_000))
    return label_question(dice.choose(_last("direct")), scheme, verdict, dice)


def _first(form: str) -> tuple[Strategy, ...]:
    return tuple(s for s in wordings(form) if s.messages[0].image == "first")


def _last(form: str) -> tuple[Strategy, ...]:
    return tuple(s for s in wordings(form) if s.messages[0].image == "last")
