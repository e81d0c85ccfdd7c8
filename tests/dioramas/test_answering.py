"""A picture is recognized as it was made or changed; one that is unknown gets an answer as well."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter, ImageOps

from mllmsent.dioramas import DioramaAnswerer, SimulatedMLLM, sample_diorama
from mllmsent.dioramas.simulated.perception import Sight
from mllmsent.dioramas.simulated.recognition import Album
from mllmsent.foundation import InputError
from mllmsent.loopback import Answerer

ASK = "Choose from these labels: negative, neutral, positive.\nAnswer with one label."


def encoded(image: Image.Image, form: str = "PNG", **options: int) -> bytes:
    buffer = BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "grey": lambda image: image.convert("L").convert("RGB"),
    "blur": lambda image: image.filter(ImageFilter.GaussianBlur(2.5)),
    "flip": ImageOps.mirror,
    "crop": lambda image: image.crop((10, 30, 100, 120)),
    "crop, enlarged": lambda image: image.crop((30, 5, 120, 95)).resize((256, 256)),
    "small": lambda image: image.resize((64, 64)),
    "dark": lambda image: image.point(lambda value: value // 2),
}


@pytest.fixture(scope="module")
def album(made: Path) -> Album:
    return Album(made)


def picture(made: Path, index: int) -> Image.Image:
    with Image.open(made / "images" / f"diorama-{index:05d}.png") as image:
        return image.convert("RGB")


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_picture_is_recognized(made: Path, album: Album, change: str) -> None:
    """Twins look alike: either of the two counts."""
    for index in range(30):
        found = album.recognize(encoded(CHANGES[change](picture(made, index))))
        assert found is not None
        assert found.scene.layout == sample_diorama(7, index).scene.layout


def test_a_recompressed_picture_is_recognized_as_it_is(made: Path, album: Album) -> None:
    found = album.recognize(encoded(picture(made, 5), "JPEG", quality=60))
    assert found is not None
    assert found.item_id == "diorama-00005"
    assert not found.sight.is_grey


def test_grey_and_blur_are_noticed(made: Path, album: Album) -> None:
    def sights(change: str) -> list[Sight]:
        found = [album.recognize(encoded(CHANGES[change](picture(made, i)))) for i in range(20)]
        return [one.sight for one in found if one is not None]

    assert all(sight.is_grey for sight in sights("grey"))
    assert not any(sight.is_grey or sight.is_blurred for sight in sights("flip"))
    assert sum(sight.is_blurred for sight in sights("blur")) >= 15


def test_what_is_no_diorama_is_not_recognized(album: Album) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    assert album.recognize(encoded(Image.fromarray(noise))) is None
    assert album.recognize(encoded(Image.new("RGB", (64, 64), "#808080"))) is None
    assert album.recognize(b"no image at all") is None


def test_the_last_picture_is_the_one_asked_about(made: Path) -> None:
    answerer = DioramaAnswerer(made)
    first, last = ((made / "images" / f"diorama-{i:05d}.png").read_bytes() for i in (1, 2))
    given = answerer.answer([first, last], ASK, None, "keen", 0)
    assert given == SimulatedMLLM("keen").answer(sample_diorama(7, 2).scene, ASK)


def test_an_unknown_picture_is_answered_confidently_and_always_the_same() -> None:
    answerer = DioramaAnswerer(None)
    answers = [
        answerer.answer([bytes([number])], ASK, None, "simulated/keen", 0) for number in range(40)
    ]
    assert answers == [
        answerer.answer([bytes([number])], ASK, None, "simulated/keen", 0) for number in range(40)
    ]
    assert len(set(answers)) > 1


def test_it_is_what_the_loopback_server_takes() -> None:
    assert isinstance(DioramaAnswerer(None), Answerer)


def test_a_folder_without_dioramas_and_a_broken_one_are_input_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no dioramas"):
        DioramaAnswerer(tmp_path)
    (tmp_path / "scenes.jsonl").write_text('{"item_id": "x"}\n')
    with pytest.raises(InputError, match=r"scenes\.jsonl:1"):
        DioramaAnswerer(tmp_path)
