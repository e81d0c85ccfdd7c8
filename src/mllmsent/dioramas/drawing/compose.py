"""A scene put on paper: setting, then who and what is in it, then weather and light."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.dioramas.dice import Dice
from mllmsent.dioramas.drawing.animals import draw_animal
from mllmsent.dioramas.drawing.figures import draw_person
from mllmsent.dioramas.drawing.layout import lay_out
from mllmsent.dioramas.drawing.light import indoor_light, light_of
from mllmsent.dioramas.drawing.objects import FIRES, OBJECTS, draw_broken_window
from mllmsent.dioramas.drawing.objects.shelter import draw_held_umbrella
from mllmsent.dioramas.drawing.objects.threat import draw_campfire, draw_spider
from mllmsent.dioramas.drawing.settings import SETTINGS
from mllmsent.dioramas.drawing.sketch import SIDE, Sketch
from mllmsent.dioramas.drawing.weather import draw_weather

if TYPE_CHECKING:
    from mllmsent.dioramas.drawing.figures import Arms
    from mllmsent.dioramas.drawing.layout import Plan, Spot
    from mllmsent.dioramas.drawing.light import Light
    from mllmsent.dioramas.drawing.settings import Stage
    from mllmsent.dioramas.scene import Scene

__all__ = ["sketch_scene"]


def sketch_scene(scene: Scene) -> Sketch:
    """Draw a scene; nothing is rendered yet.

    Args:
        scene: What to draw.

    Returns:
        The sketch, with an element for the sky, the setting, each subject ("subject-1", its face
        "subject-1/face"), each object by its name, and the weather.
    """
    sketch = Sketch()
    light = indoor_light(scene) if scene.is_indoors else light_of(scene)
    stage = SETTINGS[scene.setting](sketch, light, scene, Dice(scene.layout, scene.setting))
    plan = lay_out(scene, stage, Dice(scene.layout, "places"))
    _fixtures(sketch, light, scene, stage)
    _objects(sketch, light, scene, plan, in_front=False)
    _subjects(sketch, light, scene, plan)
    _objects(sketch, light, scene, plan, in_front=True)
    if "spider" in scene.objects:
        with sketch.element("spider", "object"):
            draw_spider(
                sketch, light, is_right=scene.layout % 2 == 1, has_branch=not scene.is_indoors
            )
    if not scene.is_indoors:
        draw_weather(sketch, light, scene)
    _wash(sketch, light, scene)
    return sketch


def _fixtures(sketch: Sketch, light: Light, scene: Scene, stage: Stage) -> None:
    """What belongs to a place of the setting: a broken pane, a fire in the hearth."""
    if "broken window" in scene.objects and stage.window is not None:
        with sketch.element("broken window", "object"):
            draw_broken_window(sketch, light, Dice(scene.layout, "cracks"), stage.window)
    if "fire" in scene.objects and stage.hearth is not None:
        with sketch.element("fire", "object"), sketch.moved(*stage.hearth):
            FIRES[scene.setting](sketch, light, Dice(scene.layout, "fire"))


def _objects(sketch: Sketch, light: Light, scene: Scene, plan: Plan, *, in_front: bool) -> None:
    for thing, spot in sorted(plan.objects.items(), key=lambda item: item[1].y):
        if spot.is_front != in_front:
            continue
        paint = FIRES.get(scene.setting, draw_campfire) if thing == "fire" else OBJECTS[thing]
        with sketch.element(thing, "object"), sketch.moved(spot.x, spot.y, spot.scale):
            paint(sketch, light, Dice(scene.layout, thing))


def _subjects(sketch: Sketch, light: Light, scene: Scene, plan: Plan) -> None:
    # from the back to the front: those farther away are drawn smaller
    order = sorted(range(len(scene.subjects)), key=lambda number: _nearness(plan.subjects[number]))
    lit_from_left = scene.layout % 2 == 1
    for number in order:
        subject, spot, name = scene.subjects[number], plan.subjects[number], f"subject-{number + 1}"
        if subject.kind != "person":
            draw_animal(sketch, light, subject, x=spot.x, y=spot.y, scale=spot.scale, name=name)
            continue
        is_holder = number == plan.holder
        if is_holder:
            with sketch.element("umbrella", "object"), sketch.moved(spot.x, spot.y, spot.scale):
                draw_held_umbrella(sketch, light, Dice(scene.layout, "umbrella"))
        draw_person(
            sketch,
            light,
            subject,
            x=spot.x,
            y=spot.y,
            scale=spot.scale,
            turn=spot.turn,
            name=name,
            lit_from_left=lit_from_left,
            holds=is_holder,
            arms=_free_arms(scene, spot),
        )


def _free_arms(scene: Scene, spot: Spot) -> Arms:
    """Which arms can be raised without hiding a neighbor's face."""
    if scene.company == "pair":
        return "left" if spot.x < SIDE / 2 else "right"
    return "narrow" if scene.company == "crowd" else "both"


def _nearness(spot: Spot) -> tuple[bool, float]:
    return spot.is_front, spot.y


def _wash(sketch: Sketch, light: Light, scene: Scene) -> None:
    """Light that falls across the whole picture, and a little shade in its corners."""
    x = SIDE * (0.2 if scene.layout % 2 else 0.8)
    amount = light.wash_amount
    fill = sketch.radial(x, 40, 420, ((0, light.wash, amount), (1, light.wash, amount * 0.15)))
    sketch.rect(0, 0, SIDE, SIDE, fill, is_solid=False)
    dark = "#0b1030"
    edge = sketch.radial(SIDE / 2, 176, 300, ((0, dark, 0), (0.66, dark, 0), (1, dark, 0.28)))
    sketch.rect(0, 0, SIDE, SIDE, edge, is_solid=False)
