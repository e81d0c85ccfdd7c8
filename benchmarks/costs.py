"""How far a study's estimate is from the usage that the providers' test servers report.

A study with images of four sizes and five wordings, in direct, described and scene pathways, over every
cloud protocol. It is planned before anything was answered, planned again after a few
items, and then run. The test servers count images as the providers document it and text by four characters
to a token; what they answer is as long as what models usually write. It says how well a plan foresees a
bill, and nothing of how the real providers cut text into tokens.

    python benchmarks/costs.py [--items 36] [--first 9]
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pandas as pd
from PIL import Image

from mllmsent import api
from mllmsent.loopback import LoopbackServer, serve

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.runs.plan import Plan, PlanLine

RESULTS = Path(__file__).parent / "results" / "costs.json"
SIZES = ((640, 480), (1024, 683), (427, 640), (1600, 1200))
MODELS = {
    "openai/gpt-4o": ("url", ""),
    "openai/gpt-4.1": ("url", ", api: responses"),
    "anthropic/claude-haiku-4-5": ("anthropic_url", ""),
    "google/gemini-2.5-flash-lite": ("google_url", ""),
}
"""A model of each protocol, where the test server speaks it, and what the study has to say of it."""
SEEN = (
    "The image shows an old woman sitting alone on a wooden bench in a snowy park. Her expression is "
    "pensive. The muted palette, bare trees and fading light lend the scene a melancholic atmosphere. "
)


class Wordy:
    """Answers at the length that models do."""

    def answer(
        self,
        images: Sequence[bytes],
        text: str,
        schema: Mapping[str, Any] | None,
        model: str,  # noqa: ARG002 - the protocol's arguments
        sample_seed: int,  # noqa: ARG002 - likewise
    ) -> str:
        """See `Answerer`."""
        label = ("negative", "neutral", "positive")[len(images[-1]) % 3]
        if schema is not None and "atmosphere" in schema["properties"]:
            scene: dict[str, Any] = {"atmosphere": SEEN[:78], "narrative": SEEN, "verdict": label}
            scene["subjects"] = [{"who": "an old woman", "expression": "pensive"}]
            scene["cues"] = [{"cue": "fading light", "direction": "negative"}]
            return json.dumps(scene)
        if schema is not None:
            return json.dumps({"label": label})
        if "step" in text:
            return f"{SEEN * 4}\nAnswer: {label}"
        return SEEN * (2 + len(images[-1]) % 3) if "Describe" in text else label


def draw(folder: Path, n_items: int) -> None:
    """A folder per class of plain pictures; no two are alike."""
    for number in range(n_items):
        label = ("negative", "neutral", "positive")[number % 3]
        (folder / label).mkdir(parents=True, exist_ok=True)
        image = Image.new("RGB", SIZES[number % 4], (number % 256, number // 256, 99))
        image.save(folder / label / f"{number:04}.jpg")


def write_study(file: Path, server: LoopbackServer) -> None:
    """The study; each model is asked at the test server of its protocol."""
    os.environ["BENCHMARK_KEY"] = "none"
    asked = "".join(
        f'  - {{model: {name}, options: {{base_url: "{getattr(server, address)}", '
        f"api_key_env: BENCHMARK_KEY{more}}}}}\n"
        for name, (address, more) in MODELS.items()
    )
    file.write_text(
        "name: costs\ndataset: photos\nschemes: [polarity3]\npathways: [direct, described, scene]\n"
        "strategies: [zero-shot, structured, chain-of-thought, describe, scene]\n"
        f"classifiers: [vader]\nmodels:\n{asked}"
    )


def compared(when: str, plan: Plan, had: pd.DataFrame) -> list[dict[str, Any]]:
    """What a plan foresaw, beside what the answers that came after it were."""
    return [_row(when, line, had[had["model"] == line.model]) for line in plan.lines]


def _row(when: str, line: PlanLine, had: pd.DataFrame) -> dict[str, Any]:
    assert line.cost_usd is not None
    read, written, cost = (
        had[name].sum() for name in ("input_tokens", "output_tokens", "cost_usd")
    )
    return {
        "planned": when,
        "model": line.model,
        "answers": len(had),
        "input": f"{line.input_tokens / read - 1:+.1%}",
        "output": f"{line.output_tokens / written - 1:+.1%}",
        "cost": f"{line.cost_usd / cost - 1:+.1%}",
        "cost_usd": round(float(cost), 4),
        "most_usd": None if line.most_usd is None else round(line.most_usd, 4),
    }


@click.command()
@click.option("--items", type=click.IntRange(min=3), default=36, help="How many pictures.")
@click.option(
    "--first", type=click.IntRange(min=1), default=9, help="How many before the second plan."
)
def main(items: int, first: int) -> None:
    """Plan and run, and tell how far apart the two are."""
    with tempfile.TemporaryDirectory() as folder, serve(Wordy()) as server:
        study, out = Path(folder) / "study.yaml", Path(folder) / "run"
        draw(Path(folder) / "photos", items)
        write_study(study, server)
        before = api.plan(study, out=out)
        few = api.run(study, out=out, limit=first).responses
        then = api.plan(study, out=out)
        every = api.run(study, out=out).responses
    new = every[~every["request_key"].isin(few["request_key"])]
    rows = compared("before anything", before, every) + compared(f"after {first} items", then, new)
    print(pd.DataFrame(rows).to_string(index=False))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
