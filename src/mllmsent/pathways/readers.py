"""Language models that read descriptions: a text classifier that is asked instead of trained.

Its questions come second, when the descriptions are there, and are requests like any other: planned,
cached, committed and paid for once. A reader sees a description and no image; as examples it is
shown descriptions by the same describer, of items in other folds, with what people said of those.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mllmsent.affect import answer_schema
from mllmsent.pathways.answers import answer_columns
from mllmsent.pathways.asking import ask_each
from mllmsent.pathways.described_readings import Reading
from mllmsent.pathways.exemplars import choose_exemplars
from mllmsent.pathways.likelihood import candidate_answers
from mllmsent.prompts import render

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mllmsent.models.interface import Response
    from mllmsent.pathways.described_readings import Describer, Description
    from mllmsent.pathways.interface import Inquiry, Question, Reader, Task
    from mllmsent.pathways.system import System
    from mllmsent.prompts import Exemplar

__all__ = ["CLASSIFICATION", "Asking"]

CLASSIFICATION = "classification"
"""The stage of questions about descriptions."""


@dataclass(frozen=True)
class Asking:
    """One reader, asked in one scheme about one describer's descriptions.

    Attributes:
        inquiry: What is planned from.
        reader: Who is asked.
        task: The scheme.
        describer: Whose descriptions.
    """

    inquiry: Inquiry
    reader: Reader
    task: Task
    describer: Describer

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells its questions from those of other askings."""
        return self.reader.name, self.describer.label, self.task.scheme.name

    @property
    def unsupported(self) -> str | None:
        """Why the reader cannot be asked so, in a sentence for people; None where it can."""
        reason = self.reader.strategy.supports(self.task.scheme)
        if reason is None:
            return None
        return f"{self.reader.name} does not read in {self.task.scheme.name}: {reason}"

    def questions(self) -> Iterator[Question]:
        """A question per description and sample."""
        reader, task = self.reader, self.task
        strategy = reader.strategy
        schema = answer_schema(task.scheme) if strategy.readout == "json" else None
        candidates = candidate_answers(strategy, task.scheme)
        shown = self.describer.plain_texts()
        exemplars: dict[int | None, tuple[Exemplar, ...]] = {}
        for row in self._rows():
            if row.status != "ok":
                continue
            fold = task.folds.get(row.item_id) if reader.shots else None
            if fold not in exemplars:
                exemplars[fold] = choose_exemplars(
                    self.inquiry, task, strategy, fold, shots=reader.shots, descriptions=shown
                )
            messages = render(
                strategy,
                task.scheme,
                row.text,
                emotion_target=self.inquiry.dataset.emotion_target,
                exemplars=exemplars[fold],
            )
            yield from ask_each(
                self.inquiry,
                [reader.model],
                strategy,
                messages,
                stage=CLASSIFICATION,
                item=row.item_id,
                condition=row.condition,
                scheme=task.scheme.name,
                answer_schema=schema,
                candidates=candidates,
                fold=fold,
                repeats=[row.repeat],
                describer=self.describer.label,
                classifier=reader.name,
            )

    def reading(
        self, questions: Sequence[Question], responses: Mapping[str, Response]
    ) -> Reading | None:
        """What the reader makes of the descriptions; None where none is of an item asked about.

        Args:
            questions: The questions of this asking, as far as they were asked.
            responses: Request key to response.
        """
        asked: dict[tuple[str, str, int], list[Question]] = {}
        for question in questions:
            place = (question.item_id, question.condition, question.repeat)
            asked.setdefault(place, []).append(question)
        rows = self._rows()
        if not rows:
            return None
        system = self.system()
        constant = {"system_id": system.system_id, "scheme": self.task.scheme.name}
        return Reading(
            system=system,
            predictions=[
                constant
                | {"fold": self.task.folds.get(row.item_id)}
                | self._prediction(row, asked.get(row.place, []), responses)
                for row in rows
            ],
            notes=[],
        )

    def system(self) -> System:
        """The describer and the reader, as one system."""
        notes = dict.fromkeys(filter(None, (self.describer.system.note, self.reader.model.note)))
        training = "none"
        if self.reader.shots:
            training = (
                f"{self.reader.shots} examples from other folds, {self.task.fold_rule}; drawn with "
                f"seed {self.inquiry.seed}"
            )
        return replace(
            self.describer.system,
            classifier=self.reader.name,
            classifier_identity=self.reader.identity,
            training=training,
            note=" + ".join(notes),
        )

    def _rows(self) -> list[Description]:
        """The descriptions that are read: with examples, those of items that have a fold."""
        asked = set(self.task.items)
        rows = [each for each in self.describer.descriptions if each.item_id in asked]
        if not self.reader.shots:
            return rows
        return [each for each in rows if each.item_id in self.task.folds]

    def _prediction(
        self, row: Description, asked: Sequence[Question], responses: Mapping[str, Response]
    ) -> dict[str, Any]:
        keys = [row.key, *(question.key for question in asked)]
        columns = {
            "item_id": row.item_id,
            "condition": row.condition,
            "repeat": row.repeat,
            "request_keys": [key for key in keys if key is not None],
        }
        if row.status != "ok":
            return columns | {"status": row.status, "note": row.note}
        found = [responses.get(question.key) for question in asked] or [None]
        return columns | answer_columns(self.reader.strategy, self.task.scheme, found)
