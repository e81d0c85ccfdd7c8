"""Registries: a name for every model, format, scheme, strategy, classifier, analysis, audit.

A new one is one file and one line in its room's registry, or, from somebody else's package, an
entry point in the group that the registry names:

    [project.entry-points."mllmsent.classifiers"]
    my-classifier = "my_package.my_module:MyClassifier"
"""

from __future__ import annotations

import importlib
import os
import sys
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from mllmsent.foundation.errors import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Registry"]

T = TypeVar("T")


@dataclass(frozen=True)
class Registry(Generic[T]):
    """Names and where their implementations live; nothing is imported before it is asked for.

    Attributes:
        kind: What is registered, in the singular, for messages: "classifier".
        builtin: Name to `"package.module:attribute"`.
        group: Entry-point group through which other packages add their own.
    """

    kind: str
    builtin: Mapping[str, str]
    group: str
    _loaded: dict[str, T] = field(default_factory=dict, repr=False, compare=False)

    def names(self) -> tuple[str, ...]:
        """Every name that can be asked for, built-in first, then plug-ins."""
        plugins = (point.name for point in self._plugins())
        return tuple(dict.fromkeys([*self.builtin, *plugins]))

    def get(self, name: str) -> T:
        """The implementation behind `name`.

        Raises:
            InputError: If nothing has that name; the message offers the nearest one.
        """
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def _load(self, name: str) -> T:
        if name in self.builtin:
            module, _, attribute = self.builtin[name].partition(":")
            loaded: Any = importlib.import_module(module)
            for part in attribute.split("."):
                loaded = getattr(loaded, part)
            return cast("T", loaded)
        for point in self._plugins():
            if point.name == name:
                return cast("T", point.load())
        raise InputError(f"No {self.kind} is called {name!r}.", cure=nearest(name, self.names()))

    def _plugins(self) -> tuple[EntryPoint, ...]:
        return installed(self.group)


def installed(group: str) -> tuple[EntryPoint, ...]:
    """What the packages that can be imported now offer in a group."""
    return _offered(group, tuple((place, _changed(place)) for place in sys.path))


# Every package's metadata is read, which takes longer than most of what asks for a name; it stays
# as it is until a package comes or goes, and then the folder that holds it has changed.
@lru_cache(maxsize=32)
def _offered(group: str, _places: tuple[tuple[str, int], ...]) -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=group))


def _changed(place: str) -> int:
    try:
        return os.stat(place or ".").st_mtime_ns  # noqa: PTH116 - a Path costs more than the call
    except OSError:
        return 0
