"""kill -9 at any moment: no committed answer is asked for again, and little is asked twice."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from tests.runs.conftest import draw

from mllmsent.loopback import Faults, read_log, spawn
from mllmsent.runs.cache import AnswerCache

IN_FLIGHT = 16


def start(study: Path) -> subprocess.Popen[str]:
    command = [
        sys.executable, "-m", "mllmsent", "run", str(study), "--out", str(study.parent / "run"),
        "--in-flight", str(IN_FLIGHT), "--no-report",
    ]  # fmt: skip
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=study.parent
    )


def committed(study: Path) -> int:
    file = study.parent / "answers.sqlite"
    if not file.exists():
        return 0
    cache = AnswerCache(file)
    count = cache.count()
    cache.close()
    return count


@pytest.mark.slow
def test_three_kills_and_a_fifth_of_faults_lose_nothing(tmp_path: Path) -> None:
    draw(tmp_path / "photos", 334)
    study = tmp_path / "study.yaml"
    log = tmp_path / "log.jsonl"
    faults = Faults(
        latency_s=0.05, rate_limit=0.08, server_error=0.06, dropped_before=0.03,
        dropped_midway=0.03, retry_after_s=0.01, retry_after="milliseconds", seed=4,
    )  # fmt: skip
    with spawn(faults=faults, log_file=log) as server:
        study.write_text(
            "name: killed\ndataset: photos\nschemes: [polarity3]\n"
            f'models: [{{model: vllm/m, options: {{base_url: "{server.url}"}}}}]\n'
        )
        moments = random.Random(11)
        twice_allowed = 0
        kills: list[tuple[set[str], Counter[str]]] = []
        for _ in range(3):
            before = committed(study)
            process = start(study)
            # Wait for it to be in the midst of asking, and then for a random moment more.
            deadline = time.monotonic() + 60
            while committed(study) < before + 40 and process.poll() is None:
                assert time.monotonic() < deadline, process.communicate()
                time.sleep(0.05)
            time.sleep(moments.random() / 2)
            process.send_signal(signal.SIGKILL)
            process.wait()
            process.communicate()
            kept = committed(study)
            assert kept >= before + 40
            answered_then = _answered(study)
            asked_then = Counter(entry.images[0] for entry in read_log(log))
            twice_allowed += IN_FLIGHT
            assert len(answered_then) == kept
            kills.append((answered_then, asked_then))
        final = start(study)
        out, err = final.communicate(timeout=240)
        assert final.returncode in {0, 1}, err
        asked_now = Counter(entry.images[0] for entry in read_log(log))
    for answered_then, asked_then in kills:
        again = {image for image in answered_then if asked_now[image] > asked_then[image]}
        assert not again, "a committed answer was asked for again"
    first_askings = Counter(entry.images[0] for entry in read_log(log) if entry.retry == 0)
    twice = sum(count - 1 for count in first_askings.values())
    failed = 1002 - committed(study)
    assert twice <= twice_allowed + failed * 4
    assert failed <= 5, "with the SDK's retries nearly everything is answered"
    assert "polarity3" in out, "the leaderboard is shown at the end"


def _answered(study: Path) -> set[str]:
    cache = AnswerCache(study.parent / "answers.sqlite")
    images = {digest for answer in cache.everything() for digest in answer.response.image_sha256}
    cache.close()
    return images
