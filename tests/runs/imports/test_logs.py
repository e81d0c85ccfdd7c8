"""The published layout: names, folds, and rows whose files do not say what they are about."""

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.runs.imports.published import Photos, Row, write_experiment

from mllmsent.analysis import evidence_of, leaderboard
from mllmsent.foundation import InputError
from mllmsent.metrics import Resampling
from mllmsent.runs import RunFolder
from mllmsent.runs.imports.experiments import find_experiments

Import = Callable[..., RunFolder]
Scores = Callable[[RunFolder], dict[tuple[str, str], float]]
Folds = dict[int, list[Row]]

OPENAI, MINIGPT4 = (
    "gpt-4o-mini · described · bart · fine-tuned",
    "minigpt4 · described · bart · fine-tuned",
)


@pytest.mark.parametrize(
    ("name", "track", "expected"),
    [
        ("openai-modernbert-experiment-p3-alpha5", "finetuning",
         ("gpt-4o-mini", "modernbert", "fine-tuned", "P3", 5)),
        ("bart-experiment-p5-alpha3", "not-finetuning", ("minigpt4", "bart", "frozen", "P5", 3)),
        ("llama3-qlora-p3-alpha3", "finetuning",
         ("minigpt4", "llama3-qlora", "fine-tuned", "P3", 3)),
        ("deepseek-llama3-qlora-p2neg-alpha4", "not-finetuning",
         ("deepseek", "llama3-qlora", "frozen", "P2-", 4)),
        ("phi4-bart-experiment-p2plus-alpha3", "twitter", ("phi4", "bart", "twitter", "P2+", 3)),
        ("newcomer-some-net-experiment-p5-alpha4", "finetuning",
         ("newcomer", "some-net", "fine-tuned", "P5", 4)),
        ("my-own-mllm-bart-experiment-p3-alpha3", "finetuning",
         ("my-own-mllm", "bart", "fine-tuned", "P3", 3)),
        ("openai-bart-experiment-p3", "finetuning", ("gpt-4o-mini", "bart", "fine-tuned", "P3", None)),
    ],
)  # fmt: skip
def test_the_folders_name_says_who_and_what(
    name: str, track: str, expected: tuple[object, ...], tmp_path: Path
) -> None:
    write_experiment(tmp_path, name, {1: Photos(5).folds("x")[1]}, track=track)
    (found,) = find_experiments([tmp_path])
    assert expected == (
        found.describer, found.classifier, found.training, found.problem, found.min_agreement
    )  # fmt: skip


def test_a_hyphen_belongs_to_the_classifier_where_others_put_a_describer_before_it(
    tmp_path: Path,
) -> None:
    for name in ("some-net-p3-alpha3", "openai-some-net-p3-alpha3"):
        write_experiment(tmp_path, name, {1: Photos(5).folds("x")[1]})
    found = {(each.describer, each.classifier) for each in find_experiments([tmp_path])}
    assert found == {("minigpt4", "some-net"), ("gpt-4o-mini", "some-net")}


@pytest.mark.parametrize("depth", ["root", "track", "experiment", "logs"])
def test_the_folder_may_be_named_at_any_depth(
    depth: str, tmp_path: Path, import_logs: Import
) -> None:
    folder = write_experiment(tmp_path / "theirs", "bart-experiment-p3-alpha3", Photos().folds("m"))
    given = {
        "root": tmp_path / "theirs",
        "track": folder.parent,
        "experiment": folder,
        "logs": folder / "logs",
    }[depth]
    rows = import_logs(given).table("imported_rows")
    assert rows["file"].iloc[0] == (
        "experiments-finetuning/bart-experiment-p3-alpha3/logs/test_logs_01.csv"
    )
    assert rows["row"].iloc[:2].tolist() == [2, 3]
    assert sorted(rows["fold"].unique()) == [1, 2, 3, 4, 5]


def test_several_folders_are_one_run_with_its_leaderboards(
    tmp_path: Path, import_logs: Import, weighted_f1: Scores
) -> None:
    photos, five = Photos(), Photos(codes=("0", "1", "2", "3", "4"))
    write_experiment(tmp_path, "openai-bart-experiment-p3-alpha3", photos.folds("o", right=0.9))
    write_experiment(tmp_path, "bart-experiment-p3-alpha3", photos.folds("m", right=0.3))
    write_experiment(tmp_path, "bart-experiment-p5-alpha5", five.folds("m"), track="not-finetuning")
    run = import_logs(tmp_path)
    assert list(run.schemes) == ["p3-sigma3", "p5-sigma5"]
    assert run.manifest["protocols"]["p3-sigma3"]["min_agreement"] == 3
    assert run.manifest["protocols"]["p3-sigma3"]["problem"] == "P3"
    assert len(run.table("systems")) == 3
    board = leaderboard(evidence_of(run), resampling=Resampling(n_resamples=100))
    first = board.rows[board.rows["scheme"] == "p3-sigma3"]
    assert first["system"].tolist() == [OPENAI, MINIGPT4]
    assert first["group"].tolist() == ["a", "b"]
    assert first["weighted_f1_folds"].tolist() == pytest.approx(
        [weighted_f1(run)["p3-sigma3", name] for name in (OPENAI, MINIGPT4)]
    )
    # What one system is called does not depend on what it answered in.
    assert run.study.folds.kind == "published"
    assert sorted(run.table("descriptions")["describer"].unique()) == ["gpt-4o-mini", "minigpt4"]


