"""A training that was killed goes on where it was, and comes to the same."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.text.transformer.reading import Told, made, plain

from mllmsent.foundation.work import watching
from mllmsent.text.transformer import resuming
from mllmsent.text.transformer.resuming import Keeper

if TYPE_CHECKING:
    from mllmsent.text.transformer.learning import Epoch

Tiny = Callable[[str], Path]
ROOT = Path(__file__).resolve().parents[3]
OPTIONS: dict[str, Any] = {"epochs": 5, "patience": 5, "batch_size": 8, "accumulate": 2}

# Trains, and says so each time its state is on the disk.
CHILD = """
import sys, time
from pathlib import Path
from mllmsent.text.transformer import resuming
from tests.text.transformer.reading import made, plain
from tests.text.transformer.test_resuming import OPTIONS

resuming._MOST_WRITING = 1e9
resuming.Keeper.every_s = 0.0
write = resuming.Keeper._write
def told(self, progress, *rest):
    write(self, progress, *rest)
    print("kept", progress.epoch, progress.step, flush=True)
    time.sleep(0.3)
resuming.Keeper._write = told
texts, labels = plain(70)
made(Path(sys.argv[1]), "fine-tuned", **OPTIONS).fit(texts, labels, seed=3)
print("over", flush=True)
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_killed_training_goes_on_and_comes_to_the_same(
    tiny: Tiny, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts, labels = plain(70)
    monkeypatch.setenv("MLLMSENT_CACHE", str(cache / "uninterrupted"))
    whole = made(tiny("bert"), "fine-tuned", **OPTIONS)
    whole.fit(texts, labels, seed=3)

    killed = cache / "killed"
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tiny("bert"))],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "MLLMSENT_CACHE": str(killed), "PYTHONPATH": str(ROOT)},
    ) as child:
        try:
            assert child.stdout is not None
            for _ in range(7):
                assert child.stdout.readline().startswith("kept")
        finally:
            child.send_signal(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
    (state,) = (killed / "training").iterdir()
    assert (state / "state.safetensors").is_file()

    monkeypatch.setenv("MLLMSENT_CACHE", str(killed))
    told: list[Epoch] = []
    rest = made(tiny("bert"), "fine-tuned", **OPTIONS)
    rest.on_epoch = told.append
    rest.fit(texts, labels, seed=3)
    # Epochs that were over are not done again.
    assert 0 < len(told) < len(whole.fitted["epochs"])
    np.testing.assert_array_equal(rest.predict(texts), whole.predict(texts))
    assert _without_seconds(rest.fitted) == _without_seconds(whole.fitted)


@pytest.mark.parametrize("how", ["lora", "frozen"])
def test_a_training_that_was_stopped_goes_on_and_comes_to_the_same(
    tiny: Tiny, cache: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    texts, labels = plain(70)
    monkeypatch.setenv("MLLMSENT_CACHE", str(cache / "uninterrupted"))
    whole = made(tiny("bert"), how, **OPTIONS)
    whole.fit(texts, labels, seed=3)
    monkeypatch.setenv("MLLMSENT_CACHE", str(cache / "stopped"))
    monkeypatch.setattr(Keeper, "every_s", 0.0)
    monkeypatch.setattr(resuming, "_MOST_WRITING", 1e9)
    written = Keeper._write
    states: list[int] = []

    def stopped(self: Keeper, *state: Any) -> None:
        written(self, *state)
        states.append(1)
        if len(states) == 7:
            raise KeyboardInterrupt

    monkeypatch.setattr(Keeper, "_write", stopped)
    with pytest.raises(KeyboardInterrupt):
        made(tiny("bert"), how, **OPTIONS).fit(texts, labels, seed=3)
    told: list[Epoch] = []
    shown = Told()
    rest = made(tiny("bert"), how, **OPTIONS)
    rest.on_epoch = told.append
    with watching(shown):
        rest.fit(texts, labels, seed=3)
    assert 0 < len(told) < len(whole.fitted["epochs"])
    np.testing.assert_array_equal(rest.predict(texts), whole.predict(texts))
    assert _without_seconds(rest.fitted) == _without_seconds(whole.fitted)
    # Epochs that were over before are shown as done.
    an_epoch = rest.fitted["learned_from"]
    assert shown.begun == [("Texts learned from", 5 * an_epoch)]
    assert shown.steps[0] == (5 - len(told)) * an_epoch
    assert sum(shown.steps) > 4 * an_epoch


def test_a_finished_training_is_not_done_again(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Keeper, "every_s", 0.0)
    texts, labels = plain(50)
    told: list[Epoch] = []

    def trained(seed: int, texts: list[str], **options: Any) -> Any:
        classifier = made(tiny("bert"), "fine-tuned", epochs=2, **options)
        classifier.on_epoch = told.append
        classifier.fit(texts, labels, seed=seed)
        return classifier

    first = trained(0, texts)
    assert len(told) == 2
    again = trained(0, texts)
    assert len(told) == 2
    np.testing.assert_array_equal(again.predict(texts), first.predict(texts))
    assert again.fitted == first.fitted
    # Other rows, options or seeds are another training.
    trained(1, texts)
    trained(0, [*texts[:-1], "another"])
    trained(0, texts, dropout=0.2)
    assert len(told) == 8


def test_a_short_training_leaves_nothing_behind(tiny: Tiny, cache: Path) -> None:
    texts, labels = plain(30)
    made(tiny("bert"), "fine-tuned", epochs=1).fit(texts, labels, seed=0)
    assert not [*cache.glob("training/*")]


def test_a_state_that_cannot_be_read_begins_anew(
    tiny: Tiny, cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Keeper, "every_s", 0.0)
    texts, labels = plain(30)
    first = made(tiny("bert"), "fine-tuned", epochs=1)
    first.fit(texts, labels, seed=0)
    for path in cache.glob("training/*/best-*"):
        path.write_bytes(path.read_bytes()[:-50])
    again = made(tiny("bert"), "fine-tuned", epochs=1)
    again.fit(texts, labels, seed=0)
    assert "begins anew" in caplog.text
    np.testing.assert_array_equal(again.predict(texts), first.predict(texts))


def test_trainings_that_nobody_asked_for_in_weeks_are_removed(
    tiny: Tiny, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Keeper, "every_s", 0.0)
    texts, labels = plain(30)
    made(tiny("bert"), "fine-tuned", epochs=1).fit(texts, labels, seed=0)
    (old,) = cache.glob("training/*")
    month_ago = time.time() - 30 * 86_400
    os.utime(old, (month_ago, month_ago))
    made(tiny("bert"), "fine-tuned", epochs=1).fit(texts, labels, seed=1)
    assert not old.exists()
    assert len([*cache.glob("training/*")]) == 1


def test_of_more_trainings_than_there_is_room_for_the_longest_unasked_go(
    tiny: Tiny, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Keeper, "every_s", 0.0)
    monkeypatch.setattr(resuming, "_MOST_BYTES", 250)
    for age in range(4):
        folder = cache / "training" / f"{age} hours"
        folder.mkdir(parents=True)
        (folder / "state.safetensors").write_bytes(b"x" * 100)
        then = time.time() - age * 3600
        os.utime(folder, (then, then))
    texts, labels = plain(30)
    made(tiny("bert"), "fine-tuned", epochs=1).fit(texts, labels, seed=0)
    left = {folder.name for folder in cache.glob("training/*")}
    assert left >= {"0 hours", "1 hours"}
    assert len(left) == 3


def _without_seconds(fitted: Any) -> Any:
    kept = json.loads(json.dumps(fitted))
    for row in kept["epochs"]:
        del row["seconds"]
    return kept
