"""`linear`, cross-validated."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks.text_stage.clock import Took

from mllmsent.text import cross_validate, get_classifier

if TYPE_CHECKING:
    from benchmarks.text_stage.published import Rows


def measure_linear(rows: Rows) -> dict[str, Any]:
    """How long it takes, and how well it reads."""
    took, result = Took.of(
        lambda: cross_validate(
            partial(get_classifier, "linear", rows.scheme),
            rows.texts,
            rows.labels,
            rows.folds,
            scheme=rows.scheme,
        )
    )
    return {
        "texts": len(rows.texts),
        # Folds have processes of their own, whose time is not this one's.
        "seconds": round(took.clock, 2),
        "weighted_f1": rows.weighted_f1(rows.said(result.scores)),
    }
