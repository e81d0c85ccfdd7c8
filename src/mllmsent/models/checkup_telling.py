"""What an answer of a server shows of it, step by step."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mllmsent.models.checkup import label_of, quoted
from mllmsent.models.pricing import estimate_cost
from mllmsent.models.stop_reasons import is_cut_off

if TYPE_CHECKING:
    from mllmsent.data.images import ImageRef
    from mllmsent.models.checkup_asking import Look, Question
    from mllmsent.models.interface import Response
    from mllmsent.models.served.wire import Allowance, Outcome

__all__ = [
    "COLORS",
    "NAMES",
    "tell_answer",
    "tell_arrival",
    "tell_cost",
    "tell_limits",
    "tell_scores",
    "tell_sight",
]

COLORS = {"purple": (128, 0, 128), "yellow": (255, 220, 0)}
"""What the picture shows, and what another shows where the first was called by a wrong name."""
NAMES = ("black", "blue", "brown", "gray", "green", "orange", "purple", "red", "white", "yellow")
"""What it may be called."""


def tell_arrival(look: Look, outcome: Outcome) -> None:
    """How far a question came: to the address, past the key, to the model."""
    fault = outcome.fault
    blamed = "" if fault is None else fault.blames
    if blamed == "address" or "address" in look.found:
        return
    door = look.model.door
    proxy = door.proxy
    by = f", asked through the proxy {proxy.address} ({proxy.variable})" if proxy else ""
    detail = f"{door.address} answers{by}"
    look.say(
        "address", "ok", detail, facts={"address": door.address, "proxy": proxy and proxy.address}
    )
    if blamed == "key" or (fault is not None and fault.kind in {"overloaded", "server_error"}):
        return
    sent = bool(door.key)
    detail = f"the one in {door.key_env} is accepted" if sent else "none is sent, and none needed"
    if not sent and not door.may_show_key:
        detail += f"; what {door.key_env} holds does not go to an address that a study names"
    look.say("key", "ok", detail, facts={"variable": door.key_env, "sent": sent})
    if blamed == "model" or fault is not None:
        return
    name, reported = look.model.model, outcome.response.reported_model
    other = f", and reports the name {quoted(reported)}" if reported not in {"", name} else ""
    look.say(
        "model name", "ok", f"{quoted(name)} answers{other}", facts={"reported_model": reported}
    )


def tell_answer(look: Look, question: Question, response: Response) -> None:
    """What came back, whatever it is about, and whether it kept to the schema."""
    if response.status == "refused":
        look.say(
            "answers", "failed", f"it declined: {quoted(response.text or response.stop_reason)}"
        )
        return
    cut = is_cut_off(response.stop_reason)
    if cut and _color(response.text) is None:
        look.say(
            "settings",
            "failed",
            f"the answer broke off after {response.output_tokens or 'too many'} tokens",
            "Raise `max_tokens` in `settings`: a model that thinks needs more",
        )
    kept = ", ".join(f"{name} {value}" for name, value in question.settings.as_dict().items())
    look.say("settings", "ok", f"it takes {kept}" if kept else "left to the model")
    if not response.text.strip():
        look.say("answers", "failed", "it answered with nothing", "Raise `max_tokens`")
        return
    look.say("answers", "ok", f"it said {quoted(response.text)}", seconds=response.latency_s or 0.0)
    if question.schema is None:
        look.say("structured answers", "not offered", "answers are read from their text")
    elif label_of(response.text) in NAMES:
        look.say(
            "structured answers", "ok", "enforced: it kept to a schema", facts={"enforced": True}
        )
    elif not cut:
        look.say(
            "structured answers",
            "failed",
            f"ignored: {quoted(response.text)} does not fit the schema",
            "Set the option `structured_answers: false`: answers are then read from their text",
            facts={"enforced": False},
        )


async def tell_sight(look: Look, question: Question, response: Response, other: ImageRef) -> None:
    """Whether it called a color by its name, or at least two colors by two."""
    if "answers" not in look.found or look.found["answers"].status == "failed":
        return
    first, second = COLORS
    said = _color(response.text)
    if said == first:
        look.say("image input", "ok", f"it called a {first} picture {said}")
        return
    again = await look.ask(replace(question, picture=other))
    told = again.response.text
    if again.fault is None and _color(told) != said:
        look.say(
            "image input",
            "ok",
            f"it tells colors apart, but called {first} {quoted(response.text)} and {second} "
            f"{quoted(told)}",
        )
        return
    look.say(
        "image input",
        "failed",
        f"of a {first} picture and of a {second} one it said {quoted(response.text)}",
        "It may not be given the images: check that the model reads images, and that the server "
        "hands them on",
    )


async def tell_scores(look: Look, question: Question) -> None:
    """Whether labels are scored; asked apart, where the model offers it."""
    if not look.model.capabilities.label_scores:
        look.say("label scores", "not offered", "answers are read from their text")
        return
    response = (await look.ask(replace(question, schema=None), candidates=NAMES)).response
    if response.label_scores:
        best = max(response.label_scores, key=response.label_scores.__getitem__)
        look.say("label scores", "ok", f"the likeliest of {len(NAMES)} labels is {quoted(best)}")
    else:
        reason = response.error or "it gave a text in place of scores"
        look.say(
            "label scores",
            "failed",
            reason,
            "Set the option `logprobs: false`, and ask for answers in words",
        )


def tell_limits(look: Look, allowances: tuple[Allowance, ...]) -> None:
    """What the server said that it allows."""
    if not allowances:
        look.say("limits", "not offered", "the server does not tell")
        return
    told = [f"{one.per_minute:,.0f} {one.what} a minute" for one in allowances]
    facts = {f"{one.what.replace(' ', '_')}_per_minute": one.per_minute for one in allowances}
    look.say("limits", "ok", ", ".join(told), facts=facts)


def tell_cost(look: Look) -> None:
    """What all questions cost together."""
    read, written = look.input_tokens, look.output_tokens
    unpaid = read == written == 0
    cost = 0.0 if unpaid else estimate_cost(look.model.name, read, written)
    asked = "1 question" if look.questions == 1 else f"{look.questions} questions"
    tokens = (
        "tokens not told"
        if read is None or written is None
        else f"{read:,} tokens read, {written:,} written"
    )
    price = "at an unknown price" if cost is None else f"${cost:.6f}" if cost else "no charge"
    look.say(
        "cost",
        "ok",
        f"{asked}, {tokens}: {price}",
        facts={
            "questions": look.questions,
            "input_tokens": read,
            "output_tokens": written,
            "cost_usd": cost,
        },
    )


def _color(text: str) -> str | None:
    """The one color that an answer names; None for none or several."""
    label = label_of(text)
    words = {label} if isinstance(label, str) else set(re.findall("[a-z]+", text.lower()))
    named = words & set(NAMES)
    return named.pop() if len(named) == 1 else None
