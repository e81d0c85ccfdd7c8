"""Scoring a structured reading of a scene against what was drawn, field by field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mllmsent.dioramas.causes import direction_of, effect_of
from mllmsent.dioramas.terms import find_terms, term_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mllmsent.dioramas.scene import Scene

__all__ = ["FieldScore", "score_reading"]

_ATMOSPHERE = ("setting", "time", "weather", "light", "palette")
_SINGLE = ("setting", "time", "weather", "light", "palette")


@dataclass(frozen=True, slots=True)
class FieldScore:
    """How one field of a reading compares with the truth.

    Attributes:
        field: "atmosphere", "subjects", "expressions", "cues", "directions" or "narrative".
        right: Claims that are true.
        claimed: Claims that could be read.
        true: What there was to be claimed.
        inventions: Claimed terms that are not in the scene, as "kind: term".
    """

    field: str
    right: int
    claimed: int
    true: int
    inventions: tuple[str, ...]

    @property
    def precision(self) -> float | None:
        """Share of the claims that are true; None without claims."""
        return self.right / self.claimed if self.claimed else None

    @property
    def recall(self) -> float | None:
        """Share of what there was that was claimed; None where there was nothing."""
        return self.right / self.true if self.true else None


def score_reading(scene: Scene, reading: Mapping[str, Any]) -> dict[str, FieldScore]:
    """Score a reading in the form of `describe.true_reading`.

    Words are matched by `terms.find_terms`, so "a crying boy" is a sad child.

    Args:
        scene: What was drawn.
        reading: Atmosphere, subjects, cues and narrative; absent or malformed parts count as not
            claimed. Models' output is taken as it is.

    Returns:
        A score for each field: "atmosphere" (place, hour, weather, light, colors), "subjects" (who),
        "expressions" (whose face shows what), "cues" (what is there to speak for an emotion),
        "directions" (which way the cues that are there are said to pull), and "narrative" (nothing
        named in it that is not there; it has no recall).
    """
    subjects = [part for part in _list(reading.get("subjects")) if isinstance(part, dict)]
    cues = [part for part in _list(reading.get("cues")) if isinstance(part, dict)]
    return {
        score.field: score
        for score in (
            _atmosphere(scene, _text(reading.get("atmosphere"))),
            *_subjects(scene, subjects),
            *_cues(scene, cues),
            _narrative(scene, _text(reading.get("narrative"))),
        )
    }


def _atmosphere(scene: Scene, text: str) -> FieldScore:
    truth = {(kind, getattr(scene, kind)) for kind in _ATMOSPHERE}
    claims = {(kind, term) for kind in _ATMOSPHERE for term in find_terms(text, kind)}
    return _compare("atmosphere", claims, truth)


def _subjects(scene: Scene, parts: Iterable[Mapping[str, Any]]) -> tuple[FieldScore, FieldScore]:
    left = [
        (subject.age if subject.kind == "person" else subject.kind, subject.expression)
        for subject in scene.subjects
    ]
    total = len(left)
    right_who = right_face = claimed_faces = claimed = 0
    lost_who: list[str] = []
    lost_faces: list[str] = []
    for part in parts:
        who = term_of(_text(part.get("who")), "who") or "?"
        face = term_of(_text(part.get("expression")), "expression")
        matches = [truth for truth in left if _same(who, truth[0])]
        # one entry for a group stands for everybody in it who has that face
        taken = (
            [t for t in matches if face is None or t[1] == face] or matches[:1]
            if who == "group"
            else sorted(matches, key=lambda t: t[1] != face)[:1]
        )
        claimed += max(1, len(taken))
        right_who += len(taken)
        if not taken:
            lost_who.append(f"who: {who}")
        if face is not None:
            claimed_faces += max(1, len(taken))
            hits = sum(t[1] == face for t in taken)
            right_face += hits
            if not hits:
                lost_faces.append(f"expression: {face}")
        for truth in taken:
            left.remove(truth)
    return (
        FieldScore("subjects", right_who, claimed, total, tuple(lost_who)),
        FieldScore("expressions", right_face, claimed_faces, total, tuple(lost_faces)),
    )


def _cues(scene: Scene, parts: Iterable[Mapping[str, Any]]) -> tuple[FieldScore, FieldScore]:
    present = _present(scene)
    claims: set[tuple[str, str]] = set()
    right = claimed = 0
    wrong: list[str] = []
    for part in parts:
        terms = {
            (kind, term)
            for kind in ("object", "expression", *_SINGLE)
            for term in find_terms(_text(part.get("cue")), kind)
        }
        claims |= terms
        direction = _text(part.get("direction")).strip().lower()
        truths = {present[term] for term in terms if term in present}
        if direction and truths:
            claimed += 1
            right += direction in truths
            if direction not in truths:
                wrong.append(f"direction: {_text(part.get('cue'))[:60]} {direction}")
    directed = {term for term, direction in present.items() if direction != "neutral"}
    found = _compare("cues", claims, set(present))
    # what is neutral may be named but need not be
    cues = FieldScore(
        "cues",
        found.right,
        found.claimed,
        len(directed | (claims & set(present))),
        found.inventions,
    )
    return cues, FieldScore("directions", right, claimed, claimed, tuple(wrong))


def _narrative(scene: Scene, text: str) -> FieldScore:
    kinds = ("object", "setting", "weather")
    claims = {(kind, term) for kind in kinds for term in find_terms(text, kind)}
    score = _compare("narrative", claims, set(_present(scene)))
    return FieldScore("narrative", score.right, score.claimed, 0, score.inventions)


def _present(scene: Scene) -> dict[tuple[str, str], str]:
    """Everything that can be a cue, with the direction of its own effect."""
    found = [(kind, getattr(scene, kind)) for kind in _SINGLE]
    found += [("object", thing) for thing in scene.objects]
    found += [("expression", subject.expression) for subject in scene.subjects]
    return {term: direction_of(effect_of(*term)[0]) for term in found}


def _compare(field: str, claims: set[tuple[str, str]], truth: set[tuple[str, str]]) -> FieldScore:
    inventions = tuple(f"{kind}: {term}" for kind, term in sorted(claims - truth))
    return FieldScore(field, len(claims & truth), len(claims), len(truth), inventions)


def _same(claimed: str, truth: str) -> bool:
    is_person = truth in {"child", "adult", "elder"}
    return claimed == truth or (claimed in {"person", "group"} and is_person)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
