"""One rendered question, asked of every model as often as the study says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.models.interface import Request
from mllmsent.pathways.interface import Question, strategy_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mllmsent.pathways.interface import Asked, Inquiry
    from mllmsent.prompts import Message, Strategy

__all__ = ["ask_each"]


def ask_each(
    inquiry: Inquiry,
    models: Sequence[Asked],
    strategy: Strategy,
    messages: tuple[Message, ...],
    *,
    stage: str,
    item: str,
    condition: str,
    scheme: str | None = None,
    answer_schema: Mapping[str, Any] | None = None,
    fold: int | None = None,
) -> Iterator[Question]:
    """The questions that put one rendered wording about one item to each model.

    Args:
        inquiry: Says how often each question is repeated.
        models: Who is asked.
        strategy: The wording; says how many samples make an answer.
        messages: The wording, rendered for the item.
        stage: "direct", "description" or "scene".
        item: The item.
        condition: How its image is shown.
        scheme: Name of the scheme asked in; None for descriptions.
        answer_schema: JSON Schema of the wanted answer; None for free text.
        fold: The item's fold, where exemplars depend on it.

    Yields:
        A question per model, repeat and sample; each sample is a request of its own, so that a
        second one is a second answer and not a cache hit.
    """
    for model in models:
        for number in range(inquiry.repeats * strategy.samples):
            repeat, sample = divmod(number, strategy.samples)
            request = Request(
                messages=messages,
                settings=strategy_settings(strategy, model.settings, seed_shift=number),
                answer_schema=answer_schema,
                sample=number,
                # Never sent: it is how recorded answers are found.
                about={
                    "item_id": item,
                    "stage": stage,
                    "prompt": strategy.name,
                    "scheme": scheme or "",
                    "condition": condition,
                    "repeat": str(repeat),
                    "sample": str(sample),
                },
            )
            yield Question(
                key=request.key(model.identity),
                request=request,
                model=model.name,
                stage=stage,
                item_id=item,
                strategy=strategy.name,
                strategy_version=f"{strategy.version}+{strategy.digest}",
                scheme=scheme,
                condition=condition,
                repeat=repeat,
                sample=sample,
                fold=fold,
            )
