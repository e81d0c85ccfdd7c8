"""What the answers of each system cost: money, tokens and time per question, from table `responses`.

A prediction names the responses that it was read from. A response that serves several predictions of
a system, such as one description read in two schemes, costs in each scheme what it costs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

__all__ = ["AnswerCost", "answer_costs"]

PER = 1000
"""Costs are per so many questions: items, times repeats and moments."""


@dataclass(frozen=True, slots=True)
class AnswerCost:
    """What a thousand questions cost a system.

    Attributes:
        usd: Estimate from list prices; NaN where the price of an answer is not known.
        tokens: Read and written; NaN where the server did not count those of an answer.
        latency_s: Median seconds that a question took; NaN where none was timed.
    """

    usd: float = math.nan
    tokens: float = math.nan
    latency_s: float = math.nan


def answer_costs(
    predictions: pd.DataFrame, responses: pd.DataFrame, scheme: str, condition: str = "none"
) -> Mapping[str, AnswerCost]:
    """What a thousand questions in a scheme cost each system.

    Args:
        predictions: Table `predictions`.
        responses: Table `responses`.
        scheme: The scheme.
        condition: The condition under which systems answered.

    Returns:
        System to its cost; without those of which no response is kept.
    """
    said = predictions[
        (predictions["scheme"] == scheme)
        & (predictions["condition"] == condition)
        & (predictions["status"] != "failed")
    ]
    if not len(said) or not len(responses):
        return {}
    said = said.assign(question=range(len(said)))[["system_id", "question", "request_keys"]]
    asked = said.explode("request_keys").rename(columns={"request_keys": "request_key"})
    had = responses[responses["status"] != "failed"]
    costs = had.drop_duplicates("request_key").set_index("request_key")[
        ["cost_usd", "input_tokens", "output_tokens", "latency_s"]
    ]
    # Any number missing is a sum missing: half a price is no price.
    sums = costs.assign(tokens=costs["input_tokens"] + costs["output_tokens"]).astype("float64")
    asked = asked.merge(sums, left_on="request_key", right_index=True, how="inner")
    found = {}
    for system, rows in asked.groupby("system_id", sort=False):
        questions = rows.groupby("question")[["cost_usd", "tokens", "latency_s"]].sum(min_count=1)
        known = {
            name: PER * float(questions[name].sum()) / len(questions)
            if rows[name].notna().all()
            else math.nan
            for name in ("cost_usd", "tokens")
        }
        latency = float(questions["latency_s"].median())
        found[str(system)] = AnswerCost(known["cost_usd"], known["tokens"], latency)
    return found
