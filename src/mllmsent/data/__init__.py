"""Datasets: reading, checking, agreement and targets, safe images, conditions, folds."""

from mllmsent.data.dataset import Dataset
from mllmsent.data.folds import FoldSpec, FoldWarning, assign_folds, check_folds
from mllmsent.data.images import ImageInfo, ImageRef, inspect_image
from mllmsent.data.joining import join_datasets
from mllmsent.data.loading import dataset_names, load_dataset
from mllmsent.data.problems import get_problem, problem_names
from mllmsent.data.protocol import Protocol, make_protocol
from mllmsent.data.readers.card_file import builtin_cards, card_text
from mllmsent.data.target_spec import TargetSpec
from mllmsent.data.targets import agreement_counts, compute_targets

__all__ = [
    "Dataset",
    "FoldSpec",
    "FoldWarning",
    "ImageInfo",
    "ImageRef",
    "Protocol",
    "TargetSpec",
    "agreement_counts",
    "assign_folds",
    "builtin_cards",
    "card_text",
    "check_folds",
    "compute_targets",
    "dataset_names",
    "get_problem",
    "inspect_image",
    "join_datasets",
    "load_dataset",
    "make_protocol",
    "problem_names",
]
