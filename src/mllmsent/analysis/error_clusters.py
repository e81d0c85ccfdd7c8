"""What have the mistakes in common? Items that were got wrong, clustered by what they are like.

A case is an item that a system got wrong: another label than the people's or none that could be
read; of a number, one farther from the people's mean than an eighth of the scale. Items are points
made of their descriptions (sentence vectors where the extra `embedding` and its model are there,
else TF-IDF with truncated SVD) and of measures of their pictures, each block scaled to the same total
variance. Diffusion maps (Coifman and Lafon 2006) lay the cases out by who is whose neighbor, and
HDBSCAN (Campello, Moulavi and Sander 2013) finds the dense regions; what lies in none belongs to none.

Clusters of mistakes are always found, also where mistakes fall at random: they are then the kinds of
pictures that there are many of. So clusters are found on one half of the items (groups kept whole),
among those that a larger share of the answers got wrong than the mean item's (of more than 2,000, so
many by lot), and whether more goes wrong there than elsewhere is asked
of the other half, right and wrong answers alike: per cluster and system, the share of wrong answers
inside and outside, with an interval that draws groups again, and a one-sided test (Fisher's exact test; of all
systems together, and where items were asked several times or stand in groups, one by the moderated
standard error of the difference), corrected by Holm over all clusters, systems and dimensions of a
scheme. A cluster in which nobody is clearly worse is a kind of item, and no pattern of mistakes.

Clusters are named by class-based TF-IDF (Grootendorst 2022, BERTopic) of the texts in their region
against all others, and where there are no texts by the measures in which their pictures differ most.
Typical are the medoids. What the dataset says of its items took no part, and is tested for being more
frequent inside. The map is a t-SNE (van der Maaten and Hinton 2008) of the cases, of more than 600 of
so many by lot: only nearness means something on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.answers import boards
from mllmsent.analysis.error_cases import ErrorCases, error_cases
from mllmsent.analysis.error_regions import Regions, find_regions
from mllmsent.analysis.found import Analysis, Found, Statement
from mllmsent.analysis.item_vectors import vectors_of_run
from mllmsent.analysis.numbers import p_value, with_interval
from mllmsent.analysis.region_marks import region_marks, region_names
from mllmsent.analysis.region_rates import region_rates
from mllmsent.metrics import Resampling, holm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from mllmsent.analysis.evidence import Evidence
    from mllmsent.analysis.item_vectors import ItemVectors
    from mllmsent.analysis.material import Material

__all__ = ["ERROR_CLUSTERS", "find_error_clusters"]

CLUSTER_COLUMNS = (
    "scheme", "dimension", "cluster", "name", "n_items", "n_wrong", "n_held_out", "rate", "low",
    "high", "elsewhere", "worse", "worse_low", "worse_high", "p", "p_holm", "n_systems",
    "clearly_worse", "confusion", "confusion_share", "confusion_elsewhere",
)  # fmt: skip
SYSTEM_COLUMNS = (
    "scheme", "dimension", "cluster", "name", "system_id", "system", "n_held_out", "rate", "low",
    "high", "elsewhere", "worse", "worse_low", "worse_high", "p", "p_holm", "share_of_errors",
    "confusion", "confusion_share",
)  # fmt: skip
MEMBER_COLUMNS = (
    "scheme", "dimension", "item_id", "cluster", "held_out", "n_wrong", "typical", "x", "y",
    "truth", "confusion", "text",
)  # fmt: skip
MARK_COLUMNS = (
    "scheme", "dimension", "cluster", "kind", "mark", "inside", "elsewhere", "weight", "p", "p_holm",
)  # fmt: skip

EXCERPT = 160
"""Characters of a text in the table of members."""

MOST_TOLD = 5
"""Clusters that have a sentence of their own; the table has them all."""


@dataclass(frozen=True, eq=False)
class _Board:
    """What was found in one scheme or dimension, before p values are corrected."""

    cases: ErrorCases
    regions: Regions
    marks: Sequence[dict[str, Any]]
    names: Sequence[str]
    rates: Sequence[dict[str, Any]]

    @property
    def place(self) -> dict[str, Any]:
        return {"scheme": self.cases.scheme.name, "dimension": self.cases.dimension or None}


def find_error_clusters(
    evidence: Evidence,
    vectors: ItemVectors,
    *,
    resampling: Resampling | None = None,
    condition: str = "none",
) -> Found:
    """The clusters of mistakes of a run; see the module.

    Args:
        evidence: The run's tables.
        vectors: Its items as points; made beforehand, which may take long.
        resampling: How intervals are made, and the seed of halves and lots.
        condition: The condition under which systems answered.

    Returns:
        Statements, the tables `clusters`, `systems`, `members` and `marks`, and what could not be
        computed.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    resampling = resampling or Resampling()
    lacking = list(vectors.lacking)
    statements: list[Statement] = []
    tables: dict[str, list[dict[str, Any]]] = {
        "clusters": [], "systems": [], "members": [], "marks": [],
    }  # fmt: skip
    found: dict[str, list[_Board]] = {}
    for scheme, dimension in boards(evidence):
        cases = error_cases(evidence, scheme, dimension, condition=condition)
        title = f"{scheme.name}, {dimension}" if dimension else scheme.name
        made: Regions | str = "nothing can be scored."
        if cases is not None:
            made = find_regions(vectors, cases, evidence.groups, seed=resampling.seed)
        if cases is None or isinstance(made, str):
            lacking.append(f"{title}: {made}")
            continue
        marks = region_marks(evidence, made)
        names = region_names(marks, made.n_clusters)
        rates = region_rates(cases, made, resampling=resampling)
        found.setdefault(scheme.name, []).append(_Board(cases, made, marks, names, rates))
    for of_scheme in found.values():
        _correct(of_scheme)
        for board in of_scheme:
            told = _told(board, 1 - resampling.level)
            for name, rows in told.items():
                tables[name] += rows
            statements += _statements(board, told, vectors.told, 1 - resampling.level)
    columns = {
        "clusters": CLUSTER_COLUMNS, "systems": SYSTEM_COLUMNS, "members": MEMBER_COLUMNS,
        "marks": MARK_COLUMNS,
    }  # fmt: skip
    return Found(
        tuple(statements),
        {name: pd.DataFrame(rows, columns=list(columns[name])) for name, rows in tables.items()},
        tuple(lacking),
    )


