"""The text classifiers there are, by name."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.config import Document, read_config
from mllmsent.foundation.errors import InputError
from mllmsent.foundation.registry import Registry
from mllmsent.text.storage import saved_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mllmsent.affect.scheme import Scheme
    from mllmsent.text.interface import ClassifierKind, TextClassifier

__all__ = [
    "ALIASES",
    "CLASSIFIERS",
    "EXTRAS",
    "TRANSFORMERS",
    "get_classifier",
    "is_installed",
    "load_classifier",
    "resolve_name",
]

CLASSIFIERS: Registry[ClassifierKind] = Registry(
    kind="classifier",
    builtin={
        "vader": "mllmsent.text.lexicon:LexiconClassifier",
        "linear": "mllmsent.text.linear:LinearClassifier",
        "embedding": "mllmsent.text.embedding:EmbeddingClassifier",
        "fusion": "mllmsent.text.fusion:FusionClassifier",
        "augmented": "mllmsent.text.augmented:AugmentedClassifier",
        "transformer": "mllmsent.text.transformer.classifier:TransformerClassifier",
        "measures": "mllmsent.text.measures:MeasuresClassifier",
    },
    group="mllmsent.classifiers",
)

ALIASES = {"lexicon": "vader"}
"""Other names by which a classifier may be asked for."""

EXTRAS = {"embedding": "embedding", "fusion": "embedding", "transformer": "local"}
"""The optional part of the package that a classifier needs, with its default options."""

_BRINGS = {"embedding": "sentence_transformers", "local": "transformers"}
"""What an optional part brings."""

TRANSFORMERS = "hf/"
"""What names of classifiers start with that are models of the Hugging Face hub, or folders."""


def get_classifier(
    name: str,
    scheme: Scheme,
    options: Mapping[str, Any] | None = None,
    *,
    neutral_as: str | None = None,
) -> TextClassifier:
    """A fresh, untrained classifier.

    Args:
        name: A name in `CLASSIFIERS`, or an alias of one; `hf/NAME` is `transformer` with the option
            `model: NAME`.
        scheme: The scheme to read in; `supports` says whether it can.
        options: The classifier's own, by name; the rest keep their defaults.
        neutral_as: The class that the problem folded "neutral" into, if it did. Told to classifiers
            with an option of that name, unless `options` says something else.

    Raises:
        InputError: If there is no such classifier or option, or an option has a wrong value; the
            message offers the nearest right word.
    """
    canonical, given = resolve_name(name)
    if "/" in canonical:
        raise InputError(
            f"{name!r} is a language model: it is asked, and not trained or computed here.",
            item="classifiers",
            cure="Name it among the `classifiers` of a study. What is trained here is written "
            "hf/OWNER/NAME.",
        )
    kind = CLASSIFIERS.get(canonical)
    given |= options or {}
    if neutral_as is not None and "neutral_as" in kind.options.model_fields:
        given.setdefault("neutral_as", neutral_as)
    document = Document(value=given, file=f"options of classifier {canonical}", lines={})
    return kind(scheme, read_config(kind.options, document))


def resolve_name(name: str) -> tuple[str, dict[str, Any]]:
    """The name in the registry that a name means, and the options that it says."""
    if name.startswith(TRANSFORMERS):
        return "transformer", {"model": name.removeprefix(TRANSFORMERS)}
    return ALIASES.get(name, name), {}


def is_installed(extra: str) -> bool:
    """Whether an optional part of the package is there; nothing is imported."""
    return find_spec(_BRINGS[extra]) is not None


def load_classifier(folder: Path) -> TextClassifier:
    """A classifier from the folder that its `save` wrote.

    Raises:
        InputError: If the folder does not hold one, whole, or of a kind that is not installed.
    """
    return CLASSIFIERS.get(saved_name(folder)).load(folder)
