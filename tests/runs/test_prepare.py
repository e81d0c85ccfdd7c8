"""A study is made ready as it was meant, or refused before anything is paid for."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.runs.conftest import draw

from mllmsent import api
from mllmsent.foundation import InputError
from mllmsent.loopback import ConstantAnswerer, serve
from mllmsent.pathways import get_pathway
from mllmsent.pathways.interface import Question
from mllmsent.runs.prepare import Prepared, prepare
from mllmsent.runs.study import parse_study

BASE = """\
name: small
dataset: photos
schemes: [polarity3]
models: [{model: vllm/m, options: {base_url: "http://127.0.0.1:9/v1"}}]
"""


def ready(tmp_path: Path, text: str, **items: Any) -> Prepared:
    study = parse_study(text)
    if items:
        study = study.model_copy(update={"items": study.items.model_copy(update=items)})
    return prepare(study, tmp_path, tmp_path)


def planned(prepared: Prepared, pathway: str = "direct") -> list[Question]:
    return list(get_pathway(pathway).plan(prepared.inquiry))


@pytest.mark.parametrize("kind", ["published", "stratified"])
def test_a_limit_leaves_items_in_the_folds_that_they_have_without_it(
    photos: Path, tmp_path: Path, kind: str
) -> None:
    text = BASE + f"folds: {{kind: {kind}, n: 3}}\n"
    whole = ready(tmp_path, text).inquiry.tasks[0]
    part = ready(tmp_path, text, limit=7).inquiry.tasks[0]
    assert len(part.items) == 7
    assert {item: part.folds[item] for item in part.items} == {
        item: whole.folds[item] for item in part.items
    }


def test_published_folds_are_those_of_all_rows_whatever_is_filtered(
    photos: Path, tmp_path: Path
) -> None:
    text = BASE + "folds: {kind: published, n: 3}\n"
    whole = ready(tmp_path, text).inquiry.tasks[0]
    ids = tuple(whole.items[::2])
    part = ready(tmp_path, text, ids=ids).inquiry.tasks[0]
    assert part.items == ids
    assert all(part.folds[item] == whole.folds[item] for item in ids)


def test_a_trial_with_few_items_asks_what_the_whole_study_asks(
    photos: Path, tmp_path: Path
) -> None:
    """Solved examples come from the whole study, so answers of a trial are not asked for again."""
    text = BASE + "strategies: [few-shot]\nfolds: {n: 3}\n"
    whole = {question.key for question in planned(ready(tmp_path, text))}
    trial = {question.key for question in planned(ready(tmp_path, text, limit=5))}
    assert len(trial) == 5
    assert trial < whole


def test_classifiers_that_learn_need_two_folds_also_of_a_trial(
    photos: Path, tmp_path: Path
) -> None:
    text = BASE + "pathways: [described]\n"
    with pytest.raises(InputError, match="nothing is left to learn from"):
        ready(tmp_path, text, limit=1)
    assert ready(tmp_path, text + "classifiers: [vader]\n", limit=1).inquiry.tasks[0].items


def test_other_examples_make_another_system(photos: Path, tmp_path: Path) -> None:
    def system(extra: str) -> str:
        prepared = ready(tmp_path, BASE + "strategies: [few-shot]\n" + extra)
        outcome = get_pathway("direct").predict(prepared.inquiry, planned(prepared), {})
        (found,) = {each.system_id for each in outcome.systems}
        return found

    assert system("seed: 1\n") == system("seed: 1\n")
    assert system("seed: 1\n") != system("seed: 2\n")
    assert system("seed: 1\n") != system("seed: 1\nfolds: {n: 3}\n")


def test_what_a_study_calls_a_model_or_classifier_makes_no_other_system(
    photos: Path, tmp_path: Path
) -> None:
    def systems(text: str) -> list[str]:
        prepared = ready(tmp_path, text)
        return [
            each.system_id
            for pathway in prepared.study.pathways
            for each in get_pathway(pathway)
            .predict(prepared.inquiry, planned(prepared, pathway), {})
            .systems
        ]

    text = BASE + "pathways: [direct, described]\nclassifiers: [{model: vader, name: lexicon}]\n"
    plain = BASE + "pathways: [direct, described]\nclassifiers: [vader]\n"
    named = text.replace("{model: vllm/m,", "{model: vllm/m, name: our model,")
    assert systems(named) == systems(plain)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "models: [",
            'models: [{model: vllm/m, name: b, options: {base_url: "http://127.0.0.1:9/v1"}}, ',
            "'b' and 'vllm/m' are one model",
        ),
        (
            "name: small",
            "name: small\npathways: [described]\nclassifiers: [linear, {model: linear, name: b}]",
            "'linear' and 'b' are one classifier",
        ),
        ("name: small", "name: small\nconditions: [blur, 'blur:sigma=8']", "are one condition"),
        ("name: small", "name: small\nstrategies: [zero-shot, mine.yaml]", "called 'zero-shot'"),
        ("[polarity3]", "[{scheme: polarity3, metric: macro-f1}]", "'macro_f1'"),
        ("[polarity3]", "[{scheme: polarity3, metric: ccc}]", "does not fit scheme 'polarity3'"),
        ("[polarity3]", "[polarity3, {scheme: polarity3}]", "in scheme 'polarity3' twice"),
    ],
)
def test_equal_things_under_two_names_and_what_does_not_fit_are_refused(
    photos: Path, tmp_path: Path, old: str, new: str, said: str
) -> None:
    (tmp_path / "mine.yaml").write_text(
        "name: zero-shot\nversion: '1'\ntitle: Mine\npathway: direct\n"
        "messages: [{role: user, image: first, text: What is it?}]\n"
    )
    with pytest.raises(InputError, match=said):
        ready(tmp_path, BASE.replace(old, new, 1))


def test_some_classifier_has_to_read_in_each_scheme(photos: Path, tmp_path: Path) -> None:
    text = BASE.replace("dataset: photos", "dataset: photos/neutral").replace(
        "[polarity3]", "[polarity3, mikels]"
    )
    with pytest.raises(InputError, match="No classifier of the study reads in mikels"):
        ready(tmp_path, text + "pathways: [described]\nclassifiers: [vader]\n")


def test_what_reads_measures_is_refused_where_nobody_gives_any(
    photos: Path, tmp_path: Path
) -> None:
    reads = "pathways: [described]\nclassifiers: [measures]\n"
    with pytest.raises(InputError, match="'measures' reads the measures") as caught:
        ready(tmp_path, BASE + reads)
    assert "Add classical/table" in str(caught.value.cure)
    given = BASE.replace("models: [", "models: [{model: classical/table, name: numbers}, ")
    assert ready(tmp_path, given + reads).inquiry.classifiers[0].name == "measures"


def test_one_model_asked_in_two_ways_is_two_systems(photos: Path, tmp_path: Path) -> None:
    url = '"http://127.0.0.1:9/v1"'
    text = BASE.replace(
        "models: [",
        f"models: [{{model: vllm/m, name: hot, settings: {{temperature: 1}}, "
        f"options: {{base_url: {url}}}}}, ",
    )
    prepared = ready(tmp_path, text)
    outcome = get_pathway("direct").predict(prepared.inquiry, planned(prepared), {})
    assert len({system.system_id for system in outcome.systems}) == 2
    assert len({question.key for question in planned(prepared)}) == 36


def test_a_sample_dataset_stays_one_where_a_folder_is_called_like_it(tmp_path: Path) -> None:
    draw(tmp_path / "dioramas", 2)
    text = BASE.replace("photos", "{source: dioramas, options: {n: 12, size: 48}}").replace(
        "[polarity3]", "[polarity5]"
    )
    prepared = ready(tmp_path, text)
    assert prepared.dataset.synthetic
    assert prepared.resolved(tmp_path / "runs" / "a").dataset.source == "dioramas"


def test_recorded_answers_are_found_from_the_study_and_from_the_run_folder(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [f"{label}/{n:03}.png" for label in ("negative", "neutral") for n in range(6)]
    rows = "\n".join(f"{item},{item.split('/')[0]}" for item in items)
    (tmp_path / "answers.csv").write_text(f"item_id,text\n{rows}\n")
    study = tmp_path / "study.yaml"
    study.write_text(BASE.splitlines()[0] + "\ndataset: photos\nschemes: [polarity3]\n"
                     "models: [replay/answers.csv]\nitems: {ids: [negative/001.png]}\n")  # fmt: skip
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    first = api.run(study, out=tmp_path / "runs" / "a")
    assert first.predictions["label"].tolist() == ["negative"]
    again = api.run(tmp_path / "runs" / "a")
    assert again.predictions["system_id"].tolist() == first.predictions["system_id"].tolist()
    assert again.systems["model"].tolist() == ["replay/answers.csv"]


def texts(tmp_path: Path, rows: str) -> None:
    (tmp_path / "photos").mkdir(exist_ok=True)
    (tmp_path / "photos" / "dataset.yaml").write_text(
        "name: mixed\ntitle: t\nemotion_target: evoked\n"
        'items: {file: items.csv, id: id, text: text, image: "{image}"}\n'
    )
    (tmp_path / "photos" / "items.csv").write_text("id,image,text\n" + rows)


def test_texts_are_not_asked_about_again_under_a_change_of_images(
    tmp_path: Path, write_study: Callable[..., Path]
) -> None:
    """Their answers would be those of the unchanged question, and look like robustness."""
    draw(tmp_path / "photos", 1)
    texts(tmp_path, "a,positive/000.png,\nb,negative/000.png,\nc,,A sad song\nd,,\n")
    with serve(ConstantAnswerer("positive")) as server:
        run = api.run(write_study(server.url, "conditions: [none, grey]\n"), out=tmp_path / "run")
        assert len(server.log) == 5
    asked = set(zip(run.predictions["condition"], run.predictions["item_id"], strict=True))
    assert asked == {("none", "a"), ("none", "b"), ("none", "c"), ("grey", "a"), ("grey", "b")}
    said = " ".join(run.warnings())
    assert "1 items have neither image nor text" in said
    assert "2 items have no image and are not asked about under condition grey" in said


def test_changes_of_images_need_images(tmp_path: Path) -> None:
    texts(tmp_path, "c,,A sad song\n")
    with pytest.raises(InputError, match="'grey' changes images, and no item has one"):
        ready(tmp_path, BASE + "conditions: [none, grey]\n")
    texts(tmp_path, "c,,\n")
    with pytest.raises(InputError, match="No item has an image or a text"):
        ready(tmp_path, BASE)


def test_a_study_takes_the_sample_balanced(tmp_path: Path) -> None:
    def text(balanced: str) -> str:
        dataset = f"{{source: dioramas, options: {{n: 12, size: 48, balanced: {balanced}}}}}"
        scheme = "[{scheme: polarity3, source: polarity5, fold: polarity5-to-polarity3, sigma: 3}]"
        return BASE.replace("photos", dataset).replace("[polarity3]", scheme)

    (task,) = ready(tmp_path, text("polarity3")).inquiry.tasks
    assert sorted(task.labels().values()) == ["negative"] * 4 + ["neutral"] * 4 + ["positive"] * 4
    assert (tmp_path / "dioramas-12-7-48-balanced-polarity3-v1" / "dataset.yaml").exists()
    for wrong, said in (("polarty3", "'polarity3'"), ("[a]", "name of a scheme")):
        with pytest.raises(InputError) as caught:
            ready(tmp_path, text(wrong))
        assert said in str(caught.value)
