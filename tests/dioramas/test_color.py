"""Color arithmetic."""

from hypothesis import given
from hypothesis import strategies as st

from mllmsent.dioramas.drawing.color import mix, multiply, saturate

colors = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def parts(color: str) -> list[int]:
    return [int(color[start : start + 2], 16) for start in (1, 3, 5)]


def near(color: str, other: str, tolerance: int = 2) -> bool:
    return all(abs(a - b) <= tolerance for a, b in zip(parts(color), parts(other), strict=True))


@given(colors, colors)
def test_mixing_ends_in_the_colors_mixed(first: str, second: str) -> None:
    assert near(mix(first, second, 0.0), first)
    assert near(mix(first, second, 1.0), second)


@given(colors)
def test_without_saturation_everything_is_grey(color: str) -> None:
    red, green, blue = parts(saturate(color, 0.0))
    assert max(red, green, blue) - min(red, green, blue) <= 2


@given(colors)
def test_white_light_leaves_colors_as_they_are(color: str) -> None:
    assert multiply(color, "#ffffff") == color


def test_black_and_white_meet_in_the_middle_of_perceived_lightness() -> None:
    """In OKLab the middle between black and white is #636363 (lightness 0.5)."""
    assert mix("#000000", "#ffffff", 0.5) == "#636363"
