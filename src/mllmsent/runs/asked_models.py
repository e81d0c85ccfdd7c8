"""The models of a study: found, and as they are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.foundation.errors import InputError
from mllmsent.models import get_model
from mllmsent.models.interface import Settings
from mllmsent.pathways.interface import Asked, strategy_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from mllmsent.data import Dataset
    from mllmsent.models.interface import Model
    from mllmsent.prompts import Strategy
    from mllmsent.runs.study import Study
    from mllmsent.runs.study_models import ModelChoice, SettingsChoice

__all__ = ["SIMULATED_NOTE", "as_asked", "asked_as", "check_answers", "find_models", "moved_model"]

ON_DISK = {"replay", "hf"}
"""Providers whose models may be a file or folder, named by its path from the study."""

SIMULATED_NOTE = "simulated"
"""Stands beside systems whose model is a program that plays one."""

NOTES = {"simulated/": SIMULATED_NOTE, "classical/": "baseline"}
"""What stands beside systems whose model is no model, by its provider."""


def find_models(choices: Iterable[ModelChoice], base: Path, dataset: Dataset) -> dict[str, Model]:
    """Name in the study to model.

    Args:
        choices: The models that a study names.
        base: The folder in which its relative paths start.
        dataset: Its dataset, from whose truth simulated models answer.

    Raises:
        InputError: If one cannot be had; the message names it.
    """
    return {choice.shown: _model(choice, dataset, base) for choice in choices}


def as_asked(
    study: Study, models: Mapping[str, Model], strategies: Sequence[Strategy]
) -> tuple[Asked, ...]:
    """The models as they are asked; no two of them may be one and the same system.

    Raises:
        InputError: If two of them are.
    """
    asked: list[Asked] = []
    for choice in study.models:
        one = asked_as(
            choice.shown, choice.model, models[choice.shown], choice.settings or study.settings
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


def check_answers(study: Study, models: Mapping[str, Model]) -> None:
    """Whoever only describes has somebody to read it, and each pathway somebody to answer.

    Args:
        study: The study.
        models: Name to model, for the models that it names.

    Raises:
        InputError: If that is not so.
    """
    silent = [name for name, model in models.items() if not model.capabilities.answers]
    if not silent:
        return
    describes = f"{', '.join(silent)} {'describes' if len(silent) == 1 else 'describe'}"
    if "described" not in study.pathways:
        raise InputError(
            f"{describes} pictures and {'answers' if len(silent) == 1 else 'answer'} no question.",
            item="models",
            cure="Add `described` to `pathways`, and `classifiers` that read descriptions.",
        )
    others = [pathway for pathway in study.pathways if pathway != "described"]
    if others and len(silent) == len(models):
        raise InputError(
            f"Nobody answers in the {others[0]} pathway: {describes} only.",
            item="pathways",
            cure="Leave it out, or name a model that answers.",
        )


def asked_as(name: str, reference: str, model: Model, settings: SettingsChoice) -> Asked:
    """A model as it is asked.

    Args:
        name: Its name in the study.
        reference: `provider/name`, as the study has it.
        model: It.
        settings: How it is to answer.
    """
    return Asked(
        name=name,
        identity=model.identity,
        settings=_settings(settings),
        note=next((note for start, note in NOTES.items() if reference.startswith(start)), ""),
        answers=model.capabilities.answers,
    )


def moved_model(choice: ModelChoice, base: Path, moved: Callable[[str], str]) -> ModelChoice:
    """The choice as it reads from another folder.

    Args:
        choice: A model of a study.
        base: The folder in which the study's relative paths start.
        moved: Gives a path of the study as it is from the other folder.
    """
    provider, there = _on_disk(choice, base)
    if there is None:
        return choice
    # Its name stays what it was, however its file is reached from the folder.
    return choice.model_copy(update={"model": f"{provider}/{moved(there)}", "name": choice.shown})


def _on_disk(choice: ModelChoice, base: Path) -> tuple[str, str | None]:
    """The provider and, where the model is a file or folder that is there, its path."""
    provider, _, rest = choice.model.partition("/")
    return provider, rest if provider in ON_DISK and (base / rest).exists() else None


def _model(choice: ModelChoice, dataset: Dataset, base: Path) -> Model:
    reference, options = choice.model, dict(choice.options)
    provider, there = _on_disk(choice, base)
    if there is not None:
        reference = f"{provider}/{base / there}"
    if reference.startswith("simulated/") and (dataset.root / "scenes.jsonl").is_file():
        # It answers from the drawings' truth; of other pictures it knows nothing.
        options.setdefault("folder", str(dataset.root))
    try:
        return get_model(reference, **options)
    except InputError as error:
        raise InputError(error.message, item=f"models: {choice.shown}", cure=error.cure) from None


def _settings(choice: SettingsChoice) -> Settings:
    return Settings(
        temperature=choice.temperature,
        top_p=choice.top_p,
        max_tokens=choice.max_tokens,
        seed=choice.seed,
        reasoning_effort=choice.reasoning_effort,
        extra=choice.extra,
    )
