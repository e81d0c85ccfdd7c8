"""The baseline that is no model describes what can be measured, and is asked nothing else."""

import asyncio
import json
from pathlib import Path

import pytest
from tests.runs.conftest import draw

from mllmsent import api
from mllmsent.data import load_dataset
from mllmsent.features import feature_names
from mllmsent.foundation import InputError
from mllmsent.models import get_model
from mllmsent.models.classical import in_words
from mllmsent.models.interface import Model, Request
from mllmsent.prompts import get_strategy, render

STUDY = """\
name: baseline
dataset: photos
schemes: [polarity3]
models: [classical/words, simulated/keen]
pathways: [direct, described]
classifiers: [linear]
folds: {n: 3}
intervals: {resamples: 100}
"""


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return draw(tmp_path / "photos", 6)


def asked(photos: Path) -> Request:
    dataset = load_dataset(photos)
    image = dataset.image(str(dataset.items["item_id"].iloc[0]))
    assert image is not None
    return Request(render(get_strategy("describe"), None, image, emotion_target="evoked"))


def test_a_table_holds_every_measure_and_words_say_the_same(photos: Path) -> None:
    table, words = get_model("classical/table"), get_model("classical/words")
    assert isinstance(table, Model)
    (numbers,) = asyncio.run(table.answer([asked(photos)]))
    (said,) = asyncio.run(words.answer([asked(photos)]))
    measured = json.loads(numbers.text)
    assert tuple(measured) == feature_names()
    assert said.text == in_words(measured)
    assert "blue above all" in said.text
    assert "Nobody looks at the viewer." in said.text
    assert table.identity != words.identity


def test_it_describes_and_is_asked_nothing_else(photos: Path, tmp_path: Path) -> None:
    """Dark blue, gray and yellow squares: what is measured tells them apart."""
    file = tmp_path / "study.yaml"
    file.write_text(STUDY, encoding="utf-8")
    run = api.run(file, out=tmp_path / "run")
    assert run.complete
    asked = run.responses.groupby("model")["stage"].agg(
        lambda stages: "|".join(sorted(set(stages)))
    )
    assert asked["classical/words"] == "description"
    assert asked["simulated/keen"] == "description|direct"
    board = run.leaderboard().set_index("system")
    own = board.loc["classical/words · described · describe · linear"]
    assert own["accuracy"] == 1
    notes = run.systems.set_index("model")["note"]
    assert notes["classical/words"] == "baseline"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pathways: [direct, described]": "pathways: [direct]"}, "answers no question"),
        ({", simulated/keen": ""}, "Nobody answers in the direct pathway"),
    ],
)
def test_a_study_in_which_nobody_would_be_asked_is_refused(
    photos: Path, tmp_path: Path, changes: dict[str, str], message: str
) -> None:
    text = STUDY
    for old, new in changes.items():
        text = text.replace(old, new)
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        api.plan(tmp_path / "study.yaml")


def test_a_wrong_form_or_option_is_told() -> None:
    with pytest.raises(InputError, match="No classical model is called 'word'") as caught:
        get_model("classical/word")
    assert "words" in str(caught.value.cure)
    with pytest.raises(InputError, match="takes no option 'size'"):
        get_model("classical/table", size=3)


def test_without_an_image_there_is_nothing_to_describe() -> None:
    request = Request(render(get_strategy("describe"), None, "only words", emotion_target="evoked"))
    (response,) = asyncio.run(get_model("classical/words").answer([request]))
    assert (response.status, response.error) == ("failed", "there is no image")
