"""What a simulated model understands of a scene that it does not see, from a description of it."""

from __future__ import annotations

import re

from mllmsent.dioramas.dice import Dice
from mllmsent.dioramas.scene import AGES, KINDS, Scene, Subject
from mllmsent.dioramas.terms import find_terms

__all__ = ["scene_in_words"]

_SINGLE = ("setting", "time", "weather", "light", "palette")
_GROUP = 3
"""As how many people a group counts whose number nobody says."""


def scene_in_words(text: str) -> Scene | None:
    """The scene that a description describes, as far as its words are known.

    What it leaves out is as in `Scene` by default. Words are matched by `terms.find_terms`, and what
    somebody's face shows is taken from the sentence that names them.

    Args:
        text: The description.

    Returns:
        The scene; None where the text names nothing of one.
    """
    named = {kind: terms[0] for kind in _SINGLE if (terms := find_terms(text, kind))}
    subjects = tuple(
        subject for sentence in re.split(r"(?<=[.!?])\s+", text) for subject in _subjects(sentence)
    )
    objects = find_terms(text, "object")
    if not (named or subjects or objects):
        return None
    layout = Dice("scene in words", text).whole(2**31)
    return Scene(**named, subjects=subjects, objects=objects, layout=layout)


def _subjects(sentence: str) -> list[Subject]:
    faces, postures = find_terms(sentence, "expression"), find_terms(sentence, "posture")
    found = []
    for who in find_terms(sentence, "who"):
        kind = who if who in KINDS else "person"
        one = Subject(
            kind=kind,
            age=who if who in AGES else "adult",
            expression=faces[0] if faces else "neutral",
            posture=postures[0] if postures and kind == "person" else "upright",
        )
        found.extend([one] * (_GROUP if who == "group" else 1))
    return found
