"""From a study to something that can be asked: the dataset read, targets made, models found."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from mllmsent.data import load_dataset
from mllmsent.data.conditions import parse_condition
from mllmsent.foundation.digest import canonical_json
from mllmsent.foundation.errors import InputError, nearest
from mllmsent.models import get_model
from mllmsent.models.interface import Settings
from mllmsent.pathways.interface import Asked, ClassifierSpec, Inquiry, Task, strategy_settings
from mllmsent.prompts import get_strategy
from mllmsent.runs.tasks import has_truth, is_file, make_tasks
from mllmsent.text import get_classifier

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from mllmsent.data import Dataset, Protocol
    from mllmsent.models.interface import Model
    from mllmsent.prompts import Strategy
    from mllmsent.runs.study import ModelChoice, SettingsChoice, Study
    from mllmsent.text import TextClassifier

__all__ = ["Prepared", "prepare"]

PLAIN = {"direct": "zero-shot", "described": "describe", "scene": "scene"}
"""The strategy of each pathway where a study names none."""

DRAWN = "dioramas"
"""The source of the sample dataset, which is drawn where it is not there yet."""

REPLAY = "replay/"
"""What references of models start with that are tables of answers."""

SIMULATED_NOTE = "simulated"
"""Stands beside systems whose model is no model."""


@dataclass(frozen=True)
class Prepared:
    """A study that is ready to be asked.

    Attributes:
        study: The study.
        base: The folder in which its relative paths start.
        dataset: Its dataset, with every item.
        inquiry: What pathways plan from.
        models: Name to model.
        priced_as: Name to the model's name in price lists.
        targets: Table `targets` of all schemes.
        protocols: Scheme to protocol.
        notes: What a reader of the results must know, one sentence each.
    """

    study: Study
    base: Path
    dataset: Dataset
    inquiry: Inquiry
    models: Mapping[str, Model]
    priced_as: Mapping[str, str]
    targets: pd.DataFrame
    protocols: Mapping[str, Protocol]
    notes: tuple[str, ...]

    def resolved(self, folder: Path) -> Study:
        """The study with its paths relative to `folder`, so that it can be run from there."""

        def moved(path: str) -> str:
            there = self.base / path
            return os.path.relpath(there, folder) if there.exists() else path

        study, dataset = self.study, self.study.dataset
        drawn = dataset.source == DRAWN  # a name, even where a folder is called so too
        place = {
            "source": dataset.source if drawn else moved(dataset.source),
            "root": None if dataset.root is None else moved(dataset.root),
        }
        return study.model_copy(
            update={
                "dataset": dataset.model_copy(update=place),
                "schemes": tuple(
                    choice.model_copy(update={"scheme": moved(choice.scheme)})
                    if choice.scheme is not None and is_file(choice.scheme)
                    else choice
                    for choice in study.schemes
                ),
                "models": tuple(
                    # Its name stays what it was, however its table is reached from the folder.
                    choice.model_copy(
                        update={"model": REPLAY + moved(_table(choice)), "name": choice.shown}
                    )
                    if choice.model.startswith(REPLAY)
                    else choice
                    for choice in study.models
                ),
                "strategies": None
                if study.strategies is None
                else tuple(moved(name) if is_file(name) else name for name in study.strategies),
            }
        )


def prepare(
    study: Study, base: Path, workspace: Path, *, say: Callable[[str], None] = lambda _: None
) -> Prepared:
    """Read the dataset, make targets and folds, find models, wordings and classifiers.

    Args:
        study: The study.
        base: The folder in which its relative paths start.
        workspace: The folder in which run folders lie; drawn datasets are kept there.
        say: Is given a sentence when something takes time.

    Raises:
        InputError: If anything the study names is not there or does not fit.
    """
    _check_conditions(study)
    strategies = _strategies(study, base)
    dataset = _dataset(study, base, workspace, say)
    models = {choice.shown: _model(choice, dataset, base) for choice in study.models}
    asked = _asked(study, models, strategies)
    found = make_tasks(study, base, dataset, strategies)
    _check_fit(strategies, found.tasks, study)
    classifiers = tuple(
        ClassifierSpec(
            name=choice.shown,
            options=choice.options,
            make=partial(_classifier, choice.model, choice.options),
        )
        for choice in study.classifiers
        if "described" in study.pathways
    )
    _check_classifiers(classifiers, found.tasks)
    inquiry = Inquiry(
        dataset=dataset,
        tasks=found.tasks,
        models=asked,
        strategies=strategies,
        conditions=study.conditions,
        repeats=study.repeats,
        seed=study.seed,
        describers=study.describers
        if study.describers is not None
        else tuple(choice.shown for choice in study.models),
        classifiers=classifiers,
    )
    return Prepared(
        study=study,
        base=base,
        dataset=dataset,
        inquiry=inquiry,
        models=models,
        priced_as={choice.shown: choice.model for choice in study.models},
        targets=found.targets,
        protocols=found.protocols,
        notes=(*_notes(study, inquiry), *found.notes),
    )


def _dataset(study: Study, base: Path, workspace: Path, say: Callable[[str], None]) -> Dataset:
    choice = study.dataset
    root = None if choice.root is None else base / choice.root
    if choice.source == DRAWN:
        return _drawn(choice.options, workspace, say)
    there = base / choice.source
    source = str(there) if there.exists() else choice.source
    return load_dataset(source, root=root, options=choice.options)


def _drawn(options: Mapping[str, Any], workspace: Path, say: Callable[[str], None]) -> Dataset:
    """The dioramas that a study asks for, drawn if need be."""
    from mllmsent.dioramas import dioramas_dataset  # noqa: PLC0415 - only where they are wanted

    known = {"n": 300, "seed": 7, "size": 384}
    for key, value in options.items():
        if key not in known:
            raise InputError(
                f"Dioramas take no option {key!r}.",
                item="dataset.options",
                cure=nearest(key, known),
            )
        if not isinstance(value, int) or isinstance(value, bool):
            raise InputError(f"{value!r} is not a whole number.", item=f"dataset.options.{key}")
    wanted = known | dict(options)
    say(f"The sample dataset: {wanted['n']} synthetic scenes, drawn if they are not there yet.")
    return dioramas_dataset(wanted["n"], wanted["seed"], workspace, size=wanted["size"])


def _model(choice: ModelChoice, dataset: Dataset, base: Path) -> Model:
    reference, options = choice.model, dict(choice.options)
    if reference.startswith(REPLAY) and (base / _table(choice)).exists():
        reference = f"{REPLAY}{base / _table(choice)}"
    if reference.startswith("simulated/") and (dataset.root / "scenes.jsonl").is_file():
        # It answers from the drawings' truth; of other pictures it knows nothing.
        options.setdefault("folder", str(dataset.root))
    try:
        return get_model(reference, **options)
    except InputError as error:
        raise InputError(error.message, item=f"models: {choice.shown}", cure=error.cure) from None


def _table(choice: ModelChoice) -> str:
    return choice.model.removeprefix(REPLAY)


def _asked(
    study: Study, models: Mapping[str, Model], strategies: Sequence[Strategy]
) -> tuple[Asked, ...]:
    """The models as they are asked; no two of them may be one and the same system."""
    asked: list[Asked] = []
    for choice in study.models:
        one = Asked(
            name=choice.shown,
            identity=models[choice.shown].identity,
            settings=_settings(choice.settings or study.settings),
            note=SIMULATED_NOTE if choice.model.startswith("simulated/") else "",
        )
        for other in (other for other in asked if other.identity == one.identity):
            for strategy in strategies:
                # A strategy may set the temperature in which the two differ.
                if strategy_settings(strategy, one.settings) == strategy_settings(
                    strategy, other.settings
                ):
                    raise InputError(
                        f"{other.name!r} and {one.name!r} are one model, which strategy "
                        f"{strategy.name!r} asks in one way.",
                        item="models",
                        cure="Leave one out, or ask several times with `repeats`.",
                    )
        asked.append(one)
    return tuple(asked)


def _check_conditions(study: Study) -> None:
    """Two ways to write one condition would be one stimulus under two names."""
    written: dict[str, str] = {}
    for condition in study.conditions:
        spec = str(parse_condition(condition))
        if spec in written:
            raise InputError(
                f"{written[spec]!r} and {condition!r} are one condition, {spec!r}.",
                item="conditions",
                cure="Leave one out.",
            )
        written[spec] = condition


def _check_classifiers(classifiers: Sequence[ClassifierSpec], tasks: Sequence[Task]) -> None:
    """Classifiers are told apart, and some of them reads in each scheme."""
    for task in tasks:
        seen: dict[str, str] = {}
        reasons = []
        for spec in classifiers:
            classifier = spec.make(task)
            identity = canonical_json(dict(classifier.identity))
            if identity in seen:
                raise InputError(
                    f"{seen[identity]!r} and {spec.name!r} are one classifier.",
                    item="classifiers",
                    cure="Leave one out.",
                )
            seen[identity] = spec.name
            reasons.append(classifier.supports(task.scheme))
        if reasons and None not in reasons:
            raise InputError(
                f"No classifier of the study reads in {task.scheme.name}: {reasons[0]}",
                item="classifiers",
                cure="Add one that does, such as linear.",
            )


def _settings(choice: SettingsChoice) -> Settings:
    return Settings(
        temperature=choice.temperature,
        top_p=choice.top_p,
        max_tokens=choice.max_tokens,
        seed=choice.seed,
        reasoning_effort=choice.reasoning_effort,
        extra=choice.extra,
    )


def _classifier(name: str, options: Mapping[str, Any], task: Task) -> TextClassifier:
    return get_classifier(name, task.scheme, options, neutral_as=task.neutral_as)


def _strategies(study: Study, base: Path) -> tuple[Strategy, ...]:
    describers = study.describers
    if describers is None:
        describers = tuple(choice.shown for choice in study.models)
    # Descriptions that came with the dataset need no wording.
    worded = [
        pathway
        for pathway in study.pathways
        if pathway != "described" or not all(name.startswith("dataset/") for name in describers)
    ]
    names = study.strategies or tuple(PLAIN[pathway] for pathway in worded)
    strategies = tuple(get_strategy(name, folder=base) for name in names)
    titles = [strategy.name for strategy in strategies]
    for strategy in strategies:
        if titles.count(strategy.name) > 1:
            raise InputError(
                f"Two strategies are called {strategy.name!r}.",
                item="strategies",
                cure="Give one of them another `name` in its file.",
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
    return strategies


def _check_fit(strategies: Sequence[Strategy], tasks: Sequence[Task], study: Study) -> None:
    """Every scheme must be asked about by some wording of each pathway taken."""
    for pathway in study.pathways:
        own = [strategy for strategy in strategies if strategy.pathway == pathway]
        if pathway == "described":
            continue
        for task in tasks:
            if not any(task.scheme.kind in strategy.schemes for strategy in own):
                raise InputError(
                    f"No strategy of the {pathway} pathway asks in {task.scheme.kind} schemes such "
                    f"as {task.scheme.name!r}.",
                    item="strategies",
                    cure=f"Add {PLAIN[pathway]!r}.",
                )


def _notes(study: Study, inquiry: Inquiry) -> list[str]:
    dataset = inquiry.dataset
    notes = []
    if dataset.synthetic:
        notes.append(f"Dataset {dataset.name} is synthetic: made by a program, not by people.")
    simulated = [choice.shown for choice in study.models if choice.model.startswith("simulated/")]
    if simulated:
        notes.append(
            f"Simulated, and no models at all: {', '.join(simulated)}. Their answers come from the "
            "drawings' known truth, with planted faults."
        )
    notes.extend(
        f"Strategy {strategy.name} asks about {strategy.emotion_target} emotion; dataset "
        f"{dataset.name} was annotated for {dataset.emotion_target} emotion."
        for strategy in inquiry.strategies
        if strategy.emotion_target not in {"any", dataset.emotion_target}
    )
    if len(dataset.faults):
        errors = int((dataset.faults["severity"] == "error").sum())
        if errors:
            notes.append(
                f"{errors} rows or images of the dataset cannot be used and are left out; "
                "`mllmsent audit` lists them."
            )
    if not has_truth(dataset):
        notes.append("The dataset says nothing about its items, so nothing can be scored.")
    if inquiry.models:
        notes.extend(_not_shown(inquiry))
    return notes


def _not_shown(inquiry: Inquiry) -> list[str]:
    """Which items cannot be shown to a model, or not under a condition."""
    items = inquiry.all_items()
    notes = []
    for condition in inquiry.conditions:
        shown = len(inquiry.shown_under(items, condition))
        if not shown:
            raise InputError(
                "No item has an image or a text that a model could be shown."
                if condition == "none"
                else f"Condition {condition!r} changes images, and no item has one.",
                item="conditions",
                cure="Leave it out." if condition != "none" else "Check the dataset's card.",
            )
        if shown < len(items):
            lacking = "neither image nor text" if condition == "none" else "no image"
            notes.append(
                f"{len(items) - shown} items have {lacking} and are not asked about under "
                f"condition {condition}."
            )
    return notes
