"""Whole studies by batches: stopped, killed, and asked in another mode later; nothing is paid twice."""

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.runs.batch_samples import address

from mllmsent import api
from mllmsent.foundation import InputError
from mllmsent.loopback import BatchRules, ConstantAnswerer, LoopbackServer, serve
from mllmsent.models.batches import BatchState
from mllmsent.runs.progress import Silent
from mllmsent.runs.run import RunStoppedError

KILLED = """
import os, signal, sys
from mllmsent.models.served.batches import ServedBatches
from mllmsent.runs.run import run_study

submit = ServedBatches.submit

async def submit_and_die(self, *args, **named):
    await submit(self, *args, **named)
    os.kill(os.getpid(), signal.SIGKILL)

ServedBatches.submit = submit_and_die
run_study(sys.argv[1], limit=6)
"""
"""A run that is killed when a batch is handed in, before its id is written."""


@pytest.fixture
def write_study(tmp_path: Path, photos: Path) -> Callable[..., Path]:
    def write(server: LoopbackServer, *providers: str, extra: str = "mode: batch\n") -> Path:
        models = "".join(
            f"  - {{model: {provider}/tester, options: "
            f"{{base_url: '{address(server, provider)}', poll_s: 0.05, max_retries: 1}}}}\n"
            for provider in providers
        )
        file = tmp_path / "study.yaml"
        text = (
            f"name: cheap\ndataset: {photos.name}\nschemes: [polarity3]\n{extra}models:\n{models}"
        )
        file.write_text(text)
        return file

    return write


class Interrupting(Silent):
    """Presses Ctrl-C when a batch is under way."""

    def batch(self, model: str, state: BatchState) -> None:
        """See `Observer`."""
        if state.status == "working":
            signal.raise_signal(signal.SIGINT)


def executed(server: LoopbackServer) -> Counter[tuple[str, str]]:
    """How often each picture was worked on, and so paid, by protocol."""
    return Counter((entry.protocol, entry.images[0]) for entry in server.log.entries)


def test_a_study_of_two_providers_is_asked_by_batches(
    write_study: Callable[..., Path], tmp_path: Path
) -> None:
    with serve(ConstantAnswerer("positive")) as server:
        study = write_study(server, "openai", "anthropic")
        run = api.run(study, out=tmp_path / "run")
        assert all(entry.batch for entry in server.log.entries)
        assert len({entry.batch for entry in server.log.entries}) == 2
        assert set(executed(server).values()) == {1}
    assert run.complete
    assert len(run.responses) == 36
    assert set(run.predictions["label"]) == {"positive"}
    # As the files are, for whoever looks at what was sent.
    assert run.responses["image_sha256"].str.fullmatch(r"[0-9a-f]{64}").all()


def test_descriptions_and_who_reads_them_are_two_rounds_of_batches(
    write_study: Callable[..., Path], tmp_path: Path
) -> None:
    extra = (
        "mode: batch\npathways: [described]\n"
        "classifiers: [{model: openai/tester, training: zero-shot}]\n"
    )
    with serve(ConstantAnswerer("positive")) as server:
        study = write_study(server, "openai", extra=extra)
        run = api.run(study, out=tmp_path / "run", limit=4)
        batches = [entry.batch for entry in server.log.entries]
    assert run.complete
    assert len(set(batches)) == 2
    assert Counter(run.responses["stage"]) == {"description": 4, "classification": 4}


def test_a_run_that_is_killed_pays_nothing_twice(
    write_study: Callable[..., Path], tmp_path: Path
) -> None:
    with serve(ConstantAnswerer("positive"), batches=BatchRules(takes_s=0.2)) as server:
        study = write_study(server, "anthropic")
        killed = subprocess.run(
            [sys.executable, "-c", KILLED, str(study)],
            cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        run = api.run(study, out=tmp_path / "runs" / "cheap", limit=6)
        counts = executed(server)
    assert run.complete, run.warnings()
    assert len(counts) == 6
    assert set(counts.values()) == {1}
    assert len(run.responses) == 6


def test_what_waits_in_a_batch_is_fetched_from_there_by_a_live_run_too(
    write_study: Callable[..., Path], tmp_path: Path
) -> None:
    out = tmp_path / "run"
    with serve(ConstantAnswerer("positive"), batches=BatchRules(takes_s=0.5)) as server:
        study = write_study(server, "openai", extra="")
        said: list[str] = []
        with pytest.raises(RunStoppedError, match="The same command goes on"):
            api.run(study, out=out, limit=6, mode="batch", observer=Interrupting(), say=said.append)
        assert "openai/tester: 6 requests are answered in batch batch_" in said[-1]
        assert "6 of 6 requests have no answer: waiting in batches, or not sent yet (6)" in said[-2]
        plan = api.plan(study, out=out)
        run = api.run(study, out=out)
        assert set(executed(server).values()) == {1}
        assert Counter(bool(entry.batch) for entry in server.log.entries) == {True: 6, False: 12}
    assert "6 requests are answered in batch batch_" in plan.notes[-1]
    assert (plan.lines[0].waiting, plan.lines[0].to_send) == (6, 12)
    assert "0 of them answered already, 6 waiting in batches, 12 to send" in plan.closing
    assert run.complete


def test_a_model_without_batches_is_asked_live_and_that_is_said(
    photos: Path, tmp_path: Path
) -> None:
    study = tmp_path / "study.yaml"
    study.write_text(
        f"name: s\ndataset: {photos.name}\nschemes: [polarity3]\nmodels: [simulated/keen]\n"
    )
    assert api.plan(study, mode="batch").notes[-1] == (
        "No batches are to be had for simulated/keen: asked live."
    )
    study.write_text(
        study.read_text().replace("simulated/keen", "{model: simulated/keen, mode: batch}")
    )
    with pytest.raises(InputError, match="simulated/keen has no batch endpoint"):
        api.plan(study)
