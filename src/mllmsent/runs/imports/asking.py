"""What predictions were asked for: problems as files spell them, schemes, and what codes stand for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mllmsent.affect import get_scheme, load_scheme, read_answer, scheme_names
from mllmsent.data import get_problem
from mllmsent.data.problems import problem_names
from mllmsent.foundation.errors import InputError, nearest
from mllmsent.runs.imports.sheets import Asked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.affect.scheme import Scheme

__all__ = ["CodeTables", "asked_for", "known_problem", "named_scheme"]

_SIGNS = {"plus": "+", "pos": "+", "positive": "+", "p": "+", "minus": "-", "neg": "-",
          "negative": "-", "n": "-", "m": "-"}  # fmt: skip
"""How file names, which have no good place for signs, write P2+ and P2-."""


class CodeTables:
    """What codes stand for, as it was said: for everything, or for one problem or scheme.

    Args:
        written: Texts such as "0=neutral,1=negative", or "P2-:0=positive,1=negative".

    Raises:
        InputError: If one is not of that form.
    """

    def __init__(self, written: Sequence[str] = ()) -> None:
        self._tables: dict[str, dict[str, str]] = {}
        for text in written:
            owner, _, pairs = text.rpartition(":")
            table = {}
            for pair in pairs.split(","):
                code, equals, label = pair.partition("=")
                if not equals or not code.strip() or not label.strip():
                    raise InputError(
                        f"{text!r} does not say what codes stand for.",
                        item="codes",
                        cure="Write CODE=LABEL, with commas between: 0=neutral,1=negative,2=positive; "
                        "for one problem only, P3:0=neutral,1=negative,2=positive.",
                    )
                table[code.strip()] = label.strip()
            owner = owner.strip()
            self._tables[(known_problem(owner) or owner).lower()] = table

    def of(self, scheme: Scheme, problem: str) -> dict[str, str] | None:
        """Code to label of a problem or scheme; None where nothing was said.

        Raises:
            InputError: If a code was said to stand for no label of the scheme.
        """
        for owner in (problem.lower(), scheme.name.lower(), ""):
            table = self._tables.get(owner)
            if table is not None:
                return {code: _label(word, scheme) for code, word in table.items()}
        return None


def known_problem(text: str) -> str | None:
    """The published problem that a file's words mean: "P2-" for "p2neg"; None for none of them."""
    spelled = text.strip().lower().replace("_", "").replace(" ", "")
    found = re.fullmatch(r"(p[0-9])-?([a-z]*)", spelled)
    if found and found[2]:
        spelled = found[1] + _SIGNS.get(found[2], found[2])
    return spelled.upper() if spelled.upper() in problem_names() else None


def named_scheme(name: str, *, file: str | None = None) -> Scheme:
    """The scheme of that name, or in that YAML file.

    Raises:
        InputError: If there is none; the message offers the nearest.
    """
    try:
        scheme = load_scheme(name) if name.endswith((".yaml", ".yml")) else get_scheme(name)
    except InputError as error:
        if error.file is not None:
            raise
        raise InputError(error.message, cure=error.cure, file=file, item="scheme") from None
    if scheme.kind == "dimensional":
        labels = [each for each in scheme_names() if get_scheme(each).kind != "dimensional"]
        raise InputError(
            f"{name} has dimensions; only labels are imported so far.",
            file=file,
            item="scheme",
            cure=f"Schemes of labels: {', '.join(labels)}.",
        )
    return scheme


def asked_for(
    codes: CodeTables, *, problem: str = "", scheme: Scheme | None = None, min_agreement: int | None
) -> tuple[Asked, list[str]]:
    """What was asked, with what its codes stand for.

    Args:
        codes: What was said of codes.
        problem: A published problem, by its own name.
        scheme: The scheme; that of the problem where it is None.
        min_agreement: How many annotators had to agree.

    Returns:
        It, and what a reader must know of its codes, a sentence each.
    """
    if scheme is None:
        scheme = get_problem(problem).target()
    said = codes.of(scheme, problem)
    notes: list[str] = []
    if said is None and problem:
        published = get_problem(problem).codes
        said = {str(code): label for code, label in published.items()}
        if not published:
            # Nothing published says it, and the order of the labels is how everybody counts.
            said = {str(code): label for code, label in enumerate(scheme.label_names)}
            notes.append(
                f"What {_codes(said)} mean in {problem} is not published: they were read as "
                f"{_listed(said)}. If that is wrong, import again with --codes "
                f"{problem}:{','.join(f'{code}={label}' for code, label in said.items())} changed."
            )
    return Asked(scheme, problem, min_agreement, said or {}), notes


def _label(word: str, scheme: Scheme) -> str:
    if word in scheme.label_names or scheme.open_vocabulary:
        return word
    label = read_answer(word, scheme).label
    if label is None:
        raise InputError(
            f"{word!r} is no label of {scheme.name}.",
            item="codes",
            cure=nearest(word, scheme.label_names),
        )
    return label


def _codes(table: Mapping[str, str]) -> str:
    return " and ".join(table)


def _listed(table: Mapping[str, str]) -> str:
    return " and ".join(table.values())
