"""Conditions: read from words, the same everywhere, and each changing one thing."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.data.image_samples import corners, encode, grain, pixel, save

from mllmsent.data.conditions import (
    CONDITIONS,
    Condition,
    apply_condition,
    condition_names,
    get_condition,
    parse_condition,
    plain_condition,
)
from mllmsent.data.images import ImageRef
from mllmsent.foundation import InputError

if TYPE_CHECKING:
    from pathlib import Path

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
CHANGING = [
    name
    for name in condition_names()
    if get_condition(name).changes == "image" and name != "rendered"
]


def linear(image: Image.Image) -> np.ndarray:
    """Linear light, by the formula of IEC 61966-2-1."""
    v = np.asarray(image, dtype=float) / 255
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def array(image: Image.Image) -> np.ndarray:
    return np.asarray(image, dtype=float)


def test_every_condition_has_a_sentence_and_sound_parameters() -> None:
    for name in condition_names():
        condition = get_condition(name)
        assert condition.name == name
        assert condition.description.endswith(".")
        assert (condition.apply is None) == (condition.changes != "image")
        assert (condition.rewrite is None) == (condition.changes != "description")
        for parameter in condition.parameters:
            assert parameter.low <= parameter.default <= parameter.high
            assert parameter.description


@pytest.mark.parametrize("name", condition_names())
def test_a_condition_gives_the_same_picture_again_and_leaves_the_original_alone(name: str) -> None:
    image = grain()
    before = image.tobytes()
    first = apply_condition(image, name, 7, sha256="a")
    assert first.tobytes() == apply_condition(image, name, 7, sha256="a").tobytes()
    assert first.mode == "RGB"
    assert image.tobytes() == before


@pytest.mark.parametrize("name", CHANGING)
def test_a_condition_changes_the_picture(name: str) -> None:
    assert apply_condition(grain(), name).tobytes() != grain().tobytes()


@pytest.mark.parametrize("name", ["none", "rendered"])
def test_the_controls_change_nothing(name: str) -> None:
    assert apply_condition(grain(), name).tobytes() == grain().tobytes()


@pytest.mark.parametrize("name", condition_names())
def test_the_seed_matters_just_where_a_condition_says_so(name: str) -> None:
    results = {apply_condition(grain(), name, seed, sha256="a").tobytes() for seed in range(4)}
    assert (len(results) > 1) == get_condition(name).seeded


@pytest.mark.parametrize("name", condition_names())
@pytest.mark.parametrize("size", [(1, 1), (1, 40), (700, 3)])
def test_a_condition_takes_pictures_of_any_shape(name: str, size: tuple[int, int]) -> None:
    assert apply_condition(grain(*size), name).mode == "RGB"


def test_two_images_get_draws_of_their_own() -> None:
    black = Image.new("RGB", (64, 64), "gray")
    first, second = (apply_condition(black, "noise", 1, sha256=sha) for sha in ("a", "b"))
    assert first.tobytes() != second.tobytes()


def test_flip_exchanges_left_and_right_only() -> None:
    assert (array(apply_condition(grain(), "flip")) == array(grain())[:, ::-1]).all()


def test_grey_has_no_color_and_keeps_luminance() -> None:
    changed = apply_condition(grain(), "grey")
    assert (array(changed).std(axis=2) == 0).all()
    assert np.abs(linear(changed)[..., 0] - linear(grain()) @ LUMINANCE).max() < 0.005


def test_blur_is_as_strong_on_a_large_picture_as_on_a_small_one() -> None:
    large = apply_condition(grain(1024, 768), "blur:sigma=12")
    small = apply_condition(
        grain(1024, 768).resize((512, 384), Image.Resampling.BOX), "blur:sigma=12"
    )
    difference = array(large.resize((512, 384), Image.Resampling.BOX)) - array(small)
    assert np.abs(difference).mean() < 1.5


def test_blur_spreads_a_point_by_its_sigma() -> None:
    point = Image.new("RGB", (512, 512))
    point.paste((255, 255, 255), (246, 246, 266, 266))
    rows = array(apply_condition(point, "blur:sigma=20"))[:, :, 0].sum(axis=1)
    places = np.arange(512)
    mean = (rows * places).sum() / rows.sum()
    variance = (rows * (places - mean) ** 2).sum() / rows.sum()
    assert np.sqrt(variance - 20**2 / 12) == pytest.approx(20, rel=0.1)


def test_darken_by_one_stop_halves_the_light() -> None:
    changed = apply_condition(grain(), "darken:stops=1")
    assert np.abs(linear(changed) - linear(grain()) / 2).max() < 0.005


def test_brighten_by_one_stop_doubles_the_light_up_to_white() -> None:
    changed = apply_condition(grain(), "brighten:stops=1")
    assert np.abs(linear(changed) - np.minimum(linear(grain()) * 2, 1)).max() < 0.005


@pytest.mark.parametrize(
    ("condition", "red_over_blue_grows"),
    [("warm", True), ("warm:kelvin=2000", True), ("cold", False), ("cold:kelvin=25000", False)],
)
def test_warm_and_cold_shift_color_and_keep_the_luminance_of_gray(
    condition: str, red_over_blue_grows: bool
) -> None:
    gray = Image.new("RGB", (8, 8), (90, 90, 90))
    changed = apply_condition(gray, condition)
    red, _, blue = pixel(changed, 0, 0)
    assert (red > blue) == red_over_blue_grows
    assert (linear(changed) @ LUMINANCE).mean() == pytest.approx(linear(gray).mean(), rel=0.02)


def test_daylight_is_no_change() -> None:
    for condition in ("warm:kelvin=6504", "cold:kelvin=6504"):
        assert apply_condition(grain(), condition).tobytes() == grain().tobytes()


@pytest.mark.parametrize(
    ("kelvin", "expected"), [(2856, (1.0, 0.706, 0.421)), (10000, (0.808, 0.872, 1.0))]
)
def test_relighting_follows_the_black_body(kelvin: int, expected: tuple[float, ...]) -> None:
    """White under CIE illuminant A's temperature, and under 10000 K, against CIE 1931 xy values."""
    xy = {2856: (0.4475, 0.4075), 6504: (0.3135, 0.3236), 10000: (0.2807, 0.2883)}
    to_rgb = np.linalg.inv(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )

    def light(kelvin: int) -> np.ndarray:
        x, y = xy[kelvin]
        return np.asarray(to_rgb @ np.array([x / y, 1, (1 - x - y) / y]))

    gains = light(kelvin) / light(6504)
    gray = Image.new("RGB", (1, 1), (60, 60, 60))
    name = "warm" if kelvin < 6504 else "cold"
    found = linear(apply_condition(gray, f"{name}:kelvin={kelvin}"))[0, 0]
    assert found / found.sum() == pytest.approx(gains / gains.sum(), abs=0.02)


