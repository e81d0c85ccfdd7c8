"""What is printed fits the terminal, its encoding and its pipe, and steers none of them."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console
from tests.cli.saying import Said, say
from tests.runs.conftest import draw

from mllmsent import api
from mllmsent.cli.show import _board
from mllmsent.foundation.errors import printable
from mllmsent.loopback import ConstantAnswerer, Faults, serve

SECRET = "sk-planted-0123456789abcdefghij"


def typed(*words: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """A command as somebody types it, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "mllmsent", *words],
        cwd=folder, env=os.environ | env, capture_output=True, check=False, encoding="utf-8",
        errors="surrogateescape",
    )  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a study that was run, its model being called oddly, and its key planted."""
    folder = tmp_path_factory.mktemp("place")
    draw(folder / "photos", 6)
    with serve(ConstantAnswerer("positive"), faults=Faults(server_error=0.2, seed=1)) as server:
        (folder / "study.yaml").write_text(
            "name: shown\ndataset: photos\nschemes: [polarity3]\n"
            "pathways: [direct, described]\nclassifiers: [vader]\n"
            'models: [{model: openai/m, name: "a [red]model\\e[2J 模型", settings: {max_tokens: 9}, '
            f'options: {{base_url: "{server.url}", api_key_env: OPENAI_API_KEY, max_retries: 0}}}}]\n',
            encoding="utf-8",
        )
        done = typed(
            "run", "study.yaml", "--json", folder=folder,
            OPENAI_API_KEY=SECRET, PYTHONIOENCODING="ascii",
        )  # fmt: skip
    (folder / "out.txt").write_text(done.stdout)
    (folder / "err.txt").write_text(done.stderr)
    assert done.returncode == 1, done.stderr
    return folder


def test_standard_output_holds_json_and_nothing_else_in_any_encoding(place: Path) -> None:
    said = (place / "out.txt").read_text()
    assert said.isascii()
    rows = json.loads(said)
    assert {row["model"] for row in rows} == {"a [red]model\x1b[2J 模型"}


def test_what_happened_is_said_beside_it(place: Path) -> None:
    """A run that is not complete says why, and how to go on."""
    said = (place / "err.txt").read_text()
    assert "requests have no answer: 50" in said
    assert "Run the study again to ask only those" in said
    assert "Traceback" not in said


def test_no_key_is_in_any_file_or_output(place: Path) -> None:
    files = [file for file in place.rglob("*") if file.is_file()]
    assert len(files) > 10
    leaks = [file for file in files if SECRET.encode() in file.read_bytes()]
    assert not leaks


@pytest.fixture
def here(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Said]:
    """A command as somebody types it in a folder, without the second that a process takes to begin."""

    def run(*words: str, folder: Path) -> Said:
        monkeypatch.chdir(folder)
        return say(capsys, *words)

    return run


def test_names_steer_neither_the_terminal_nor_its_markup(
    place: Path, here: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    for words in (["leaderboard", "runs/shown"], ["run", "study.yaml", "--dry-run"]):
        said = here(*words, folder=place)
        assert said.code == 0, said.err
        assert "\x1b[2J" not in said.out + said.err
        assert "a [red]model\\x1b[2J 模型" in said.out


def test_a_terminal_of_few_characters_gets_names_written_out(place: Path) -> None:
    said = typed("leaderboard", "runs/shown", folder=place, PYTHONIOENCODING="ascii")
    assert said.returncode == 0, said.stderr
    assert "\\u6a21" in said.stdout


def test_why_a_system_is_not_ranked_stands_below_its_table(
    place: Path, here: Callable[..., Said]
) -> None:
    said = here("leaderboard", "runs/shown", folder=place).out
    assert re.search(r"Not ranked: .*\d\.\d% of its questions had no answer\.", said)


def test_a_full_device_is_an_error_and_no_traceback(place: Path) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "mllmsent", "schemes", "list"],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
def test_a_leaderboard_fits_the_terminal_with_every_number_whole(place: Path, width: int) -> None:
    rows = api.open_run(place / "runs" / "shown").leaderboard()
    console = Console(width=width, record=True, file=open(os.devnull, "w"))  # noqa: SIM115, PTH123
    console.print(_board(rows, width, by_fold=False))
    text = console.export_text()
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    numbers = re.findall(r"\d\.\d{3} \[\d\.\d{3}, \d\.\d{3}\]", text)
    assert len(numbers) >= len(rows), "the ranked metric stands with its interval"
    assert ("accuracy" in text) == (width >= 160)
    for column in ("#", "system", "macro_f1", "read", "n", "same as"):
        assert column in text.splitlines()[1]


def test_the_metric_that_ranks_is_shown(place: Path) -> None:
    rows = api.open_run(place / "runs" / "shown").leaderboard()
    rows["metric"] = "kappa_quadratic"
    console = Console(width=200, record=True, file=open(os.devnull, "w"))  # noqa: SIM115, PTH123
    console.print(_board(rows, 200, by_fold=False))
    head = console.export_text().splitlines()[1].split()
    assert head[:4] == ["#", "system", "kappa_quadratic", "macro_f1"]


def test_a_study_without_the_unchanged_images_is_ranked_by_what_it_asked(
    tmp_path: Path, here: Callable[..., Said]
) -> None:
    draw(tmp_path / "photos", 3)
    with serve(ConstantAnswerer("positive")) as server:
        (tmp_path / "study.yaml").write_text(
            "name: grey\ndataset: photos\nschemes: [polarity3]\nconditions: [grey]\n"
            f'models: [{{model: vllm/m, options: {{base_url: "{server.url}"}}}}]\n'
        )
        said = here("run", "study.yaml", "--no-report", folder=tmp_path)
    assert said.code == 0, said.err
    assert "polarity3, ranked by macro_f1, under condition grey" in said.out
    assert "vllm/m" in said.out


def test_a_starter_study_in_another_folder_finds_its_images(
    tmp_path: Path, here: Callable[..., Said]
) -> None:
    assert here("init", "studies/mine", folder=tmp_path).code == 0
    (tmp_path / "studies" / "mine" / "images").rmdir()
    draw(tmp_path / "studies" / "mine" / "images", 2)
    planned = here("run", "studies/mine.yaml", "--dry-run", "--json", folder=tmp_path)
    assert json.loads(planned.out)["items"] == 6
    draw(tmp_path / "elsewhere", 1)
    given = here("init", "studies/other", "--images", "elsewhere", folder=tmp_path)
    assert given.code == 0
    planned = here("run", "studies/other.yaml", "--dry-run", "--json", folder=tmp_path)
    assert json.loads(planned.out)["items"] == 3


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ü 模型 👩\u200d🎨\nnext\tcell", "plain ü 模型 👩\u200d🎨\nnext\tcell"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\rb\x00", "a\\rb\\x00"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\ud800", "\\ud800"),
    ],
)
def test_only_what_would_steer_a_terminal_is_written_out(text: str, shown: str) -> None:
    assert printable(text) == shown
