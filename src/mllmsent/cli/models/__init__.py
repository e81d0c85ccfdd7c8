"""`mllmsent models`: which models there are, what they need, and whether they work here."""

from __future__ import annotations

import click

from mllmsent.cli.models.checking import check_command
from mllmsent.cli.models.listing import list_models
from mllmsent.cli.models.pulling import pull_model
from mllmsent.cli.models.showing import show_model

__all__ = ["command"]


@click.group(
    "models",
    epilog="""\b
Examples:
  mllmsent models list                          who can be asked, and which local models fit here
  mllmsent models show hf/google/gemma-4-E4B-it
  mllmsent models pull hf/google/gemma-4-E4B-it
  mllmsent models check hf/google/gemma-4-E4B-it
""",
)
def command() -> None:
    """The models that can be asked: `provider/name` in a study."""


command.add_command(list_models)
command.add_command(show_model)
command.add_command(pull_model)
command.add_command(check_command)
