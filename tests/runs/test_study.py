"""A study file says what it means, or is answered with the line, the key and the cure."""

from pathlib import Path

import pytest

from mllmsent.foundation import InputError
from mllmsent.foundation.config import parse_document, read_config
from mllmsent.runs.folder import study_yaml
from mllmsent.runs.starter import starter_study
from mllmsent.runs.study import Study, parse_study

GOOD = """\
name: mine
dataset: bass
schemes: [polarity3]
models: [openai/gpt-4o]
"""


def test_four_lines_are_a_study() -> None:
    study = parse_study(GOOD)
    assert study.dataset.source == "bass"
    assert study.schemes[0].scheme == "polarity3"
    assert study.models[0].shown == "openai/gpt-4o"
    assert study.pathways == ("direct",)


def test_short_and_long_forms_mean_the_same() -> None:
    long = parse_study(
        GOOD.replace("bass", "{source: bass}")
        .replace("[polarity3]", "[{scheme: polarity3}]")
        .replace("[openai/gpt-4o]", "[{model: openai/gpt-4o}]")
    )
    assert long == parse_study(GOOD)


def test_sigma_is_the_papers_word_for_min_agreement() -> None:
    study = parse_study(GOOD.replace("[polarity3]", "[{problem: P3, sigma: 4}]"))
    assert study.schemes[0].min_agreement == 4


def test_a_study_written_out_reads_back_the_same() -> None:
    study = parse_study(GOOD + "items: {limit: 5, where: {theme: Dog}}\nconditions: [none, grey]\n")
    assert parse_study(study_yaml(study)) == study


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("schemes:", "shemes:", [":3", "'schemes'"]),
        ("name: mine", "name: my study!", [":1", "name"]),
        ("name: mine", "name: ../evil", [":1", "name"]),
        ("[openai/gpt-4o]", "[gpt-4o]", [":4", "models.0", "provider/name"]),
        ("[openai/gpt-4o]", "[]", ["nobody to ask"]),
        ("[openai/gpt-4o]", "[openai/gpt-4o, openai/gpt-4o]", ["give one of them a `name`"]),
        ("[polarity3]", "[]", [":3", "schemes"]),
        ("[polarity3]", "[{min_agreement: 3}]", [":3", "`problem`"]),
        ("[polarity3]", "[{scheme: polarity3, sigma: 3, min_agreement: 3}]", ["two names"]),
        ("[polarity3]", "[{scheme: polarity3, min_agreement: 0}]", [":3", "min_agreement"]),
        ("[openai/gpt-4o]", "[{model: a/b, setings: {}}]", [":4", "'settings'"]),
        ("name: mine", "name: mine\npathways: [directt]", [":2", "'direct'"]),
        ("name: mine", "name: mine\npathways: [direct, direct]", ["a value twice"]),
        ("name: mine", "name: mine\nrepeats: none", [":2", "repeats"]),
        ("name: mine", "name: mine\nsettings: {temperature: 3}", [":2", "settings.temperature"]),
        ("name: mine", "name: mine\nfolds: {kind: publishd}", [":2", "'published'"]),
        ("name: mine", "name: mine\nfolds: {n: 1}", [":2", "folds.n"]),
        ("name: mine", "name: mine\nintervals: {level: 95}", [":2", "intervals.level"]),
        ("name: mine", "name: mine\ndescribers: [gtp]", ["'gtp'", "dataset/NAME"]),
        ("name: mine", "name: mine\nstrategies: []", ["`strategies` is empty"]),
        ("name: mine", "name: mine\npathways: [described]\nclassifiers: []", ["`classifiers`"]),
    ],
)
def test_a_fault_is_named_with_its_line_and_its_cure(old: str, new: str, parts: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        read_config(Study, parse_document(GOOD.replace(old, new), file="study.yaml"))
    for part in ["study.yaml", *parts]:
        assert part in str(caught.value)


def test_descriptions_of_a_dataset_need_no_model() -> None:
    study = parse_study(
        "name: a\ndataset: b\nschemes: [polarity3]\npathways: [described]\n"
        "describers: [dataset/gpt-4o-mini]\n"
    )
    assert study.models == ()
    with pytest.raises(InputError, match="Nobody describes"):
        parse_study("name: a\ndataset: b\nschemes: [polarity3]\npathways: [described]\n")


@pytest.mark.parametrize("folder", ["my-study/images", "photos with spaces", "写真", 'a"b', "a: b"])
def test_the_starter_study_is_a_study_whatever_the_folder_is_called(folder: str) -> None:
    study = parse_study(starter_study("my-study", Path(folder)))
    assert study.dataset.source == folder


def test_a_name_that_cannot_be_a_folder_is_refused() -> None:
    with pytest.raises(InputError, match="cannot be the name of a study"):
        starter_study("my study?", Path("images"))
