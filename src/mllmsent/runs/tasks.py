"""Tasks: each scheme of a study with its items, what people said of them, and its folds."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
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
    make_protocol,
)
from mllmsent.data.target_spec import resolve
from mllmsent.foundation.errors import InputError
from mllmsent.foundation.tables import check_table, empty_table
from mllmsent.metrics import get_metric, metrics_for, sample_kind
from mllmsent.pathways.interface import Task
from mllmsent.runs.lower_agreement import training_items
from mllmsent.runs.selection import filtered_items, is_scored, limited_items
from mllmsent.text import get_classifier

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from mllmsent.affect.scheme import Scheme
    from mllmsent.data import Dataset, Protocol
    from mllmsent.prompts import Strategy
    from mllmsent.runs.study import Study
    from mllmsent.runs.study_data import SchemeChoice

__all__ = ["Tasks", "has_truth", "is_file", "make_tasks"]


@dataclass(frozen=True)
class Tasks:
    """What is asked of which items, and against what it is held.

    Attributes:
        tasks: One per scheme.
        targets: Table `targets` of all schemes.
        protocols: Scheme to protocol.
        notes: What a reader of the results must know, one sentence each.
    """

    tasks: tuple[Task, ...]
    targets: pd.DataFrame
    protocols: dict[str, Protocol]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Items:
    """The items of a study.

    Attributes:
        allowed: All that its filters leave, with a target or without.
        filtered: Of these, the ones that take part.
        asked: Of these, the ones that are asked about.
    """

    allowed: list[str]
    filtered: list[str]
    asked: list[str]


def make_tasks(study: Study, base: Path, dataset: Dataset, strategies: Sequence[Strategy]) -> Tasks:
    """Choose items, make targets and divide folds.

    Args:
        study: The study.
        base: The folder in which its relative paths start.
        dataset: Its dataset.
        strategies: Its wordings: some show solved examples, which need folds.

    Raises:
        InputError: If a scheme, filter, metric or division does not fit the dataset.
    """
    specs = [_target_spec(choice, base) for choice in study.schemes]
    schemes = [spec.target_scheme(dataset) for spec in specs]
    for position, (choice, scheme) in enumerate(zip(study.schemes, schemes, strict=True)):
        if scheme.name in {other.name for other in schemes[:position]}:
            raise InputError(
                f"The study asks in scheme {scheme.name!r} twice.",
                item="schemes",
                cure="Make a study of each; answers that both need are paid for once.",
            )
        _check_metric(choice, scheme)
    targets = [
        compute_targets(dataset, spec) if has_truth(dataset) else empty_table("targets")
        for spec in specs
    ]
    items = _chosen(study, dataset, targets)
    tasks, protocols, notes = [], {}, []
    for choice, spec, scheme, table in zip(study.schemes, specs, schemes, targets, strict=True):
        task, protocol = _task(
            study, choice, spec, dataset, strategies=strategies, items=items, table=table
        )
        tasks.append(task)
        protocols[scheme.name] = protocol
        notes += _notes(dataset, task, table)
    return Tasks(tuple(tasks), _joined(targets), protocols, tuple(notes))


def has_truth(dataset: Dataset) -> bool:
    """Whether anybody said anything of the dataset's items."""
    return bool(len(dataset.annotations) or len(dataset.norms))


def is_file(name: str) -> bool:
    """Whether a scheme or strategy is named by its file."""
    return name.endswith((".yaml", ".yml"))


def _target_spec(choice: SchemeChoice, base: Path) -> TargetSpec:
    """How the study's words become targets."""
    scheme: Scheme | str | None = choice.scheme
    if choice.scheme is not None and is_file(choice.scheme):
        # A name stays one, since the dataset may have schemes of its own.
        scheme = load_scheme(base / choice.scheme)
    spec = TargetSpec(
        scheme=scheme,
        problem=choice.problem,
        source=choice.source,
        dimension=choice.dimension,
        cuts=choice.cuts,
        fold=choice.fold,
        min_agreement=choice.min_agreement,
        annotator_groups=choice.annotator_groups,
    )
    parts = {name: replace(spec, **part.model_dump()) for name, part in choice.by_dataset.items()}
    return replace(spec, by_dataset=parts)


def _check_metric(choice: SchemeChoice, scheme: Scheme) -> None:
    """A metric that does not exist, or not for this scheme, is told before anything is paid for."""
    if choice.metric is None:
        return
    get_metric(choice.metric)
    fitting = [
        metric.name
        for metric in metrics_for(sample_kind(scheme), n_labels=len(scheme.labels) or None)
    ]
    if choice.metric not in fitting:
        raise InputError(
            f"Metric {choice.metric!r} does not fit scheme {scheme.name!r}.",
            item="schemes.metric",
            cure=f"Take one of: {', '.join(fitting)}.",
        )


def _chosen(study: Study, dataset: Dataset, targets: Sequence[pd.DataFrame]) -> _Items:
    """The items that take part: those with a target, unless others are wanted too."""
    allowed = filtered_items(study.items, dataset)
    filtered = allowed
    scored = {str(item) for table in targets for item in table["item_id"][is_scored(table)]}
    if scored and not study.items.unscored:
        filtered = [item for item in allowed if item in scored]
    if not filtered:
        raise InputError(
            "No item has a target.",
            item="schemes",
            cure="Lower `min_agreement`, or say `items: {unscored: true}` to ask all the same.",
        )
    asked = limited_items(filtered, study.items.limit, study.seed)
    return _Items(allowed, filtered, asked)


