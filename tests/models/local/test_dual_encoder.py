"""Dual encoders: what they make of pictures and texts is what transformers makes of them."""

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from huggingface_hub import constants
from tests.models.local.checkpoints import Tiny, pictures
from tests.models.local.encoders import CONTEXT, build_encoder

from mllmsent.foundation import InputError, MissingExtraError
from mllmsent.models.local.dual_encoder import (
    DualEncoder,
    find_dual_encoder,
    load_dual_encoder,
    picture_vectors,
    text_vectors,
)

transformers: Any = importlib.import_module("transformers")

KINDS = tuple(CONTEXT)
SHORT = ["A child laughs.", "an empty street at night", "joy", "Rain; fear and sadness."]
LONG = "an empty street in heavy rain at night and a child that laughs in a sunny meadow " * 4


@pytest.fixture(scope="session")
def encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    made: dict[str, Path] = {}

    def find(kind: str) -> Path:
        if kind not in made:
            made[kind] = build_encoder(kind, tmp_path_factory.mktemp("encoders") / kind)
        return made[kind]

    return find


@pytest.fixture(params=KINDS)
def encoder(request: pytest.FixtureRequest, encoder_folder: Callable[[str], Path]) -> DualEncoder:
    return load_dual_encoder(find_dual_encoder(f"hf/{encoder_folder(request.param)}"))


def test_cosines_are_those_of_the_models_own_logits(encoder: DualEncoder) -> None:
    folder, kind = encoder.checkpoint.folder, encoder.checkpoint.model_type
    model = transformers.AutoModel.from_pretrained(folder)
    processor = transformers.AutoProcessor.from_pretrained(folder)
    processor.tokenizer.padding_side = "right"
    inputs = processor(
        images=pictures(),
        text=SHORT,
        padding="max_length",
        max_length=CONTEXT[kind],
        return_tensors="pt",
    )
    with torch.no_grad():
        logits = model(**inputs).logits_per_image
        if kind == "siglip":
            logits = logits - model.logit_bias
        expected = (logits / model.logit_scale.exp()).numpy()
    vectors, cut = text_vectors(encoder, SHORT)
    found = picture_vectors(encoder, pictures()) @ vectors.T
    assert np.ptp(expected) > 0.05
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert not cut.any()


def test_what_is_computed_beside_it_changes_no_vector(encoder: DualEncoder) -> None:
    texts = [f"{text} {number}" for number in range(20) for text in (*SHORT, LONG)]
    together, cut = text_vectors(encoder, texts)
    places = (0, 4, 37, 58, 99)
    alone = np.concatenate([text_vectors(encoder, [texts[place]])[0] for place in places])
    np.testing.assert_allclose(together[list(places)], alone, atol=1e-5)
    assert [place for place in range(100) if cut[place]] == list(range(4, 100, 5))
    seen = picture_vectors(encoder, pictures() * 10)
    np.testing.assert_allclose(seen[36:], picture_vectors(encoder, pictures()), atol=1e-5)


def test_of_a_text_that_is_too_long_the_beginning_is_read(encoder: DualEncoder) -> None:
    (one, other), cut = text_vectors(encoder, [LONG, f"{LONG} joy"])
    assert cut.all()
    np.testing.assert_allclose(one, other, atol=1e-5)


def test_half_characters_are_read_as_question_marks(encoder: DualEncoder) -> None:
    (one, other), _ = text_vectors(encoder, ["joy \ud83d", "joy ?"])
    np.testing.assert_allclose(one, other, atol=1e-5)


def test_a_name_without_provider_is_answered_with_the_whole_one() -> None:
    with pytest.raises(InputError) as raised:
        find_dual_encoder("openai/clip-vit-large-patch14")
    assert raised.value.cure == "Write hf/openai/clip-vit-large-patch14."


@pytest.mark.parametrize("name", ["", "hf/"])
def test_no_name_is_no_encoder(name: str) -> None:
    with pytest.raises(InputError, match="Encoders are written"):
        find_dual_encoder(name)


def test_a_folder_that_is_not_there_is_told_with_the_nearest(
    encoder_folder: Callable[[str], Path],
) -> None:
    with pytest.raises(InputError) as raised:
        find_dual_encoder("hf/clap", encoder_folder("clip").parent)
    assert raised.value.message == "There is no such folder."
    assert raised.value.cure == "Did you mean 'clip'?"


def test_a_repository_that_was_not_downloaded_is_told_with_the_command_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)  # nobody is asked in a test
    with pytest.raises(InputError) as raised:
        find_dual_encoder("hf/owner/encoder")
    assert "mllmsent models pull hf/owner/encoder" in raised.value.cure


@pytest.mark.parametrize("family", ["llava", "llama"])
def test_a_model_that_answers_is_no_encoder(family: str, tiny: Tiny) -> None:
    with pytest.raises(InputError, match="do not put pictures and texts into one space") as raised:
        find_dual_encoder(f"hf/{tiny(family)}")
    assert "siglip" in raised.value.cure


def test_without_torch_it_is_told_what_to_install(
    encoder_folder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = encoder_folder("clip")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match="mllmsent\\[local\\]"):
        find_dual_encoder(f"hf/{folder}")


def test_an_encoder_that_lacks_weights_does_not_draw_them_at_random(tmp_path: Path) -> None:
    folder = build_encoder("clip", tmp_path / "clip")
    config = json.loads((folder / "config.json").read_text())
    config["vision_config"]["num_hidden_layers"] = 3
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="weights are not in its files"):
        load_dual_encoder(find_dual_encoder(f"hf/{folder}"))
