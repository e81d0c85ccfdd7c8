"""Which items to look at, and what everybody said of them.

A report cannot show three thousand pictures. It shows those that everybody got wrong, those that
divide the systems, those that everybody got right, and those that nobody's answer could be read of:
some of each, chosen by a seed and not by hand.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from mllmsent.analysis.pathways import is_right

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.evidence import Evidence

__all__ = ["CLOSE", "KINDS", "cases", "choose_items"]

CLOSE = 1 / 8
"""An answer within this share of the scale's span counts as right in a gallery: one point of 1-9."""

KINDS = ("unread", "hard", "divided", "easy", "unscored")
"""What an item can be: few answers could be read, most are wrong, some are, few are, no target."""

_HARD, _EASY = 1 / 2, 4 / 5


def cases(evidence: Evidence, *, condition: str = "none", annotators: str = "all") -> pd.DataFrame:
    """Every answer beside what people said.

    Of several repeats and moments of an item only the first is taken: a gallery shows examples.

    Returns:
        A row per item, scheme (and dimension) and system: columns item_id, scheme, dimension,
        system_id, system, status, answer (a label, labels joined by "|", or a number), truth (the
        same, None without a target), error (answer less truth, for dimensions), outcome ("right",
        "wrong", "none" where there is no answer, "unscored" where there is no target), note and
        request_keys.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    asked = evidence.predictions[evidence.predictions["condition"] == condition]
    first = asked.sort_values(["repeat", "frame_t"], kind="stable").drop_duplicates(
        ["item_id", "system_id", "scheme"]
    )
    order = {str(item): place for place, item in enumerate(evidence.items["item_id"])}
    read = ["item_id", "system_id", "status", "label", "values", "note", "request_keys"]
    rows: list[dict[str, Any]] = []
    for name, scheme in evidence.schemes.items():
        part = first.loc[first["scheme"] == name, read].astype(object)
        for dimension in scheme.dimension_names or ("",):
            truth = evidence.truth(name, dimension, annotators)
            rows.extend(
                {
                    "item_id": str(row["item_id"]),
                    "scheme": name,
                    "dimension": dimension,
                    "system_id": str(row["system_id"]),
                    "system": evidence.names[row["system_id"]],
                    "status": str(row["status"]),
                    **_case(scheme, dimension, row, truth.get(str(row["item_id"]))),
                    "note": row["note"] if isinstance(row["note"], str) else "",
                    "request_keys": tuple(row["request_keys"] or ()),
                }
                for row in part.to_dict(orient="records")
            )
    columns = [
        "item_id", "scheme", "dimension", "system_id", "system", "status", "answer", "truth",
        "error", "outcome", "note", "request_keys",
    ]  # fmt: skip
    # As objects, so that None stays None and is not taken for a number that is missing.
    table = pd.DataFrame(rows, columns=columns, dtype=object)
    known = table[table["item_id"].isin(list(order))]
    place = known["item_id"].map(order)
    return known.loc[place.sort_values(kind="stable").index].reset_index(drop=True)


def choose_items(table: pd.DataFrame, *, limit: int, seed: int = 0) -> pd.DataFrame:
    """Choose items to show.

    Args:
        table: What `cases` gave.
        limit: At most this many.
        seed: Of the choice among items of one kind.

    Returns:
        A row per chosen item, kinds in the order of `KINDS`: columns item_id, kind, n_right and
        n_scored (answers that could be right), and n_unread.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    rows = [_summary(str(item), part) for item, part in table.groupby("item_id", sort=False)]
    random.Random(seed).shuffle(rows)
    by_kind = {kind: [row for row in rows if row["kind"] == kind] for kind in KINDS}
    chosen: list[dict[str, Any]] = []
    # Turn by turn, so that a kind with few items leaves its room to the others.
    while len(chosen) < limit and any(by_kind.values()):
        for waiting in by_kind.values():
            if waiting and len(chosen) < limit:
                chosen.append(waiting.pop())
    chosen.sort(key=lambda row: (KINDS.index(row["kind"]), _share(row), row["item_id"]))
    return pd.DataFrame(chosen, columns=["item_id", "kind", "n_right", "n_scored", "n_unread"])


def _case(scheme: Scheme, dimension: str, row: Mapping[Any, Any], truth: Any) -> dict[str, Any]:
    ok = row["status"] == "ok"
    case: dict[str, Any] = {"answer": None, "truth": None, "error": None, "outcome": "none"}
    if dimension:
        value = (row["values"] or {}).get(dimension) if ok else None
        case |= {"answer": value, "truth": truth}
        if value is not None and truth is not None:
            case["error"] = value - truth
            near = abs(value - truth) <= CLOSE * scheme.dimension(dimension).span
            case["outcome"] = "right" if near else "wrong"
    else:
        label = str(row["label"]) if ok else None
        said = truth
        if isinstance(truth, frozenset):
            said = "|".join(sorted(truth, key=_rank(scheme.label_names)))
        case |= {"answer": label, "truth": said}
        if label is not None and truth is not None:
            case["outcome"] = "right" if is_right(scheme, label, truth) else "wrong"
    if case["answer"] is not None and truth is None:
        case["outcome"] = "unscored"
    return case


def _rank(names: Sequence[str]) -> Any:
    place = {name: rank for rank, name in enumerate(names)}
    return lambda label: (place.get(label, len(place)), label)


def _summary(item: str, part: pd.DataFrame) -> dict[str, Any]:
    outcomes = part["outcome"].tolist()
    unread = outcomes.count("none")
    right = outcomes.count("right")
    # Silence is not right where something could have been.
    could = part["truth"].notna()
    scored = int(could.sum())
    if outcomes and unread * 2 > len(outcomes):
        kind = "unread"
    elif not scored:
        kind = "unscored"
    elif right / scored < _HARD:
        kind = "hard"
    else:
        kind = "easy" if right / scored > _EASY else "divided"
    return {
        "item_id": item, "kind": kind, "n_right": right, "n_scored": scored, "n_unread": unread,
    }  # fmt: skip


def _share(row: dict[str, Any]) -> float:
    return row["n_right"] / row["n_scored"] if row["n_scored"] else 0.0
