"""From a study to something that can be asked: the dataset read, targets made, models found."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mllmsent.affect import get_scheme, load_scheme_file
from mllmsent.data import (
    FoldSpec,
    Protocol,
    TargetSpec,
    assign_folds,
    compute_targets,
    get_problem,
    load_dataset,
)
from mllmsent.foundation.errors import InputError, nearest
from mllmsent.models import get_model
from mllmsent.models.interface import Settings
from mllmsent.pathways.interface import Asked, ClassifierSpec, Inquiry, Task
from mllmsent.prompts import get_strategy
from mllmsent.text import get_classifier

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from mllmsent.affect.scheme import Scheme
    from mllmsent.data import Dataset
    from mllmsent.models.interface import Model
    from mllmsent.prompts import Strategy
    from mllmsent.runs.study import ClassifierChoice, ModelChoice, SchemeChoice, Study

__all__ = ["Prepared", "prepare"]

PLAIN = {"direct": "zero-shot", "described": "describe", "scene": "scene"}
"""The strategy of each pathway where a study names none."""
