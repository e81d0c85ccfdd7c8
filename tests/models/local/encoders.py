"""Tiny dual encoders with random weights and real processors, written to a folder."""

import importlib
from pathlib import Path
from typing import Any

import torch
from tests.models.local.tiny_words import CORPUS
from tests.models.local.torchvision_ops import HAS_TORCHVISION

from mllmsent.models.local.processors import video_placeholder

__all__ = ["CONTEXT", "build_encoder"]

# Its classes are made from options by name, which no type tells.
transformers: Any = importlib.import_module("transformers")

CONTEXT = {"clip": 24, "siglip": 32}
"""Kind of encoder to how many tokens of a text it reads."""

_LAYERS = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
}
_SIGHT = {**_LAYERS, "image_size": 32, "patch_size": 8}
_BACKEND = "" if HAS_TORCHVISION else "Pil"


def build_encoder(kind: str, folder: Path, *, seed: int = 0) -> Path:
    """Write a "clip" or a "siglip"; its weights are large enough for every input to matter."""
    with torch.random.fork_rng(), video_placeholder():
        torch.manual_seed(seed)
        processor, model = _clip() if kind == "clip" else _siglip()
        with torch.no_grad():
            for weight in model.parameters():
                if weight.dim() > 1:
                    weight.normal_(0.0, 1.0 / weight[0].numel() ** 0.5)
        model.save_pretrained(folder)
        processor.save_pretrained(folder)
    return folder


def _clip() -> tuple[Any, Any]:
    lower = [line.lower() for line in CORPUS]
    tokenizer = transformers.CLIPTokenizer().train_new_from_iterator(
        lower, 400, show_progress=False
    )
    tokenizer.model_max_length = CONTEXT["clip"]
    looks = getattr(transformers, f"CLIPImageProcessor{_BACKEND}")(
        size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}
    )
    config = transformers.CLIPConfig(
        text_config={**_words(tokenizer), "max_position_embeddings": CONTEXT["clip"]},
        vision_config=_SIGHT,
        projection_dim=16,
    )
    return transformers.CLIPProcessor(looks, tokenizer), transformers.CLIPModel(config)


def _siglip() -> tuple[Any, Any]:
    words = [word for line in CORPUS for word in line.split(" ")]
    tokenizer = transformers.Siglip2Tokenizer()
    tokenizer = tokenizer.train_new_from_iterator(words, 400, show_progress=False)
    looks = getattr(transformers, f"SiglipImageProcessor{_BACKEND}")(
        size={"height": 32, "width": 32}
    )
    config = transformers.SiglipConfig(
        text_config={**_words(tokenizer), "max_position_embeddings": CONTEXT["siglip"]},
        vision_config=_SIGHT,
    )
    return transformers.SiglipProcessor(looks, tokenizer), transformers.SiglipModel(config)


def _words(tokenizer: Any) -> dict[str, Any]:
    return {
        **_LAYERS,
        "vocab_size": len(tokenizer),
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