def test_crop_is_a_part_of_the_picture_somewhere_in_it() -> None:
    image = grain(200, 100)
    lefts = set()
    for seed in range(8):
        part = apply_condition(image, "crop:keep=0.5", seed)
        assert part.size == (100, 50)
        whole, piece = array(image), array(part)
        places = [
            (x, y)
            for y in range(51)
            for x in range(101)
            if (whole[y, x] == piece[0, 0]).all()
            and (whole[y : y + 50, x : x + 100] == piece).all()
        ]
        assert len(places) == 1
        lefts.add(places[0])
    assert len(lefts) > 4


def test_a_crop_of_everything_is_everything() -> None:
    assert apply_condition(grain(), "crop:keep=1").tobytes() == grain().tobytes()


def test_lower_jpeg_quality_loses_more() -> None:
    losses = [
        np.abs(array(apply_condition(grain(), f"jpeg:quality={quality}")) - array(grain())).mean()
        for quality in (90, 50, 10, 2)
    ]
    assert losses == sorted(losses)


def test_noise_has_the_spread_that_is_asked_for_and_no_bias() -> None:
    gray = Image.new("RGB", (400, 300), (128, 128, 128))
    noise = array(apply_condition(gray, "noise:sd=20")) - 128
    assert noise.std() == pytest.approx(20, rel=0.02)
    assert abs(noise.mean()) < 0.3


