"""The two checkpoints that come with the package."""

import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from mllmsent.affect import get_scheme, read_answer
from mllmsent.dioramas import render
from mllmsent.pathways.scene import FIELDS
from mllmsent.prompts import get_strategy
from training.blanks import BLANK_KINDS, blank_picture
from training.evaluate import balanced_items, majority
from training.examine import Examinee
from training.packing import Packer
from training.questions import RATING, ask, wordings

BUILTIN = Path(str(files("mllmsent.models") / "builtin"))
NAMES = ("diorama-small", "diorama-tiny")
LABELED = ("zero-shot", "definitions", "structured", "role", "published-direct", "scene")


@pytest.fixture(scope="module", params=NAMES)
def folder(request: pytest.FixtureRequest) -> Path:
    return BUILTIN / str(request.param)


@pytest.fixture(scope="module")
def examinee(folder: Path) -> Examinee:
    return Examinee.load(folder)


@pytest.fixture(scope="module")
def pictures() -> list[NDArray[np.uint8]]:
    return [render(diorama.scene, 192) for diorama in balanced_items(12, lambda _one: True)]


def test_it_is_small_enough_to_come_with_the_package(folder: Path) -> None:
    assert sum(path.stat().st_size for path in folder.iterdir()) < 8_000_000


def test_its_card_says_under_which_license_and_what_it_is_not(folder: Path) -> None:
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "license: mit" in card
    assert "It knows nothing but drawn scenes" in card


def test_its_log_tells_that_every_step_of_its_recipe_was_taken(folder: Path) -> None:
    lines = [json.loads(line) for line in (folder / "training.jsonl").read_text().splitlines()]
    recipe = lines[0]["recipe"]
    last = {line["stage"]: line.get("step") for line in lines}
    assert last["vision"] == recipe["vision_steps"]
    assert last["answers"] == recipe["steps"]
    assert last["wordings"] == recipe["wording_steps"]
    assert recipe["title"] == folder.name


def test_the_smaller_one_was_never_shown_rain_nor_storms_in_which_it_falls() -> None:
    log = (BUILTIN / "diorama-tiny" / "training.jsonl").read_text().splitlines()
    assert json.loads(log[0])["recipe"]["never"] == {"weather": ["rain", "storm"]}


@pytest.mark.parametrize("strategy", [*LABELED, "describe", "published-describe"])
def test_the_template_gives_the_very_tokens_of_training(
    examinee: Examinee, pictures: list[NDArray[np.uint8]], strategy: str
) -> None:
    scheme = None if "describe" in strategy else get_scheme("polarity5")
    packer = Packer(examinee.processor.tokenizer, examinee.model.config.image_seq_length)
    before, after = packer.prompt(ask(get_strategy(strategy), scheme))
    ids = examinee.inputs(get_strategy(strategy), scheme, pictures[:1])["input_ids"][0]
    assert ids.tolist() == [*before, *after]


@pytest.mark.parametrize("strategy", ["zero-shot", "structured", "role"])
@pytest.mark.parametrize("scheme", ["polarity3", "mikels", RATING])
def test_its_answers_are_in_the_form_asked_for(
    examinee: Examinee, pictures: list[NDArray[np.uint8]], strategy: str, scheme: str
) -> None:
    answers = examinee.answers(get_strategy(strategy), get_scheme(scheme), pictures[:4], longest=30)
    assert [read_answer(text, get_scheme(scheme)).status for text in answers] == ["ok"] * 4
    assert all(text.startswith("{") is (strategy == "structured") for text in answers)


def test_it_reads_a_scene_as_json(examinee: Examinee, pictures: list[NDArray[np.uint8]]) -> None:
    (answer,) = examinee.answers(
        get_strategy("scene"), get_scheme("polarity3"), pictures[:1], longest=420
    )
    assert set(json.loads(answer)) == FIELDS | {"verdict"}


def test_it_answers_wordings_that_it_was_never_trained_on(
    examinee: Examinee, pictures: list[NDArray[np.uint8]]
) -> None:
    for strategy in wordings("direct", held_out=True):
        answers = examinee.answers(strategy, get_scheme("polarity3"), pictures[:4])
        found = [read_answer(text, get_scheme("polarity3")).status for text in answers]
        assert found == ["ok"] * 4, strategy.messages[0].text


def test_it_is_less_sure_of_pictures_of_nothing(
    examinee: Examinee, pictures: list[NDArray[np.uint8]]
) -> None:
    blanks = [blank_picture(kind, 12, 192) for kind in BLANK_KINDS]
    seen = examinee.polarities(get_strategy("zero-shot"), pictures).amax(1)
    unseen = examinee.polarities(get_strategy("zero-shot"), blanks).amax(1)
    assert float(unseen.mean()) < float(seen.mean())


def test_the_larger_one_is_right_more_often_than_chance_would_be() -> None:
    examinee = Examinee.load(BUILTIN / "diorama-small")
    items = balanced_items(30, lambda _one: True)
    shares = examinee.polarities(
        get_strategy("zero-shot"), [render(item.scene, 192) for item in items]
    )
    assert torch.isfinite(shares).all()
    labels = get_scheme("polarity3").label_names
    right = [
        labels[place] == majority(item, "polarity3")
        for place, item in zip(shares.argmax(1).tolist(), items, strict=True)
    ]
    assert sum(right) >= 21
