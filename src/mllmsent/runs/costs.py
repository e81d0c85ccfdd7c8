"""What a run cost, model by model, beside what it was estimated to cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mllmsent.models import dollars

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    import pandas as pd

__all__ = ["ModelCosts", "cost_lines", "model_costs", "paid_models"]


@dataclass(frozen=True, slots=True)
class ModelCosts:
    """What one model's answers cost.

    Attributes:
        model: Its name in the study.
        answers: Answers that this run had, and paid for.
        estimated_usd: What they were estimated to cost before they were asked, with those that then
            failed or were not asked; None where the price is unknown.
        cost_usd: What they cost; None where the price is unknown.
        unpriced: How many of them have no known cost; not in `cost_usd`.
        total_usd: What all answers in the run folder cost, whoever paid for them and when; None
            where that is not known of any.
    """

    model: str
    answers: int
    estimated_usd: float | None
    cost_usd: float | None
    unpriced: int
    total_usd: float | None


def model_costs(
    responses: pd.DataFrame, cached: Collection[str], estimated: Mapping[str, float | None]
) -> list[ModelCosts]:
    """What a run cost.

    Args:
        responses: Table `responses`.
        cached: Keys of the requests that had an answer before this run.
        estimated: Model to US dollars, for every model that was to be asked.
    """
    # Two items with one picture share a request, which was paid for once.
    paid = responses.drop_duplicates("request_key")
    costs = []
    for model, money in estimated.items():
        rows = paid[(paid["model"] == model) & (paid["status"] != "failed")]
        new = rows[~rows["request_key"].isin(list(cached))]["cost_usd"]
        costs.append(
            ModelCosts(
                model=model,
                answers=len(new),
                estimated_usd=money,
                cost_usd=_sum(new) if len(new) else (None if money is None else 0.0),
                unpriced=int(new.isna().sum()),
                total_usd=_sum(rows["cost_usd"]),
            )
        )
    return costs


def cost_lines(costs: Iterable[Mapping[str, Any]]) -> list[str]:
    """A sentence for each model whose answers cost money, or may have.

    Args:
        costs: `ModelCosts` as a run's manifest has them.
    """
    return [_line(each) for each in paid_models(costs) if each.answers and each.cost_usd != 0]


def paid_models(costs: Iterable[Mapping[str, Any]]) -> list[ModelCosts]:
    """The models of which an answer in the run folder cost money, or may have.

    Args:
        costs: `ModelCosts` as a run's manifest has them.
    """
    told = [ModelCosts(**each) for each in costs]
    return [each for each in told if each.total_usd != 0 or each.cost_usd != 0]


def _line(costs: ModelCosts) -> str:
    answers = f"{costs.answers:,} answer{'s' if costs.answers != 1 else ''}"
    if costs.cost_usd is None:
        return f"{costs.model}: {answers} at an unknown price."
    line = f"{costs.model}: {answers} for {dollars(costs.cost_usd)}"
    if costs.unpriced:
        line += f", but for {costs.unpriced:,} whose cost is not known"
    if costs.estimated_usd is not None:
        line += f"; {dollars(costs.estimated_usd)} was estimated for all that was to be asked"
    return f"{line}."


def _sum(costs: pd.Series[Any]) -> float | None:
    known = costs.dropna()
    return float(known.sum()) if len(known) else None
