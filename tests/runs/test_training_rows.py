"""What a classifier is trained on: the rows of a run, of a dataset, of a study."""

from pathlib import Path

import pytest
from tests.runs.test_study_classifiers import STUDY, run, told

from mllmsent.foundation import InputError
from mllmsent.runs.training_rows import training_rows

__all__ = ["told"]


def test_a_run_gives_its_descriptions_with_its_targets_in_its_folds(
    told: Path, tmp_path: Path
) -> None:
    ran = run(tmp_path, "[linear]")
    rows = training_rows(str(ran.folder.path))
    assert (len(rows.texts), len(set(rows.ids))) == (119, 60)
    assert rows.describers == ["dataset/ann", "dataset/ben"]
    folds = ran.predictions.groupby("item_id")["fold"].first()
    assert rows.folds is not None
    assert rows.folds.tolist() == [folds[item] for item in rows.ids]
    labels = ran.targets.set_index("item_id")["label"]
    assert list(rows.targets) == [labels[item] for item in rows.ids]
    alone = training_rows(str(ran.folder.path), describers=["dataset/ben"])
    assert len(alone.texts) == 59
    with pytest.raises(InputError, match="'dataset/ann'"):
        training_rows(str(ran.folder.path), describers=["dataset/an"])
    with pytest.raises(InputError, match="'polarity3'"):
        training_rows(str(ran.folder.path), scheme="polarity4")


def test_a_dataset_and_a_study_of_it_give_the_same_rows(told: Path, tmp_path: Path) -> None:
    dataset = training_rows(str(told), scheme="polarity3")
    file = tmp_path / "study.yaml"
    file.write_text(STUDY + "classifiers: [linear]\n", encoding="utf-8")
    study = training_rows(str(file))
    assert sorted(zip(study.ids, study.texts, study.targets, strict=True)) == sorted(
        zip(dataset.ids, dataset.texts, dataset.targets, strict=True)
    )
    assert dataset.fold_rule == "stratified, 5 folds, seed 42"
    assert len(training_rows(str(told), scheme="polarity3", describers=["ann"]).texts) == 60
    with pytest.raises(InputError, match="'ann'"):
        training_rows(str(told), scheme="polarity3", describers=["anne"])
    with pytest.raises(InputError, match="--problem P3"):
        training_rows(str(told))


def test_a_study_whose_models_have_not_described_yet_is_to_be_run_first(
    told: Path, tmp_path: Path
) -> None:
    file = tmp_path / "study.yaml"
    file.write_text(
        "name: new\ndataset: told\nschemes: [polarity3]\npathways: [described]\n"
        "models: [simulated/keen]\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError, match="described nothing yet") as caught:
        training_rows(str(file))
    assert "mllmsent run" in caught.value.cure
