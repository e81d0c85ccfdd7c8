"""How much time the text stage saves, on published descriptions, with one small ModernBERT for all.

    python benchmarks/text.py ../shared/data/published-descriptions [--part frozen ...]

(a) A frozen transformer, cross-validated in five folds: here, where each text is read once; beside a
    loop that has the model read every text in every epoch of every fold, padded to 512 tokens, for
    at most 100 epochs with a patience of 25 looked up on the test fold, as the published code does.
    A frozen model says the same in each epoch, so the loop's head learns from vectors that were
    computed once, padded to 512, which gives its scores and how many epochs it would run; what an
    epoch costs is measured on whole ones, and multiplied. Both figures are printed.
(b) Fine-tuning in batches of texts of one length, beside the same with every text padded to 512:
    the same loop, rates, number of texts in a batch and epochs.
(c) `linear` on all descriptions, in five folds.

Contenders take turns, so that a busy machine troubles both alike, and medians are told: by the clock,
and of the processor. The checkpoint is made here: ModernBERT with random weights, small enough for two
cores and large enough that computing dominates, and a tokenizer trained on the descriptions. Scores
say whether two ways come to the same, with intervals of their difference; what a model that knows
English would score, they do not say. Problem P3, sigma 3, GPT-4o mini, published folds.

All of it takes some ten minutes on two cores. `results/text.json` keeps the last figures of each part.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
import torch

from mllmsent.text.transformer.backbone import find_backbone
from mllmsent.text.transformer.options import TransformerOptions
from mllmsent.text.transformer.tokens import read_tokenizer

if TYPE_CHECKING:
    from collections.abc import Callable

RESULTS = Path(__file__).parent / "results" / "text.json"
PARTS = ("linear", "frozen", "fine-tuned")


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--part", "parts", multiple=True, type=click.Choice(PARTS), help="Only this.")
@click.option("--texts", type=int, help="Texts of (a); by default all.")
@click.option("--tuned", default=800, show_default=True, help="Texts that (b) learns from.")
@click.option("--epochs", default=4, show_default=True, help="Epochs of (b).")
@click.option("--rounds", default=3, show_default=True, help="How often contenders take turns.")
@click.option("--width", default=128, show_default=True, help="Of the model; a multiple of 64.")
@click.option("--layers", default=4, show_default=True, help="Of the model.")
def main(  # noqa: PLR0917 - click passes by name
    folder: Path,
    parts: tuple[str, ...],
    texts: int | None,
    tuned: int,
    epochs: int,
    rounds: int,
    width: int,
    layers: int,
) -> None:
    """Measure on the published descriptions in FOLDER, print and keep."""
    # A program is not told where the parts beside it are.
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from benchmarks.text_stage.checkpoint import CONTEXT, build  # noqa: PLC0415 - the above
    from benchmarks.text_stage.fine_tuned import measure_fine_tuned  # noqa: PLC0415 - likewise
    from benchmarks.text_stage.frozen import measure_frozen  # noqa: PLC0415 - likewise
    from benchmarks.text_stage.linear import measure_linear  # noqa: PLC0415 - likewise
    from benchmarks.text_stage.published import published  # noqa: PLC0415 - likewise

    rows = published(folder)
    machine = {
        "processor": platform.processor() or platform.machine(),
        "threads": torch.get_num_threads(),
        "torch": version("torch"),
        "transformers": version("transformers"),
    }
    with tempfile.TemporaryDirectory() as place:
        # Nothing that was remembered before may help.
        os.environ["MLLMSENT_CACHE"] = str(Path(place) / "cache")
        model = build(Path(place) / "model", rows.texts, width=width, layers=layers)
        tokens = read_tokenizer(find_backbone(TransformerOptions(model=str(model))))
        lengths = tokens.encode(rows.texts, CONTEXT).lengths
        about = {
            "width": width,
            "layers": layers,
            "tokens_mean": round(statistics.mean(lengths), 1),
            "tokens_longest": max(lengths),
        }
        part = rows.only(np.arange(len(rows.texts))[:texts])
        measures: dict[str, Callable[[], dict[str, Any]]] = {
            "linear": lambda: measure_linear(rows),
            "frozen": lambda: {"model": about} | measure_frozen(model, part, rounds),
            "fine-tuned": lambda: (
                {"model": about} | measure_fine_tuned(model, rows, tuned, epochs, rounds)
            ),
        }
        for name in parts or PARTS:
            found = {"machine": machine} | measures[name]()
            print(json.dumps({name: found}, indent=1), flush=True)
            _keep(name, found)


def _keep(name: str, found: dict[str, Any]) -> None:
    """Put a part's figures in the place of its last ones."""
    kept = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(kept | {name: found}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
