"""One number over another, where there is another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from mllmsent.metrics.metric import Floats

__all__ = ["ratio"]


def ratio(part: Floats, whole: Floats) -> Floats:
    """`part` over `whole`, row by row; NaN where `whole` is not above zero."""
    shape = np.broadcast_shapes(np.shape(part), np.shape(whole))
    share: Floats = np.divide(part, whole, out=np.full(shape, np.nan), where=whole > 0)
    return share
