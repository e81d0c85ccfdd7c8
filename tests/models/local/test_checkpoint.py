"""Checkpoints: which files a name means, what makes them the same, and what is wrong with them."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.models.hub_cache import COMMIT
from tests.models.hub_server import HubServer, Repository, serve_hub, use_hub
from tests.models.local.checkpoints import Tiny

from mllmsent.foundation.errors import InputError
from mllmsent.models.local import file_digests
from mllmsent.models.local.checkpoint import find_checkpoint
from mllmsent.models.local.file_digests import remembered_sha256
from mllmsent.models.local.options import LocalOptions

OPTIONS = LocalOptions()


@pytest.fixture
def copied(tiny: Tiny, tmp_path: Path) -> Path:
    """A checkpoint of one's own, to be spoiled."""
    return Path(shutil.copytree(tiny("llava"), tmp_path / "models" / "llava"))


@pytest.fixture
def hub(tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """A hub with one open and one gated repository, and an empty cache."""
    folder = tiny("llava")
    repos = {
        "tiny/llava": Repository.of(folder),
        "tiny/gated": Repository.of(folder, gated=True),
    }
    with serve_hub(HubServer(repos)) as hub:
        use_hub(monkeypatch, hub.url, tmp_path / "hub")
        yield hub


def download(repo: str, **options: Any) -> None:
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - as in the code under test

    snapshot_download(repo, **options)


def test_a_folder_is_a_checkpoint_wherever_the_study_is(copied: Path) -> None:
    found = find_checkpoint("models/llava", OPTIONS, base=copied.parents[1])
    assert found.source == "folder"
    assert found.folder == copied
    assert found.model_type == "llava"
    assert found.weights == ("model.safetensors",)
    assert found.size_bytes == (copied / "model.safetensors").stat().st_size
    assert (found.repo, found.revision) == ("", "")


def test_equal_files_have_equal_digests_wherever_they_lie(copied: Path, tiny: Tiny) -> None:
    assert (
        find_checkpoint(str(copied), OPTIONS).digest
        == find_checkpoint(str(tiny("llava")), OPTIONS).digest
    )


@pytest.mark.parametrize(
    "file", ["model.safetensors", "config.json", "tokenizer.json", "chat_template.jinja"]
)
def test_whatever_answers_depend_on_changes_the_digest(copied: Path, file: str) -> None:
    before = find_checkpoint(str(copied), OPTIONS).digest
    data = (copied / file).read_bytes()
    (copied / file).write_bytes(
        data.replace(b"}", b" }", 1) if file != "model.safetensors" else data[:-1] + b"\x00"
    )
    assert find_checkpoint(str(copied), OPTIONS).digest != before


def test_a_page_about_the_model_does_not_change_the_digest(copied: Path) -> None:
    before = find_checkpoint(str(copied), OPTIONS).digest
    (copied / "README.md").write_text("About it.")
    (copied / "training_args.json").write_text("{}")
    assert find_checkpoint(str(copied), OPTIONS).digest == before


def test_code_beside_the_weights_counts_where_it_would_run(copied: Path) -> None:
    (copied / "modeling.py").write_text("raise SystemExit")
    trusting = LocalOptions(trust_remote_code=True)
    with_code = find_checkpoint(str(copied), trusting).digest
    (copied / "modeling.py").write_text("pass")
    assert find_checkpoint(str(copied), trusting).digest != with_code
    assert find_checkpoint(str(copied), OPTIONS).digest != with_code


def test_the_digest_of_a_large_file_is_computed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLLMSENT_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "model.safetensors"
    file.write_bytes(os.urandom(1_500_000))
    first = remembered_sha256(file)
    with monkeypatch.context() as patched:
        patched.setattr(file_digests, "file_sha256", lambda _: pytest.fail("it was read again"))
        assert remembered_sha256(file) == first
    file.write_bytes(os.urandom(1_500_000))
    os.utime(file, ns=(1, 1))
    assert remembered_sha256(file) != first


@pytest.mark.parametrize("kept", ["", "[]", "{", '{"x": 1}', "null"])
def test_a_broken_memory_of_digests_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: str
) -> None:
    monkeypatch.setenv("MLLMSENT_CACHE", str(tmp_path))
    (tmp_path / "weights.json").write_text(kept)
    file = tmp_path / "model.safetensors"
    file.write_bytes(bytes(1_500_000))
    assert remembered_sha256(file) == remembered_sha256(file)
    assert str(file) in json.loads((tmp_path / "weights.json").read_text())


