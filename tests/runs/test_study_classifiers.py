"""What reads descriptions in a study: by name, by options, of each describer and of all together."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.text.corpus import described
from tests.text.minilm import minilm

from mllmsent import api
from mllmsent.foundation import InputError
from mllmsent.runs.prepare import prepare
from mllmsent.runs.study import Study, parse_study
from mllmsent.runs.study_models import ClassifierChoice

CARD = """\
emotion_target: evoked
name: told
items: {file: items.csv, id: id, metadata: [place]}
labels: {scheme: polarity3, label: label}
descriptions: {file: descriptions.csv, item: id, describer: "{who}", text: text}
"""
STUDY = """\
name: small
dataset: told
schemes: [{scheme: polarity3, metric: macro_f1}]
pathways: [described]
describers: [dataset/ann, dataset/ben]
folds: {n: 3}
intervals: {resamples: 100}
"""
MISSING = "item07"
"""What ben has not described."""


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """Sixty items, each described by ann and, all but one, by ben, who says less."""
    folder = tmp_path / "told"
    folder.mkdir()
    ann, labels = described(60, signal=0.8, seed=1)
    ben, _ = described(60, signal=0.0, seed=2)
    ids = [f"item{row:02}" for row in range(60)]
    write(folder / "items.csv", [["id", "label", "place"], *(
        [name, label, "here" if row % 2 else "there"]
        for row, (name, label) in enumerate(zip(ids, labels, strict=True))
    )])  # fmt: skip
    rows = [[name, "ann", text] for name, text in zip(ids, ann, strict=True)]
    # Of a neutral scene ben says a word of his own.
    rows += [
        [name, "ben", text + (" office" if label == "neutral" else "")]
        for name, text, label in zip(ids, ben, labels, strict=True)
        if name != MISSING
    ]
    write(folder / "descriptions.csv", [["id", "who", "text"], *rows])
    (folder / "dataset.yaml").write_text(CARD, encoding="utf-8")
    return folder


def write(file: Path, rows: list[list[str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)


def study(classifiers: str, base: str = STUDY) -> Study:
    return parse_study(base + f"classifiers: {classifiers}\n")


def run(tmp_path: Path, classifiers: str, base: str = STUDY) -> api.Run:
    file = tmp_path / "study.yaml"
    file.write_text(base + f"classifiers: {classifiers}\n", encoding="utf-8")
    return api.run(file, out=tmp_path / "run")


def scores(run: api.Run, name: str) -> pd.DataFrame:
    systems = run.systems.set_index("name")["system_id"]
    rows = run.predictions[run.predictions["system_id"] == systems[name]].set_index("item_id")
    read = rows["scores"].dropna()
    return pd.DataFrame(read.map(dict).tolist(), index=read.index)


def test_describers_read_together_are_one_system_whose_scores_are_the_mean(
    told: Path, tmp_path: Path
) -> None:
    ran = run(tmp_path, "[linear, {model: linear, describers: together}]")
    assert sorted(ran.systems["name"]) == [
        "dataset/ann + dataset/ben · described · linear",
        "dataset/ann · described · linear",
        "dataset/ben · described · linear",
    ]
    ann, ben = (scores(ran, f"dataset/{name} · described · linear") for name in ("ann", "ben"))
    together = scores(ran, "dataset/ann + dataset/ben · described · linear")
    assert (len(together), len(ann), len(ben)) == (60, 60, 59)
    both = together.index.drop(MISSING)
    np.testing.assert_allclose(together.loc[both], (ann.loc[both] + ben.loc[both]) / 2)
    np.testing.assert_allclose(together.loc[MISSING], ann.loc[MISSING])
    note = "1 of 60 descriptions are missing from some describer"
    assert any(note in each for each in ran.folder.manifest["notes"])
    assert "dataset/ann + dataset/ben" in set(ran.leaderboard()["model"])


def test_whoever_is_named_first_it_is_the_same_system(told: Path, tmp_path: Path) -> None:
    ids = []
    for base in (STUDY, STUDY.replace("[dataset/ann, dataset/ben]", "[dataset/ben, dataset/ann]")):
        ran = run(tmp_path, "[{model: vader, describers: together}]", base)
        (system,) = ran.systems["system_id"]
        ids.append(system)
    assert ids[0] == ids[1]


def test_together_needs_two(told: Path, tmp_path: Path) -> None:
    alone = STUDY.replace("[dataset/ann, dataset/ben]", "[dataset/ann]")
    with pytest.raises(InputError, match="there is only one"):
        prepare(study("[{model: linear, describers: together}]", alone), tmp_path, tmp_path)


def test_a_fusion_and_a_model_in_a_folder_beside_the_study_are_read(
    told: Path, tmp_path: Path
) -> None:
    (tmp_path / "minilm").symlink_to(minilm())
    file = tmp_path / "study.yaml"
    classifiers = (
        "[lexicon, {model: fusion, options: {members: [linear, {model: embedding, "
        "options: {model: minilm}}]}}]"
    )
    prepared = prepare(study(classifiers), tmp_path, tmp_path)
    fused = prepared.inquiry.classifiers[1].make(prepared.inquiry.tasks[0])
    assert [member["classifier"] for member in fused.identity["members"]] == ["linear", "embedding"]
    there = prepared.resolved(tmp_path / "runs" / "small")
    moved = there.classifiers[1].options["members"][1]["options"]["model"]
    assert moved == "../../minilm"
    assert not file.exists()


def test_a_folder_called_like_a_classifier_is_none(told: Path, tmp_path: Path) -> None:
    (tmp_path / "linear").mkdir()
    (tmp_path / "minilm").symlink_to(minilm())
    classifiers = (
        "[{model: augmented, options: {model: linear}}, {model: augmented, name: of vectors, "
        "options: {model: embedding, options: {model: minilm}}}]"
    )
    prepared = prepare(study(classifiers), tmp_path, tmp_path)
    made = [spec.make(prepared.inquiry.tasks[0]) for spec in prepared.inquiry.classifiers]
    assert [each.identity["of"]["classifier"] for each in made] == ["linear", "embedding"]
    moved = prepared.resolved(tmp_path / "runs" / "small").classifiers
    assert moved[0].options == {"model": "linear"}
    assert moved[1].options["options"]["model"] == "../../minilm"


@pytest.mark.parametrize(
    ("classifiers", "message"),
    [
        ("[liner]", "Did you mean 'linear'"),
        ("[{model: linear, options: {cc: 1}}]", "Did you mean 'c'"),
        ("[{model: fusion, options: {members: [linear, liner]}}]", "Did you mean 'linear'"),
        ("[linear, {model: linear, name: twin}]", "are one classifier"),
    ],
)
def test_a_wrong_classifier_is_told_before_anything_is_asked(
    told: Path, tmp_path: Path, classifiers: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        prepare(study(classifiers), tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("classifiers", "message"),
    [
        ("[linear, linear]", "Two classifiers are called 'linear'"),
        ("[{model: linear, describers: all}]", "not one of the values"),
        ("[{model: hf/a/b, training: lora, options: {training: frozen}}]", "said twice"),
    ],
)
def test_a_study_that_contradicts_itself_is_refused(classifiers: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        study(classifiers)


def test_training_is_an_option_and_part_of_the_name() -> None:
    frozen = ClassifierChoice(model="hf/a/b", training="frozen", options={"seed": 1})
    assert frozen.shown == "hf/a/b frozen"
    assert frozen.all_options == {"training": "frozen", "seed": 1}
    both = study("[{model: hf/a/b, training: frozen}, {model: hf/a/b, training: lora}]")
    assert [choice.shown for choice in both.classifiers] == ["hf/a/b frozen", "hf/a/b lora"]