def _correct(of_scheme: Sequence[_Board]) -> None:
    """Add the corrected p value to every row of rates."""
    rows = [row for board in of_scheme for row in board.rates]
    for row, p in zip(rows, holm([row["p"] for row in rows]), strict=True):
        row["p_holm"] = float(p)


def _told(board: _Board, alpha: float) -> dict[str, list[dict[str, Any]]]:
    """The rows of each table."""
    cluster_of = dict(
        zip(board.regions.vectors.items.tolist(), board.regions.cluster.tolist(), strict=True)
    )
    confusions = board.cases.confusions
    confusions = confusions.assign(cluster=confusions["item_id"].astype(str).map(cluster_of))
    confusions = confusions[confusions["cluster"].notna()]
    held_out = set(board.regions.vectors.items[board.regions.held_out].tolist())
    later = confusions[confusions["item_id"].isin(held_out)]
    of_all = _usual(later, ["cluster"])
    of_each = _usual(later, ["cluster", "system_id"])
    systems, clusters = [], []
    errors = _held_out_errors(board)
    for row in board.rates:
        number, system = row["cluster"], row["system_id"]
        own = board.place | {"name": board.names[number - 1]} | row
        if system:
            confusion, share, _ = of_each.get((number, system), ("", np.nan, np.nan))
            systems.append(
                own
                | {
                    "system": board.cases.systems[system],
                    "share_of_errors": errors[system][number],
                    "confusion": confusion,
                    "confusion_share": share,
                }
            )
            continue
        inside = board.regions.cluster == number
        confusion, share, elsewhere = of_all.get((number,), ("", np.nan, np.nan))
        clusters.append(
            own
            | {
                "n_items": int(inside.sum()),
                "n_wrong": int((board.regions.n_wrong[inside] > 0).sum()),
                "n_systems": len(board.cases.systems),
                "clearly_worse": sum(
                    _is_clear(each, alpha)
                    for each in board.rates
                    if each["system_id"] and each["cluster"] == number
                ),
                "confusion": confusion,
                "confusion_share": share,
                "confusion_elsewhere": elsewhere,
            }
        )
    marks = [board.place | mark for mark in board.marks]
    members = _members(board, confusions)
    return {"clusters": clusters, "systems": systems, "members": members, "marks": marks}


