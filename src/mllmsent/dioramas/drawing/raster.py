"""SVG text to pixels, by ThorVG: one thread, no fonts, the same bytes every time.

ThorVG was chosen by measurement: a scene takes 2 to 3 ms at 192 px, where resvg takes 25, and its
wheel needs no library of the system, where Skia's needs OpenGL.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.foundation import MllmsentError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from thorvg_python.engine import Engine

__all__ = ["rasterize"]


def rasterize(svg: str, size: int) -> NDArray[np.uint8]:
    """Draw an SVG picture that covers its whole square.

    Args:
        svg: The picture.
        size: Width and height in pixels.

    Returns:
        RGB pixels, shape (size, size, 3).

    Raises:
        MllmsentError: If the SVG cannot be drawn.
    """
    # Importing it loads a shared library that few commands need.
    from thorvg_python.base import Result  # noqa: PLC0415 - only drawing needs it
    from thorvg_python.canvas.sw import SwCanvas  # noqa: PLC0415 - likewise
    from thorvg_python.paint.picture import Picture  # noqa: PLC0415 - likewise

    engine = _engine()
    canvas = SwCanvas(engine)
    canvas.set_target(size, size)
    picture = Picture(engine)
    # The third argument is a folder for linked files, of which there are none; the binding wants
    # it as long as the type's name.
    outcome = picture.load_data(svg.encode("ascii"), "svg", "svg", copy=True)
    if outcome != Result.SUCCESS:
        raise MllmsentError(f"A drawing could not be read: {outcome.name}.")
    picture.set_size(size, size)
    canvas.add(picture)
    canvas.update()
    canvas.draw(clear=True)
    canvas.sync()
    pixels = np.frombuffer(bytes(canvas.buffer_arr or b""), np.uint8).reshape(size, size, 4)
    canvas.destroy()
    return np.ascontiguousarray(pixels[..., :3])


@cache
def _engine() -> Engine:
    from thorvg_python.engine import Engine  # noqa: PLC0415 - likewise

    return Engine(threads=0)
