"""What marks the items of a cluster: words, values of their metadata, and measures of their pictures.

Words (class-based TF-IDF) and measures are what clusters were made of: they name them and prove
nothing. Metadata had no part in it, so that it can be tested: whether a value is more frequent inside
than outside, by one item of each group, corrected by Holm for all values and clusters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.error_clusters.vectors import z_scores
from mllmsent.analysis.item_subgroups import find_subgroups
from mllmsent.metrics import holm
from mllmsent.metrics.membership import Blocks
from mllmsent.metrics.share_test import share_test
from mllmsent.text.class_terms import class_terms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mllmsent.analysis.error_clusters.regions import Regions
    from mllmsent.analysis.evidence import Evidence
    from mllmsent.metrics.metric import Floats

__all__ = ["FAR", "region_marks", "region_names"]

FAR = 0.8
"""Least difference of a measure that marks a cluster, in its standard deviations (a large effect by
Cohen 1988)."""

MOST_MEASURES = 5
"""Most measures that mark one cluster."""

NAME_WORDS = 4
"""Words of a name."""

NAME_MEASURES = 2
"""Measures of the name of a cluster without words."""


def region_marks(evidence: Evidence, regions: Regions) -> list[dict[str, Any]]:
    """What marks each cluster.

    Args:
        evidence: The run's tables.
        regions: The clusters.

    Returns:
        A row per mark, by cluster and kind, the most telling first: cluster, kind ("word",
        "metadata" or "measure"), mark, inside and elsewhere (share of the items that have it; of
        measures their mean), weight (class-based TF-IDF; of metadata the difference of the shares;
        of measures that of the means in standard deviations), p and p_holm (of metadata).
    """
    rows: list[dict[str, Any]] = [
        {
            "cluster": name,
            "kind": "word",
            "mark": term.term,
            "inside": term.inside,
            "elsewhere": term.elsewhere,
            "weight": term.weight,
        }
        for name, terms in class_terms(regions.vectors.words, regions.cluster).items()
        for term in terms
    ]
    rows += _metadata(evidence, regions)
    rows += _measures(regions)
    return sorted(rows, key=lambda row: row["cluster"])


def region_names(marks: Sequence[Mapping[str, Any]], n_clusters: int) -> list[str]:
    """A name for each cluster: its first words, else its farthest measures, else its number."""
    names: list[str] = []
    for number in range(1, n_clusters + 1):
        own = [mark for mark in marks if mark["cluster"] == number]
        words = _apart([mark["mark"] for mark in own if mark["kind"] == "word"])
        measures = [mark for mark in own if mark["kind"] == "measure"][:NAME_MEASURES]
        said = words[:NAME_WORDS] or [
            f"{'high' if mark['weight'] > 0 else 'low'} {mark['mark'].replace('_', ' ')}"
            for mark in measures
        ]
        name = ", ".join(said) or f"cluster {number}"
        names.append(f"{name} ({number})" if name in names else name)
    return names


def _apart(words: Sequence[str]) -> list[str]:
    """Words without those of which another is the beginning: "building", not also "buildings"."""
    kept: list[str] = []
    for word in words:
        if not any(word.startswith(other) or other.startswith(word) for other in kept):
            kept.append(word)
    return kept


def _metadata(evidence: Evidence, regions: Regions) -> list[dict[str, Any]]:
    items = regions.vectors.items.tolist()
    asked = evidence.items[evidence.items["item_id"].isin(items)]
    labels = {label for known in evidence.schemes.values() for label in known.label_names}
    subgroups = find_subgroups(asked, groups=evidence.groups, labels=labels).subgroups
    if not subgroups:
        return []
    # One item of each group: a group's items are alike in what is said of them.
    _, alone = np.unique([evidence.groups[item] for item in items], return_index=True)
    ids, cluster = np.array(items)[alone], regions.cluster[alone]
    has = _belonging(ids, [each.items for each in subgroups])
    known = _belonging(ids, [each.known for each in subgroups])
    found: list[dict[str, Any]] = []
    tests = []
    for name in range(1, regions.n_clusters + 1):
        inside = cluster == name
        tests.append(share_test(Blocks(has * known, known, inside)))
        with np.errstate(divide="ignore", invalid="ignore"):
            within = (has * known)[inside].sum(axis=0) / known[inside].sum(axis=0)
            without = (has * known)[~inside].sum(axis=0) / known[~inside].sum(axis=0)
        found += [
            {
                "cluster": name,
                "kind": "metadata",
                "mark": f"{each.column} {each.value}",
                "inside": within[at],
                "elsewhere": without[at],
                "weight": within[at] - without[at],
                "p": tests[-1][at],
            }
            for at, each in enumerate(subgroups)
        ]
    for row, p in zip(found, holm(np.concatenate(tests)), strict=True):
        row["p_holm"] = p
    return sorted(found, key=lambda row: -np.nan_to_num(row["weight"]))


def _belonging(ids: NDArray[np.str_], sets: Sequence[frozenset[str]]) -> Floats:
    """(N, sets) 1 for the items of each set."""
    place = {item: row for row, item in enumerate(ids.tolist())}
    belongs = np.zeros((len(ids), len(sets)))
    for column, members in enumerate(sets):
        belongs[[place[item] for item in members if item in place], column] = 1
    return belongs


def _measures(regions: Regions) -> list[dict[str, Any]]:
    table, names = regions.vectors.measures, regions.vectors.measure_names
    known = ~np.isnan(table).all(axis=1) if len(names) else np.zeros(len(table), dtype=bool)
    rows: list[dict[str, Any]] = []
    if not known.any():
        return rows
    table, cluster = table[known], regions.cluster[known]
    scores = z_scores(table)
    for name in range(1, regions.n_clusters + 1):
        inside = cluster == name
        if not inside.any() or inside.all():
            continue
        away = scores[inside].mean(axis=0) - scores[~inside].mean(axis=0)
        farthest = np.argsort(-np.abs(away), kind="stable")[:MOST_MEASURES]
        rows += [
            {
                "cluster": name,
                "kind": "measure",
                "mark": names[at],
                "inside": float(np.nanmean(table[inside, at])),
                "elsewhere": float(np.nanmean(table[~inside, at])),
                "weight": float(away[at]),
            }
            for at in farthest
            if abs(away[at]) >= FAR
        ]
    return rows
