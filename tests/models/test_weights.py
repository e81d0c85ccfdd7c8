"""What a model's files say, read without loading it."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from mllmsent.foundation import InputError
from mllmsent.models.weights import read_stored_model, weight_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model of 12 + 4 half-precision values in one file."""
    save_file(
        {"a": np.zeros((3, 4), np.float16), "b": np.zeros(4, np.float16)},
        tmp_path / "model.safetensors",
    )
    config = {"model_type": "llava", "text_config": {"max_position_embeddings": 2048}}
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return tmp_path


def shard(folder: Path, names: dict[str, str]) -> None:
    index = {"weight_map": names}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")


def test_parameters_are_counted_from_the_headers(folder: Path) -> None:
    stored = read_stored_model(folder)
    assert (stored.family, stored.parameters, stored.dtypes) == ("llava", 16, ("F16",))
    assert stored.context_length == 2048
    assert stored.bytes_on_disk == (folder / "model.safetensors").stat().st_size
    assert not stored.chat_template
    assert stored.license is None


def test_all_files_of_an_index_belong_to_the_model_and_no_other(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model-1-of-2.safetensors")
    save_file({"c": np.zeros(5, np.float32)}, folder / "model-2-of-2.safetensors")
    save_file({"d": np.zeros(1000, np.float32)}, folder / "consolidated.safetensors")
    shard(folder, {name: f"model-{1 + (name == 'c')}-of-2.safetensors" for name in "abc"})
    stored = read_stored_model(folder)
    assert stored.parameters == 21
    assert stored.dtypes == ("F16", "F32")
    assert stored.missing == ()


def test_a_missing_file_is_named_and_nothing_is_counted(folder: Path) -> None:
    shard(folder, {"a": "model.safetensors", "z": "model-2.safetensors"})
    stored = read_stored_model(folder)
    assert stored.missing == ("model-2.safetensors",)
    assert stored.parameters is None


@pytest.mark.parametrize(
    "outside",
    ["../secret.safetensors", "..\\secret.safetensors", "/etc/passwd", "..", "", 7, None, ["a"]],
)
def test_an_index_cannot_name_files_elsewhere(folder: Path, outside: object) -> None:
    shard(folder, {"a": outside})  # type: ignore[dict-item]
    with pytest.raises(InputError, match="weight_map"):
        weight_files(folder)


@pytest.mark.parametrize("cut", [0, 4, 20, 60])
def test_a_file_that_was_cut_off_is_said_to_be(folder: Path, cut: int) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:cut])
    with pytest.raises(InputError, match="no whole safetensors file") as failed:
        read_stored_model(folder)
    assert "cut off" in failed.value.cure


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("chat_template.jinja", "{{ messages }}"),
        ("chat_template.json", '{"chat_template": "x"}'),
        ("tokenizer_config.json", '{"chat_template": "{{ messages }}"}'),
    ],
)
def test_a_chat_template_is_found_wherever_it_is_kept(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, encoding="utf-8")
    assert read_stored_model(folder).chat_template


@pytest.mark.parametrize(
    ("card", "declared"),
    [
        ("---\nlicense: apache-2.0\ntags: [a]\n---\n# A model\nlicense: mit\n", "apache-2.0"),
        ('---\nlicense: other\nlicense_name: "gemma"\n---\n', "gemma"),
        ("# A model\nlicense: mit\n", None),
        ("---\nlicense: mit\n", None),
        ("", None),
    ],
)
def test_the_license_is_what_the_model_card_declares(
    folder: Path, card: str, declared: str | None
) -> None:
    (folder / "README.md").write_text(card, encoding="utf-8")
    assert read_stored_model(folder).license == declared


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (None, "it has no config.json"),
        ("[]", "no JSON object"),
        ("{", "cannot be read"),
        ("{}", "no `model_type`"),
        ("[" * 100_000, "cannot be read"),
    ],
)
def test_a_folder_that_is_no_model_is_said_to_be_none(
    tmp_path: Path, config: str | None, message: str
) -> None:
    if config is not None:
        (tmp_path / "config.json").write_text(config, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_stored_model(tmp_path)
