"""`docs/models.md` and `served-models.md` say what is the case: commands, options, families, studies."""

import re
import shlex
from pathlib import Path

import pytest
from tests.cli.saying import say
from tests.docs.test_architecture import run

from mllmsent.cli.models import command
from mllmsent.cli.run import command as run_command
from mllmsent.models import PROVIDERS
from mllmsent.models.local.families import known_families
from mllmsent.models.local.options import LocalOptions
from mllmsent.models.presets import find_preset, preset_options
from mllmsent.models.served.providers import _providers
from mllmsent.runs.study import parse_study

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "models.md").read_text(encoding="utf-8")
SERVED = (DOCS / "served-models.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ mllmsent models (.+)$", PAGE + SERVED, re.MULTILINE)
RUNS = re.findall(r"^\$ mllmsent run (.+)$", SERVED, re.MULTILINE)
STUDIES = re.findall(r"```yaml\n(.*?)```", PAGE + SERVED, re.DOTALL)


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_is_understood(words: str) -> None:
    name, *rest = shlex.split(words)
    command.commands[name].make_context(name, list(rest))


@pytest.mark.parametrize("words", RUNS)
def test_every_run_is_understood(words: str) -> None:
    run_command.make_context("run", shlex.split(words))


@pytest.mark.parametrize(
    "words",
    [words for words in COMMANDS if words.split()[0] in {"list", "show"} or "keen" in words],
)
def test_every_command_that_needs_no_network_works(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert say(capsys, "models", *shlex.split(words)).code == 0


@pytest.mark.parametrize("text", STUDIES)
def test_every_study_is_one(text: str) -> None:
    study = parse_study(text)
    for model in study.models:
        provider = model.model.partition("/")[0]
        assert provider in PROVIDERS.names()
        if provider == "hf":
            assert find_preset(model.model)
            LocalOptions(**model.options)
            # What a preset needs is in the line, so that whoever copies it has it.
            assert preset_options(model.model).items() <= model.options.items()


def test_every_option_of_local_models_is_listed_with_its_default() -> None:
    table = PAGE.partition("| option | default | meaning |")[2].partition("\n\n")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", table, re.MULTILINE))
    spelled = {"None": "none", "True": "true", "False": "false"}
    defaults = {name: str(default) for name, default in LocalOptions().model_dump().items()}
    shown = {name: spelled.get(default, default) for name, default in defaults.items()}
    assert rows == shown


def test_every_key_that_is_needed_is_named_where_served_models_are_told_of() -> None:
    needed = {each.api_key_env for each in _providers().values() if each.key_required}
    assert {name for name in needed if name not in SERVED} == set()


def test_every_tested_family_is_listed_and_no_other() -> None:
    table = PAGE.partition("| family | `model_type` |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", table)) == set(known_families())


def test_every_provider_is_named() -> None:
    table = PAGE.partition("| written | who answers |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)/", table)) == set(PROVIDERS.names())


def test_the_python_example_gives_what_it_says() -> None:
    code = PAGE.partition("```python\n")[2].partition("```")[0]
    names = run(code)
    assert not [step for step in names["steps"] if step.status == "failed"]
    memory = names["facts"].memory_gb
    assert round(memory["bfloat16"], 1) == 27.8
    assert round(memory["4-bit"], 1) == 10.1
