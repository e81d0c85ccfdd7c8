"""What could not be read, was refused, or never came, with examples."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from mllmsent.report.environment import fill
from mllmsent.report.sections.section import Section

if TYPE_CHECKING:
    import pandas as pd

    from mllmsent.report.findings import Findings

__all__ = ["unread"]

EXAMPLES = 2
"""Examples shown per system and kind."""

MOST_EXAMPLES = 16
"""Examples shown of each kind."""

KINDS = {"unparsed": "Could not be read", "refused": "Refused", "failed": "No answer"}


def unread(findings: Findings) -> Section:
    """Counts per system and scheme, and what was said instead of an answer."""
    cells = {
        (row["system_id"], row["scheme"]): row
        for row in findings.statuses.to_dict(orient="records")
    }
    asked = set(findings.statuses["scheme"])
    titles = {
        name: scheme.title or name
        for name, scheme in findings.evidence.schemes.items()
        if name in asked
    }
    rows = [
        {"name": findings.names[system], "cells": [cells.get((system, name)) for name in titles]}
        for system in dict.fromkeys(findings.statuses["system_id"])
    ]
    examples, hidden = _examples(findings)
    body = fill(
        "sections/unread.html",
        rows=rows,
        titles=titles,
        kinds=KINDS,
        examples=examples,
        hidden=hidden,
        all_read=bool((findings.statuses["ok"] == findings.statuses["asked"]).all()),
        reasons=_reasons(findings),
    )
    return Section("unread", "What could not be read", body)


def _examples(findings: Findings) -> tuple[dict[str, list[dict[str, Any]]], int]:
    predictions = _answers(findings)
    texts = _texts(findings.run.table("responses"))
    found: dict[str, list[dict[str, Any]]] = {}
    shown: Counter[tuple[str, str]] = Counter()
    said: set[tuple[str, str]] = set()
    hidden = 0
    for row in predictions[predictions["status"].isin(["unparsed", "refused"])].to_dict(
        orient="records"
    ):
        place = (str(row["system_id"]), str(row["status"]))
        keys = list(row["request_keys"] or [])
        text = next((texts[key] for key in keys if texts.get(key)), "")
        # One sentence said a hundred times is one example.
        is_new = (place[0], text) not in said
        if not is_new or shown[place] >= EXAMPLES or len(found.get(place[1], ())) >= MOST_EXAMPLES:
            hidden += 1
            continue
        said.add((place[0], text))
        shown[place] += 1
        found.setdefault(place[1], []).append(
            {
                "name": findings.names[row["system_id"]],
                "item": row["item_id"],
                "scheme": row["scheme"],
                "text": text,
                "note": row["note"] if isinstance(row["note"], str) else "",
            }
        )
    return found, hidden


def _reasons(findings: Findings) -> list[tuple[str, int]]:
    responses = findings.run.table("responses")
    failed = responses[responses["status"] == "failed"]
    errors = Counter(
        error if isinstance(error, str) and error else "no reason given"
        for error in failed["error"]
    )
    return errors.most_common(12)


def _answers(findings: Findings) -> pd.DataFrame:
    predictions = findings.evidence.predictions
    return predictions[predictions["condition"] == findings.condition]


def _texts(responses: pd.DataFrame) -> dict[str, str]:
    return dict(
        zip(responses["request_key"].astype(str), responses["text"].astype(str), strict=True)
    )
