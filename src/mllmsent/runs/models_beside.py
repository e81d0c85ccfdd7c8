"""The models that a study asks beside those under `models`: readers and judges of descriptions.

One that the study has among its models already is that one, and several of one model share it, so that
it is asked no faster for being named twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.runs.study_models import ClassifierChoice, JudgeChoice, ModelChoice

if TYPE_CHECKING:
    from mllmsent.runs.study import Study

__all__ = ["asked_by", "models_beside", "reader_choices"]


def reader_choices(study: Study) -> tuple[ClassifierChoice, ...]:
    """The text classifiers of a study that are language models; none where nobody describes."""
    if "described" not in study.pathways:
        return ()
    return tuple(choice for choice in study.classifiers if choice.is_asked)


def models_beside(study: Study) -> tuple[ModelChoice, ...]:
    """The models that readers and judges name and the study's `models` do not."""
    own = {model.shown for model in study.models}
    found: dict[str, ModelChoice] = {}
    for choice in _choices(study):
        name = asked_by(choice, study)
        if name not in own:
            found[name] = ModelChoice(
                model=choice.model, name=name, prices=choice.prices, options=choice.options
            )
    return tuple(found.values())


def asked_by(choice: ClassifierChoice | JudgeChoice, study: Study) -> str:
    """Name of the model that a reader or judge asks: one of the study's, where it is the same."""
    for model in study.models:
        if choice.model in {model.name, model.model} and choice.options in ({}, model.options):
            return model.shown
    own = {model.shown for model in study.models}
    first = next(other for other in _choices(study) if other.model == choice.model)
    if choice.model not in own and first.options == choice.options:
        return choice.model
    if choice.shown not in {*own, choice.model}:
        return choice.shown
    return f"{choice.shown}, {'judge' if isinstance(choice, JudgeChoice) else 'reader'}"


def _choices(study: Study) -> tuple[ClassifierChoice | JudgeChoice, ...]:
    return (*reader_choices(study), *study.judges)
