"""A small made dataset that several tests look at."""

from pathlib import Path

import pytest

from mllmsent.dioramas import make_dioramas


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty dioramas of 128 pixels; tests read it and leave it as it is."""
    return make_dioramas(tmp_path_factory.mktemp("dioramas") / "made", n=30, seed=7, size=128)
