"""`python -m mllmsent.dioramas.painting_process`: paints a share of a dataset; see `make`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from mllmsent.dioramas.painting import paint_slice


def main(arguments: list[str]) -> None:
    """Paint a share and print each item with its elements as a line of JSON.

    Args:
        arguments: Folder, number of dioramas, seed, size, first, step; see `paint_slice`.
    """
    n, seed, size, start, step = (int(part) for part in arguments[1:])
    for item_id, elements in paint_slice(
        Path(arguments[0]), n, seed, size=size, start=start, step=step
    ):
        sys.stdout.write(json.dumps([item_id, elements]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        # Ctrl-C goes to every process of a terminal; the one that started this says what it means.
        sys.exit(130)
