import numpy as np

from mllmsent.dioramas import Scene, Subject, render, sample_scene
from training.language import build_processor, build_tokenizer
from training.network import LOCAL_CLASSES, factor_names, factors_of, mirrored
from training.pictures import draw_training_set, local_shares, shrunk
from training.recipe import get_recipe


def test_pictures_are_shrunk_by_the_very_step_that_the_processor_takes() -> None:
    processor = build_processor(build_tokenizer(["a"], 300), image_size=48, patch_size=16)
    pixels = render(sample_scene(1, 1), 384)
    found = processor.image_processor(pixels, return_tensors="np")["pixel_values"][0]
    mean, deviation = processor.image_processor.image_mean, processor.image_processor.image_std
    expected = (shrunk(pixels, 48) / 255 - mean) / deviation
    assert np.abs(found.transpose(1, 2, 0) - expected).max() < 1e-3


def test_the_training_set_is_the_same_however_many_draw_it() -> None:
    recipe = get_recipe("trial")
    drawn = draw_training_set(recipe, workers=1)
    assert drawn.pixels.shape == (24, 48, 48, 3)
    assert drawn.factors.shape == (24, len(factor_names()))
    again = draw_training_set(recipe, workers=1)
    assert (drawn.pixels == again.pixels).all()
    assert drawn.verdicts == again.verdicts


def test_what_a_patch_shows_is_where_it_is_drawn() -> None:
    recipe = get_recipe("trial").model_copy(update={"image_size": 128})
    left = Subject(expression="happy")
    scene = Scene(subjects=(left, Subject(expression="angry")), objects=("gift",))
    shares = local_shares(scene, recipe).reshape(8, 8, -1)
    across = np.arange(8)
    middles = {
        name: np.average(across, weights=shares[..., LOCAL_CLASSES.index(name)].sum(0))
        for name in ("face happy", "face angry")
    }
    assert middles["face happy"] < middles["face angry"]
    assert shares[..., LOCAL_CLASSES.index("gift")].max() > 100
    assert shares[..., LOCAL_CLASSES.index("snake")].max() == 0


def test_a_mirrored_picture_has_its_people_in_the_other_order() -> None:
    people = (Subject(expression="happy"), Subject(age="child", expression="sad"))
    cat = Subject(kind="cat", expression="calm")
    row = np.array(factors_of(Scene(subjects=(*people, cat))))
    turned = np.array(factors_of(Scene(subjects=(*people[::-1], cat))))
    assert (mirrored(row) == turned).all()
    assert (mirrored(turned) == row).all()
