"""Colors of labels: negative, neutral and positive are the same throughout, and so is each emotion.

Colors are named here and defined in the style sheet, once for light and once for dark. They can be
told apart by people who do not see red and green alike, and none of them stands without its label.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mllmsent.affect.scheme import Scheme

__all__ = ["label_tones"]

_EMOTIONS = {
    "amusement": "var(--hue-orange)",
    "anger": "var(--hue-red)",
    "anticipation": "var(--hue-orange)",
    "awe": "var(--hue-sky)",
    "contentment": "var(--hue-green)",
    "disgust": "var(--hue-olive)",
    "excitement": "var(--hue-yellow)",
    "fear": "var(--hue-violet)",
    "happiness": "var(--hue-yellow)",
    "joy": "var(--hue-yellow)",
    "neutral": "var(--neutral)",
    "sadness": "var(--hue-blue)",
    "surprise": "var(--hue-pink)",
    "trust": "var(--hue-green)",
}
_POLARITY = {"negative": "var(--negative)", "positive": "var(--positive)"}
_HUES = (
    "blue", "orange", "green", "violet", "sky", "red", "yellow", "olive", "pink", "brown",
)  # fmt: skip


def label_tones(scheme: Scheme, labels: Iterable[str] | None = None) -> dict[str, str]:
    """Label to its color, as a value that the style sheet knows.

    Args:
        scheme: The scheme; labels of an ordered one go from negative through neutral to positive.
        labels: The labels; those of the scheme by default.
    """
    names = list(scheme.label_names if labels is None else labels)
    if scheme.kind == "ordered" and len(names) > 1:
        return {label: _between(rank / (len(names) - 1)) for rank, label in enumerate(names)}
    tones = {}
    fallback = 0
    for label in names:
        known = _EMOTIONS.get(label) or _POLARITY.get(label)
        if known is None:
            known = f"var(--hue-{_HUES[fallback % len(_HUES)]})"
            fallback += 1
        tones[label] = known
    return tones


def _between(share: float) -> str:
    end, weight = ("positive", share * 2 - 1) if share >= 0.5 else ("negative", 1 - share * 2)
    if weight in {0.0, 1.0}:
        return "var(--neutral)" if weight == 0 else f"var(--{end})"
    return f"color-mix(in oklab, var(--{end}) {weight:.0%}, var(--between))"
