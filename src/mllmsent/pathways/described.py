"""The described pathway: a description of the image first, then a text classifier reads it.

A description is asked for once and read by every classifier and in every scheme. Classifiers that
learn are cross-validated: an item's label is given by a classifier that has not seen the item, nor
any item of its group. They learn from descriptions of the unchanged image (condition "none", first
repeat) and are tried on all of them, so that a condition changes what is read and not who reads it.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.foundation.errors import InputError, nearest
from mllmsent.pathways.asking import ask_each
from mllmsent.pathways.interface import Outcome, Question, strategy_settings
from mllmsent.pathways.system import System
from mllmsent.prompts import render
from mllmsent.text import LeakageWarning, cross_validate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mllmsent.models.interface import Response
    from mllmsent.pathways.interface import ClassifierSpec, Inquiry, Task

__all__ = ["Described"]

GIVEN = "dataset/"
"""What names of describers start with whose descriptions came with the dataset."""


@dataclass(frozen=True, slots=True)
class _Described:
    """One description, or what came instead of one."""

    item_id: str
    condition: str
    repeat: int
    text: str
    status: str
    note: str = ""
    key: str | None = None


@dataclass(frozen=True, slots=True)
class _Describer:
    """A describer with the wording it was asked in: the first half of a system."""

    system: System
    descriptions: list[_Described]


class Described:
    """Image to description to label."""

    name = "described"
    stage = "description"

    def plan(self, inquiry: Inquiry) -> Iterator[Question]:
        """One question per item, describing model, strategy, condition and repeat."""
        asked = [model for model in inquiry.models if model.name in inquiry.describers]
        for strategy in inquiry.strategies_of(self.name):
            for condition in inquiry.conditions:
                for item in inquiry.shown_under(inquiry.all_items(), condition):
                    messages = render(
                        strategy,
                        None,
                        inquiry.shown(item, condition),
                        emotion_target=inquiry.dataset.emotion_target,
                    )
                    yield from ask_each(
                        inquiry,
                        asked,
                        strategy,
                        messages,
                        stage=self.stage,
                        item=item,
                        condition=condition,
                    )

    def predict(
        self,
        inquiry: Inquiry,
        questions: Sequence[Question],
        responses: Mapping[str, Response],
    ) -> Outcome:
        """A prediction per describer, classifier, scheme, item, condition and repeat."""
        outcome = Outcome()
        for describer in [*_asked(inquiry, questions, responses), *_given(inquiry)]:
            outcome.descriptions.extend(
                {
                    "item_id": each.item_id,
                    "describer": describer.system.model,
                    "text": each.text,
                    "condition": each.condition,
                    "repeat": each.repeat,
                    "request_key": each.key,
                    "strategy": describer.system.strategy,
                }
                for each in describer.descriptions
                if each.status == "ok"
            )
            for classifier in inquiry.classifiers:
                for task in inquiry.tasks:
                    _read(describer, classifier, task, outcome, inquiry.seed)
        # One sentence per classifier and scheme, however many describers it was said for.
        outcome.notes[:] = list(dict.fromkeys(outcome.notes))
        return outcome


def _asked(
    inquiry: Inquiry, questions: Sequence[Question], responses: Mapping[str, Response]
) -> list[_Describer]:
    models = {model.name: model for model in inquiry.models}
    strategies = {strategy.name: strategy for strategy in inquiry.strategies}
    found: dict[tuple[str, str], _Describer] = {}
    for question in questions:
        parts = (question.model, question.strategy)
        if parts not in found:
            model, strategy = models[question.model], strategies[question.strategy]
            system = System(
                pathway="described",
                model=model.name,
                identity=model.identity,
                settings=strategy_settings(strategy, model.settings).as_dict(),
                strategy=strategy.name,
                strategy_version=question.strategy_version,
                language=strategy.language,
                note=model.note,
            )
            found[parts] = _Describer(system, [])
        response = responses.get(question.key)
        text = response.text.strip() if response is not None else ""
        status, note = "failed", "never answered"
        if response is not None:
            status, note = response.status, response.error or response.stop_reason
        if status == "ok" and not text:
            status, note = "unparsed", "an empty description"
        found[parts].descriptions.append(
            _Described(
                item_id=question.item_id,
                condition=question.condition,
                repeat=question.repeat,
                text=text,
                status=status,
                note=note,
                key=question.key,
            )
        )
    return list(found.values())


def _given(inquiry: Inquiry) -> list[_Describer]:
    """Descriptions that came with the dataset, by the describers that the study names."""
    rows = inquiry.dataset.descriptions
    there = [str(name) for name in rows["describer"].unique()]
    asked = set(inquiry.all_items())
    found = []
    for describer in inquiry.describers:
        if not describer.startswith(GIVEN):
            continue
        name = describer.removeprefix(GIVEN)
        own = rows[(rows["describer"] == name) & rows["item_id"].isin(asked)]
        if name not in there:
            raise InputError(
                f"Dataset {inquiry.dataset.name!r} has no descriptions by {name!r}.",
                cure=nearest(name, there),
            )
        texts = {
            (str(row.item_id), _or(row.condition, "none"), int(_or(row.repeat, 0))): str(row.text)
            for row in own.itertuples()
        }
        described = [
            _Described(item, condition, repeat, text.strip(), "ok" if text.strip() else "unparsed")
            for (item, condition, repeat), text in texts.items()
        ]
        with_text = {each.item_id for each in described}
        described += [
            _Described(item, "none", 0, "", "failed", "the dataset has no description of it")
            for item in inquiry.all_items()
            if item not in with_text
        ]
        # The rows of a published fold are in the items' order.
        order = {item: place for place, item in enumerate(inquiry.all_items())}
        described.sort(key=lambda each: (each.condition, each.repeat, order[each.item_id]))
        system = System(pathway="described", model=describer, readout="text")
        found.append(_Describer(system, described))
    return found


def _or(value: Any, otherwise: Any) -> Any:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    return otherwise if pd.isna(value) else value


def _read(
    describer: _Describer, spec: ClassifierSpec, task: Task, outcome: Outcome, seed: int
) -> None:
    """Let one classifier read one describer's descriptions in one scheme."""
    classifier = spec.make(task)
    supported = classifier.supports(task.scheme)
    if supported is not None:
        outcome.notes.append(f"{spec.name} does not read in {task.scheme.name}: {supported}")
        return
    asked = set(task.items)
    rows = [each for each in describer.descriptions if each.item_id in asked]
    targets = task.values() if task.scheme.kind == "dimensional" else task.labels()
    if classifier.trains:
        rows = [row for row in rows if row.item_id in targets and row.item_id in task.folds]
        if not rows:
            outcome.notes.append(
                f"{spec.name} was not trained in {task.scheme.name}: no item has a target."
            )
            return
    system = _system(
        describer.system, spec, classifier.identity, task, seed=seed, trains=classifier.trains
    )
    readable = [row for row in rows if row.status == "ok"]
    read: dict[int, dict[str, Any]] = {}
    if readable:
        conditions = {row.condition for row in readable}
        learn_from = "none" if "none" in conditions else min(conditions)
        with warnings.catch_warnings():
            # The same sentence stands in the result's notes, and so in the run's.
            warnings.simplefilter("ignore", LeakageWarning)
            result = cross_validate(
                lambda: spec.make(task),
                [row.text for row in readable],
                [targets.get(row.item_id) for row in readable],
                np.array([task.folds.get(row.item_id, -1) for row in readable]),
                scheme=task.scheme,
                ids=[row.item_id for row in readable],
                groups=[task.groups.get(row.item_id, row.item_id) for row in readable],
                train_rows=np.array(
                    [row.condition == learn_from and row.repeat == 0 for row in readable]
                ),
                seed=seed,
            )
        outcome.notes.extend(
            f"{system.name} in {task.scheme.name}: {note}" for note in result.notes
        )
        read = {id(row): columns for row, columns in zip(readable, result.columns(), strict=True)}
    for row in rows:
        columns = read.get(id(row)) or {"status": row.status, "note": row.note}
        outcome.predictions.append(
            {
                "item_id": row.item_id,
                "system_id": system.system_id,
                "scheme": task.scheme.name,
                "condition": row.condition,
                "repeat": row.repeat,
                "fold": task.folds.get(row.item_id),
                "request_keys": [row.key] if row.key is not None else None,
                **columns,
            }
        )
    outcome.systems.append(system)


def _system(
    describer: System,
    spec: ClassifierSpec,
    identity: Mapping[str, Any],
    task: Task,
    *,
    seed: int,
    trains: bool,
) -> System:
    # What a classifier learned from is part of what it is; so are the folds that kept it honest.
    training = f"cross-validated, {task.fold_rule}; learning seed {seed}" if trains else "none"
    return replace(describer, classifier=spec.name, classifier_identity=identity, training=training)
