"""The judges of a study's descriptions: found, and as they are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.foundation.errors import InputError
from mllmsent.pathways.judges import Judge
from mllmsent.runs.asked_models import asked_as, moved_model
from mllmsent.runs.models_beside import asked_by
from mllmsent.runs.study_models import JudgeChoice, ModelChoice
from mllmsent.runs.tasks import is_file
from mllmsent.runs.wordings import chosen_strategy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from mllmsent.models.interface import Model
    from mllmsent.pathways.interface import Inquiry
    from mllmsent.prompts import Strategy
    from mllmsent.runs.study import Study

__all__ = ["judge_notes", "moved_judge", "study_judges"]


def study_judges(study: Study, base: Path, models: Mapping[str, Model]) -> tuple[Judge, ...]:
    """The judges, ready to be asked.

    Args:
        study: The study.
        base: The folder in which its relative paths start.
        models: Name to model, those of `models_beside` among them.

    Raises:
        InputError: If a wording has no criteria, a model sees no images or answers no questions, or
            two judges are one.
    """
    own = {model.shown: model for model in study.models}
    found: list[Judge] = []
    for choice in study.judges:
        name = asked_by(choice, study)
        strategy = _wording(choice, base)
        _check_sees(choice, models[name])
        settings = choice.settings or (own[name].settings if name in own else None)
        reference = own[name].model if name in own else choice.model
        judge = Judge(
            name=choice.shown,
            model=asked_as(name, reference, models[name], settings or study.settings),
            strategy=strategy,
        )
        _check_apart(judge, found)
        found.append(judge)
    return tuple(found)


def judge_notes(inquiry: Inquiry) -> list[str]:
    """A warning for each judge that marks descriptions of its own."""
    notes = []
    for judge in inquiry.judges:
        themselves = [
            model.name
            for model in inquiry.models
            if model.name in inquiry.describers
            and dict(model.identity) == dict(judge.model.identity)
        ]
        if themselves:
            notes.append(
                f"Judge {judge.name} also marks its own descriptions ({', '.join(themselves)}), and "
                "models prefer their own words: do not compare its marks of these with others'."
            )
    return notes


def moved_judge(choice: JudgeChoice, base: Path, moved: Callable[[str], str]) -> JudgeChoice:
    """The choice as it reads from another folder; see `moved_model`."""
    model, strategy = choice.model, choice.strategy
    if "/" in model:
        model = moved_model(ModelChoice(model=model), base, moved).model
    if is_file(strategy.strategy):
        strategy = strategy.model_copy(update={"strategy": moved(strategy.strategy)})
    return choice.model_copy(update={"model": model, "strategy": strategy, "name": choice.shown})


def _wording(choice: JudgeChoice, base: Path) -> Strategy:
    strategy = chosen_strategy(choice.strategy, base)
    if not strategy.criteria:
        raise InputError(
            f"{choice.shown!r} is to mark descriptions, and strategy {strategy.name!r} has no "
            "criteria.",
            item="judges",
            cure="Take `judge`, or a strategy file with `criteria`.",
        )
    return strategy


def _check_sees(choice: JudgeChoice, model: Model) -> None:
    can = model.capabilities
    if not can.answers or not can.images_per_request:
        raise InputError(
            f"{choice.shown!r} {'sees no images' if can.answers else 'answers no questions'}, and "
            "cannot judge what is said of them.",
            item="judges",
            cure="Name a multimodal model, such as openai/gpt-4o.",
        )


def _check_apart(judge: Judge, others: Sequence[Judge]) -> None:
    for other in others:
        if other.identity == judge.identity:
            raise InputError(
                f"{other.name!r} and {judge.name!r} are one judge.",
                item="judges",
                cure="Leave one out.",
            )
