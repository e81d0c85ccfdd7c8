"""What an analysis finds: sentences with their numbers, tables behind them, and what is lacking."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from mllmsent.analysis.material import Material

__all__ = ["Analysis", "Found", "Statement"]


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that was found, in a plain sentence with its number.

    Attributes:
        text: The sentence. Names in it are as the tables have them, and hostile.
        scheme: The scheme it is about; empty where it is about none.
        dimension: The dimension, for dimensional schemes.
    """

    text: str
    scheme: str = ""
    dimension: str = ""


@dataclass(frozen=True)
class Found:
    """What an analysis finds in a run.

    Attributes:
        statements: The findings, most important first.
        tables: Name to table: every number that a statement or a figure has, and more.
        lacking: What could not be computed and why, one sentence each.
    """

    statements: tuple[Statement, ...] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True)
class Analysis:
    """A question that a finished run may answer.

    Attributes:
        name: In studies and on the command line: "agreement".
        title: As a heading.
        question: What it answers, in a sentence; the first line of what lists it.
        find: From a run to what is found. It raises nothing for want of data: what cannot be
            computed is told in `Found.lacking`.
        tables: Name to what a row is, for people.
    """

    name: str
    title: str
    question: str
    find: Callable[[Material], Found]
    tables: Mapping[str, str] = field(default_factory=dict)
