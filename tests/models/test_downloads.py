"""Models are downloaded ahead: only what is needed, with its size known, and taken up again."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants
from hypothesis import given
from hypothesis import strategies as st
from tests.models.hub_cache import COMMIT, write_model
from tests.models.hub_server import HubServer, Repository, serve_hub

from mllmsent.foundation import InputError
from mllmsent.models.downloads import download, needed_files, plan_download
from mllmsent.models.hub import cached_model
from mllmsent.models.weights import read_stored_model

SERVED = ["README.md", "config.json", "model.safetensors"]


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """A hub with one model, and much beside it that nobody needs."""
    model = write_model(tmp_path / "served", values=100_000)
    files = {path.name: path.read_bytes() for path in model.iterdir()}
    files |= {"README.md": b"# A model", "pytorch_model.bin": b"pickle" * 1000}
    files |= {"original/model.safetensors": b"copy", "modeling.py": b"evil()"}
    with serve_hub(HubServer({"owner/name": Repository(files)})) as server:
        monkeypatch.setattr(constants, "ENDPOINT", server.url)
        template = server.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
        monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 8192)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        yield server


def test_a_plan_tells_what_would_come_and_downloads_nothing(hub: HubServer) -> None:
    plan = plan_download("owner/name")
    assert [file.name for file in plan.files] == SERVED
    assert (
        plan.total_bytes == plan.missing_bytes == sum(len(hub.repo.files[name]) for name in SERVED)
    )
    assert (plan.left_out, plan.left_out_bytes) == (3, 6000 + 4 + 6)
    assert plan.commit == COMMIT
    assert not hub.sent


def test_what_was_downloaded_can_be_loaded_and_progress_ends_at_the_end(hub: HubServer) -> None:
    plan = plan_download("owner/name")
    seen: list[int] = []
    folder = download(plan, seen.append)
    assert sorted(path.name for path in folder.iterdir()) == SERVED
    assert read_stored_model(folder).parameters == 100_000
    assert cached_model("owner/name").state == "yes"
    assert sum(seen) == plan.total_bytes
    again = plan_download("owner/name")
    assert again.missing_bytes == 0
    before = dict(hub.sent)
    assert download(again) == folder
    assert hub.sent == before


def test_a_line_that_breaks_is_taken_up_where_it_broke(hub: HubServer) -> None:
    hub.break_after = [50_000, 60_000]
    plan = plan_download("owner/name")
    seen: list[int] = []
    folder = download(plan, seen.append)
    assert (folder / "model.safetensors").read_bytes() == hub.repo.files["model.safetensors"]
    starts = [start for name, start in hub.asked_from if name == "model.safetensors"]
    assert starts[0] == 0
    assert 0 < starts[1] <= 50_000 < starts[2] <= 110_000
    assert sum(seen) == plan.total_bytes


def test_a_hub_that_fails_midway_is_told_of_and_whole_files_are_kept(hub: HubServer) -> None:
    plan = plan_download("owner/name")
    hub.lost = {"model.safetensors"}
    with pytest.raises(InputError, match="status 503") as failed:
        download(plan)
    assert "kept" in failed.value.cure
    assert cached_model("owner/name").state == "partly"
    folder = cached_model("owner/name").folder
    assert folder is not None
    assert (folder / "config.json").is_file()


def test_a_hub_that_changes_meanwhile_is_asked_again(hub: HubServer) -> None:
    plan = plan_download("owner/name")
    del hub.repo.files["model.safetensors"]
    with pytest.raises(InputError, match=r"model\.safetensors did not come"):
        download(plan)


def test_the_same_command_goes_on_after_it_was_stopped(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C is heard in the middle of a file, and what came as a whole is not fetched again."""
    hub.pause_s = 0.05
    plan = plan_download("owner/name")
    reached = threading.Event()

    def progress(count: int) -> None:
        if hub.sent["model.safetensors"] > 20_000:
            reached.set()

    def interrupt() -> None:
        reached.wait(30)
        signal.raise_signal(signal.SIGINT)

    threading.Thread(target=interrupt).start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        download(plan, progress)
    assert hub.sent["model.safetensors"] < 0.9 * len(hub.repo.files["model.safetensors"])
    assert time.monotonic() - began < 60
    hub.pause_s = 0.0
    hub.sent.clear()
    rest = plan_download("owner/name")
    assert 0 < rest.missing_bytes < rest.total_bytes
    download(rest)
    assert "config.json" not in hub.sent
    assert cached_model("owner/name").state == "yes"


def test_another_revision_is_kept_under_its_own_name(hub: HubServer) -> None:
    hub.refs = ("main", "refs/pr/70")
    download(plan_download("owner/name", "refs/pr/70"))
    assert cached_model("owner/name", "refs/pr/70").state == "yes"
    assert cached_model("owner/name").state == "no"


