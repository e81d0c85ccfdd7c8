"""From a study to something that can be asked: the dataset read, targets made, models found."""

from __future__ import annotations

import os
import random
import warnings
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from mllmsent.affect import load_scheme
from mllmsent.data import (
    FoldSpec,
    FoldWarning,
    TargetSpec,
    assign_folds,
    check_folds,
    compute_targets,
    get_problem,
    load_dataset,
    make_protocol,
)
from mllmsent.data.conditions import parse_condition
from mllmsent.data.target_spec import resolve
from mllmsent.foundation.errors import InputError, nearest
from mllmsent.foundation.tables import check_table, empty_table
from mllmsent.models import get_model
from mllmsent.models.interface import Settings
from mllmsent.pathways.interface import Asked, ClassifierSpec, Inquiry, Task
from mllmsent.prompts import get_strategy
from mllmsent.text import get_classifier

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from mllmsent.affect.scheme import Scheme
    from mllmsent.data import Dataset, Protocol
    from mllmsent.models.interface import Model
    from mllmsent.prompts import Strategy
    from mllmsent.runs.study import ModelChoice, SchemeChoice, SettingsChoice, Study
    from mllmsent.text import TextClassifier

__all__ = ["Prepared", "prepare"]

PLAIN = {"direct": "zero-shot", "described": "describe", "scene": "scene"}
"""The strategy of each pathway where a study names none."""

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

        dataset = self.study.dataset
        strategies = self.study.strategies
        return self.study.model_copy(
            update={
                "dataset": dataset.model_copy(
                    update={
                        "source": moved(dataset.source),
                        "root": None if dataset.root is None else moved(dataset.root),
                    }
                ),
                "schemes": tuple(
                    choice.model_copy(update={"scheme": moved(choice.scheme)})
                    if choice.scheme is not None and _is_file(choice.scheme)
                    else choice
                    for choice in self.study.schemes
                ),
                "strategies": None
                if strategies is None
                else tuple(moved(name) if _is_file(name) else name for name in strategies),
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
    for condition in study.conditions:
        parse_condition(condition)
    strategies = _strategies(study, base)
    dataset = _dataset(study, base, workspace, say)
    models = {choice.shown: _model(choice, dataset) for choice in study.models}
    chosen = _filtered(study, dataset)
    specs = [_target_spec(choice, base) for choice in study.schemes]
    targets = [
        compute_targets(dataset, spec) if _has_truth(dataset) else empty_table("targets")
        for spec in specs
    ]
    chosen = _limited(study, chosen, targets)
    tasks, protocols = [], {}
    for choice, spec, table in zip(study.schemes, specs, targets, strict=True):
        name = spec.target_scheme(dataset).name
        if name in protocols:
            raise InputError(f"The study asks in scheme {name!r} twice.", item="schemes")
        task, protocol = _task(study, choice, spec, dataset, chosen=chosen, table=table)
        tasks.append(task)
        protocols[name] = protocol
    _check_fit(strategies, tasks, study)
    classifiers = tuple(
        ClassifierSpec(
            name=choice.model,
            options=choice.options,
            make=partial(_classifier, choice.model, choice.options),
        )
        for choice in study.classifiers
        if "described" in study.pathways
    )
    for classifier in classifiers:
        for task in tasks:
            classifier.make(task)  # a wrong name or option is told before anything is paid for
    inquiry = Inquiry(
        dataset=dataset,
        tasks=tuple(tasks),
        models=tuple(
            Asked(
                name=choice.shown,
                identity=models[choice.shown].identity,
                settings=_settings(choice.settings or study.settings),
                note=SIMULATED_NOTE if choice.model.startswith("simulated/") else "",
            )
            for choice in study.models
        ),
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
        targets=_joined(targets),
        protocols=protocols,
        notes=tuple(_notes(study, dataset, strategies, tasks)),
    )


def _dataset(study: Study, base: Path, workspace: Path, say: Callable[[str], None]) -> Dataset:
    choice = study.dataset
    root = None if choice.root is None else base / choice.root
    if choice.source == "dioramas":
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


def _model(choice: ModelChoice, dataset: Dataset) -> Model:
    options = dict(choice.options)
    if choice.model.startswith("simulated/") and (dataset.root / "scenes.jsonl").is_file():
        # It answers from the drawings' truth; of other pictures it knows nothing.
        options.setdefault("folder", str(dataset.root))
    try:
        return get_model(choice.model, **options)
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


def _is_file(name: str) -> bool:
    return name.endswith((".yaml", ".yml"))


def _scheme(name: str | None, base: Path) -> Scheme | str | None:
    """A scheme file's scheme; a name stays one, since the dataset may have schemes of its own."""
    return load_scheme(base / name) if name is not None and _is_file(name) else name


def _target_spec(choice: SchemeChoice, base: Path) -> TargetSpec:
    """How the study's words become targets."""
    return TargetSpec(
        scheme=_scheme(choice.scheme, base),
        problem=choice.problem,
        source=choice.source,
        dimension=choice.dimension,
        cuts=choice.cuts,
        fold=choice.fold,
        min_agreement=choice.min_agreement,
        annotator_groups=choice.annotator_groups,
    )


def _has_truth(dataset: Dataset) -> bool:
    return bool(len(dataset.annotations) or len(dataset.norms))


def _filtered(study: Study, dataset: Dataset) -> list[str]:
    """The items that the study's filters leave, in the dataset's order."""
    items = dataset.items
    wanted = study.items
    known = set(items["item_id"])
    for item in wanted.ids:
        if item not in known:
            raise InputError(
                f"The dataset has no item {item!r}.", item="items.ids", cure=nearest(item, known)
            )
    keep = items["item_id"].isin(wanted.ids) if wanted.ids else items["item_id"].notna()
    for column, value in wanted.where.items():
        if column not in items.columns:
            raise InputError(
                f"Items have no column {column!r}.",
                item="items.where",
                cure=nearest(column, [str(name) for name in items.columns]),
            )
        allowed = {str(each) for each in (value if isinstance(value, list) else [value])}
        keep &= items[column].astype("string").isin(allowed)
    chosen = items.loc[keep.fillna(value=False), "item_id"].tolist()
    if not chosen:
        raise InputError("No item is left.", item="items", cure="Check the filters of the study.")
    return [str(item) for item in chosen]


def _limited(study: Study, chosen: Sequence[str], targets: Sequence[pd.DataFrame]) -> list[str]:
    """The items that take part: those with a target, unless others are wanted too; at most `limit`."""
    scored = {str(item) for table in targets for item in table["item_id"][_is_scored(table)]}
    if scored and not study.items.unscored:
        chosen = [item for item in chosen if item in scored]
    if not chosen:
        raise InputError(
            "No item has a target.",
            item="schemes",
            cure="Lower `min_agreement`, or say `items: {unscored: true}` to ask all the same.",
        )
    limit = study.items.limit
    if limit is None or limit >= len(chosen):
        return list(chosen)
    drawn = set(random.Random(f"{study.seed}:items").sample(sorted(chosen), limit))
    return [item for item in chosen if item in drawn]


def _is_scored(table: pd.DataFrame) -> pd.Series[bool]:
    everybody = table["annotator_group"] == "all"
    return everybody & (table["label"].notna() | table["mean"].notna())


def _task(
    study: Study,
    choice: SchemeChoice,
    spec: TargetSpec,
    dataset: Dataset,
    *,
    chosen: Sequence[str],
    table: pd.DataFrame,
) -> tuple[Task, Protocol]:
    """The task of one scheme: its items, in the dataset's order, and their folds."""
    scheme = spec.target_scheme(dataset)
    scored = set(table["item_id"][_is_scored(table)])
    items = [item for item in chosen if item in scored]
    asked = tuple(items) if items and not study.items.unscored else tuple(chosen)
    folds = FoldSpec(**study.folds.model_dump())
    divided = _divide(dataset, items, table, folds, study)
    protocol = make_protocol(
        dataset,
        spec,
        table[table["item_id"].isin(items)],
        metric=choice.metric or ("ccc" if scheme.kind == "dimensional" else "macro_f1"),
        folds=divided,
        fold_spec=None if divided is None else folds,
    )
    task = Task(
        scheme=scheme,
        items=asked,
        targets=table,
        folds={} if divided is None else {str(i): int(fold) for i, fold in divided.items()},
        neutral_as=_neutral_as(spec, dataset) if scheme.neutral is None else None,
        fold_rule=f"{folds.kind}, {folds.n} folds, seed {folds.seed}",
        # The published division knows no groups, and is kept as it was published.
        groups={} if folds.kind == "published" else _groups(dataset),
    )
    return task, protocol


def _groups(dataset: Dataset) -> dict[str, str]:
    items = dataset.items[dataset.items["group"].notna()]
    return dict(zip(items["item_id"], items["group"], strict=True))


def _neutral_as(spec: TargetSpec, dataset: Dataset) -> str | None:
    """The class that neutral votes were folded into, in schemes that have no neutral of their own."""
    if not _has_truth(dataset):
        return None
    mapping = resolve(spec, dataset).mapping() or {}
    if not mapping and spec.problem is not None:
        folding = get_problem(spec.problem).folding()
        mapping = {} if folding is None else dict(folding.mapping)
    return mapping.get("neutral")


def _divide(
    dataset: Dataset, items: Sequence[str], table: pd.DataFrame, folds: FoldSpec, study: Study
) -> pd.Series[Any] | None:
    """Item to fold; None where there is nothing to divide, or too little and nothing that learns."""
    if not items:
        return None
    learns = any(choice.model not in {"vader", "lexicon"} for choice in study.classifiers)
    learns = (learns and "described" in study.pathways) or "few-shot" in (study.strategies or ())
    try:
        with warnings.catch_warnings():
            # What is worth knowing about the folds stands among the run's notes.
            warnings.simplefilter("ignore", FoldWarning)
            return assign_folds(
                dataset.items[dataset.items["item_id"].isin(items)],
                table[table["item_id"].isin(items)],
                folds,
            )
    except InputError as error:
        if not learns:
            return None
        cure = error.cure or "Take more items or fewer folds, or only what does not learn."
        raise InputError(error.message, item="folds", cure=cure) from None


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


def _joined(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    filled = [table for table in tables if len(table)]
    if not filled:
        return empty_table("targets")
    return check_table("targets", pd.concat(filled, ignore_index=True))


def _notes(
    study: Study, dataset: Dataset, strategies: Sequence[Strategy], tasks: Sequence[Task]
) -> list[str]:
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
        for strategy in strategies
        if strategy.emotion_target not in {"any", dataset.emotion_target}
    )
    if len(dataset.faults):
        errors = int((dataset.faults["severity"] == "error").sum())
        if errors:
            notes.append(
                f"{errors} rows or images of the dataset cannot be used and are left out; "
                "`mllmsent audit` lists them."
            )
    if not _has_truth(dataset):
        notes.append("The dataset says nothing about its items, so nothing can be scored.")
    for task in tasks:
        notes.extend(f"{task.scheme.name}: {sentence}" for sentence in _torn(dataset, task))
        unscored = len(task.items) - len(task.folds) if task.folds else 0
        if unscored > 0 and study.items.unscored:
            notes.append(f"{unscored} items have no target in {task.scheme.name}.")
    return notes


def _torn(dataset: Dataset, task: Task) -> list[str]:
    """What is wrong with a task's folds."""
    import pandas as pd  # noqa: PLC0415

    if not task.folds:
        return []
    folds = pd.Series(task.folds, name="fold")
    items = dataset.items[dataset.items["item_id"].isin(list(task.folds))]
    return check_folds(folds, items, task.targets)
