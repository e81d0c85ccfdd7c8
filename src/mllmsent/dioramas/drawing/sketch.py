"""A picture in the making: shapes in painting order, each belonging to a named element.

A sketch can be read out twice: as the picture itself, and with chosen elements in flat colors on
black, which is how masks come from the very shapes that make the picture.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["SIDE", "Element", "Role", "Sketch", "Stops", "polyline"]

SIDE = 384
"""Side of the square in which everything is drawn, in units of the sketch."""

Role = Literal["setting", "sky", "subject", "face", "object", "weather"]
Stops = tuple[tuple[float, str, float], ...]
"""Gradient stops: offset 0..1, color, opacity 0..1."""


@dataclass(frozen=True, slots=True)
class Element:
    """A part of the picture that has a mask.

    Attributes:
        name: "sky", "subject-1", "subject-1/face", "balloons"; a part lies within the element
            whose name it extends.
        role: What kind of part it is.
    """

    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class _Shape:
    element: int
    geometry: str
    fill: str
    stroke: str
    opacity: float
    is_solid: bool


class Sketch:
    """Shapes in painting order. Later shapes cover earlier ones."""

    def __init__(self) -> None:
        self.elements: list[Element] = [Element("setting", "setting")]
        self._current = 0
        self._parts: list[_Shape | tuple[str, str]] = []
        self._definitions: list[str] = []

    # Grouping

    @contextmanager
    def element(self, name: str, role: Role) -> Iterator[None]:
        """Everything drawn within belongs to the element `name`."""
        found = [number for number, known in enumerate(self.elements) if known.name == name]
        if not found:
            self.elements.append(Element(name, role))
        outer, self._current = self._current, found[0] if found else len(self.elements) - 1
        yield
        self._current = outer

    @contextmanager
    def moved(
        self,
        x: float,
        y: float,
        scale: float = 1.0,
        turn: float = 0.0,
        *,
        is_mirrored: bool = False,
    ) -> Iterator[None]:
        """Everything drawn within is shifted, scaled, turned (degrees, clockwise) and mirrored."""
        across = -scale if is_mirrored else scale
        steps = f"translate({x:.2f} {y:.2f}) rotate({turn:.2f}) scale({across:.4f} {scale:.4f})"
        self._parts.append((f'<g transform="{steps}">', "</g>"))
        yield
        self._parts.append(("</g>", ""))

    @contextmanager
    def squeezed(self, across: float, down: float) -> Iterator[None]:
        """Everything drawn within is scaled differently across and down, about the origin."""
        self._parts.append((f'<g transform="scale({across:.4f} {down:.4f})">', "</g>"))
        yield
        self._parts.append(("</g>", ""))

    @contextmanager
    def clipped(self, outline: str) -> Iterator[None]:
        """Nothing drawn within leaves the path `outline`."""
        name = self._define(f'<clipPath id="%s"><path d="{outline}"/></clipPath>')
        self._parts.append((f'<g clip-path="url(#{name})">', "</g>"))
        yield
        self._parts.append(("</g>", ""))

    # Shapes

    def path(
        self,
        outline: str,
        fill: str = "none",
        *,
        stroke: str = "none",
        width: float = 0.0,
        opacity: float = 1.0,
        is_solid: bool = True,
    ) -> None:
        """A path; strokes have round caps and joins.

        Args:
            outline: SVG path data.
            fill: Color, gradient, or "none".
            stroke: Color of the line, or "none".
            width: Width of the line.
            opacity: 0 to 1.
            is_solid: Whether it hides what is behind it; glows, shadows and sheens do not, and
                are in no mask.
        """
        self._add(f'<path d="{outline}"', fill, stroke, width, opacity, is_solid=is_solid)

    def ellipse(
        self,
        x: float,
        y: float,
        across: float,
        down: float | None = None,
        fill: str = "none",
        *,
        stroke: str = "none",
        width: float = 0.0,
        opacity: float = 1.0,
        is_solid: bool = True,
    ) -> None:
        """An ellipse with radii `across` and `down` (a circle without `down`); see `path`."""
        down = across if down is None else down
        shape = f'<ellipse cx="{x:.2f}" cy="{y:.2f}" rx="{across:.2f}" ry="{down:.2f}"'
        self._add(shape, fill, stroke, width, opacity, is_solid=is_solid)

    def rect(
        self,
        x: float,
        y: float,
        across: float,
        down: float,
        fill: str = "none",
        *,
        corner: float = 0.0,
        stroke: str = "none",
        width: float = 0.0,
        opacity: float = 1.0,
        is_solid: bool = True,
    ) -> None:
        """A rectangle from its upper left corner, `corner` being its corners' radius; see `path`."""
        shape = f'<rect x="{x:.2f}" y="{y:.2f}" width="{across:.2f}" height="{down:.2f}"'
        if corner:
            shape += f' rx="{corner:.2f}"'
        self._add(shape, fill, stroke, width, opacity, is_solid=is_solid)

    def line(
        self, points: Sequence[tuple[float, float]], stroke: str, width: float, **style: float
    ) -> None:
        """A line of straight pieces; `style` may set `opacity`."""
        self.path(polyline(points), stroke=stroke, width=width, opacity=style.get("opacity", 1.0))

    def glow(self, x: float, y: float, radius: float, color: str, opacity: float) -> None:
        """Soft light around a point; in no mask."""
        fill = self.radial(
            x, y, radius, ((0, color, opacity), (0.35, color, opacity * 0.45), (1, color, 0))
        )
        self.ellipse(x, y, radius, radius, fill, is_solid=False)

    def shadow(self, x: float, y: float, across: float, down: float, opacity: float = 0.28) -> None:
        """A soft shadow where something touches the ground; in no mask."""
        dark = "#10142a"
        self.ellipse(x, y, across, down, dark, opacity=opacity * 0.45, is_solid=False)
        self.ellipse(x, y, across * 0.82, down * 0.75, dark, opacity=opacity * 0.55, is_solid=False)

    # Paints

    def linear(self, x1: float, y1: float, x2: float, y2: float, stops: Stops) -> str:
        """A paint that changes along a line."""
        head = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
        return self._gradient("linearGradient", head, stops)

    def down(self, top: float, bottom: float, *colors: str) -> str:
        """A paint that runs through `colors`, evenly, from `top` to `bottom`."""
        last = max(1, len(colors) - 1)
        return self.linear(
            0,
            top,
            0,
            bottom,
            tuple((number / last, color, 1) for number, color in enumerate(colors)),
        )

    def radial(self, x: float, y: float, radius: float, stops: Stops) -> str:
        """A paint that changes from a point outwards."""
        return self._gradient(
            "radialGradient", f'cx="{x:.2f}" cy="{y:.2f}" r="{radius:.2f}"', stops
        )

    # Reading out

    def picture(self) -> str:
        """The picture as SVG."""
        body = []
        for part in self._parts:
            if isinstance(part, tuple):
                body.append(part[0])
                continue
            faded = f' opacity="{part.opacity:.3f}"' if part.opacity < 1 else ""
            body.append(f'{part.geometry} fill="{part.fill}" stroke="{part.stroke}"{faded}/>')
        return self._document("".join(body))

    def silhouettes(self, colors: Mapping[int, str], *, ignored: frozenset[int]) -> str:
        """The picture's solid shapes in flat colors, everything else black, as SVG.

        Args:
            colors: Number of an element to its color.
            ignored: Numbers of elements that are left out: what is behind them shows.
        """
        body = []
        for part in self._parts:
            if isinstance(part, tuple):
                body.append(part[0])
            elif part.is_solid and part.element not in ignored:
                color = colors.get(part.element, "#000000")
                fill = "none" if part.fill == "none" else color
                stroke = "none" if part.stroke == "none" else color
                body.append(f'{part.geometry} fill="{fill}" stroke="{stroke}"/>')
        return self._document("".join(body))

    def _document(self, body: str) -> str:
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}">'
            f"<defs>{''.join(self._definitions)}</defs>"
            f'<rect width="{SIDE}" height="{SIDE}" fill="#000000"/>{body}</svg>'
        )

    def _add(
        self, geometry: str, fill: str, stroke: str, width: float, opacity: float, *, is_solid: bool
    ) -> None:
        if width and stroke != "none":
            geometry += (
                f' stroke-width="{width:.2f}" stroke-linecap="round" stroke-linejoin="round"'
            )
        else:
            stroke = "none"
        self._parts.append(_Shape(self._current, geometry, fill, stroke, opacity, is_solid))

    def _gradient(self, kind: str, head: str, stops: Stops) -> str:
        marks = "".join(
            f'<stop offset="{offset:.3f}" stop-color="{color}"'
            + (f' stop-opacity="{opacity:.3f}"/>' if opacity < 1 else "/>")
            for offset, color, opacity in stops
        )
        name = self._define(
            f'<{kind} id="%s" gradientUnits="userSpaceOnUse" {head}>{marks}</{kind}>'
        )
        return f"url(#{name})"

    def _define(self, template: str) -> str:
        name = f"d{len(self._definitions)}"
        self._definitions.append(template % name)
        return name


def polyline(points: Sequence[tuple[float, float]]) -> str:
    """Path data of straight pieces through `points`."""
    return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points)
