"""Errors say where, what and what to do."""

from pathlib import Path

import pytest

from mllmsent.foundation import InputError, MissingExtraError, Registry, nearest


def test_an_input_error_says_where_what_and_the_cure() -> None:
    error = InputError("No such label.", file=Path("a.csv"), line=3, item="label", cure="Add it.")
    assert str(error) == "a.csv:3: label: No such label.\n  Add it."
    assert error.exit_code == 2


def test_a_missing_extra_names_the_command_that_brings_it() -> None:
    assert "pip install 'mllmsent[cloud]'" in str(MissingExtraError("Served models", extra="cloud"))


def test_a_near_miss_is_offered_and_else_what_there_is() -> None:
    assert nearest("positve", ["positive", "negative"]) == "Did you mean 'positive'?"
    assert nearest("zzz", ["positive", "negative"]) == "Known: negative, positive."
    assert nearest("zzz", []) == ""


def test_a_registry_imports_only_what_is_asked_for() -> None:
    registry: Registry[object] = Registry(
        kind="thing",
        builtin={"path": "pathlib:Path", "broken": "no_such_module:x"},
        group="mllmsent.tests.things",
    )
    assert registry.get("path") is Path
    with pytest.raises(InputError, match="No thing is called 'pat'"):
        registry.get("pat")
