"""The command line: one thin file per command, none of which is heavy to import."""

from mllmsent.cli.main import main

__all__ = ["main"]
