"""The sky: gradient, sun or moon, stars, clouds, lightning, and what may appear in it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mllmsent.dioramas.dice import Dice
from mllmsent.dioramas.drawing import color as c
from mllmsent.dioramas.drawing.sketch import SIDE

if TYPE_CHECKING:
    from mllmsent.dioramas.drawing.light import Light
    from mllmsent.dioramas.drawing.sketch import Sketch
    from mllmsent.dioramas.scene import Scene

__all__ = ["draw_sky", "sun_place"]

_CLOUDS = {"clear": 2, "cloudy": 6, "rain": 7, "storm": 8, "snow": 6, "fog": 0}


def sun_place(scene: Scene, horizon: float) -> tuple[float, float]:
    """Where the sun or the moon stands, in a sky that ends at `horizon`."""
    side = 0.24 if scene.layout % 2 else 0.76
    height = {"dawn": 0.82, "day": 0.3, "dusk": 0.86, "night": 0.32}[scene.time]
    return SIDE * side, horizon * height


def draw_sky(sketch: Sketch, light: Light, scene: Scene, horizon: float) -> None:
    """Fill the square's upper part, down to a little below `horizon`, with sky.

    Its chance is its own, so that another weather leaves the rest of the picture as it is.
    """
    with sketch.element("sky", "sky"):
        sketch.rect(0, 0, SIDE, horizon + 40, sketch.down(0, horizon + 4, *light.sky))
        if scene.time == "night" and scene.weather in {"clear", "cloudy", "snow"}:
            _stars(
                sketch, Dice(scene.layout, "stars"), horizon, 46 if scene.weather == "clear" else 16
            )
        _sun(sketch, light, scene, horizon)
        if "rainbow" in scene.objects:
            with sketch.element("rainbow", "object"):
                _rainbow(sketch, horizon)
        _clouds(sketch, light, scene, Dice(scene.layout, "clouds"), horizon)
        if scene.weather == "storm":
            _lightning(sketch, Dice(scene.layout, "lightning"), horizon)
        if "fireworks" in scene.objects:
            with sketch.element("fireworks", "object"):
                _fireworks(sketch, light, Dice(scene.layout, "fireworks"), horizon)


def _stars(sketch: Sketch, dice: Dice, horizon: float, count: int) -> None:
    for _ in range(count):
        x, y = dice.between(0, SIDE), dice.unit() ** 1.4 * horizon * 0.9
        size = 0.6 + dice.unit() ** 3 * 1.5
        sketch.ellipse(x, y, size, size, "#fffbe8", opacity=dice.between(0.45, 0.95))


def _sun(sketch: Sketch, light: Light, scene: Scene, horizon: float) -> None:
    if scene.weather in {"rain", "storm"}:
        return
    x, y = sun_place(scene, horizon)
    veil = {"clear": 1.0, "cloudy": 0.75, "snow": 0.4, "fog": 0.45}[scene.weather]
    if scene.time == "night":
        sketch.glow(x, y, 92, "#c9d8ff", 0.4 * veil)
        moon = c.mix(light.sky[1], light.shining("#f6f1da"), 0.3 + 0.7 * veil)
        if scene.layout % 3:
            sketch.ellipse(x, y, 23, 23, moon)
            shade = c.mix(moon, light.sky[1], 0.16)
            for dx, dy, r in ((-7, -5, 5.2), (6, 6, 6.5), (8, -9, 3.2)):
                sketch.ellipse(x + dx, y + dy, r, r * 0.95, shade)
        else:
            # a crescent: the outer arc and, back again, a flatter inner one
            sketch.path(
                f"M{x - 4} {y - 24}A24 24 0 1 1 {x - 4} {y + 24}A30 30 0 0 0 {x - 4} {y - 24}Z",
                moon,
            )
        return
    warm = {"dawn": "#ffd9a0", "day": "#fff3c4", "dusk": "#ff9d5c"}[scene.time]
    sketch.glow(x, y, 190 if scene.time != "day" else 150, warm, 0.75 * veil)
    radius = 25 if scene.time == "day" else 33
    sketch.ellipse(x, y, radius, radius, c.mix(light.sky[1], light.shining(light.sun), veil))


def _clouds(sketch: Sketch, light: Light, scene: Scene, dice: Dice, horizon: float) -> None:
    count = _CLOUDS[scene.weather]
    is_heavy = scene.weather in {"rain", "storm"}
    body = c.mix(
        light.sky[1],
        {"night": "#7f92c4", "dusk": "#f4b3a2", "dawn": "#ffe3d6"}.get(scene.time, "#ffffff"),
        0.3 if is_heavy else 0.72 if scene.time != "night" else 0.3,
    )
    if is_heavy:
        body = c.darker(body, 0.16 if scene.weather == "rain" else 0.34)
    for number in range(count):
        scale = dice.between(0.7, 1.25) * (1.45 if is_heavy else 1.0)
        x = SIDE * (number + dice.unit()) / max(1, count)
        y = dice.between(0.06, 0.2 if is_heavy else 0.42) * horizon
        tone = c.mix(body, light.sky[0], dice.between(0.0, 0.3))
        _cloud(sketch, dice, x=x, y=y, scale=scale, tone=tone)


def _cloud(sketch: Sketch, dice: Dice, *, x: float, y: float, scale: float, tone: str) -> None:
    """A flat-bottomed cloud whose bottom's middle is at (x, y)."""
    half = dice.between(38, 54)
    puffs = []
    for place in (-0.62, -0.22, 0.2, 0.58):
        radius = (23 - 16 * place * place) * dice.between(0.82, 1.2)
        puffs.append((place * half, -radius * 0.62, radius))
    with sketch.moved(x, y, scale):
        fill = sketch.down(-34, 8, c.lighter(tone, 0.22), tone, c.darker(tone, 0.08))
        sketch.rect(-half, -15, half * 2, 18, fill, corner=9)
        for dx, dy, radius in puffs:
            sketch.ellipse(dx, dy, radius, radius * 0.94, fill)