def test_digests_need_no_place_to_be_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("MLLMSENT_CACHE", str(tmp_path / "file"))
    file = tmp_path / "model.safetensors"
    file.write_bytes(bytes(1_500_000))
    assert len(remembered_sha256(file)) == 64


@pytest.mark.parametrize(
    ("spoil", "message", "cure"),
    [
        (shutil.rmtree, "no such folder", "hf/path/to/folder"),
        (lambda f: (f / "config.json").unlink(), "no config.json", "save_pretrained"),
        (lambda f: (f / "config.json").write_text("{"), "cannot be read as JSON", "cut off"),
        (lambda f: (f / "config.json").write_text("[1]"), "model_type", "save_pretrained"),
        (lambda f: (f / "config.json").write_text("{}"), "model_type", "save_pretrained"),
        (
            lambda f: (f / "config.json").write_text('{"model_type": 3}'),
            "model_type",
            "save_pretrained",
        ),
        (lambda f: (f / "model.safetensors").unlink(), "weights are not there", "Copy the folder"),
        (
            lambda f: (f / "model.safetensors").rename(f / "pytorch_model.bin"),
            "pickled",
            "save_pretrained",
        ),
        (
            lambda f: (f / "config.json").rename(f / "adapter_config.json"),
            "adapter",
            "merge_and_unload",
        ),
        (lambda f: (f / "config.json").rename(f / "q4.gguf"), "no config.json", "llamacpp/NAME"),
    ],
)
def test_what_is_no_model_says_what_is_missing_and_what_to_do(
    copied: Path, spoil: Callable[[Path], object], message: str, cure: str
) -> None:
    spoil(copied)
    with pytest.raises(InputError) as error:
        find_checkpoint(str(copied), OPTIONS)
    assert message in error.value.message
    assert cure in error.value.cure


def test_a_misspelled_folder_is_answered_with_its_neighbor(copied: Path) -> None:
    with pytest.raises(InputError, match="Did you mean 'llava'"):
        find_checkpoint(str(copied.with_name("lava")), OPTIONS)


def test_a_folder_of_models_is_answered_with_their_names(copied: Path) -> None:
    with pytest.raises(InputError, match="There are models in it: llava"):
        find_checkpoint(str(copied.parent), OPTIONS)


