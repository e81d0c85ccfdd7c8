"""Which system of an older run is which of a newer one.

Equal ids are the same system. Of the others those are matched that are the same in everything but
the version: model, pathway, name of the strategy, language, readout and classifier. What then
differs (revision, settings, version and words of the strategy, training) is what changed. Where
several systems of a run are alike in all of that, nobody guesses: they are told, and a user can say
which is which.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.errors import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

__all__ = ["Matches", "SystemMatch", "match_systems"]

SAME = ("model", "pathway", "strategy", "language", "readout", "classifier")
"""What two versions of one system have in common."""

VERSION = ("model", "revision", "settings", "strategy", "strategy_version", "language", "readout",
           "classifier", "training")  # fmt: skip
"""What may have changed, in the order in which it is told."""


@dataclass(frozen=True, slots=True)
class SystemMatch:
    """One system in two runs.

    Attributes:
        base_id: Its id in the older run.
        new_id: Its id in the newer run.
        name: What people read: its name in the newer run.
        changed: The parts that differ; empty for the very same system.
        said: Whether the user said that the two belong together.
    """

    base_id: str
    new_id: str
    name: str
    changed: tuple[str, ...] = ()
    said: bool = False


@dataclass(frozen=True)
class Matches:
    """The systems of two runs, matched.

    Attributes:
        pairs: Systems that both runs have, in the newer one's order.
        gone: Names of systems of the older run without a match, but for those that the newer one
            has as well, and whose place the user gave to another.
        added: Names of systems of the newer run without a match, likewise.
        unclear: Sentences on systems that could be several of the other run.
    """

    pairs: tuple[SystemMatch, ...]
    gone: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    unclear: tuple[str, ...] = field(default=())


def match_systems(base: pd.DataFrame, new: pd.DataFrame, said: Sequence[str] = ()) -> Matches:
    """Match the systems of two runs.

    Args:
        base: Table `systems` of the older run.
        new: That of the newer run.
        said: "OLD=NEW" for what was renamed: the names of models, or of systems, or their ids.

    Raises:
        InputError: If `said` names what there is not.
    """
    olds, news = _parts(base), _parts(new)
    pairs: dict[str, tuple[str, bool]] = {}
    renamed: dict[str, str] = {}
    for words in said:
        old, fresh = _renaming(words, olds, news)
        if old in olds:
            pairs[fresh] = (old, True)
        else:
            renamed[old] = fresh
    taken = {old for old, _ in pairs.values()}
    # What was said goes before what is equal: a model may be held against one that is there still.
    spoken_for = {*renamed, *renamed.values()}
    for each in news:
        if each not in pairs and each in olds and each not in taken:
            if str(olds[each].get("model", "")) in spoken_for:
                continue
            pairs[each] = (each, False)
            taken.add(each)
    unclear = _by_likeness(olds, news, renamed, pairs)
    taken = {old for old, _ in pairs.values()}
    return Matches(
        pairs=tuple(
            _match(olds[pairs[each][0]], row, said=pairs[each][1])
            for each, row in news.items()
            if each in pairs
        ),
        gone=tuple(
            str(row["name"]) for each, row in olds.items() if each not in taken and each not in news
        ),
        added=tuple(
            str(row["name"]) for each, row in news.items() if each not in pairs and each not in olds
        ),
        unclear=tuple(unclear),
    )


def _parts(systems: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """System to what it is made of; what is missing is an empty text."""
    table = systems.astype(object).where(systems.notna(), "")
    rows: list[dict[Any, Any]] = table.to_dict(orient="records")
    return {str(row["system_id"]): row for row in rows}


def _by_likeness(
    olds: Mapping[str, Mapping[str, Any]],
    news: Mapping[str, Mapping[str, Any]],
    renamed: Mapping[str, str],
    pairs: dict[str, tuple[str, bool]],
) -> list[str]:
    """Add to `pairs` what is alike in all but the version; gives sentences on what is unclear."""
    taken = {old for old, _ in pairs.values()}
    replaced = set(renamed.values()) - renamed.keys()
    taken |= {each for each, row in olds.items() if str(row.get("model", "")) in replaced}
    old_of, new_of = _alike(olds, taken, renamed), _alike(news, set(pairs), {})
    unclear = []
    for key, fresh in new_of.items():
        older = old_of.get(key, [])
        if len(older) == len(fresh) == 1:
            model = str(olds[older[0]].get("model", ""))
            pairs[fresh[0]] = (older[0], model in renamed)
        elif older:
            names = ", ".join(dict.fromkeys(str(news[each]["name"]) for each in fresh))
            unclear.append(
                f"{names}: {len(older)} systems of the older run could be {len(fresh)} of the "
                "newer one. Say which by `--match OLD=NEW`, with ids of systems."
            )
    return unclear


def _alike(
    systems: Mapping[str, Mapping[str, Any]], taken: set[str], renamed: Mapping[str, str]
) -> dict[tuple[str, ...], list[str]]:
    found: dict[tuple[str, ...], list[str]] = {}
    for each, row in systems.items():
        if each not in taken:
            parts = {part: str(row.get(part, "")) for part in SAME}
            parts["model"] = renamed.get(parts["model"], parts["model"])
            # A table of predictions may name systems and nothing of what they are made of.
            whole = parts["model"] or str(row["name"])
            found.setdefault((whole, *parts.values()), []).append(each)
    return found


def _match(old: Mapping[str, Any], new: Mapping[str, Any], *, said: bool) -> SystemMatch:
    changed = tuple(part for part in VERSION if str(old.get(part, "")) != str(new.get(part, "")))
    same = old["system_id"] == new["system_id"]
    return SystemMatch(
        str(old["system_id"]),
        str(new["system_id"]),
        str(new["name"]),
        () if same else changed,
        said,
    )


def _renaming(
    words: str, olds: Mapping[str, Mapping[str, Any]], news: Mapping[str, Mapping[str, Any]]
) -> tuple[str, str]:
    """Two system ids, or two names of models; a name may have a "=" of its own."""
    of_old, of_new = _called(olds), _called(news)
    places = [place for place, letter in enumerate(words) if letter == "="]
    if not places:
        raise InputError(
            f"{words!r} does not say what is what.", item="match", cure="Write OLD=NEW."
        )
    halves = [(words[:place].strip(), words[place + 1 :].strip()) for place in places]
    for old, new in halves:
        if old in of_old and new in of_new:
            one, other = of_old[old], of_new[new]
            if (one in olds) == (other in news):
                return one, other
            raise InputError(
                f"{words!r} matches a system with a model.",
                item="match",
                cure="Name two models, or two systems.",
            )
    old, new = next(((o, n) for o, n in halves if o in of_old), halves[0])
    side, word, known = ("newer", new, of_new) if old in of_old else ("older", old, of_old)
    raise InputError(
        f"The {side} run has no system and no model {word!r}.",
        item="match",
        cure=nearest(word, known),
    )


def _called(systems: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """What can be named to what is meant: the id of a system, or the name of a model."""
    found = {str(row["model"]): str(row["model"]) for row in systems.values() if row.get("model")}
    names = [str(row["name"]) for row in systems.values()]
    found |= {
        str(row["name"]): each
        for each, row in systems.items()
        if names.count(str(row["name"])) == 1 and str(row["name"]) not in found
    }
    return found | {each: each for each in systems}
