"""The published problems as presets: P5, P3, P2+ and P2- of PerceptSent."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from pydantic import Field

from mllmsent.affect.catalog import get_scheme
from mllmsent.affect.conversion import get_conversion
from mllmsent.foundation import InputError, nearest
from mllmsent.foundation.config import Config, parse_document, read_config

if TYPE_CHECKING:
    from mllmsent.affect.conversion import Conversion
    from mllmsent.affect.scheme import Scheme

__all__ = ["Problem", "get_problem", "problem_names"]


class Problem(Config):
    """A published problem: the classes, and how five-class votes are folded into them."""

    title: str
    """Name for people."""
    scheme: str
    """Name of the scheme of its classes."""
    conversion: str | None = None
    """Name of the conversion that folds five-class votes; None where nothing is folded."""
    codes: dict[int, str] = Field(default_factory=dict)
    """Class number in the published files to label; empty where none were published."""

    def target(self) -> Scheme:
        """The scheme of its classes."""
        return get_scheme(self.scheme)

    def folding(self) -> Conversion | None:
        """The conversion that folds five-class votes."""
        return None if self.conversion is None else get_conversion(self.conversion)


class _Problems(Config):
    problems: dict[str, Problem]


@cache
def _problems() -> dict[str, Problem]:
    text = (files("mllmsent.data") / "problems.yaml").read_text(encoding="utf-8")
    document = parse_document(text, file="problems.yaml")
    wrapped = type(document)({"problems": document.value}, document.file, {})
    return read_config(_Problems, wrapped).problems


def problem_names() -> tuple[str, ...]:
    """The published problems."""
    return tuple(_problems())


def get_problem(name: str) -> Problem:
    """The problem called `name`, in capital or small letters.

    Raises:
        InputError: If there is none; the message offers the nearest.
    """
    found = _problems().get(name.upper())
    if found is None:
        raise InputError(f"No problem is called {name!r}.", cure=nearest(name, problem_names()))
    return found
