"""A model's recipe: its size, what it is trained on and for how long."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from mllmsent.foundation import InputError, nearest
from mllmsent.foundation.config import Config, read_config, read_document

__all__ = ["Recipe", "Tower", "get_recipe"]


class Tower(Config):
    """Size of a stack of transformer layers."""

    width: int = Field(ge=8)
    """Width of a token."""
    inner: int = Field(ge=8)
    """Width between the two layers of each feed-forward part."""
    layers: int = Field(ge=1)
    """How many layers."""
    heads: int = Field(ge=1)
    """Attention heads of each layer."""


class Recipe(Config):
    """Everything that a checkpoint depends on, besides the code and the libraries' versions."""

    title: str
    """Name of the model."""
    seed: int = 0
    """Of weights, order and wordings."""
    image_size: int
    """Width and height of the pictures that the vision tower sees, in pixels."""
    patch_size: int
    """Width and height of the part of a picture that becomes one token."""
    vision: Tower
    """The vision tower."""
    text: Tower
    """The language model."""
    vocabulary: int
    """Number of tokens."""
    pictures: int
    """How many pictures are drawn."""
    never: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Factor to the values that no picture has: planted blind spots."""
    vision_steps: int
    """Steps in which the vision tower learns factors alone."""
    vision_batch: int = 64
    """Pictures of each of those steps."""
    vision_rate: float = 1.5e-3
    """Highest learning rate of those steps."""
    steps: int
    """Steps in which everything learns to answer, about pictures of each polarity in equal shares."""
    batch: int = 32
    """Pictures of each of those steps."""
    wording_steps: int = 0
    """Steps after those in which the language model learns the same answers in many wordings."""
    wording_rate: float = 5e-4
    """Highest learning rate of those last steps."""
    rate: float = 1.2e-3
    """Highest learning rate of the answering steps; the vision tower's is a quarter of it."""

    @property
    def image_tokens(self) -> int:
        """How many tokens stand for a picture."""
        return (self.image_size // self.patch_size) ** 2


def get_recipe(name: str) -> Recipe:
    """The recipe in `recipes/NAME.yaml`.

    Raises:
        InputError: If there is none; the message offers the nearest.
    """
    folder = Path(__file__).with_name("recipes")
    path = folder / f"{name}.yaml"
    if not path.is_file():
        known = sorted(entry.stem for entry in folder.glob("*.yaml"))
        raise InputError(f"No recipe is called {name!r}.", cure=nearest(name, known))
    return read_config(Recipe, read_document(path))
