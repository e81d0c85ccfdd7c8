"""`python -m mllmsent.dioramas.painting_process`: paints a share of a dataset; see `painting_shares`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from mllmsent.dioramas.painting import paint_all
from mllmsent.dioramas.recipe import Recipe


def main(arguments: list[str]) -> None:
    """Paint a share and print each item with its elements as a line of JSON.

    Args:
        arguments: Folder, the recipe as JSON, number of the share, number of shares.
    """
    out, recipe, share, shares = arguments
    made_of = Recipe(**json.loads(recipe))
    own = made_of.dioramas()[int(share) :: int(shares)]
    for item_id, elements in paint_all(Path(out), own, size=made_of.size):
        sys.stdout.write(json.dumps([item_id, elements]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        # Ctrl-C goes to every process of a terminal; the one that started this says what it means.
        sys.exit(130)
