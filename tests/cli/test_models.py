"""`mllmsent models`: what there is, and what is known of one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import constants
from tests.cli.saying import say
from tests.models.hub_cache import write_cached, write_model

from mllmsent.models import PROVIDERS
from mllmsent.models.machine import Machine
from mllmsent.models.presets import presets

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with 24 GB of GPU memory and nothing downloaded."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("mllmsent.models.machine.this_machine", lambda: Machine("GPU", 24.0, 1))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "cache"


def test_the_list_has_every_provider_and_every_preset(capsys: Capture) -> None:
    said = say(capsys, "models", "list")
    assert said.code == 0
    for name in (*PROVIDERS.names(), "GPU, 24.0 GB free", "as of 2026-"):
        assert name in said.out
    rows = json.loads(say(capsys, "models", "list", "--json").out)
    kinds = {
        kind: [row["name"] for row in rows if row["kind"] == kind]
        for kind in ("provider", "preset")
    }
    assert kinds == {"provider": list(PROVIDERS.names()), "preset": list(presets())}


def test_the_list_says_what_fits_and_what_is_downloaded(cache: Path, capsys: Capture) -> None:
    write_cached(cache, "google/gemma-3-4b-it")
    rows = {row["name"]: row for row in json.loads(say(capsys, "models", "list", "--json").out)}
    small, large = rows["hf/google/gemma-3-4b-it"], rows["hf/google/gemma-3-27b-it"]
    assert (small["downloaded"], small["fits"], small["gated"]) == ("yes", "yes", True)
    assert (large["downloaded"], large["fits"]) == ("no", "4-bit")
    assert rows["hf/google/gemma-4-31B-it"]["fits"] == "no"
    assert small["memory_gb"]["bfloat16"] == pytest.approx(4.3 * 2 * 1.1 + 1)
    lines = {
        line.split()[0]: line for line in say(capsys, "models", "list").out.splitlines() if line
    }
    assert lines["hf/google/gemma-3-27b-it"].split()[-3:] == ["at", "4", "bits"]
    assert "61.3 GB" in lines["hf/google/gemma-3-27b-it"]


def test_the_list_can_be_cut_down_to_what_is_of_use(capsys: Capture) -> None:
    rows = json.loads(say(capsys, "models", "list", "--family", "gemma", "--json").out)
    assert {row["family"] for row in rows} == {"gemma3", "gemma4", "gemma4_unified"}
    fitting = json.loads(say(capsys, "models", "list", "--family", "gemma", "--fits", "--json").out)
    assert [row["name"] for row in fitting] == [row["name"] for row in rows if row["fits"] != "no"]
    assert len(fitting) < len(rows)
    none = say(capsys, "models", "list", "--family", "no-such-family")
    assert "No preset is like that" in none.out


@pytest.mark.parametrize("columns", [60, 80, 120, 200])
def test_a_narrow_terminal_loses_columns_and_no_digit(
    columns: int, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr("rich.console.Console.is_terminal", True)
    out = say(capsys, "models", "list", "--family", "gemma3").out
    assert "61.3 GB" in out
    assert "20.2 GB" in out
    assert "…" not in out
    assert ("Terms" in out) == (columns >= 120)


def test_a_preset_is_shown_whole(capsys: Capture) -> None:
    out = say(capsys, "models", "show", "hf/google/gemma-3-27b-it").out
    for words in (
        "Gemma 3 27B",
        "27.4 B",
        "20.2 GB at 4-bit (estimated)",
        "only with `quantization: 4bit`",
        "accept the license at",
        "131,072 tokens",
        "Which weights of a repository",
        "models: [{model: hf/google/gemma-3-27b-it, options: {quantization: 4bit}}]",
    ):
        assert words in out


def test_a_folder_is_shown_as_what_it_holds(tmp_path: Path, capsys: Capture) -> None:
    folder = write_model(tmp_path / "mine")
    (folder / "chat_template.jinja").write_text("{{ messages }}", encoding="utf-8")
    shown = json.loads(say(capsys, "models", "show", "hf/mine", "--json").out)
    assert (shown["parameters"], shown["counted"], shown["chat_template"]) == (16, True, True)
    assert shown["downloaded"] == "folder"
    assert shown["example"] == "models: [hf/mine]"
    assert {"name", "default", "meaning"} == shown["options"][0].keys()


def test_a_served_model_is_shown_with_its_options(capsys: Capture) -> None:
    out = say(capsys, "models", "show", "vllm/deepseek-ai/deepseek-vl2").out
    assert "runs on a server" in out
    assert "structured answers" in out
    assert "vllm serve" in out
    assert "max_retries" in out
    assert "fits here" not in out


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["show", "hff/google/gemma-3-4b-it"], ["Did you mean 'hf'"]),
        (["show", "hf"], ["provider/name"]),
        (["show"], ["Missing argument 'NAME'"]),
        (["list", "--fit"], ["--fits"]),
    ],
)
def test_wrong_words_are_answered_with_the_right_ones(
    words: list[str], parts: list[str], capsys: Capture
) -> None:
    said = say(capsys, "models", *words)
    assert said.code == 2
    assert all(part in said.err for part in parts)


@pytest.mark.parametrize("command", ["list", "show", "pull", "check"])
def test_every_command_shows_how_it_is_used(command: str, capsys: Capture) -> None:
    out = say(capsys, "models", command, "--help").out
    assert f"mllmsent models {command}" in out


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("hf/google/gemma-3-4", ["hf/google/gemma-3-4b-it"]), ("nobody", [])],
)
def test_the_shell_completes_names_of_presets(typed: str, offered: list[str]) -> None:
    told = {
        "_MLLMSENT_COMPLETE": "bash_complete",
        "COMP_WORDS": f"mllmsent models show {typed}",
        "COMP_CWORD": "3",
    }
    program = [sys.executable, "-c", "from mllmsent.cli.main import cli; cli(prog_name='mllmsent')"]
    done = subprocess.run(
        program, env={**os.environ, **told}, capture_output=True, text=True, check=False
    )
    assert [line.removeprefix("plain,") for line in done.stdout.split()] == offered


def test_listing_models_loads_none() -> None:
    """Torch alone takes seconds, and this is the first thing people try."""
    code = (
        "import sys\nfrom mllmsent.cli import main\n"
        "try:\n    main(['models', 'list'])\nexcept SystemExit:\n    pass\n"
        "print('HEAVY', sorted({'torch', 'transformers', 'openai'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("HEAVY []")
