"""Items on which fewer annotators agree: learned from, described for it, and scored nowhere."""

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.text.corpus import Memory, described

from mllmsent import api
from mllmsent.foundation import InputError
from mllmsent.pathways.described import Described
from mllmsent.pathways.interface import ClassifierSpec, Task
from mllmsent.runs.prepare import Prepared, prepare
from mllmsent.runs.study import parse_study
from mllmsent.runs.training_rows import training_rows
from mllmsent.text.training import TrainingRows, train

CARD = """\
emotion_target: evoked
name: voted
items: {file: items.csv, id: id, text: text, group: theme, metadata: [place]}
votes:
  file: votes.csv
  item: id
  annotator: "{who}"
  scheme: polarity3
  label: label
descriptions: {file: items.csv, item: id, describer: ann, text: text}
"""
STUDY = """\
name: small
dataset: voted
schemes: [{scheme: polarity3, min_agreement: 5}]
pathways: [described]
describers: [dataset/ann]
classifiers: [vader, linear]
folds: {n: 3}
intervals: {resamples: 100}
"""
LOWER = STUDY.replace("agreement: 5", "agreement: 5, train_sigma: 3")
N = 90


@pytest.fixture
def voted(tmp_path: Path) -> Path:
    """Ninety items with five votes each: by turns all, four or three of them agree."""
    folder = tmp_path / "voted"
    folder.mkdir()
    texts, labels = described(N, seed=3)
    other = {"negative": "neutral", "neutral": "positive", "positive": "negative"}
    items: list[list[Any]] = [["id", "text", "theme", "place"]]
    votes: list[list[Any]] = [["id", "who", "label"]]
    for row, (text, label) in enumerate(zip(texts, labels, strict=True)):
        items.append([f"item{row:02}", f"{text} {row}", f"theme{row // 2}", "ab"[row // 3 % 2]])
        votes += [
            [f"item{row:02}", who, label if who < 5 - row % 3 else other[label]] for who in range(5)
        ]
    for name, rows in (("items", items), ("votes", votes)):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(rows)
    (folder / "dataset.yaml").write_text(CARD, encoding="utf-8")
    return folder


def run(folder: Path, study: str, name: str = "run") -> api.Run:
    file = folder / "study.yaml"
    file.write_text(study, encoding="utf-8")
    return api.run(file, out=folder / name)


def ready(folder: Path, study: str) -> Prepared:
    return prepare(parse_study(study), folder, folder)


def learned(prepared: Prepared) -> list[tuple[set[str], set[str]]]:
    """For each fold, the items tested in it and those that its classifier learned from."""
    made: list[Memory] = []

    def make(task: Task) -> Memory:
        made.append(Memory())
        return made[-1]

    inquiry = replace(prepared.inquiry, classifiers=(ClassifierSpec("memory", {}, make),))
    outcome = Described().predict(inquiry, [], {})
    table = prepared.dataset.descriptions
    item_of = dict(zip(table["text"], table["item_id"], strict=True))
    fitted = [each for each in made if each.seen]
    folds = sorted({row["fold"] for row in outcome.predictions})
    assert len(fitted) == len(folds)
    return [
        (
            {row["item_id"] for row in outcome.predictions if row["fold"] == fold},
            {item_of[text] for text in each.seen[0][0]},
        )
        for fold, each in zip(folds, fitted, strict=True)
    ]


def lines(rows: TrainingRows) -> list[tuple[str, str, bool]]:
    assert rows.tested is not None
    return sorted(zip(rows.ids, rows.targets, rows.tested.tolist(), strict=True))


def test_what_is_scored_is_what_it_was_and_more_is_learned_from(
    voted: Path, tmp_path: Path
) -> None:
    plain, lower = run(tmp_path, STUDY, "plain"), run(tmp_path, LOWER, "lower")
    key = ["system_id", "item_id"]
    said, then = (each.predictions.sort_values(key) for each in (plain, lower))
    assert (
        set(said["item_id"]) == set(then["item_id"]) == {f"item{row:02}" for row in range(0, N, 3)}
    )
    assert [len(plain.items), len(lower.items)] == [30, 90]
    protocols = [each.folder.manifest["protocols"]["polarity3"]["hash"] for each in (plain, lower)]
    assert protocols[0] == protocols[1]
    vader = {name: each.systems.set_index("classifier").loc["vader"] for name, each in
             (("plain", plain), ("lower", lower))}  # fmt: skip
    assert vader["plain"]["system_id"] == vader["lower"]["system_id"], "it learns nothing"
    training = lower.systems.set_index("classifier")["training"]
    assert "; also from items of min_agreement 3;" in training["linear"]
    assert training["vader"] == "none"
    boards: list[Any] = [each.leaderboard().set_index("classifier") for each in (plain, lower)]
    assert boards[0].loc["vader", "macro_f1"] == boards[1].loc["vader", "macro_f1"]
    assert boards[0].loc["linear", "system_id"] != boards[1].loc["linear", "system_id"]
    assert set(boards[1]["n"]) == {30}
    # Told in words: 60 texts more, each with the label of a clear word, teach more than 20 do.
    assert boards[1].loc["linear", "accuracy"] > boards[0].loc["linear", "accuracy"]
    assert any("60 items on which at least 3" in note for note in lower.folder.manifest["notes"])
    page = lower.report().read_text(encoding="utf-8")
    assert "answered about 30 items" in page
    assert "only learned from" in page


def test_nothing_of_a_tested_item_or_group_is_learned_from(voted: Path, tmp_path: Path) -> None:
    """Items 0 and 1 are of one theme: while 0 is tested, 1 teaches nobody."""
    theme = {f"item{row:02}": row // 2 for row in range(N)}
    folds = learned(ready(tmp_path, LOWER))
    assert set().union(*(tested for tested, _ in folds)) == {f"item{r:02}" for r in range(0, N, 3)}
    for tested, taught in folds:
        themes = {theme[item] for item in tested}
        assert taught == {item for item in theme if theme[item] not in themes}


def test_where_a_place_is_left_out_its_unclear_items_are_left_out_with_it(
    voted: Path, tmp_path: Path
) -> None:
    by_place = LOWER.replace("folds: {n: 3}", "folds: {kind: by-column, column: place}")
    prepared = ready(tmp_path, by_place)
    items = prepared.dataset.items
    place = dict(zip(items["item_id"], items["place"], strict=True))
    folds = learned(prepared)
    assert len(folds) == 2
    for tested, taught in folds:
        assert {place[item] for item in tested}.isdisjoint(place[item] for item in taught)
        assert len(taught) > 2 * len(tested) * 0.9


def test_a_limit_takes_as_large_a_share_of_what_is_learned_from(
    voted: Path, tmp_path: Path
) -> None:
    few = ready(tmp_path, LOWER + "items: {limit: 10}\n").inquiry
    more = ready(tmp_path, LOWER + "items: {limit: 20}\n").inquiry
    assert [len(few.all_items()), len(few.training_items())] == [10, 20]
    assert [len(more.all_items()), len(more.training_items())] == [20, 40]
    assert set(few.training_items()) < set(more.training_items())


def test_a_filter_holds_for_what_is_learned_from_too(voted: Path, tmp_path: Path) -> None:
    inquiry = ready(tmp_path, LOWER + "items: {where: {place: a}}\n").inquiry
    items = inquiry.dataset.items
    place = dict(zip(items["item_id"], items["place"], strict=True))
    assert {place[item] for item in inquiry.training_items()} == {"a"}


def test_models_describe_it_once_and_are_asked_nothing_else_of_it(
    voted: Path, tmp_path: Path
) -> None:
    asked = LOWER.replace("describers: [dataset/ann]\n", "models: [ollama/any]\nrepeats: 2\n")
    study = asked.replace("[described]", "[direct, described]")
    (tmp_path / "study.yaml").write_text(study, encoding="utf-8")
    plan = api.plan(tmp_path / "study.yaml")
    assert plan.items == 30
    assert plan.lines[0].requests == 30 * 2 * 2 + 60
    assert any("60 items" in note and "described too" in note for note in plan.notes)
    (tmp_path / "study.yaml").write_text(study.replace(", train_sigma: 3", ""), encoding="utf-8")
    assert api.plan(tmp_path / "study.yaml").lines[0].requests == 30 * 2 * 2
    untaught = study.replace("[vader, linear]", "[vader]")
    (tmp_path / "study.yaml").write_text(untaught, encoding="utf-8")
    untrained = api.plan(tmp_path / "study.yaml")
    assert untrained.lines[0].requests == 30 * 2 * 2, "where nobody learns nothing is paid for it"


def test_what_is_trained_of_a_run_learns_from_the_same_rows(voted: Path, tmp_path: Path) -> None:
    ran = run(tmp_path, LOWER)
    of_run = training_rows(str(ran.folder.path))
    of_dataset = training_rows(
        str(voted), scheme="polarity3", min_agreement=5, train_min_agreement=3
    )
    for rows in (of_run, of_dataset):
        assert rows.tested is not None
        assert (len(rows.texts), int(rows.tested.sum())) == (90, 30)
        assert "60 of the texts" in rows.notes[0]
    assert lines(of_run) == lines(of_dataset)
    trained = train(of_run, "linear")
    board = ran.leaderboard().set_index("classifier")
    assert trained.scores["macro_f1"].value == pytest.approx(board.loc["linear", "macro_f1"])
    assert sum(trained.counts.values()) == 90
    untaught = train(of_run, "vader").scores["accuracy"].value
    assert untaught == pytest.approx(board.loc["vader", "accuracy"]), "of the tested rows alone"
    undivided = train(replace(of_run, folds=None), "linear", n_folds=3)
    assert "3 folds" in undivided.fold_rule


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("min_agreement: 3, train_min_agreement: 3", "lower of two"),
        ("train_min_agreement: 3", "`min_agreement` is none"),
        ("sigma: 5, train_sigma: 3, train_min_agreement: 3", "two names of one thing"),
        ("sigma: 5, train_sigma: 0", "greater than or equal to 1"),
    ],
)
def test_an_agreement_that_is_not_lower_is_refused(words: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_study(STUDY.replace("min_agreement: 5", words))


def test_a_dataset_that_has_no_such_agreement_says_which_it_has(tmp_path: Path) -> None:
    folder = tmp_path / "voted"
    folder.mkdir()
    rows = "\n".join(
        f"{row},{'negative' if row % 2 else 'positive'},5,word {row}" for row in range(9)
    )
    (folder / "items.csv").write_text(f"id,label,sigma,text\n{rows}\n", encoding="utf-8")
    (folder / "dataset.yaml").write_text(
        "emotion_target: evoked\nname: voted\nitems: {file: items.csv, id: id}\n"
        'labels: {scheme: polarity3, label: label, min_agreement: "{sigma}"}\n'
        "descriptions: {file: items.csv, item: id, describer: ann, text: text}\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError, match="min_agreement 3") as caught:
        ready(tmp_path, LOWER)
    assert "for 5" in caught.value.cure


@pytest.mark.parametrize(
    ("source", "said", "message"),
    [
        ("voted", {"scheme": "polarity3", "train_min_agreement": 3}, "no lower agreement"),
        ("study.yaml", {"train_min_agreement": 3}, "A study says that itself"),
        ("rows.csv", {"scheme": "polarity3", "min_agreement": 3}, "A table has its labels"),
    ],
)
def test_training_says_where_an_agreement_means_nothing(
    voted: Path, tmp_path: Path, source: str, said: dict[str, Any], message: str
) -> None:
    (tmp_path / "study.yaml").write_text(STUDY, encoding="utf-8")
    with pytest.raises(InputError, match=message) as caught:
        training_rows(str(tmp_path / source), **said)
    assert caught.value.item is not None
    assert caught.value.item.endswith("min-agreement")
