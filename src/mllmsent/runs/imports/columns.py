"""Which column of a table holds what: by its usual names, or as the user says."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.foundation.errors import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

__all__ = ["ROLES", "Choice", "Role", "columns_of", "is_like"]


@dataclass(frozen=True, slots=True)
class Role:
    """Something that a column may hold.

    Attributes:
        name: As options call it, with `_` for `-`.
        usual: Names by which it is found, best first, in small letters and digits only.
        may_be_value: Whether, instead of a column, one value for all rows may be given.
        title: What it is, for messages.
    """

    name: str
    usual: tuple[str, ...]
    title: str
    may_be_value: bool = False


_USUAL: dict[str, tuple[str, str]] = {
    "label": (
        "the system's answers",
        """
        prediction predicted pred predictedlabel predictionlabel predlabel labelpred labelpredicted
        ypred yhat answer modelanswer response output modeloutput predictedsentiment
        predictedemotion predictedclass
        """,
    ),
    "target": (
        "what people said",
        """
        target targetlabel truth groundtruth gold goldlabel true truelabel labeltrue ytrue actual
        expected reference humanlabel human annotation
        """,
    ),
    "id": (
        "the item's id",
        """
        itemid id imageid imgid item image img imagename imagefile imagepath filename file photo
        photoid sampleid exampleid uid
        """,
    ),
    "text": ("the description", "description text caption generateddescription"),
    "fold": ("the fold", "fold kfold foldid cvfold"),
    "system": ("the system's name", "system systemname method approach"),
    "model": ("the model", "model modelname llm"),
    "describer": ("who described", "describer captioner captionmodel descriptionmodel mllm vlm"),
    "classifier": ("the text classifier", "classifier textclassifier textmodel backbone"),
    "training": ("how it was trained", "training track trainingmode tuning finetuning"),
    "pathway": ("the pathway", "pathway"),
    "problem": ("the published problem", "problem"),
    "scheme": ("the scheme", "scheme labelscheme labelset"),
    "min_agreement": ("how many annotators agree", "minagreement sigma alpha"),
}

_COLUMNS_ONLY = ("label", "target", "id", "text", "fold")

ROLES = {
    name: Role(name, tuple(usual.split()), title, may_be_value=name not in _COLUMNS_ONLY)
    for name, (title, usual) in _USUAL.items()
}
"""Everything that a column may hold, by name."""

_EITHER = ("label", "labels", "sentiment", "emotion", "class")
"""Names of answers as well as of targets: they are the one where the other is known."""

LIKE = 0.8
"""So alike, a word that is no column is one mistyped rather than a value."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Where a role's cells come from.

    Attributes:
        column: The column; None where one value holds for all rows.
        value: That value; empty where there is a column.
    """

    column: str | None
    value: str = ""


def columns_of(
    columns: Sequence[str],
    given: Mapping[str, str],
    *,
    file: str,
    wanted: Collection[str] = ("label", "target"),
) -> dict[str, Choice]:
    """Find where each role's cells come from.

    Args:
        columns: The table's columns.
        given: Role to what the user says: a column, for some roles a value, or "=VALUE" to mean a
            value whatever the columns are called; "=" for none at all.
        file: The table, for messages.
        wanted: Roles that there must be.

    Returns:
        Role to its choice; roles that nothing was found for are absent.

    Raises:
        InputError: If a column is not there, or one that must be there is not found.
    """
    chosen = {
        role: choice
        for role, said in given.items()
        if (choice := _given(ROLES[role], said, columns, file)) is not None
    }
    left = [name for name in columns if name not in {each.column for each in chosen.values()}]
    for role in ROLES.values():
        if role.name in given:
            continue
        found = _usual(role.usual, left)
        if found is not None:
            chosen[role.name] = Choice(found)
            left.remove(found)
    # What is called just "label" is the answer beside a target, and the target beside an answer.
    for role_name, other in (("target", "label"), ("label", "target")):
        if role_name not in chosen and role_name not in given and other in chosen:
            found = _usual(_EITHER, left)
            if found is not None:
                chosen[role_name] = Choice(found)
                left.remove(found)
    for role_name in wanted:
        if role_name not in chosen and given.get(role_name, "").strip() != "=":
            raise _not_found(ROLES[role_name], columns, left, file)
    return chosen


def is_like(word: str, names: Collection[str]) -> str | None:
    """The name that a word is so like that it may be meant; None where there is none."""
    by_plain = {_plain(name): name for name in names}
    close = difflib.get_close_matches(_plain(word), by_plain, n=1, cutoff=LIKE)
    return by_plain[close[0]] if close else None


def _given(role: Role, said: str, columns: Sequence[str], file: str) -> Choice | None:
    option = f"--{role.name.replace('_', '-')}"
    if said.startswith("="):
        value = said[1:].strip()
        if value and not role.may_be_value:
            raise InputError(
                f"{role.title.capitalize()} cannot be the same for all rows.",
                item=option,
                cure=f"Name a column. {_listed(columns)}",
            )
        return Choice(None, value) if value else None
    if said in columns:
        return Choice(said)
    plain = [name for name in columns if _plain(name) == _plain(said)]
    if len(plain) == 1:
        return Choice(plain[0])
    if role.may_be_value:
        like = is_like(said, columns)
        if like is None:
            return Choice(None, said)
        raise InputError(
            f"There is no column {said!r}. Is {like!r} meant?",
            file=file,
            item=option,
            cure=f"Write {option} {like}; or {option} ={said} for that value in every row.",
        )
    raise InputError(
        f"There is no column {said!r}.",
        file=file,
        item=option,
        cure=f"{nearest(said, columns)} {_listed(columns)}".strip(),
    )


def _usual(names: Sequence[str], columns: Sequence[str]) -> str | None:
    plain = {_plain(column): column for column in reversed(columns)}
    return next((plain[name] for name in names if name in plain), None)


def _not_found(role: Role, columns: Sequence[str], left: Sequence[str], file: str) -> InputError:
    plain = {_plain(column): column for column in left}
    ranked = max(
        ((difflib.SequenceMatcher(None, name, usual).ratio(), column)
         for name, column in plain.items() for usual in role.usual),
        default=(0.0, ""),
    )  # fmt: skip
    option = f"--{role.name.replace('_', '-')}"
    nearest_one = f" Perhaps {ranked[1]!r}: {option} {ranked[1]!r}." if ranked[0] >= 0.5 else ""
    without = " (or --target = to import what cannot be scored)" if role.name == "target" else ""
    return InputError(
        f"No column could be taken for {role.title}.",
        file=file,
        item=f"columns {', '.join(repr(name) for name in columns[:40])}",
        cure=f"Name the column: {option} COLUMN{without}.{nearest_one}",
    )


def _listed(columns: Sequence[str]) -> str:
    return f"Columns: {', '.join(columns[:40])}."


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", name.casefold())
