"""Do the systems see alike? Their agreement with one another, beyond chance, and in their mistakes.

For labels, Cohen's kappa of each pair (quadratic weights where labels are ordered), Fleiss' kappa
and Krippendorff's alpha of all. For numbers, the concordance correlation of each pair and alpha at
the interval level. Beside it stands the error consistency of Geirhos, Meding and Wichmann (NeurIPS
2020): kappa of being right, which is above 0 where two systems are wrong on the same items more
often than their accuracies make them. Rows are ordered so that systems that agree stand together:
average linkage on 1 - agreement.

An answer that could not be read is no answer, so it is no disagreement; how many were read stands
in the table. Which system is better is another question.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mllmsent.analysis.answers import answers_of
from mllmsent.analysis.found import Analysis, Found, Statement
from mllmsent.analysis.numbers import score_columns, with_interval
from mllmsent.metrics import (
    Resampling,
    cohen_kappas,
    concordances,
    fleiss_kappa,
)
from mllmsent.metrics.repeatability import label_repeatability, rating_repeatability

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.analysis.answers import Answers
    from mllmsent.analysis.evidence import Evidence
    from mllmsent.analysis.material import Material
    from mllmsent.metrics import PairAgreement

__all__ = ["AGREEMENT", "find_agreement", "order_by_likeness"]

PAIR_COLUMNS = (
    "scheme", "dimension", "first_id", "first", "second_id", "second", "n", "same", "measure",
    "agreement", "low", "high", "n_right", "error_consistency", "error_low", "error_high",
)  # fmt: skip
ALL_COLUMNS = ("scheme", "dimension", "systems", "measure", "value", "low", "high", "n", "n_items")
ORDER_COLUMNS = ("scheme", "dimension", "place", "system_id", "system", "n", "read")


def find_agreement(
    evidence: Evidence, *, resampling: Resampling | None = None, condition: str = "none"
) -> Found:
    """How well the systems of a run agree; see the module.

    Args:
        evidence: The run's tables.
        resampling: How intervals are made.
        condition: The condition under which systems answered.

    Returns:
        Statements, the tables `pairs`, `together` and `order`, and what could not be computed.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    resampling = resampling or Resampling()
    pairs: list[dict[str, Any]] = []
    together: list[dict[str, Any]] = []
    order: list[dict[str, Any]] = []
    statements: list[Statement] = []
    lacking: list[str] = []
    for scheme in evidence.schemes.values():
        if scheme.multi_label or scheme.open_vocabulary:
            lacking.append(f"{scheme.name}: agreement is of one label or number per item.")
            continue
        for dimension in scheme.dimension_names or ("",):
            board = answers_of(evidence, scheme, dimension, condition=condition)
            if len(board.systems) < 2:
                lacking.append(
                    f"{board.title}: there is one system only, and nobody to agree with."
                )
                continue
            found = _pairs(evidence, board, resampling)
            if not any(row["n"] for row in found):
                lacking.append(f"{board.title}: no two systems answered the same item.")
                continue
            own = _together(board, resampling)
            pairs += found
            together += own
            order += _order(evidence, board, found)
            statements += _statements(board, found, own)
    return Found(
        statements=tuple(statements),
        tables={
            "pairs": pd.DataFrame(pairs, columns=list(PAIR_COLUMNS)),
            "together": pd.DataFrame(together, columns=list(ALL_COLUMNS)),
            "order": pd.DataFrame(order, columns=list(ORDER_COLUMNS)),
        },
        lacking=tuple(lacking),
    )


