"""One question to the loopback server and what becomes of it, in whatever protocol it came."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from mllmsent.loopback.answerer import Reply
from mllmsent.loopback.call import Outcome
from mllmsent.loopback.request_log import LoggedRequest, content_key
from mllmsent.loopback.wire import WireError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mllmsent.loopback.call import Call, Ending
    from mllmsent.loopback.dialect import Dialect
    from mllmsent.loopback.faults import FaultKind
    from mllmsent.loopback.service import Service

__all__ = ["Exchange", "answer", "fault_as_error", "open_exchange", "write_down"]

_REFUSAL = "I'm sorry, but I can't help with that."
_PROSE = "Looking at the picture, I would rather put it in words: {}"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One arrival of one question.

    Attributes:
        dialect: The protocol it came in.
        call: What is asked.
        parameters: Members of the body beside the conversation.
        key: The question's `content_key`.
        before: How often it was asked before.
        fault: What befalls it, if anything; `over_limit` where it comes too soon.
        error: The error of a request that comes too soon.
        batch: The batch that it is part of; empty for none.
    """

    dialect: Dialect
    call: Call
    parameters: Mapping[str, Any]
    key: str
    before: int
    fault: FaultKind | Literal["over_limit"] | None
    error: WireError | None = None
    batch: str = ""

    @property
    def identifier(self) -> str:
        """Names this arrival alone."""
        return f"{self.key[:24]}{self.before}"


def open_exchange(
    service: Service, dialect: Dialect, payload: object, model_in_path: str = "", batch: str = ""
) -> Exchange:
    """Read a body, and draw what befalls it.

    Args:
        service: Who is asked.
        dialect: In which protocol.
        payload: The body, parsed.
        model_in_path: The model that the address names, where it names one.
        batch: The batch that it is part of; empty for none.

    Raises:
        WireError: If the body cannot be read.
    """
    call = dialect.read(payload, model_in_path)
    members = payload if isinstance(payload, dict) else {}
    for name in service.unsupported:
        if name in members:
            what = f"Unsupported parameter: '{name}' is not supported with this model."
            raise WireError("invalid", what, param=name, code="unsupported_parameter")
    try:
        key = content_key({"model": model_in_path} | members if model_in_path else members)
    except (ValueError, RecursionError):  # NaN, or half a character
        raise WireError("invalid", "We could not parse the JSON body of your request.") from None
    before = service.log.asked_before(key)
    limit = service.max_image_bytes
    fault: FaultKind | None
    if service.models and call.model not in service.models:
        fault = "unknown_model"
    elif limit is not None and any(len(image) > limit for image in call.images):
        fault = "image_too_large"
    else:
        fault = service.faults.draw(key, before)
    parameters = {
        name: value for name, value in members.items() if name not in dialect.conversation
    }
    return Exchange(dialect, call, parameters, key, before, fault, batch=batch)


def fault_as_error(service: Service, exchange: Exchange) -> WireError | None:
    """The fault as an error response; None where the request is answered after all."""
    faults, model = service.faults, exchange.call.model
    match exchange.fault:
        case "over_limit":
            return exchange.error
        case "server_error":
            choices = faults.error_statuses
            unit = faults.unit(exchange.key, f"status {exchange.before}")
            status = choices[int(unit * len(choices))]
            retry_s = faults.retry_after_s if status == 503 else None
            return WireError("server_error", status=status, model=model, retry_s=retry_s)
        case "rate_limit" | "overloaded" as kind:
            return WireError(kind, model=model, retry_s=faults.retry_after_s)
        case (
            "unauthorized" | "forbidden" | "unknown_model" | "image_too_large"
            | "no_quota" | "daily_limit"
        ) as kind:  # fmt: skip
            return WireError(kind, model=model)
        case "rejected_schema" if exchange.call.schema is not None:
            name = exchange.dialect.schema_parameter
            what = f"Invalid parameter: '{name}' of type 'json_schema' is not supported with this model."
            return WireError("invalid", what, param=name)
        case _:
            return None


def answer(service: Service, exchange: Exchange) -> Mapping[str, Any]:
    """The body of the response that answers a question.

    Raises:
        WireError: Where the protocol says with an error that a filter took the answer away.
    """
    call, fault = exchange.call, exchange.fault
    ignored = fault == "ignored_schema" and call.schema is not None
    reply = _ask(service, exchange, None if ignored else call.schema)
    ending: Ending = "complete"
    if ignored:
        reply = replace(reply, text=_PROSE.format(reply.text))
    elif fault == "refusal":
        reply = Reply(text="", refusal=_REFUSAL)
    elif fault == "truncated":
        reply = replace(reply, text=reply.text[: max(len(reply.text) // 2, 1)])
        ending = "cut"
    elif fault == "content_filter":
        ending = "filtered"
    outcome = Outcome(
        reply,
        identifier=exchange.identifier,
        created=service.clock(),
        ending=ending,
        missing={"no_choices": "choices", "null_content": "content"}.get(fault or "", ""),  # type: ignore[arg-type]  # the values of a literal mapping
        cached_share=service.cached_share,
        batched=bool(exchange.batch),
    )
    return exchange.dialect.render(call, outcome)


def _ask(service: Service, exchange: Exchange, schema: Mapping[str, Any] | None) -> Reply:
    call = exchange.call
    by_chance = exchange.before if call.temperature > 0 else 0
    seed = by_chance if call.seed is None else call.seed
    given = service.answerer.answer(call.images, call.text, schema, call.model, seed)
    return given if isinstance(given, Reply) else Reply(given)


def write_down(service: Service, exchange: Exchange, *, status: int, retry: int = 0) -> None:
    """Log a question.

    Args:
        service: Whose log.
        exchange: What was asked.
        status: HTTP status of the response; 0 for none.
        retry: Which retry the client says it is.
    """
    call = exchange.call
    service.log.add(
        LoggedRequest(
            number=len(service.log),
            time=service.clock(),
            key=exchange.key,
            asked_before=exchange.before,
            retry=retry,
            model=call.model,
            text=call.text,
            images=tuple(hashlib.sha256(image).hexdigest() for image in call.images),
            parameters=exchange.parameters,
            fault=exchange.fault or "",
            status=status,
            protocol=exchange.dialect.name,
            batch=exchange.batch,
        )
    )