def test_training_tells_classifiers_apart_only_where_there_are_two(
    tmp_path: Path, import_logs: Import
) -> None:
    photos = Photos(50)
    write_experiment(tmp_path, "bart-experiment-p3-alpha3", photos.folds("a"))
    write_experiment(tmp_path, "bart-experiment-p3-alpha5", photos.folds("b"), track="swin")
    run = import_logs(tmp_path)
    assert run.table("systems")["classifier"].tolist() == ["bart", "bart"]
    ids = set(run.table("systems")["system_id"])
    folds = photos.folds("c")
    write_experiment(tmp_path, "bart-experiment-p3-alpha3", folds, track="not-finetuning")
    systems = import_logs(tmp_path).table("systems")
    assert set(systems["classifier"]) == {"bart fine-tuned", "bart swin", "bart frozen"}
    assert set(systems["training"]) == {"fine-tuned", "swin", "frozen"}
    # What a system is called is no part of what it is.
    assert ids < set(systems["system_id"])


def _shuffled(folds: Folds, columns: tuple[str, ...], seed: int = 3) -> Folds:
    """The same folds with these columns' cells moved to other rows together."""
    dice = random.Random(seed)
    moved: Folds = {}
    for fold, rows in folds.items():
        order = dice.sample(range(len(rows)), len(rows))
        moved[fold] = [
            {**row, **{column: rows[place][column] for column in columns}}
            for row, place in zip(rows, order, strict=True)
        ]
    return moved


def test_rows_in_another_order_are_paired_by_their_ids(
    tmp_path: Path, import_logs: Import, weighted_f1: Scores
) -> None:
    photos = Photos()
    write_experiment(tmp_path, "openai-bart-experiment-p3-alpha3", photos.folds("o"))
    moved = _shuffled(photos.folds("m"), ("id", "text", "target", "prediction"))
    write_experiment(tmp_path, "bart-experiment-p3-alpha3", moved)
    run = import_logs(tmp_path)
    assert list(run.schemes) == ["p3-sigma3"]
    assert len(run.table("items")) == photos.n


def test_a_missing_id_is_recovered_by_the_description(tmp_path: Path, import_logs: Import) -> None:
    photos = Photos()
    write_experiment(tmp_path, "openai-bart-experiment-p3-alpha3", photos.folds("o"))
    moved = _shuffled(photos.folds("o", seed=9), ("id", "text", "target", "prediction"))
    write_experiment(tmp_path, "openai-bert-experiment-p3-alpha3", moved, without=["id"])
    run = import_logs(tmp_path)
    assert list(run.schemes) == ["p3-sigma3"]
    rows = run.table("imported_rows")
    assert (rows["id_from"] == "text").sum() == photos.n
    said = rows.groupby("item_id")["target"].nunique()
    assert (said == 1).all()
    assert any("recognized by their description" in note for note in run.manifest["notes"])


def test_a_missing_id_is_recovered_by_the_order_if_targets_prove_it(
    tmp_path: Path, import_logs: Import
) -> None:
    photos = Photos()
    write_experiment(tmp_path, "openai-bart-experiment-p3-alpha3", photos.folds("o"))
    own = photos.folds("m")
    write_experiment(tmp_path, "bart-experiment-p3-alpha3", own, without=["id", "text"])
    run = import_logs(tmp_path)
    rows = run.table("imported_rows").set_index("system_id")
    assert list(run.schemes) == ["p3-sigma3"]
    assert (rows["id_from"] == "order").sum() == photos.n
    answers = {row["id"]: row["prediction"] for fold in own.values() for row in fold}
    recovered = rows[rows["id_from"] == "order"]
    assert [answers[item] for item in recovered["item_id"]] == recovered["raw_label"].tolist()


