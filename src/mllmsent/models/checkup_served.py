"""What works with a model behind a server: one small question that shows as much as it can.

A picture, a schema and the study's settings go out together. Where that is answered, it is all that is
asked. Where it is not, and the server says what is at fault, the question is asked again without it, so
that one fault does not hide another.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mllmsent.models.checkup import CheckStep
from mllmsent.models.checkup_asking import Look, Question
from mllmsent.models.checkup_pictures import plain_pictures
from mllmsent.models.checkup_telling import (
    COLORS,
    NAMES,
    tell_answer,
    tell_arrival,
    tell_cost,
    tell_limits,
    tell_scores,
    tell_sight,
)
from mllmsent.models.interface import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from mllmsent.models.served.model import ServedModel
    from mllmsent.models.served.wire import Fault, Outcome

__all__ = ["SERVED_STEPS", "check_served"]

SERVED_STEPS = (
    "address",
    "key",
    "model name",
    "settings",
    "answers",
    "image input",
    "structured answers",
    "label scores",
    "limits",
    "cost",
)
_STEP_BLAMED = {
    "address": "address",
    "key": "key",
    "model": "model name",
    "setting": "settings",
    "image": "image input",
    "schema": "structured answers",
}
_SCHEMA = {
    "type": "object",
    "properties": {"label": {"type": "string", "enum": list(NAMES)}},
    "required": ["label"],
    "additionalProperties": False,
}
"""The question does not mention it: who answers by it was made to."""
_QUESTION = f"Which color fills this picture: {', '.join(NAMES)}? Answer with the color alone."
_BLIND_QUESTION = f"Which color is the sky by day: {', '.join(NAMES)}? Answer with the color alone."


async def check_served(
    model: ServedModel,
    settings: Settings | None = None,
    on_step: Callable[[CheckStep], None] = lambda _: None,
) -> list[CheckStep]:
    """Find out what works with a model behind a server, with one question where all is well.

    Args:
        model: The model. It stays open.
        settings: How a study would have it answer; by default as studies do.
        on_step: Is told each step, in the end.

    Returns:
        The steps of `SERVED_STEPS`, in order; "not tried" where an earlier fault stands before.
    """
    look = Look(model)
    try:
        await _explore(look, settings or Settings())
    finally:
        await look.aclose()
    if look.questions:
        tell_cost(look)
    steps = [look.found.get(name, CheckStep(name, "not tried")) for name in SERVED_STEPS]
    for step in steps:
        on_step(step)
    return steps


async def _explore(look: Look, settings: Settings) -> None:
    door, options = look.model.door, look.model.options
    if reason := door.no_key:
        look.say("key", "failed", reason, f"Set it: export {door.key_env}=...")
        return
    with plain_pictures(*COLORS.values()) as pictures:
        shown = pictures[0] if options.images_per_request else None
        schema = _SCHEMA if options.structured_answers else None
        question = Question(_QUESTION, shown, schema, settings)
        question = question if shown else _without_picture(question)
        outcome = await look.ask(question)
        suspects: list[tuple[str, Outcome]] = []
        while outcome.fault is not None:
            simpler = _simpler(look, question, outcome, suspects)
            if simpler is None:
                tell_arrival(look, outcome)
                return
            question = simpler
            outcome = await look.ask(question)
        if suspects:  # what was left out last made the difference
            step, complaint = suspects[-1]
            look.fail(step, complaint)
        tell_arrival(look, outcome)
        tell_answer(look, question, outcome.response)
        if question.picture is not None:
            await tell_sight(look, question, outcome.response, pictures[1])
        elif not options.images_per_request:
            look.say("image input", "not offered", "it is sent text only")
        await tell_scores(look, question)
    tell_limits(look, outcome.allowances)


def _simpler(
    look: Look, question: Question, outcome: Outcome, suspects: list[tuple[str, Outcome]]
) -> Question | None:
    """The question without what is at fault; None where there is nothing to leave out."""
    fault = outcome.fault
    assert fault is not None
    step = _STEP_BLAMED.get(fault.blames, "")
    changed = _without(question, fault)
    if changed is not None or fault.blames in {"address", "key", "model"}:
        look.fail(step, outcome)
        return changed
    if fault.kind in {"lasting", "server_error"}:  # it does not say: one thing after the other
        for blamed in ("schema", "image"):
            changed = _without(question, replace(fault, blames=blamed))
            if changed is not None:
                suspects.append((_STEP_BLAMED[blamed], outcome))
                return changed
    first = suspects[0][1] if suspects else outcome
    look.fail("address" if fault.kind in {"connection", "timeout"} else "answers", first)
    return None


def _without(question: Question, fault: Fault) -> Question | None:
    """A question without what a fault blames; None where that is no part of it."""
    if fault.blames == "setting":
        named = [name for name in question.settings.as_dict() if f"`{name}`" in fault.cure]
        left = replace(question.settings, **dict.fromkeys(named))  # type: ignore[arg-type] # settings
        return replace(question, settings=left) if named else None
    if fault.blames == "image" and question.picture is not None:
        return _without_picture(question)
    if fault.blames == "schema" and question.schema is not None:
        return replace(question, schema=None)
    return None


def _without_picture(question: Question) -> Question:
    return replace(question, words=_BLIND_QUESTION, picture=None)
