"""From a study to something that can be asked: the dataset read, targets made, models found."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.data.conditions import parse_condition
from mllmsent.data.description_changes import changes_descriptions
from mllmsent.foundation.errors import InputError
from mllmsent.models import Pricing
from mllmsent.pathways.interface import Inquiry
from mllmsent.runs.asked_classifiers import (
    check_classifiers,
    check_tables,
    moved_classifier,
    study_classifiers,
)
from mllmsent.runs.asked_models import as_asked, check_answers, find_models, moved_model
from mllmsent.runs.asking import models_in_batches
from mllmsent.runs.dataset_choice import moved_dataset, study_dataset
from mllmsent.runs.models_beside import models_beside
from mllmsent.runs.notes import study_notes
from mllmsent.runs.similarity import moved_encoder, study_encoder
from mllmsent.runs.study_judges import moved_judge, study_judges
from mllmsent.runs.study_readers import moved_reader, study_readers
from mllmsent.runs.tasks import is_file, make_tasks
from mllmsent.runs.wordings import check_fit, check_readouts, study_strategies

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pandas as pd

    from mllmsent.data import Dataset, Protocol
    from mllmsent.models.interface import Model
    from mllmsent.models.local.checkpoint import Checkpoint
    from mllmsent.runs.study import Study

__all__ = ["Prepared", "prepare"]


@dataclass(frozen=True)
class Prepared:
    """A study that is ready to be asked.

    Attributes:
        study: The study.
        base: The folder in which its relative paths start.
        dataset: Its dataset, with every item.
        inquiry: What pathways plan from.
        models: Name to model.
        pricing: Name to how the model is charged.
        targets: Table `targets` of all schemes.
        protocols: Scheme to protocol.
        notes: What a reader of the results must know, one sentence each.
        encoder: What tells how alike pictures and descriptions are, where the study names one.
        in_batches: Names of the models that are asked by their provider's batches.
    """

    study: Study
    base: Path
    dataset: Dataset
    inquiry: Inquiry
    models: Mapping[str, Model]
    pricing: Mapping[str, Pricing]
    targets: pd.DataFrame
    protocols: Mapping[str, Protocol]
    notes: tuple[str, ...]
    encoder: Checkpoint | None = None
    in_batches: frozenset[str] = frozenset()

    def resolved(self, folder: Path) -> Study:
        """The study with its paths relative to `folder`, so that it can be run from there."""

        def moved(path: str) -> str:
            there = self.base / path
            return os.path.relpath(there, folder) if there.exists() else path

        study = self.study
        return study.model_copy(
            update={
                "dataset": moved_dataset(study.dataset, moved),
                "schemes": tuple(
                    choice.model_copy(update={"scheme": moved(choice.scheme)})
                    if choice.scheme is not None and is_file(choice.scheme)
                    else choice
                    for choice in study.schemes
                ),
                "models": tuple(moved_model(choice, self.base, moved) for choice in study.models),
                "classifiers": tuple(
                    moved_reader(choice, self.base, moved)
                    if choice.is_asked
                    else moved_classifier(choice, moved)
                    for choice in study.classifiers
                ),
                "judges": tuple(moved_judge(choice, self.base, moved) for choice in study.judges),
                "encoder": moved_encoder(study.encoder, moved),
                "strategies": None
                if study.strategies is None
                else tuple(
                    choice.model_copy(update={"strategy": moved(choice.strategy)})
                    if is_file(choice.strategy)
                    else choice
                    for choice in study.strategies
                ),
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
    encoder = study_encoder(study, base)
    strategies = study_strategies(study, base)
    dataset = study_dataset(study.dataset, base, workspace, say)
    choices = (*study.models, *models_beside(study))
    models = find_models(choices, base, dataset)
    own = {choice.shown: models[choice.shown] for choice in study.models}
    check_answers(study, own)
    check_readouts(strategies, own)
    in_batches, asked_live = models_in_batches(study, models)
    asked = as_asked(study, models, strategies)
    _check_given_descriptions(study, dataset)
    found = make_tasks(study, base, dataset, strategies)
    check_fit(strategies, found.tasks, study)
    classifiers = study_classifiers(study, base)
    readers = study_readers(study, base, models)
    judges = study_judges(study, base, models)
    check_classifiers(classifiers, readers, found.tasks)
    check_tables(classifiers, found.tasks, study)
    inquiry = Inquiry(
        dataset=dataset,
        tasks=found.tasks,
        models=asked,
        strategies=strategies,
        conditions=tuple(each for each in study.conditions if not changes_descriptions(each)),
        repeats=study.repeats,
        seed=study.seed,
        describers=study.describers
        if study.describers is not None
        else tuple(choice.shown for choice in study.models),
        classifiers=classifiers,
        readers=readers,
        judges=judges,
        description_conditions=tuple(filter(changes_descriptions, study.conditions)),
    )
    return Prepared(
        study=study,
        base=base,
        dataset=dataset,
        inquiry=inquiry,
        models=models,
        pricing={
            choice.shown: Pricing.of(
                choice.model,
                models[choice.shown].identity,
                own=choice.prices,
                batched=choice.shown in in_batches,
            )
            for choice in choices
        },
        targets=found.targets,
        protocols=found.protocols,
        notes=(*study_notes(inquiry), *found.notes, *asked_live),
        encoder=encoder,
        in_batches=in_batches,
    )


def _check_conditions(study: Study) -> None:
    """Refuse what nobody could be asked, or what would be one stimulus under two names."""
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
        if not changes_descriptions(condition):
            continue
        if "described" not in study.pathways:
            raise InputError(
                f"Condition {condition!r} changes descriptions, and in this study nobody describes.",
                item="conditions",
                cure="Add `described` to `pathways`, or leave the condition out.",
            )
        if "none" not in study.conditions:
            raise InputError(
                f"Condition {condition!r} changes descriptions of images as they are, and nothing "
                "is described so.",
                item="conditions",
                cure="Add `none` to `conditions`.",
            )


def _check_given_descriptions(study: Study, dataset: Dataset) -> None:
    """One name would stand for two texts of an item."""
    given = set(dataset.descriptions["condition"].dropna()) if len(dataset.descriptions) else set()
    for condition in filter(changes_descriptions, study.conditions):
        if condition in given:
            raise InputError(
                f"Dataset {dataset.name!r} comes with descriptions under condition {condition!r}.",
                item="conditions",
                cure="Leave the condition out: those that came with the dataset are read.",
            )
