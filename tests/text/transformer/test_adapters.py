"""Adapters: few weights learn, and through weights of 4 bits too."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.text.transformer.reading import made, plain

from mllmsent.foundation import InputError
from mllmsent.text.transformer.adapters import new_adapter
from mllmsent.text.transformer.backbone import Backbone, find_backbone, open_backbone
from mllmsent.text.transformer.classifier import TransformerClassifier

Tiny = Callable[[str], Path]


def adapted(folder: Path, training: str) -> Backbone:
    options = made(folder, training, adapter_dropout=0.0)._options.resolved()
    backbone = open_backbone(find_backbone(options), options)
    torch.manual_seed(0)
    backbone.model = new_adapter(backbone.loaded(), options, quantized=backbone.quantized)
    # As it begins, an adapter says nothing: its second matrix is zero.
    for name, value in backbone.model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(value, std=0.1)
    return backbone


def gradients(backbone: Backbone) -> dict[str, Any]:
    ids = backbone.tokens.encode(["grave ruin", "a puppy near some light"], 64).ids
    backbone.model.train()
    backbone.model.zero_grad()
    loss: Any = backbone.vectors(ids).square().sum()
    loss.backward()
    return {
        name: value.grad.clone()
        for name, value in backbone.model.named_parameters()
        if value.grad is not None
    }


@pytest.mark.parametrize("training", ["lora", "qlora"])
@pytest.mark.parametrize("family", ["llama", "bart", "modernbert"])
def test_the_adapter_alone_learns(tiny: Tiny, family: str, training: str) -> None:
    backbone = adapted(tiny(family), training)
    kinds = {type(module).__name__ for module in backbone.model.modules()}
    assert ("Linear4bit" in kinds) == (training == "qlora")
    found = gradients(backbone)
    assert found
    assert all("lora_" in name for name in found)
    assert all(value.dtype == torch.float32 for value in found.values())
    assert all(float(value.abs().max()) > 0 for name, value in found.items() if "lora_B" in name)


def test_gradients_pass_through_weights_of_4_bits_after_they_were_read_with(tiny: Tiny) -> None:
    # bitsandbytes packs such weights for reading on a CPU, and no gradient passes them then.
    backbone = adapted(tiny("llama"), "qlora")
    before = gradients(backbone)
    backbone.model.eval()
    with torch.inference_mode():
        backbone.vectors(backbone.tokens.encode(["street"], 64).ids)
    after = gradients(backbone)
    for name, value in before.items():
        torch.testing.assert_close(after[name], value)


def test_gradients_of_4_bits_are_nearly_those_of_whole_weights(tiny: Tiny) -> None:
    whole, small = (gradients(adapted(tiny("llama"), how)) for how in ("lora", "qlora"))
    assert whole.keys() == small.keys()
    one, other = (torch.cat([v.flatten() for v in each.values()]) for each in (whole, small))
    likeness = torch.nn.functional.cosine_similarity(one, other, dim=0)
    assert float(likeness) > 0.9


def test_an_adapter_of_another_kind_is_not_put_on(tiny: Tiny, tmp_path: Path) -> None:
    texts, labels = plain(40)
    classifier = made(tiny("bert"), "lora", epochs=1)
    classifier.fit(texts, labels, seed=0)
    classifier.save(tmp_path / "saved")
    config = tmp_path / "saved" / "adapter" / "adapter_config.json"
    told = config.read_text(encoding="utf-8")
    assert np.isfinite(TransformerClassifier.load(tmp_path / "saved").predict(texts)).all()
    for wrong in (told.replace('"LORA"', '"LOHA"'), "{", "[]"):
        config.write_text(wrong, encoding="utf-8")
        with pytest.raises(InputError, match="incomplete"):
            TransformerClassifier.load(tmp_path / "saved")
