"""Planning questions: every wording, scheme, condition and item, asked of every model."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from mllmsent.models.interface import Request
from mllmsent.pathways.exemplars import choose_exemplars
from mllmsent.pathways.interface import Question, strategy_settings
from mllmsent.pathways.likelihood import candidate_answers
from mllmsent.prompts import render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mllmsent.affect.scheme import Scheme
    from mllmsent.pathways.interface import Asked, Inquiry, Pathway
    from mllmsent.prompts import Exemplar, Message, Strategy

__all__ = ["ask_each", "ask_in_schemes"]


def ask_in_schemes(
    inquiry: Inquiry, pathway: Pathway, schema_of: Callable[[Scheme], Mapping[str, Any]]
) -> Iterator[Question]:
    """The questions of a pathway that asks for the answer in each scheme.

    Args:
        inquiry: What is planned from.
        pathway: Whose wordings are asked.
        schema_of: JSON Schema of a structured answer in a scheme.

    Yields:
        A question per strategy, scheme, condition, item, model, repeat and sample.
    """
    for strategy in inquiry.strategies_of(pathway.name):
        for task in inquiry.tasks:
            if strategy.supports(task.scheme) is not None:
                continue
            schema = schema_of(task.scheme) if strategy.readout == "json" else None
            candidates = candidate_answers(strategy, task.scheme)
            exemplars: dict[int | None, tuple[Exemplar, ...]] = {}
            for condition in inquiry.conditions:
                for item in inquiry.shown_under(task.items, condition):
                    fold = task.folds.get(item) if strategy.exemplars else None
                    if fold not in exemplars:
                        exemplars[fold] = choose_exemplars(inquiry, task, strategy, fold)
                    messages = render(
                        strategy,
                        task.scheme,
                        inquiry.shown(item, condition),
                        emotion_target=inquiry.dataset.emotion_target,
                        exemplars=exemplars[fold],
                    )
                    yield from ask_each(
                        inquiry,
                        [model for model in inquiry.models if model.answers],
                        strategy,
                        messages,
                        stage=pathway.stage,
                        item=item,
                        condition=condition,
                        scheme=task.scheme.name,
                        answer_schema=schema,
                        candidates=candidates,
                        fold=fold,
                    )


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
    candidates: tuple[str, ...] = (),
    fold: int | None = None,
    repeats: Sequence[int] | None = None,
    describer: str = "",
    classifier: str = "",
) -> Iterator[Question]:
    """The questions that put one rendered wording about one item to each model.

    Args:
        inquiry: Says how often each question is repeated.
        models: Who is asked.
        strategy: The wording; says how many samples make an answer.
        messages: The wording, rendered for the item.
        stage: "direct", "description", "classification", "judgement" or "scene".
        item: The item.
        condition: How it is shown.
        scheme: Name of the scheme asked in; None for descriptions.
        answer_schema: JSON Schema of the wanted answer; None for free text.
        candidates: Every answer that is possible, where the likelihood of each is wanted.
        fold: The item's fold, where exemplars depend on it.
        repeats: Which repeats; by default as many as the inquiry says.
        describer: Whose description is shown, where one is.
        classifier: As which classifier the model reads it.

    Yields:
        A question per model, repeat and sample; each sample is a request of its own, so that a
        second one is a second answer and not a cache hit.
    """
    for model in models:
        for repeat, sample in product(
            range(inquiry.repeats) if repeats is None else repeats, range(strategy.samples)
        ):
            number = repeat * strategy.samples + sample
            request = Request(
                messages=messages,
                settings=strategy_settings(strategy, model.settings, seed_shift=number),
                answer_schema=answer_schema,
                candidates=candidates,
                calibrated=bool(candidates) and strategy.calibrate,
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
                }
                | ({"describer": describer, "classifier": classifier} if describer else {}),
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
                describer=describer,
                classifier=classifier,
                thinks_aloud=strategy.min_max_tokens > 0,
            )
