"""Names of models on the command line: completed from the presets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["model_argument", "words"]


def model_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """The argument NAME of a command, which the shell completes."""
    return click.argument("name", shell_complete=_complete)(command)


def _complete(
    ctx: click.Context,  # noqa: ARG001 - click's signature
    parameter: click.Parameter,  # noqa: ARG001 - click's signature
    incomplete: str,
) -> list[str]:
    from mllmsent.models.presets import presets

    return [name for name in presets() if name.startswith(incomplete)]


def words(number: float | None) -> str:
    """A number of parameters, for people: "8.29 B", "507 M", "unknown"."""
    if number is None:
        return "unknown"
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g} {letter}"
    return f"{number:g}"