def test_rows_that_nothing_identifies_are_scored_and_never_paired(
    tmp_path: Path, import_logs: Import, weighted_f1: Scores
) -> None:
    photos = Photos()
    write_experiment(tmp_path, "openai-bart-experiment-p3-alpha3", photos.folds("o"))
    moved = _shuffled(photos.folds("m"), ("target", "prediction"))
    write_experiment(tmp_path, "bart-experiment-p3-alpha3", moved, without=["id", "text"])
    run = import_logs(tmp_path)
    assert list(run.schemes) == ["p3-sigma3", "p3-sigma3-apart-2"]
    rows = run.table("imported_rows")
    assert rows["scheme"].unique().tolist() == ["p3-sigma3"]
    named = rows[rows["id_from"] == "row"]["item_id"]
    assert named.str.startswith("p3-sigma3/fold1/").sum() == len(moved[1])
    assert named.is_unique
    # Within a fold, moving rows changes no score.
    alone = tmp_path / "alone"
    write_experiment(alone, "bart-experiment-p3-alpha3", photos.folds("m"))
    kept = weighted_f1(run)["p3-sigma3-apart-2", MINIGPT4]
    assert kept == pytest.approx(weighted_f1(import_logs(alone))["p3-sigma3", MINIGPT4])


def test_two_files_without_ids_are_paired_if_they_are_in_one_order(
    tmp_path: Path, import_logs: Import
) -> None:
    photos = Photos()
    for name in ("openai-bart-experiment-p3-alpha3", "bart-experiment-p3-alpha3"):
        write_experiment(tmp_path, name, photos.folds(name), without=["id", "text"])
    run = import_logs(tmp_path)
    assert list(run.schemes) == ["p3-sigma3"]
    assert len(run.table("items")) == photos.n


def test_an_order_that_could_be_chance_proves_nothing(tmp_path: Path, import_logs: Import) -> None:
    rows = {1: [{"id": f"i{n}", "target": "1", "prediction": "1"} for n in range(40)]}
    for name in ("openai-bart-experiment-p3-alpha3", "bart-experiment-p3-alpha3"):
        write_experiment(tmp_path, name, rows, without=["id"])
    assert len(import_logs(tmp_path).table("items")) == 80


def test_ids_that_do_not_belong_to_their_rows_do_not_spoil_the_others(
    tmp_path: Path, import_logs: Import, weighted_f1: Scores
) -> None:
    """A shuffled loader: ids as they were, targets and answers from other rows."""
    photos = Photos()
    folds = photos.folds("d")
    write_experiment(tmp_path, "deepseek-bart-experiment-p3-alpha3",
                     _shuffled(folds, ("target", "prediction")))  # fmt: skip
    write_experiment(tmp_path, "openai-bart-experiment-p3-alpha3", photos.folds("o"))
    write_experiment(tmp_path, "bart-experiment-p3-alpha3", photos.folds("m"))
    run = import_logs(tmp_path)
    assert list(run.schemes) == ["p3-sigma3", "p3-sigma3-apart-2"]
    scores = weighted_f1(run)
    assert set(scores) == {
        ("p3-sigma3", OPENAI), ("p3-sigma3", MINIGPT4),
        ("p3-sigma3-apart-2", "deepseek · described · bart · fine-tuned"),
    }  # fmt: skip
    alone = tmp_path / "alone"
    write_experiment(alone, "deepseek-bart-experiment-p3-alpha3", folds)
    # The table keeps the ids as the file has them, for whoever looks for the fault.
    assert set(run.table("imported_rows")["id_from"]) == {"file"}
    # And it keeps the score that its own targets give it.
    (score,) = weighted_f1(import_logs(alone)).values()
    kept = scores["p3-sigma3-apart-2", "deepseek · described · bart · fine-tuned"]
    assert kept == pytest.approx(score)


def test_one_fold_is_scored_alone_and_that_is_said(
    tmp_path: Path, import_logs: Import, weighted_f1: Scores
) -> None:
    photos = Photos()
    write_experiment(tmp_path, "openai-bart-experiment-p3-alpha3", photos.folds("o"))
    write_experiment(tmp_path, "bart-experiment-p3-alpha3", {2: photos.folds("m")[2]})
    run = import_logs(tmp_path)
    assert list(run.schemes) == ["p3-sigma3"]
    assert np.isfinite(weighted_f1(run)["p3-sigma3", MINIGPT4])
    assert any("1 of 5 folds" in note for note in run.manifest["notes"])
    board = leaderboard(evidence_of(run), resampling=Resampling(n_resamples=100))
    assert board.rows.set_index("system")["n"][MINIGPT4] == photos.n // 5