def test_a_gguf_file_is_sent_to_the_programs_that_run_it(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    with pytest.raises(InputError, match="ollama/NAME"):
        find_checkpoint(str(tmp_path / "model.gguf"), OPTIONS)


def test_an_index_that_points_outside_the_folder_is_refused(copied: Path) -> None:
    index = {"weight_map": {"x": "../../secret.safetensors"}}
    (copied / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(InputError, match="beside it"):
        find_checkpoint(str(copied), OPTIONS)


def test_a_folder_has_no_revision(copied: Path) -> None:
    with pytest.raises(InputError, match="no revision 'main'"):
        find_checkpoint(str(copied), LocalOptions(revision="main"))


@pytest.mark.parametrize(
    ("model_type", "cure"),
    [
        ("deepseek_vl_v2", "vllm/deepseek-ai/deepseek-vl2"),
        ("phi4mm", "revision: refs/pr/70"),
        ("multi_modality", "hf/deepseek-community/"),
        ("internvl_chat", "-hf"),
    ],
)
def test_a_model_in_another_format_says_where_it_is_to_be_had(
    copied: Path, model_type: str, cure: str
) -> None:
    config = json.loads((copied / "config.json").read_text()) | {"model_type": model_type}
    (copied / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError) as error:
        find_checkpoint(str(copied), OPTIONS)
    assert cure in error.value.cure


def test_a_downloaded_repository_is_pinned_to_its_commit(hub: HubServer, tiny: Tiny) -> None:
    download("tiny/llava")
    hub.asked.clear()
    found = find_checkpoint("tiny/llava", OPTIONS)
    assert (found.source, found.repo, found.revision) == ("hub", "tiny/llava", COMMIT)
    assert found.digest == find_checkpoint(str(tiny("llava")), OPTIONS).digest
    assert hub.asked == [], "what is downloaded needs no network"


def test_a_revision_is_found_by_its_commit_as_well(hub: HubServer) -> None:
    download("tiny/llava", revision=COMMIT)
    assert find_checkpoint("tiny/llava", LocalOptions(revision=COMMIT)).revision == COMMIT


def test_a_download_that_was_cut_off_is_to_be_resumed(hub: HubServer) -> None:
    download("tiny/llava", ignore_patterns=["*.safetensors"])
    with pytest.raises(InputError, match="models pull hf/tiny/llava") as error:
        find_checkpoint("tiny/llava", OPTIONS)
    assert "completely" in error.value.message


def test_what_is_not_downloaded_is_not_fetched_behind_ones_back(hub: HubServer) -> None:
    with pytest.raises(InputError, match="mllmsent models pull hf/tiny/llava"):
        find_checkpoint("tiny/llava", OPTIONS)
    assert not any("resolve" in asked for asked in hub.asked)


def test_a_gated_repository_says_where_its_license_is_accepted(hub: HubServer) -> None:
    with pytest.raises(InputError, match="HF_TOKEN") as error:
        find_checkpoint("tiny/gated", OPTIONS)
    assert "tiny/gated" in error.value.cure


def test_a_repository_that_is_not_there_is_answered_with_a_known_one(hub: HubServer) -> None:
    with pytest.raises(InputError, match="Did you mean hf/HuggingFaceTB/SmolVLM2"):
        find_checkpoint("huggingfacetb/smolvlm-2.2b-instruct", OPTIONS)
    with pytest.raises(InputError, match="no such model"):
        find_checkpoint("nobody/nothing-at-all", OPTIONS)


def test_what_only_a_server_runs_is_sent_there(hub: HubServer) -> None:
    with pytest.raises(InputError, match="Write vllm/deepseek-ai/deepseek-vl2"):
        find_checkpoint("deepseek-ai/deepseek-vl2", OPTIONS)
    assert hub.asked == []


def test_of_phi_4_the_conversion_is_meant(hub: HubServer) -> None:
    hub.repos["microsoft/Phi-4-multimodal-instruct"] = hub.repos["tiny/llava"]
    with pytest.raises(InputError, match="no revision 'refs/pr/70'"):
        find_checkpoint("microsoft/Phi-4-multimodal-instruct", OPTIONS)


def test_a_revision_that_is_not_there_is_named(hub: HubServer) -> None:
    with pytest.raises(InputError, match="no revision 'v9'"):
        find_checkpoint("tiny/llava", LocalOptions(revision="v9"))


def test_a_hub_that_is_down_is_not_taken_for_a_missing_model(hub: HubServer) -> None:
    hub.status = 503
    with pytest.raises(InputError, match="503"):
        find_checkpoint("tiny/llava", OPTIONS)


def test_a_hub_out_of_reach_says_so(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    use_hub(monkeypatch, "http://127.0.0.1:9", tmp_path)
    with pytest.raises(InputError, match="connection to the hub failed"):
        find_checkpoint("tiny/llava", OPTIONS)


def test_offline_nobody_is_asked(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants  # noqa: PLC0415 - an extra

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match="HF_HUB_OFFLINE"):
        find_checkpoint("tiny/llava", OPTIONS)
    assert hub.asked == []


def test_a_revision_cannot_lead_out_of_the_cache(hub: HubServer) -> None:
    with pytest.raises(InputError):
        find_checkpoint("tiny/llava", LocalOptions(revision="../../../../etc/passwd"))


def test_finding_a_checkpoint_imports_nothing_heavy(tiny: Tiny) -> None:
    program = (
        "import sys; from mllmsent.models.local.checkpoint import find_checkpoint; "
        "from mllmsent.models.local.options import LocalOptions; "
        f"find_checkpoint({str(tiny('llava'))!r}, LocalOptions()); "
        "print(*{'torch', 'transformers', 'pandas'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (done.stdout, done.stderr) == (b"\n", b"")
