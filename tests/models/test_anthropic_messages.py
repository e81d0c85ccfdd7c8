"""The adapter for Anthropic's Messages protocol, against such a server on loopback."""

import functools
import json
from pathlib import Path
from typing import Any

import pytest
from tests.loopback.test_server import Echo, Thinker
from tests.models.samples import LABEL_SCHEMA, conversation, image_ref, request
from tests.models.samples import one as ask_one

from mllmsent.loopback import ConstantAnswerer, Faults, serve
from mllmsent.models import Settings

KEY = "sk-ant-planted-0123456789abcdef"


one = functools.partial(ask_one, name="anthropic/tester")


def test_a_question_about_an_image_is_answered(tmp_path: Path) -> None:
    image = image_ref(tmp_path)
    with serve(ConstantAnswerer("positive"), cached_share=0.5) as server:
        response = one(server, request("Which sentiment?", image))
        (entry,) = server.log.entries
    assert (response.status, response.text, response.stop_reason) == ("ok", "positive", "end_turn")
    assert (response.reported_model, entry.protocol) == ("tester", "anthropic-messages")
    assert (response.attempts, response.error, response.is_json) == (1, "", None)
    assert response.image_sha256 == (image.sha256,) == entry.images
    # What is read from the provider's cache is part of what is read.
    assert response.input_tokens is not None
    assert response.cached_tokens is not None
    assert 0 < response.cached_tokens < response.input_tokens
    assert response.output_tokens


def test_the_conversation_goes_out_as_it_was_written(tmp_path: Path) -> None:
    asked, heard = conversation(tmp_path)
    with serve(Echo()) as server:
        response = one(server, asked)
    assert heard.items() <= json.loads(response.text).items()


def test_settings_go_out_and_what_is_unset_does_not() -> None:
    told = Settings(temperature=0.3, top_p=0.9, max_tokens=77)
    with serve(ConstantAnswerer()) as server:
        one(server, request("x", settings=told))
        one(server, request("x", settings=Settings(temperature=None, max_tokens=None)))
        first, second = (entry.parameters for entry in server.log.entries)
    assert first == {"temperature": 0.3, "top_p": 0.9, "max_tokens": 77}
    assert second == {"max_tokens": 4096}  # the protocol wants a number


def test_a_structured_answer_is_asked_for_with_its_schema() -> None:
    with serve(Echo()) as server:
        response = one(server, request("x", answer_schema=LABEL_SCHEMA))
    assert json.loads(response.text)["schema"] == LABEL_SCHEMA
    assert response.is_json is True


def test_a_server_that_ignores_the_schema_is_noticed_and_its_answer_kept() -> None:
    with serve(ConstantAnswerer(), faults=Faults(ignored_schema=1.0)) as server:
        response = one(server, request("x", answer_schema=LABEL_SCHEMA))
    assert (response.status, response.is_json) == ("ok", False)


@pytest.mark.parametrize(
    ("effort", "options", "thinking"),
    [
        ("high", {}, {"type": "adaptive", "display": "summarized"}),
        (None, {"thinking_tokens": 2048}, {"type": "enabled", "budget_tokens": 2048}),
    ],
)
def test_thinking_is_kept_apart_and_fixes_the_temperature(
    effort: str | None, options: dict[str, Any], thinking: dict[str, Any]
) -> None:
    told = Settings(temperature=0.0, max_tokens=4000, reasoning_effort=effort)
    with serve(Thinker()) as server:
        response = one(server, request("x", settings=told), **options)
        (entry,) = server.log.entries
    assert response.text == "positive, I think"
    assert response.reasoning.startswith("The sun shines.")
    assert response.reasoning_tokens
    assert entry.parameters["thinking"] == thinking
    assert "temperature" not in entry.parameters


@pytest.mark.parametrize(
    "kind",
    ["rate_limit", "overloaded", "server_error", "html_page", "dropped_before", "dropped_midway"],
)
def test_a_passing_fault_is_got_over_and_counted(kind: str) -> None:
    faults = Faults.from_mapping({kind: 1.0, "only_first": 1})
    with serve(ConstantAnswerer("fine"), faults=faults) as server:
        response = one(server, request("x"))
    assert (response.status, response.text, response.attempts) == ("ok", "fine", 2)


@pytest.mark.parametrize(
    ("kind", "error", "attempts", "hopeless"),
    [
        ("overloaded", "529 server error: Overloaded", 2, False),
        ("server_error", "server error: ", 2, False),
        ("garbage", "the server's answer ", 1, False),
        ("no_choices", "the server's answer has no content (stop_reason end_turn)", 1, False),
        ("unauthorized", "401 not allowed: ", 1, True),
        ("unknown_model", "404 not found: ", 1, True),
        ("no_quota", "400 no credit: Your credit balance is too low", 1, True),
        ("daily_limit", "400 no credit: You have reached your specified API usage", 1, True),
        ("image_too_large", "Set `max_image_bytes` or `max_image_side`", 1, False),
    ],
)
def test_a_lasting_fault_is_a_failure_with_its_reason(
    kind: str, error: str, attempts: int, hopeless: bool
) -> None:
    with serve(ConstantAnswerer(), faults=Faults.from_mapping({kind: 1.0})) as server:
        response = one(server, request("x"))
    assert (response.status, response.text) == ("failed", "")
    assert error in response.error
    assert (response.attempts, response.hopeless) == (attempts, hopeless)


def test_what_a_model_declines_is_refused_with_its_words() -> None:
    with serve(ConstantAnswerer(), faults=Faults(refusal=1.0)) as server:
        response = one(server, request("x"))
    assert (response.status, response.stop_reason, response.error) == ("refused", "refusal", "")
    assert "can't help" in response.text


def test_what_a_filter_takes_away_is_refused() -> None:
    with serve(ConstantAnswerer(), faults=Faults(content_filter=1.0)) as server:
        response = one(server, request("x"))
    assert (response.status, response.stop_reason) == ("refused", "content_filter")


def test_an_answer_that_breaks_off_keeps_its_reason() -> None:
    with serve(ConstantAnswerer("a long answer"), faults=Faults(truncated=1.0)) as server:
        response = one(server, request("x"))
    assert (response.status, response.text, response.stop_reason) == ("ok", "a long", "max_tokens")


def test_a_seed_is_complained_of_with_its_cure() -> None:
    with serve(ConstantAnswerer()) as server:
        response = one(server, request("x", settings=Settings(seed=5)))
    assert response.error.endswith("This model takes no such `seed`: set it to null in `settings`")


def test_no_part_of_a_key_is_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    with serve(ConstantAnswerer(), api_key="another") as server:
        response = one(server, request("x"), api_key_env="MY_KEY")
    assert response.error.startswith("401 not allowed")
    assert response.error.endswith("Check the key in MY_KEY")
    assert KEY not in repr(response)


@pytest.mark.parametrize("name", ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"])
def test_no_credential_is_sent_to_an_address_that_a_study_names(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, KEY)
    with serve(ConstantAnswerer(), api_key=KEY) as server:
        response = one(server, request("x"))
    assert response.error.startswith("401 not allowed")
    assert "No key was sent" in response.error


def test_the_users_own_environment_may_name_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    with serve(ConstantAnswerer("in"), api_key=KEY) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.anthropic_url)
        assert one(server, request("x"), base_url=None).text == "in"
