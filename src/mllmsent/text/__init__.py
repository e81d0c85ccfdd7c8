"""Text classifiers: from a description of an image to an emotion, honestly cross-validated."""

from mllmsent.text.cross_validation import FoldFit, LeakageWarning, OutOfFold, cross_validate
from mllmsent.text.interface import ClassifierKind, CutWarning, ScoreKind, TextClassifier
from mllmsent.text.registry import ALIASES, CLASSIFIERS, get_classifier, load_classifier
from mllmsent.text.targets import decide_labels, encode_targets

__all__ = [
    "ALIASES",
    "CLASSIFIERS",
    "ClassifierKind",
    "CutWarning",
    "FoldFit",
    "LeakageWarning",
    "OutOfFold",
    "ScoreKind",
    "TextClassifier",
    "cross_validate",
    "decide_labels",
    "encode_targets",
    "get_classifier",
    "load_classifier",
]
