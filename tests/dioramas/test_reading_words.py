"""A simulated model that is given a description goes by its words, and by nothing else."""

import pytest
from tests.analysis.describers import some_scenes

from mllmsent.dioramas import DioramaAnswerer, describe
from mllmsent.dioramas.causes import feeling
from mllmsent.dioramas.simulated.reading import scene_in_words

QUESTION = "Judge it.\nAnswer with one label and nothing else."
LABELS = "Choose from these labels: negative, neutral, positive."


def test_the_scene_is_found_again_in_its_description() -> None:
    scenes = list(some_scenes(200).values())
    found = [scene_in_words(describe(scene, seed)) for seed, scene in enumerate(scenes)]
    for factor in ("setting", "weather", "time", "light", "palette", "objects"):
        same = sum(
            read is not None and getattr(read, factor) == getattr(scene, factor)
            for read, scene in zip(found, scenes, strict=True)
        )
        assert same >= 190, factor
    faces = sum(
        read is not None
        and {s.expression for s in read.subjects} == {s.expression for s in scene.subjects}
        for read, scene in zip(found, scenes, strict=True)
    )
    assert faces >= 160


def test_what_it_answers_follows_from_what_is_felt() -> None:
    """Read from descriptions, the verdict of most scenes is that of the scenes themselves."""
    answerer = DioramaAnswerer(None)
    scenes = list(some_scenes(200).values())
    right = 0
    for scene in scenes:
        text = "\n\n".join([LABELS, describe(scene), QUESTION])
        said = answerer.answer([], text, None, "keen", 0).lower()
        right += feeling(scene).polarity.removeprefix("slightly ") in said
    assert right >= 110, "a third by chance"


def test_examples_before_it_are_not_read_for_it() -> None:
    answerer = DioramaAnswerer(None)
    told = "A crying child stands in a ruin at night, in the rain."
    example = ["A happy family in a sunny meadow with balloons.", QUESTION, "positive"]
    for before in ([], example):
        text = "\n\n".join([LABELS, *before, told, QUESTION])
        assert "negative" in answerer.answer([], text, None, "keen", 0).lower()


@pytest.mark.parametrize("text", ["", "Nothing of this is known.", "\ud800"])
def test_a_text_that_names_nothing_is_no_scene(text: str) -> None:
    assert scene_in_words(text) is None
