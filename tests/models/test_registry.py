"""Getting models by name."""

import subprocess
import sys
from typing import Any

import pytest

from mllmsent.foundation import InputError
from mllmsent.models import PROVIDERS, describe_providers, get_model
from mllmsent.models.served.providers import get_provider

CLOUDS = (
    "openai", "anthropic", "google", "openrouter", "groq", "xai", "mistral", "fireworks", "together",
    "huggingface", "dashscope",
)  # fmt: skip
SERVERS = (*CLOUDS, "vllm", "ollama", "llamacpp", "lmstudio", "server")


@pytest.mark.parametrize("provider", SERVERS)
def test_every_server_has_a_model_of_any_name(provider: str) -> None:
    model = get_model(f"{provider}/some/name:4b")
    assert model.name == f"{provider}/some/name:4b"
    assert model.identity["address"] == get_provider(provider).base_url
    assert 1 <= model.capabilities.max_in_flight <= 256


@pytest.mark.parametrize("provider", CLOUDS)
def test_a_cloud_is_far_and_wants_its_own_key(provider: str) -> None:
    known = get_provider(provider)
    assert known.key_required
    assert not known.local
    assert known.base_url.startswith("https://")
    others = [get_provider(other).api_key_env for other in CLOUDS if other != provider]
    assert known.api_key_env not in others


def test_local_servers_are_at_home_and_need_no_key() -> None:
    for provider in ("vllm", "ollama", "llamacpp", "lmstudio", "server"):
        known = get_provider(provider)
        assert known.local
        assert not known.key_required
        assert known.base_url.startswith("http://localhost:")


@pytest.mark.parametrize(
    ("ref", "options", "message"),
    [
        ("gpt-4o", {}, "Models are written provider/name"),
        ("ollama/", {}, "For example ollama"),
        ("", {}, "provider/name"),
        ("olama/gemma3", {}, "Did you mean 'ollama'"),
        ("openai/gpt-4o", {"max_retrys": 3}, "Did you mean 'max_retries'"),
        ("openai/gpt-4o", {"max_in_flight": 0}, "greater than or equal to 1"),
        ("openai/gpt-4o", {"timeout_s": "soon"}, "valid number"),
    ],
)
def test_a_wrong_name_or_option_is_answered_with_the_nearest(
    ref: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        get_model(ref, **options)


def test_every_provider_is_described() -> None:
    described = {provider["name"]: provider for provider in describe_providers()}
    assert set(described) == set(PROVIDERS.names())
    assert all(provider["title"] for provider in described.values())
    assert described["openai"]["api_key_env"] == "OPENAI_API_KEY"


def test_naming_a_model_loads_no_sdk() -> None:
    """`--dry-run` and `--help` must not pay for what they do not use."""
    code = (
        "import sys; from mllmsent.models import get_model; get_model('openai/gpt-4o');"
        "get_model('anthropic/claude-sonnet-4-5'); get_model('google/gemini-2.5-pro');"
        "heavy = {'anthropic', 'google.genai', 'openai', 'aiohttp', 'httpx2', 'pandas'} & set(sys.modules); assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
