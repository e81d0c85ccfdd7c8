"""Everything that is known of one model, without asking or loading it."""

from pathlib import Path

import pytest
from huggingface_hub import constants
from tests.models.hub_cache import COMMIT, write_cached, write_model

from mllmsent.foundation import InputError
from mllmsent.models.facts import facts_of, install_command, options_of, place_of
from mllmsent.models.machine import Machine

GPU = Machine("GPU", 24.0, 1)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "cache"


def test_a_preset_is_known_without_its_files(cache: Path) -> None:
    facts = facts_of("hf/google/gemma-3-4b-it", GPU)
    assert (facts.family, facts.known_family, facts.gated) == ("gemma3", True, True)
    assert facts.parameters == pytest.approx(4.3e9)
    assert not facts.counted
    assert (facts.downloaded, facts.fits, facts.capabilities) == ("no", "yes", None)
    assert facts.page.endswith("/google/gemma-3-4b-it")


def test_what_the_files_say_goes_before_what_was_looked_up(cache: Path) -> None:
    folder = write_cached(cache, "google/gemma-3-4b-it")
    (folder / "README.md").write_text("---\nlicense: mit\n---\n", encoding="utf-8")
    facts = facts_of("hf/google/gemma-3-4b-it", GPU)
    assert (facts.downloaded, facts.revision) == ("yes", COMMIT)
    assert (facts.parameters, facts.counted) == (16, True)
    assert (facts.family, facts.license, facts.context_length) == ("llava", "mit", 2048)


def test_any_repository_and_any_folder_may_be_asked_about(cache: Path) -> None:
    nobody = facts_of("hf/somebody/something", GPU)
    assert (nobody.downloaded, nobody.parameters, nobody.fits) == ("no", None, "unknown")
    folder = write_model(cache.parent / "mine", family="of_another_kind")
    for name in ("hf/mine", f"hf/{folder}"):
        facts = facts_of(name, GPU)
        assert facts.downloaded == "folder"
        assert (facts.family, facts.known_family) == ("of_another_kind", False)
        assert facts.memory_gb["bfloat16"] == pytest.approx(16 * 2 * 2.1 / 1e9)
        assert facts.page == ""


def test_the_revision_of_a_preset_is_the_one_that_is_looked_for(cache: Path) -> None:
    name = "hf/microsoft/Phi-4-multimodal-instruct"
    write_cached(cache, "microsoft/Phi-4-multimodal-instruct")
    assert place_of(name)[0] == "no"
    assert place_of(name, "main")[0] == "yes"
    write_cached(cache, "microsoft/Phi-4-multimodal-instruct", ref="refs/pr/70", commit="e" * 40)
    assert place_of(name) == ("yes", place_of(name)[1], "e" * 40)


def test_a_served_model_tells_what_it_can_do_and_a_key_is_not_needed_for_that() -> None:
    facts = facts_of("openai/gpt-4o", GPU)
    assert facts.downloaded == "served"
    assert facts.capabilities is not None
    assert facts.capabilities.structured_answers
    assert facts.parameters is None


def test_every_option_of_a_provider_is_listed_with_its_meaning() -> None:
    for provider in ("hf", "builtin", "vllm", "simulated", "replay"):
        options = options_of(provider)
        assert options
        assert all(option.meaning for option in options)
    local = {option.name: option for option in options_of("hf")}
    assert local["device"].default == "auto"
    assert "revision" in local


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("hff/google/gemma-3-4b-it", "Did you mean 'hf'"),
        ("hf", "provider/name"),
        ("hf/", "provider/name"),
        ("hf/name", "hf/OWNER/NAME"),
        ("hf//nowhere/at/all", "no such folder"),
        ("builtin/../../../models", "No built-in model"),
        ("replay/nothing.csv", "nothing.csv"),
    ],
)
def test_a_wrong_name_is_answered_with_the_right_form(name: str, message: str, cache: Path) -> None:
    try:
        said = facts_of(name, GPU).not_here
    except InputError as error:
        said = str(error)
    assert message in said


def test_a_folder_without_a_model_is_an_error(cache: Path) -> None:
    (cache.parent / "empty").mkdir()
    with pytest.raises(InputError, match="holds no model"):
        facts_of("hf/empty", GPU)


def test_installing_what_is_missing_keeps_torch() -> None:
    pytest.importorskip("torch")
    command = install_command(["torchvision", "peft"])
    assert command.startswith("pip install torchvision peft 'torch==")
    assert "+" not in command