def _lightning(sketch: Sketch, dice: Dice, horizon: float) -> None:
    x, y = dice.choose((0.2, 0.8)) * SIDE + dice.near(0, 20), horizon * 0.16
    glow = (x, horizon * 0.4)
    sketch.glow(*glow, 130, "#cfd8ff", 0.5)
    points = [(x, y)]
    while y < horizon * 0.86:
        x += dice.choose((-1, 1)) * dice.between(6, 17)
        y += dice.between(14, 26)
        points.append((x, y))
    width = 7.0
    outline = (
        "M"
        + "L".join(
            f"{px + width * (1 - n / len(points)) / 2:.1f} {py:.1f}"
            for n, (px, py) in enumerate(points)
        )
        + "L"
        + "L".join(
            f"{px - width * (1 - n / len(points)) / 2:.1f} {py:.1f}"
            for n, (px, py) in reversed(list(enumerate(points)))
        )
    )
    sketch.path(outline + "Z", "#fdfbe6", stroke="#fdfbe6", width=1.6)


def _rainbow(sketch: Sketch, horizon: float) -> None:
    bands = ("#ef6a6a", "#f6a45f", "#f7dc72", "#8fd08a", "#6fb4e8", "#a58be0")
    for number, band in enumerate(bands):
        radius = 176 - number * 6.5
        sketch.path(
            f"M{192 - radius:.1f} {horizon + 26}A{radius:.1f} {radius:.1f} 0 0 1 "
            f"{192 + radius:.1f} {horizon + 26}",
            stroke=band,
            width=7,
            opacity=0.62,
        )


def _fireworks(sketch: Sketch, light: Light, dice: Dice, horizon: float) -> None:
    colors = ("#ffd166", "#ff7b9c", "#7ce0d3", "#b79cff", "#ffa45c")
    for x, y, size in ((70, 0.3, 1.0), (312, 0.24, 1.15), (196, 0.13, 0.72)):
        hue = light.shining(dice.choose(colors))
        middle = (x + dice.near(0, 12), y * horizon + dice.near(0, 6))
        sketch.glow(*middle, 62 * size, hue, 0.5)
        rays = 16
        for number in range(rays):
            angle = 2 * math.pi * number / rays
            dx, dy = math.cos(angle), math.sin(angle)
            near, far = 13 * size, (46 if number % 2 else 34) * size
            sketch.line(
                [
                    (middle[0] + dx * near, middle[1] + dy * near),
                    (middle[0] + dx * far, middle[1] + dy * far),
                ],
                hue,
                2.6 * size,
            )
            sketch.ellipse(
                middle[0] + dx * (far + 5),
                middle[1] + dy * (far + 5),
                2.3 * size,
                2.3 * size,
                c.lighter(hue, 0.5),
            )
