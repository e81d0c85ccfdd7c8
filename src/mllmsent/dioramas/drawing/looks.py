"""Appearances: who has which skin, hair and clothes. Drawn by chance, without effect on emotion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.dioramas.dice import Dice

if TYPE_CHECKING:
    from mllmsent.dioramas.scene import Subject

__all__ = ["Look", "look_of"]

_SKINS = ("#f8d3b4", "#f0bf98", "#dfa274", "#c68456", "#9c6240", "#83543b")
_HAIR = ("#2a2230", "#3b2a2a", "#5a3a2b", "#8a5433", "#c98a4b", "#e0b56c", "#a8482f")
_GREY = ("#d9d6d2", "#bdbcc2", "#eceae4")
_CLOTHES = (
    ("#d9644a", "#f6d9b8"),
    ("#2f7f86", "#f2e6cf"),
    ("#e2a63b", "#fff1d6"),
    ("#4c6bb0", "#dfe8fb"),
    ("#7d5a9e", "#efe0f5"),
    ("#4f8f5f", "#e6f2d8"),
    ("#c2557a", "#fbe0e6"),
    ("#39506b", "#d8e2ea"),
    ("#b5744a", "#f5e3cf"),
    ("#5b5f6e", "#e8e6e2"),
    ("#8fae5a", "#f4f3d8"),
    ("#e58a6e", "#fdeee2"),
)
_WRAPS = ("#3f7f8f", "#8a4f83", "#4f7f5a", "#a8503f", "#40568a", "#5a6068")
_STYLES = {
    "child": ("crop", "bob", "curls", "pigtails", "bowl", "tufts", "long"),
    "adult": (
        "crop",
        "bob",
        "curls",
        "bun",
        "long",
        "parting",
        "afro",
        "bald",
        "scarf",
        "ponytail",
    ),
    "elder": ("parting", "bun", "bald", "curls", "bob", "crop", "scarf"),
}
_GARMENTS = ("sweater", "stripes", "hoodie", "shirt", "jacket", "dungarees")


@dataclass(frozen=True, slots=True)
class Look:
    """How a person looks.

    Attributes:
        skin: Color of the skin.
        hair: Color of the hair.
        style: How the hair is worn, or what covers it.
        garment: What is worn.
        cloth: Its color.
        trim: Color of collar, stripes and buttons.
        wrap: Color of a headscarf.
        has_glasses: Whether glasses are worn.
        beard: "none", "full" or "moustache".
        freckles: Whether there are freckles.
    """

    skin: str
    hair: str
    style: str
    garment: str
    cloth: str
    trim: str
    wrap: str
    has_glasses: bool
    beard: str
    freckles: bool


def look_of(subject: Subject) -> Look:
    """The look that a subject's number stands for."""
    dice = Dice("look", subject.look)
    skin = dice.choose(_SKINS)
    dark = _SKINS.index(skin) >= 3
    hair = dice.choose(_GREY if subject.age == "elder" else _HAIR[:4] if dark else _HAIR)
    style = dice.choose(_STYLES[subject.age])
    cloth, trim = dice.choose(_CLOTHES)
    garment = dice.choose(_GARMENTS)
    has_beard = (
        subject.age != "child" and style in {"crop", "bald", "parting"} and dice.happens(0.45)
    )
    return Look(
        skin=skin,
        hair=hair,
        style=style,
        garment=garment,
        cloth=cloth,
        trim=trim,
        wrap=dice.choose(_WRAPS),
        has_glasses=dice.happens(0.4 if subject.age == "elder" else 0.13),
        beard=dice.choose(("full", "moustache")) if has_beard else "none",
        freckles=subject.age != "elder" and not dark and dice.happens(0.25),
    )
