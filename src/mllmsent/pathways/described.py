"""The described pathway: a description of the image first, then a text classifier reads it.

A description is asked for once and read by every classifier and in every scheme. Classifiers that
learn are cross-validated: an item's label is given by a classifier that has not seen the item, nor
any item of its group. They learn from descriptions of the unchanged image (condition "none", first
repeat) and are tried on all of them, so that a condition changes what is read and not who reads it.
A condition that changes descriptions (`data/description_changes.py`) is nothing to ask a describer:
the descriptions that are there are changed, and read besides.

A language model as a classifier is asked about the descriptions once they are there (see `readers`),
and so is a judge, who marks them (`judges`).

A classifier that reads the describers together is one system of them all: it learns from each
describer's descriptions by themselves, and an item's scores are the mean of what it says of each
describer's. Every one of those is out of fold, and the mean has nothing to learn.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.errors import InputError, nearest
from mllmsent.pathways.asking import ask_each
from mllmsent.pathways.changed_descriptions import changed_descriptions, hardly_changed
from mllmsent.pathways.described_readings import (
    Describer,
    Description,
    Reading,
    Readings,
    learned_condition,
)
from mllmsent.pathways.interface import Outcome, Question, strategy_settings
from mllmsent.pathways.judges import judging, marks_of
from mllmsent.pathways.readers import CLASSIFICATION, Asking
from mllmsent.pathways.system import System
from mllmsent.prompts import render

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from mllmsent.data import Dataset
    from mllmsent.models.interface import Response
    from mllmsent.pathways.interface import Inquiry

__all__ = ["GIVEN", "Described", "given_descriptions"]

GIVEN = "dataset/"
"""What names of describers start with whose descriptions came with the dataset."""


class Described:
    """Image to description to label."""

    name = "described"
    stage = "description"

    def plan(self, inquiry: Inquiry) -> Iterator[Question]:
        """One question per item, describing model, strategy, condition and repeat.

        Items that are only learned from are described once, as classifiers learn from them.
        """
        asked = [model for model in inquiry.models if model.name in inquiry.describers]
        only_learned = set(inquiry.training_items())
        every_item = *inquiry.all_items(), *inquiry.training_items()
        once = replace(inquiry, repeats=1)
        for strategy in inquiry.strategies_of(self.name):
            for condition in inquiry.conditions:
                for item in inquiry.shown_under(every_item, condition):
                    if item in only_learned and condition != learned_condition(inquiry.conditions):
                        continue
                    messages = render(
                        strategy,
                        None,
                        inquiry.shown(item, condition),
                        emotion_target=inquiry.dataset.emotion_target,
                    )
                    yield from ask_each(
                        once if item in only_learned else inquiry,
                        asked,
                        strategy,
                        messages,
                        stage=self.stage,
                        item=item,
                        condition=condition,
                    )

    def follow_up(
        self,
        inquiry: Inquiry,
        questions: Sequence[Question],
        responses: Mapping[str, Response],
    ) -> Iterator[Question]:
        """One question per description, reading language model, scheme and sample; and per judge."""
        if not inquiry.readers and not inquiry.judges:
            return
        describers = _describers(inquiry, questions, responses)
        for asking in _askings(inquiry, describers):
            if asking.unsupported is None:
                yield from asking.questions()
        for judge in inquiry.judges:
            for _, question in judging(inquiry, judge, describers):
                yield question

    def predict(
        self,
        inquiry: Inquiry,
        questions: Sequence[Question],
        responses: Mapping[str, Response],
    ) -> Outcome:
        """A prediction per describer, classifier, scheme, item, condition and repeat."""
        outcome = Outcome()
        first = [question for question in questions if question.stage == self.stage]
        describers = _describers(inquiry, first, responses)
        readings = Readings(inquiry.seed)
        marks = marks_of(inquiry, describers, responses)
        outcome.notes.extend(marks.notes)
        for describer in describers:
            outcome.notes.extend(hardly_changed(inquiry, describer))
            outcome.descriptions.extend(
                {
                    "item_id": each.item_id,
                    "describer": describer.system.model,
                    "text": each.text,
                    "condition": each.condition,
                    "repeat": each.repeat,
                    "request_key": each.key,
                    "strategy": describer.system.strategy,
                    **marks.of(each),
                }
                for each in describer.descriptions
                if each.status == "ok"
            )
            for spec in inquiry.classifiers:
                if not spec.together:
                    for task in inquiry.tasks:
                        _say(readings.of([describer], spec, task), outcome)
        for spec in inquiry.classifiers:
            if spec.together:
                for task in inquiry.tasks:
                    _say(readings.of(describers, spec, task), outcome)
        asked: dict[tuple[str, ...], list[Question]] = {}
        for question in (each for each in questions if each.stage == CLASSIFICATION):
            key = (question.classifier, question.describer, str(question.scheme))
            asked.setdefault(key, []).append(question)
        for asking in _askings(inquiry, describers):
            own = asked.get(asking.key, [])
            _say(asking.unsupported or asking.reading(own, responses), outcome)
        # One sentence per classifier and scheme, however many describers it was said for.
        outcome.notes[:] = list(dict.fromkeys(outcome.notes))
        return outcome


def _describers(
    inquiry: Inquiry, questions: Sequence[Question], responses: Mapping[str, Response]
) -> list[Describer]:
    """Who described, with every description: as it came, and as conditions change it."""
    describers = [*_asked(inquiry, questions, responses), *_given(inquiry)]
    for describer in describers:
        describer.descriptions.extend(changed_descriptions(inquiry, describer))
    return describers


def _asked(
    inquiry: Inquiry, questions: Sequence[Question], responses: Mapping[str, Response]
) -> list[Describer]:
    models = {model.name: model for model in inquiry.models}
    strategies = {strategy.name: strategy for strategy in inquiry.strategies}
    found: dict[tuple[str, str], Describer] = {}
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
            found[parts] = Describer(system, [])
        response = responses.get(question.key)
        text = response.text.strip() if response is not None else ""
        status, note = "failed", "never answered"
        if response is not None:
            status, note = response.status, response.error or response.stop_reason
        if status == "ok" and not text:
            status, note = "unparsed", "an empty description"
        found[parts].descriptions.append(
            Description(
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


def _given(inquiry: Inquiry) -> list[Describer]:
    """Descriptions that came with the dataset, by the describers that the study names."""
    items = (*inquiry.all_items(), *inquiry.training_items())
    asked = set(items)
    found = []
    for describer in inquiry.describers:
        if not describer.startswith(GIVEN):
            continue
        rows = _rows_by(describer, inquiry.dataset)
        own = rows[rows["item_id"].isin(asked)]
        texts = {
            (str(row.item_id), _or(row.condition, "none"), int(_or(row.repeat, 0))): str(row.text)
            for row in own.itertuples()
        }
        described = [
            Description(item, condition, repeat, text.strip(), "ok" if text.strip() else "unparsed")
            for (item, condition, repeat), text in texts.items()
        ]
        with_text = {each.item_id for each in described}
        described += [
            Description(item, "none", 0, "", "failed", "the dataset has no description of it")
            for item in inquiry.all_items()
            if item not in with_text
        ]
        # The rows of a published fold are in the items' order.
        order = {item: place for place, item in enumerate(items)}
        described.sort(key=lambda each: (each.condition, each.repeat, order[each.item_id]))
        system = System(pathway="described", model=describer, readout="text")
        found.append(Describer(system, described))
    return found


def given_descriptions(dataset: Dataset, describers: Sequence[str]) -> list[tuple[str, str, str]]:
    """Descriptions of unchanged images that came with a dataset: item, describer and text.

    Args:
        dataset: The dataset.
        describers: Whose, each `dataset/NAME`.

    Raises:
        InputError: If the dataset has none by one of them.
    """
    return [
        (str(row.item_id), describer, str(row.text))
        for describer in describers
        for row in _rows_by(describer, dataset).itertuples()
        if _or(row.condition, "none") == "none" and int(_or(row.repeat, 0)) == 0
    ]


def _rows_by(describer: str, dataset: Dataset) -> pd.DataFrame:
    rows = dataset.descriptions
    name = describer.removeprefix(GIVEN)
    own = rows[rows["describer"] == name]
    if own.empty:
        raise InputError(
            f"Dataset {dataset.name!r} has no descriptions by {name!r}.",
            cure=nearest(name, [str(each) for each in rows["describer"].unique()]),
        )
    return own


def _or(value: Any, otherwise: Any) -> Any:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    return otherwise if pd.isna(value) else value


def _askings(inquiry: Inquiry, describers: Sequence[Describer]) -> Iterator[Asking]:
    for describer in describers:
        for reader in inquiry.readers:
            for task in inquiry.tasks:
                yield Asking(inquiry, reader, task, describer)


def _say(reading: Reading | str | None, outcome: Outcome) -> None:
    """Put what one system reads into the outcome; or why there is no system."""
    if reading is None:
        return
    if isinstance(reading, str):
        outcome.notes.append(reading)
        return
    outcome.predictions.extend(reading.predictions)
    outcome.notes.extend(reading.notes)
    outcome.systems.append(reading.system)
