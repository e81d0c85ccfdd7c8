"""Log probabilities of an answer's tokens, as Google's protocol tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.models.served.first_tokens import told_step, told_token

if TYPE_CHECKING:
    from mllmsent.models.served.first_tokens import TokenStep

__all__ = ["read_google_steps"]


def read_google_steps(payload: object) -> tuple[TokenStep, ...]:
    """The tokens of a `generateContent` answer; none where it tells none.

    What was written and what might have been stand in two lists of one length:
    <https://ai.google.dev/api/generate-content#LogprobsResult>.

    Args:
        payload: The decoded body.
    """
    candidates = payload.get("candidates") if isinstance(payload, dict) else None
    first = candidates[0] if isinstance(candidates, list) and candidates else None
    result = first.get("logprobsResult") if isinstance(first, dict) else None
    result = result if isinstance(result, dict) else {}
    written, others = result.get("chosenCandidates"), result.get("topCandidates")
    if not isinstance(written, list):
        return ()
    tops = others if isinstance(others, list) else []
    steps: list[TokenStep] = []
    for number, entry in enumerate(written):
        token = told_token(entry, "logProbability")
        if token is None:
            break
        top = tops[number] if number < len(tops) else None
        told = top.get("candidates") if isinstance(top, dict) else None
        given = (told_token(one, "logProbability") for one in _list(told))
        steps.append(told_step(token, given))
    return tuple(steps)


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
