"""YAML that people write is answered with the line, the key and the nearest right one."""

import contextlib
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllmsent.foundation import InputError
from mllmsent.foundation.config import Config, parse_document, read_config, read_document


class Inner(Config):
    size: int = 1
    shape: Literal["round", "square"] = "round"


class Outer(Config):
    name: str
    inner: Inner = Inner()
    several: tuple[Inner, ...] = ()


def read(text: str) -> Outer:
    return read_config(Outer, parse_document(text, file="f.yaml"))


def test_a_good_file_is_read() -> None:
    outer = read("name: no\nseveral:\n  - {size: 2}\n")
    assert outer.name == "no", "YAML 1.2: `no` is a word"
    assert outer.several == (Inner(size=2),)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("name: a\nsevral: []\n", ["f.yaml:2", "sevral", "Did you mean 'several'?"]),
        ("name: a\ninner:\n  size: 1\n  shap: round\n", ["f.yaml:4", "inner.shap", "'shape'"]),
        ("name: a\nseveral:\n  - size: 1\n  - siz: 2\n", ["f.yaml:4", "several.1.siz", "'size'"]),
        ("name: a\ninner: {shape: squar}\n", ["f.yaml:2", "inner.shape", "'square'"]),
        ("name: a\ninner: {size: big}\n", ["f.yaml:2", "inner.size", "'big'"]),
        ("inner: {size: 1}\n", ["'name' is missing"]),
        ("name: a\nname: b\n", ["f.yaml:2", "not valid YAML", "name"]),
        ("name: [a\n", ["f.yaml", "not valid YAML"]),
        ("name: a\n\tinner: 1\n", ["f.yaml:2", "not valid YAML"]),
        ("- a\n- b\n", ["mapping of keys", "a list"]),
        ("", ["mapping of keys", "an empty file"]),
        ("just words", ["mapping of keys", "a text"]),
    ],
)
def test_a_fault_names_its_place_and_its_cure(text: str, parts: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        read(text)
    for part in parts:
        assert part in str(caught.value)


def test_several_faults_are_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        read("nam: a\ninner: {siz: 1}\n")
    text = str(caught.value)
    assert "Did you mean 'name'?" in text
    assert "Did you mean 'size'?" in text


def test_a_missing_file_offers_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text("name: a\n")
    with pytest.raises(InputError, match=r"study\.yaml"):
        read_document(tmp_path / "studdy.yaml")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00n", b"name: \xe9\n"])
def test_a_file_that_is_not_utf8_says_so(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "f.yaml"
    file.write_bytes(content)
    with pytest.raises(InputError, match="UTF-8"):
        read_document(file)


@given(st.text(max_size=200))
def test_no_text_brings_anything_but_an_input_error(text: str) -> None:
    with contextlib.suppress(InputError):
        assert read(text).name is not None