def _is_clear(row: Mapping[str, Any], alpha: float) -> bool:
    return bool(row["p_holm"] <= alpha and row["worse"] > 0)


def _usual(
    confusions: pd.DataFrame, by: list[str]
) -> dict[tuple[Any, ...], tuple[str, float, float]]:
    """The most frequent confusion of each part, its share there, and its share in all other parts."""
    counts = confusions.groupby([*by, "confusion"], sort=True).size()
    # The groups of one cluster alone say what is usual elsewhere.
    of_part = counts.groupby(level=by).sum()
    of_confusion = counts.groupby(level="confusion").sum()
    total = int(counts.sum())
    found = {}
    largest = counts.sort_values(ascending=False, kind="stable")
    for key, n in largest.items():
        part = tuple(key[:-1])  # type: ignore[index]
        if part in found:
            continue
        confusion = str(key[-1])  # type: ignore[index]
        own = int(of_part.loc[part if len(part) > 1 else part[0]])
        rest = total - own
        elsewhere = (int(of_confusion[confusion]) - n) / rest if rest else np.nan
        found[part] = (confusion, n / own, float(elsewhere))
    return found


def _held_out_errors(board: _Board) -> dict[str, np.ndarray]:
    """System to the share of its held-out wrong answers that lie in each cluster, 0 for none."""
    regions, field = board.regions, board.cases.wrong
    places = {str(item): row for row, item in enumerate(regions.vectors.items)}
    at = np.array([places.get(str(item), -1) for item in field.items], dtype=np.intp)
    asked = (at >= 0) & regions.held_out[at]
    cluster, rates = regions.cluster[at[asked]], np.nan_to_num(board.cases.rates[asked])
    sums = np.zeros((regions.n_clusters + 1, rates.shape[1]))
    np.add.at(sums, cluster, rates)
    shares = sums / np.maximum(sums.sum(axis=0), 1e-12)
    return dict(zip(board.cases.systems, shares.T, strict=True))


def _members(board: _Board, confusions: pd.DataFrame) -> list[dict[str, Any]]:
    """Every item that was got wrong or lies in a cluster."""
    regions = board.regions
    counts = confusions.groupby(["item_id", "confusion"], sort=True).size()
    counts = counts.sort_values(ascending=False, kind="stable").reset_index()
    usual = counts.drop_duplicates("item_id").set_index("item_id")["confusion"].to_dict()
    rows = []
    for at in np.flatnonzero((regions.cluster > 0) | (regions.n_wrong > 0)):
        item = str(regions.vectors.items[at])
        x, y = regions.places[at]
        rows.append(
            board.place
            | {
                "item_id": item,
                "cluster": int(regions.cluster[at]),
                "held_out": bool(regions.held_out[at]),
                "n_wrong": int(regions.n_wrong[at]),
                "typical": int(regions.typical[at]),
                "x": float(x),
                "y": float(y),
                "truth": board.cases.truth.get(item, ""),
                "confusion": usual.get(item, ""),
                "text": " ".join(regions.vectors.texts[at][: 2 * EXCERPT].split())[:EXCERPT],
            }
        )
    return rows


