"""Running a command in this process, and what it said."""

from dataclasses import dataclass

import pytest

from mllmsent.cli import main

__all__ = ["Said", "say"]


@dataclass(frozen=True)
class Said:
    """What a command printed, and how it exited."""

    code: int
    out: str
    err: str


def say(capsys: pytest.CaptureFixture[str], *words: str) -> Said:
    """Run `mllmsent WORDS`."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as exited:
        main(list(words))
    printed = capsys.readouterr()
    return Said(int(exited.value.code or 0), printed.out, printed.err)
