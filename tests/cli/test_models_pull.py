"""`mllmsent models pull`, as a program of its own that asks a hub on this machine."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.models.hub_cache import COMMIT, write_model
from tests.models.hub_server import HubServer, Repository, hub_environment, serve_hub


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubServer]:
    """A hub with the model owner/name, 400 kB of weights."""
    model = write_model(tmp_path / "served", values=200_000)
    repo = Repository.of(model)
    repo.files["pytorch_model.bin"] = b"pickle" * 1000
    with serve_hub(HubServer({"owner/name": repo})) as server:
        yield server


def pull(
    hub: HubServer, home: Path, *words: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """`mllmsent models pull WORDS` with nothing but this hub within reach."""
    return subprocess.run(
        [sys.executable, "-m", "mllmsent", "models", "pull", *words],
        env=hub_environment(hub.url, home / "hf", **environment),
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_dry_run_tells_what_would_come(hub: HubServer, tmp_path: Path) -> None:
    dry = pull(hub, tmp_path, "hf/owner/name", "--dry-run")
    assert dry.returncode == 0
    assert "2 files, 400 kB; 1 files of 6 kB are not needed" in dry.stderr
    assert not hub.sent


@pytest.mark.slow
def test_a_model_is_pulled_once_and_then_it_is_here(hub: HubServer, tmp_path: Path) -> None:
    done = pull(hub, tmp_path, "hf/owner/name")
    assert done.returncode == 0, done.stderr
    assert COMMIT in done.stdout
    assert (Path(done.stdout.split(": ")[1].strip()) / "model.safetensors").is_file()
    again = pull(hub, tmp_path, "hf/owner/name")
    assert "of which 400 kB are here" in again.stderr
    assert again.stdout == done.stdout
    offline = pull(hub, tmp_path, "hf/owner/name", HF_HUB_OFFLINE="1")
    assert offline.returncode == 0
    assert "is here already" in offline.stdout


def test_a_line_that_breaks_does_not_stop_it(hub: HubServer, tmp_path: Path) -> None:
    hub.break_after = [300_000]
    done = pull(hub, tmp_path, "hf/owner/name")
    assert done.returncode == 0, done.stderr
    assert sum(name == "model.safetensors" for name, _ in hub.asked_from) == 2


@pytest.mark.parametrize(
    ("words", "change", "environment", "parts"),
    [
        (["hf/owner/name"], {"gated": True}, {}, ["gated", "Accept the license", "hf auth login"]),
        (["hf/owner/nobody"], {}, {}, ["owner/nobody", "no such model", "typing errors"]),
        (["hf/owner/name", "--revision", "v9"], {}, {}, ["no revision 'v9'"]),
        (["hf/owner/name"], {"status": 502}, {}, ["status 502"]),
        (["hf/owner/name"], {}, {"HF_HUB_OFFLINE": "1"}, ["HF_HUB_OFFLINE", "Unset"]),
        (["hf/owner/name"], {}, {"HF_ENDPOINT": "http://127.0.0.1:9"}, ["connection"]),
        (["owner/name"], {}, {}, ["hf/OWNER/NAME"]),
        (["builtin/diorama-small"], {}, {}, ["come with the package"]),
        ([], {}, {}, ["Missing argument 'NAME'"]),
    ],
)
def test_what_cannot_be_pulled_is_said_with_its_cure(
    hub: HubServer,
    tmp_path: Path,
    words: list[str],
    change: dict[str, object],
    environment: dict[str, str],
    parts: list[str],
) -> None:
    for key, value in change.items():
        setattr(hub.repo if key == "gated" else hub, key, value)
    told = {"HF_TOKEN": "hf_secret"} if change.get("status") else {}
    done = pull(hub, tmp_path, *words, **(told | environment))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "hf_secret" not in done.stderr
    for part in parts:
        assert part in done.stderr


def test_a_folder_needs_no_download(hub: HubServer, tmp_path: Path) -> None:
    write_model(tmp_path / "mine")
    done = pull(hub, tmp_path, "hf/mine")
    assert (done.returncode, "nothing to download" in done.stdout) == (0, True)
