"""What works with a model behind a server is told from one small question where all is well."""

import asyncio
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from PIL import Image

from mllmsent.loopback import Faults, LoopbackServer, Reply, serve
from mllmsent.loopback.wire import WireError
from mllmsent.models import Settings
from mllmsent.models.checkup import CheckStep
from mllmsent.models.checkup_asking import MOST_QUESTIONS
from mllmsent.models.checkup_local import check
from mllmsent.models.checkup_served import SERVED_STEPS

KEYS = {
    "openai": "sk-planted-0123456789abcdef",
    "anthropic": "sk-ant-planted-0123456789abcdef",
    "google": "AIzaPlanted-0123456789abcdef",
}
PROVIDERS = tuple(KEYS)
COLORS = {(128, 0, 128): "purple", (255, 220, 0): "yellow"}


@dataclass
class Painter:
    """Names the color of a picture, or does not: what a model that sees would say.

    Attributes:
        blind: What it says of every picture; empty for a painter that sees.
        complaint: What it says of pictures in place of an answer.
        schema_complaint: What it says of schemas in place of an answer.
        plain_complaint: What it says of questions without one.
    """

    blind: str = ""
    complaint: str = ""
    schema_complaint: str = ""
    plain_complaint: str = ""

    def answer(
        self,
        images: Sequence[bytes],
        text: str,
        schema: Mapping[str, Any] | None,
        model: str,
        sample_seed: int,
    ) -> str | Reply:
        if self.complaint and images:
            raise WireError("invalid", self.complaint)
        if self.schema_complaint and schema is not None:
            raise WireError("invalid", self.schema_complaint)
        if self.plain_complaint and schema is None:
            raise WireError("server_error", self.plain_complaint)
        color = "blue"
        if images:
            pixel = Image.open(io.BytesIO(images[-1])).convert("RGB").getpixel((0, 0))
            assert isinstance(pixel, tuple)
            color = self.blind or COLORS[pixel[0], pixel[1], pixel[2]]
        return f'{{"label": "{color}"}}' if schema is not None else color


