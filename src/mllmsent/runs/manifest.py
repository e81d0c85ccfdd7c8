"""The manifest of a run: what made it what it is, so that it can be understood and repeated."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from mllmsent.affect import dump_scheme
from mllmsent.foundation.version import __version__
from mllmsent.models import prices_as_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    import pandas as pd

    from mllmsent.prompts.strategy import Turn
    from mllmsent.runs.budget import Budget
    from mllmsent.runs.costs import ModelCosts
    from mllmsent.runs.prepare import Prepared

__all__ = ["make_manifest"]

PACKAGES = (
    "aiohttp", "genai-prices", "httpx", "json-repair", "numpy", "openai", "pandas", "pillow", "pyarrow",
    "scikit-learn", "scipy", "torch", "transformers", "vadersentiment",
)  # fmt: skip
"""Packages whose version can change a number."""


def make_manifest(
    prepared: Prepared,
    *,
    folder: Path,
    status: str,
    began: datetime,
    ended: datetime,
    requests: Mapping[str, int],
    responses: pd.DataFrame,
    costs: Sequence[ModelCosts],
    budget: Budget | None,
    notes: Sequence[str],
) -> dict[str, Any]:
    """Everything about a run that is not in its tables.

    Args:
        prepared: What the run was made from.
        folder: The run folder; the dataset's place is given relative to it.
        status: "complete", "incomplete" or "stopped".
        began: When it began.
        ended: When it ended.
        requests: Counts: planned, cached, sent, failed, unanswered, refused.
        responses: Table `responses`.
        costs: What each model's answers cost.
        budget: What might be spent, where the study says so.
        notes: What a reader must know, one sentence each.
    """
    dataset, study = prepared.dataset, prepared.study
    # Two items with one picture share a request, which was paid for once.
    sent = responses.drop_duplicates("request_key")
    cost = sent["cost_usd"].dropna()
    return {
        "mllmsent": __version__,
        "created_at": began.isoformat(),
        "finished_at": ended.isoformat(),
        "status": status,
        "dataset": {
            "name": dataset.name,
            "version": dataset.version,
            "title": dataset.title,
            "root": os.path.relpath(dataset.root.resolve(), folder.resolve()),
            "digest": dataset.digest,
            "synthetic": dataset.synthetic,
            "emotion_target": dataset.emotion_target,
            "license": dataset.license,
            "citation": dataset.citation,
            "n_items": len(dataset.items),
        },
        "schemes": {task.scheme.name: dump_scheme(task.scheme) for task in prepared.inquiry.tasks},
        "protocols": {
            name: protocol.as_dict() | {"problem": protocol.targets.get("problem")}
            for name, protocol in prepared.protocols.items()
        },
        "models": {
            model.name: {"identity": dict(model.identity), "note": model.note}
            for model in (
                *prepared.inquiry.models,
                *(reader.model for reader in prepared.inquiry.readers),
                *(judge.model for judge in prepared.inquiry.judges),
            )
        },
        "strategies": {
            strategy.name: {
                "version": strategy.version,
                "digest": strategy.digest,
                "title": strategy.title,
                "pathway": strategy.pathway,
                "language": strategy.language,
                "readout": strategy.readout,
                "messages": [_worded(turn, strategy.shows) for turn in strategy.messages],
            }
            for strategy in (
                *prepared.inquiry.strategies,
                *(reader.strategy for reader in prepared.inquiry.readers),
                *(judge.strategy for judge in prepared.inquiry.judges),
            )
        },
        "conditions": list(study.conditions),
        "seed": study.seed,
        "hardware": _hardware(),
        "packages": _packages(),
        "requests": dict(requests),
        "tokens": {
            "input": int(sent["input_tokens"].sum()),
            "output": int(sent["output_tokens"].sum()),
        },
        "cost_usd": float(cost.sum()) if len(cost) else None,
        "unpriced": int(sent.loc[sent["status"] != "failed", "cost_usd"].isna().sum()),
        "costs": [asdict(each) for each in costs],
        "budget": None
        if budget is None
        else {"limit_usd": budget.limit, "spent_usd": budget.spent},
        "prices_as_of": prices_as_of(),
        "notes": list(notes),
    }


def _worded(turn: Turn, shows: str) -> str:
    """A message of a strategy as a page shows it: where the item stands, and the template."""
    parts, item = [turn.text.strip()], "[description]" if shows == "description" else "[item]"
    if turn.image == "first":
        parts.insert(0, item)
    elif turn.image == "last":
        parts.append(item)
    if turn.exemplars:
        parts.insert(0, "[solved examples]")
    return f"{turn.role}: " + "\n".join(part for part in parts if part)


def _hardware() -> dict[str, Any]:
    found: dict[str, Any] = {
        "platform": platform.platform(),
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
    }
    try:
        size = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return found  # not every system tells
    return found | {"memory_gb": round(size / 2**30, 1)}


def _packages() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
