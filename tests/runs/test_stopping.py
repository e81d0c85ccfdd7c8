"""A run that is stopped, disturbed or cannot be written loses no answer and says how to go on."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.runs.conftest import draw

from mllmsent import api
from mllmsent.foundation import InputError
from mllmsent.loopback import ConstantAnswerer, Faults, serve
from mllmsent.runs import open_folder
from mllmsent.runs.cache import AnswerCache
from mllmsent.runs.event_loop import stopped_by_sigterm
from mllmsent.runs.folder import claimed

Write = Callable[..., Path]


def start(study: Path, *more: str, **settings: Any) -> subprocess.Popen[str]:
    command = [
        sys.executable, "-m", "mllmsent", "run", str(study), "--out", str(study.parent / "run"),
        *more,
    ]  # fmt: skip
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=study.parent,
        **settings,
    )  # fmt: skip


def committed(study: Path) -> int:
    file = study.parent / "answers.sqlite"
    if not file.exists():
        return 0
    with closing(AnswerCache(file)) as cache:
        return cache.count()


def until(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def in_background() -> None:
    """A shell lets the jobs that it starts in the background ignore Ctrl-C, not `kill`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@pytest.mark.parametrize(
    ("stop", "how"),
    [
        (signal.SIGINT, None),
        (signal.SIGTERM, None),
        (signal.SIGTERM, in_background),
    ],
    ids=["ctrl-c", "sigterm", "sigterm in the background"],
)
def test_stopping_keeps_the_answers_writes_the_tables_and_says_how_to_go_on(
    tmp_path: Path, stop: signal.Signals, how: Callable[[], None] | None
) -> None:
    draw(tmp_path / "photos", 100)
    study = tmp_path / "study.yaml"
    with serve(ConstantAnswerer("positive"), faults=Faults(latency_s=0.2)) as server:
        study.write_text(
            "name: stopped\ndataset: photos\nschemes: [polarity3]\n"
            f'models: [{{model: vllm/m, options: {{base_url: "{server.url}"}}}}]\n'
        )
        report = tmp_path / "run" / "report" / "index.html"
        report.parent.mkdir(parents=True)
        report.write_text("a report of earlier tables")
        findings = tmp_path / "run" / "analysis" / "agreement" / "findings.json"
        findings.parent.mkdir(parents=True)
        findings.write_text("findings in earlier tables")
        process = start(study, "--in-flight", "4", preexec_fn=how)
        until(lambda: committed(study) >= 12, process)
        process.send_signal(stop)
        out, err = process.communicate(timeout=60)
        kept = committed(study)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "Error" not in err
    assert "goes on from here" in err
    assert out == "", "standard output is for results"
    run = open_folder(tmp_path / "run")
    requests = run.manifest["requests"]
    assert run.manifest["status"] == "stopped"
    assert 12 <= len(run.table("responses")) <= kept < 300
    assert requests["planned"] == 300
    assert requests["sent"] == len(run.table("responses"))
    assert requests["unanswered"] == 300 - requests["sent"]
    assert requests["failed"] == 0, "what was never sent did not fail"
    assert (run.table("predictions")["status"] == "ok").sum() == requests["sent"]
    assert not report.exists(), "it would contradict the new tables"
    assert not findings.exists(), "so would they"


def test_ctrl_c_while_the_sample_dataset_is_drawn_is_no_traceback(tmp_path: Path) -> None:
    """A terminal sends it to every process of the group, those that draw among them."""
    study = tmp_path / "study.yaml"
    study.write_text(
        "name: drawn\ndataset: {source: dioramas, options: {n: 400, size: 512}}\n"
        "schemes: [mikels]\nmodels: [simulated/keen]\n"
    )
    process = start(study, start_new_session=True)
    until(lambda: len(list(tmp_path.glob("**/images/*.png"))) >= 3, process)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "Stopped" in err


def test_a_notebook_can_run_a_study_in_its_own_event_loop(photos: Path, write_study: Write) -> None:
    async def cell() -> api.Run:
        return api.run(study, out=study.parent / "run")

    with serve(ConstantAnswerer("positive")) as server:
        study = write_study(server.url)
        assert asyncio.run(cell()).complete