@pytest.fixture(params=PROVIDERS)
def provider(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each protocol, with a key in the environment."""
    name: str = request.param
    monkeypatch.setenv(f"{name.upper()}_API_KEY", KEYS[name])
    return name


def look(
    provider: str, server: LoopbackServer, *, model: str = "tester", **options: Any
) -> dict[str, CheckStep]:
    """Every step by its name."""
    url = addresses(server)[provider]
    settings = options.pop("settings", None)
    told = {"base_url": url, "api_key_env": f"{provider.upper()}_API_KEY"} | options
    steps = asyncio.run(check(f"{provider}/{model}", told, settings=settings))
    assert tuple(step.name for step in steps) == SERVED_STEPS
    assert KEYS[provider] not in repr(steps)
    return {step.name: step for step in steps}


def addresses(server: LoopbackServer) -> dict[str, str]:
    """Where each protocol is spoken."""
    return {
        "openai": server.url,
        "anthropic": server.anthropic_url,
        "google": server.google_url,
    }


def failing(steps: Mapping[str, CheckStep]) -> list[str]:
    """What does not work."""
    return [name for name, step in steps.items() if step.status == "failed"]


def test_one_question_shows_a_model_that_works(provider: str) -> None:
    with serve(Painter(), api_key=KEYS[provider], requests_per_minute=600) as server:
        steps = look(provider, server)
        (entry,) = server.log.entries
    assert len(entry.images) == 1
    assert failing(steps) == []
    assert "not tried" not in {step.status for step in steps.values()}
    assert steps["key"].detail == f"the one in {provider.upper()}_API_KEY is accepted"
    assert steps["model name"].facts == {"reported_model": "tester"}
    assert steps["settings"].detail == "it takes temperature 0.0, max_tokens 512"
    assert steps["image input"].detail == "it called a purple picture purple"
    assert steps["structured answers"].facts == {"enforced": True}
    told = None if provider == "google" else 600  # Google tells its limits in errors alone
    assert steps["limits"].facts.get("requests_per_minute") == told
    cost = steps["cost"].facts
    assert cost["questions"] == 1
    assert cost["input_tokens"] > 0
    assert cost["output_tokens"] > 0


def test_the_responses_api_is_looked_at_in_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEYS["openai"])
    with serve(Painter(), api_key=KEYS["openai"], unsupported=["temperature"]) as server:
        steps = look("openai", server, api="responses")
        assert {entry.protocol for entry in server.log.entries} == {"openai-responses"}
    assert failing(steps) == ["settings"]
    assert "`temperature`: set it to null" in steps["settings"].cure
    assert steps["structured answers"].status == steps["image input"].status == "ok"


def test_a_key_that_is_not_set_is_told_before_anything_is_sent(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = f"{provider.upper()}_API_KEY"
    monkeypatch.delenv(variable)
    with serve(Painter()) as server:
        steps = look(provider, server)
        assert len(server.log) == 0
    assert failing(steps) == ["key"]
    assert steps["key"].cure == f"Set it: export {variable}=..."
    assert {step.status for name, step in steps.items() if name != "key"} == {"not tried"}


@pytest.mark.parametrize(
    "key", ["sk-two words-0123456789", "'sk-quoted-0123456789'", "sk-a\u2026z"]
)
def test_a_key_that_cannot_be_one_is_not_sent(
    provider: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{provider.upper()}_API_KEY", key)
    with serve(Painter()) as server:
        steps = look(provider, server)
        assert len(server.log) == 0
    assert "characters that no key has" in steps["key"].detail
    assert key not in repr(steps)


def test_a_line_break_after_a_key_is_no_part_of_it(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{provider.upper()}_API_KEY", KEYS[provider] + "\n")
    with serve(Painter(), api_key=KEYS[provider]) as server:
        assert failing(look(provider, server)) == []


def test_a_wrong_key_is_told_with_its_variable(provider: str) -> None:
    with serve(Painter(), api_key="another") as server:
        steps = look(provider, server)
    assert failing(steps) == ["key"]
    assert steps["address"].status == "ok"
    assert " not allowed: " in steps["key"].detail
    assert steps["key"].cure == f"Check the key in {provider.upper()}_API_KEY"


@pytest.mark.parametrize(
    ("key", "whose"),
    [
        ("sk-ant-api03-0123456789abcdef", "Anthropic"),
        ("sk-proj-0123456789abcdef", "OpenAI"),
        ("AIzaSy0123456789abcdef", "Google"),
    ],
)
def test_the_key_of_another_provider_is_known_by_its_look(
    provider: str, key: str, whose: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{provider.upper()}_API_KEY", key)
    with serve(Painter(), api_key="another") as server:
        cure = look(provider, server)["key"].cure
    own = whose.lower() == provider
    assert ("looks like a key of" in cure) != own
    assert own or f"looks like a key of {whose}" in cure


@pytest.mark.parametrize(
    ("fault", "step", "cure"),
    [
        ("unauthorized", "key", "Check the key in"),
        ("no_quota", "key", "Add credit at the provider"),
        ("unknown_model", "model name", "serves other models"),
        ("overloaded", "answers", ""),
        ("rate_limit", "answers", ""),
        ("garbage", "answers", ""),
        ("dropped_before", "address", ""),
        ("refusal", "answers", ""),
        ("html_page", "answers", ""),
    ],
)
def test_each_fault_is_laid_at_its_own_step(
    provider: str, fault: str, step: str, cure: str
) -> None:
    faults = Faults.from_mapping({fault: 1.0, "retry_after_s": 0.01})
    with serve(Painter(), faults=faults) as server:
        steps = look(provider, server)
        assert len(server.log) <= MOST_QUESTIONS
    assert failing(steps) == [step]
    assert cure in steps[step].cure


def test_scores_that_cannot_be_had_are_asked_for_no_longer_than_anything_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEYS["openai"])
    with serve(Painter(plain_complaint="log probabilities broke me")) as server:
        steps = look("openai", server, logprobs=True)
        assert len(server.log) <= 4
    assert failing(steps) == ["label scores"]
    assert "log probabilities broke me" in steps["label scores"].detail


def test_a_key_that_may_not_do_this_is_told_apart_from_a_wrong_one(provider: str) -> None:
    """OpenAI's server says of its 403 that it does not serve the country."""
    with serve(Painter(), faults=Faults(forbidden=1.0)) as server:
        steps = look(provider, server)
    (step,) = failing(steps)
    cures = {
        "address": "does not serve the country",
        "key": "whether it may use tester at the provider",
    }
    assert cures[step] in steps[step].cure


@pytest.mark.parametrize("fault", ["overloaded", "rate_limit", "server_error", "dropped_midway"])
def test_what_passes_is_waited_for_a_little(provider: str, fault: str) -> None:
    faults = Faults.from_mapping({fault: 1.0, "only_first": 1, "retry_after_s": 0.01})
    with serve(Painter(), faults=faults) as server:
        steps = look(provider, server)
        assert len(server.log) == 2
    assert failing(steps) == []


def test_a_misspelled_model_is_answered_with_the_nearest_one(provider: str) -> None:
    with serve(Painter(), models=["tester-large"]) as server:
        steps = look(provider, server, model="tester-lage")
    assert failing(steps) == ["model name"]
    assert steps["key"].status == "ok"
    assert steps["model name"].cure.endswith("serves other models. Did you mean 'tester-large'?")


def test_a_key_that_does_not_go_to_the_address_of_a_study_is_told(provider: str) -> None:
    with serve(Painter()) as server:
        steps = look(provider, server, api_key_env=None)
    assert steps["key"].facts["sent"] is False
    assert "does not go to an address that a study names" in steps["key"].detail


def test_a_gateway_that_calls_a_wrong_name_a_bad_request_is_asked_for_the_nearest(
    provider: str,
) -> None:
    with serve(Painter(complaint="loopbak is not a valid model ID")) as server:
        steps = look(provider, server, model="loopbak")
    assert failing(steps) == ["model name"]
    assert "Did you mean 'loopback'?" in steps["model name"].cure


@pytest.mark.parametrize("status", [200, 403, 404])
def test_a_web_page_is_a_wrong_address_or_what_stands_before_it(provider: str, status: int) -> None:
    with serve(Painter(), faults=Faults(html_page=1.0, html_status=status)) as server:
        steps = look(provider, server)
    assert failing(steps) == ["address"]
    assert steps["address"].cure


def test_an_address_that_ends_in_the_wrong_place_is_told(provider: str) -> None:
    """OpenAI's protocol wants /v1 in the address, the others do not."""
    with serve(Painter()) as server:
        url = {
            "openai": server.url.removesuffix("/v1"),
            "anthropic": f"{server.anthropic_url}/v1",
            "google": f"{server.google_url}/v1beta/models",
        }[provider]
        steps = look(provider, server, base_url=url)
    assert failing(steps) == ["address"]
    assert steps["address"].cure.endswith(
        {
            "openai": "Most end in /v1",
            "anthropic": "Its address is without /v1",
            "google": "Set `base_url`",
        }[provider]
    )


def test_an_absent_server_is_told_with_its_address(provider: str) -> None:
    with serve(Painter()) as server:
        pass
    steps = look(provider, server)
    assert failing(steps) == ["address"]
    assert "Is a server running at http://127.0.0.1:" in steps["address"].cure
    assert steps["cost"].facts["cost_usd"] == 0.0


def test_a_country_that_is_not_served_is_told(provider: str) -> None:
    words = "Country, region, or territory not supported"
    with serve(Painter(complaint=words)) as server:
        steps = look(provider, server)
    assert failing(steps) == ["address"]
    assert "does not serve the country" in steps["address"].cure


@pytest.mark.parametrize(
    "words",
    [
        "Invalid content type. image_url is only supported by certain models.",
        "gemma is not a multimodal model",
        "No endpoints found that support image input",
        "this model is missing data required for image input",
    ],
)
def test_a_model_without_eyes_is_told_and_the_rest_is_looked_at(provider: str, words: str) -> None:
    with serve(Painter(complaint=words)) as server:
        steps = look(provider, server)
        assert len(server.log) == 2
    assert failing(steps) == ["image input"]
    assert steps["image input"].cure == "This model reads no images: ask one that does"
    assert steps["structured answers"].status == "ok"


def test_an_image_that_is_refused_is_told_with_the_limit_to_set(provider: str) -> None:
    with serve(Painter(), max_image_bytes=10) as server:
        steps = look(provider, server)
    assert failing(steps) == ["image input"]
    assert "Set `max_image_bytes`" in steps["image input"].cure


def test_a_model_that_never_gets_the_image_is_found_out(provider: str) -> None:
    with serve(Painter(blind="blue")) as server:
        steps = look(provider, server)
        assert len(server.log) == 2
    assert failing(steps) == ["image input"]
    assert "hands them on" in steps["image input"].cure


def test_a_schema_that_is_ignored_is_told_with_its_cure(provider: str) -> None:
    with serve(Painter(), faults=Faults(ignored_schema=1.0)) as server:
        steps = look(provider, server)
        assert len(server.log) == 1
    assert failing(steps) == ["structured answers"]
    assert steps["structured answers"].detail.startswith("ignored: ")
    assert "structured_answers: false" in steps["structured answers"].cure


@pytest.mark.parametrize("words", ["'json_schema' is not supported", "Something is not right"])
def test_a_schema_that_is_rejected_is_told_even_by_a_server_that_does_not_say(
    provider: str, words: str
) -> None:
    with serve(Painter(schema_complaint=words)) as server:
        steps = look(provider, server)
        assert len(server.log) == 2
    assert failing(steps) == ["structured answers"]
    assert words in steps["structured answers"].detail
    assert steps["image input"].status == "ok"


def test_settings_that_a_model_does_not_take_are_named_and_left_out() -> None:
    """Models that reason take no temperature, whatever the study says."""
    names = {"openai": ("temperature", "seed"), "anthropic": ("temperature", "top_p")}
    for provider, unsupported in names.items():
        settings = Settings(temperature=0.0, seed=5 if provider == "openai" else None, top_p=0.9)
        with serve(Painter(), unsupported=unsupported) as server, pytest.MonkeyPatch.context() as m:
            m.setenv(f"{provider.upper()}_API_KEY", KEYS[provider])
            steps = look(provider, server, settings=settings)
        assert failing(steps) == ["settings"]
        for name in unsupported:
            assert f"`{name}`: set it to null in `settings`" in steps["settings"].cure
        assert steps["image input"].status == steps["structured answers"].status == "ok"


def test_an_answer_that_breaks_off_before_its_first_word_needs_more_tokens(provider: str) -> None:
    with serve(Painter(), faults=Faults(truncated=1.0)) as server:
        steps = look(provider, server)
    assert "settings" in failing(steps)
    assert "Raise `max_tokens`" in steps["settings"].cure


def test_what_the_study_leaves_out_is_not_offered(provider: str) -> None:
    with serve(Painter()) as server:
        steps = look(provider, server, structured_answers=False, images_per_request=0)
        (entry,) = server.log.entries
    assert entry.images == ()
    assert failing(steps) == []
    assert steps["image input"].status == steps["structured answers"].status == "not offered"
