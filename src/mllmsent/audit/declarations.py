"""What a dataset has to say of itself and does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.audit.finding import Finding
from mllmsent.audit.registry import Audit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mllmsent.data.dataset import Dataset

__all__ = ["DECLARATIONS"]

_TARGETS = ("evoked", "expressed", "depicted")


def check(dataset: Dataset) -> Iterator[Finding]:
    """Whether the emotion target is declared, and schemes of annotations and norms are known."""
    if dataset.emotion_target not in _TARGETS:
        yield Finding(
            code="emotion-target-undeclared",
            severity="warning",
            message=f"Dataset {dataset.name!r} does not say what its annotators were asked about.",
            cure=f"Declare `emotion_target`: one of {', '.join(_TARGETS)}.",
            effect="A model asked what people in a picture feel is scored against what its viewers "
            "feel: the disagreement looks like error.",
        )
    known = {scheme.name for scheme in dataset.schemes}
    used = {*dataset.annotations["scheme"].dropna(), *dataset.norms["scheme"].dropna()}
    unknown = sorted(str(name) for name in used - known)
    if unknown:
        yield Finding(
            code="unknown-scheme",
            severity="error",
            message=f"Annotations or norms are in schemes that the dataset does not declare: "
            f"{', '.join(unknown)}.",
            cure="Declare them with their labels or scale ends.",
            effect="Nothing can be scored in them.",
        )


DECLARATIONS = Audit("declarations", "Emotion target and schemes that are not declared.", check)
