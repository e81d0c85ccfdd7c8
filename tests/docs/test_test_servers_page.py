"""`docs/test-servers.md` says what is the case: its example, its commands and its faults."""

import json
import re
import shlex
from pathlib import Path

import pytest
from tests.docs.test_architecture import run

from mllmsent.loopback import FAULT_KINDS, BatchRules, Faults
from mllmsent.loopback.__main__ import main
from mllmsent.loopback.dialects import DIALECTS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "test-servers.md").read_text("utf-8")
COMMANDS = re.findall(r"^\$ python -m mllmsent.loopback (.+)$", PAGE, re.MULTILINE)


def test_the_example_runs() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    run(code)


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_is_understood(words: str) -> None:
    context = main.make_context("loopback", shlex.split(words))
    for option, kind in (("faults", Faults), ("batches", BatchRules)):
        kind.from_mapping(json.loads(context.params[option]))


def test_every_fault_and_every_address_is_told() -> None:
    assert not [kind for kind in FAULT_KINDS if f"`{kind}`" not in PAGE]
    paths = [dialect.path.removeprefix("/") for dialect in DIALECTS]
    assert not [path for path in paths if path not in PAGE]
