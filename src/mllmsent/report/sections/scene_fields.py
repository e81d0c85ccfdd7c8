"""What the scene pathway saw, field by field, where what was drawn is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.report.environment import fill
from mllmsent.report.sections.section import Section

if TYPE_CHECKING:
    from mllmsent.report.findings import Findings

__all__ = ["scene_fields"]

MEANINGS = {
    "atmosphere": "place, hour, weather, light and colors",
    "subjects": "who is there",
    "expressions": "what their faces show",
    "cues": "what speaks for an emotion",
    "directions": "which way it pulls",
    "narrative": "what seems to be going on",
}


def scene_fields(findings: Findings) -> Section | None:
    """Precision, recall and inventions per system and field; None where the truth is not known."""
    table = findings.scene_fields
    if not len(table):
        return None
    systems: list[dict[str, Any]] = []
    for system, rows in table.groupby("system_id", sort=False):
        systems.append(
            {
                "name": findings.names[str(system)],
                "readings": int(rows["n_readings"].max()),
                "rows": [
                    {
                        "field": row["field"],
                        "meaning": MEANINGS.get(row["field"], ""),
                        "precision": row["precision"],
                        "precision_interval": (row["precision_low"], row["precision_high"]),
                        "recall": row["recall"],
                        "recall_interval": (row["recall_low"], row["recall_high"]),
                        "inventions": row["inventions_per_reading"],
                        "most_invented": row["most_invented"],
                    }
                    for row in rows.to_dict(orient="records")
                ],
            }
        )
    body = fill("sections/scene_fields.html", systems=systems)
    return Section("scene-fields", "What was seen in the scenes", body)
