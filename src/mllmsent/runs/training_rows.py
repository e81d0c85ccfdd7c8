"""What a text classifier can be trained on: a run's descriptions, a dataset's, or a labelled table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.affect import get_scheme, load_scheme
from mllmsent.data.raw_table import cell_text
from mllmsent.data.table_files import read_table_file
from mllmsent.foundation.config import read_document
from mllmsent.foundation.errors import InputError, nearest
from mllmsent.pathways.described import GIVEN, given_descriptions
from mllmsent.pathways.interface import Task
from mllmsent.runs.folder import MANIFEST, open_folder
from mllmsent.runs.lower_agreement import items_of_targets
from mllmsent.runs.prepare import prepare
from mllmsent.runs.study import Study, load_study
from mllmsent.runs.study_data import DatasetChoice, FoldChoice, SchemeChoice
from mllmsent.runs.study_models import ClassifierChoice
from mllmsent.runs.tasks import is_file
from mllmsent.text.text_files import TABLES, TEXT_COLUMNS, find_column
from mllmsent.text.training import TrainingRows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from mllmsent.affect.scheme import Scheme
    from mllmsent.data.raw_table import RawTable
    from mllmsent.runs.folder import RunFolder

__all__ = ["training_rows"]

LABEL_COLUMNS = ("label", "target", "sentiment", "emotion")
GROUP_COLUMNS = ("group", "item_id", "image", "item")


def training_rows(
    source: str,
    *,
    scheme: str | None = None,
    problem: str | None = None,
    min_agreement: int | None = None,
    train_min_agreement: int | None = None,
    describers: Sequence[str] = (),
    root: str | None = None,
    columns: Mapping[str, str] | None = None,
    seed: int = 42,
) -> TrainingRows:
    """Rows to train on.

    Args:
        source: A run folder; a study file that was run, or whose descriptions came with its dataset;
            a dataset (name, card or folder) that comes with descriptions; or a table of labelled
            texts (CSV, JSON Lines, Parquet).
        scheme: The scheme (name or file) of the targets; of a run or study, which of its schemes.
        problem: Of a dataset, a published problem: P3.
        min_agreement: Of a dataset, how many annotators must agree.
        train_min_agreement: Of a dataset, on how many the annotators of further items must agree, that
            are learned from and not tested. A study and its run have that themselves.
        describers: Whose descriptions; by default everybody's.
        root: Folder of the files, for a built-in dataset.
        columns: Of a table, which column is the "text", the "label" and the "group".
        seed: Seed of the folds of a dataset.

    Raises:
        InputError: If there are none, or something that is named is not there.
    """
    path = Path(source)
    of_datasets = {
        "--problem": problem,
        "--min-agreement": min_agreement,
        "--train-min-agreement": train_min_agreement,
    }
    if (path / MANIFEST).is_file():
        _refuse(of_datasets, "A run has its targets already")
        return _of_run(open_folder(path), scheme, describers)
    if path.suffix.lower() in TABLES:
        _refuse(of_datasets, "A table has its labels already")
        return _of_table(path, scheme, columns or {})
    if path.is_file() and is_file(source) and _is_study(path):
        _refuse(of_datasets, "A study says that itself")
        study = load_study(path)
        run = Path("runs") / study.name
        if (run / MANIFEST).is_file():
            return _of_run(open_folder(run), scheme, describers)
        return _of_study(study, path.parent, scheme, describers, name=f"study {study.name}")
    if problem is None and scheme is None:
        raise InputError(
            "In which scheme are the targets?",
            item="--scheme",
            cure="Say --scheme polarity3, or --problem P3 for a published problem.",
        )
    if train_min_agreement is not None and not 0 < train_min_agreement < (min_agreement or 0):
        raise InputError(
            f"{train_min_agreement} is no lower agreement to learn from.",
            item="--train-min-agreement",
            cure="Give a smaller number than that of --min-agreement, by which items are tested.",
        )
    study = Study(
        name="train",
        dataset=DatasetChoice(source=source, root=root),
        schemes=(
            SchemeChoice(
                scheme=scheme,
                problem=problem,
                min_agreement=min_agreement,
                train_min_agreement=train_min_agreement,
            ),
        ),
        pathways=("described",),
        describers=(GIVEN,),
        classifiers=(ClassifierChoice(model="vader"), ClassifierChoice(model="linear")),
        folds=FoldChoice(seed=seed),
    )
    return _of_study(study, Path(), None, describers, name=f"dataset {Path(source).name}")


def _refuse(options: Mapping[str, Any], why: str) -> None:
    for option, value in options.items():
        if value is not None:
            raise InputError(f"{why}.", item=option, cure="It is for datasets: leave it out.")


def _is_study(path: Path) -> bool:
    value = read_document(path).value
    return isinstance(value, dict) and "schemes" in value and "dataset" in value


def _of_run(run: RunFolder, scheme: str | None, describers: Sequence[str]) -> TrainingRows:
    name = _one(scheme, run.schemes, "scheme", "--scheme")
    table = run.table("descriptions")
    table = table[table["condition"].fillna("none") == "none"]
    table = table[table["repeat"].fillna(0) == 0]
    if table.empty:
        raise InputError(
            "This run holds no descriptions of unchanged images.",
            file=run.path,
            cure="Name `described` among the pathways of its study, and run it again.",
        )
    targets = run.table("targets")
    items = run.table("items")
    predictions = run.table("predictions")
    own = predictions[(predictions["scheme"] == name) & predictions["fold"].notna()]
    more = run.table("training_targets")
    return _joined(
        [(str(row.item_id), str(row.describer), str(row.text)) for row in table.itertuples()],
        Task(
            scheme=run.schemes[name],
            items=tuple(items["item_id"]),
            targets=targets[targets["scheme"] == name],
            folds=dict(zip(own["item_id"], own["fold"].astype(int), strict=True)),
            fold_rule="the folds of the run",
            groups=_groups(items),
            training=items_of_targets(more[more["scheme"] == name]),
        ),
        describers,
        source=f"run {run.study.name}",
    )


def _of_study(
    study: Study, base: Path, scheme: str | None, describers: Sequence[str], *, name: str
) -> TrainingRows:
    wanted = tuple(each if each.startswith(GIVEN) else GIVEN + each for each in describers)
    if any(not each.startswith(GIVEN) for each in study.describers or [""]):
        raise InputError(
            f"The models of this study have described nothing yet: there is no runs/{study.name}.",
            cure="Run it (`mllmsent run`), and train on the run folder.",
        )
    everybody = study.describers == (GIVEN,)
    # Who there is stands in the dataset, which is read once the study is prepared.
    prepared = prepare(study, base, Path("runs"))
    tasks = {task.scheme.name: task for task in prepared.inquiry.tasks}
    there = dict.fromkeys(str(each) for each in prepared.dataset.descriptions["describer"])
    if not there:
        raise InputError(
            f"Dataset {prepared.dataset.name!r} comes with no descriptions.",
            cure="Run a study whose models describe its images, and train on the run folder.",
        )
    named = tuple(GIVEN + each for each in there) if everybody else study.describers or ()
    return _joined(
        given_descriptions(prepared.dataset, wanted or named),
        tasks[_one(scheme, tasks, "scheme", "--scheme")],
        (),
        source=name,
    )


def _joined(
    described: Sequence[tuple[str, str, str]], task: Task, describers: Sequence[str], *, source: str
) -> TrainingRows:
    """Descriptions with the targets of their items."""
    there = dict.fromkeys(describer for _, describer, _ in described)
    for describer in describers:
        if describer not in there:
            raise InputError(
                f"Nothing here is described by {describer!r}.",
                item="--describer",
                cure=nearest(describer, there),
            )
    tested: Mapping[str, Any] = (
        task.values() if task.scheme.kind == "dimensional" else task.labels()
    )
    more = {} if task.training is None else task.training.labels
    targets = {**more, **tested}
    wanted = set(describers or there)
    rows = [row for row in described if row[1] in wanted and row[0] in targets]
    if not any(item in tested for item, _, _ in rows):
        raise InputError(
            f"No described item has a target in {task.scheme.name}.",
            item=source,
            cure="Lower --min-agreement, or choose another scheme.",
        )
    folds = {**({} if task.training is None else task.training.folds), **task.folds}
    divided = (
        all(item in folds for item, _, _ in rows if item in tested)
        and len(set(task.folds.values())) > 1
    )
    is_tested = np.array([item in tested for item, _, _ in rows])
    notes = []
    if task.training is not None:
        notes.append(
            f"{int((~is_tested).sum()):,} of the texts are about items on which fewer annotators "
            f"agree (at least {task.training.min_agreement}): learned from, and not tested."
        )
    return TrainingRows(
        source=source,
        scheme=task.scheme,
        ids=[item for item, _, _ in rows],
        texts=[text for _, _, text in rows],
        targets=[targets[item] for item, _, _ in rows],
        groups=[task.groups.get(item, item) for item, _, _ in rows],
        folds=np.array([folds.get(item, -1) for item, _, _ in rows]) if divided else None,
        fold_rule=task.fold_rule,
        describers=sorted(wanted),
        neutral_as=task.neutral_as,
        tested=is_tested,
        notes=notes,
    )


def _of_table(path: Path, scheme: str | None, columns: Mapping[str, str]) -> TrainingRows:
    if scheme is None:
        raise InputError(
            "In which scheme are the labels?",
            file=path,
            cure="Say --scheme polarity3, for example.",
        )
    wanted = load_scheme(Path(scheme)) if is_file(scheme) else get_scheme(scheme)
    table = read_table_file(path, name=path.name)
    text = find_column(table, columns.get("text"), TEXT_COLUMNS, "text")
    texts = [cell_text(cell) for cell in table.column(text)]
    targets = (
        _values(table, wanted)
        if wanted.kind == "dimensional"
        else _labels(
            table, find_column(table, columns.get("label"), LABEL_COLUMNS, "label"), wanted
        )
    )
    group = columns.get("group") or next(
        (name for name in GROUP_COLUMNS if name in table.columns), None
    )
    if group is None:
        # Nothing says what the texts are about; at least no text is learned from and tested.
        groups = [" ".join(each.split()).casefold() for each in texts]
    else:
        groups = table.required_texts(group, "group")
    kept = [row for row, target in enumerate(targets) if target is not None]
    left_out = len(targets) - len(kept)
    return TrainingRows(
        source=path.name,
        scheme=wanted,
        ids=[groups[row] for row in kept],
        texts=[texts[row] for row in kept],
        targets=[targets[row] for row in kept],
        groups=[groups[row] for row in kept],
        notes=[f"{left_out} rows have no label, and were left out."] if left_out else [],
    )


def _labels(table: RawTable, column: str, scheme: Scheme) -> list[str | None]:
    found: list[str | None] = []
    for row, cell in enumerate(table.texts(column)):
        names = [] if cell is None else [cell]
        if cell is not None and scheme.multi_label:
            names = [name.strip() for name in cell.split("|") if name.strip()]
        try:
            labels = [scheme.label(name).name for name in names]
        except InputError as error:
            raise table.error(row, error.message, cure=error.cure) from None
        found.append("|".join(labels) or None)
    return found


def _values(table: RawTable, scheme: Scheme) -> list[dict[str, float] | None]:
    columns = {name: table.numbers(name) for name in scheme.dimension_names}
    found: list[dict[str, float] | None] = []
    for row in range(len(table)):
        values = {name: numbers[row] for name, numbers in columns.items()}
        for scale in scheme.dimensions:
            value = values[scale.name]
            if value is not None and not scale.low <= value <= scale.high:
                raise table.error(
                    row,
                    f"{scale.name} is {value:g}, outside its scale from {scale.low:g} to "
                    f"{scale.high:g}.",
                )
        known = {name: value for name, value in values.items() if value is not None}
        found.append(known if len(known) == len(values) else None)
    return found


def _one(named: str | None, there: Mapping[str, Any], what: str, option: str) -> str:
    if named is not None and named not in there:
        raise InputError(
            f"No {what} here is called {named!r}.", item=option, cure=nearest(named, there)
        )
    if named is None and len(there) > 1:
        raise InputError(
            f"There are {len(there)} {what}s: which one?",
            item=option,
            cure=f"Name one of {', '.join(there)}.",
        )
    return named if named is not None else next(iter(there))


def _groups(items: pd.DataFrame) -> dict[str, str]:
    rows = items[items["group"].notna()] if "group" in items else items.iloc[:0]
    return dict(zip(rows["item_id"], rows["group"], strict=True)) if len(rows) else {}