def _statements(
    board: _Board, told: Mapping[str, Sequence[dict[str, Any]]], made_of: str, alpha: float
) -> list[Statement]:
    def say(text: str) -> Statement:
        return Statement(text, board.cases.scheme.name, board.cases.dimension)

    regions = board.regions
    wrong = regions.n_wrong > 0
    outside = float((regions.cluster[wrong] == 0).mean())
    found = [
        say(
            f"{int(wrong.sum()):,} of {len(wrong):,} items were got wrong by at least one system. In "
            f"one half of the items, the {regions.n_cases:,} that were got wrong most make "
            f"{_clusters(regions.n_clusters)}, by {made_of}; {outside:.0%} of all mistaken items lie "
            "in none. What follows is about the other half."
        )
    ]
    clear = [row for row in told["clusters"] if row["clearly_worse"] or _is_clear(row, alpha)]
    # First what is hard for all together, then what is for some: each by how much worse it is.
    clear.sort(key=lambda row: (not _is_clear(row, alpha), -row["worse"]))
    found += [say(_about(row, told["systems"], alpha)) for row in clear[:MOST_TOLD]]
    more, rest = len(clear) - MOST_TOLD, regions.n_clusters - len(clear)
    if more > 0:
        are = "is 1 more such cluster" if more == 1 else f"are {more} more such clusters"
        found.append(say(f"There {are} in the table."))
    if not clear:
        found.append(
            say(
                "In none of them is any system clearly worse than elsewhere: what is alike in these "
                "mistakes is alike in right answers too."
            )
        )
    elif rest:
        found.append(
            say(
                f"In the other {_clusters(rest)} no system is clearly worse than elsewhere: kinds of "
                "items, not patterns of mistakes."
            )
        )
    return found


def _clusters(n: int) -> str:
    return "1 cluster" if n == 1 else f"{n} clusters"


def _about(row: Mapping[str, Any], systems: Sequence[Mapping[str, Any]], alpha: float) -> str:
    """A cluster in which somebody is clearly worse, in a sentence or two."""
    own = [each for each in systems if each["cluster"] == row["cluster"]]
    clear = sorted(
        (each for each in own if _is_clear(each, alpha)), key=lambda each: each["p_holm"]
    )
    one = clear[0] if clear and not _is_clear(row, alpha) else row
    who = one.get("system") or (
        "all systems together" if row["n_systems"] > 1 else own[0]["system"]
    )
    rate = with_interval(one["rate"], one["low"], one["high"])
    text = (
        f"{row['name']}: {who} got {rate} of the answers about {one['n_held_out']:,} such items "
        f"wrong, elsewhere {one['elsewhere']:.2f} ({p_value(one['p_holm'])}, corrected)."
    )
    others = len(clear) - (0 if one is row else 1)
    if one is row and row["n_systems"] > 1:
        by_itself = f"{others} of {row['n_systems']} are" if others else "none is"
        text += f" By themselves, {by_itself} clearly worse there."
    elif others:
        text += f" So it is for {others} more, and of all together it is {row['rate']:.2f}."
    if one["confusion"]:
        text += (
            f" Most often it is {one['confusion']} ({one['confusion_share']:.0%} of the mistakes"
        )
        if one is row and not np.isnan(row["confusion_elsewhere"]):
            text += f"; elsewhere {row['confusion_elsewhere']:.0%}"
        text += ")."
    return text


def _of_run(material: Material) -> Found:
    return find_error_clusters(
        material.evidence,
        vectors_of_run(material),
        resampling=material.resampling,
        condition=material.condition,
    )


ERROR_CLUSTERS = Analysis(
    name="error_clusters",
    title="What the mistakes have in common",
    question="Are there kinds of items on which systems are wrong more often than elsewhere?",
    find=_of_run,
    tables={
        "clusters": "a cluster of items that were got wrong, and how often that happens in it",
        "systems": "a system in a cluster",
        "members": "an item that was got wrong or lies in a cluster, and its place on the map",
        "marks": "a word, a value of the metadata or a measure that marks a cluster",
    },
)
