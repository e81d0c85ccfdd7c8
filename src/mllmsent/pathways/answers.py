"""Answers: what the responses to one question say in a scheme, as columns of `predictions`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from mllmsent.affect import Reading, read_answer
from mllmsent.pathways.likelihood import read_likelihoods

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mllmsent.affect.scheme import Scheme
    from mllmsent.models.interface import Response
    from mllmsent.prompts import Strategy

__all__ = ["answer_columns", "put_together"]


def answer_columns(
    strategy: Strategy, scheme: Scheme, responses: Sequence[Response | None]
) -> dict[str, Any]:
    """What the responses to one question say, in the strategy's readout.

    Args:
        strategy: The wording that was asked.
        scheme: The scheme asked in.
        responses: One per sample; None where there is none.

    Returns:
        The columns status, label, values, scores, score_kind and note of table `predictions`.
    """
    if strategy.readout == "likelihood":
        (only,) = responses  # likelihoods are not drawn: there are no samples
        return read_likelihoods(strategy, scheme, only)
    return put_together(scheme, responses)


def put_together(scheme: Scheme, responses: Sequence[Response | None]) -> dict[str, Any]:
    """The answer of one question's samples: its status, label or values, and scores.

    Several samples are put together by majority (self-consistency); a tie for the first place is
    no answer. Numbers are averaged over the samples that could be read. While one sample has not been
    answered, the question has not.

    Args:
        scheme: The scheme asked in.
        responses: One per sample; None where there is none.

    Returns:
        The columns status, label, values, scores, score_kind and note of table `predictions`.
    """
    answers = [each for each in responses if each is not None and each.status != "failed"]
    lacking = len(responses) - len(answers)
    if lacking:
        # The vote of fewer samples would be another system's answer.
        errors = [each.error for each in responses if each is not None and each.status == "failed"]
        reason = next((error for error in errors if error), "never answered")
        of = f"{lacking} of {len(responses)} samples have no answer: "
        return {"status": "failed", "note": reason if len(responses) == 1 else f"{of}{reason}"}
    readings = [_read(scheme, response) for response in answers]
    if len(readings) == 1:
        return _columns(scheme, readings[0])
    read = [reading for reading in readings if reading.status == "ok"]
    unread = _unread(readings)
    if not read:
        refused = sum(reading.status == "refused" for reading in readings)
        status = "refused" if refused * 2 > len(readings) else "unparsed"
        return {"status": status, "note": f"{readings[0].reason}{unread}"}
    if scheme.kind == "dimensional":
        mean = {
            name: sum(reading.values[name] for reading in read) / len(read)
            for name in scheme.dimension_names
        }
        return {"status": "ok", "values": mean, "note": f"mean of {len(read)} samples{unread}"}
    votes = Counter(reading.labels for reading in read)
    ranked = votes.most_common()
    shares = {"|".join(labels): count / len(readings) for labels, count in ranked}
    note = f"{ranked[0][1]} of {len(readings)} samples{unread}"
    tied = sorted("|".join(labels) for labels, count in ranked if count == ranked[0][1])
    if len(tied) > 1:
        note = (
            f"a tie: {' and '.join(tied)}, {ranked[0][1]} of {len(readings)} samples each{unread}"
        )
        return {"status": "unparsed", "scores": shares, "score_kind": "votes", "note": note}
    return {
        "status": "ok", "label": "|".join(ranked[0][0]), "scores": shares, "score_kind": "votes",
        "note": note,
    }  # fmt: skip


def _unread(readings: Sequence[Reading]) -> str:
    """How many samples say nothing that counts, to be said behind what the others say."""
    counts: Counter[str] = Counter(reading.status for reading in readings)
    told = {"unread": counts["unparsed"], "refused": counts["refused"]}
    return "".join(f", {count} {word}" for word, count in told.items() if count)


def _read(scheme: Scheme, response: Response) -> Reading:
    if response.status == "refused":
        return Reading(status="refused", reason=response.stop_reason or "declined", how="server")
    return read_answer(response.text, scheme)


def _columns(scheme: Scheme, reading: Reading) -> dict[str, Any]:
    columns: dict[str, Any] = {"status": reading.status, "note": reading.reason}
    if reading.status != "ok":
        return columns
    if scheme.kind == "dimensional":
        columns["values"] = dict(reading.values)
    else:
        # One label, or the set of a multi-label answer in the scheme's order.
        columns["label"] = "|".join(reading.labels)
    if reading.scores is not None:
        columns["scores"], columns["score_kind"] = dict(reading.scores), "stated"
    return columns
