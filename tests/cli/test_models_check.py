"""`mllmsent models check`: what it prints, and how it exits."""

import json

import pytest
from tests.cli.saying import say

from mllmsent.loopback import ConstantAnswerer, serve

Capture = pytest.CaptureFixture[str]


def test_a_model_that_works_is_said_to_and_exits_with_0(capsys: Capture) -> None:
    said = say(capsys, "models", "check", "simulated/keen")
    assert said.code == 0
    assert "ok          answers text" in said.out
    assert "not offered same in a batch" in said.out
    assert "All that it offers works here." in said.out
    assert said.err == ""


def test_what_does_not_work_is_said_with_its_cure_and_exits_with_1(capsys: Capture) -> None:
    with serve(ConstantAnswerer("the same", "no JSON")) as server:
        said = say(capsys, "models", "check", "vllm/m", "--option", f"base_url={server.url}")
    assert said.code == 1
    assert "failed      image input" in said.out
    assert "Cure: Set the option `structured_answers: false`" in said.out
    assert "Does not work here: image input, structured answers." in said.out


def test_scripts_get_every_step(capsys: Capture) -> None:
    with serve(ConstantAnswerer("the same", "no JSON")) as server:
        url = f"base_url={server.url}"
        told = say(capsys, "models", "check", "vllm/m", "--option", url, "--json")
    shown = json.loads(told.out)
    assert (told.code, shown["name"], shown["works"]) == (1, "vllm/m", False)
    assert {step["name"]: step["status"] for step in shown["steps"]} == {
        "address": "ok",
        "key": "ok",
        "model name": "ok",
        "settings": "ok",
        "answers": "ok",
        "image input": "failed",
        "structured answers": "failed",
        "label scores": "ok",
        "limits": "not offered",
        "cost": "ok",
    }
    assert {"name", "status", "detail", "cure", "seconds", "facts"} == shown["steps"][0].keys()
    assert shown["steps"][-1]["facts"]["questions"] == 3


def test_options_are_read_as_a_study_has_them(capsys: Capture) -> None:
    """Numbers are numbers and false is false: without schemas, no structured answers."""
    words = ["--option", "structured_answers=false", "--option", "images_per_request=0"]
    with serve(ConstantAnswerer("yes")) as server:
        url = f"base_url={server.url}"
        said = say(capsys, "models", "check", "server/m", "--option", url, *words)
        assert len(server.log) == 1
    assert said.code == 0
    for name in ("image input", "structured answers", "label scores", "limits"):
        assert f"not offered {name}" in said.out


def test_settings_are_those_of_a_study(capsys: Capture) -> None:
    """What a model that reasons does not take is left to it, by null."""
    words = ["--setting", "temperature=null", "--setting", "max_tokens=900"]
    with serve(ConstantAnswerer(), unsupported=["temperature"]) as server:
        url = f"base_url={server.url}"
        said = say(capsys, "models", "check", "server/m", "--option", url, *words)
        assert server.log.entries[0].parameters["max_tokens"] == 900
    assert "it takes max_tokens 900" in said.out


def test_what_is_paid_for_is_said_before_it_is_asked(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    said = say(capsys, "models", "check", "openai/gpt-4o")
    assert said.code == 1
    assert said.err.startswith("One small question is asked, up to 8 where something is wrong, ")
    assert "for at most $0.0" in said.err
    assert "OPENAI_API_KEY is not set" in said.out
    unknown = say(capsys, "models", "check", "openrouter/some/model")
    assert "for an unknown price" in unknown.err


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_marks_stand_beside_words_and_need_no_color(
    encoding: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rich.console.Console.encoding", encoding)
    out = say(capsys, "models", "check", "simulated/keen").out
    ok, absent = ("✓", "–") if encoding == "utf-8" else ("+", "-")
    assert f"{ok} ok          answers text" in out
    assert f"{absent} not offered same in a batch" in out
    assert encoding == "utf-8" or out.isascii()


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["simulated/nobody"], ["No simulated model"]),
        (["hff/a/b"], ["Did you mean 'hf'"]),
        (["hf/a/b", "--option", "dtype"], ["KEY=VALUE"]),
        (["hf/a/b", "--option", "dtyp=float32"], ["Did you mean 'dtype'"]),
        (["openai/m", "--setting", "temprature=0"], ["Did you mean 'temperature'"]),
        (["openai/m", "--setting", "max_tokens=many"], ["--setting", "max_tokens"]),
        (["vllm/m", "--option", "base_url=nowhere"], ["no address of a server"]),
        ([], ["Missing argument 'NAME'"]),
    ],
)
def test_wrong_input_exits_with_2(words: list[str], parts: list[str], capsys: Capture) -> None:
    said = say(capsys, "models", "check", *words)
    assert said.code == 2
    assert all(part in said.err for part in parts)