def test_a_gated_model_is_refused_before_anything_is_downloaded(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.repo.gated = True
    with pytest.raises(InputError, match="gated") as refused:
        plan_download("owner/name")
    assert "/owner/name" in refused.value.cure
    assert "hf auth login" in refused.value.cure
    assert not hub.sent
    monkeypatch.setenv("HF_TOKEN", "hf_allowed")
    download(plan_download("owner/name"))
    assert hub.authorizations == {"Bearer hf_allowed"}
    assert cached_model("owner/name").state == "yes"


@pytest.mark.parametrize(
    ("repo", "revision", "status", "message"),
    [
        ("owner/nobody", None, 200, "no such model"),
        ("owner/name", "v9", 200, "no revision 'v9'"),
        ("owner/name/more", None, 200, "no name of a repository"),
        ("owner/name", None, 500, "status 500"),
        ("owner/name", None, 401, "no such model|status 401"),
    ],
)
def test_what_cannot_be_downloaded_is_said_with_its_cure(
    hub: HubServer, repo: str, revision: str | None, status: int, message: str
) -> None:
    hub.status = status
    with pytest.raises(InputError, match=message) as failed:
        plan_download(repo, revision)
    assert failed.value.cure


def test_no_connection_is_said_to_be_none(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(InputError, match="connection to the hub failed"):
        plan_download("owner/name")


def test_offline_means_offline(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match="HF_HUB_OFFLINE forbids"):
        plan_download("owner/name")


def test_a_disk_without_room_is_told_before_it_is_full(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 400_000_000})
    monkeypatch.setattr("mllmsent.models.downloads.shutil.disk_usage", lambda _: usage)
    with pytest.raises(InputError, match=r"0\.4 GB are free") as failed:
        plan_download("owner/name")
    assert "HF_HOME" in failed.value.cure


@pytest.mark.parametrize(
    ("keep", "message"),
    [
        (lambda name: not name.endswith("model.safetensors"), "pickled"),
        (lambda name: name.endswith((".json", ".md")), "no weights"),
    ],
)
def test_weights_that_cannot_be_read_safely_are_not_fetched(
    hub: HubServer, keep: Callable[[str], bool], message: str
) -> None:
    hub.repo.files = {name: data for name, data in hub.repo.files.items() if keep(name)}
    with pytest.raises(InputError, match=message):
        plan_download("owner/name")


def test_gguf_files_are_for_other_programs(hub: HubServer) -> None:
    hub.repo.files = {"config.json": b"{}", "model-q4.gguf": b"gguf"}
    with pytest.raises(InputError, match="GGUF") as failed:
        plan_download("owner/name")
    assert "ollama/NAME" in failed.value.cure


def test_only_what_is_needed_is_chosen() -> None:
    """As large repositories have it: shards, their copies in three formats, code, pictures."""
    needed = [
        "1_Pooling/config.json",
        "2_Dense/config.json",
        "2_Dense/model.safetensors",
        "LICENSE",
        "README.md",
        "chat_template.jinja",
        "config.json",
        "generation_config.json",
        "merges.txt",
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
        "model.safetensors.index.json",
        "preprocessor_config.json",
        "tokenizer.json",
        "tokenizer.model",
        "tokenizer_config.json",
        "vocab.json",
    ]
    spare = [
        ".gitattributes",
        "2_Dense/pytorch_model.bin",
        "consolidated.safetensors",
        "demo.png",
        "model.Q4.gguf",
        "modeling_own.py",
        "onnx/model.onnx",
        "original/consolidated.00.pth",
        "pytorch_model-00001-of-00002.bin",
        "pytorch_model.bin.index.json",
        "report.pdf",
        "tf_model.h5",
        "trainer_state.json",
        "training_args.bin",
        "vision-lora/adapter_config.json",
        "vision-lora/adapter_model.safetensors",
        "vision-lora/tokenizer.json",
    ]
    assert list(needed_files([*spare, *needed])) == needed
    with_adapter = needed_files([*spare, *needed], ["vision-lora/adapter_*"])
    assert set(with_adapter) - set(needed) == {
        "vision-lora/adapter_config.json",
        "vision-lora/adapter_model.safetensors",
    }


@given(st.lists(st.text(max_size=40)), st.lists(st.text(max_size=10)))
def test_whatever_a_repository_holds_no_pickle_is_chosen(names: list[str], also: list[str]) -> None:
    shards = [f"{name}.safetensors" for name in names]
    chosen = needed_files([*names, *shards, *(f"{name}.bin" for name in names)], also)
    assert not [name for name in chosen if name.endswith((".bin", ".pt", ".pth", ".ckpt"))]
    assert set(chosen) <= {*names, *shards}
