"""Errors a person can act on: where it is, what is wrong, what to do about it."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["InputError", "MissingExtraError", "MllmsentError", "nearest", "printable"]


class MllmsentError(Exception):
    """Base of every error that is shown to a person without a traceback.

    Args:
        message: What is wrong, in one sentence.
        cure: What to do about it, in one sentence; empty where there is nothing to say.

    Attributes:
        exit_code: What the command line exits with.
    """

    exit_code = 1

    def __init__(self, message: str, *, cure: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure

    def __str__(self) -> str:
        return f"{self.message}\n  {self.cure}" if self.cure else self.message


class InputError(MllmsentError):
    """Something the user gave cannot be used: a study, a card, a table, an image, an option.

    Args:
        message: What is wrong, in one sentence.
        cure: What to do about it, in one sentence.
        file: The file at fault.
        line: The line of that file, counted from 1.
        item: The item, column, key or value at fault.
    """

    exit_code = 2

    def __init__(
        self,
        message: str,
        *,
        cure: str = "",
        file: str | Path | None = None,
        line: int | None = None,
        item: str | None = None,
    ) -> None:
        super().__init__(message, cure=cure)
        self.file = file
        self.line = line
        self.item = item

    def __str__(self) -> str:
        place = "" if self.file is None else str(self.file)
        if self.line is not None:
            place += f":{self.line}" if place else f"line {self.line}"
        if self.item is not None:
            place += f": {self.item}" if place else self.item
        text = super().__str__()
        return f"{place}: {text}" if place else text


class MissingExtraError(MllmsentError):
    """An optional part is not installed.

    Args:
        what: What needs it, for example "models served over the OpenAI protocol".
        extra: The extra that brings it, for example "cloud".
    """

    exit_code = 2

    def __init__(self, what: str, *, extra: str) -> None:
        super().__init__(
            f"{what} need an optional part that is not installed.",
            cure=f"Install it with: pip install 'mllmsent[{extra}]'",
        )


def nearest(word: str, known: Iterable[str]) -> str:
    """A cure that names the known word nearest to `word`, or lists what is known.

    Args:
        word: What was written.
        known: What could have been meant.

    Returns:
        A sentence for `cure=`; empty when nothing is known.
    """
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.5)
    if close:
        return f"Did you mean {close[0]!r}?"
    if not names:
        return ""
    shown = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
    return f"Known: {shown}."


# Controls but line break and tab, marks that turn the direction of writing, half characters.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def printable(text: str) -> str:
    """A foreign text as a terminal can show it: what would steer the terminal is written out.

    Names of files, answers of models and words of servers may hold anything; an escape sequence in
    them could clear the screen or forge a line.
    """
    return _UNPRINTABLE.sub(lambda found: ascii(found.group())[1:-1], text)
