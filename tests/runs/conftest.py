"""Small real studies: drawn squares in class folders, asked over the wire."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from tests.loopback.test_rates import Clock

from mllmsent.runs.cache import AnswerCache

COLORS = {"negative": (40, 40, 90), "neutral": (128, 128, 128), "positive": (250, 220, 80)}


def draw(folder: Path, per_class: int) -> Path:
    """A folder per class; no two pictures are alike."""
    for label, color in COLORS.items():
        (folder / label).mkdir(parents=True)
        for number in range(per_class):
            image = Image.new("RGB", (24, 24), color)
            image.putpixel((number % 24, number // 24), (255, 0, number % 256))
            image.save(folder / label / f"{number:03}.png")
    return folder


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return draw(tmp_path / "photos", 6)


@pytest.fixture
def write_study(tmp_path: Path) -> Callable[..., Path]:
    def write(url: str, extra: str = "", *, options: str = "") -> Path:
        file = tmp_path / "study.yaml"
        file.write_text(
            "name: small\n"
            "dataset: photos\n"
            "schemes: [polarity3]\n"
            f'models: [{{model: vllm/m, options: {{base_url: "{url}"{options}}}}}]\n' + extra
        )
        return file

    return write


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[AnswerCache]:
    cache = AnswerCache(tmp_path / "answers.sqlite")
    yield cache
    cache.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()
