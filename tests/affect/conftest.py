"""What the tests of the affect room share: answers labeled by hand, and a line of rates at the end."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ANSWERS = Path(__file__).parent / "answers"
RATES = pytest.StashKey[list[str]]()


@dataclass(frozen=True)
class LabeledAnswer:
    """One answer and what a careful person reads in it (`answers/README.md`)."""

    id: str
    scheme: str
    answer: str
    status: str
    labels: tuple[str, ...]
    values: dict[str, float]


def labeled_answers(name: str) -> list[LabeledAnswer]:
    """The answers of one file, or a skip that says which is missing."""
    path = ANSWERS / f"{name}.jsonl"
    if not path.is_file():
        pytest.skip(f"the labeled answers {path.name} are not there")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    return [_labeled(row) for row in rows]


def _labeled(row: dict[str, Any]) -> LabeledAnswer:
    return LabeledAnswer(
        id=row["id"],
        scheme=row["scheme"],
        answer=row["answer"],
        status=row["status"],
        labels=tuple(row["labels"]),
        values={name: float(value) for name, value in row["values"].items()},
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[RATES] = []


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    rates = config.stash.get(RATES, [])
    if rates:
        terminalreporter.section("reading answers")
        for line in rates:
            terminalreporter.line(line)
