"""The scene pathway: what is to be seen, field by field, and only then a verdict."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mllmsent.affect import answer_schema
from mllmsent.affect.reading.json_find import find_json
from mllmsent.models.interface import Response
from mllmsent.pathways.answers import put_together
from mllmsent.pathways.asking import ask_in_schemes
from mllmsent.pathways.direct import direct_system
from mllmsent.pathways.interface import Outcome, Question

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mllmsent.affect.scheme import Scheme
    from mllmsent.pathways.interface import Inquiry
    from mllmsent.pathways.system import System

__all__ = ["Scene", "SceneReading", "read_scene", "scene_schema"]

DIRECTIONS = ("positive", "negative", "neutral")
FIELDS = {"atmosphere", "subjects", "cues", "narrative"}


@dataclass(frozen=True, slots=True)
class SceneReading:
    """What a model read in a scene; fields it left out are empty.

    Attributes:
        atmosphere: The mood of light, color, weather and place.
        subjects: Pairs of who and expression.
        cues: Pairs of cue and direction; the direction is empty where it is none of the three.
        narrative: What seems to be going on.
        verdict: The part of the answer that holds the verdict, to be read in a scheme.
    """

    atmosphere: str = ""
    subjects: tuple[tuple[str, str], ...] = ()
    cues: tuple[tuple[str, str], ...] = ()
    narrative: str = ""
    verdict: str = ""


class Scene:
    """Image to a structured reading, and from it to a label."""

    name = "scene"
    stage = "scene"

    def plan(self, inquiry: Inquiry) -> Iterator[Question]:
        """One question per item, model, strategy, scheme, condition and repeat."""
        yield from ask_in_schemes(inquiry, self, scene_schema)

    def predict(
        self,
        inquiry: Inquiry,
        questions: Sequence[Question],
        responses: Mapping[str, Response],
    ) -> Outcome:
        """A prediction from each verdict, and the fields read before it."""
        outcome = Outcome()
        schemes = {task.scheme.name: task.scheme for task in inquiry.tasks}
        strategies = {strategy.name: strategy for strategy in inquiry.strategies}
        models = {model.name: model for model in inquiry.models}
        systems: dict[tuple[str, str], System] = {}
        for question in questions:
            parts = (question.model, question.strategy)
            if parts not in systems:
                systems[parts] = direct_system(self.name, models[parts[0]], strategies[parts[1]])
            place = {
                "item_id": question.item_id,
                "system_id": systems[parts].system_id,
                "scheme": question.scheme,
                "condition": question.condition,
                "repeat": question.repeat,
            }
            response = responses.get(question.key)
            reading = read_scene(response.text) if response is not None else None
            if response is not None and reading is not None and response.status == "ok":
                outcome.readings.extend(_rows(place, reading, question.key))
                response = Response(status="ok", text=reading.verdict)
            outcome.predictions.append(
                place
                | {"request_keys": [question.key]}
                | put_together(schemes[str(question.scheme)], [response])
            )
        outcome.systems.extend(systems.values())
        return outcome


def scene_schema(scheme: Scheme) -> dict[str, Any]:
    """JSON Schema of a scene answer whose verdict is in `scheme`."""
    verdict = answer_schema(scheme)
    if scheme.kind != "dimensional":
        (verdict,) = verdict["properties"].values()
    text = {"type": "string"}
    return _object(
        {
            "atmosphere": text,
            "subjects": {"type": "array", "items": _object({"who": text, "expression": text})},
            "cues": {
                "type": "array",
                "items": _object(
                    {"cue": text, "direction": {"type": "string", "enum": list(DIRECTIONS)}}
                ),
            },
            "narrative": text,
            "verdict": verdict,
        }
    )


def read_scene(text: str) -> SceneReading | None:
    """The fields of a scene answer.

    Args:
        text: The answer, JSON whole, fenced, embedded or slightly broken.

    Returns:
        The reading; None where the answer holds no JSON object with a field of a scene, so that
        the whole text is to be read for a verdict.
    """
    candidates = [
        {str(key).strip().lower(): part for key, part in value.items()}
        for value in find_json(text).values
        if isinstance(value, dict)
    ]
    # A draft may come before the answer: the last object that is a scene is the one meant.
    scenes = [fields for fields in candidates if fields.keys() & FIELDS]
    if not scenes:
        return None
    fields = scenes[-1]
    verdict = fields.get("verdict", "")
    if isinstance(verdict, (str, int, float)):
        words = str(verdict)
    elif isinstance(verdict, list):
        words = json.dumps({"labels": verdict}, ensure_ascii=False)
    else:
        words = json.dumps(verdict, ensure_ascii=False)
    return SceneReading(
        atmosphere=_text(fields.get("atmosphere")),
        subjects=_pairs(fields.get("subjects"), "who", "expression"),
        cues=tuple(
            (cue, direction.lower() if direction.lower() in DIRECTIONS else "")
            for cue, direction in _pairs(fields.get("cues"), "cue", "direction")
        ),
        narrative=_text(fields.get("narrative")),
        verdict=words,
    )


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _pairs(value: Any, first: str, second: str) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, list):
        return ()
    pairs: list[tuple[str, str]] = []
    for entry in value:
        if isinstance(entry, str):
            pairs.append((entry.strip(), ""))
        elif isinstance(entry, dict):
            pairs.append((_text(entry.get(first)), _text(entry.get(second))))
    return tuple(pair for pair in pairs if pair[0])


def _rows(place: dict[str, Any], reading: SceneReading, key: str) -> list[dict[str, Any]]:
    # A reading belongs to its item and system; the scheme of the verdict is kept to tell apart
    # the readings of two questions that differ in their verdict only.
    place = place | {"request_key": key}
    rows: list[dict[str, Any]] = []
    if reading.atmosphere:
        rows.append(place | {"field": "atmosphere", "position": 0, "value": reading.atmosphere})
    for number, (who, expression) in enumerate(reading.subjects):
        rows.append(
            place | {"field": "subject", "position": number, "value": who, "expression": expression}
        )
    for number, (cue, direction) in enumerate(reading.cues):
        rows.append(
            place | {"field": "cue", "position": number, "value": cue, "direction": direction}
        )
    if reading.narrative:
        rows.append(place | {"field": "narrative", "position": 0, "value": reading.narrative})
    return rows
