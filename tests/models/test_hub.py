"""The hub's cache is looked into without the network, and its errors are put into words."""

from pathlib import Path

import httpx2
import pytest
from huggingface_hub import constants, errors
from tests.models.hub_cache import COMMIT, write_cached

from mllmsent.models.hub import cached_model, is_offline
from mllmsent.models.hub_errors import hub_error


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    return tmp_path


def test_a_model_that_is_there_is_found_with_its_commit(cache: Path) -> None:
    folder = write_cached(cache, "owner/name")
    for revision in (None, "main", COMMIT):
        found = cached_model("owner/name", revision)
        assert (found.state, found.folder, found.commit) == ("yes", folder, COMMIT)


def test_each_revision_is_another_model(cache: Path) -> None:
    write_cached(cache, "owner/name")
    assert cached_model("owner/name", "refs/pr/70").state == "no"
    other = "f" * 40
    write_cached(cache, "owner/name", ref="refs/pr/70", commit=other)
    assert cached_model("owner/name", "refs/pr/70").commit == other
    assert cached_model("owner/name").commit == COMMIT


def test_a_download_that_did_not_end_is_there_in_part(cache: Path) -> None:
    folder = write_cached(cache, "owner/name")
    (folder / "model.safetensors").unlink()
    assert cached_model("owner/name").state == "partly"


@pytest.mark.parametrize(
    ("repo", "revision"),
    [
        ("owner/other", None),
        ("name", None),
        ("owner/name", "v2"),
        ("owner/name", "../snapshots"),
        ("../name", None),
        ("/etc/passwd", None),
        ("owner/name/more", None),
        ("", None),
    ],
)
def test_what_was_never_downloaded_is_not_there(
    cache: Path, repo: str, revision: str | None
) -> None:
    write_cached(cache, "owner/name")
    assert cached_model(repo, revision).state == "no"


def test_a_reference_cannot_lead_out_of_the_cache(cache: Path) -> None:
    write_cached(cache, "owner/name")
    for commit in ("../../models--owner--name/snapshots/" + COMMIT, "..", "", "."):
        (cache / "models--owner--name" / "refs" / "main").write_text(commit, encoding="utf-8")
        assert cached_model("owner/name").state == "no"


def test_offline_is_what_the_hub_library_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in (True, False):
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", value)
        assert is_offline() is value


def answered(kind: type[errors.HfHubHTTPError], status: int) -> errors.HfHubHTTPError:
    request = httpx2.Request("GET", "https://hub/api/models/owner/name?token=hf_secret")
    return kind("hf_secret in its words", response=httpx2.Response(status, request=request))


@pytest.mark.parametrize(
    ("error", "message", "cure"),
    [
        (answered(errors.GatedRepoError, 403), "gated", "Accept the license at"),
        (answered(errors.RepositoryNotFoundError, 404), "no such model", "typing errors"),
        (answered(errors.RevisionNotFoundError, 404), "no revision 'v9'", "are listed at"),
        (errors.HFValidationError("hf_secret"), "no name of a repository", "OWNER/NAME"),
        (errors.OfflineModeIsEnabled("hf_secret"), "HF_HUB_OFFLINE forbids", "Unset"),
        (answered(errors.HfHubHTTPError, 401), "status 401", "hf auth login"),
        (answered(errors.HfHubHTTPError, 503), "status 503", "later"),
        (httpx2.ConnectError("hf_secret"), "connection to the hub failed", "proxy"),
        (ConnectionResetError("hf_secret"), "connection to the hub failed", "kept"),
    ],
)
def test_what_went_wrong_is_said_with_its_cure_and_without_secrets(
    error: Exception, message: str, cure: str
) -> None:
    wrapped = errors.LocalEntryNotFoundError("hf_secret: look at the cache")
    wrapped.__cause__ = error
    for raised in (error, wrapped):
        said = hub_error(raised, "owner/name", "v9")
        assert message in str(said)
        assert "owner/name" in str(said)
        assert cure in said.cure
        assert "hf_secret" not in str(said)
