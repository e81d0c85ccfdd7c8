"""The light of a scene: what it makes of every color."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mllmsent.dioramas.drawing import color as c
from mllmsent.foundation.config import read_document

if TYPE_CHECKING:
    from mllmsent.dioramas.scene import Scene

__all__ = ["Light", "indoor_light", "light_of"]


@dataclass(frozen=True)
class Light:
    """What time, weather, lamp and palette make of colors.

    Attributes:
        sky: Colors of the sky at the top, in the middle and at the horizon.
        ambient: What is left of a surface's color, multiplied.
        figure: The same for people and animals.
        saturation: Factor on the strength of colors.
        haze: What distance fades into.
        haze_amount: How far, at the horizon, 0..1.
        sun: Color of the sun or the moon.
        wash: Color of the light that falls across the whole picture.
        wash_amount: Its strength, 0..1.
        is_dark: Whether lamps and windows shine.
        is_snowy: Whether the ground is white.
    """

    sky: tuple[str, str, str]
    ambient: str
    figure: str
    saturation: float
    haze: str
    haze_amount: float
    sun: str
    wash: str
    wash_amount: float
    is_dark: bool
    is_snowy: bool

    def on(self, color: str, depth: float = 0.0) -> str:
        """A surface's color, `depth` of the way to the horizon (0..1)."""
        return _lit(color, self.ambient, self.saturation, self.haze, depth * self.haze_amount)

    def on_figure(self, color: str) -> str:
        """A color of a person or an animal."""
        return _lit(color, self.figure, (1 + 2 * self.saturation) / 3, self.haze, 0.0)

    def shining(self, color: str) -> str:
        """A color that gives light itself: only the palette touches it."""
        return c.saturate(color, 0.5 + self.saturation / 2)

    def snowed(self, color: str, amount: float = 0.85) -> str:
        """A ground color, under snow where it snows."""
        return c.mix(color, "#eef3fa", amount) if self.is_snowy else color


def light_of(scene: Scene) -> Light:
    """The light outside, whatever the setting; see `indoor_light` for a room."""
    tables = _tables()
    time, weather = tables["times"][scene.time], tables["weathers"][scene.weather]
    lamp = tables["lights"][scene.light]
    saturation = weather["saturation"] * tables["palettes"][scene.palette]["saturation"]
    is_dark = scene.time == "night"
    # Clouds are as bright as the hour allows.
    tone = c.multiply(weather["tone"], time["ambient"]) if scene.time != "day" else weather["tone"]
    sky = tuple(
        c.saturate(
            c.multiply(c.mix(shade, tone, weather["grey"] * keep), lamp["ambient"]),
            (0.3 + 0.7 * weather["saturation"])
            * (0.35 + 0.65 * tables["palettes"][scene.palette]["saturation"]),
        )
        for shade, keep in zip(time["sky"], (1.0, 0.95, 0.8), strict=True)
    )
    # Bad weather darkens the day more than the night, which is dark already.
    brightness = weather["brightness"] if not is_dark else (1 + weather["brightness"]) / 2
    ambient = c.multiply(time["ambient"], lamp["ambient"], brightness)
    figure = c.multiply(time["figure"], c.lighter(lamp["ambient"], 0.3), (2 + brightness) / 3)
    return Light(
        sky=(sky[0], sky[1], sky[2]),
        ambient=ambient,
        figure=figure,
        saturation=saturation,
        haze=c.mix(sky[2], c.multiply(time["haze"], lamp["ambient"]), 0.5),
        haze_amount=min(0.97, time["haze_amount"] + weather["haze"] * 0.45),
        sun=time["sun"],
        wash=lamp["wash"],
        wash_amount=lamp["wash_amount"],
        is_dark=is_dark or (scene.weather == "storm" and scene.time != "day"),
        is_snowy=scene.weather == "snow",
    )


def indoor_light(scene: Scene) -> Light:
    """The light in a room: the lamp's, more than the hour's."""
    tables = _tables()
    outside, lamp = light_of(scene), tables["lights"][scene.light]
    brightness = tables["indoor_brightness"][scene.time]
    saturation = tables["palettes"][scene.palette]["saturation"] * 0.95
    return Light(
        sky=outside.sky,
        ambient=c.multiply(lamp["indoor"], "#ffffff", brightness),
        figure=c.multiply(c.lighter(lamp["indoor"], 0.5), "#ffffff", (2 + brightness) / 3),
        saturation=saturation,
        haze=outside.haze,
        haze_amount=0.0,
        sun=outside.sun,
        wash=outside.wash,
        wash_amount=outside.wash_amount * 1.15,
        is_dark=scene.time in {"dusk", "night"},
        is_snowy=False,
    )


@lru_cache(maxsize=65536)
def _lit(color: str, ambient: str, saturation: float, haze: str, amount: float) -> str:
    lit = c.saturate(c.multiply(color, ambient), saturation)
    return c.mix(lit, haze, amount) if amount else lit


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    tables: dict[str, Any] = read_document(Path(__file__).parent.parent / "palettes.yaml").value
    return tables
