"""From a feeling to what a question wants: labels of any scheme, or numbers on its scales."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mllmsent.dioramas.causes import POLARITY5, polarity
from mllmsent.foundation.config import read_document

if TYPE_CHECKING:
    from mllmsent.dioramas.causes import Feeling
    from mllmsent.dioramas.dice import Dice
    from mllmsent.dioramas.scene import Scene
    from mllmsent.dioramas.simulated.asking import Asked

__all__ = ["Verdict", "verdict_of"]

Verdict = list[str] | dict[str, float]

_POLARITIES = (
    frozenset({"negative", "positive"}),
    frozenset({"negative", "neutral", "positive"}),
    frozenset(POLARITY5),
)


def verdict_of(asked: Asked, felt: Feeling, seen: Scene, dice: Dice) -> Verdict:
    """What a model answers that feels so.

    Args:
        asked: What is wanted.
        felt: What it feels.
        seen: What it sees.
        dice: Chance, for labels of which nothing is known.

    Returns:
        Labels as the question writes them, best first, or numbers on its scales.
    """
    if asked.kind == "dimensions":
        return {
            scale.name: round(_number(scale.name, felt, scale.low, scale.high), 1)
            for scale in asked.dimensions
        }
    if asked.kind != "labels":
        ranked = sorted(felt.emotion_scores, key=lambda name: -felt.emotion_scores[name])
        close = felt.emotion_scores[ranked[1]] > felt.emotion_scores[ranked[0]] - 0.4
        return ranked[: 2 if close else 1]
    meanings = set(asked.labels.values())
    for labels in _POLARITIES:
        if meanings == labels:
            chosen = _polarity_label(felt.valence, meanings)
            return [next(word for word, meaning in asked.labels.items() if meaning == chosen)]
    scores = {word: _score(meaning, felt, seen, dice) for word, meaning in asked.labels.items()}
    ranked = sorted(scores, key=lambda word: -scores[word])
    if asked.wants_several:
        return [word for word in ranked if scores[word] > scores[ranked[0]] - 0.5][:3]
    return ranked[:1]


def _polarity_label(valence: float, labels: set[str]) -> str:
    if "neutral" not in labels:
        return "positive" if valence >= 5 else "negative"
    found = polarity(valence)
    return found if found in labels else found.removeprefix("slightly ")


def _score(label: str, felt: Feeling, seen: Scene, dice: Dice) -> float:
    rule = _label_rules().get(label)
    if rule is None:
        # a label of somebody's own, which nothing is known of
        return dice.between(-1.5, 1.0)
    if "neutral" in rule:
        return float(rule["neutral"]) - abs(felt.valence - 5) * 1.2
    score = max(felt.emotion_scores[name] for name in rule["emotions"]) + rule.get("offset", 0.0)
    faces = rule.get("expression", {})
    if seen.subjects and faces:
        score += sum(faces.get(s.expression, 0.0) for s in seen.subjects) / len(seen.subjects)
    return float(score)


def _number(name: str, felt: Feeling, low: float, high: float) -> float:
    """A judgment on the scale asked for; dominance and intensity follow from the others."""
    valence, arousal = felt.valence, felt.arousal
    known = {
        "valence": (valence - 1) / 8,
        "arousal": (arousal - 1) / 8,
        "dominance": (valence * 0.55 + 5 * 0.45 - 1 - 0.8 * (felt.emotion == "fear")) / 8,
        "intensity": min(1.0, (abs(valence - 5) + max(0.0, arousal - 5) * 0.5) / 4.5),
    }
    return low + (high - low) * min(1.0, max(0.0, known.get(name, 0.5)))


@lru_cache(maxsize=1)
def _label_rules() -> dict[str, Any]:
    rules: dict[str, Any] = read_document(Path(__file__).with_name("labels.yaml")).value
    return rules
