"""What is measured in a picture: known pictures have known numbers, and any picture has some."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from mllmsent.features import feature_names, features, measure
from mllmsent.features.faces import measure_faces
from mllmsent.features.measuring import GROUPS
from mllmsent.features.picture import LONG_SIDE, Picture

if TYPE_CHECKING:
    from numpy.typing import NDArray


def filled(*rgb: int, size: tuple[int, int] = (64, 48)) -> Image.Image:
    return Image.new("RGB", size, rgb)


def halves(left: int, right: int) -> Image.Image:
    pixels = np.full((64, 64, 3), left, dtype=np.uint8)
    pixels[:, 32:] = right
    return Image.fromarray(pixels)


@settings(max_examples=40, deadline=None)
@given(
    width=st.integers(1, 90), height=st.integers(1, 90), seed=st.integers(0, 2**32 - 1),
    kind=st.sampled_from(["noise", "flat", "ramp", "extremes"]),
)  # fmt: skip
def test_every_picture_has_every_measure_within_its_range(
    width: int, height: int, seed: int, kind: str
) -> None:
    rng = np.random.default_rng(seed)
    pixels: NDArray[np.uint8] = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    if kind == "flat":
        pixels[:] = pixels[0, 0]
    elif kind == "ramp":
        pixels[:] = np.linspace(0, 255, width, dtype=np.uint8)[None, :, None]
    elif kind == "extremes":
        pixels = np.where(pixels > 127, np.uint8(255), np.uint8(0))
    found = measure(Image.fromarray(pixels))
    assert tuple(found) == feature_names()
    for feature in features():
        value = found[feature.name]
        assert math.isfinite(value), feature.name
        assert feature.low is None or value >= feature.low - 1e-6, (feature.name, value)
        assert feature.high is None or value <= feature.high + 1e-6, (feature.name, value)


def test_the_catalog_names_what_each_group_measures() -> None:
    picture = Picture.of(filled(1, 2, 3))
    for group, own in GROUPS.items():
        assert tuple(own(picture)) == feature_names(group)


def test_gray_has_no_color_and_a_flat_picture_no_contrast() -> None:
    found = measure(filled(120, 120, 120))
    for name in ("chroma", "saturation", "colorfulness", "contrast", "contrast_local", "entropy",
                 "edge_density", "roughness", "spectral_slope", "lightness_skew", "faces"):  # fmt: skip
        assert found[name] == pytest.approx(0, abs=1e-3), name
    assert found["symmetry"] == found["symmetry_vertical"] == 1
    assert (found["center_x"], found["center_y"], found["emptiness"]) == (0.5, 0.5, 1)


@pytest.mark.parametrize(
    ("rgb", "hue"), [((255, 0, 0), 40.0), ((255, 255, 0), 102.9), ((0, 0, 255), 306.3)]
)
def test_hue_is_that_of_the_reference_colors(rgb: tuple[int, int, int], hue: float) -> None:
    """Hue angles of the sRGB primaries in CIELAB under D65, as textbooks have them."""
    assert measure(filled(*rgb))["hue"] == pytest.approx(hue, abs=0.5)


def test_red_is_warm_and_blue_is_cold_and_black_is_heavy() -> None:
    assert (
        measure(filled(230, 60, 20))["warmth"] > 0.5 > -0.5 > measure(filled(20, 80, 220))["warmth"]
    )
    assert measure(filled(0, 0, 0))["color_weight"] > measure(filled(255, 255, 255))["color_weight"]


def test_colorfulness_is_that_of_its_formula() -> None:
    """Half red, half cyan: opponent red-green is 255 and -255, yellow-blue 127.5 and -127.5."""
    pixels = np.zeros((20, 20, 3), dtype=np.uint8)
    pixels[:, :10] = (255, 0, 0)
    pixels[:, 10:] = (0, 255, 255)
    found = measure(Image.fromarray(pixels))
    assert found["colorfulness"] == pytest.approx(math.hypot(255, 127.5), rel=1e-3)
    assert found["saturation"] == 1
    assert found["hue_spread"] > 0.5


def test_light_and_contrast_of_black_beside_white() -> None:
    found = measure(halves(0, 255))
    assert found["lightness"] == pytest.approx(50, abs=0.1)
    assert found["contrast"] == pytest.approx(0.5, abs=1e-3)
    assert found["contrast_range"] == pytest.approx(1, abs=1e-3)
    assert (found["dark_share"], found["bright_share"]) == (0.5, 0.5)
    assert found["entropy"] == pytest.approx(1)
    assert found["symmetry"] == pytest.approx(-1, abs=1e-6), "left is the opposite of right"
    assert found["symmetry_vertical"] == pytest.approx(1, abs=1e-6)


def test_noise_is_rough_and_a_blur_makes_it_smooth() -> None:
    noise = Image.fromarray(
        np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    )
    rough, smooth = measure(noise), measure(noise.filter(ImageFilter.GaussianBlur(4)))
    for name in ("roughness", "sharpness", "contrast_local", "spectral_slope"):
        assert rough[name] > smooth[name], name
    for name in ("homogeneity", "uniformity"):
        assert rough[name] < smooth[name], name
    assert rough["spectral_slope"] == pytest.approx(0, abs=0.15), "white noise has no slope"


def test_what_draws_the_eye_to_a_corner_moves_the_center() -> None:
    pixels = np.full((120, 120, 3), 90, dtype=np.uint8)
    pixels[10:30:2, 90:110] = 240
    found = measure(Image.fromarray(pixels))
    assert found["center_x"] > 0.75
    assert found["center_y"] < 0.25
    assert found["emptiness"] > 0.9


def test_a_picture_and_its_double_size_measure_alike() -> None:
    """Above the size at which is measured; below, nothing is made up."""
    rng = np.random.default_rng(3)
    small = Image.fromarray(rng.integers(0, 256, (16, 20, 3), dtype=np.uint8))
    one = small.resize((LONG_SIDE, LONG_SIDE * 4 // 5), Image.Resampling.BICUBIC)
    two = small.resize((2 * LONG_SIDE, 2 * LONG_SIDE * 4 // 5), Image.Resampling.BICUBIC)
    first, second = measure(one), measure(two)
    for name in ("lightness", "colorfulness", "contrast", "edge_entropy", "symmetry", "warmth"):
        assert first[name] == pytest.approx(second[name], rel=0.03, abs=0.02), name


def test_texture_is_that_of_an_independent_count() -> None:
    """Neighbors counted by hand, in all four directions and both ways."""
    rng = np.random.default_rng(1)
    gray = rng.integers(0, 256, (24, 30)).astype(np.uint8)
    levels = gray.astype(int) // 8
    contrast, same, joint = [], [], []
    for down, right in ((0, 1), (-1, 1), (-1, 0), (-1, -1)):
        counts = np.zeros((32, 32))
        for y in range(24):
            for x in range(30):
                if 0 <= y + down < 24 and 0 <= x + right < 30:
                    a, b = levels[y, x], levels[y + down, x + right]
                    counts[a, b] += 1
                    counts[b, a] += 1
        shares = counts / counts.sum()
        apart = (np.arange(32)[:, None] - np.arange(32)[None, :]) ** 2
        contrast.append((shares * apart).sum())
        same.append((shares / (1 + apart)).sum())
        joint.append((shares**2).sum())
    found = measure(Image.fromarray(np.repeat(gray[..., None], 3, axis=2)))
    assert found["roughness"] == pytest.approx(np.mean(contrast), rel=1e-9)
    assert found["homogeneity"] == pytest.approx(np.mean(same), rel=1e-9)
    assert found["uniformity"] == pytest.approx(np.mean(joint), rel=1e-9)


def test_faces_are_found_where_somebody_looks_at_the_viewer(shared_data: Path) -> None:
    folder = shared_data / "oasis-dev" / "images"

    def with_faces(*themes: str) -> tuple[int, int]:
        files = [file for file in folder.iterdir() if file.name.startswith(themes)]
        found = [measure_faces(Picture.of(Image.open(file)))["faces"] > 0 for file in files]
        return sum(found), len(files)

    faces, of = with_faces("Neutral face", "Sad face")
    assert faces >= of - 2
    none, of = with_faces("Lake", "Grass", "Lava", "Woods", "Sunset", "Tornado")
    assert none <= 1 < of
