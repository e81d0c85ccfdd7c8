"""Getting a model by its name: `provider/name`.

A provider is a factory `(name, options) -> Model`. To add one, name its factory here, or in the
entry-point group `mllmsent.models` of another package:

    [project.entry-points."mllmsent.models"]
    my-provider = "my_package.my_module:make_model"

A factory's docstring, first line, is what `mllmsent models` shows, unless its module has a function
`describe(provider) -> dict` that tells more.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Protocol

from mllmsent.foundation.errors import InputError, MissingExtraError, nearest
from mllmsent.foundation.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mllmsent.models.interface import Model

__all__ = ["PROVIDERS", "ModelFactory", "describe_providers", "get_model"]


class ModelFactory(Protocol):
    """Makes a provider's models."""

    def __call__(self, name: str, options: Mapping[str, Any], /) -> Model:
        """A model.

        Args:
            name: What follows the first slash of the model's reference.
            options: What the study says about the model; the factory checks them.

        Raises:
            InputError: If the name or an option does not fit.
        """
        ...


PROVIDERS: Registry[ModelFactory] = Registry(
    kind="provider of models",
    builtin={
        "openai": "mllmsent.models.served.providers:openai",
        "anthropic": "mllmsent.models.served.providers:anthropic",
        "google": "mllmsent.models.served.providers:google",
        "azure": "mllmsent.models.served.providers:azure",
        "openrouter": "mllmsent.models.served.providers:openrouter",
        "groq": "mllmsent.models.served.providers:groq",
        "xai": "mllmsent.models.served.providers:xai",
        "mistral": "mllmsent.models.served.providers:mistral",
        "fireworks": "mllmsent.models.served.providers:fireworks",
        "together": "mllmsent.models.served.providers:together",
        "huggingface": "mllmsent.models.served.providers:huggingface",
        "dashscope": "mllmsent.models.served.providers:dashscope",
        "vllm": "mllmsent.models.served.providers:vllm",
        "ollama": "mllmsent.models.served.providers:ollama",
        "llamacpp": "mllmsent.models.served.providers:llamacpp",
        "lmstudio": "mllmsent.models.served.providers:lmstudio",
        "server": "mllmsent.models.served.providers:server",
        "hf": "mllmsent.models.local.provider:make_local",
        "builtin": "mllmsent.models.local.provider:make_builtin",
        "replay": "mllmsent.models.replay:make_model",
        "classical": "mllmsent.models.classical:make_model",
        "simulated": "mllmsent.models.simulated:make_simulated",
    },
    group="mllmsent.models",
)


def get_model(ref: str, **options: Any) -> Model:
    """A model, ready to be asked.

    Args:
        ref: `provider/name`: "openai/gpt-4o", "ollama/gemma3", "vllm/Qwen/Qwen3-VL-8B-Instruct",
            "hf/google/gemma-4-E4B-it", "hf/path/to/folder", "replay/answers.csv".
        options: What the provider takes: for served models `base_url`, `api_key_env`,
            `max_retries`, `timeout_s` and the others of `OpenAIOptions`.

    Returns:
        The model; nothing is sent before it is asked.

    Raises:
        InputError: If the reference, the provider or an option is wrong; with the nearest right one.
        MissingExtraError: If the provider needs a part that is not installed.

    Example:
        >>> model = get_model("ollama/gemma3:4b", max_in_flight=2)
        >>> model.name
        'ollama/gemma3:4b'
    """
    provider, slash, name = ref.partition("/")
    known = PROVIDERS.names()
    if not slash or not name.strip():
        example = f"{provider}/NAME" if provider in known else f"openai/{provider or 'gpt-4o'}"
        raise InputError(
            f"Models are written provider/name, not {ref!r}.", cure=f"For example {example}."
        )
    if provider not in known:
        raise InputError(
            f"No provider of models is called {provider!r}.",
            cure=nearest(provider, known),
            item=ref,
        )
    return PROVIDERS.get(provider)(name, options)


def describe_providers() -> list[dict[str, Any]]:
    """Every provider, for people: name, title, and address and key variable where it has them."""
    return [{"name": name} | _describe(name) for name in PROVIDERS.names()]


def _describe(name: str) -> dict[str, Any]:
    try:
        factory: Any = PROVIDERS.get(name)
    except (ImportError, MissingExtraError) as error:
        return {"title": f"not installed completely: {error}"}
    module = sys.modules.get(getattr(getattr(factory, "func", factory), "__module__", ""))
    described = getattr(module, "describe", None)
    if callable(described):
        return dict(described(name))
    return {"title": (factory.__doc__ or "").strip().partition("\n")[0]}
