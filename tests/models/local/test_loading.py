"""Loading: a folder with weights becomes a model that computes, whatever its family."""

import pytest
import torch
from PIL import Image
from tests.models.local.checkpoints import FAMILIES, Tiny, pictures

from mllmsent.models.local.checkpoint import find_checkpoint
from mllmsent.models.local.loading import Loaded, load_checkpoint
from mllmsent.models.local.options import LocalOptions


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_is_loaded_and_looks_at_its_images(tiny: Tiny, family: str) -> None:
    folder = tiny(family)
    options = LocalOptions()
    loaded = load_checkpoint(find_checkpoint(str(folder), options), options)
    assert not loaded.model.training
    assert loaded.chat_template is not None
    assert loaded.family.known
    logits = [_last_logits(loaded, picture) for picture in pictures()[:2]]
    assert (logits[0] - logits[1]).abs().max() > 0.1


def _last_logits(loaded: Loaded, picture: Image.Image) -> torch.Tensor:
    content = [{"type": "image", "image": picture}, {"type": "text", "text": "Which emotion?"}]
    inputs = loaded.processor.apply_chat_template(
        [[{"role": "user", "content": content}]],
        chat_template=loaded.chat_template,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
        add_generation_prompt=True,
    )
    assert (inputs["input_ids"] == loaded.image_token_id).sum() >= 4
    with torch.no_grad():
        logits: torch.Tensor = loaded.model(**inputs).logits[0, -1]
    return logits
