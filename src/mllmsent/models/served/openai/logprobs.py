"""Log probabilities of an answer's tokens, as OpenAI's protocols tell them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.models.served.first_tokens import told_step, told_token

if TYPE_CHECKING:
    from mllmsent.models.served.first_tokens import TokenStep

__all__ = ["read_response_steps", "read_steps", "steps_in"]


def read_steps(payload: object) -> tuple[TokenStep, ...]:
    """The tokens of a chat completion; none where it tells none."""
    choices = payload.get("choices") if isinstance(payload, dict) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    told = first.get("logprobs") if isinstance(first, dict) else None
    return steps_in(told.get("content") if isinstance(told, dict) else None)


def read_response_steps(payload: object) -> tuple[TokenStep, ...]:
    """The tokens of the text of a response (Responses API); none where it tells none."""
    output = payload.get("output") if isinstance(payload, dict) else None
    steps: list[TokenStep] = []
    for item in output if isinstance(output, list) else []:
        is_message = isinstance(item, dict) and item.get("type") == "message"
        content = item.get("content") if is_message else None
        for part in content if isinstance(content, list) else []:
            if isinstance(part, dict) and part.get("type") == "output_text":
                steps += steps_in(part.get("logprobs"))
    return tuple(steps)


def steps_in(content: object) -> tuple[TokenStep, ...]:
    """The tokens of a list of `{token, logprob, bytes, top_logprobs}`.

    The list is read as far as it can be: what comes after a token of another form is not known.

    Args:
        content: The list, as it came.
    """
    steps: list[TokenStep] = []
    for entry in content if isinstance(content, list) else []:
        token = told_token(entry, "logprob")
        if token is None:
            break
        others = entry.get("top_logprobs")
        given = (told_token(one, "logprob") for one in (others if isinstance(others, list) else []))
        steps.append(told_step(token, given))
    return tuple(steps)
