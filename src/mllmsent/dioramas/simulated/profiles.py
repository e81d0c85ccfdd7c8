"""Profiles: what a simulated model sees, how it errs, and how it talks."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic import Field

from mllmsent.foundation import InputError, nearest
from mllmsent.foundation.config import Config, read_config, read_document

__all__ = [
    "Blindness",
    "NoiseShares",
    "Profile",
    "get_profile",
    "profile_names",
    "profile_settings",
]


class Blindness(Config):
    """A factor's value under which a model sees less."""

    factor: str
    """setting, time, weather, light, palette or company."""
    value: str
    """Where it is blind."""
    sees: dict[str, float]
    """What is left: kind of thing to the chance that it is seen."""


class Noise(Config):
    """Standard deviations of a model's judgment, in points of the scale 1..9 and of scores."""

    valence: float = 0.0
    """Of valence."""
    arousal: float = 0.0
    """Of arousal."""
    emotion: float = 0.0
    """Of each emotion's score."""


class Bias(Config):
    """Points by which a model's judgment is shifted."""

    valence: float = 0.0
    """Of valence."""
    arousal: float = 0.0
    """Of arousal."""


class Profile(Config):
    """A simulated model."""

    description: str
    """What it is like, in a sentence."""
    sees: dict[str, float]
    """Kind of thing (setting, time, ..., expression, who, object) to the chance that it is seen as
    it is."""
    blind: Blindness | None = None
    """Where it sees less."""
    invents: float = Field(default=0.0, ge=0, le=1)
    """Chance that it sees an object that is not there."""
    knows_interactions: bool = True
    """Whether it knows what combinations mean, or only sums up single cues."""
    bias: Bias = Bias()
    """Constant error of judgment."""
    noise: Noise = Noise()
    """Varying error of judgment."""
    wordy: float = Field(default=0.0, ge=0, le=1)
    """Chance of a sentence where a label was asked for."""
    refuses: float = Field(default=0.0, ge=0, le=1)
    """Chance of declining."""
    unreadable: float = Field(default=0.0, ge=0, le=1)
    """Chance of an answer that holds no label, or of broken JSON."""


class NoiseShares(Config):
    """How the variance of judgment divides."""

    picture: float
    """What belongs to the picture: the same in every prompt and sample."""
    prompt: float
    """What belongs to the wording."""
    sample: float
    """What belongs to the single answer."""


class ProfileFile(Config):
    """The file of profiles."""

    version: str
    """Changes when anything in it changes what is answered."""
    profiles: dict[str, Profile]
    """Name to profile."""
    noise_shares: NoiseShares
    """How judgment's noise divides, for every profile."""
    second_look: float = Field(ge=0, le=1)
    """Part of what was missed that is seen on reasoning first."""
    blurred: float = Field(ge=0, le=1)
    """Factor on the chance to see faces and things in a blurred picture."""


def profile_names() -> tuple[str, ...]:
    """Every simulated model's name."""
    return tuple(profile_settings().profiles)


def get_profile(name: str) -> Profile:
    """The profile called `name`.

    Raises:
        InputError: If there is none of that name; the message offers the nearest.
    """
    profiles = profile_settings().profiles
    if name not in profiles:
        raise InputError(f"No simulated model is called {name!r}.", cure=nearest(name, profiles))
    return profiles[name]


@lru_cache(maxsize=1)
def profile_settings() -> ProfileFile:
    """Everything in the file of profiles."""
    return read_config(ProfileFile, read_document(Path(__file__).with_name("profiles.yaml")))
