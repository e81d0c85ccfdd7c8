"""How a simulated model words its answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mllmsent.dioramas.describe import describe, true_reading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mllmsent.dioramas.dice import Dice
    from mllmsent.dioramas.scene import Scene
    from mllmsent.dioramas.simulated.asking import Asked
    from mllmsent.dioramas.simulated.verdicts import Verdict

__all__ = ["as_json_text", "json_answer", "plain_answer", "refusal", "scene_answer"]

_REFUSALS = (
    "I'm sorry, but I can't help with judging the emotion of this image.",
    "I am unable to provide an emotional assessment of this picture.",
    "I can't assist with that request.",
)
_UNREADABLE = (
    "It depends very much on who is looking at it.",
    "There is a lot going on here, and different viewers may well disagree.",
    "The image was made with care; composition and color are balanced.",
    "",
)
_SENTENCES = (
    "The image conveys a {label} feeling.",
    "I would say **{label}**.",
    "Most people would find this {label}, given {cue}.",
    "{Label} - because of {cue}.",
    "My answer is {label}.",
)


def refusal(dice: Dice) -> str:
    """Words that decline."""
    return dice.choose(_REFUSALS)


def plain_answer(
    seen: Scene, asked: Asked, verdict: Verdict, dice: Dice, *, is_broken: bool, is_wordy: bool
) -> str:
    """A verdict in words: bare, in a sentence, or after reasons where they are wanted.

    Args:
        seen: What the model sees.
        asked: What is wanted.
        verdict: Labels or numbers.
        dice: Chance.
        is_broken: Whether the answer misses the question.
        is_wordy: Whether a sentence is made of a label.
    """
    if is_broken:
        return dice.choose(_UNREADABLE)
    line = _line(verdict)
    if asked.wants_reasons:
        return f"{_reasons(seen, dice.whole(1000))}\nAnswer: {line}"
    speaks_english = all(word.lower() == meaning for word, meaning in asked.labels.items())
    if is_wordy and asked.kind == "labels" and speaks_english:
        form = dice.choose(_SENTENCES)
        return form.format(label=line, Label=line.capitalize(), cue=_main_cue(seen))
    return line if dice.happens(0.85) else line.capitalize() + dice.choose(("", "."))


def scene_answer(seen: Scene, asked: Asked, verdict: Verdict) -> str:
    """A reading of the scene with its verdict, as JSON."""
    value: Any = verdict
    if isinstance(verdict, list):
        takes_list = asked.verdict is not None and asked.verdict.get("type") == "array"
        several = takes_list or asked.wants_several or asked.kind == "words"
        value = verdict if several else verdict[0]
    return json.dumps({**true_reading(seen), "verdict": value}, indent=1)


def json_answer(asked: Asked, verdict: Verdict, schema: Mapping[str, Any] | None) -> str:
    """A verdict as JSON, with the property that the schema names."""
    if isinstance(verdict, dict):
        return json.dumps(verdict)
    properties = (schema or {}).get("schema", schema or {}).get("properties", {})
    several = asked.wants_several or "labels" in properties
    key = next(iter(properties), "labels" if several else "label")
    return json.dumps({key: verdict if several else verdict[0]})


def as_json_text(answer: str, dice: Dice, *, is_broken: bool) -> str:
    """JSON as models write it: now and then in a fence, or cut off."""
    if is_broken:
        return answer[: max(8, int(len(answer) * dice.between(0.2, 0.7)))]
    return f"```json\n{answer}\n```" if dice.happens(0.06) else answer


def _line(verdict: Verdict) -> str:
    if isinstance(verdict, dict):
        return ", ".join(f"{name}: {value:.1f}" for name, value in verdict.items())
    return ", ".join(verdict)


def _reasons(seen: Scene, seed: int) -> str:
    cues = true_reading(seen)["cues"]
    up = [cue["cue"] for cue in cues if cue["direction"] == "positive"]
    down = [cue["cue"] for cue in cues if cue["direction"] == "negative"]
    parts = [describe(seen, seed)]
    if up:
        parts.append(f"What lifts the feeling: {', '.join(up)}.")
    if down:
        parts.append(f"What weighs on it: {', '.join(down)}.")
    return "\n".join(parts)


def _main_cue(seen: Scene) -> str:
    if seen.objects:
        return f"the {seen.objects[0]}"
    if seen.subjects:
        return f"the {seen.subjects[0].expression} face"
    return f"the {seen.light} light"
