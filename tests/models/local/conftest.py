"""Tiny checkpoints, made once a session; and tests that need torchvision."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.models.local.torchvision_ops import HAS_TORCHVISION, declare_missing

os.environ.setdefault("HF_HUB_OFFLINE", "1")
declare_missing()


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """`tiny(family)`: the folder of a tiny checkpoint; not to be written into."""
    made: dict[str, Path] = {}

    def find(family: str) -> Path:
        from tests.models.local.checkpoints import build  # noqa: PLC0415 - imports torch

        if family not in made:
            folder = tmp_path_factory.mktemp("checkpoints") / family
            build(family, folder)
            made[family] = folder
        return made[family]

    return find


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Digests of weights are remembered here, and not where the user keeps them."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MLLMSENT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if HAS_TORCHVISION:
        return
    skip = pytest.mark.skip(reason="needs torchvision: `make torchvision` runs these")
    for item in items:
        if item.get_closest_marker("torchvision") is not None:
            item.add_marker(skip)
