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
many by lot), and whether more goes wrong there than elsewhere is asked of the other half, right and
wrong answers alike: per cluster and system, the share of wrong answers inside and outside, with an
interval that draws groups again, and a one-sided test, corrected by Holm over all clusters, systems
and dimensions of a scheme. The test is Fisher's exact one; of all systems together, and where items
were asked several times or stand in groups, one by the moderated standard error of the difference. A
cluster in which nobody is clearly worse is a kind of item, and no pattern of mistakes.

Clusters are named by class-based TF-IDF (Grootendorst 2022, BERTopic) of the texts in their region
against all others, and where there are no texts by the measures in which their pictures differ most.
Typical are the medoids. What the dataset says of its items took no part, and is tested for being more
frequent inside. The map is a t-SNE (van der Maaten and Hinton 2008) of the cases, of more than 600 of
so many by lot: only nearness means something on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.boards import board_title, boards
from mllmsent.analysis.error_clusters.cases import error_cases
from mllmsent.analysis.error_clusters.marks import region_marks, region_names
from mllmsent.analysis.error_clusters.rates import region_rates
from mllmsent.analysis.error_clusters.regions import find_regions
from mllmsent.analysis.error_clusters.tables import COLUMNS, ClusterBoard, cluster_tables, is_clear
from mllmsent.analysis.error_clusters.vectors import vectors_of_run
from mllmsent.analysis.found import Analysis, Found, Statement
from mllmsent.analysis.numbers import p_value, with_interval
from mllmsent.metrics import Resampling, holm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.analysis.error_clusters.regions import Regions
    from mllmsent.analysis.error_clusters.vectors import ItemVectors
    from mllmsent.analysis.evidence import Evidence
    from mllmsent.analysis.material import Material

__all__ = ["ERROR_CLUSTERS", "find_error_clusters"]

MOST_TOLD = 5
"""Clusters that have a sentence of their own; the table has them all."""


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
    tables: dict[str, list[dict[str, Any]]] = {name: [] for name in COLUMNS}
    found: dict[str, list[ClusterBoard]] = {}
    for scheme, dimension in boards(evidence):
        cases = error_cases(evidence, scheme, dimension, condition=condition)
        title = board_title(scheme, dimension)
        made: Regions | str = "nothing can be scored."
        if cases is not None:
            made = find_regions(vectors, cases, evidence.groups, seed=resampling.seed)
        if cases is None or isinstance(made, str):
            lacking.append(f"{title}: {made}")
            continue
        marks = region_marks(evidence, made)
        names = region_names(marks, made.n_clusters)
        rates = region_rates(cases, made, resampling=resampling)
        found.setdefault(scheme.name, []).append(ClusterBoard(cases, made, marks, names, rates))
    for of_scheme in found.values():
        _correct(of_scheme)
        for board in of_scheme:
            told = cluster_tables(board, 1 - resampling.level)
            for name, rows in told.items():
                tables[name] += rows
            statements += _statements(board, told, vectors.told, 1 - resampling.level)
    return Found(
        tuple(statements),
        {name: pd.DataFrame(rows, columns=list(COLUMNS[name])) for name, rows in tables.items()},
        tuple(lacking),
    )


def _correct(of_scheme: Sequence[ClusterBoard]) -> None:
    """Add the corrected p value to every row of rates."""
    rows = [row for board in of_scheme for row in board.rates]
    for row, p in zip(rows, holm([row["p"] for row in rows]), strict=True):
        row["p_holm"] = float(p)


def _statements(
    board: ClusterBoard, told: Mapping[str, Sequence[dict[str, Any]]], made_of: str, alpha: float
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
    clear = [row for row in told["clusters"] if row["clearly_worse"] or is_clear(row, alpha)]
    # First what is hard for all together, then what is for some: each by how much worse it is.
    clear.sort(key=lambda row: (not is_clear(row, alpha), -row["worse"]))
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
    clear = sorted((each for each in own if is_clear(each, alpha)), key=lambda each: each["p_holm"])
    one = clear[0] if clear and not is_clear(row, alpha) else row
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
