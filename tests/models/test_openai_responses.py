"""The adapter for OpenAI's Responses API, against such a server on loopback."""

import functools
import json
from pathlib import Path
from typing import Any

import pytest
from tests.loopback.samples import jpeg
from tests.loopback.test_server import Echo, Thinker
from tests.models.listener import listening
from tests.models.samples import LABEL_SCHEMA, ask, conversation, image_ref, request
from tests.models.samples import one as ask_one

from mllmsent.affect import answer_schema, get_scheme, scheme_names
from mllmsent.foundation import InputError
from mllmsent.loopback import ConstantAnswerer, Faults, serve
from mllmsent.models import Settings, get_model
from mllmsent.pathways.scene import scene_schema

KEY = "sk-planted-0123456789abcdef"


one = functools.partial(ask_one, api="responses")


def test_a_question_about_an_image_is_answered(tmp_path: Path) -> None:
    image = image_ref(tmp_path)
    with serve(ConstantAnswerer("positive"), cached_share=0.5) as server:
        response = one(server, request("Which sentiment?", image))
        (entry,) = server.log.entries
    assert (response.status, response.text, response.stop_reason) == ("ok", "positive", "completed")
    assert (response.reported_model, entry.protocol) == ("tester", "openai-responses")
    assert (response.attempts, response.error, response.is_json) == (1, "", None)
    assert response.image_sha256 == (image.sha256,) == entry.images
    assert response.input_tokens is not None
    assert response.cached_tokens == response.input_tokens // 2
    assert (response.output_tokens, response.reasoning_tokens) == (2, 0)


def test_the_conversation_goes_out_as_it_was_written(tmp_path: Path) -> None:
    asked, heard = conversation(tmp_path)
    with serve(Echo()) as server:
        response = one(server, asked)
    assert heard.items() <= json.loads(response.text).items()


def test_nothing_is_to_be_kept_at_the_provider() -> None:
    """Unless a study says that it may be: the API itself keeps answers for a month."""
    with serve(ConstantAnswerer()) as server:
        one(server, request("x"))
        one(server, request("x", settings=Settings(extra={"store": True})))
        assert [entry.parameters["store"] for entry in server.log.entries] == [False, True]


def test_settings_go_out_and_what_is_unset_does_not() -> None:
    told = Settings(temperature=0.3, top_p=0.9, max_tokens=77, reasoning_effort="low")
    with serve(ConstantAnswerer()) as server:
        one(server, request("x", settings=told))
        one(server, request("x", settings=Settings(temperature=None, max_tokens=None)))
        first, second = (entry.parameters for entry in server.log.entries)
    assert first == {
        "temperature": 0.3,
        "top_p": 0.9,
        "max_output_tokens": 77,
        "reasoning": {"effort": "low", "summary": "auto"},
        "store": False,
    }
    assert second == {"store": False}


@pytest.mark.parametrize(
    ("effort", "summary", "sent"),
    [
        ("none", None, {"effort": "none"}),
        ("high", "none", {"effort": "high"}),
        ("high", "detailed", {"effort": "high", "summary": "detailed"}),
        (None, "concise", {"summary": "concise"}),
    ],
)
def test_a_summary_is_asked_for_as_the_study_says(
    effort: str | None, summary: str | None, sent: dict[str, str]
) -> None:
    with serve(ConstantAnswerer()) as server:
        told = Settings(reasoning_effort=effort)
        one(server, request("x", settings=told), reasoning_summary=summary)
        assert server.log.entries[0].parameters["reasoning"] == sent


def test_what_was_thought_is_kept_apart_and_counted() -> None:
    with serve(Thinker()) as server:
        thinking = one(server, request("x", settings=Settings(reasoning_effort="low")))
        silent = one(server, request("x"))
    assert thinking.text == silent.text == "positive, I think"
    assert thinking.reasoning.startswith("The sun shines.")
    assert silent.reasoning == ""
    assert thinking.reasoning_tokens == silent.reasoning_tokens == 40


def test_detail_is_sent_where_it_is_asked_for(tmp_path: Path) -> None:
    """A look at low detail is cheaper."""
    with serve(ConstantAnswerer()) as server:
        image = image_ref(tmp_path, size=(1200, 900), data=jpeg(size=(1200, 900)))
        plain, low = (
            one(server, request("x", image), image_detail=detail) for detail in (None, "low")
        )
    assert plain.input_tokens is not None
    assert low.input_tokens is not None
    assert plain.input_tokens > low.input_tokens > 0