def test_claims_and_curves_are_kept_as_they_are_written(
    tmp_path: Path, import_logs: Import
) -> None:
    folder = write_experiment(tmp_path, "bart-experiment-p3-alpha3", Photos().folds("m"))
    (folder / "logs" / "test_logs.csv").write_text(
        "kfold,accuracy,f1_score,time\n1,0.5,0.25,100\n,0.75,oops,1\n"
    )
    (folder / "logs" / "training_logs_03.csv").write_text(
        "epoch,train_loss,val_f1_score\n1,0.9,0.4\n2,,0.5\n"
    )
    run = import_logs(tmp_path)
    claims = run.table("imported_claims")
    assert list(zip(claims["metric"], claims["value"], claims["row"], strict=True)) == [
        ("accuracy", 0.5, 2), ("accuracy", 0.75, 3), ("f1_score", 0.25, 2)
    ]  # fmt: skip
    assert claims["fold"].isna().tolist() == [False, True, False]
    curves = run.table("training_curves")
    assert curves[["fold", "epoch", "split", "metric", "value"]].to_numpy().tolist() == [
        [3, 1, "train", "loss", 0.9],
        [3, 1, "validation", "f1_score", 0.4],
        [3, 2, "validation", "f1_score", 0.5],
    ]


def test_a_broken_summary_is_told_and_stops_nothing(tmp_path: Path, import_logs: Import) -> None:
    folder = write_experiment(tmp_path, "bart-experiment-p3-alpha3", Photos().folds("m"))
    (folder / "logs" / "test_logs.csv").write_bytes(b"kfold,f1_score\n1\n")
    (folder / "logs" / "training_logs_01.csv").write_bytes(b"\x00\x01")
    run = import_logs(tmp_path)
    assert not len(run.table("imported_claims"))
    notes = " ".join(run.manifest["notes"])
    assert "logs/test_logs.csv:2" in notes
    assert "training_logs_01.csv" in notes


def test_a_broken_file_of_predictions_is_named_or_left_out(
    tmp_path: Path, import_logs: Import
) -> None:
    folder = write_experiment(tmp_path, "bart-experiment-p3-alpha3", Photos().folds("m"))
    (folder / "logs" / "test_logs_04.csv").write_text('id,target,prediction\na,"1,2\n')
    with pytest.raises(InputError) as caught:
        import_logs(tmp_path)
    assert str(caught.value.file).endswith("logs/test_logs_04.csv")
    run = import_logs(tmp_path, skip_unreadable=True)
    assert sorted(run.table("predictions")["fold"].unique()) == [1, 2, 3, 5]
    assert any("test_logs_04.csv" in note for note in run.manifest["notes"])


def test_a_class_that_is_none_counts_as_wrong_and_is_told(
    tmp_path: Path, import_logs: Import
) -> None:
    folds = Photos().folds("m")
    folds[1][0] = {**folds[1][0], "prediction": "92"}
    write_experiment(tmp_path, "bart-experiment-p3-alpha3", folds)
    run = import_logs(tmp_path)
    row = run.table("imported_rows").iloc[0]
    assert pd.isna(row["label"])
    assert row["raw_label"] == "92"
    assert any("'92'" in note for note in run.manifest["notes"])


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ((), "No experiment of the published layout"),
        (("what-is-this",), "does not say which experiment"),
        (("bart-experiment-p7-alpha3",), "does not say which experiment"),
    ],
)
def test_folders_that_are_no_experiments_are_told(
    names: tuple[str, ...], words: str, tmp_path: Path, import_logs: Import
) -> None:
    for name in names:
        write_experiment(tmp_path, name, Photos(10).folds("m"))
    with pytest.raises(InputError, match=words):
        import_logs(tmp_path)


def test_one_experiment_in_two_folders_is_refused(tmp_path: Path, import_logs: Import) -> None:
    for root in ("one", "two"):
        write_experiment(tmp_path / root, "bart-experiment-p3-alpha3", Photos().folds("m"))
    with pytest.raises(InputError, match="one experiment in two folders"):
        import_logs(tmp_path / "one", tmp_path / "two")
    # The same folder by two names is one.
    twice = import_logs(tmp_path / "one", tmp_path / "one" / "experiments-finetuning")
    assert len(twice.table("predictions")) == Photos().n


def test_the_published_folders_give_the_published_scores(
    shared_data: Path, import_logs: Import
) -> None:
    """Fold by fold to 1e-6, and the published mean."""
    run = import_logs(shared_data / "published-raw")
    claims = run.table("imported_claims")
    claims = claims[claims["metric"] == "f1_score"]
    assert len(claims) == 10
    evidence = evidence_of(run)
    for scheme in run.schemes:
        (entry,) = evidence.scored(scheme)
        assert entry.sample is not None
        board = leaderboard(evidence, resampling=Resampling(n_resamples=100))
        row = board.rows.set_index("scheme").loc[scheme]
        own = claims[claims["scheme"] == scheme]
        assert row["weighted_f1_folds"] == pytest.approx(own["value"].mean(), abs=1e-6)
    assert set(run.table("training_curves")["split"]) == {"train", "validation"}
