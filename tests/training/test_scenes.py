from mllmsent.dioramas import FACTORS
from training.scenes import is_unseen_combination, training_item


def test_an_item_depends_on_its_seed_and_number_alone() -> None:
    assert training_item(3, 17) == training_item(3, 17)
    assert training_item(3, 17) != training_item(4, 17)


def test_no_trained_scene_has_a_combination_that_is_held_out() -> None:
    scenes = [training_item(1, index).scene for index in range(400)]
    assert not any(is_unseen_combination(scene) for scene in scenes if scene)


def test_each_weather_and_setting_is_met_though_some_combinations_are_not() -> None:
    scenes = [scene for index in range(400) if (scene := training_item(1, index).scene)]
    assert {scene.weather for scene in scenes} == set(FACTORS["weather"])
    assert {scene.setting for scene in scenes} == set(FACTORS["setting"])


def test_a_planted_blind_spot_is_never_met() -> None:
    scenes = [training_item(2, index, {"weather": ("rain",)}).scene for index in range(300)]
    assert "rain" not in {scene.weather for scene in scenes if scene}


def test_a_few_pictures_have_nothing_to_be_made_out() -> None:
    empty = sum(training_item(1, index).scene is None for index in range(500))
    assert 10 < empty < 60
