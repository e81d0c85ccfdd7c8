"""What differs between families of local models, as data: `families.yaml`."""

from __future__ import annotations

import functools
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

from mllmsent.foundation.config import Config, parse_document, read_config
from mllmsent.foundation.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Elsewhere", "Family", "find_family", "known_families", "refuse_elsewhere"]

_WITH_EYES = "`mllmsent models list` shows models that see images."


class Family(Config):
    """A family of models: those of one `model_type`."""

    title: str
    """What it is, for people."""
    model_type: str = ""
    """What config.json calls it."""
    grid: Literal["square", "tiles", "thw", "positions", "hd"] | None = None
    """How an image's tokens lie on the image; None where that is not known."""
    attention: Literal["sdpa", "eager"] | None = None
    """The one implementation of attention that is right, where not all are."""
    float16: bool = True
    """Whether its numbers stay in the range of float16."""
    torchvision: bool = False
    """Whether its image processor exists for torchvision only."""
    packages: tuple[str, ...] = ()
    """What its processor imports besides the extra `local`."""
    adapter: str = ""
    """Folder of LoRA weights, beside the model's own, that it sees with."""
    known: bool = True
    """Whether it has an entry and tests; False for one that is merely tried."""


class Elsewhere(Config):
    """A type of model that transformers does not load."""

    title: str
    """What it is, for people."""
    cure: str
    """Where the same model is to be had."""


class _FamilyFile(Config):
    families: dict[str, Family]
    elsewhere: dict[str, Elsewhere]


def known_families() -> Mapping[str, Family]:
    """Every family with an entry, by model_type."""
    return {
        name: family.model_copy(update={"model_type": name})
        for name, family in _read().families.items()
    }


def refuse_elsewhere(model_type: str) -> None:
    """Refuse a type of which it is known that transformers does not load it.

    Raises:
        InputError: Saying where the same model is to be had.
    """
    other = _read().elsewhere.get(model_type)
    if other is not None:
        raise InputError(
            f"This is {other.title} ({model_type}), which transformers does not load.",
            cure=other.cure,
        )


def find_family(
    model_type: str,
    config: Mapping[str, Any] | None = None,
    *,
    trust_remote_code: bool = False,
) -> Family:
    """The family of a model_type: its entry, or one without particulars where transformers maps it.

    Args:
        model_type: What config.json calls it.
        config: The whole of config.json, to tell a model that brings its own code.
        trust_remote_code: Whether such code may run.

    Raises:
        InputError: If transformers has no model of this type that sees images; with the cure.
    """
    family = known_families().get(model_type)
    if family is not None:
        return family
    import transformers  # noqa: PLC0415 - heavy
    from transformers.models.auto import configuration_auto, modeling_auto  # noqa: PLC0415 - likewise

    if model_type in modeling_auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES:
        return Family(model_type=model_type, title=model_type, known=False)
    brings_code = bool(config and config.get("auto_map"))
    if brings_code and trust_remote_code:
        return Family(model_type=model_type, title=model_type, known=False)
    refuse_elsewhere(model_type)
    if model_type in configuration_auto.CONFIG_MAPPING:
        raise InputError(
            f"Models of type {model_type!r} do not look at images.",
            cure=f"Choose a multimodal one: {_WITH_EYES}",
        )
    if brings_code:
        raise InputError(
            f"Models of type {model_type!r} need Python code that comes with their weights, which "
            "does not run unless it is asked for.",
            cure="Serve it with vLLM and write vllm/NAME; or, if you trust its authors, set the "
            "option trust_remote_code: true.",
        )
    raise InputError(
        f"transformers {transformers.__version__} knows no models of type {model_type!r}.",
        cure="A newer transformers may: pip install --upgrade transformers.",
    )


@functools.cache
def _read() -> _FamilyFile:
    file = "families.yaml"
    text = resources.files("mllmsent.models.local").joinpath(file).read_text(encoding="utf-8")
    return read_config(_FamilyFile, parse_document(text, file=file))
