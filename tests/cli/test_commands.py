"""The commands: what they print, what they say to wrong input, and how they exit."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.report.sample_run import Recipe, make_run
from tests.runs.conftest import draw

from mllmsent.cli import main
from mllmsent.cli.main import COMMANDS
from mllmsent.loopback import ConstantAnswerer, serve


class Said:
    """What a command printed, and how it exited."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


Say = Callable[..., Said]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Say:
    """Run a command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLLMSENT_ANSWERS", raising=False)

    def run(*words: str) -> Said:
        capsys.readouterr()
        with pytest.raises(SystemExit) as exited:
            main(list(words))
        printed = capsys.readouterr()
        return Said(int(exited.value.code or 0), printed.out, printed.err)

    return run


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(command: str, say: Say) -> None:
    said = say(command, "--help")
    assert said.code == 0
    assert "Example" in said.out
    assert f"mllmsent {command}" in said.out


def test_help_imports_nothing_heavy() -> None:
    """The first thing a newcomer types is answered at once."""
    script = (
        "import sys\n"
        "from mllmsent.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'pandas', 'numpy', 'torch', 'sklearn', 'plotly', 'pydantic', 'PIL', 'openai'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert "HEAVY []" in done.stdout


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["rnu"], ["'rnu'", "Did you mean 'run'?"]),
        (["run", "nothing.yaml"], ["nothing.yaml", "no such file"]),
        (["run"], ["Missing argument 'STUDY'"]),
        (["run", "x.yaml", "--limit", "0"], ["--limit"]),
        (["run", "x.yaml", "--where", "theme"], ["COLUMN=VALUE"]),
        (["leaderboard", "runs/none"], ["no such run folder"]),
        (["report", "runs/none"], ["no such run folder"]),
        (["schemes", "show", "polarty3"], ["'polarity3'"]),
        (["prompts", "show", "zero"], ["zero-shot"]),
        (["datasets", "show", "basss"], ["'bass'"]),
        (["classifiers", "show", "openai/gpt-4o"], ["is a language model", "prompts show read"]),
        (["analyses", "show", "agrement"], ["'agreement'"]),
        (["analyses", "run", "runs/none"], ["no such run folder"]),
        (["audit", "nothing-here"], ["nothing-here"]),
        (["init", "what?"], ["cannot be the name of a study"]),
    ],
)
def test_wrong_input_exits_with_2_and_names_the_cure(
    words: list[str], parts: list[str], say: Say
) -> None:
    said = say(*words)
    assert said.code == 2
    assert "Traceback" not in said.err
    for part in parts:
        assert part in said.err


def test_debug_shows_the_traceback() -> None:
    command = [sys.executable, "-m", "mllmsent", "--debug", "leaderboard", "nowhere"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Traceback" in done.stderr


def test_from_init_to_report_in_the_readmes_words(say: Say, tmp_path: Path) -> None:
    assert say("init", "my-study").code == 0
    again = say("init", "my-study")
    assert again.code == 2
    assert "--force" in again.err
    empty = say("run", "my-study.yaml")
    assert empty.code == 2
    assert "no image in this folder" in empty.err
    (tmp_path / "my-study" / "images").rmdir()
    draw(tmp_path / "my-study" / "images", 4)
    with serve(ConstantAnswerer("positive")) as server:
        study = tmp_path / "my-study.yaml"
        study.write_text(
            study.read_text().replace(
                "  - simulated/keen\n",
                f'  - {{model: vllm/m, options: {{base_url: "{server.url}"}}}}\n',
            )
        )
        plan = json.loads(say("run", "my-study.yaml", "--dry-run", "--json").out)
        assert (plan["items"], plan["to_send"]) == (12, 12)
        ran = say("run", "my-study.yaml")
        assert ran.code == 0
        assert "vllm/m" in ran.out
        assert str(Path("runs/my-study/report/index.html")) in ran.out
        assert len(server.log) == 12
    rows = json.loads(say("leaderboard", "runs/my-study", "--json").out)
    assert [row["system"] for row in rows] == ["vllm/m · direct · zero-shot"]
    for key in (
        "scheme", "model", "pathway", "strategy", "n", "coverage", "accuracy", "macro_f1",
        "weighted_f1", "macro_f1_low", "macro_f1_high",
    ):  # fmt: skip
        assert key in rows[0]
    assert rows[0]["accuracy"] == pytest.approx(1 / 3)
    page = say("report", "runs/my-study", "--out", "page.html")
    assert page.code == 0
    assert (tmp_path / "page.html").stat().st_size > 1000


def test_a_model_that_is_not_there_ends_with_1_and_says_why(say: Say, tmp_path: Path) -> None:
    draw(tmp_path / "photos", 2)
    (tmp_path / "study.yaml").write_text(
        "name: down\ndataset: photos\nschemes: [polarity3]\n"
        'models: [{model: vllm/m, options: {base_url: "http://127.0.0.1:9/v1", max_retries: 0}}]\n'
    )
    said = say("run", "study.yaml", "--no-report")
    assert said.code == 1
    responses = json.loads(say("leaderboard", "runs/down", "--json").out)
    assert responses[0]["failed"] == 6
    assert responses[0]["rank"] is None


def test_audit_lists_faults_and_exits_by_their_severity(say: Say, tmp_path: Path) -> None:
    draw(tmp_path / "photos", 3)
    (tmp_path / "photos" / "neutral" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    said = say("audit", "photos")
    assert said.code == 1
    assert "broken.png" in said.out
    assert "Cure:" in said.out
    findings = json.loads(say("audit", "photos", "--json").out)
    assert {"code", "severity", "systems", "rows", "message", "effect"} <= findings[0].keys()


def test_analyses_are_listed_told_and_run(say: Say, tmp_path: Path) -> None:
    ran = make_run(
        tmp_path / "run", Recipe(n_items=30, models={"m/a": 0.8, "m/b": 0.6}, images=False)
    )
    rows = {row["name"]: row for row in json.loads(say("analyses", "list", "--json").out)}
    assert rows["agreement"]["question"] in say("analyses", "list").out.replace("\n", " ")
    assert "Tables:" in say("analyses", "show", "agreement").out
    said = say("analyses", "run", str(ran.path), "--out", "tables")
    assert said.code == 0
    told = json.loads((Path("tables") / "agreement" / "findings.json").read_text(encoding="utf-8"))
    assert told["statements"][0]["text"] in said.out
    assert (Path("tables") / "agreement" / "pairs.csv").read_text(encoding="utf-8")
    found = json.loads(say("analyses", "run", str(ran.path), "agreement", "--json").out)
    assert set(found["agreement"]["tables"]) == {"pairs", "together", "order"}


def test_a_wording_is_shown_in_the_words_in_which_an_image_is_asked_about(say: Say) -> None:
    shown = say("prompts", "show", "zero-shot").out
    assert "[image]\nJudge the emotion that this image evokes" in shown
    assert "[description]\nJudge" in say("prompts", "show", "read").out
    letters = say("prompts", "show", "zero-shot", "--letters", "--scheme", "polarity5").out
    assert "B. slightly negative" in letters
    assert "likelihood" in letters


@pytest.mark.parametrize("kind", ["schemes", "prompts", "models", "classifiers", "datasets"])
def test_lists_come_for_people_and_for_scripts(kind: str, say: Say) -> None:
    assert say(kind, "list").code == 0
    rows = json.loads(say(kind, "list", "--json").out)
    assert len(rows) >= 2
    assert all("name" in row for row in rows)
