"""Tiny checkpoints, made once a session, and a cache folder for each test."""

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")

if importlib.util.find_spec("torch") is None:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """`tiny(family)`: the folder of a tiny checkpoint; not to be written into."""
    made: dict[str, Path] = {}

    def find(family: str) -> Path:
        from tests.text.transformer.checkpoints import build  # noqa: PLC0415 - imports torch

        if family not in made:
            made[family] = build(family, tmp_path_factory.mktemp("texts") / family)
        return made[family]

    return find


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where trainings and features are remembered: a place of the test's own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("MLLMSENT_CACHE", str(folder))
    from mllmsent.text.transformer import features  # noqa: PLC0415 - after the environment is set

    monkeypatch.setattr(features, "_KNOWN", type(features._KNOWN)())
    return folder
