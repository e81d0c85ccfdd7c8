"""Write a checkpoint's model card: `python -m training.card FOLDER RECIPE`.

The card is README.md in the checkpoint's folder; its figures come from `evaluation.json` and
`training.jsonl` beside it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from training.recipe import Recipe, get_recipe
from training.scenes import TRAINING_SEED

__all__ = ["write_card"]


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("name")
def main(folder: Path, name: str) -> None:
    """Write the card of the checkpoint in FOLDER, made by recipe NAME."""
    click.echo(write_card(folder, get_recipe(name)))


def write_card(folder: Path, recipe: Recipe) -> Path:
    """Write README.md from the evaluation and the log beside it.

    Args:
        folder: The checkpoint's folder.
        recipe: What it was made by.

    Returns:
        The card.
    """
    found = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
    log = [
        json.loads(line)
        for line in (folder / "training.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    built = next(line for line in log if line["stage"] == "built")
    template = Path(__file__).with_name("card.md").read_text(encoding="utf-8")
    text = template.format(
        title=recipe.title,
        parameters=f"{built['parameters'] / 1e6:.1f} million parameters",
        size=recipe.image_size,
        tokens=recipe.image_tokens,
        pictures=f"{recipe.pictures:,}",
        first_seed=f"{TRAINING_SEED:,}",
        vision_steps=recipe.vision_steps,
        steps=recipe.steps,
        wording_steps=recipe.wording_steps,
        minutes=round(log[-1]["seconds"] / 60),
        blind=_blind(recipe),
        items=found["items"],
        seed=found["seed"],
        figures=_figures(found),
        weather=_weather(found),
    )
    path = folder / "README.md"
    path.write_text(text, encoding="utf-8")
    return path


def _blind(recipe: Recipe) -> str:
    if not recipe.never:
        return "It has seen every value of every factor, though not all of their combinations."
    parts = [f"{factor} {' or '.join(values)}" for factor, values in recipe.never.items()]
    return (
        f"**It has a planted blind spot: it was never shown {'; '.join(parts)}.** It was also made"
        " smaller and trained for less. It exists to be found weaker, and where."
    )


def _figures(found: dict[str, Any]) -> str:
    rows = []
    for scheme, wordings in found["accuracy"].items():
        oracle = found["oracle"][scheme]
        rows += [
            (f"{scheme}, asked by `{name}`", value, oracle) for name, value in wordings.items()
        ]
    unseen = found["unseen_combinations"]
    rows.append(
        (
            f"polarity3, {unseen['items']} dioramas of combinations never trained on",
            unseen["polarity3"],
            unseen["oracle"],
        )
    )
    lines = ["| accuracy | model | oracle |", "| --- | --- | --- |"]
    lines += [f"| {title} | {value:.3f} | {oracle:.3f} |" for title, value, oracle in rows]
    lines += ["", "| besides | |", "| --- | --- |"]
    for name, row in found["ratings"].items():
        told = ", ".join(f"{key} {value:.3f}" for key, value in row.items())
        lines.append(f"| valence and arousal, asked by `{name}` | {told} |")
    for name, row in found["descriptions"].items():
        told = ", ".join(f"{key} {value:.3f}" for key, value in row.items())
        lines.append(f"| right in descriptions, asked by `{name}` | {told} |")
    scene = found["scene"]
    lines.append(
        f"| scene readings | valid JSON {scene['valid']:.3f}, polarity3 {scene['polarity3']:.3f} |"
    )
    for field, row in scene["fields"].items():
        told = ", ".join(f"{key} {value:.3f}" for key, value in row.items() if value is not None)
        lines.append(f"| {field} of scene readings | {told} |")
    for shown, row in found["confidence"].items():
        told = ", ".join(f"{key} {value:.3f}" for key, value in row.items())
        lines.append(f"| polarity3 on {shown} | {told} |")
    return "\n".join(lines)


def _weather(found: dict[str, Any]) -> str:
    lines = ["| weather | dioramas | polarity3 |", "| --- | --- | --- |"]
    lines += [
        f"| {weather} | {row['items']} | {row['polarity3']:.3f} |"
        for weather, row in found["by_weather"].items()
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
