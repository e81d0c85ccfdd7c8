"""YAML files that people write, read into pydantic models, with errors that name the line.

YAML 1.2 is read (`no` is a word, not a boolean: it may be a label), duplicate keys are refused,
and a wrong key is answered with the nearest right one.
"""

from __future__ import annotations

import types
import typing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from mllmsent.foundation.errors import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from pydantic_core import ErrorDetails

__all__ = [
    "Config",
    "Document",
    "parse_document",
    "read_config",
    "read_document",
    "spelled_out",
]


class Config(BaseModel):
    """Base of every configuration model: frozen, and unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


ConfigT = TypeVar("ConfigT", bound=BaseModel)


@dataclass(frozen=True)
class Document:
    """A YAML document with the line of each of its keys.

    Attributes:
        value: Plain Python: dicts, lists, strings, numbers, booleans, None.
        file: Where it was read from, for messages.
        lines: Path of keys and indexes to line, counted from 1.
    """

    value: Any
    file: str
    lines: dict[tuple[str | int, ...], int]

    def line_of(self, path: Sequence[str | int]) -> int | None:
        """The line of the deepest part of `path` that the document has."""
        for end in range(len(path), -1, -1):
            line = self.lines.get(tuple(path[:end]))
            if line is not None:
                return line
        return None

    def error(self, message: str, *, at: Sequence[str | int] = (), cure: str = "") -> InputError:
        """An `InputError` about the place `at` in this document."""
        item = ".".join(str(part) for part in at) or None
        return InputError(message, cure=cure, file=self.file, line=self.line_of(at), item=item)


def read_document(path: Path) -> Document:
    """Read a YAML file.

    Raises:
        InputError: If the file is absent, not UTF-8 text, not YAML, or has a key twice.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError("There is no such file.", file=path, cure=_neighbor(path)) from None
    except IsADirectoryError:
        raise InputError("This is a folder; a YAML file is needed.", file=path) from None
    except UnicodeDecodeError:
        raise InputError(
            "This is not UTF-8 text.", file=path, cure="Save the file as UTF-8."
        ) from None
    except OSError as error:
        raise InputError(f"It cannot be read: {error.strerror}.", file=path) from None
    return parse_document(text, file=str(path))