def test_a_notebook_can_be_interrupted(photos: Path, write_study: Write) -> None:
    """As in a terminal: the thread that asks ends, and the tables are written."""
    script = (
        "import asyncio, sys\n"
        "from mllmsent import api\n"
        "async def cell():\n"
        "    api.run(sys.argv[1], out=sys.argv[2])\n"
        "loop = asyncio.new_event_loop()\n"
        "loop.run_until_complete(cell())\n"
    )
    with serve(ConstantAnswerer("positive"), faults=Faults(latency_s=0.5)) as server:
        study = write_study(server.url, options=", max_in_flight: 2")
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(study), str(study.parent / "run")],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        until(lambda: committed(study) >= 3, process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert "RunStoppedError" in err
    assert open_folder(study.parent / "run").manifest["status"] == "stopped"


def test_two_processes_never_run_one_study_at_once(photos: Path, write_study: Write) -> None:
    with serve(ConstantAnswerer("positive"), faults=Faults(latency_s=0.3)) as server:
        study = write_study(server.url, options=", max_in_flight: 1")
        first = start(study)
        until(lambda: committed(study) >= 1, first)
        second = start(study)
        _, err = second.communicate(timeout=60)
        assert second.returncode == 2
        assert "Another process is running this study now" in err
        assert "--out" in err
        _, err = first.communicate(timeout=60)
        assert first.returncode == 0, err
        assert len(server.log) == 18
    with claimed(study.parent / "run"):
        pass  # free again


def test_many_processes_may_open_a_new_cache_at_once(tmp_path: Path) -> None:
    script = (
        "import sys\nfrom pathlib import Path\nfrom mllmsent.runs.cache import AnswerCache\n"
        "AnswerCache(Path(sys.argv[1])).close()\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "a.sqlite")])
        for _ in range(4)
    ]
    assert [process.wait(60) for process in processes] == [0] * 4


def fill_up(cache: Path, after: int) -> None:
    """Make a cache whose disk is full after so many answers, as SQLite itself says it."""
    AnswerCache(cache).close()
    with closing(sqlite3.connect(cache)) as connection:
        connection.execute(
            f"CREATE TRIGGER full BEFORE INSERT ON answers WHEN (SELECT COUNT(*) FROM answers) >= "
            f"{after} BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
        connection.commit()


def test_a_full_disk_stops_the_run_with_its_reason(photos: Path, write_study: Write) -> None:
    with serve(ConstantAnswerer("positive")) as server:
        study = write_study(server.url, options=", max_in_flight: 1")
        fill_up(study.parent / "answers.sqlite", after=5)
        with pytest.raises(InputError, match="disk is full") as caught:
            api.run(study, out=study.parent / "run")
    assert "Is the disk full" in str(caught.value)
    assert committed(study) == 5


def test_a_run_that_cannot_be_written_leaves_the_earlier_one_whole(
    photos: Path, write_study: Write
) -> None:
    """A limit on file sizes stands for the full disk: the first large table hits it."""
    with serve(ConstantAnswerer("positive")) as server:
        study = write_study(server.url)
        api.run(study, out=study.parent / "run", limit=6)
        before = {
            file.name: file.read_bytes()
            for file in (study.parent / "run").iterdir()
            if file.is_file()
        }
        api.plan(study, out=study.parent / "run")
        script = (
            "import resource, sys\n"
            "from mllmsent.runs import folder\n"
            "write = folder.RunFolder.write\n"
            "def limited(*arguments):\n"
            "    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))\n"
            "    write(*arguments)\n"
            "folder.RunFolder.write = limited\n"
            "from mllmsent.cli import main\n"
            "main(['run', sys.argv[1], '--out', sys.argv[2]])\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, str(study), str(study.parent / "run")],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "The run cannot be written" in done.stderr
    assert "Every answer is kept in the cache" in done.stderr
    assert "Traceback" not in done.stderr
    after = {
        file.name: file.read_bytes() for file in (study.parent / "run").iterdir() if file.is_file()
    }
    assert after == before
    assert not list((study.parent / "run").glob(".partial*"))


@pytest.mark.parametrize(
    ("out", "cache", "said"),
    [
        ("taken", "a.sqlite", "not a folder"),
        ("taken/run", "a.sqlite", "run folder cannot be made"),
        ("run", "taken/a.sqlite", "folder of the answer cache cannot be made"),
        ("run", "photos", "cannot be used as the answer cache"),
    ],
)
def test_places_that_cannot_be_written_are_named_before_anything_is_sent(
    photos: Path, write_study: Write, tmp_path: Path, out: str, cache: str, said: str
) -> None:
    (tmp_path / "taken").write_text("a file")
    with serve(ConstantAnswerer("positive")) as server:
        study = write_study(server.url)
        with pytest.raises(InputError, match=said):
            api.run(study, out=tmp_path / out, cache=tmp_path / cache)
        assert len(server.log) == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_cache_that_is_read_only_is_named(photos: Path, write_study: Write) -> None:
    with serve(ConstantAnswerer("positive")) as server:
        study = write_study(server.url)
        cache = study.parent / "answers.sqlite"
        AnswerCache(cache).close()
        cache.chmod(0o444)
        study.parent.chmod(0o555)
        try:
            with pytest.raises(InputError, match=r"answers\.sqlite"):
                api.run(study, out=study.parent / "photos" / "run", cache=cache)
        finally:
            study.parent.chmod(0o755)


def test_a_plan_leaves_nothing_behind(photos: Path, write_study: Write) -> None:
    study = write_study("http://127.0.0.1:9/v1")
    before = set(study.parent.iterdir())
    api.plan(study, out=study.parent / "deep" / "run")
    assert set(study.parent.iterdir()) == before


def test_a_study_that_is_changed_and_run_again_leaves_nothing_of_the_first(
    photos: Path, write_study: Write
) -> None:
    with serve(ConstantAnswerer("positive")) as server:
        study = write_study(server.url, "pathways: [direct, described]\nclassifiers: [vader]\n")
        first = api.run(study, out=study.parent / "run")
        assert len(first.descriptions) == 18
        second = api.run(write_study(server.url), out=study.parent / "run")
    assert len(second.descriptions) == 0
    assert set(second.systems["pathway"]) == {"direct"}
    assert second.folder.manifest["requests"]["planned"] == 18
    assert len(second.responses) == 18


def test_two_items_with_one_picture_are_one_request_and_one_bill(
    photos: Path, write_study: Write
) -> None:
    (photos / "positive" / "copy.png").write_bytes((photos / "positive" / "000.png").read_bytes())
    with serve(ConstantAnswerer("positive")) as server:
        run = api.run(write_study(server.url), out=photos.parent / "run")
        assert len(server.log) == 18
    manifest = json.loads((photos.parent / "run" / "manifest.json").read_text())
    assert manifest["requests"]["planned"] == manifest["requests"]["sent"] == 18
    assert len(run.responses) == 19, "each item has its row"
    once = run.responses.drop_duplicates("request_key")["input_tokens"].sum()
    assert manifest["tokens"]["input"] == once < run.responses["input_tokens"].sum()


def test_settings_left_to_the_model_stay_so_when_the_run_goes_on(
    photos: Path, write_study: Write
) -> None:
    """`null` means the model's own default, and is not the same as leaving the key out."""
    with serve(ConstantAnswerer("positive")) as server:
        study = write_study(server.url, "settings: {temperature: null, max_tokens: null}\n")
        api.run(study, out=study.parent / "run")
        run = api.run(study.parent / "run")
        assert len(server.log) == 18
    assert run.folder.study.settings.temperature is None
    assert set(run.responses["settings"]) == {"{}"}


def test_a_program_that_handles_sigterm_itself_goes_on_doing_so() -> None:
    def own(*_: object) -> None:
        """What a server that runs a study would do."""

    before = signal.signal(signal.SIGTERM, own)
    try:
        with stopped_by_sigterm():
            assert signal.getsignal(signal.SIGTERM) is own
    finally:
        signal.signal(signal.SIGTERM, before)
    with stopped_by_sigterm():
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
