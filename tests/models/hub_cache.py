"""A cache of the Hugging Face hub, laid out as huggingface_hub lays it out."""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

__all__ = ["COMMIT", "write_cached", "write_model"]

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def write_model(folder: Path, *, family: str = "llava", values: int = 16) -> Path:
    """A model as far as its files say: a configuration and so many stored values."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({"a": np.zeros(values, np.float16)}, folder / "model.safetensors")
    config = {"model_type": family, "text_config": {"max_position_embeddings": 2048}}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def write_cached(cache: Path, repo: str, *, ref: str = "main", commit: str = COMMIT) -> Path:
    """A downloaded model; returns the folder of its files."""
    place = cache / f"models--{repo.replace('/', '--')}"
    reference = place / "refs" / ref
    reference.parent.mkdir(parents=True, exist_ok=True)
    reference.write_text(commit, encoding="utf-8")
    return write_model(place / "snapshots" / commit)