def parse_document(text: str, *, file: str = "<text>") -> Document:
    """Parse YAML text; see `read_document`."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - 60 ms that `--help` does without
    from ruamel.yaml.error import MarkedYAMLError, YAMLError  # noqa: PLC0415 - likewise

    try:
        loaded = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise InputError(
            f"This is not valid YAML: {error.problem or error.context}.".replace("..", "."),
            file=file,
            line=None if mark is None else mark.line + 1,
            cure="Check indentation, colons and quotes on this line and the one above.",
        ) from None
    except (YAMLError, ValueError, RecursionError) as error:
        first = (str(error).splitlines() or ["unreadable"])[0]
        raise InputError(f"This is not valid YAML: {first}.", file=file) from None
    lines: dict[tuple[str | int, ...], int] = {}
    return Document(value=_plain(loaded, (), lines), file=file, lines=lines)


def read_config(model: type[ConfigT], document: Document) -> ConfigT:
    """Validate a document as `model`.

    Raises:
        InputError: Naming file, line, key, what is wrong, and the nearest right key or value; with
            several faults, all of them.
    """
    if not isinstance(document.value, dict):
        raise document.error(
            f"A mapping of keys is needed, not {_kind(document.value)}.",
            cure="Write `key: value` lines.",
        )
    try:
        return model.model_validate(document.value)
    except ValidationError as error:
        # A union reports a fault per alternative: keep, per place, what the first one says.
        faults = [_fault(model, document, detail) for detail in error.errors()]
        unique = list({str(fault): fault for fault in faults}.values())
        if len(unique) == 1:
            raise unique[0] from None
        raise InputError("\n".join(str(fault) for fault in unique)) from None


def spelled_out(value: Any, key: str) -> Any:
    """A text as the mapping that it is short for; any other value as it is.

    For validators of keys that take either: `model: openai/gpt-4o` under a list of models, or just
    `openai/gpt-4o`.

    Args:
        value: What the file says.
        key: Of the mapping, the key whose value the text is.
    """
    return {key: value} if isinstance(value, str) else value


def _fault(model: type[BaseModel], document: Document, detail: ErrorDetails) -> InputError:
    # pydantic puts the names of union branches into the location; the document has only keys.
    path = _real_path(document.value, detail["loc"])
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        # The key is in the document, so it is the last of the real path; its owner is what is left.
        known = _known_keys(model, path[:-1])
        return document.error("Unknown key.", at=path, cure=nearest(str(path[-1]), known))
    if kind == "missing":
        return document.error(
            f"The key {detail['loc'][-1]!r} is missing.", at=path, cure="Add it here."
        )
    if kind in {"literal_error", "enum"}:
        words = [
            word.strip(" '") for word in str(context["expected"]).replace(" or ", ",").split(",")
        ]
        return document.error(
            f"{detail['input']!r} is not one of the values allowed here.",
            at=path,
            cure=nearest(str(detail["input"]), words),
        )
    if kind == "value_error":
        cause = context.get("error")
        if isinstance(cause, InputError):
            return document.error(cause.message, at=path, cure=cause.cure)
        return document.error(str(cause), at=path)
    shown = repr(detail["input"])
    return document.error(f"{detail['msg']}, not {shown[:60]}.", at=path)


def _real_path(value: Any, location: tuple[str | int, ...]) -> tuple[str | int, ...]:
    path: list[str | int] = []
    for part in location:
        inside = part in value if isinstance(value, dict) else _has_index(value, part)
        if inside:
            value = value[part]
            path.append(part)
    return tuple(path)


def _has_index(value: Any, part: str | int) -> bool:
    return isinstance(value, list) and isinstance(part, int) and part < len(value)


def _known_keys(model: type[BaseModel], path: Sequence[str | int]) -> set[str]:
    models: set[type[BaseModel]] = {model}
    for part in path:
        if isinstance(part, int):
            continue  # a list's items are of the types already unfolded
        fields = (owner.model_fields.get(part) for owner in models)
        models = {
            found for info in fields if info is not None for found in _models_in(info.annotation)
        }
    keys: set[str] = set()
    for owner in models:
        keys |= {info.alias or name for name, info in owner.model_fields.items()}
    return keys


def _models_in(annotation: Any) -> Iterable[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif typing.get_origin(annotation) is not None or isinstance(annotation, types.UnionType):
        for part in typing.get_args(annotation):
            yield from _models_in(part)


def _plain(value: Any, path: tuple[str | int, ...], lines: dict[tuple[str | int, ...], int]) -> Any:
    if hasattr(value, "lc") and value.lc.line is not None:
        lines.setdefault(path, value.lc.line + 1)
    if isinstance(value, dict):
        for key in value:
            position = value.lc.data.get(key) if hasattr(value, "lc") else None
            if position is not None:
                lines[(*path, key)] = position[0] + 1
        return {key: _plain(item, (*path, key), lines) for key, item in value.items()}
    if isinstance(value, list):
        for index in range(len(value)):
            position = value.lc.data.get(index) if hasattr(value, "lc") else None
            if position is not None:
                lines[(*path, index)] = position[0] + 1
        return [_plain(item, (*path, index), lines) for index, item in enumerate(value)]
    # ruamel keeps a scalar's style in subclasses; plain values are what the rest expects.
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return None if value is None else str(value)


def _kind(value: Any) -> str:
    names = {list: "a list", str: "a text", type(None): "an empty file"}
    return names.get(type(value), f"{value!r}")


def _neighbor(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"There is no folder {folder} either."
    return nearest(path.name, [other.name for other in folder.iterdir() if other.is_file()])
