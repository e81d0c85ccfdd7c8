"""Published means and SDs that no ratings can have."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mllmsent.audit.finding import AffectedRow, Finding, counted
from mllmsent.audit.registry import Audit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mllmsent.affect.scheme import Dimension
    from mllmsent.data.dataset import Dataset

__all__ = ["IMPOSSIBLE_NORMS"]

_ROUNDING = 0.02  # of the scale's length: published numbers are rounded


def check(dataset: Dataset) -> Iterator[Finding]:
    """SDs above what the mean, the count and the scale's ends allow, or below zero.

    Ratings between `low` and `high` with mean m have a variance of at most (m - low)(high - m)
    (Bhatia and Davis 2000, Am. Math. Mon. 107:353), times n / (n - 1) as a sample's.
    """
    scales = {
        (scheme.name, scale.name): scale
        for scheme in dataset.schemes
        for scale in scheme.dimensions
    }
    rows = []
    norms = dataset.norms[dataset.norms["sd"].notna() & dataset.norms["mean"].notna()]
    for norm in norms[
        ["item_id", "scheme", "dimension", "annotator_group", "mean", "sd", "n"]
    ].to_dict("records"):
        scale = scales.get((str(norm["scheme"]), str(norm["dimension"])))
        if scale is None or not scale.low <= norm["mean"] <= scale.high:
            continue
        n = norm["n"] if isinstance(norm["n"], int) else None
        most = _largest_sd(scale, float(norm["mean"]), n)
        if not 0 <= norm["sd"] <= most + _ROUNDING * scale.span:
            rows.append(
                AffectedRow(
                    str(norm["item_id"]),
                    note=f"{norm['dimension']} of {norm['annotator_group']}: SD {norm['sd']:g} with "
                    f"mean {norm['mean']:g} on {scale.low:g}..{scale.high:g} "
                    f"(at most {most:.2f} is possible)",
                )
            )
    if rows:
        yield Finding(
            code="impossible-norms",
            severity="error",
            message=f"{counted(len(rows), 'published SD')} that no ratings on the declared scale can have.",
            cure="Check the scale's ends, and whether the column holds SDs (not variances or SEs).",
            effect="Noise ceilings and weights by agreement are wrong.",
            rows=tuple(rows),
        )


def _largest_sd(scale: Dimension, mean: float, n: int | None) -> float:
    sample = n / (n - 1) if n is not None and n > 1 else 1.0
    return math.sqrt((mean - scale.low) * (scale.high - mean) * sample)


IMPOSSIBLE_NORMS = Audit("impossible-norms", "Means and SDs that no ratings can have.", check)
