"""Whether an answer keeps to the schema that was sent with the question.

Some servers take schemas and ignore them (`transformers serve` does), others reject them. In both cases
the answer is read from its text as any other is; what happened is counted and told.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mllmsent.models.interface import Response

__all__ = ["NO_SCHEMAS", "TAKES_NO_SCHEMA", "SchemaUse", "schema_use"]

SchemaUse = Literal["kept", "ignored", "rejected"]

NO_SCHEMAS = "To send none, set its option `structured_answers: false`."
"""What to do about a server that makes nothing of schemas."""

TAKES_NO_SCHEMA = (
    f"takes no schema, and is asked without; answers are read from their text. {NO_SCHEMAS}"
)
"""What is said of a model, behind its name, when it rejects a schema for the first time."""


def schema_use(schema: Mapping[str, Any] | None, response: Response) -> SchemaUse | None:
    """What became of a schema.

    An answer that is cut off within its JSON is none that ignores it. JSON of a shape of the model's
    own does: that is what a wording brings that asks for JSON where nothing enforces the schema.

    Args:
        schema: The one that was wanted; None for free text.
        response: What came back.

    Returns:
        None where no schema was sent, or there is no answer.
    """
    if schema is None or response.status != "ok":
        return None
    if response.schema_rejected:
        return "rejected"
    if response.is_json is None:
        return None
    return "kept" if _fits(schema, response.text) else "ignored"


def _fits(schema: Mapping[str, Any], text: str) -> bool:
    """Whether a text is JSON with the members that an object's schema requires, or its beginning."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text.lstrip().startswith("{")
    required = schema.get("required", ())
    return isinstance(value, dict) and all(name in value for name in required)
