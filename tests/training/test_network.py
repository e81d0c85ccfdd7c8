from typing import Any

import pytest
import torch

from training.language import build_tokenizer
from training.network import FactorHeads, build_model, open_eyes, vision_tokens
from training.recipe import get_recipe


@pytest.fixture
def model() -> Any:
    torch.manual_seed(0)
    return build_model(get_recipe("trial"), build_tokenizer(["a"], 300))


def test_opened_eyes_see_patches_in_unit_variance(model: Any) -> None:
    pixels = torch.nn.functional.interpolate(torch.randn(40, 3, 12, 12), 48, mode="bilinear")
    open_eyes(model, pixels)
    patches = model.model.vision_tower.embeddings.patch_embedding(pixels).flatten(2)
    spread = torch.cov(patches.transpose(1, 2).flatten(0, 1).T)
    off = spread - torch.diag(spread.diagonal())
    assert float(off.detach().abs().max()) < 0.05
    assert 0.8 < float(spread.diagonal().detach().mean()) < 1.05


def test_factors_that_are_not_asked_do_not_count_as_wrong() -> None:
    torch.manual_seed(0)
    heads = FactorHeads(16)
    vision = torch.randn(4, 9, 16)
    told = torch.stack([logits.argmax(1) for logits in heads(vision)[:-3]], dim=1)
    told[0] = -100
    assert set(heads.accuracies(vision, told).values()) == {1.0}
    told[1] = (told[1] + 1) % 2
    assert min(heads.accuracies(vision, told).values()) < 1.0


def test_vision_tokens_are_one_for_each_patch(model: Any) -> None:
    assert vision_tokens(model, torch.rand(2, 3, 48, 48)).shape == (2, 9, 32)
