"""Learned on one dataset, tested on another: a study of datasets that are joined."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.saying import say
from tests.text.corpus import described

from mllmsent import api
from mllmsent.foundation import InputError
from mllmsent.runs.prepare import prepare
from mllmsent.runs.study import parse_study
from mllmsent.runs.training_rows import training_rows

STUDY = """\
name: across
dataset: {join: [here, {source: there, name: abroad}]}
schemes: [{scheme: polarity3, by_dataset: {abroad: {fold: {bad: negative, so: neutral, good: positive}}}}]
pathways: [described]
describers: [dataset/ann]
classifiers: [vader, linear]
folds: {kind: by-column, column: dataset}
intervals: {resamples: 100}
"""
WORDS = {"negative": "bad", "neutral": "so", "positive": "good"}
"""What labels are called abroad."""


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., None]:
    """Two datasets of a hundred described items; abroad, `turned` words mean what others mean here."""

    def make(*, turned: bool = False) -> None:
        for seed, name in enumerate(("here", "there")):
            texts, labels = described(100, seed=seed)
            if turned and name == "there":
                turn = {"negative": "positive", "positive": "negative", "neutral": "neutral"}
                labels = [turn[label] for label in labels]
            if name == "there":
                labels = [WORDS[label] for label in labels]
            folder = tmp_path / name
            folder.mkdir()
            rows: list[list[Any]] = [["id", "label", "text"]]
            rows += [
                [str(row), label, f"{text} {name} {row}"]
                for row, (text, label) in enumerate(zip(texts, labels, strict=True))
            ]
            with (folder / "items.csv").open("w", encoding="utf-8", newline="") as stream:
                csv.writer(stream).writerows(rows)
            own = "schemes: [{name: abroad, kind: categorical, labels: [bad, so, good]}]\n"
            scheme = "polarity3" if name == "here" else "abroad"
            (folder / "dataset.yaml").write_text(
                f"emotion_target: evoked\nname: {name}\n{own if name == 'there' else ''}"
                "items: {file: items.csv, id: id}\n"
                f"labels: {{scheme: {scheme}, label: label}}\n"
                "descriptions: {file: items.csv, item: id, describer: ann, text: text}\n",
                encoding="utf-8",
            )

    return make


def run(folder: Path, study: str = STUDY, out: str = "run") -> api.Run:
    (folder / "study.yaml").write_text(study, encoding="utf-8")
    return api.run(folder / "study.yaml", out=folder / out)


def accuracies(run: api.Run, classifier: str) -> dict[str, float]:
    board = run.leaderboard(by="dataset")
    rows: Any = board[board["classifier"] == classifier]
    return dict(zip(rows["dataset"], rows["accuracy"], strict=True))


def test_what_a_word_means_elsewhere_is_learned_from_elsewhere_alone(
    write: Callable[..., None], tmp_path: Path
) -> None:
    """Abroad every word means the opposite: read by what is learned here, it is read wrong."""
    write(turned=True)
    across = accuracies(run(tmp_path), "linear")
    assert set(across) == {"here", "abroad"}
    assert max(across.values()) < 0.5
    within = run(tmp_path, STUDY.replace("kind: by-column, column: dataset", "n: 4"), "within")
    assert min(accuracies(within, "linear").values()) > max(across.values())


def test_where_words_mean_the_same_what_is_learned_carries_over(
    write: Callable[..., None], tmp_path: Path
) -> None:
    write()
    ran = run(tmp_path)
    assert min(accuracies(ran, "linear").values()) > 0.8
    assert len(ran.items) == 200
    (training,) = set(ran.systems["training"]) - {"none"}
    assert training.startswith("cross-validated, by-column, by dataset")
    rows = training_rows(str(ran.folder.path))
    assert rows.folds is not None
    assert (
        len({*zip(rows.folds.tolist(), (name.split("/")[0] for name in rows.ids), strict=True)})
        == 2
    )


def test_a_run_of_it_can_be_moved_and_run_again(write: Callable[..., None], tmp_path: Path) -> None:
    write()
    first = run(tmp_path)
    protocol = first.folder.manifest["protocols"]["polarity3"]
    assert set(protocol["targets"]["by_dataset"]) == {"abroad"}
    shutil.copytree(tmp_path, tmp_path.parent / "moved")
    again = api.run(tmp_path.parent / "moved" / "run")
    assert again.folder.manifest["protocols"]["polarity3"]["hash"] == protocol["hash"]
    assert again.predictions["label"].tolist() == first.predictions["label"].tolist()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("{join: [here, {source: there, name: abroad}], source: here}", "one `source`, or which"),
        ("{join: [here, there], root: .}", "belong to each"),
        ("{join: [here, {join: [here, there]}]}", "all of them in one list"),
        ("[here, there]", "are joined to be one"),
        ("{name: nothing}", "one `source`, or which"),
        ("{join: [here, {source: there, name: ../up}]}", "match pattern"),
    ],
)
def test_a_study_that_joins_what_cannot_be_is_refused(change: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_study(STUDY.replace("{join: [here, {source: there, name: abroad}]}", change))


def test_what_does_not_fit_the_datasets_is_named(
    write: Callable[..., None], tmp_path: Path
) -> None:
    write()
    for change, message in (
        (("abroad: {fold", "abrod: {fold"), "called 'abrod'"),
        (("{join: [here, {source: there, name: abroad}]}", "here"), "is one dataset"),
        (("name: abroad", "name: here"), "Two datasets are called 'here'"),
        ((", good: positive", ""), "nothing that could become polarity3"),
    ):
        with pytest.raises(InputError, match=message):
            prepare(parse_study(STUDY.replace(*change)), tmp_path, tmp_path)


def test_the_command_line_shows_a_leaderboard_of_each_dataset(
    write: Callable[..., None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write()
    run(tmp_path)
    said = say(capsys, "leaderboard", str(tmp_path / "run"), "--by", "dataset")
    assert said.code == 0
    assert said.out.index("dataset abroad: polarity3") < said.out.index("dataset here: polarity3")
    said = say(capsys, "leaderboard", str(tmp_path / "run"), "--by", "datset")
    assert said.code == 2
    assert "'dataset'" in said.err


def test_leaderboards_by_what_is_no_column_or_has_too_many_values_are_refused(
    write: Callable[..., None], tmp_path: Path
) -> None:
    write()
    ran = run(tmp_path)
    for column, message in (
        ("datset", "no column"),
        ("text", "no column"),
        ("metric", "their own"),
    ):
        with pytest.raises(InputError, match=message):
            ran.leaderboard(by=column)