def test_stronger_noise_is_the_same_noise_stronger() -> None:
    gray = Image.new("RGB", (64, 64), (128, 128, 128))
    weak, strong = (array(apply_condition(gray, f"noise:sd={sd}", 5)) - 128 for sd in (10, 20))
    assert np.abs(strong - 2 * weak).max() <= 2


def test_noise_is_as_coarse_on_a_large_picture_as_on_a_small_one() -> None:
    gray = Image.new("RGB", (1024, 1024), (128, 128, 128))
    noise = apply_condition(gray, "noise:sd=20").resize((512, 512), Image.Resampling.BOX)
    assert (array(noise) - 128).std() == pytest.approx(20, rel=0.05)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("none", "none"),
        ("blur", "blur:sigma=8"),
        (" blur : sigma = 2.50 ", "blur:sigma=2.5"),
        ("jpeg:quality=5", "jpeg:quality=5"),
    ],
)
def test_a_condition_has_one_way_to_be_written(text: str, canonical: str) -> None:
    assert str(parse_condition(text)) == canonical
    assert parse_condition(canonical) == parse_condition(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gray", r"'gray'.*'grey'"),
        ("blurr:sigma=8", "'blur'"),
        ("", "No condition is called ''"),
        ("blur:sigm=8", r"no parameter 'sigm'.*'sigma'"),
        ("blur:sigma", r"no value.*sigma=8"),
        ("blur:", "no parameter ''"),
        ("blur:sigma=much", r"'much', not a number.*from 0.1 to 256"),
        ("blur:sigma=nan", "from 0.1 to 256"),
        ("blur:sigma=1e99", "from 0.1 to 256"),
        ("blur:sigma=2,sigma=3", "twice"),
        ("flip:sigma=8", "Write 'flip' alone"),
        ("jpeg:quality=5.5", "whole number from 1 to 95"),
    ],
)
def test_a_condition_written_wrong_is_answered_with_the_right_one(text: str, message: str) -> None:
    with pytest.raises(InputError, match=f"(?s){message}"):
        parse_condition(text)


@given(st.text(max_size=40) | st.text("blurcopsigma:=,.0123456789-", max_size=20))
def test_any_text_is_a_condition_or_an_input_error(text: str) -> None:
    try:
        spec = parse_condition(text)
    except InputError:
        return
    assert parse_condition(str(spec)) == spec


def test_a_condition_that_changes_words_leaves_images_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    words = Condition("reorder", "1", "The labels in another order.", changes="labels", seeded=True)
    monkeypatch.setitem(CONDITIONS._loaded, "reorder", words)
    path = save(tmp_path, "a.png", encode(corners(), "PNG"))
    reference = ImageRef(
        path, hashlib.sha256(path.read_bytes()).hexdigest(), "image/png", 96, 64, "reorder", 5
    )
    assert reference.digest == reference.sha256
    assert reference.read_bytes() == path.read_bytes()


def test_a_new_version_of_a_condition_is_another_picture_to_the_cache() -> None:
    spec = parse_condition("blur")
    newer = dataclasses.replace(spec, condition=dataclasses.replace(spec.condition, version="2"))
    assert spec.identity(0) != newer.identity(0)


@pytest.mark.parametrize(
    ("asked", "plain"),
    [
        (["blur", "none"], "none"),
        (["gray", "blur"], "gray"),
        ([], "none"),
    ],
)
def test_systems_are_judged_by_images_as_they_are_where_that_was_asked(
    asked: list[str], plain: str
) -> None:
    assert plain_condition(asked) == plain
