"""Responses as rows, and rows as responses again: a moved run brings its answers along."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.digest import canonical_json
from mllmsent.foundation.tables import check_table, empty_table
from mllmsent.models.answer_schemas import schema_use
from mllmsent.models.interface import Response
from mllmsent.runs.cache import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from mllmsent.models import Pricing
    from mllmsent.models.answer_schemas import SchemaUse
    from mllmsent.pathways.interface import Question

__all__ = ["answers_in", "responses_table"]

_TEXTS = ("text", "reasoning", "stop_reason", "reported_model", "image_note", "error")
_IS_JSON: dict[SchemaUse, bool] = {"kept": True, "ignored": False}
_NUMBERS = (
    "input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens", "latency_s",
)  # fmt: skip


def responses_table(
    questions: Iterable[Question],
    answers: Mapping[str, Answer],
    failed: Mapping[str, Response],
    pricing: Mapping[str, Pricing],
) -> pd.DataFrame:
    """The table `responses`: a row per question that was answered or failed.

    Args:
        questions: What was planned; a question that was never sent has no row.
        answers: Request key to committed answer.
        failed: Request key to what failed.
        pricing: Model to how it is charged.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    now = datetime.now(UTC)
    rows: list[dict[str, Any]] = []
    for question in questions:
        answer = answers.get(question.key)
        response = answer.response if answer is not None else failed.get(question.key)
        if response is None:
            continue
        charged = pricing.get(question.model)
        created_at = answer.created_at if answer is not None else now
        rows.append(
            {
                "request_key": question.key,
                "item_id": question.item_id,
                "stage": question.stage,
                "model": question.model,
                "settings": canonical_json(question.request.settings.as_dict()),
                "prompt": question.strategy,
                "prompt_version": question.strategy_version,
                "condition": question.condition,
                "repeat": question.repeat,
                "status": response.status,
                "attempts": response.attempts,
                "created_at": created_at,
                "scheme": question.scheme,
                "fold": question.fold,
                "sample": question.sample,
                "describer": question.describer or None,
                "classifier": question.classifier or None,
                "label_scores": response.label_scores,
                "label_tokens": response.label_tokens,
                "label_prior": response.label_prior,
                "label_limits": response.label_limits,
                "answer_schema": schema_use(question.request.answer_schema, response),
                "image_sha256": " ".join(response.image_sha256),
                "batched": response.batched,
                "cost_usd": charged.cost_of(response, at=created_at) if charged else None,
                **{name: getattr(response, name) for name in (*_TEXTS, *_NUMBERS)},
            }
        )
    if not rows:
        return empty_table("responses")
    return check_table("responses", pd.DataFrame(rows))


def answers_in(responses: pd.DataFrame) -> dict[str, Answer]:
    """The answers of an earlier run's table `responses`; what failed is no answer."""
    found: dict[str, Answer] = {}
    for row in responses[responses["status"] != "failed"].to_dict(orient="records"):
        values: dict[str, Any] = {name: _given(row[name]) or "" for name in _TEXTS}
        values |= {name: _given(row[name]) for name in _NUMBERS}
        tokens = row["label_tokens"]
        response = Response(
            status=row["status"],
            label_scores=row["label_scores"],
            # A table's maps hold floats.
            label_tokens=None
            if tokens is None
            else {word: int(count) for word, count in tokens.items()},
            label_prior=row["label_prior"],
            label_limits=row["label_limits"],
            is_json=_IS_JSON.get(_given(row["answer_schema"])),
            schema_rejected=_given(row["answer_schema"]) == "rejected",
            image_sha256=tuple(str(_given(row["image_sha256"]) or "").split()),
            attempts=int(row["attempts"]),
            batched=_given(row["batched"]) is True,
            **values,
        )
        found[row["request_key"]] = Answer(response, row["created_at"].to_pydatetime())
    return found


def _given(value: Any) -> Any:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    return None if pd.isna(value) else value