def _task(
    study: Study,
    choice: SchemeChoice,
    spec: TargetSpec,
    dataset: Dataset,
    *,
    strategies: Sequence[Strategy],
    items: _Items,
    table: pd.DataFrame,
) -> tuple[Task, Protocol]:
    """The task of one scheme: its items, in the dataset's order, and their folds."""
    scheme = spec.target_scheme(dataset)
    scored = set(table["item_id"][is_scored(table)])
    kept = [item for item in items.asked if item in scored]
    asked = tuple(kept) if kept and not study.items.unscored else tuple(items.asked)
    folds = FoldSpec(**study.folds.model_dump())
    neutral_as = _neutral_as(spec, dataset) if scheme.neutral is None else None
    trains = _something_trains(study, scheme, neutral_as)
    learns = trains or any(strategy.exemplars is not None for strategy in strategies)
    # Published folds are of all rows; others are of what the filters leave. A limit is a part of a
    # study: its items keep the folds, and see the solved examples, that they have without it.
    rows = dataset.items["item_id"] if folds.kind == "published" else items.filtered
    divided = _divide(
        dataset, [item for item in rows if item in scored], table, folds, learns=learns
    )
    own = None if divided is None else divided[divided.index.isin(kept)]
    if trains and kept and own is not None and own.nunique() < 2:
        raise InputError(
            f"The {len(kept)} items with a target in {scheme.name} are in one fold: nothing is left "
            "to learn from.",
            item="items",
            cure="Take more items, or only classifiers that do not learn, such as vader.",
        )
    protocol = make_protocol(
        dataset,
        spec,
        table[table["item_id"].isin(kept)],
        metric=choice.metric or ("ccc" if scheme.kind == "dimensional" else "macro_f1"),
        folds=own,
        fold_spec=None if own is None else folds,
    )
    where = f"by {folds.column}" if folds.kind == "by-column" else f"{folds.n} folds"
    task = Task(
        scheme=scheme,
        items=asked,
        targets=table,
        folds={} if divided is None else {str(i): int(fold) for i, fold in divided.items()},
        neutral_as=neutral_as,
        fold_rule=f"{folds.kind}, {where}, seed {folds.seed}",
        # The published division knows no groups, and is kept as it was published.
        groups={} if folds.kind == "published" else _groups(dataset),
        training=training_items(
            choice.train_min_agreement,
            spec,
            dataset,
            items.allowed,
            scored=scored,
            # A limit takes as large a share of them as of the items that are asked about.
            share=len(items.asked) / len(items.filtered),
            seed=study.seed,
            folds=divided,
            column=folds.column,
        )
        if trains and choice.train_min_agreement is not None
        else None,
    )
    return task, protocol


def _something_trains(study: Study, scheme: Scheme, neutral_as: str | None) -> bool:
    """Whether a text classifier learns, or is shown solved examples; a wrong name or option is told before anything is paid."""
    if "described" not in study.pathways:
        return False
    classifiers = [
        get_classifier(choice.model, scheme, choice.all_options, neutral_as=neutral_as)
        for choice in study.classifiers
        if not choice.is_asked
    ]
    if any(choice.is_asked and choice.n_shots for choice in study.classifiers):
        return True
    return any(each.trains and each.supports(scheme) is None for each in classifiers)


def _groups(dataset: Dataset) -> dict[str, str]:
    items = dataset.items[dataset.items["group"].notna()]
    return dict(zip(items["item_id"], items["group"], strict=True))


def _neutral_as(spec: TargetSpec, dataset: Dataset) -> str | None:
    """The class that neutral votes were folded into, in schemes that have no neutral of their own."""
    if not has_truth(dataset):
        return None
    if dataset.parts:
        found = {_neutral_as(spec.of_part(part.name), part) for part in dataset.parts}
        return found.pop() if len(found) == 1 else None
    mapping = resolve(spec, dataset).mapping() or {}
    if not mapping and spec.problem is not None:
        folding = get_problem(spec.problem).folding()
        mapping = {} if folding is None else dict(folding.mapping)
    return mapping.get("neutral")


def _divide(
    dataset: Dataset,
    items: Sequence[str],
    table: pd.DataFrame,
    folds: FoldSpec,
    *,
    learns: bool,
) -> pd.Series[Any] | None:
    """Item to fold; None where there is nothing to divide, or too little and nothing that learns."""
    if not items:
        return None
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


def _joined(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    filled = [table for table in tables if len(table)]
    if not filled:
        return empty_table("targets")
    return check_table("targets", pd.concat(filled, ignore_index=True))


def _notes(dataset: Dataset, task: Task, table: pd.DataFrame) -> list[str]:
    """What is wrong with a task's folds, and which of its items cannot be scored."""
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    name = task.scheme.name
    notes = []
    own = {item: task.folds[item] for item in task.items if item in task.folds}
    if own:
        items = dataset.items[dataset.items["item_id"].isin(list(own))]
        scored = table[table["item_id"].isin(list(own))]
        wrong = check_folds(pd.Series(own, name="fold"), items, scored)
        notes += [f"{name}: {sentence}" for sentence in wrong]
    labels = task.labels()
    said = {labels[item] for item in task.items if item in labels}
    if len(said) == 1 and not task.scheme.open_vocabulary:
        notes.append(
            f"{name}: every item is {said.pop()!r} by its target. Whoever always says so is right, "
            "and no score tells more."
        )
    scored_items = set(table["item_id"][is_scored(table)])
    unscored = sum(item not in scored_items for item in task.items)
    if unscored and has_truth(dataset):
        notes.append(f"{unscored} items have no target in {name}: they are asked and not scored.")
    return notes
