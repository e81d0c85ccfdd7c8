"""Classifiers by name, and those of other packages."""

import importlib.metadata
from typing import TYPE_CHECKING, Any

import pytest
from tests.text.corpus import Memory
from tests.text.minilm import minilm

from mllmsent.affect import Scheme, get_scheme
from mllmsent.foundation import InputError
from mllmsent.foundation.config import Config
from mllmsent.foundation.digest import json_digest
from mllmsent.text import CLASSIFIERS, ClassifierKind, TextClassifier, get_classifier
from mllmsent.text.registry import resolve_name

if TYPE_CHECKING:
    from mllmsent.text.embedding import EmbeddingClassifier
    from mllmsent.text.fusion import FusionClassifier
    from mllmsent.text.lexicon import LexiconClassifier
    from mllmsent.text.linear import LinearClassifier
    from mllmsent.text.transformer.classifier import TransformerClassifier

    # What the registry holds is checked by mypy: each class is a `ClassifierKind`.
    KINDS: list[ClassifierKind] = [
        LexiconClassifier,
        LinearClassifier,
        EmbeddingClassifier,
        FusionClassifier,
        TransformerClassifier,
    ]

POLARITY = get_scheme("polarity3")


def offline(name: str) -> dict[str, Any]:
    """Options by which a classifier needs no download."""
    if name in {"embedding", "transformer"}:
        return {"model": str(minilm())}
    return {"members": ["vader", "linear"]} if name == "fusion" else {}


@pytest.mark.parametrize("name", CLASSIFIERS.names())
def test_every_classifier_has_what_the_interface_asks_for(name: str) -> None:
    classifier = get_classifier(name, POLARITY, offline(name))
    assert isinstance(classifier, TextClassifier)
    assert classifier.name == name
    assert classifier.identity["classifier"] == name
    assert len(json_digest(classifier.identity)) == 64
    assert CLASSIFIERS.get(name).__doc__


@pytest.mark.parametrize("name", CLASSIFIERS.names())
def test_every_option_is_documented_and_has_a_default(name: str) -> None:
    fields = CLASSIFIERS.get(name).options.model_fields
    assert all(field.description and not field.is_required() for field in fields.values())


def test_lexicon_is_another_name_of_vader() -> None:
    assert get_classifier("lexicon", POLARITY).name == "vader"


def test_a_wrong_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="'linear'"):
        get_classifier("liner", POLARITY)


def test_a_model_of_the_hub_is_a_transformer_of_that_name() -> None:
    assert resolve_name("hf/answerdotai/ModernBERT-large") == (
        "transformer",
        {"model": "answerdotai/ModernBERT-large"},
    )
    assert resolve_name("linear") == ("linear", {})


def test_a_problem_that_folds_neutral_tells_those_who_ask() -> None:
    scheme = get_scheme("polarity2")
    told = get_classifier("vader", scheme, neutral_as="positive")
    assert told.identity["neutral_as"] == "positive"
    insisting = get_classifier("vader", scheme, {"neutral_as": "negative"}, neutral_as="positive")
    assert insisting.identity["neutral_as"] == "negative"
    assert "neutral_as" not in get_classifier("linear", scheme, neutral_as="positive").identity


def test_one_classifier_is_itself_in_every_scheme_and_another_with_other_options() -> None:
    plain = get_classifier("linear", POLARITY).identity
    assert get_classifier("linear", get_scheme("valence-arousal")).identity == plain
    assert get_classifier("linear", POLARITY, {"c": 2}).identity != plain


class NoOptions(Config):
    """None."""


class Strangers(Memory):
    """Knows the very texts it has learned from."""

    options = NoOptions

    def __init__(self, scheme: Scheme, options: NoOptions | None = None) -> None:
        super().__init__(scheme=scheme)


def test_another_package_adds_one_by_an_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    point = importlib.metadata.EntryPoint(
        name="memory", value=f"{__name__}:Strangers", group=CLASSIFIERS.group
    )
    monkeypatch.setattr(importlib.metadata.EntryPoint, "load", lambda _: Strangers)
    monkeypatch.setattr("mllmsent.foundation.registry.installed", lambda group: (point,))
    assert "memory" in CLASSIFIERS.names()
    try:
        assert isinstance(get_classifier("memory", POLARITY), TextClassifier)
    finally:
        CLASSIFIERS._loaded.pop("memory", None)
