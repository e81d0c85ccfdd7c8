"""`mllmsent init`: a starter study to edit."""

from __future__ import annotations

import os
from pathlib import Path

import click

__all__ = ["command"]


@click.command(
    epilog="""\b
Examples:
  mllmsent init my-study                    write my-study.yaml and my-study/images/
  mllmsent init my-study --images photos/   look at the photographs where they are
""",
)
@click.argument("name")
@click.option(
    "--images",
    type=click.Path(path_type=Path),
    help="Folder of your images, or a folder with a dataset.yaml; by default NAME/images.",
)
@click.option("--force", is_flag=True, help="Overwrite a study of that name.")
def command(name: str, images: Path | None, *, force: bool) -> None:
    """Write NAME.yaml, a study to edit: every key explained, ready for your own images."""
    from mllmsent.foundation.errors import InputError
    from mllmsent.runs.starter import starter_study

    file = Path(name if name.endswith((".yaml", ".yml")) else f"{name}.yaml")
    if file.exists() and not force:
        raise InputError(
            "This study exists already.", file=file, cure="Take another name, or say --force."
        )
    folder = images or file.with_suffix("") / "images"
    # Paths in a study start where its file is.
    there = os.path.relpath(folder, file.parent) if not folder.is_absolute() else folder
    text = starter_study(file.stem, Path(there))
    if images is None:
        folder.mkdir(parents=True, exist_ok=True)
    elif not images.exists():
        raise InputError("There is no such folder.", file=images, cure="Check --images.")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    click.echo(f"Wrote {file}.")
    click.echo(f"Next: put your images into {folder}/, edit {file}, and then")
    click.echo(f"  mllmsent run {file} --dry-run     what it would ask, and what it would cost")
    click.echo(f"  mllmsent run {file}")
