"""`mllmsent`: finding the command, and showing errors so that they can be acted on."""

from __future__ import annotations

import importlib
import io
import keyword
import os
import sys
from typing import Any

import click

from mllmsent.foundation.errors import MllmsentError, nearest, printable
from mllmsent.foundation.version import __version__

__all__ = ["cli", "main"]

COMMANDS = {
    "init": "Write a starter study to edit.",
    "run": "Ask the models of a study, and score and report the answers.",
    "leaderboard": "Show the systems of a run, best first, with intervals.",
    "report": "Write the HTML report of a run.",
    "compare": "Hold newer runs against an older one: what changed, and may it pass?",
    "import": "Make a run of predictions that were made elsewhere.",
    "train": "Train a text classifier on described images, and save it.",
    "predict": "Let a saved text classifier read texts.",
    "audit": "Find the faults of a dataset or a run, each with its rows and its cure.",
    "datasets": "List and show datasets; draw the sample dataset.",
    "schemes": "List and show label schemes.",
    "prompts": "List and show prompt strategies.",
    "models": "List, show, fetch and check the models that can be asked.",
    "analyses": "List analyses; run them on a finished run.",
    "batches": "List, cancel and forget what was handed in to be answered later.",
    "classifiers": "List the text classifiers that read descriptions.",
}
"""Name to one line of help: listing commands imports none of them."""

STOPPED = 130
"""Exit code of what the user stopped, as shells have it."""

EPILOG = """\b
Examples:
  mllmsent init my-study           a starter study and a place for your images
  mllmsent run my-study.yaml       ask, score, report; run again to go on
  mllmsent run my-study.yaml --dry-run
  mllmsent leaderboard runs/my-study --json
  mllmsent report runs/my-study --open

\b
Completion: eval "$(_MLLMSENT_COMPLETE=bash_source mllmsent)"   (or zsh_source, fish_source)
"""


class _Commands(click.Group):
    """A group that imports a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002 - likewise
        if name not in COMMANDS:
            return None
        # A file cannot be called `import`.
        module = importlib.import_module(f"mllmsent.cli.{name}{'_' * keyword.iskeyword(name)}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(
                f"No command is called {args[0]!r}. {nearest(args[0], COMMANDS)}", ctx
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - likewise
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=_Commands,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "-V", "--version", prog_name="mllmsent")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_context
def cli(ctx: click.Context, *, debug: bool) -> None:
    """Do multimodal LLMs see emotion in images, and how would we know?"""
    ctx.obj = {"debug": debug}


def main(args: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 not all could be done, 2 wrong input, 130 stopped."""
    debug = "--debug" in (sys.argv[1:] if args is None else args)
    for stream in (sys.stdout, sys.stderr):
        # A terminal or file that knows fewer characters than names have gets them written out.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        result: Any = cli.main(args=args, prog_name="mllmsent", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        sys.exit(STOPPED)
    except MllmsentError as error:
        if debug:
            raise
        stopped = error.exit_code == STOPPED
        click.echo(printable(f"{error}" if stopped else f"Error: {error}"), err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader, `head` for example, has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        if debug:
            raise
        place = "" if error.filename is None else f"{error.filename}: "
        click.echo(printable(f"Error: {place}{error.strerror or error}."), err=True)
        sys.exit(2)
    sys.exit(result if isinstance(result, int) else 0)
