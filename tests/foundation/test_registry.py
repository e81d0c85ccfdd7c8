"""Names that packages add are found while they are there, and looked for once."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING

from mllmsent.foundation import registry
from mllmsent.foundation.registry import installed

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

GROUP = "mllmsent.nothing-real"


def names() -> list[str]:
    return [point.name for point in installed(GROUP)]


def install(place: Path, package: str) -> None:
    metadata = place / f"{package}-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text(f"[{GROUP}]\nof-{package} = {package}:THING\n")


def test_a_package_that_is_installed_meanwhile_is_found_without_a_new_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As from a notebook that runs `pip install` in one of its cells."""
    monkeypatch.syspath_prepend(str(tmp_path))
    assert names() == []
    install(tmp_path, "first")
    assert names() == ["of-first"]
    install(tmp_path, "second")
    assert sorted(names()) == ["of-first", "of-second"]


def test_the_metadata_of_packages_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def counted(*, group: str) -> importlib.metadata.EntryPoints:
        asked.append(group)
        return importlib.metadata.entry_points(group=group)

    monkeypatch.setattr(registry, "entry_points", counted)
    group = "mllmsent.asked-often"
    assert [installed(group) for _ in range(5)] == [()] * 5
    assert asked == [group]
