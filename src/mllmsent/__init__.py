"""MLLMsent measures, compares and explains how multimodal LLMs read emotion in images.

    import mllmsent

    run = mllmsent.run("study.yaml")
    run.leaderboard()
    run.report()

What the command line can do, a notebook can do, and every result is a DataFrame.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.version import __version__

if TYPE_CHECKING:
    from mllmsent.affect import get_scheme, read_answer
    from mllmsent.api import Run, compare, import_predictions, open_run, run
    from mllmsent.audit import audit_dataset, audit_run
    from mllmsent.data import Dataset, load_dataset
    from mllmsent.models import get_model
    from mllmsent.runs import Study, load_study

__all__ = [
    "Dataset",
    "Run",
    "Study",
    "__version__",
    "audit_dataset",
    "audit_run",
    "compare",
    "get_model",
    "get_scheme",
    "import_predictions",
    "load_dataset",
    "load_study",
    "open_run",
    "read_answer",
    "run",
]

# Where each public name lives; imported when it is first used, so that `import mllmsent` is instant.
_HOMES = {
    "Dataset": "data",
    "Run": "api",
    "Study": "runs",
    "audit_dataset": "audit",
    "audit_run": "audit",
    "compare": "api",
    "get_model": "models",
    "get_scheme": "affect",
    "import_predictions": "api",
    "load_dataset": "data",
    "load_study": "runs",
    "open_run": "api",
    "read_answer": "affect",
    "run": "api",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"mllmsent.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'mllmsent' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
