"""What a file is by its first bytes: the images that are read, and what passes for one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ends_too_early", "image_kind", "other_kind"]

_SIGNATURES = [
    (re.compile(signature, re.DOTALL), kind)
    for signature, kind in (
        (rb"\xff\xd8\xff", "JPEG"),
        (rb"\x89PNG\r\n\x1a\n", "PNG"),
        (rb"GIF8[79]a", "GIF"),
        (rb"RIFF....WEBP", "WEBP"),
        (rb"II[*+]\x00|MM\x00[*+]", "TIFF"),
        (rb"....ftypavi[fs]", "AVIF"),
        (rb"BM.{24}", "BMP"),
    )
]
# Brands of HEIC among the files of boxes ("ftyp").
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"hevc")

_AGAIN = "Download the picture again: a server or a script saved something else under its name."
_CONVERT = "Convert it to PNG or JPEG."
_OTHERS: tuple[tuple[bytes, str, str], ...] = (
    (rb"version https://git-lfs", "a Git LFS pointer, not the picture", "Run `git lfs pull`."),
    (rb"%!PS|\xc5\xd0\xd3\xc6", "PostScript (EPS)", _CONVERT),
    (rb"%PDF", "a PDF document", _CONVERT),
    (rb"8BPS", "a Photoshop document", _CONVERT),
    (rb"\x00\x00\x01\x00", "a Windows icon", _CONVERT),
    (rb"\x00\x00\x00\x0cjP  |\xff\x4f\xff\x51", "a JPEG 2000 picture", _CONVERT),
    (rb"\xff\x0a|\x00\x00\x00\x0cJXL ", "a JPEG XL picture", _CONVERT),
    (rb"PK\x03\x04", "a ZIP archive", "Unpack it."),
    (rb"\x1f\x8b", "a gzip archive", "Unpack it."),
    (rb"RIFF....AVI ", "a video", "Save one of its frames as a picture."),
    (rb"\x1a\x45\xdf\xa3", "a video", "Save one of its frames as a picture."),
    (rb"(?i)(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*(<!doctype svg|<svg)", "an SVG drawing", _CONVERT),
    (rb"(?i)(\xef\xbb\xbf)?\s*(<!--.*?-->\s*)*(<!doctype html|<html|<head|<body)", "an HTML page", _AGAIN),
    (rb"(\xef\xbb\xbf)?\s*<\?xml", "an XML document", _AGAIN),
    (rb"(\xef\xbb\xbf)?\s*[\[{]\s*[\"{\[\]}]", "JSON", _AGAIN),
)  # fmt: skip
_OTHER_PATTERNS = [(re.compile(begin, re.DOTALL), what, cure) for begin, what, cure in _OTHERS]


def image_kind(data: bytes) -> str | None:
    """The format whose signature `data` begins with, among those that are read; else None."""
    for signature, kind in _SIGNATURES:
        if signature.match(data):
            return kind
    return None


def other_kind(data: bytes) -> tuple[str, str]:
    """What a file is that is none of the images that are read, and what to do about it.

    Returns:
        A noun phrase and a cure: "an HTML page", "Download the picture again ...".
    """
    begin = data[:4096]
    if begin[4:8] == b"ftyp":
        if begin[8:12] in _HEIC_BRANDS:
            return "an HEIC picture", "Convert it to JPEG or PNG (phones can be set to save JPEG)."
        return "a video", "Save one of its frames as a picture."
    for pattern, what, cure in _OTHER_PATTERNS:
        if pattern.match(begin):
            return what, cure
    if not begin.strip(b"\x00"):
        return "nothing but zero bytes", "Copy it again: the disk or the transfer failed."
    if _is_text(begin):
        return "text", _AGAIN
    return "not an image of a kind that is read", "JPEG, PNG, WebP, GIF, BMP, TIFF and AVIF are."


def ends_too_early(data: bytes) -> bool:
    """Whether a file's own words say that it goes on after its last byte."""
    check = _ENDS.get(image_kind(data) or "")
    return check is not None and check(data)


def _boxes_end_too_early(data: bytes) -> bool:
    position = 0
    while position + 8 <= len(data):
        size = int.from_bytes(data[position : position + 4], "big")
        if size == 1:
            size = int.from_bytes(data[position + 8 : position + 16], "big")
        if size < 8:  # 0: to the end of the file; others are nonsense
            return False
        position += size
    return position != len(data)


def _tiff_ends_too_early(data: bytes) -> bool:
    first_directory = int.from_bytes(data[4:8], "little" if data.startswith(b"II") else "big")
    return first_directory + 2 > len(data)


_ENDS: dict[str, Callable[[bytes], bool]] = {
    "PNG": lambda data: b"IEND" not in data[-64:],
    "GIF": lambda data: b"\x3b" not in data[-64:],
    "WEBP": lambda data: int.from_bytes(data[4:8], "little") + 8 > len(data),
    "BMP": lambda data: int.from_bytes(data[2:6], "little") > len(data),
    "TIFF": _tiff_ends_too_early,
    "AVIF": _boxes_end_too_early,
}


def _is_text(begin: bytes) -> bool:
    try:
        text = begin.decode("utf-8", errors="strict" if len(begin) < 4096 else "ignore")
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter in "\r\n\t" for letter in text)
