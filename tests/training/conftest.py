"""A checkpoint trained for a few steps, for all tests of the training code."""

from pathlib import Path

import pytest

from training.recipe import get_recipe
from training.train import train


@pytest.fixture(scope="session")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a model that was trained for three steps, and its log."""
    folder = tmp_path_factory.mktemp("training") / "trial"
    train(get_recipe("trial"), folder, keep_every=2, workers=1)
    return folder
