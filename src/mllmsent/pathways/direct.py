"""The direct pathway: the label, or the numbers, straight from the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.affect import answer_schema
from mllmsent.pathways.answers import answer_columns
from mllmsent.pathways.asking import ask_in_schemes
from mllmsent.pathways.first_tokens import first_token_notes
from mllmsent.pathways.interface import Outcome, Question, strategy_settings
from mllmsent.pathways.system import System

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mllmsent.models.interface import Response
    from mllmsent.pathways.interface import Asked, Inquiry
    from mllmsent.prompts import Strategy

__all__ = ["Direct", "direct_system"]


class Direct:
    """Image to label."""

    name = "direct"
    stage = "direct"

    def plan(self, inquiry: Inquiry) -> Iterator[Question]:
        """One question per item, model, strategy, scheme, condition, repeat and sample."""
        yield from ask_in_schemes(inquiry, self, answer_schema)

    def predict(
        self,
        inquiry: Inquiry,
        questions: Sequence[Question],
        responses: Mapping[str, Response],
    ) -> Outcome:
        """One prediction per system, scheme, item, condition and repeat."""
        outcome = Outcome()
        schemes = {task.scheme.name: task.scheme for task in inquiry.tasks}
        strategies = {strategy.name: strategy for strategy in inquiry.strategies}
        models = {model.name: model for model in inquiry.models}
        systems: dict[tuple[str, str], System] = {}
        grouped: dict[tuple[str, str, str, str, str, int], list[Question]] = {}
        for question in questions:
            parts = (
                question.model, question.strategy, str(question.scheme), question.item_id,
                question.condition, question.repeat,
            )  # fmt: skip
            grouped.setdefault(parts, []).append(question)
        for (model, strategy, scheme, item, condition, repeat), asked in grouped.items():
            system = systems.setdefault(
                (model, strategy),
                direct_system(
                    self.name,
                    models[model],
                    strategies[strategy],
                    training=_training(strategies[strategy], inquiry),
                ),
            )
            outcome.predictions.append(
                {
                    "item_id": item,
                    "system_id": system.system_id,
                    "scheme": scheme,
                    "condition": condition,
                    "repeat": repeat,
                    "fold": asked[0].fold,
                    "request_keys": [question.key for question in asked],
                    **answer_columns(
                        strategies[strategy],
                        schemes[scheme],
                        [responses.get(question.key) for question in asked],
                    ),
                }
            )
        outcome.systems.extend(systems.values())
        notes: dict[str, list[str]] = {system.system_id: [] for system in systems.values()}
        for row in outcome.predictions:
            notes[row["system_id"]].append(row["note"])
        for system in systems.values():
            outcome.notes.extend(first_token_notes(system.name, notes[system.system_id]))
        return outcome


def direct_system(pathway: str, model: Asked, strategy: Strategy, *, training: str = "") -> System:
    """The system of a model that gives the answer itself."""
    return System(
        pathway=pathway,
        model=model.name,
        identity=model.identity,
        settings=strategy_settings(strategy, model.settings).as_dict(),
        strategy=strategy.name,
        strategy_version=f"{strategy.version}+{strategy.digest}",
        language=strategy.language,
        readout=strategy.readout,
        training=training,
        note=model.note,
    )


def _training(strategy: Strategy, inquiry: Inquiry) -> str:
    """What a model learned from: with other examples it is another system."""
    if strategy.exemplars is None:
        return ""
    return (
        f"examples from other folds, {inquiry.tasks[0].fold_rule}; drawn with seed {inquiry.seed}"
    )