def test_a_structured_answer_is_asked_for_with_its_schema() -> None:
    with serve(Echo()) as server:
        response = one(server, request("x", answer_schema=LABEL_SCHEMA))
        sent = server.log.entries[0].parameters["text"]["format"]
    assert json.loads(response.text)["schema"] == LABEL_SCHEMA
    assert response.is_json is True
    assert (sent["type"], sent["strict"]) == ("json_schema", True)


@pytest.mark.parametrize("schema_of", [answer_schema, scene_schema])
def test_every_scheme_has_a_schema_that_the_server_takes(schema_of: Any) -> None:
    """Strict schemas have closed objects that require all they have."""
    asked = [request("x", answer_schema=schema_of(get_scheme(name))) for name in scheme_names()]
    with serve(Echo()) as server:
        responses = ask(server, *asked, api="responses")
    assert len(responses) > 5
    assert [response.error for response in responses if response.status != "ok"] == []


def test_a_server_that_ignores_the_schema_is_noticed_and_its_answer_kept() -> None:
    with serve(ConstantAnswerer(), faults=Faults(ignored_schema=1.0)) as server:
        response = one(server, request("x", answer_schema=LABEL_SCHEMA))
    assert (response.status, response.is_json) == ("ok", False)


def test_a_schema_can_be_kept_from_servers_that_reject_it() -> None:
    with serve(ConstantAnswerer()) as server:
        one(server, request("x", answer_schema=LABEL_SCHEMA), structured_answers=False)
        assert "text" not in server.log.entries[0].parameters


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
    ("code", "attempts"),
    [("server_error", 2), ("rate_limit_exceeded", 2), ("invalid_image_format", 1)],
)
def test_a_response_that_fails_later_is_asked_for_again_where_that_may_help(
    code: str, attempts: int
) -> None:
    broken = {"status": "failed", "error": {"code": code, "message": "Broke."}, "output": []}
    said = {"type": "message", "content": [{"type": "output_text", "text": "fine"}]}
    with listening(broken, {"status": "completed", "output": [said]}) as server:
        response = one(server.url, request("x"))
    assert (response.attempts, response.text) == (attempts, "fine" if attempts == 2 else "")


@pytest.mark.parametrize(
    ("kind", "error", "attempts", "hopeless"),
    [
        ("server_error", "server error: ", 2, False),
        ("garbage", "the server's answer ", 1, False),
        ("no_choices", "the server's answer has no content (status completed)", 1, False),
        ("null_content", "the server's answer has no content (status completed)", 1, False),
        ("unauthorized", "401 not allowed: ", 1, True),
        ("unknown_model", "404 not found: ", 1, True),
        ("no_quota", "429 no credit: You exceeded your current quota", 1, True),
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
    assert (response.status, response.text) == ("ok", "a long")
    assert response.stop_reason == "max_output_tokens"


@pytest.mark.parametrize(
    ("settings", "cure"),
    [
        (Settings(seed=5), "This model takes no such `seed`: set it to null in `settings`"),
        (Settings(max_tokens=5), "Raise `max_tokens` in `settings`"),
        (
            Settings(reasoning_effort="enormous"),
            "This model takes no such `reasoning_effort`: set it to null in `settings`",
        ),
    ],
)
def test_a_setting_that_the_api_does_not_take_is_complained_of_with_its_cure(
    settings: Settings, cure: str
) -> None:
    with serve(ConstantAnswerer()) as server:
        response = one(server, request("x", settings=settings))
    assert response.error.startswith("400 bad request: ")
    assert response.error.endswith(cure)


def test_no_part_of_a_key_is_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    with serve(ConstantAnswerer(), api_key="another") as server:
        response = one(server, request("x"), api_key_env="MY_KEY")
    assert response.error.endswith("Check the key in MY_KEY")
    assert KEY not in repr(response)


def test_a_server_without_the_api_is_told_of() -> None:
    """An address without the protocol is 404, as a model without the name is."""
    with serve(ConstantAnswerer()) as server:
        response = one(f"{server.url}/nowhere", request("x"))
    assert response.error.startswith("404 not found: ")
    assert response.error.endswith("speak responses? Else set `api: chat`")


def test_answers_of_the_two_apis_are_kept_apart() -> None:
    """They are other answers: a cache must not mix them. Old ones of chat stay found."""
    chat = get_model("openai/gpt-5").identity
    assert get_model("openai/gpt-5", api="chat").identity == chat
    assert "api" not in chat
    assert get_model("openai/gpt-5", api="responses").identity == {**chat, "api": "responses"}


def test_a_summary_of_chat_is_complained_of() -> None:
    with pytest.raises(InputError, match="needs `api: responses`"):
        get_model("openai/gpt-5", reasoning_summary="auto")
