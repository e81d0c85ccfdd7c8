"""The starter study that `mllmsent init` writes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mllmsent.foundation.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["starter_study"]

_TEXT = """\
# A study: which models are asked about which images, and in which words.
# What can be named: mllmsent schemes, prompts, models, classifiers, datasets.
name: {name}
title: {title}

# Your images. A folder of images is enough to ask. To score the answers, give labels too: either
# one folder per class (images/happy/..., images/sad/...), or a dataset card (see docs/datasets.md),
# or one of the built-in cards with `root: where/its/files/are`.
dataset:
  source: {images}

# In which words the answer is wanted: polarity2, polarity3, polarity5, ekman, mikels, plutchik,
# valence-arousal, ... A scheme can say how many annotators must agree for an item to count.
schemes:
  - polarity3
  # - {{scheme: polarity5, min_agreement: 3}}
  # - valence-arousal

# Who is asked. `simulated/keen` answers without looking, to try things out: replace it. Keys come
# from the environment, and `mllmsent models check NAME` says whether all is well (docs/served-models.md).
models:
  - simulated/keen
  # - openai/gpt-4o-mini            # OPENAI_API_KEY
  # - anthropic/claude-haiku-4-5    # ANTHROPIC_API_KEY
  # - {{model: google/gemini-2.5-flash, options: {{thinking_tokens: 0}}}}    # GOOGLE_API_KEY
  # - ollama/gemma3
  # - hf/google/gemma-4-E4B-it      # on this machine; see `mllmsent models list`
  # - {{model: vllm/Qwen/Qwen3-VL-8B-Instruct, options: {{base_url: "http://localhost:8000/v1"}}}}
# mode: batch                       # where a provider takes batches: half the price, within a day

# How the emotion is reached: direct (image to label), described (image to description to a text
# classifier; training one needs labels), scene (a structured reading, then a verdict).
pathways: [direct]
strategies: [zero-shot]
# pathways: [direct, described, scene]
# strategies: [zero-shot, definitions, few-shot, chain-of-thought, describe, scene]
# classifiers: [vader, linear]
# judges: [openai/gpt-4o]           # shown each picture with its description, which they mark

# Planned changes of the images, to see what an answer hangs on: grey, blur, warm, cold, flip, ...;
# or of descriptions before they are read: mask-affect, "shorten:words=20".
conditions: [none]
repeats: 1

settings: {{temperature: 0, max_tokens: 512}}
# budget: 5                         # US dollars that a run does not pass; see docs/costs.md
seed: 42
"""


def starter_study(name: str, images: Path) -> str:
    """The text of a starter study.

    Args:
        name: Name of the study; also of its run folder.
        images: Folder of the images, as it is to be written into the study.

    Raises:
        InputError: If the name cannot be a folder's name.
    """
    from mllmsent.runs.study import parse_study  # noqa: PLC0415 - only to check what is written

    title = name.replace("-", " ").replace("_", " ").capitalize()
    # JSON strings are YAML strings: odd names are quoted, plain ones stay plain.
    source = images.as_posix()
    plain = all(character.isalnum() or character in "-_./" for character in source)
    text = _TEXT.format(
        name=name, title=title, images=source if plain else json.dumps(source, ensure_ascii=False)
    )
    try:
        parse_study(text)
    except InputError:
        raise InputError(
            f"{name!r} cannot be the name of a study.",
            cure="Use letters, digits, dots, dashes and underscores, and start with a letter or digit.",
        ) from None
    return text
