"""Small copies of pictures, or why there is none."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from mllmsent.foundation.digest import file_sha256
from mllmsent.report.thumbnails import thumbnail

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = (tmp_path / "data").resolve()
    folder.mkdir()
    Image.new("RGB", (1200, 600), "teal").save(folder / "wide.png")
    Image.new("RGB", (10, 10), "red").save(tmp_path / "private.png")
    return folder


def test_a_picture_becomes_a_small_one_inside_the_page(root: Path) -> None:
    small = thumbnail(root, "wide.png")
    assert (small.width, small.height, small.reason) == (360, 180, "")
    head, data = small.uri.split(",")
    assert head in {"data:image/webp;base64", "data:image/jpeg;base64"}
    assert Image.open(BytesIO(base64.b64decode(data))).size == (360, 180)


def test_a_picture_that_is_elsewhere_leaves_a_word(root: Path) -> None:
    assert thumbnail(root, "gone.png").reason == "This picture is not on this machine."


def test_a_picture_that_was_changed_since_is_not_shown(root: Path) -> None:
    assert thumbnail(root, "wide.png", file_sha256(root / "wide.png")).uri
    changed = thumbnail(root, "wide.png", "0" * 64)
    assert (changed.uri, changed.reason) == ("", "This picture has changed since the run.")


@pytest.mark.parametrize("path", ["../private.png", "/etc/passwd", "a/../../private.png", "C:\\x"])
def test_a_strangers_run_cannot_bring_private_files_into_the_page(root: Path, path: str) -> None:
    found = thumbnail(root, path)
    assert found.uri == ""
    assert found.reason


def test_a_file_that_is_no_picture_says_so(root: Path) -> None:
    (root / "fake.png").write_text("<script>alert(1)</script>")
    found = thumbnail(root, "fake.png")
    assert found.uri == ""
    assert found.reason