def order_by_likeness(names: Sequence[str], likeness: Mapping[tuple[str, str], float]) -> list[str]:
    """Names in an order in which those that are alike stand together.

    Args:
        names: What is ordered.
        likeness: Pair, in either order, to how alike they are, at most 1; absent or NaN is 0.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage  # noqa: PLC0415 - scipy is slow
    from scipy.spatial.distance import squareform  # noqa: PLC0415 - likewise

    if len(names) < 3:
        return list(names)
    apart = np.zeros((len(names), len(names)))
    for row, one in enumerate(names):
        for column, other in enumerate(names):
            if row != column:
                alike = likeness.get((one, other), likeness.get((other, one), 0.0))
                apart[row, column] = 1 - (0.0 if np.isnan(alike) else alike)
    tree = linkage(squareform(apart, checks=False), "average", optimal_ordering=True)
    return [names[int(place)] for place in leaves_list(tree)]


def _pairs(evidence: Evidence, board: Answers, resampling: Resampling) -> list[dict[str, Any]]:
    errors: dict[tuple[str, str], PairAgreement] = {}
    if board.dimension:
        scale = board.scheme.dimension(board.dimension)
        middle = (scale.low + scale.high) / 2
        agreement = concordances(board.numbers, middle, board.grouping, resampling)
        measure = "concordance"
    else:
        ordered = board.scheme.kind == "ordered"
        agreement = cohen_kappas(
            board.codes,
            len(board.scheme.labels),
            board.grouping,
            "quadratic" if ordered else "nominal",
            resampling,
        )
        measure = "kappa, quadratic weights" if ordered else "kappa"
        right = cohen_kappas(board.right(evidence), 2, board.grouping, resampling=resampling)
        errors = {(pair.first, pair.second): pair for pair in right}
    rows = []
    for pair in agreement:
        error = errors.get((pair.first, pair.second))
        rows.append(
            {
                "scheme": board.scheme.name,
                "dimension": board.dimension or None,
                "first_id": pair.first,
                "first": evidence.names[pair.first],
                "second_id": pair.second,
                "second": evidence.names[pair.second],
                "n": pair.n,
                "same": pair.same,
                "measure": measure,
                **score_columns("agreement", pair.score),
                "n_right": 0 if error is None else error.n,
                **score_columns(
                    "error_consistency", None if error is None else error.score, "error_"
                ),
            }
        )
    return rows


def _together(board: Answers, resampling: Resampling) -> list[dict[str, Any]]:
    """Agreement of all systems at once: answers to one question are its units, and move by group."""
    constant = {
        "scheme": board.scheme.name,
        "dimension": board.dimension or None,
        "systems": len(board.systems),
        "n": len(board.rows),
        "n_items": int(board.rows.index.get_level_values("item_id").nunique()),
    }
    if board.dimension:
        scale = board.scheme.dimension(board.dimension)
        numbers = np.column_stack(list(board.numbers.values())) - (scale.low + scale.high) / 2
        known = ~np.isnan(numbers)
        own = np.where(known, numbers, 0.0)
        moments = np.column_stack([part.sum(axis=1) for part in (known, own, own**2)])
        alpha = rating_repeatability({"all": moments}, board.grouping, resampling)["all"].alpha
        return [constant | {"measure": "alpha, interval"} | score_columns("value", alpha)]
    level: Literal["nominal", "ordinal"] = (
        "ordinal" if board.scheme.kind == "ordered" else "nominal"
    )
    codes = np.column_stack(list(board.codes.values()))
    labels = np.arange(len(board.scheme.labels))
    counts = np.stack([(codes == label).sum(axis=1) for label in labels], axis=1).astype(float)
    alpha = label_repeatability({"all": counts}, board.grouping, level, resampling)["all"].alpha
    fleiss = fleiss_kappa(board.codes, len(labels), board.grouping, resampling)
    return [
        constant | {"measure": f"alpha, {level}"} | score_columns("value", alpha),
        constant | {"measure": "Fleiss' kappa"} | score_columns("value", fleiss),
    ]


def _order(
    evidence: Evidence, board: Answers, pairs: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    likeness = {(row["first_id"], row["second_id"]): row["agreement"] for row in pairs}
    return [
        {
            "scheme": board.scheme.name,
            "dimension": board.dimension or None,
            "place": place,
            "system_id": name,
            "system": evidence.names[name],
            "n": board.asked[name],
            "read": int(board.rows[name].notna().sum()),
        }
        for place, name in enumerate(order_by_likeness(board.systems, likeness), start=1)
    ]


def _statements(
    board: Answers, pairs: Sequence[Mapping[str, Any]], together: Sequence[Mapping[str, Any]]
) -> list[Statement]:
    def say(text: str) -> Statement:
        return Statement(text, board.scheme.name, board.dimension)

    alpha = together[0]
    found = []
    if not np.isnan(alpha["value"]):
        found.append(
            say(
                f"The {alpha['systems']} systems agree with one another by Krippendorff's alpha "
                f"{with_interval(alpha['value'], alpha['low'], alpha['high'])}, where 0 is chance "
                "and 1 is always."
            )
        )
    known = [row for row in pairs if not np.isnan(row["agreement"])]
    if len(known) > 1:
        most = max(known, key=lambda row: row["agreement"])
        least = min(known, key=lambda row: row["agreement"])
        what = "concordance" if board.dimension else "kappa"
        found.append(
            say(
                f"Most alike are {most['first']} and {most['second']} ({what} "
                f"{with_interval(most['agreement'], most['low'], most['high'])}), least alike "
                f"{least['first']} and {least['second']} "
                f"({with_interval(least['agreement'], least['low'], least['high'])})."
            )
        )
    erring = [row for row in pairs if not np.isnan(row["error_consistency"])]
    if erring:
        shared = [row for row in erring if row["error_low"] > 0]
        top = max(erring, key=lambda row: row["error_consistency"])
        consistency = with_interval(top["error_consistency"], top["error_low"], top["error_high"])
        pair = f"{top['first']} and {top['second']}"
        often = "wrong on the same items more often than by chance"
        if len(erring) == 1:
            are = "are" if shared else "are not seen to be"
            found.append(say(f"{pair} {are} {often} (error consistency {consistency})."))
        else:
            found.append(
                say(
                    f"In {len(shared)} of {len(erring)} pairs the two are {often}, each by its own "
                    f"interval; most of all {pair} (error consistency {consistency})."
                )
            )
    return found


def _of_run(material: Material) -> Found:
    return find_agreement(
        material.evidence, resampling=material.resampling, condition=material.condition
    )


AGREEMENT = Analysis(
    name="agreement",
    title="Whether the systems see alike",
    question="Do the systems agree with one another, and are they wrong on the same items?",
    find=_of_run,
    tables={
        "pairs": "two systems in one scheme or dimension",
        "together": "a measure of all systems together",
        "order": "a system, in an order in which those that agree stand together",
    },
)
