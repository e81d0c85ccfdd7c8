"""The language models that read a study's descriptions, among its text classifiers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.foundation.errors import InputError
from mllmsent.pathways.interface import Reader
from mllmsent.runs.asked_models import asked_as, moved_model
from mllmsent.runs.models_beside import asked_by, reader_choices
from mllmsent.runs.study_models import ClassifierChoice, ModelChoice, StrategyChoice
from mllmsent.runs.tasks import is_file
from mllmsent.runs.wordings import check_readouts, chosen_strategy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from mllmsent.models.interface import Model
    from mllmsent.prompts import Strategy
    from mllmsent.runs.study import Study

__all__ = ["moved_reader", "study_readers"]

PLAIN = StrategyChoice(strategy="read")
"""The wording where a study names none."""


def study_readers(study: Study, base: Path, models: Mapping[str, Model]) -> tuple[Reader, ...]:
    """The readers, ready to be asked.

    Args:
        study: The study.
        base: The folder in which its relative paths start.
        models: Name to model, those of `models_beside` among them.

    Raises:
        InputError: If a wording does not show a description, has no place for examples that are
            wanted, or reads likelihoods that a model does not give.
    """
    own = {model.shown: model for model in study.models}
    found = []
    for choice in reader_choices(study):
        name = asked_by(choice, study)
        strategy = _wording(choice, base, models[name])
        settings = choice.settings or (own[name].settings if name in own else None)
        found.append(
            Reader(
                name=choice.shown,
                model=asked_as(name, choice.model, models[name], settings or study.settings),
                strategy=strategy,
                shots=choice.n_shots,
            )
        )
    return tuple(found)


def moved_reader(
    choice: ClassifierChoice, base: Path, moved: Callable[[str], str]
) -> ClassifierChoice:
    """The choice as it reads from another folder; see `moved_model`."""
    model = moved_model(ModelChoice(model=choice.model), base, moved).model
    strategy = choice.strategy
    if strategy is not None and is_file(strategy.strategy):
        strategy = strategy.model_copy(update={"strategy": moved(strategy.strategy)})
    return choice.model_copy(update={"model": model, "strategy": strategy, "name": choice.shown})


def _wording(choice: ClassifierChoice, base: Path, model: Model) -> Strategy:
    strategy = chosen_strategy(choice.strategy or PLAIN, base)
    if strategy.shows != "description":
        raise InputError(
            f"{choice.shown!r} is to read descriptions, and strategy {strategy.name!r} shows images.",
            item="classifiers",
            cure="Take `read`, or a strategy file with `shows: description`.",
        )
    if choice.n_shots and strategy.exemplars is None:
        raise InputError(
            f"{choice.shown!r} is to be shown {choice.n_shots} solved examples, and strategy "
            f"{strategy.name!r} has no place for them.",
            item="classifiers",
            cure="Leave `shots` out, or add `exemplars` to the strategy file.",
        )
    check_readouts([strategy], {choice.shown: model}, item="classifiers")
    return strategy
