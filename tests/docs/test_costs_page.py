"""`docs/costs.md` says what is the case: its commands, studies and examples."""

import re
import shlex
from pathlib import Path

import pytest

from mllmsent.cli.models import command as models
from mllmsent.cli.run import command as run
from mllmsent.models import image_tokens
from mllmsent.runs.study import parse_study

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "costs.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ mllmsent (.+)$", PAGE, re.MULTILINE)
STUDIES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_is_understood(words: str) -> None:
    name, *rest = shlex.split(words)
    if name == "models":
        models.commands[rest[0]].make_context(rest[0], rest[1:])
    else:
        assert name == "run"
        run.make_context(name, rest)


@pytest.mark.parametrize("text", STUDIES)
def test_every_study_is_one(text: str) -> None:
    assert all(model.prices is not None for model in parse_study(text).models)


def example(start: str, number: int = 0) -> int:
    """The tokens that the page tells for the models of a row."""
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| {start}"))
    return int(re.findall(r"\d{3,}(?!\d|x)", row.split("|")[3].partition(":")[2])[number])


@pytest.mark.parametrize(
    ("row", "number", "model", "size"),
    [
        ("GPT-4o, 4.1", 0, "gpt-4o", (1024, 1024)),
        ("GPT-4o mini", 0, "gpt-4o-mini", (1024, 1024)),
        ("o1, o3; GPT-5", 0, "o3", (1024, 1024)),
        ("o1, o3; GPT-5", 1, "gpt-5", (1024, 1024)),
        ("GPT-5.4 and later", 0, "gpt-5.4", (2048, 2048)),
        ("GPT-5.4 and later", 1, "gpt-6-astra", (2048, 2048)),
        ("GPT-5.2; GPT-4.1 mini", 0, "gpt-5.2", (1024, 1024)),
        ("GPT-5.2; GPT-4.1 mini", 1, "gpt-4.1-mini", (1024, 1024)),
        ("GPT-5 mini and nano", 0, "gpt-4.1-nano", (1800, 2400)),
        ("Claude", 0, "claude-haiku-4-5", (1920, 1080)),
        ("Claude", 1, "claude-opus-4-7", (1920, 1080)),
        ("Gemini 2", 0, "gemini-2.5-pro", (960, 540)),
        ("Gemini 3", 0, "gemini-3-pro-preview", (100, 100)),
        ("everything else", 0, "pixtral", (512, 512)),
    ],
)
def test_the_examples_of_images_are_right(
    row: str, number: int, model: str, size: tuple[int, int]
) -> None:
    assert example(row, number) == image_tokens(model, *size)
