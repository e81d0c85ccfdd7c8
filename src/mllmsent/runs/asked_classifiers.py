"""The text classifiers that a study names, found where its paths say they are."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.digest import canonical_json
from mllmsent.foundation.errors import InputError
from mllmsent.pathways.described import GIVEN
from mllmsent.pathways.interface import ClassifierSpec, Reader
from mllmsent.text import get_classifier
from mllmsent.text.measures import TABLES_BY, MeasuresClassifier
from mllmsent.text.registry import CLASSIFIERS, TRANSFORMERS, resolve_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from mllmsent.pathways.interface import Task
    from mllmsent.runs.study import Study
    from mllmsent.runs.study_models import ClassifierChoice
    from mllmsent.text import TextClassifier

__all__ = ["check_classifiers", "check_tables", "moved_classifier", "study_classifiers"]


def study_classifiers(study: Study, base: Path) -> tuple[ClassifierSpec, ...]:
    """What is computed from a study's descriptions; nothing where nobody describes.

    Language models that are asked about them are `study_readers`.

    Args:
        study: The study.
        base: The folder in which its relative paths start.

    Raises:
        InputError: If one is to read describers together of whom there is only one.
    """
    if "described" not in study.pathways:
        return ()

    def located(path: str) -> str:
        return str(base / path) if (base / path).is_dir() else path

    found = []
    for choice in study.classifiers:
        if choice.is_asked:
            continue
        if choice.describers == "together":
            _check_together(choice, study)
        model, options = _with_paths(choice.model, choice.all_options, located)
        found.append(
            ClassifierSpec(
                name=choice.shown,
                options=choice.all_options,
                make=partial(_make, model, options),
                together=choice.describers == "together",
            )
        )
    return tuple(found)


def check_classifiers(
    classifiers: Sequence[ClassifierSpec], readers: Sequence[Reader], tasks: Sequence[Task]
) -> None:
    """Classifiers are told apart, and some of them reads in each scheme.

    Args:
        classifiers: Those that are computed.
        readers: The language models among them.
        tasks: The schemes.

    Raises:
        InputError: If two are one, or nobody reads in a scheme.
    """
    for task in tasks:
        seen: dict[tuple[str, bool], str] = {}
        reasons = []
        every: list[ClassifierSpec | Reader] = [*classifiers, *readers]
        for each in every:
            identity, reason = _identity(each, task)
            if identity in seen:
                raise InputError(
                    f"{seen[identity]!r} and {each.name!r} are one classifier.",
                    item="classifiers",
                    cure="Leave one out.",
                )
            seen[identity] = each.name
            reasons.append(reason)
        if reasons and None not in reasons:
            raise InputError(
                f"No classifier of the study reads in {task.scheme.name}: {reasons[0]}",
                item="classifiers",
                cure="Add one that does, such as linear.",
            )


def check_tables(
    classifiers: Sequence[ClassifierSpec], tasks: Sequence[Task], study: Study
) -> None:
    """What reads numbers is given some, before anybody is asked to describe in words for it.

    Args:
        classifiers: Those that are computed.
        tasks: The schemes.
        study: Who describes; descriptions that came with the dataset may be anything.

    Raises:
        InputError: If a classifier reads tables of measures and nobody gives any.
    """
    given = any(name.startswith(GIVEN) for name in study.describers or ())
    if given or any(choice.model == TABLES_BY for choice in study.models):
        return
    for each in classifiers:
        if any(each.make(task).name == MeasuresClassifier.name for task in tasks):
            raise InputError(
                f"{each.name!r} reads the measures that {TABLES_BY} gives, and nobody gives them.",
                item="classifiers",
                cure=f"Add {TABLES_BY} to `models`.",
            )


def _identity(each: ClassifierSpec | Reader, task: Task) -> tuple[tuple[str, bool], str | None]:
    """What tells a classifier from others, and why it does not read in a scheme."""
    if isinstance(each, Reader):
        return (canonical_json(dict(each.identity)), False), each.strategy.supports(task.scheme)
    classifier = each.make(task)
    identity = (canonical_json(dict(classifier.identity)), each.together)
    return identity, classifier.supports(task.scheme)


def moved_classifier(choice: ClassifierChoice, moved: Callable[[str], str]) -> ClassifierChoice:
    """The choice as it reads from another folder.

    Args:
        choice: A classifier of a study.
        moved: Gives a path of the study as it is from the other folder; what is no path as it is.
    """
    model, options = _with_paths(choice.model, choice.options, moved)
    # Its name stays what it was, however its folder is reached from the other one.
    name = choice.name if model == choice.model else choice.shown
    return choice.model_copy(update={"model": model, "options": options, "name": name})


def _check_together(choice: ClassifierChoice, study: Study) -> None:
    models = {model.shown for model in study.models}
    describers = models if study.describers is None else set(study.describers)
    wordings = max(1, len(study.strategies or ()))
    if len(describers) < 2 and wordings < 2:
        raise InputError(
            f"{choice.shown!r} is to read all describers together, and there is only one.",
            item="classifiers",
            cure="Name a second describer, or leave `describers: together` out.",
        )


def _with_paths(
    model: str, options: Mapping[str, Any], change: Callable[[str], str]
) -> tuple[str, dict[str, Any]]:
    """A classifier's name and options, with the folders that they name changed."""
    if model.startswith(TRANSFORMERS):
        model = TRANSFORMERS + change(model.removeprefix(TRANSFORMERS))
    changed = dict(options)
    named = changed.get("model")
    if isinstance(named, str) and resolve_name(named)[0] in CLASSIFIERS.names():
        # A classifier within a classifier, and no folder that is called so too.
        changed = _member_with_paths(changed, change)
    elif isinstance(named, str):
        changed["model"] = change(named)
    members = changed.get("members")
    if isinstance(members, (list, tuple)):
        changed["members"] = [_member_with_paths(member, change) for member in members]
    return model, changed


def _member_with_paths(member: Any, change: Callable[[str], str]) -> Any:
    if isinstance(member, str):
        return _with_paths(member, {}, change)[0]
    if not isinstance(member, dict) or not isinstance(member.get("model"), str):
        return member  # whatever is wrong with it is said where it is read
    own = member.get("options")
    model, options = _with_paths(member["model"], own if isinstance(own, dict) else {}, change)
    return {**member, "model": model} | ({"options": options} if isinstance(own, dict) else {})


def _make(name: str, options: Mapping[str, Any], task: Task) -> TextClassifier:
    return get_classifier(name, task.scheme, options, neutral_as=task.neutral_as)
