"""Files that are broken, disguised or hostile end in a message with a cure, never otherwise."""

from __future__ import annotations

import os
import unicodedata
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile
from tests.data.image_samples import corners, encode, grain, png_of_size, save

from mllmsent.data import image_files
from mllmsent.data.image_faults import ImageError
from mllmsent.data.image_files import find_image_file, read_image_file
from mllmsent.data.images import fit_image, inspect_image, open_image
from mllmsent.foundation import InputError

if TYPE_CHECKING:
    from pathlib import Path

DISGUISED = {
    "an HTML page": b"<!DOCTYPE html>\n<html><body>404</body></html>",
    "an HTML page ": b"\xef\xbb\xbf  <!-- cached --> <HTML><head></head></HTML>",
    "an SVG drawing": b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>',
    "an XML document": b'<?xml version="1.0"?><error>AccessDenied</error>',
    "JSON": b'{"error": "not found"}',
    "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run\n",
    "a PDF document": b"%PDF-1.7\n",
    "a Git LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
    "an HEIC picture": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(40),
    "a video": b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(40),
    "a JPEG 2000 picture": b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(40),
    "a ZIP archive": b"PK\x03\x04" + bytes(40),
    "nothing but zero bytes": bytes(5000),
    "text": "Too many requests. Bitte später noch einmal versuchen.".encode(),
    "not an image of a kind that is read": bytes(range(256)),
}


@pytest.mark.parametrize(("what", "data"), DISGUISED.items())
def test_what_is_no_image_is_called_by_its_name(what: str, data: bytes, tmp_path: Path) -> None:
    path = save(tmp_path, "photo.jpg", data)
    for read in (open_image, inspect_image):
        with pytest.raises(InputError, match=f"(?s)photo.jpg.*{what.strip()}") as caught:
            read(path)
        assert isinstance(caught.value, ImageError)
        assert caught.value.code == "not-an-image"
        assert caught.value.cure


TRUNCATABLE: list[tuple[str, dict[str, Any]]] = [
    ("JPEG", {}),
    ("JPEG", {"progressive": True}),
    ("JPEG", {"quality": 20}),
    ("JPEG", {"restart_marker_rows": 1}),
    ("PNG", {}),
    ("WEBP", {}),
    ("WEBP", {"lossless": True}),
    ("GIF", {}),
    ("BMP", {}),
    ("TIFF", {}),
    ("TIFF", {"compression": "tiff_lzw"}),
    ("AVIF", {}),
]


@pytest.mark.parametrize(("kind", "options"), TRUNCATABLE)
@pytest.mark.parametrize("part", [0.1, 0.4, 0.7, 0.95])
def test_a_truncated_file_is_an_error_that_says_so(
    kind: str, options: dict[str, Any], part: float, tmp_path: Path
) -> None:
    data = encode(grain(), kind, **options)
    path = save(tmp_path, "cut off.jpg", data[: int(len(data) * part)])
    with pytest.raises(ImageError, match=r"cut off\.jpg.*truncated.*\n.*again") as caught:
        open_image(path)
    assert caught.value.code == "truncated"


@pytest.mark.parametrize("options", [{}, {"quality": 20}, {"restart_marker_rows": 1}])
@pytest.mark.parametrize("part", [0.2, 0.5, 0.8, 0.95])
def test_a_truncated_jpeg_is_found_out_although_it_has_an_end_marker(
    options: dict[str, Any], part: float
) -> None:
    """Pillow alone paints what is missing gray and says nothing."""
    data = encode(grain(), "JPEG", **options)
    cut = data[: int(len(data) * part)].rstrip(b"\xff") + b"\xff\xd9"
    Image.open(BytesIO(cut)).load()
    with pytest.raises(ImageError, match="truncated"):
        open_image(cut)


def test_a_progressive_jpeg_that_lacks_scans_is_found_out_although_it_has_an_end_marker() -> None:
    data = encode(grain(), "JPEG", progressive=True)
    second_scan = [at for at in range(len(data)) if data[at : at + 2] == b"\xff\xda"][1]
    cut = data[:second_scan] + b"\xff\xd9"
    Image.open(BytesIO(cut)).load()
    with pytest.raises(ImageError, match="last scans are missing"):
        open_image(cut)


def test_a_complete_jpeg_may_lack_its_end_marker_or_be_followed_by_something() -> None:
    """Cameras forget the marker, and append previews: neither loses a pixel."""
    data = encode(grain(), "JPEG")
    expected = open_image(data).tobytes()
    assert open_image(data[:-2]).tobytes() == expected
    assert open_image(data + b"\x00trailer" + data).tobytes() == expected


