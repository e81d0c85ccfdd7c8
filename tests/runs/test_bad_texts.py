"""Texts and labels that cannot be learned from, in studies and in training: told, and survived."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.saying import say
from tests.text.corpus import described
from tests.text.minilm import minilm

from mllmsent import api
from mllmsent.foundation import InputError

pytest.importorskip("torch")

CLASSIFIERS = {
    "linear": "{model: linear}",
    "embedding": "{model: embedding, options: {model: minilm}}",
    "fusion": "{model: fusion, options: {members: [linear, "
    "{model: embedding, options: {model: minilm}}]}}",
    "transformer": "{model: hf/tiny, name: transformer, training: fine-tuned, options: {epochs: 1}}",
}
STUDY = """\
name: odd
dataset: told
schemes: [polarity3]
pathways: [described]
describers: [dataset/ann]
folds: {kind: by-column, column: place}
intervals: {resamples: 100}
"""
CARD = """\
emotion_target: evoked
name: told
items: {file: items.csv, id: id, metadata: [place]}
labels: {scheme: polarity3, label: label}
descriptions: {file: items.csv, item: id, describer: ann, text: text}
"""
LONG = "grave ruin storm ashes " * 4500
Rows = list[list[str]]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.text.transformer.checkpoints import build  # noqa: PLC0415 - imports torch

    folder = tmp_path_factory.mktemp("models")
    build("bert", folder / "tiny")
    (folder / "minilm").symlink_to(minilm())
    return folder


@pytest.fixture
def tell(tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Write a dataset of thirty described items, edited, and a study of it by some classifiers."""
    monkeypatch.setenv("MLLMSENT_CACHE", str(tmp_path / "cache"))

    def write(edit: Callable[[Rows], None], *names: str) -> Path:
        texts, labels = described(30, seed=4)
        rows = [
            [f"i{row:02}", label, f"{text} {row}", "ab"[row % 2]]
            for row, (text, label) in enumerate(zip(texts, labels, strict=True))
        ]
        edit(rows)
        folder = tmp_path / "told"
        folder.mkdir()
        with (folder / "items.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([["id", "label", "text", "place"], *rows])
        (folder / "dataset.yaml").write_text(CARD, encoding="utf-8")
        for name in ("tiny", "minilm"):
            (tmp_path / name).symlink_to(models / name)
        chosen = ", ".join(CLASSIFIERS[name] for name in names)
        file = tmp_path / "study.yaml"
        file.write_text(f"{STUDY}classifiers: [{chosen}]\n", encoding="utf-8")
        return file

    return write


def odd(rows: Rows) -> None:
    """One text is empty, and one has a hundred thousand characters."""
    rows[4][2], rows[6][2] = " ", LONG
    rows[6][1] = "negative"


def one_class(rows: Rows) -> None:
    for row in rows:
        row[1] = "positive"


def one_class_here(rows: Rows) -> None:
    """Who learns from place a has nothing to tell apart."""
    for row in rows[::2]:
        row[1] = "positive"


def no_neutral_here(rows: Rows) -> None:
    for row in rows[::2]:
        row[1] = "positive" if row[1] == "neutral" else row[1]


def by_classifier(run: api.Run) -> dict[str, Any]:
    names = dict(zip(run.systems["system_id"], run.systems["classifier"], strict=True))
    return {names[str(key)]: rows for key, rows in run.predictions.groupby("system_id")}


def test_an_empty_text_decides_nothing_and_a_hundred_thousand_characters_are_read(
    tell: Callable[..., Path], tmp_path: Path
) -> None:
    assert len(LONG) > 100_000
    run = api.run(tell(odd, *CLASSIFIERS), out=tmp_path / "run")
    read = by_classifier(run)
    assert len(read) == len(CLASSIFIERS)
    for name, rows in read.items():
        by_item = rows.set_index("item_id")
        assert by_item.loc["i04", "status"] == "unparsed", name
        assert set(by_item["status"].drop("i04")) == {"ok"}, name
    cut = [note for note in run.folder.manifest["notes"] if "longer than the classifier" in note]
    assert len(cut) == 3, "linear reads all of it, the others tell that they do not"


def test_a_fold_without_a_class_is_told_and_read_as_the_others(
    tell: Callable[..., Path], tmp_path: Path
) -> None:
    run = api.run(tell(no_neutral_here, *CLASSIFIERS), out=tmp_path / "run")
    notes = run.folder.manifest["notes"]
    assert any("Fold 1 has no item with 'neutral'" in note for note in notes)
    assert sum("no text to learn neutral from" in note for note in notes) == len(CLASSIFIERS)
    for name, rows in by_classifier(run).items():
        assert "neutral" not in set(rows["label"][rows["fold"] == 2]), name


def test_one_class_in_what_is_learned_costs_nobody_else_a_reading(
    tell: Callable[..., Path], tmp_path: Path
) -> None:
    run = api.run(tell(one_class_here, *CLASSIFIERS), out=tmp_path / "run")
    notes = run.folder.manifest["notes"]
    assert "transformer" not in by_classifier(run)
    (told,) = [note for note in notes if note.startswith("transformer was not trained")]
    assert "All 15 training texts are 'positive'" in told
    assert "folds in which both occur" in told
    assert sum("no text to learn negative, neutral from" in note for note in notes) == 3


def test_one_class_in_all_is_told_of_the_scores(tell: Callable[..., Path], tmp_path: Path) -> None:
    run = api.run(tell(one_class, "linear"), out=tmp_path / "run")
    assert any("every item is 'positive'" in note for note in run.folder.manifest["notes"])


def test_a_wrong_labels_file_is_named_with_its_line_before_anything_is_asked(
    tell: Callable[..., Path], tmp_path: Path
) -> None:
    def misspelled(rows: Rows) -> None:
        rows[3][1] = "positiv"

    with pytest.raises(InputError, match=r"items\.csv:5: .*'positiv'") as caught:
        api.run(tell(misspelled, "linear"), out=tmp_path / "run")
    assert "'positive'" in str(caught.value)
    labels = tmp_path / "told" / "items.csv"
    labels.write_text("id,mood,text,place\na,positive,x,a\n", encoding="utf-8")
    with pytest.raises(InputError, match="'label'"):
        api.run(tmp_path / "study.yaml", out=tmp_path / "run")


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_training_leaves_empty_texts_out_and_what_it_saves_reads_any_length(
    tell: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    tell(odd, name)
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "told" / "items.csv").open(encoding="utf-8", newline="") as stream:
        rows = [[row["id"], row["label"], row["text"]] for row in csv.DictReader(stream)]
    with Path("rows.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["id", "label", "text"], *rows])
    options = {
        "linear": (),
        "embedding": ("--option", "model=minilm"),
        "fusion": ("--option", "members=[linear, {model: embedding, options: {model: minilm}}]"),
        "transformer": ("--option", "training=fine-tuned", "--option", "epochs=1"),
    }[name]
    said = say(
        capsys, "train", "rows.csv", "--scheme", "polarity3", "--out", "reader", "--folds", "2",
        "--classifier", "hf/tiny" if name == "transformer" else name, *options,
    )  # fmt: skip
    assert said.code == 0, said.err
    assert "1 texts are empty, and were left out" in " ".join(said.out.split())
    (tmp_path / "new.txt").write_text(f"{LONG}\n\n", encoding="utf-8")
    said = say(capsys, "predict", "reader", "new.txt", "--json")
    assert said.code == 0, said.err
    long, blank = json.loads(said.out)
    assert (long["status"], blank["status"], blank.get("label")) == ("ok", "unparsed", None)
    if name == "linear":
        assert long["label"] == "negative"
