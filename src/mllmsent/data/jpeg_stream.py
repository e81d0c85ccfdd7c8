"""JPEG files that end too early, seen before the decoder paints the missing part gray.

libjpeg answers an end marker in the wrong place with a warning nobody sees and fills what is missing
with mid-gray. Many truncated photographs have such a marker (a repair tool or a downloader wrote
it), so Pillow decodes them without complaint. Here the stream is laid out in a way that makes the
decoder ask for the missing bytes, and therefore fail, instead.
"""

from __future__ import annotations

import re

__all__ = ["strict_jpeg"]

# In entropy-coded data FF 00 is a data byte and FF D0..D7 are restart markers: anything else that
# follows FF is the marker that ends the scan.
_SCAN_END = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_SEQUENTIAL = {0xC0, 0xC1}
_PROGRESSIVE = 0xC2
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# One bits, as the standard pads with. The decoder fills a 64-bit buffer ahead of what it decodes, so
# a complete stream needs eight bytes more; they stand for a block or three, not for a picture.
_PADDING = b"\xff\x00" * 8


def strict_jpeg(data: bytes) -> tuple[bytes, str]:
    """Bytes that decode to the same picture, or fail where the original would be painted gray.

    Args:
        data: A JPEG file.

    Returns:
        The bytes to decode, and what is already known to be missing ("" where nothing is).
        Streams that this module does not understand are returned as they are.
    """
    position, frame, scans = 2, -1, []
    components: frozenset[int] = frozenset()
    while True:
        # Fill bytes (FF) may stand before any marker.
        while (
            data[position : position + 1] == b"\xff"
            and data[position + 1 : position + 2] == b"\xff"
        ):
            position += 1
        if len(data) < position + 2 or data[position] != 0xFF:
            break
        marker = data[position + 1]
        if marker == 0xD9:
            break
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            position += 2
            continue
        length = int.from_bytes(data[position + 2 : position + 4], "big")
        body = data[position + 4 : position + 2 + length]
        position += 2 + max(length, 2)
        if marker in _FRAME_HEADERS and len(body) >= 6:
            frame, components = marker, frozenset(body[6::3][: body[5]])
        elif marker == 0xDA and body:
            scans.append(body)
            end = _SCAN_END.search(data, position)
            position = len(data) if end is None else end.start()
    if frame in _SEQUENTIAL and len(scans) == 1 and len(components) == scans[0][0]:
        return data[:position] + _PADDING, ""
    if frame == _PROGRESSIVE:
        return data, _missing_scans(scans, components)
    return data, ""


def _missing_scans(scans: list[bytes], components: frozenset[int]) -> str:
    """Whether a progressive picture lacks scans: its coefficients must all reach full precision."""
    done: dict[int, set[int]] = {component: set() for component in components}
    for scan in scans:
        count = scan[0]
        if len(scan) < 4 + 2 * count:
            return "a scan header is cut off"
        start, end, precision = scan[1 + 2 * count], scan[2 + 2 * count], scan[3 + 2 * count]
        if precision & 0x0F == 0:
            for component in scan[1 : 1 + 2 * count : 2]:
                done.setdefault(component, set()).update(range(start, end + 1))
    if all(len(coefficients) == 64 for coefficients in done.values()):
        return ""
    return "its last scans are missing"