def test_truncated_files_are_found_out_although_the_program_told_pillow_to_tolerate_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    for kind in ("JPEG", "PNG", "GIF"):
        data = encode(grain(), kind)
        assert open_image(data).size == (160, 120)
        with pytest.raises(ImageError, match="truncated"):
            open_image(data[: len(data) // 2])
    assert ImageFile.LOAD_TRUNCATED_IMAGES


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(("width", "height"), [(20_000, 6_000), (60_000, 60_000), (2**31 - 1, 9)])
def test_a_bomb_is_refused_by_its_header_before_anything_is_decoded(
    width: int, height: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda self: pytest.fail("decoded"))
    with pytest.raises(ImageError, match=r"pixels.*; at most 100,000,000") as caught:
        open_image(png_of_size(width, height))
    assert caught.value.code == "too-large"


def test_an_empty_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"(?s)a\.jpg.*empty.*again"):
        open_image(save(tmp_path, "a.jpg", b""))
    with pytest.raises(ImageError, match="no bytes"):
        open_image(b"")


def test_folders_and_pipes_are_not_waited_for(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="a folder"):
        read_image_file(tmp_path)
    pipe = tmp_path / "pipe.jpg"
    os.mkfifo(pipe)
    with pytest.raises(ImageError, match="a pipe"):
        inspect_image(pipe)
    endless = tmp_path / "endless.jpg"
    endless.symlink_to("/dev/zero")
    with pytest.raises(ImageError, match="device"):
        inspect_image(endless)


def test_links_that_lead_in_a_circle_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").symlink_to(tmp_path / "b.jpg")
    (tmp_path / "b.jpg").symlink_to(tmp_path / "a.jpg")
    with pytest.raises(ImageError, match="leads back to itself") as caught:
        inspect_image(tmp_path / "a.jpg")
    assert caught.value.code == "symlink-loop"


def test_a_link_to_nowhere_is_a_missing_file(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").symlink_to(tmp_path / "gone.jpg")
    with pytest.raises(ImageError) as caught:
        inspect_image(tmp_path / "a.jpg")
    assert caught.value.code == "missing-file"


def test_a_file_larger_than_any_photograph_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_files, "MAX_FILE_BYTES", 100)
    with pytest.raises(ImageError, match="MiB"):
        read_image_file(save(tmp_path, "a.png", encode(corners(), "PNG")))


@pytest.mark.parametrize(
    ("there", "asked", "cure"),
    [
        ("IMG_1.JPG", "img_1.jpg", "Did you mean 'IMG_1.JPG'?"),
        ("1234.jpg", "1234", "Did you mean '1234.jpg'?"),
        ("cat.png", "cat.jpg", "Did you mean 'cat.png'?"),
        ("cat.png", "dog.jpg", "take its row out"),
    ],
)
def test_a_missing_file_comes_with_the_likeliest_one(
    there: str, asked: str, cure: str, tmp_path: Path
) -> None:
    save(tmp_path, there, b"x")
    with pytest.raises(ImageError) as caught:
        find_image_file(tmp_path / asked)
    assert caught.value.code == "missing-file"
    assert cure in caught.value.cure


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageError) as caught:
        find_image_file(tmp_path / "nowhere" / "a.jpg")
    assert "There is no folder" in caught.value.cure


@pytest.mark.parametrize("name", ["x" * 5000, "a\x00b.jpg"])
def test_names_that_no_file_system_allows_are_an_input_error(name: str, tmp_path: Path) -> None:
    with pytest.raises(ImageError):
        inspect_image(tmp_path / name)


@pytest.mark.parametrize(("disk", "table"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_a_name_is_found_in_either_unicode_form(
    disk: Literal["NFC", "NFD"], table: Literal["NFC", "NFD"], tmp_path: Path
) -> None:
    on_disk = unicodedata.normalize(disk, "café Ångström.png")
    in_table = unicodedata.normalize(table, "café Ångström.png")
    path = save(tmp_path, on_disk, encode(corners(), "PNG"))
    assert find_image_file(tmp_path / in_table) == path
    assert inspect_image(tmp_path / in_table).faults == ()


def test_a_file_added_later_is_found(tmp_path: Path) -> None:
    """The folder's listing is kept while the folder is unchanged, and not longer."""
    name = unicodedata.normalize("NFD", "é.png")
    with pytest.raises(ImageError):
        find_image_file(tmp_path / name)
    os.utime(tmp_path, ns=(1, 1))
    path = save(tmp_path, unicodedata.normalize("NFC", "é.png"), b"x")
    assert find_image_file(tmp_path / name) == path


@pytest.mark.parametrize("name", ["with space.png", "日本語.png", "🙂.png", "a\nb.png", "-rf.png"])
def test_any_name_the_file_system_allows_is_read(name: str, tmp_path: Path) -> None:
    assert inspect_image(save(tmp_path, name, encode(corners(), "PNG"))).faults == ()


SIGNATURES = [
    b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xda", b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR", b"GIF89a",
    b"RIFF\xff\x00\x00\x00WEBPVP8 ", b"RIFF\xff\x00\x00\x00WEBPVP8X", b"II*\x00\x08\x00\x00\x00",
    b"MM\x00*\x00\x00\x00\x08", b"II+\x00\x08\x00\x00\x00", b"BM" + bytes(12) + b"\x28\x00\x00\x00",
    b"\x00\x00\x00\x1cftypavif", b"<svg", b"%!PS", b"",
]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(SIGNATURES), st.binary(max_size=600))
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_random_bytes_raise_nothing_but_input_errors(signature: bytes, rest: bytes) -> None:
    for read in (open_image, lambda data: fit_image(data, max_side=8)):
        with suppress(InputError):
            read(signature + rest)


WHOLE = [encode(grain(48, 40), kind, **options) for kind, options in TRUNCATABLE]


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(WHOLE),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=8),
    st.floats(0, 1),
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_damaged_images_open_as_rgb_or_raise_input_errors(
    data: bytes, damages: list[tuple[float, int]], part: float
) -> None:
    damaged = bytearray(data[: int(len(data) * max(part, 0.1))] if part < 0.5 else data)
    for place, value in damages:
        damaged[min(int(place * len(damaged)), len(damaged) - 1)] = value
    with suppress(InputError):
        assert open_image(bytes(damaged), max_pixels=1_000_000).mode == "RGB"
