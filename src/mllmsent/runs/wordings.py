"""The wordings of a study: its strategies found, and held against pathways, schemes and models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.foundation.errors import InputError
from mllmsent.prompts import get_strategy, with_readout

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mllmsent.data import Dataset
    from mllmsent.models.interface import Model
    from mllmsent.pathways.interface import Task
    from mllmsent.prompts import Strategy
    from mllmsent.runs.study import Study
    from mllmsent.runs.study_models import StrategyChoice

__all__ = [
    "PLAIN",
    "check_fit",
    "check_readouts",
    "chosen_strategy",
    "study_strategies",
    "wording_notes",
]

PLAIN = {"direct": "zero-shot", "described": "describe", "scene": "scene"}
"""The strategy of each pathway where a study names none."""


def study_strategies(study: Study, base: Path) -> tuple[Strategy, ...]:
    """The strategies that a study names, or the plain one of each pathway.

    Args:
        study: The study.
        base: The folder in which its relative paths start.

    Raises:
        InputError: If there is no such strategy, two have one name, a pathway has none, or one is
            of a pathway that the study does not take.
    """
    describers = study.describers
    if describers is None:
        describers = tuple(choice.shown for choice in study.models)
    # Descriptions that came with the dataset need no wording.
    worded = [
        pathway
        for pathway in study.pathways
        if pathway != "described" or not all(name.startswith("dataset/") for name in describers)
    ]
    if study.strategies is None:
        strategies = tuple(get_strategy(PLAIN[pathway]) for pathway in worded)
    else:
        strategies = tuple(chosen_strategy(choice, base) for choice in study.strategies)
    titles = [strategy.name for strategy in strategies]
    for strategy in strategies:
        if titles.count(strategy.name) > 1:
            raise InputError(
                f"Two strategies are called {strategy.name!r}.",
                item="strategies",
                cure=f"Give one of them a `name`: {{strategy: {strategy.name}, name: another}}.",
            )
    _check_pathways(strategies, study, worded)
    return strategies


def _check_pathways(strategies: Sequence[Strategy], study: Study, worded: Sequence[str]) -> None:
    """Each pathway has a wording, and each wording its pathway."""
    for strategy in strategies:
        if strategy.shows == "description":
            raise InputError(
                f"Strategy {strategy.name!r} shows a description, and is asked of whoever reads one.",
                item="strategies",
                cure="Name it in a classifier: {model: openai/gpt-4o-mini, strategy: "
                f"{strategy.name}}}.",
            )
        if strategy.criteria:
            raise InputError(
                f"Strategy {strategy.name!r} has descriptions marked, and is asked of judges.",
                item="strategies",
                cure="Name it under `judges`: {model: openai/gpt-4o, strategy: "
                f"{strategy.name}}}.",
            )
    for pathway in worded:
        if not any(strategy.pathway == pathway for strategy in strategies):
            raise InputError(
                f"No strategy of the study words the {pathway} pathway.",
                item="strategies",
                cure=f"Add {PLAIN[pathway]!r}, or see `mllmsent prompts list`.",
            )
    for strategy in strategies:
        if strategy.pathway not in study.pathways:
            raise InputError(
                f"Strategy {strategy.name!r} words the {strategy.pathway} pathway, which the study "
                "does not take.",
                item="strategies",
                cure=f"Add {strategy.pathway!r} to `pathways`, or leave the strategy out.",
            )


def check_fit(strategies: Sequence[Strategy], tasks: Sequence[Task], study: Study) -> None:
    """Every scheme is asked about by some wording of each pathway, and every wording is asked.

    Raises:
        InputError: If that is not so.
    """
    for pathway in study.pathways:
        own = [strategy for strategy in strategies if strategy.pathway == pathway]
        if pathway == "described":
            continue
        for task in tasks:
            if all(strategy.supports(task.scheme) is not None for strategy in own):
                raise InputError(
                    f"No strategy of the {pathway} pathway asks in {task.scheme.name!r}. "
                    f"{own[0].name}: {own[0].supports(task.scheme)}",
                    item="strategies",
                    cure=f"Add {PLAIN[pathway]!r}.",
                )
        for strategy in own:
            reasons = [strategy.supports(task.scheme) for task in tasks]
            if None not in reasons:
                raise InputError(
                    f"Strategy {strategy.name!r} asks in none of the study's schemes. {reasons[0]}",
                    item="strategies",
                    cure="Leave it out, or add a scheme that it asks in.",
                )


def check_readouts(
    strategies: Sequence[Strategy], models: Mapping[str, Model], *, item: str = "models"
) -> None:
    """Likelihoods are asked only of models that have them, and of such a kind.

    Args:
        strategies: The wordings.
        models: Name in the study to model; each is asked in every one of the wordings.
        item: The key of the study that names them.

    Raises:
        InputError: If a model has none.
    """
    read_so = [strategy for strategy in strategies if strategy.readout == "likelihood"]
    able = {name: model.capabilities for name, model in models.items()}
    without = [name for name, can in able.items() if can.answers and not can.label_scores]
    if read_so and without:
        raise InputError(
            f"{', '.join(without)}: likelihoods of labels cannot be had from there, and "
            f"{', '.join(each.name for each in read_so)} "
            f"{'reads' if len(read_so) == 1 else 'read'} them.",
            item=item,
            cure="Models that run here give them (hf/..., builtin/...), and servers that tell log "
            "probabilities (option `logprobs: true`). Of any model, take the shares of several "
            "answers instead: `samples: 10, temperature: 1` in place of `readout: likelihood`.",
        )
    whole = [each.name for each in read_so if each.likelihood == "mean" or each.calibrate]
    begun = [name for name, can in able.items() if can.answers and can.first_tokens]
    if whole and begun:
        raise InputError(
            f"{', '.join(begun)}: only the first tokens of an answer are told there, and "
            f"{', '.join(whole)} {'needs' if len(whole) == 1 else 'need'} the likelihoods of whole "
            "answers.",
            item=item,
            cure="Leave `likelihood: mean` and `calibrate` out.",
        )


def wording_notes(
    strategies: Sequence[Strategy], tasks: Sequence[Task], dataset: Dataset
) -> list[str]:
    """What a reader must know of the wordings, one sentence each."""
    notes = [
        f"Strategy {strategy.name} asks about {strategy.emotion_target} emotion; dataset "
        f"{dataset.name} was annotated for {dataset.emotion_target} emotion."
        for strategy in strategies
        if strategy.emotion_target not in {"any", dataset.emotion_target}
    ]
    for strategy in strategies:
        if strategy.pathway == "described":
            continue
        for task in tasks:
            reason = strategy.supports(task.scheme)
            if reason is not None:
                notes.append(
                    f"Strategy {strategy.name} does not ask in {task.scheme.name}. {reason}"
                )
    notes.extend(
        f"Strategy {strategy.name} has models think aloud before they answer; its likelihoods are "
        "those of answers given at once."
        for strategy in strategies
        if strategy.readout == "likelihood" and strategy.min_max_tokens
    )
    return notes


def chosen_strategy(choice: StrategyChoice, base: Path) -> Strategy:
    """The wording that a study names, read as it says.

    Raises:
        InputError: If there is none, or its answer cannot be read so.
    """
    strategy = get_strategy(choice.strategy, folder=base)
    how = choice.model_dump(exclude={"strategy"}, exclude_none=True)
    return with_readout(strategy, **how) if how else strategy
