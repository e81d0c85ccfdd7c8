"""Conditions: named, seeded changes of the question that are planned before a run.

A condition is written `name` or `name:parameter=value,...` ("blur:sigma=8"), and `none` is a
condition too. What it does to an image follows from the image's digest, the condition's name and
version, and the seed, so two machines show the same picture, and a stronger noise is the same
noise, stronger.

A new condition is one `Condition` and one line in `CONDITIONS`, or, in another package, an entry
point in the group `mllmsent.conditions` that names a `Condition`. Those that change words (the
labels' order, a description's length) are registered here as well, with `changes` saying what they
change and no `apply`: to images they do nothing. Nor do `image-only` and `text-only`, which show one
part of an item that has both.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from mllmsent.data import image_changes
from mllmsent.foundation import InputError, Registry, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from PIL import Image

__all__ = [
    "CONDITIONS",
    "Condition",
    "ConditionSpec",
    "Parameter",
    "Shows",
    "apply_condition",
    "condition_names",
    "get_condition",
    "parse_condition",
    "plain_condition",
]

Changes = Literal["nothing", "image", "labels", "description", "shown"]

Shows = Literal["everything", "image", "text"]
"""Which part of an item is shown."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number of a condition.

    Attributes:
        name: As it is written: "sigma".
        default: Its value where it is not written.
        low: Smallest value allowed.
        high: Largest value allowed.
        description: What it is, with its unit.
        whole: Whether it must be a whole number.
    """

    name: str
    default: float
    low: float
    high: float
    description: str
    whole: bool = False

    def read(self, text: str) -> float:
        """The number that `text` says.

        Raises:
            InputError: If it is no number, not whole where it must be, or out of range.
        """
        span = f"from {self.low:g} to {self.high:g}"
        try:
            value = float(text)
        except ValueError:
            raise InputError(
                f"{self.name} is {text!r}, not a number.", cure=f"Write a number {span}."
            ) from None
        if not self.low <= value <= self.high:
            raise InputError(f"{self.name} is {text}.", cure=f"Write a number {span}.")
        if self.whole and value != int(value):
            raise InputError(f"{self.name} is {text}.", cure=f"Write a whole number {span}.")
        return value


@dataclass(frozen=True, slots=True)
class Condition:
    """A change that can be asked for by name.

    Attributes:
        name: As it is written: "blur".
        version: Changes when the same name begins to do something else.
        description: What it does, in one sentence.
        parameters: Its numbers.
        changes: What it changes; "shown" is which part of an item is shown.
        shows: That part. What is left out leaves only an item that has both.
        seeded: Whether the seed matters.
        apply: For those that change images: the RGB image, the parameters' values and a source of
            random numbers, to the changed RGB image.
        rewrite: For those that change descriptions: the text and the parameters' values, to the
            changed text.
    """

    name: str
    version: str
    description: str
    parameters: tuple[Parameter, ...] = ()
    changes: Changes = "image"
    shows: Shows = "everything"
    seeded: bool = False
    apply: Callable[[Image.Image, Mapping[str, float], np.random.Generator], Image.Image] | None = (
        None
    )
    rewrite: Callable[[str, Mapping[str, float]], str] | None = None


@dataclass(frozen=True, slots=True)
class ConditionSpec:
    """A condition with its parameters filled in.

    Attributes:
        condition: What is done.
        values: Parameter to value, all of them.
    """

    condition: Condition
    values: Mapping[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        """The one way to write it, for tables: every parameter in its order."""
        numbers = ",".join(f"{p.name}={self.values[p.name]:g}" for p in self.condition.parameters)
        return f"{self.condition.name}:{numbers}" if numbers else self.condition.name

    def identity(self, seed: int) -> str:
        """What it does to an image, for cache keys; empty where it leaves images alone."""
        if self.condition.changes != "image":
            return ""
        number = f"@{seed}" if self.condition.seeded else ""
        return f"{self}/v{self.condition.version}{number}"


CONDITIONS: Registry[Condition] = Registry(
    kind="condition",
    builtin={
        "none": "mllmsent.data.conditions:NONE",
        "image-only": "mllmsent.data.conditions:IMAGE_ONLY",
        "text-only": "mllmsent.data.conditions:TEXT_ONLY",
        "rendered": "mllmsent.data.conditions:RENDERED",
        "flip": "mllmsent.data.conditions:FLIP",
        "grey": "mllmsent.data.conditions:GREY",
        "blur": "mllmsent.data.conditions:BLUR",
        "darken": "mllmsent.data.conditions:DARKEN",
        "brighten": "mllmsent.data.conditions:BRIGHTEN",
        "warm": "mllmsent.data.conditions:WARM",
        "cold": "mllmsent.data.conditions:COLD",
        "crop": "mllmsent.data.conditions:CROP",
        "jpeg": "mllmsent.data.conditions:JPEG",
        "noise": "mllmsent.data.conditions:NOISE",
        "mask-affect": "mllmsent.data.description_changes:MASK_AFFECT",
        "shorten": "mllmsent.data.description_changes:SHORTEN",
    },
    group="mllmsent.conditions",
)


def condition_names() -> tuple[str, ...]:
    """The names of all conditions, built-in first."""
    return CONDITIONS.names()


def get_condition(name: str) -> Condition:
    """The condition called `name`.

    Raises:
        InputError: If there is none; the message offers the nearest.
    """
    return CONDITIONS.get(name)


def plain_condition(names: Sequence[str]) -> str:
    """The condition under which systems are ranked and judged: items as they are, where asked.

    Args:
        names: The conditions of a run, in its order; without any, nothing was changed.
    """
    return "none" if "none" in names or not names else names[0]


@lru_cache(maxsize=256)
def parse_condition(text: str) -> ConditionSpec:
    """Read "name" or "name:parameter=value,parameter=value".

    Raises:
        InputError: Naming what is wrong and the nearest right name, parameter or number.
    """
    name, colon, rest = text.strip().partition(":")
    condition = CONDITIONS.get(name.strip())
    known = {parameter.name: parameter for parameter in condition.parameters}
    values = {parameter.name: parameter.default for parameter in condition.parameters}
    written: set[str] = set()
    for part in rest.split(",") if colon else ():
        key, equals, number = (piece.strip() for piece in part.partition("="))
        if key not in known:
            raise InputError(
                f"Condition {condition.name!r} has no parameter {key!r}.",
                cure=nearest(key, known) if known else f"Write {condition.name!r} alone.",
                item=text,
            )
        if not equals:
            raise InputError(
                f"{key!r} has no value.", cure=f"Write {key}={known[key].default:g}.", item=text
            )
        if key in written:
            raise InputError(f"{key!r} is given twice.", cure="Give it once.", item=text)
        written.add(key)
        try:
            values[key] = known[key].read(number)
        except InputError as error:
            raise InputError(error.message, cure=error.cure, item=text) from None
    return ConditionSpec(condition, values)


def apply_condition(
    image: Image.Image, spec: ConditionSpec | str, seed: int = 0, *, sha256: str = ""
) -> Image.Image:
    """The image as it is shown under a condition.

    Args:
        image: An RGB image, upright (see `open_image`).
        spec: The condition, parsed or as it is written.
        seed: Another seed is another crop, another noise; conditions that draw nothing ignore it.
        sha256: Digest of the image's file, so that each image gets its own draw.

    Returns:
        An RGB image; `image` itself where the condition does not change images.

    Raises:
        InputError: If `spec` cannot be read.
    """
    if isinstance(spec, str):
        spec = parse_condition(spec)
    condition = spec.condition
    if condition.apply is None:
        return image
    # Parameters are left out of the key: the noise of sd=10 and of sd=20 is one pattern.
    key = f"{sha256}|{condition.name}|{condition.version}|{seed}".encode()
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(key).digest()[:16], "big"))
    return condition.apply(image, spec.values, rng)


NONE = Condition("none", "1", "The item as it is, its text with it.", changes="nothing")
IMAGE_ONLY = Condition(
    "image-only",
    "1",
    "The image without its text, of items that have both.",
    changes="shown",
    shows="image",
)
TEXT_ONLY = Condition(
    "text-only",
    "1",
    "The text without its image, of items that have both.",
    changes="shown",
    shows="text",
)
RENDERED = Condition(
    "rendered",
    "1",
    "The picture unchanged, as a browser shows it: upright, in sRGB, on white, saved anew as PNG. "
    "The control for the other conditions, which are saved so as well.",
    apply=lambda image, _values, _rng: image,
)
FLIP = Condition(
    "flip",
    "1",
    "Left and right exchanged.",
    apply=lambda image, _values, _rng: image_changes.mirror(image),
)
GREY = Condition(
    "grey",
    "1",
    "Without color; every pixel keeps its luminance.",
    apply=lambda image, _values, _rng: image_changes.grey(image),
)
BLUR = Condition(
    "blur",
    "1",
    "Blurred by a Gaussian.",
    (
        Parameter(
            "sigma", 8, 0.1, 256, "standard deviation, in pixels of a picture 512 pixels long"
        ),
    ),
    apply=lambda image, values, _rng: image_changes.blur(image, values["sigma"]),
)
DARKEN = Condition(
    "darken",
    "1",
    "With less light, as a shorter exposure.",
    (Parameter("stops", 1.5, 0, 8, "halvings of the light"),),
    apply=lambda image, values, _rng: image_changes.expose(image, -values["stops"]),
)
BRIGHTEN = Condition(
    "brighten",
    "1",
    "With more light, as a longer exposure; what exceeds white is clipped.",
    (Parameter("stops", 1, 0, 8, "doublings of the light"),),
    apply=lambda image, values, _rng: image_changes.expose(image, values["stops"]),
)
WARM = Condition(
    "warm",
    "1",
    "As if lit by warmer light; grays keep their luminance.",
    (Parameter("kelvin", 4000, 1700, 6504, "color temperature; 6504 is no change"),),
    apply=lambda image, values, _rng: image_changes.relight(image, values["kelvin"]),
)
COLD = Condition(
    "cold",
    "1",
    "As if lit by colder light; grays keep their luminance.",
    (Parameter("kelvin", 12000, 6504, 25000, "color temperature; 6504 is no change"),),
    apply=lambda image, values, _rng: image_changes.relight(image, values["kelvin"]),
)
CROP = Condition(
    "crop",
    "1",
    "A part of the picture, at a place drawn from the seed.",
    (Parameter("keep", 0.7, 0.05, 1, "fraction of width and of height that stays"),),
    seeded=True,
    apply=lambda image, values, rng: image_changes.crop(image, values["keep"], *rng.random(2)),
)
JPEG = Condition(
    "jpeg",
    "1",
    "As it looks after strong JPEG compression.",
    (Parameter("quality", 10, 1, 95, "JPEG quality", whole=True),),
    apply=lambda image, values, _rng: image_changes.recompress(image, int(values["quality"])),
)
NOISE = Condition(
    "noise",
    "1",
    "With Gaussian noise drawn from the seed.",
    (Parameter("sd", 25, 0, 128, "standard deviation in levels of 255"),),
    seeded=True,
    apply=lambda image, values, rng: image_changes.add_noise(image, values["sd"], rng),
)
