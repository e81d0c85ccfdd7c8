"""How alike pictures and texts are: by sentences, once, and of what can be read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from tests.models.local.encoders import build_encoder

from mllmsent.data.images import ImageRef
from mllmsent.foundation.work import watching
from mllmsent.models.local.dual_encoder import (
    find_dual_encoder,
    load_dual_encoder,
    picture_vectors,
    text_vectors,
)
from mllmsent.text.picture_similarity import picture_text_likeness

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mllmsent.models.local.checkpoint import Checkpoint

FIRST, SECOND = "A child laughs in the sun.", "Whoever looks at it feels joy!"
LONG = "An empty street in heavy rain at night, and loneliness, sadness and some fear of it all."


@dataclass
class Log:
    """What was computed: the steps of each piece of work."""

    steps: list[int] = field(default_factory=list)

    def begins(self, what: str, total: int) -> None:
        assert what == "Similarity of pictures and descriptions"
        self.steps.append(total)

    def advances(self, what: str, steps: int) -> None:
        pass

    def ends(self, what: str) -> None:
        pass


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    return find_dual_encoder(f"hf/{build_encoder('clip', tmp_path_factory.mktemp('clip'))}")


@pytest.fixture(autouse=True)
def nothing_computed_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLLMSENT_CACHE", str(tmp_path / "cache"))


def picture(folder: Path, color: str) -> ImageRef:
    file = folder / f"{color}.png"
    image = Image.new("RGB", (40, 30), color)
    image.putpixel((7, 7), (255, 255, 255))
    image.save(file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return ImageRef(file, digest, "image/png", 40, 30)


def similarities(
    pairs: Sequence[tuple[ImageRef | None, str]], encoder: Checkpoint
) -> tuple[list[float], list[int]]:
    """Similarity of each pair, and how much was computed."""
    log = Log()
    with watching(log):
        found, _ = picture_text_likeness(pairs, encoder)
    return [np.nan if each is None else each.similarity for each in found], log.steps


def test_a_texts_similarity_is_the_mean_of_its_sentences(
    tmp_path: Path, encoder: Checkpoint
) -> None:
    red = picture(tmp_path, "red")
    network = load_dual_encoder(encoder)
    vectors, _ = text_vectors(network, [FIRST, SECOND])
    cosines = vectors @ picture_vectors(network, [Image.open(red.path).convert("RGB")])[0]
    texts = [
        FIRST,
        SECOND,
        f"{FIRST} {SECOND}",
        f"1. {SECOND}\n\n* * *\n2. {FIRST}",
        f"{FIRST} {FIRST}",
    ]
    found, _ = similarities([(red, text) for text in texts], encoder)
    both = cosines.mean()
    np.testing.assert_allclose(found, [*cosines, both, both, cosines[0]], atol=1e-5)
    assert abs(cosines[0] - cosines[1]) > 0.01


def test_only_a_sentence_that_is_too_long_by_itself_is_cut(
    tmp_path: Path, encoder: Checkpoint
) -> None:
    red = picture(tmp_path, "red")
    texts = [" ".join([FIRST, SECOND] * 10), f"{LONG} {FIRST} {LONG}"]
    found, _ = picture_text_likeness([(red, text) for text in texts], encoder)
    assert [each.cut for each in found if each is not None] == [0, 2]


def test_what_is_known_is_not_computed_again(tmp_path: Path, encoder: Checkpoint) -> None:
    red, blue = picture(tmp_path, "red"), picture(tmp_path, "blue")
    pairs = [(red, FIRST), (blue, FIRST), (red, FIRST), (blue, SECOND)]
    first, computed = similarities(pairs, encoder)
    assert computed == [3]
    again, computed = similarities(pairs, encoder)
    assert again == first
    assert computed == []
    more, computed = similarities([*pairs, (red, SECOND)], encoder)
    assert more[:4] == first
    assert computed == [1]


def test_other_weights_are_asked_anew(tmp_path: Path, encoder: Checkpoint) -> None:
    pairs = [(picture(tmp_path, "red"), FIRST)]
    first, _ = similarities(pairs, encoder)
    other = find_dual_encoder(f"hf/{build_encoder('clip', tmp_path / 'other', seed=1)}")
    second, computed = similarities(pairs, other)
    assert computed == [1]
    assert first != second


def test_a_cache_that_cannot_be_read_is_as_good_as_none(
    tmp_path: Path, encoder: Checkpoint
) -> None:
    pairs = [(picture(tmp_path, "red"), FIRST)]
    first, _ = similarities(pairs, encoder)
    (tmp_path / "cache" / "image-text-similarity.sqlite").write_bytes(b"no database")
    again, computed = similarities(pairs, encoder)
    assert (again, computed) == (first, [1])


def test_without_a_picture_or_a_word_there_is_no_similarity(
    tmp_path: Path, encoder: Checkpoint
) -> None:
    red, blue = picture(tmp_path, "red"), picture(tmp_path, "blue")
    blue.path.write_bytes(blue.path.read_bytes()[:-20])
    found, why = picture_text_likeness(
        [(red, FIRST), (None, FIRST), (red, " -- "), (red, ""), (blue, FIRST)], encoder
    )
    assert [each is None for each in found] == [False, True, True, True, True]
    assert why == "This file has changed since the dataset was read."


def test_nothing_to_compare_needs_no_weights(tmp_path: Path) -> None:
    folder = build_encoder("clip", tmp_path / "clip")
    encoder = find_dual_encoder(f"hf/{folder}")
    (folder / "model.safetensors").unlink()
    assert picture_text_likeness([(None, FIRST)], encoder) == ([None], "")


def test_many_texts_on_few_pictures_are_those_of_each_alone(
    tmp_path: Path, encoder: Checkpoint
) -> None:
    colors = [picture(tmp_path, color) for color in ("red", "blue", "gold", "navy", "white")]
    pairs = [(colors[n % 5], f"{FIRST} Number {n}. {SECOND}") for n in range(150)]
    found, _ = similarities(pairs, encoder)
    (tmp_path / "cache" / "image-text-similarity.sqlite").unlink()
    alone = [similarities([pairs[n]], encoder)[0][0] for n in (0, 63, 64, 149)]
    np.testing.assert_allclose([found[n] for n in (0, 63, 64, 149)], alone, atol=1e-6)
