"""The levels on which answers are counted, and how strong a feeling each of them is.

Labels are levels themselves. Numbers are counted in `STEPS` equal steps of their scale, which moves
none of them by more than a 480th of it and makes resamples cheap.

The strength of a level is the answer itself where the scheme has a dimension called intensity, else
its distance from neutral: in ranks from the label called neutral, or from the middle of the scale
of valence (`affect.strength`). Arousal is no intensity: a feeling may be strong and calm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from mllmsent.affect import label_strength, value_strength

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Dimension, Scheme
    from mllmsent.metrics.metric import Floats

__all__ = [
    "STEPS",
    "ZONES",
    "Ladder",
    "ladders",
    "level_codes",
    "strengths",
    "why_no_strength",
    "zones",
]

STEPS = 240
"""Steps of a scale: whole and half points of scales from 1 to 7, 1 to 9 and 0 to 10 lie on them."""

EQUAL_BINS = 10
"""Bins of a scale that has too few or too many whole points to be its bins."""

WHOLE_POINTS = (4, 20)
"""Scales of at least and at most so many points have a bin around each whole one."""

ZONES = ("extreme", "mild", "neutral")
"""Zones of strength: near the ends, between, and around neutral."""

EDGES = (0.25, 0.75)
"""On scales, neutral ends and extreme begins at these strengths."""

ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Ladder:
    """One way of looking at counted answers: as they are, or by how strong they are.

    Attributes:
        of: "answers" or "intensity".
        unit: What its positions count: "ranks", "points" of the scale, or "strength", 0 at neutral
            to 1 at the end; empty without an order.
        positions: Where its M rungs lie, ascending; None where labels have no order.
        span: From its first to its last possible position.
        rungs: 1 where a counted level lies on a rung, (L, M); None where each level is one.
        bins: The same of the J bins in which the Jensen-Shannon distance is taken, (L, J).
        bin_names: What those are called.
    """

    of: Literal["answers", "intensity"]
    unit: str
    positions: Floats | None
    span: float
    rungs: Floats | None
    bins: Floats
    bin_names: tuple[str, ...]

    def on_rungs(self, counts: Floats) -> Floats:
        """Counts of levels (B, L) as counts of rungs (B, M)."""
        return counts if self.rungs is None else counts @ self.rungs


def level_codes(values: Floats, scale: Dimension) -> NDArray[np.intp]:
    """The step of each number, (N,): 0 to `STEPS`, -1 for NaN; what overshoots a scale is at its end."""
    there = ~np.isnan(values)
    share = (np.where(there, values, scale.low) - scale.low) / scale.span
    steps = np.floor(np.clip(share, 0.0, 1.0) * STEPS + 0.5 + ROUNDING).astype(np.intp)
    return np.where(there, np.minimum(steps, STEPS), -1)


def strengths(scheme: Scheme, dimension: str) -> Floats | None:
    """How strong a feeling each level is, 0 to 1, (L,); None where nobody can say."""
    if why_no_strength(scheme, dimension):
        return None
    if not dimension:
        return np.array([label_strength(scheme, label) for label in scheme.label_names])
    scale = scheme.dimension(dimension)
    positions = _steps(scale)
    if dimension == "intensity":
        return (positions - scale.low) / scale.span
    # Rounding must not put the last step beyond the scale.
    inside = np.clip(positions, scale.low, scale.high)
    return np.array([value_strength(scale, float(value)) for value in inside])


def why_no_strength(scheme: Scheme, dimension: str) -> str:
    """Why nobody can say how strong an answer is, in a clause; empty where one can."""
    if dimension and dimension != "intensity" and "intensity" in scheme.dimension_names:
        return "intensity is a dimension of its own here"
    if dimension and dimension not in {"intensity", "valence"}:
        return f"{dimension} is no intensity, and has no neutral point"
    if not dimension and scheme.kind != "ordered":
        return "its labels have no order, and so no distance from neutral"
    if not dimension and scheme.neutral is None:
        return "it has no neutral label to be far from"
    return ""


def zones(dimension: str, strength: Floats) -> Floats:
    """Which of `ZONES` each level is in, (L, 3).

    Of labels, the first and the last are extreme and the neutral one is neutral. Of a scale,
    strengths from 0.75 on are extreme and those below 0.25 neutral: 1, 2, 8 and 9, and what lies
    between 4 and 6, on a scale from 1 to 9.
    """
    if dimension:
        extreme, neutral = strength >= EDGES[1] - ROUNDING, strength < EDGES[0] - ROUNDING
    else:
        place = np.arange(len(strength))
        neutral = strength == 0
        extreme = ((place == 0) | (place == place[-1])) & ~neutral
    return np.stack([extreme, ~extreme & ~neutral, neutral], axis=1).astype(float)


def ladders(scheme: Scheme, dimension: str) -> list[Ladder]:
    """How the answers of a board are looked at: as they are, and by strength where that is known."""
    strength = strengths(scheme, dimension)
    if dimension:
        own = _scale_ladder(scheme.dimension(dimension))
        return [own] if strength is None or own.of == "intensity" else [own, _strength(strength)]
    n_labels, is_ordered = len(scheme.labels), scheme.kind == "ordered"
    own = Ladder(
        of="answers",
        unit="ranks" if is_ordered else "",
        positions=np.arange(n_labels, dtype=float) if is_ordered else None,
        span=float(max(1, n_labels - 1)),
        rungs=None,
        bins=np.eye(n_labels),
        bin_names=scheme.label_names,
    )
    return [own] if strength is None else [own, _label_strength(scheme, strength)]


def _steps(scale: Dimension) -> Floats:
    return scale.low + scale.span * np.arange(STEPS + 1) / STEPS


def _scale_ladder(scale: Dimension) -> Ladder:
    positions = _steps(scale)
    if _has_whole_points(scale):
        names = [f"{scale.low + point:g}" for point in range(int(scale.span) + 1)]
        place = np.floor(positions - scale.low + 0.5 + ROUNDING).astype(np.intp)
    else:
        width = scale.span / EQUAL_BINS
        names = [
            f"{scale.low + width * index:g} to {scale.low + width * (index + 1):g}"
            for index in range(EQUAL_BINS)
        ]
        place = np.arange(STEPS + 1) * EQUAL_BINS // STEPS
    return Ladder(
        of="intensity" if scale.name == "intensity" else "answers",
        unit="points",
        positions=positions,
        span=scale.span,
        rungs=None,
        bins=_indicators(np.minimum(place, len(names) - 1), len(names)),
        bin_names=tuple(names),
    )


def _strength(strength: Floats) -> Ladder:
    """The distance from the middle of a scale, in the steps that both halves share."""
    positions, place = np.unique(strength.round(9), return_inverse=True)
    fifth = np.minimum((strength * 5 + ROUNDING).astype(np.intp), 4)
    return Ladder(
        of="intensity",
        unit="strength",
        positions=positions,
        span=1.0,
        rungs=_indicators(place, len(positions)),
        bins=_indicators(fifth, 5),
        bin_names=tuple(f"{index / 5:g} to {(index + 1) / 5:g}" for index in range(5)),
    )


def _label_strength(scheme: Scheme, strength: Floats) -> Ladder:
    positions, place = np.unique(strength, return_inverse=True)
    names = [
        " or ".join(
            label for label, rung in zip(scheme.label_names, place, strict=True) if rung == number
        )
        for number in range(len(positions))
    ]
    rungs = _indicators(place, len(positions))
    return Ladder("intensity", "strength", positions, 1.0, rungs, rungs, tuple(names))


def _has_whole_points(scale: Dimension) -> bool:
    fewest, most = WHOLE_POINTS
    return scale.span == int(scale.span) and fewest <= scale.span <= most


def _indicators(place: NDArray[np.intp], n: int) -> Floats:
    table = np.zeros((len(place), n))
    table[np.arange(len(place)), place] = 1.0
    return table
